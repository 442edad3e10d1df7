package layout_test

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "glint"

func TestImports(t *testing.T) {
	apart := nested(t)
	var files []source
	for _, f := range tree(t) {
		if !within(f.dir(), apart) {
			files = append(files, f)
		}
	}
	report(t, checkImports(files))
}

func checkImports(files []source) []string {
	var bad []string
	unknown := map[string]bool{}
	for _, f := range files {
		if _, ok := allowed[f.dir()]; !ok && !unknown[f.dir()] {
			unknown[f.dir()] = true
			bad = append(bad, fmt.Sprintf("%s: the package has no row in the import table; add one with its reason to internal/layout/imports_table_test.go", f.dir()))
		}
		for _, spec := range f.ast.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue // the parser has refused it
			}
			if msg := checkImport(f, imp); msg != "" {
				bad = append(bad, fmt.Sprintf("%s:%d: %s", f.path, f.line(spec.Pos()), msg))
			}
		}
	}
	return bad
}

func checkImport(f source, imp string) string {
	if inner, ok := strings.CutPrefix(imp, module+"/"); ok {
		return checkInner(f, inner)
	}
	for _, r := range restricted {
		if imp != r.prefix && !strings.HasPrefix(imp, strings.TrimSuffix(r.prefix, "/")+"/") {
			continue
		}
		if mayUse(f, r.by) {
			return ""
		}
		who := "nobody may"
		if len(r.by) > 0 {
			who = "only " + strings.Join(r.by, ", ") + " may"
		}
		return fmt.Sprintf("imports %s, %s (%s); move the code there or change the table with a reason", imp, who, r.reason)
	}
	if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") {
		return fmt.Sprintf("imports %s, which no rule names; a new dependency needs a row with its reason in internal/layout/imports_table_test.go", imp)
	}
	return ""
}

func checkInner(f source, inner string) string {
	row := allowed[f.dir()]
	if slices.Contains(row.imports, inner) || slices.Contains(row.imports, "*") {
		return ""
	}
	if f.isTest() && (inner == f.dir() || slices.Contains(testsMay, inner) || strings.HasPrefix(f.dir(), "internal/app/") && slices.Contains(verbTestsMay, inner)) {
		return ""
	}
	return fmt.Sprintf("%s imports %s, but it may import only [%s] (%s); give it what it needs as an argument or an interface, or change the table with a reason",
		f.dir(), inner, strings.Join(row.imports, " "), row.reason)
}

func mayUse(f source, by []string) bool {
	return slices.ContainsFunc(by, func(who string) bool {
		return who == "*" || who == f.dir() || f.isTest() && who == f.dir()+"_test" ||
			who == "*_test" && (f.isTest() || strings.HasSuffix(path.Base(f.dir()), "test"))
	})
}

func TestImportsPlanted(t *testing.T) {
	for _, tc := range []struct {
		name, path, imp, want string
	}{
		{"up", "env/x.go", "glint/agent", "env imports agent"},
		{"sideways", "env/dojo/x.go", "glint/env/gym", "env/dojo imports env/gym"},
		{"down", "agent/x.go", "glint/autoencoder", ""},
		{"app", "internal/app/world/x.go", "glint/env/dojo", ""},
		{"test of itself", "env/dojo/x_test.go", "glint/env/dojo", ""},
		{"test with a suite", "env/gym/x_test.go", "glint/env/envtest", ""},
		{"test going up", "env/dojo/x_test.go", "glint/agent", "env/dojo imports agent"},
		{"old rand", "agent/x.go", "math/rand", "nobody may"},
		{"new rand", "agent/x.go", "math/rand/v2", ""},
		{"old errors", "agent/x.go", "github.com/pkg/errors", "nobody may"},
		{"graph", "saliency/x.go", "gorgonia.org/tensor", "only internal/ops"},
		{"graph at home", "internal/ops/x.go", "gorgonia.org/gorgonia", ""},
		{"process", "agent/x.go", "os/exec", "only env/gym"},
		{"server", "internal/app/x.go", "net/http", "only internal/dash"},
		{"cgo", "internal/kernel/x.go", "C", "nobody may"},
		{"stranger", "env/x.go", "example.com/left/pad", "no rule names"},
		{"standard", "env/x.go", "encoding/json", ""},
		{"cmp in a test", "env/x_test.go", "github.com/google/go-cmp/cmp", ""},
		{"cmp outside", "env/x.go", "github.com/google/go-cmp/cmp", "only *_test"},
		{"no row", "util/x.go", "fmt", "no row"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := parse(t, tc.path, []byte("package x\n\nimport _ \""+tc.imp+"\"\n"))
			expect(t, checkImports([]source{src}), tc.want)
		})
	}
}

// expect demands one violation that contains want, or none if want is empty.
func expect(t *testing.T, got []string, want string) {
	t.Helper()
	switch {
	case want == "" && len(got) > 0:
		t.Errorf("unexpected violations: %q", got)
	case want != "" && (len(got) != 1 || !strings.Contains(got[0], want)):
		t.Errorf("violations %q, want one with %q", got, want)
	}
}
