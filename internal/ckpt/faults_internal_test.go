package ckpt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var errKilled = errors.New("killed")

// faultyDisk is the real file system until its nth call, which fails.
type faultyDisk struct {
	osDisk
	left int
	mode string
	hit  bool
}

// next says whether this call fails, and with what. A full disk fails at that
// call alone; after a kill nothing happens any more, cleaning up included.
func (d *faultyDisk) next() error {
	d.left--
	switch {
	case d.left > 0, d.left < 0 && d.mode != "killed":
		return nil
	case d.mode == "killed":
		d.hit = true
		return errKilled
	}
	d.hit = true
	return syscall.ENOSPC
}

func (d *faultyDisk) Temp(path string) (string, error) {
	if err := d.next(); err != nil {
		return "", err
	}
	return d.osDisk.Temp(path)
}

func (d *faultyDisk) Create(path string) (file, error) {
	if err := d.next(); err != nil {
		return nil, err
	}
	f, err := d.osDisk.Create(path)
	return &faultyFile{f, d}, err
}

func (d *faultyDisk) SyncDir(path string) error {
	return d.or(func() error { return d.osDisk.SyncDir(path) })
}

func (d *faultyDisk) Rename(from, to string) error {
	return d.or(func() error { return d.osDisk.Rename(from, to) })
}

func (d *faultyDisk) RemoveAll(path string) error {
	return d.or(func() error { return d.osDisk.RemoveAll(path) })
}

func (d *faultyDisk) or(call func() error) error {
	if err := d.next(); err != nil {
		return err
	}
	return call()
}

type faultyFile struct {
	file
	d *faultyDisk
}

// Write fails after half of its bytes; in mode "short" it says nothing.
func (f *faultyFile) Write(b []byte) (int, error) {
	if err := f.d.next(); err != nil {
		n, werr := f.file.Write(b[:len(b)/2])
		if f.d.mode == "short" {
			return n, werr
		}
		return n, err
	}
	return f.file.Write(b)
}

func (f *faultyFile) Sync() error { return f.d.or(f.file.Sync) }

func (f *faultyFile) Close() error {
	err := f.d.next()
	return errors.Join(err, f.file.Close())
}

// content names the files of a checkpoint that is several writes long.
func content(word string) map[string]func(io.Writer) error {
	files := map[string]func(io.Writer) error{}
	for _, name := range []string{"optimizer", "state", "weights"} {
		files[name] = func(w io.Writer) error {
			_, err := io.WriteString(w, strings.Repeat(word, 70_000))
			return err
		}
	}
	return files
}

// holds says whether the checkpoint is whole and holds that word everywhere.
func holds(dir, word string) error {
	r, err := Open(dir)
	if err != nil {
		return err
	}
	for _, name := range r.Files() {
		b, err := r.File(name)
		if err != nil || len(b) != 70_000*len(word) || !bytes.HasPrefix(b, []byte(word)) {
			return fmt.Errorf("%s holds %d bytes: %w", name, len(b), err)
		}
	}
	return nil
}

// TestFaults lets every call of a save fail in turn, three ways, for a new step
// and for one that replaces a checkpoint.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of saves")
	}
	faults := 0
	for _, mode := range []string{"enospc", "short", "killed"} {
		for _, step := range []int64{1, 2} {
			for n := 1; ; n++ {
				d := &faultyDisk{left: n, mode: mode}
				faultAt(t, d, step, fmt.Sprintf("%s at call %d of step %d", mode, n, step))
				if !d.hit {
					break
				}
				faults++
			}
		}
	}
	t.Logf("%d injected faults", faults)
	if faults < 100 {
		t.Errorf("only %d faults were injected", faults)
	}
}

// faultAt saves step 1, then the given step on the faulty disk, and looks at what
// Latest finds.
func faultAt(t *testing.T, d *faultyDisk, step int64, name string) {
	t.Helper()
	run := t.TempDir()
	if err := Write(Dir(run, 1), content("old "), nil); err != nil {
		t.Fatal(err)
	}
	err := write(d, Dir(run, step), content("newer "), nil)
	if err == nil && holds(Dir(run, step), "newer ") != nil {
		t.Errorf("%s: no error but no checkpoint", name)
	}
	latest, lerr := Latest(run)
	if lerr != nil {
		t.Errorf("%s: %v", name, lerr)
		return
	}
	if holds(latest, "old ") != nil && holds(latest, "newer ") != nil {
		t.Errorf("%s: %s is neither the old nor the new checkpoint", name, latest)
	}
	// The next save and Prune clean up whatever is left.
	if err := errors.Join(Write(Dir(run, 3), content("third "), nil), Prune(run, 1)); err != nil {
		t.Errorf("%s: the next save: %v", name, err)
	}
	es, err := os.ReadDir(filepath.Join(run, "ckpt"))
	if err != nil || len(es) != 1 || holds(Dir(run, 3), "third ") != nil {
		t.Errorf("%s: after Prune the folder holds %v, %v", name, es, err)
	}
}
