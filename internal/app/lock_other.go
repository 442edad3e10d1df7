//go:build !unix

package app

import "os"

// tryLock takes no lock: there is none that every system has.
func tryLock(*os.File) (bool, error) { return true, nil }
