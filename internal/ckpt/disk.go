package ckpt

import (
	"io"
	"os"
	"path/filepath"
)

// disk is what Write needs of a file system; tests replace it by one that fails.
type disk interface {
	// Temp makes a new folder beside path, and the folders above it.
	Temp(path string) (string, error)
	// Create makes a new file.
	Create(path string) (file, error)
	// SyncDir flushes a folder's entries to the disk.
	SyncDir(path string) error
	Rename(from, to string) error
	RemoveAll(path string) error
}

type file interface {
	io.WriteCloser
	Sync() error
}

// tempPrefix starts the names of folders that are being written or removed.
const tempPrefix = ".tmp-"

// osDisk is the operating system's file system.
type osDisk struct{}

func (osDisk) Temp(path string) (string, error) {
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(parent, tempPrefix+filepath.Base(path)+"-")
	if err != nil {
		return "", err
	}
	// MkdirTemp keeps others out; a run is as readable as any other folder.
	return dir, os.Chmod(dir, 0o755)
}

func (osDisk) Create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) RemoveAll(path string) error { return os.RemoveAll(path) }

func (osDisk) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		_ = d.Close() // the first error tells more
		return err
	}
	return d.Close()
}
