package ckpt_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/ckpt"
)

func TestLatestOrdersByNumber(t *testing.T) {
	run := t.TempDir()
	for _, step := range []int64{900, 10000, 2000} {
		save(t, run, step, "x")
	}
	for _, d := range []string{".tmp-99999-1", "notes", "-5"} {
		if err := os.MkdirAll(filepath.Join(run, "ckpt", d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := ckpt.Latest(run); got != ckpt.Dir(run, 10000) {
		t.Errorf("Latest is %q, %v", got, err)
	}
}

func TestLatestTakesOldCopy(t *testing.T) {
	run := t.TempDir()
	save(t, run, 5, "x")
	dir := save(t, run, 6, "x")
	// As a kill between the two renames of a replacement leaves it.
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	if got, err := ckpt.Latest(run); got != dir+".old" {
		t.Errorf("Latest is %q, %v", got, err)
	}
	save(t, run, 6, "again")
	if got, err := ckpt.Latest(run); got != dir {
		t.Errorf("Latest is %q, %v after writing it again", got, err)
	}
	if got := names(t, run); !cmp.Equal(got, []string{"5", "6"}) {
		t.Errorf("the folder holds %v", got)
	}
}

func TestLatestNone(t *testing.T) {
	run := t.TempDir()
	if _, err := ckpt.Latest(run); !errors.Is(err, ckpt.ErrNone) || !strings.Contains(err.Error(), run) {
		t.Errorf("empty run: %v", err)
	}
	for _, step := range []int64{1, 2} {
		if err := os.Remove(filepath.Join(save(t, run, step, "x"), "a.bin")); err != nil {
			t.Fatal(err)
		}
	}
	_, err := ckpt.Latest(run)
	if !errors.Is(err, ckpt.ErrNone) {
		t.Fatalf("broken run: %v", err)
	}
	for _, want := range []string{ckpt.Dir(run, 1) + ": a.bin", ckpt.Dir(run, 2) + ": a.bin"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestPrune(t *testing.T) {
	run := t.TempDir()
	for step := range int64(6) {
		save(t, run, step, "x")
	}
	// Broken ones do not count as kept; newer than the kept ones they stay.
	for _, step := range []int64{0, 3, 5} {
		if err := os.Remove(filepath.Join(ckpt.Dir(run, step), "a.bin")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(run, "ckpt", ".tmp-9-1", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	// A replaced copy does not count beside its whole successor.
	if err := os.CopyFS(ckpt.Dir(run, 4)+".old", os.DirFS(ckpt.Dir(run, 4))); err != nil {
		t.Fatal(err)
	}
	if err := ckpt.Prune(run, 2); err != nil {
		t.Fatal(err)
	}
	if got := names(t, run); !cmp.Equal(got, []string{"2", "3", "4", "5"}) {
		t.Errorf("after Prune(2): %v", got)
	}
	if err := ckpt.Prune(run, 0); err == nil {
		t.Error("Prune(0) was allowed")
	}
	if err := ckpt.Prune(t.TempDir(), 1); err != nil {
		t.Errorf("a run without checkpoints: %v", err)
	}
}
