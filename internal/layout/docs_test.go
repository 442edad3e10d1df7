package layout_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"testing"
)

func TestPackageDocs(t *testing.T) { report(t, checkPackageDocs(tree(t))) }

// checkPackageDocs demands exactly one package comment in each folder: in a file
// that is no test, where there is one.
func checkPackageDocs(files []source) []string {
	docs, count := map[string]int{}, map[string]int{}
	var order []string
	for _, f := range files {
		dir := f.dir()
		if _, ok := docs[dir]; !ok {
			order = append(order, dir)
			docs[dir] = 0
		}
		if f.isTest() {
			continue
		}
		count[dir]++
		if f.ast.Doc != nil {
			docs[dir]++
		}
	}
	var bad []string
	for _, dir := range order {
		if count[dir] > 0 && docs[dir] != 1 {
			bad = append(bad, fmt.Sprintf("%s: %d of its files have a package comment; exactly one should say what the package holds", dir, docs[dir]))
		}
	}
	return bad
}

func TestExportedDocs(t *testing.T) { report(t, checkExportedDocs(tree(t))) }

// checkExportedDocs demands a comment at every exported name of a package, methods
// of exported types included. One comment at a group of constants or variables
// serves the group.
func checkExportedDocs(files []source) []string {
	var bad []string
	for _, f := range files {
		if f.isTest() || f.ast.Name.Name == "main" || ast.IsGenerated(f.ast) {
			continue
		}
		for _, decl := range f.ast.Decls {
			for _, name := range undocumented(decl) {
				bad = append(bad, fmt.Sprintf("%s:%d: %s has no comment; say what it is for, with shapes, units and errors", f.path, f.line(name.Pos()), name.Name))
			}
		}
	}
	return bad
}

func undocumented(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		if d.Tok == token.IMPORT {
			return nil
		}
		var names []*ast.Ident
		for _, spec := range d.Specs {
			names = append(names, undocumentedSpec(spec, d)...)
		}
		return names
	}
	return nil
}

func undocumentedSpec(spec ast.Spec, d *ast.GenDecl) []*ast.Ident {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
			return []*ast.Ident{s.Name}
		}
	case *ast.ValueSpec:
		if s.Doc != nil || s.Comment != nil || d.Doc != nil {
			return nil
		}
		var names []*ast.Ident
		for _, n := range s.Names {
			if n.IsExported() {
				names = append(names, n)
			}
		}
		return names
	}
	return nil
}

// exportedReceiver says whether a function has no receiver or one of an exported
// type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	return ast.IsExported(receiver(d))
}

// receiver returns the name of a method's type.
func receiver(d *ast.FuncDecl) string {
	x := d.Recv.List[0].Type
	for {
		switch e := x.(type) {
		case *ast.StarExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.IndexListExpr:
			x = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

func TestDocsPlanted(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"function", "func Do() {}", "Do has no comment"},
		{"documented function", "// Do does.\nfunc Do() {}", ""},
		{"method", "type t struct{}\n// T is.\ntype T struct{}\nfunc (t) Do() {}\nfunc (*T) Run() {}", "Run has no comment"},
		{"generic method", "// T is.\ntype T[X any] struct{}\nfunc (t *T[X]) Run() {}", "Run has no comment"},
		{"type", "type T int", "T has no comment"},
		{"type in a group", "// Two types.\ntype (\n\tT int\n)", "T has no comment"},
		{"group", "// The modes.\nconst (\n\tA = 1\n\tB = 2\n)", ""},
		{"end of line", "var A = 1 // is one", ""},
		{"variable", "var A = 1", "A has no comment"},
		{"unexported", "func do() {}\nvar a = 1\ntype t int", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			expect(t, checkExportedDocs([]source{parse(t, "env/x.go", []byte("package env\n\n"+tc.text+"\n"))}), tc.want)
		})
	}
	with, without := []byte("// Package env is.\npackage env\n"), []byte("package env\n")
	one, two := parse(t, "env/a.go", with), parse(t, "env/b.go", with)
	none, test := parse(t, "env/c.go", without), parse(t, "env/a_test.go", without)
	expect(t, checkPackageDocs([]source{one, none, test}), "")
	expect(t, checkPackageDocs([]source{one, two}), "2 of its files")
	expect(t, checkPackageDocs([]source{none}), "0 of its files")
}
