package ckpt

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Latest returns the folder of the newest whole checkpoint of a run, by step.
// Folders that are broken, unfinished or temporary are passed over; when none is
// whole the error wraps ErrNone and names each with what is wrong with it.
func Latest(runDir string) (string, error) {
	cs, _, err := list(runDir)
	if err != nil {
		return "", err
	}
	var broken []string
	for _, c := range cs {
		_, err := open(c.dir)
		if err == nil {
			return c.dir, nil
		}
		broken = append(broken, fmt.Sprintf("%s: %v", c.dir, err))
	}
	if len(broken) == 0 {
		return "", fmt.Errorf("ckpt: %s: %w: it was stopped before its first one, start it again", runDir, ErrNone)
	}
	return "", fmt.Errorf("ckpt: %s: %w: %s", runDir, ErrNone, strings.Join(broken, "; "))
}

// Prune removes the checkpoints of a run but the newest keep whole ones and
// whatever is newer, and what interrupted saves left behind. It must not run
// while a checkpoint of the run is being written.
func Prune(runDir string, keep int) error {
	if keep < 1 {
		return fmt.Errorf("ckpt: pruning %s: keep is %d, but one checkpoint must stay", runDir, keep)
	}
	cs, leftovers, err := list(runDir)
	if err != nil {
		return err
	}
	var errs []error
	for _, dir := range leftovers {
		errs = append(errs, os.RemoveAll(dir))
	}
	whole := int64(-1) // the step of the last whole checkpoint that was met
	for _, c := range cs {
		if keep == 0 || c.step == whole {
			errs = append(errs, remove(c.dir))
			continue
		}
		if _, err := open(c.dir); err == nil {
			keep, whole = keep-1, c.step
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("ckpt: pruning %s: %w", runDir, err)
	}
	return nil
}

// remove takes the checkpoint's name away before its files, so that no reader
// meets half of it.
func remove(dir string) error {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), tempPrefix)
	if err != nil {
		return err
	}
	if err := os.Rename(dir, filepath.Join(tmp, "removed")); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.RemoveAll(tmp)
}

// candidate is a folder whose name is a checkpoint's.
type candidate struct {
	dir  string
	step int64
}

// list returns the candidates of a run, newest first, and the temporary folders.
func list(runDir string) (cs []candidate, leftovers []string, err error) {
	parent := filepath.Join(runDir, "ckpt")
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ckpt: looking for checkpoints: %w", err)
	}
	for _, e := range entries {
		dir := filepath.Join(parent, e.Name())
		if strings.HasPrefix(e.Name(), tempPrefix) {
			leftovers = append(leftovers, dir)
			continue
		}
		step, err := strconv.ParseInt(strings.TrimSuffix(e.Name(), oldSuffix), 10, 64)
		if err != nil || step < 0 {
			continue
		}
		cs = append(cs, candidate{dir: dir, step: step})
	}
	slices.SortFunc(cs, func(a, b candidate) int {
		// "7" comes before "7.old".
		return cmp.Or(cmp.Compare(b.step, a.step), cmp.Compare(a.dir, b.dir))
	})
	return cs, leftovers, nil
}
