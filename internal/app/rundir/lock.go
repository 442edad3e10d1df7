package rundir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"glint/internal/app"
)

// lockFile is empty; the process that trains in a run folder holds its lock.
const lockFile = ".lock"

// Lock makes sure that no other process trains in a run folder until unlock is
// called. The end of the process unlocks it as well.
func Lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the run: %w", err)
	}
	taken, err := tryLock(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking the run: %w", err), f.Close())
	}
	if !taken {
		return nil, errors.Join(app.Usagef("wait for it to end, or stop it", "another glint trains in %s", dir), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing unlocks
}
