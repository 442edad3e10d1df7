package ckpt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Reader reads a checkpoint that was whole when it was opened.
type Reader struct {
	dir   string
	files map[string]fileEntry
	meta  map[string]string
}

// Open opens the checkpoint dir and compares every file with the manifest. Its
// error wraps ErrVersion or ErrCorrupt where the checkpoint is to blame.
func Open(dir string) (*Reader, error) {
	r, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("ckpt: opening %s: %w", dir, err)
	}
	return r, nil
}

func open(dir string) (*Reader, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	r := &Reader{dir: dir, files: make(map[string]fileEntry, len(m.Files)), meta: m.Meta}
	for _, e := range m.Files {
		if err := r.verify(e, io.Discard); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		r.files[e.Name] = e
	}
	return r, nil
}

// verify copies a file to w and compares its size and hash with the manifest.
func (r *Reader) verify(e fileEntry, w io.Writer) error {
	f, err := os.Open(filepath.Join(r.dir, e.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the file is missing: %w", ErrCorrupt)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, hash), f)
	switch {
	case err != nil:
		return err
	case n < e.Size:
		return fmt.Errorf("the file is truncated: %d bytes of %d: %w", n, e.Size, ErrCorrupt)
	case n > e.Size:
		return fmt.Errorf("the file has %d bytes instead of %d: %w", n, e.Size, ErrCorrupt)
	case hex.EncodeToString(hash.Sum(nil)) != e.SHA256:
		return fmt.Errorf("the file's SHA-256 is not the manifest's: its content changed: %w", ErrCorrupt)
	}
	return nil
}

// Dir returns the checkpoint's folder.
func (r *Reader) Dir() string { return r.dir }

// Meta returns a copy of the metadata that Write was given.
func (r *Reader) Meta() map[string]string { return maps.Clone(r.meta) }

// Files returns the names of the checkpoint's files, sorted.
func (r *Reader) Files() []string { return slices.Sorted(maps.Keys(r.files)) }

// SHA256 returns the hash of a file as the manifest has it, in hexadecimal, ""
// for a file the checkpoint does not hold.
func (r *Reader) SHA256(name string) string { return r.files[name].SHA256 }

// File returns the content of a file, compared with the manifest once more. A
// name the checkpoint does not hold is an error that wraps fs.ErrNotExist.
func (r *Reader) File(name string) ([]byte, error) {
	e, ok := r.files[name]
	if !ok {
		return nil, fmt.Errorf("ckpt: %s holds no file %q: %w", r.dir, name, fs.ErrNotExist)
	}
	b := bytes.NewBuffer(make([]byte, 0, e.Size))
	if err := r.verify(e, b); err != nil {
		return nil, fmt.Errorf("ckpt: reading %s: %s: %w", r.dir, name, err)
	}
	return b.Bytes(), nil
}

// OpenFile opens a file for reading in a stream, for files too large to hold.
// What it reads is what Open compared unless somebody changed it since.
func (r *Reader) OpenFile(name string) (io.ReadCloser, error) {
	if _, ok := r.files[name]; !ok {
		return nil, fmt.Errorf("ckpt: %s holds no file %q: %w", r.dir, name, fs.ErrNotExist)
	}
	f, err := os.Open(filepath.Join(r.dir, name))
	if err != nil {
		return nil, fmt.Errorf("ckpt: reading %s: %w", r.dir, err)
	}
	return f, nil
}
