package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/view"
)

// writer makes the checkpoints of a run appear in another one after the other, as a
// training writes them.
type writer struct {
	t    *testing.T
	run  string
	left []string // of the run that was made before
	all  []string // their names
}

func newWriter(t *testing.T) *writer {
	t.Helper()
	dir := t.TempDir()
	made, w := filepath.Join(dir, "made"), &writer{t: t, run: filepath.Join(dir, "run")}
	trained(t, small("dojo", agent.PPO), made)
	var err error
	if w.left, err = filepath.Glob(filepath.Join(made, "ckpt", "[0-9]*")); err != nil || len(w.left) < 2 {
		t.Fatalf("checkpoints %q (%v)", w.left, err)
	}
	slices.SortFunc(w.left, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	for _, c := range w.left {
		w.all = append(w.all, filepath.Base(c))
	}
	if err := os.MkdirAll(filepath.Join(w.run, "ckpt"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(w.run, "config.toml"), read(t, made, "config.toml"))
	return w
}

// next makes the next one appear and says whether there was one.
func (w *writer) next() bool {
	if len(w.left) == 0 {
		return false
	}
	tmp := filepath.Join(w.run, "tmp")
	if err := os.CopyFS(tmp, os.DirFS(w.left[0])); err != nil {
		w.t.Error(err)
	}
	if err := os.Rename(tmp, filepath.Join(w.run, "ckpt", filepath.Base(w.left[0]))); err != nil {
		w.t.Error(err)
	}
	w.left = w.left[1:]
	return true
}

// onWait calls back when it is said that a checkpoint is waited for.
type onWait func()

func (do onWait) Write(b []byte) (int, error) {
	if strings.HasPrefix(string(b), "waiting for the") {
		do()
	}
	return len(b), nil
}

// TestViewWatch draws once for each checkpoint that appears, and ends cleanly.
func TestViewWatch(t *testing.T) {
	w := newWriter(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := new(bytes.Buffer)
	o := app.IO{Stdout: out, JSON: true, Stderr: onWait(func() {
		if !w.next() {
			stop()
		}
	})}
	v := view.Options{Checkpoint: w.run, Steps: 30, Out: filepath.Join(t.TempDir(), "view"), Change: func(*config.Config) {}}
	var drawn []string
	err := view.Watch(ctx, v, time.Millisecond, func(ctx context.Context, v view.Options, o app.IO) error {
		drawn = append(drawn, filepath.Base(v.Checkpoint))
		_, err := view.Sheet(ctx, v, o)
		return err
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(drawn, w.all) {
		t.Errorf("drawn %q of checkpoints %q", drawn, w.all)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var res view.SheetResult
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &res); err != nil || len(lines) != len(drawn) {
		t.Errorf("%d objects, the last %+v (%v)", len(lines), res, err)
	}
	if left, err := os.ReadDir(v.Out); err != nil || len(left) != 1 {
		t.Errorf("%d files in the folder of the picture (%v)", len(left), err)
	}
}

// TestViewWatchFails wants a checkpoint that goes away while it is read to be passed
// over, a bad one to be an error, and Ctrl-C not to be one.
func TestViewWatchFails(t *testing.T) {
	w := newWriter(t)
	v := view.Options{Checkpoint: w.run}
	w.next()
	bad := errors.New("bad")
	calls := 0
	watch := func(ctx context.Context, draw func() error) error {
		return view.Watch(ctx, v, time.Millisecond, func(context.Context, view.Options, app.IO) error { calls++; return draw() }, quiet())
	}
	if err := watch(t.Context(), func() error { w.next(); return bad }); !errors.Is(err, bad) || calls != len(w.all) {
		t.Errorf("error %v after %d calls, want it after %d", err, calls, len(w.all))
	}
	ctx, stop := context.WithCancel(t.Context())
	if err := watch(ctx, func() error { stop(); return ctx.Err() }); err != nil {
		t.Errorf("interrupted while drawing: %v", err)
	}
	v.Checkpoint = filepath.Join(w.run, "ckpt", w.all[0])
	if err := watch(t.Context(), func() error { return nil }); !usage(err, "the folder of a run") {
		t.Errorf("error %v for a checkpoint", err)
	}
}

// TestViewWatchReplaced draws a checkpoint that replaces one of the same step.
func TestViewWatchReplaced(t *testing.T) {
	w := newWriter(t)
	w.next()
	manifest := filepath.Join(w.run, "ckpt", w.all[0], "manifest.json")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	calls := 0
	err := view.Watch(ctx, view.Options{Checkpoint: w.run}, time.Millisecond, func(context.Context, view.Options, app.IO) error {
		if calls++; calls == 2 {
			stop()
			return nil
		}
		later := time.Now().Add(time.Hour)
		time.AfterFunc(20*time.Millisecond, func() { _ = os.Chtimes(manifest, later, later) })
		return nil
	}, quiet())
	if err != nil || calls != 2 {
		t.Errorf("%d pictures, error %v; want 2", calls, err)
	}
}
