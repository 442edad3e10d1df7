package layout_test

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const fidelity = "docs/FIDELITY.md"

var (
	testName = regexp.MustCompile("`([a-z]+\\.Test\\w+)`")
	keyName  = regexp.MustCompile("`([a-z_.]+)`")
	tomlTag  = regexp.MustCompile("`toml:\"([a-z_]+)\"")
)

func TestFidelity(t *testing.T) {
	page, err := os.ReadFile(root + "/" + fidelity)
	if err != nil {
		t.Fatal(err)
	}
	report(t, checkFidelity(string(page), tree(t)))
}

// checkFidelity demands that the details are numbered in order, and that every test
// and every setting that they name exists.
func checkFidelity(page string, files []source) []string {
	var bad, tests, keys []string
	for _, f := range files {
		for _, d := range testFuncs(f) {
			tests = append(tests, path.Base(f.dir())+"."+d)
		}
		for _, m := range tomlTag.FindAllSubmatch(f.text, -1) {
			keys = append(keys, string(m[1]))
		}
	}
	for _, m := range testName.FindAllStringSubmatch(page, -1) {
		if !slices.Contains(tests, m[1]) {
			bad = append(bad, fmt.Sprintf("%s names the test %s, which is not there; correct the page", fidelity, m[1]))
		}
	}
	last := 0
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		n := 0
		if len(cells) > 2 {
			n, _ = strconv.Atoi(strings.TrimSpace(cells[1]))
		}
		if n == 0 {
			continue // no detail
		}
		if last++; n != last {
			bad = append(bad, fmt.Sprintf("%s: detail %d comes where %d should", fidelity, n, last))
			last = n
		}
		if len(cells) < 8 {
			continue
		}
		for _, m := range keyName.FindAllStringSubmatch(cells[5], -1) {
			if key := m[1][strings.LastIndex(m[1], ".")+1:]; !slices.Contains(keys, key) {
				bad = append(bad, fmt.Sprintf("%s: detail %d names the setting %s, which is not there", fidelity, n, m[1]))
			}
		}
		if cells[6] == " " && !strings.Contains(cells[4], "not done") {
			bad = append(bad, fmt.Sprintf("%s: detail %d is done and has no test", fidelity, n))
		}
	}
	return bad
}

// testFuncs lists the tests of a file.
func testFuncs(f source) []string {
	var names []string
	for _, d := range f.ast.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && f.isTest() && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
			names = append(names, fn.Name.Name)
		}
	}
	return names
}

func TestFidelityPlanted(t *testing.T) {
	files := []source{
		parse(t, "agent/x_test.go", []byte("package agent\nfunc TestGood(t *testing.T) {}\n")),
		parse(t, "agent/x.go", []byte("package agent\ntype C struct { Clip float64 `toml:\"clip\"` }\nfunc TestBad() {}\n")),
	}
	for _, tc := range []struct{ name, text, want string }{
		{"all there", "| 1 | what | D | yes | `clip`, `pixels.clip` | `agent.TestGood` |\n| 2 | what | D | not done | | |\n", ""},
		{"test", "| 1 | what | D | yes | | `agent.TestBad` |\n", "agent.TestBad"},
		{"test of another package", "see `ops.TestGood`", "ops.TestGood"},
		{"setting", "| 1 | what | D | yes | `clop` | `agent.TestGood` |\n", "setting clop"},
		{"number", "| 2 | what | D | yes | | `agent.TestGood` |\n", "detail 2 comes where 1"},
		{"untested", "| 1 | what | D | yes | `clip` | |\n", "no test"},
	} {
		t.Run(tc.name, func(t *testing.T) { expect(t, checkFidelity(tc.text, files), tc.want) })
	}
}
