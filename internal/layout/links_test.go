package layout_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// brokenLinks returns the relative links of a Markdown text in folder dir that lead
// to no file.
func brokenLinks(text, dir string) []string {
	var broken []string
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		path, _, _ := strings.Cut(m[1], "#")
		if path == "" || strings.Contains(m[1], "://") {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
			broken = append(broken, m[1])
		}
	}
	return broken
}

func TestLinks(t *testing.T) {
	root := filepath.Join("..", "..")
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	studies, err := filepath.Glob(filepath.Join(root, "docs", "studies", "*", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range slices.Concat(pages, more, studies) {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range brokenLinks(string(b), filepath.Dir(page)) {
			t.Errorf("%s links to %s, which is not there; commit the file or mend the link", page, to)
		}
	}
}

func TestLinksGate(t *testing.T) {
	got := brokenLinks("[a](links_test.go) ![b](no/such.png) [c](https://example.com) [d](#here)", ".")
	if len(got) != 1 || got[0] != "no/such.png" {
		t.Errorf("broken links %v, want no/such.png alone", got)
	}
}
