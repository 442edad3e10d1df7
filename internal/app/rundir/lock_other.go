//go:build !unix

package rundir

import "os"

// tryLock takes no lock: there is none that every system has.
func tryLock(*os.File) (bool, error) { return true, nil }
