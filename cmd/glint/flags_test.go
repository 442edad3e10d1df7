package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var namedFlag = regexp.MustCompile(`(?:^|[ (:])--([a-z][a-z0-9-]*)`)

// TestFlagsInMessagesExist wants every flag that a message of the program names to be
// one that some verb has.
func TestFlagsInMessagesExist(t *testing.T) {
	p, err := newParser(t.Context(), io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"logdir": true, "lockstep": true} // of tensorboard and scripts/remote
	flags(p.Model.Node, known)
	named := 0
	for _, root := range []string{"../../internal/app", "../../env", "../../agent", "."} {
		for text, path := range sentences(t, filepath.FromSlash(root)) {
			for _, m := range namedFlag.FindAllStringSubmatch(text, -1) {
				named++
				if !known[m[1]] {
					t.Errorf("%s: no verb has --%s, named in %q", path, m[1], text)
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("%d flags are named, want 10 or more", named)
	}
}

// flags adds the flags of a verb and those below it.
func flags(n *kong.Node, known map[string]bool) {
	for _, f := range n.Flags {
		known[f.Name] = true
	}
	for _, child := range n.Children {
		flags(child, known)
	}
}

// sentences returns the string literals of more than a word in the sources of a
// folder, tests left out, with their files.
func sentences(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(text, " ") {
				found[text] = path
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
