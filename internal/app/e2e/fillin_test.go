package e2e_test

import (
	"path/filepath"
	"testing"

	"glint/internal/app/detect"
	"glint/replay"
)

// Training stores what the fill-in finds, unless that is turned off, and each step of a
// dataset once.
func TestTrainingFillsIn(t *testing.T) {
	data := recordDojo(t, "random", 1200, 3)
	classes := func(weighting string, fillIn bool) []int {
		c := smallAlone(t, data)
		if !c.FillIn {
			t.Error("the default is not to fill in")
		}
		c.Weighting, c.FillIn, c.Agent.Pretrain.Updates = weighting, fillIn, 1
		return trained(t, c, filepath.Join(t.TempDir(), "run")).Classes
	}
	alone, filled, truth := classes("knife", false), classes("knife", true), classes("oracle", true)
	if alone[1] >= filled[1] || filled[1] > truth[1] {
		t.Errorf("steps by class: detector alone %v, with fill-in %v, truth %v", alone, filled, truth)
	}
	if n := truth[0] + truth[1]; alone[0]+alone[1] != n || filled[0]+filled[1] != n {
		t.Errorf("steps by class: detector alone %v, with fill-in %v, truth %v; want as many of each", alone, filled, truth)
	}
}

// Where steps are missing between all others, each is filled in by itself.
func TestDetectOverGaps(t *testing.T) {
	dir := recordDojo(t, "random", 1600, 3)
	data, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	gaps := filepath.Join(t.TempDir(), "gaps")
	w, err := replay.Create(gaps, data.Meta())
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range data.Rows(t.Context()) {
		row.Step *= 2
		if err != nil || w.Add(row) != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	fires := func(data string, side int) int {
		d := detect.Options{Data: data, Out: t.TempDir(), FillIn: true, Side: side}
		res, err := detect.Run(t.Context(), d, quiet())
		if err != nil {
			t.Fatal(err)
		}
		return res.Fires
	}
	if got, want, whole := fires(gaps, 4), fires(dir, 0), fires(dir, 4); got != want || got >= whole {
		t.Errorf("%d fires with gaps, want %d as by stacks alone, below %d without gaps", got, want, whole)
	}
}
