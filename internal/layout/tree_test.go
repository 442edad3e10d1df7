package layout_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the module's folder as seen from this package's tests.
const root = "../.."

// source is one Go file of the module.
type source struct {
	path string // from the root, with slashes
	text []byte
	fset *token.FileSet
	ast  *ast.File
}

// dir returns the folder of the file from the root, which is also its import path
// without the module's name.
func (s source) dir() string { return path.Dir(s.path) }

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) line(p token.Pos) int { return s.fset.Position(p).Line }

func parse(t *testing.T, name string, text []byte) source {
	t.Helper()
	s := source{path: name, text: text, fset: token.NewFileSet()}
	var err error
	if s.ast, err = parser.ParseFile(s.fset, name, text, parser.ParseComments); err != nil {
		t.Fatal(err)
	}
	return s
}

// walk calls visit for every file of the module that is ours: no test data, no
// hidden folder but .ci, no output of a run.
func walk(t *testing.T, visit func(name string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if name != "." && name != ".ci" && skipDir(name) {
				return fs.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		visit(name, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func skipDir(name string) bool {
	base := path.Base(name)
	return base == "testdata" || base == "__pycache__" || base[0] == '.' || base[0] == '_' ||
		slices.Contains([]string{"runs", "studies", "bench"}, name)
}

// tree parses every Go file of the module, and of the modules nested in it: they
// are generators, whose code obeys the same rules but for imports.
func tree(t *testing.T) []source {
	t.Helper()
	var files []source
	walk(t, func(name string, text []byte) {
		if strings.HasSuffix(name, ".go") {
			files = append(files, parse(t, name, text))
		}
	})
	if len(files) == 0 {
		t.Fatal("found no Go file; is root right?")
	}
	return files
}

// nested returns the folders below the root that are modules of their own.
func nested(t *testing.T) []string {
	t.Helper()
	var dirs []string
	walk(t, func(name string, _ []byte) {
		if path.Base(name) == "go.mod" && name != "go.mod" {
			dirs = append(dirs, path.Dir(name))
		}
	})
	return dirs
}

func within(dir string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return dir == d || strings.HasPrefix(dir, d+"/") })
}

// report fails the test with every violation.
func report(t *testing.T, violations []string) {
	t.Helper()
	for _, v := range violations {
		t.Error(v)
	}
}

// lines counts the lines of a text.
func lines(text []byte) int { return bytes.Count(text, []byte("\n")) }
