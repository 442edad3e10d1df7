package layout_test

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// banned is what no file of ours says. The patterns are put together from parts,
// so that this file obeys them.
var banned = []struct {
	re   *regexp.Regexp
	hint string
}{
	{regexp.MustCompile("(^|[\\s\"'`=(:,])/(" + "root|home|Users|work" + ")/"), "is a path of one machine; take it from a flag, the environment or t.TempDir"},
	{regexp.MustCompile(`\b(` + "TO" + "DO|FIX" + "ME|XX" + "X|HA" + `CK)\b(?:[^(]|$|\([^#])`), "marks unfinished work; do it, or write an issue and its number: WORD(#12)"},
	{regexp.MustCompile("(?i)\\b(ret" + "val|naug" + "hty)\\b"), "says nothing; name what it is"},
}

// nameless are names of packages and files that tell nothing about what is inside.
var nameless = []string{"util", "utils", "common", "helper", "helpers", "misc", "base", "types", "shared"}

// ours are the endings of files that people write.
var ours = []string{".go", ".md", ".py", ".sh", ".yml", ".yaml", ".toml", ".html", ".js", ".css", ""}

func TestWords(t *testing.T) {
	walk(t, func(name string, text []byte) {
		if slices.Contains(ours, path.Ext(name)) && path.Base(name) != "LICENSE" && bytes.IndexByte(text, 0) < 0 { // a built program has zeros
			report(t, checkWords(name, text))
		}
	})
}

func checkWords(name string, text []byte) []string {
	var bad []string
	for part := range strings.SplitSeq(strings.TrimSuffix(name, path.Ext(name)), "/") {
		if slices.Contains(nameless, strings.TrimSuffix(part, "_test")) {
			bad = append(bad, fmt.Sprintf("%s: the name %q tells nothing; name it after what it holds", name, part))
		}
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		for _, b := range banned {
			if m := b.re.Find(line); m != nil {
				bad = append(bad, fmt.Sprintf("%s:%d: %q %s", name, i+1, bytes.TrimSpace(m), b.hint))
			}
		}
	}
	return bad
}

func TestWordsPlanted(t *testing.T) {
	todo := "TO" + "DO"
	for _, tc := range []struct{ name, path, text, want string }{
		{"machine", "env/x.go", `const dir = "/` + `home/ann/data"`, "path of one machine"},
		{"folder of ours", "env/x.go", `const dir = "internal/` + `work/data"`, ""},
		{"unfinished", "env/x.go", "// " + todo + ": more", "unfinished"},
		{"unfinished at the end", "env/x.go", "// " + todo, "unfinished"},
		{"by name", "env/x.go", "// " + todo + "(ann): more", "unfinished"},
		{"with an issue", "env/x.go", "// " + todo + "(#12): more", ""},
		{"second line", "docs/x.md", "fine\nret" + "val", "docs/x.md:2"},
		{"package", "internal/util/x.go", "", "tells nothing"},
		{"file", "env/helpers_test.go", "", "tells nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) { expect(t, checkWords(tc.path, []byte(tc.text)), tc.want) })
	}
}
