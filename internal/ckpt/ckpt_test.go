package ckpt_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/ckpt"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func save(t *testing.T, run string, step int64, content string) string {
	t.Helper()
	dir := ckpt.Dir(run, step)
	files := map[string]func(io.Writer) error{"a.bin": text(content), "b.bin": text("")}
	if err := ckpt.Write(dir, files, map[string]string{"step": fmt.Sprint(step)}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWriteOpen(t *testing.T) {
	run := t.TempDir()
	r, err := ckpt.Open(save(t, run, 7, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.File("a.bin")
	if err != nil || string(b) != "hello" {
		t.Errorf("a.bin is %q, %v", b, err)
	}
	f, err := r.OpenFile("a.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if b, err := io.ReadAll(f); err != nil || string(b) != "hello" {
		t.Errorf("stream of a.bin is %q, %v", b, err)
	}
	if d := cmp.Diff([]string{"a.bin", "b.bin"}, r.Files()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"step": "7"}, r.Meta()); d != "" {
		t.Error(d)
	}
	// SHA-256 of "hello", from sha256sum.
	if got := r.SHA256("a.bin"); got != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" {
		t.Errorf("SHA256 is %s", got)
	}
	for _, err := range []error{second(r.File("c")), second(r.OpenFile("c"))} {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a file that is not there: %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestWriteReplaces(t *testing.T) {
	run := t.TempDir()
	save(t, run, 7, "old")
	dir := save(t, run, 7, "new")
	r, err := ckpt.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := r.File("a.bin"); string(b) != "new" {
		t.Errorf("a.bin is %q after the second write", b)
	}
	if left := names(t, run); !cmp.Equal(left, []string{"7"}) {
		t.Errorf("the folder holds %v", left)
	}
}

func TestWriteRefusesNames(t *testing.T) {
	for _, name := range []string{"", ".hidden", "manifest.json", "a/b", `a\b`, ".."} {
		dir := ckpt.Dir(t.TempDir(), 1)
		err := ckpt.Write(dir, map[string]func(io.Writer) error{name: text("x")}, nil)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q: the folder was made", name)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	edit := func(name string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(b), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	replace := func(from, to string) func([]byte) []byte {
		return func(b []byte) []byte { return []byte(strings.Replace(string(b), from, to, 1)) }
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tc := range []struct {
		name   string
		break_ func(*testing.T, string)
		is     error
		says   string
	}{
		{"truncated", edit("a.bin", replace("hello", "hell")), ckpt.ErrCorrupt, "a.bin: the file is truncated: 4 bytes of 5"},
		{"longer", edit("a.bin", replace("hello", "hello!")), ckpt.ErrCorrupt, "6 bytes instead of 5"},
		{"one bit", edit("a.bin", replace("hello", "hellm")), ckpt.ErrCorrupt, "SHA-256"},
		{"file gone", remove("b.bin"), ckpt.ErrCorrupt, "b.bin: the file is missing"},
		{"manifest gone", remove("manifest.json"), ckpt.ErrCorrupt, "no manifest.json"},
		{"manifest cut", edit("manifest.json", func(b []byte) []byte { return b[:len(b)/2] }), ckpt.ErrCorrupt, "cannot be read"},
		{"meta changed", edit("manifest.json", replace(`"step": "3"`, `"step": "4"`)), ckpt.ErrCorrupt, "changed"},
		{"path in manifest", edit("manifest.json", replace(`"a.bin"`, `"../x"`)), ckpt.ErrCorrupt, "changed"},
		{"version", edit("manifest.json", replace(`"version": 1`, `"version": 2`)), ckpt.ErrVersion, "version 2"},
		{"format", edit("manifest.json", replace("glint checkpoint", "other")), ckpt.ErrVersion, `"other"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := t.TempDir()
			save(t, run, 2, "whole")
			dir := save(t, run, 3, "hello")
			tc.break_(t, dir)
			_, err := ckpt.Open(dir)
			if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v does not wrap %v and say %q", err, tc.is, tc.says)
			}
			if got, err := ckpt.Latest(run); got != ckpt.Dir(run, 2) {
				t.Errorf("Latest is %q, %v", got, err)
			}
		})
	}
}

func TestFileNoticesLaterChange(t *testing.T) {
	dir := save(t, t.TempDir(), 1, "hello")
	r, err := ckpt.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.bin"), []byte("jello"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := r.File("a.bin"); !errors.Is(err, ckpt.ErrCorrupt) {
		t.Errorf("File returned %v", err)
	}
}

func names(t *testing.T, run string) []string {
	t.Helper()
	es, err := os.ReadDir(filepath.Join(run, "ckpt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out
}
