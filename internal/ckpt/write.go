package ckpt

import (
	"bufio"
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
	"strconv"
)

// oldSuffix ends the name of a checkpoint that another of the same step is
// replacing. Latest takes it as long as its successor is not whole.
const oldSuffix = ".old"

// Dir returns the folder of a step's checkpoint, runDir/ckpt/<step>.
func Dir(runDir string, step int64) string {
	return filepath.Join(runDir, "ckpt", strconv.FormatInt(step, 10))
}

// Write writes the checkpoint dir: every file of files, by name and in the order
// of the names, and the manifest with meta. The folders above dir are made. A
// checkpoint of the same name is replaced once the new one is on the disk. When
// Write returns an error that happened before then, dir is as it was.
func Write(dir string, files map[string]func(io.Writer) error, meta map[string]string) error {
	if err := write(osDisk{}, dir, files, meta); err != nil {
		return fmt.Errorf("ckpt: writing %s: %w", dir, err)
	}
	return nil
}

func write(d disk, dir string, files map[string]func(io.Writer) error, meta map[string]string) error {
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if err := checkName(name); err != nil {
			return err
		}
	}
	tmp, err := d.Temp(dir)
	if err != nil {
		return err
	}
	if err := fill(d, tmp, names, files, meta); err != nil {
		// A temporary folder that cannot be removed does no harm: nothing reads it.
		_ = d.RemoveAll(tmp)
		return err
	}
	return publish(d, tmp, dir)
}

// fill writes the files and the manifest into tmp, all of it on the disk.
func fill(d disk, tmp string, names []string, files map[string]func(io.Writer) error, meta map[string]string) error {
	m := manifest{Format: formatName, Version: Version, Files: []fileEntry{}, Meta: meta}
	for _, name := range names {
		e, err := writeFile(d, filepath.Join(tmp, name), files[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m.Files = append(m.Files, e)
	}
	if _, err := writeFile(d, filepath.Join(tmp, manifestName), m.writeTo); err != nil {
		return fmt.Errorf("%s: %w", manifestName, err)
	}
	return d.SyncDir(tmp)
}

func writeFile(d disk, path string, content func(io.Writer) error) (fileEntry, error) {
	f, err := d.Create(path)
	if err != nil {
		return fileEntry{}, err
	}
	hash := sha256.New()
	n := &counter{}
	bw := bufio.NewWriterSize(io.MultiWriter(fullWriter{f}, hash, n), 1<<16)
	err = content(bw)
	if err == nil {
		err = bw.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	// An error of Close matters as much: some file systems report a full disk there.
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return fileEntry{Name: filepath.Base(path), Size: n.bytes, SHA256: hex.EncodeToString(hash.Sum(nil))}, err
}

// fullWriter turns a short write without an error, which io.Writer forbids but
// which happens, into an error.
type fullWriter struct{ io.Writer }

func (w fullWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

type counter struct{ bytes int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}

// publish gives the finished folder tmp the name dir. A folder cannot be renamed
// over another, so a checkpoint of that name steps aside first, under a name
// that Latest knows.
func publish(d disk, tmp, dir string) error {
	old := dir + oldSuffix
	replaced, err := stepAside(d, dir, old)
	if err == nil {
		err = d.Rename(tmp, dir)
	}
	if err != nil {
		if replaced {
			// Should this fail too, Latest still finds it under its other name.
			_ = d.Rename(old, dir)
		}
		_ = d.RemoveAll(tmp)
		return err
	}
	if err := d.SyncDir(filepath.Dir(dir)); err != nil {
		return err
	}
	// What remains of the old one is removed by the next Write or Prune.
	_ = d.RemoveAll(old)
	return nil
}

// stepAside renames dir to old and says whether there was one.
func stepAside(d disk, dir, old string) (bool, error) {
	if _, err := os.Lstat(dir); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return false, err
	}
	if err := d.RemoveAll(old); err != nil {
		return false, err
	}
	if err := d.Rename(dir, old); err != nil {
		return false, err
	}
	return true, nil
}
