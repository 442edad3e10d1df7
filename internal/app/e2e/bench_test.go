package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"glint/internal/app"
	"glint/internal/app/bench"
)

func TestBench(t *testing.T) {
	for _, what := range []string{"step", "act", "detect", "project"} {
		var out bytes.Buffer
		if err := bench.Run(bench.Options{What: what, Batch: 2, Threads: 1, Seconds: 0.05}, app.IO{Stdout: &out, Stderr: &bytes.Buffer{}, JSON: true}); err != nil {
			t.Fatal(err)
		}
		var r bench.Result
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if !(r.P10MS > 0 && r.P10MS <= r.MedianMS && r.MedianMS <= r.P90MS) || r.CPU == "" || r.Iterations < 5 {
			t.Errorf("%s: %+v", what, r)
		}
		if arithmetic := r.GFLOPS != nil && r.PeakShare != nil && *r.GFLOPS > 0 && *r.PeakShare < 1.2; arithmetic != (what == "step" || what == "act") {
			t.Errorf("%s: %s", what, out.String())
		}
	}
	for _, b := range []bench.Options{
		{What: "step", Threads: 1, Seconds: 1},
		{What: "step", Batch: 1, Seconds: 1},
		{What: "step", Batch: 1, Threads: 1},
		{What: "step", Batch: 1, Threads: -1, Seconds: 1},
		{What: "walk", Batch: 1, Threads: 1, Seconds: 1},
	} {
		var usage *app.UsageError
		if err := bench.Run(b, app.IO{}); !errors.As(err, &usage) {
			t.Errorf("%+v: error %v, want a usage error", b, err)
		}
	}
}

func TestBenchOps(t *testing.T) {
	var out bytes.Buffer
	if err := bench.Ops(bench.Options{Batch: 1, Threads: 1, Seconds: 0.01}, app.IO{Stdout: &out, Stderr: &bytes.Buffer{}, JSON: true}); err != nil {
		t.Fatal(err)
	}
	var r bench.OpsResult
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Ops) != 14 || r.PeakGFLOPS <= 0 {
		t.Fatalf("%+v", r)
	}
	for _, op := range r.Ops {
		if op.Name == "" || !(op.GFLOPS > 0 && op.PeakShare > 0 && op.PeakShare < 1.2) {
			t.Errorf("%+v", op)
		}
	}
}
