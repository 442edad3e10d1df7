package ckpt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Version is the version of the checkpoint folder's format that this package
// writes and reads.
const Version = 1

const (
	formatName   = "glint checkpoint"
	manifestName = "manifest.json"
	maxManifest  = 16 << 20
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrVersion says that a checkpoint was written in a format this program does
	// not know.
	ErrVersion = errors.New("foreign format")
	// ErrCorrupt says that a checkpoint is not what its writer wrote: a file is
	// missing, cut or changed.
	ErrCorrupt = errors.New("broken checkpoint")
	// ErrNone says that a run has no whole checkpoint.
	ErrNone = errors.New("no whole checkpoint")
)

// manifest is the content of manifest.json.
type manifest struct {
	Format  string            `json:"format"`
	Version int               `json:"version"`
	Files   []fileEntry       `json:"files"`
	Meta    map[string]string `json:"meta"`
	// Sum is the SHA-256 of the manifest with an empty Sum.
	Sum string `json:"manifest_sha256"`
}

type fileEntry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (m manifest) sum() (string, error) {
	m.Sum = ""
	b, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}

func (m manifest) writeTo(w io.Writer) error {
	sum, err := m.sum()
	if err != nil {
		return err
	}
	m.Sum = sum
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(m)
}

// readManifest reads and checks the manifest of a checkpoint, but not the files
// it lists.
func readManifest(dir string) (manifest, error) {
	var m manifest
	path := filepath.Join(dir, manifestName)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("it has no %s, so it is no checkpoint or was never finished: %w", manifestName, ErrCorrupt)
	}
	if err != nil {
		return m, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return m, err
	}
	if len(b) > maxManifest {
		return m, fmt.Errorf("%s has more than %d bytes: %w", manifestName, maxManifest, ErrCorrupt)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%s cannot be read (%w): %w", manifestName, err, ErrCorrupt)
	}
	if m.Format != formatName || m.Version != Version {
		return m, fmt.Errorf("%s says format %q version %d, this program reads %q version %d: %w",
			manifestName, m.Format, m.Version, formatName, Version, ErrVersion)
	}
	if sum, err := m.sum(); err != nil || sum != m.Sum {
		return m, fmt.Errorf("%s was changed after it was written: %w", manifestName, ErrCorrupt)
	}
	for _, f := range m.Files {
		if err := checkName(f.Name); err != nil {
			return m, fmt.Errorf("%s: %w: %w", manifestName, err, ErrCorrupt)
		}
	}
	return m, nil
}

// checkName refuses names that are not plain names of a file in the folder.
func checkName(name string) error {
	if name == "" || name == manifestName || strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\\:\x00") {
		return fmt.Errorf("%q is not a name for a file of a checkpoint", name)
	}
	return nil
}
