package layout_test

import (
	"fmt"
	"go/ast"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const architecture = "docs/ARCHITECTURE.md"

// symbol is `pkg.Name`, `pkg.Type.Member` or either as a call, in backticks.
var symbol = regexp.MustCompile("`([a-z][a-z0-9]*)\\.([A-Z]\\w*(?:\\.[A-Z]\\w*)?)(?:\\([^`]*\\))?`")

// maxPage keeps the tour of the code at a length that is read.
const maxPage = 120

func TestArchitecture(t *testing.T) {
	page, err := os.ReadFile(root + "/" + architecture)
	if err != nil {
		t.Fatalf("%v; this page is the tour of the code", err)
	}
	files := tree(t)
	report(t, checkPage(page, files))
	apart := nested(t)
	seen := map[string]bool{}
	for _, f := range files {
		row := "`" + f.dir() + "`"
		if !seen[row] && !within(f.dir(), apart) && !strings.Contains(string(page), row) {
			t.Errorf("%s does not name the package %s; say in its table what the package holds", architecture, row)
		}
		seen[row] = true
	}
}

// checkPage demands that every symbol named in the page exists.
func checkPage(page []byte, files []source) []string {
	var bad []string
	if n := lines(page); n > maxPage {
		bad = append(bad, fmt.Sprintf("%s has %d lines, at most %d; move detail to the package's comment", architecture, n, maxPage))
	}
	known := symbols(files)
	for _, m := range symbol.FindAllSubmatch(page, -1) {
		name := string(m[1]) + "." + string(m[2])
		if !slices.Contains(known, name) {
			bad = append(bad, fmt.Sprintf("%s names `%s`, which no package exports; correct the page", architecture, name))
		}
	}
	return bad
}

// symbols lists pkg.Name and pkg.Type.Member of all exported names.
func symbols(files []source) []string {
	var all []string
	for _, f := range files {
		if f.isTest() {
			continue
		}
		add := func(parts ...string) { all = append(all, f.ast.Name.Name+"."+strings.Join(parts, ".")) }
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil {
					add(receiver(d), d.Name.Name)
				} else {
					add(d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					addSpec(spec, add)
				}
			}
		}
	}
	return all
}

func addSpec(spec ast.Spec, add func(...string)) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			add(n.Name)
		}
	case *ast.TypeSpec:
		add(s.Name.Name)
		var fields *ast.FieldList
		switch x := s.Type.(type) {
		case *ast.StructType:
			fields = x.Fields
		case *ast.InterfaceType:
			fields = x.Methods
		default:
			return
		}
		for _, field := range fields.List {
			for _, n := range field.Names {
				add(s.Name.Name, n.Name)
			}
		}
	}
}

func TestArchitecturePlanted(t *testing.T) {
	files := []source{parse(t, "env/x.go", []byte("package env\ntype Vec interface{ Step() }\ntype Box struct{ Kind string }\nfunc (Box) Area() {}\nfunc As() {}\nconst Gray = 1\n"))}
	for _, tc := range []struct{ name, text, want string }{
		{"all there", "`env.Vec`, `env.Vec.Step`, `env.Box.Kind`, `env.Box.Area()`, `env.As(v)`, `env.Gray`", ""},
		{"type", "see `env.Vex`", "env.Vex"},
		{"method", "see `env.Vec.Stop`", "env.Vec.Stop"},
		{"package", "see `enf.Vec`", "enf.Vec"},
		{"no symbol", "`config.toml`, `go test`, env.Vex", ""},
		{"long", strings.Repeat("word\n", 121), "121 lines"},
	} {
		t.Run(tc.name, func(t *testing.T) { expect(t, checkPage([]byte(tc.text), files), tc.want) })
	}
}
