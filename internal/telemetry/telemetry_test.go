package telemetry_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/telemetry"
)

var update = flag.Bool("update", false, "rewrite docs/METRICS.md")

const docFile = "../../docs/METRICS.md"

func TestDocIsCurrent(t *testing.T) {
	var b bytes.Buffer
	if err := telemetry.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(docFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(docFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(have), b.String()); d != "" {
		t.Errorf("docs/METRICS.md is not what the registry says; run go generate ./internal/telemetry:\n%s", d)
	}
}

func TestMetricsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range telemetry.Metrics {
		if m.Name == "" || m.Unit == "" || m.Formula == "" || !strings.ContainsAny(m.Help[len(m.Help)-1:], ".?") {
			t.Errorf("%+v is not fully described", m)
		}
		if seen[m.Name] {
			t.Errorf("%s is there twice", m.Name)
		}
		seen[m.Name] = true
		if got, ok := telemetry.Lookup(m.Name); !ok || got != m {
			t.Errorf("Lookup(%q) = %+v, %v", m.Name, got, ok)
		}
	}
	if _, ok := telemetry.Lookup("nonsense"); ok {
		t.Error("Lookup found nonsense")
	}
}

func row(step int64) telemetry.Row {
	return telemetry.Row{Step: step, Iteration: step / 2, Update: step / 4, Values: telemetry.Values{
		telemetry.MSE: 1 / float64(3+step), telemetry.LossTotal: 0.1, telemetry.RSS: float64(step),
	}}
}

func TestRunFormat(t *testing.T) {
	dir := t.TempDir()
	r, err := telemetry.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Write(telemetry.Row{Step: 64, Iteration: 2, Update: 1, Values: telemetry.Values{
		telemetry.MSE: 1e-7, telemetry.LossTotal: math.NaN(), telemetry.Entropy: math.Inf(1), telemetry.ScoreMean: 1.0 / 3,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(telemetry.Row{Step: 65, Values: telemetry.Values{"nonsense": 1}}); err == nil {
		t.Error("a value without a metric was written")
	}
	if err := r.Write(telemetry.Row{Step: 65, Values: telemetry.Values{telemetry.RSS: 12.5}}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	want := `{"step":64,"iteration":2,"update":1,"values":{"loss/total":null,"entropy":null,"mse":1e-7,"score/mean":0.3333333333333333}}` + "\n"
	if d := cmp.Diff(want, read(t, dir, telemetry.MetricsFile)); d != "" {
		t.Error(d)
	}
	timing := read(t, dir, telemetry.TimingFile)
	if !strings.HasPrefix(timing, `{"time":`) || !strings.HasSuffix(timing, `,"step":65,"iteration":0,"update":0,"values":{"rss_mib":12.5}}`+"\n") {
		t.Errorf("timing.jsonl holds %q", timing)
	}
	if _, err := telemetry.Create(dir); err == nil {
		t.Error("Create took a folder that holds a run")
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeRows(t *testing.T, r *telemetry.Run, from, to int64) {
	t.Helper()
	for step := from; step < to; step++ {
		if err := r.Write(row(step)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestResumeEqualsUnbroken(t *testing.T) {
	unbroken, broken := t.TempDir(), t.TempDir()
	r, err := telemetry.Create(unbroken)
	if err != nil {
		t.Fatal(err)
	}
	writeRows(t, r, 0, 20)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	if r, err = telemetry.Create(broken); err != nil {
		t.Fatal(err)
	}
	writeRows(t, r, 0, 8)
	at, err := r.Position()
	if err != nil {
		t.Fatal(err)
	}
	writeRows(t, r, 8, 11) // lost: no checkpoint knows of them
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err = telemetry.Resume(broken, at); err != nil {
		t.Fatal(err)
	}
	writeRows(t, r, 8, 20)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(read(t, unbroken, telemetry.MetricsFile), read(t, broken, telemetry.MetricsFile)); d != "" {
		t.Error(d)
	}
	if n := strings.Count(read(t, broken, telemetry.TimingFile), "\n"); n != 20 {
		t.Errorf("timing.jsonl holds %d lines instead of 20", n)
	}
}

func TestOpenAtRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.jsonl")
	if err := os.WriteFile(path, []byte("one\ntwo\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for offset, says := range map[int64]string{99: "shorter", 5: "no line ends"} {
		if _, err := telemetry.OpenAt(path, offset); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("offset %d: %v", offset, err)
		}
	}
	if b, _ := os.ReadFile(path); string(b) != "one\ntwo\n" {
		t.Errorf("the file was changed to %q", b)
	}
}
