package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glint/internal/app/config"
)

var (
	called = regexp.MustCompile(`^(?:\$ )?(?:\./)?(?:glint|go run \./cmd/glint) (.*)$`)
	quoted = regexp.MustCompile("`(?:\\./)?glint ([a-z][^`]*)`")
)

// TestDocumentedCommands wants every command that README and docs show to be one that
// the program takes: whole in a block of shell, perhaps cut short in running text.
func TestDocumentedCommands(t *testing.T) {
	pages, err := filepath.Glob(filepath.FromSlash("../../docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, page := range append(pages, filepath.FromSlash("../../README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range blocks(string(text)) {
			shown++
			if err := parse(t, c); err != nil {
				t.Errorf("%s: glint %s: %v", page, strings.Join(c, " "), err)
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			args := strings.Fields(m[1])
			if err := parse(t, args); err != nil && !strings.Contains(err.Error(), "missing flags") && !strings.Contains(err.Error(), "expected ") {
				t.Errorf("%s: glint %s: %v", page, m[1], err)
			}
		}
	}
	if shown < 5 {
		t.Errorf("%d commands are shown, want 5 or more", shown)
	}
}

// blocks returns the arguments of the calls of glint in the blocks of shell of a page.
func blocks(text string) [][]string {
	var all [][]string
	in := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			in = line == "```sh"
		case in:
			line, _, _ = strings.Cut(line, " #")
			if m := called.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				all = append(all, strings.Fields(m[1]))
			}
		}
	}
	return all
}

// parse parses a command line as the program does and does nothing.
func parse(t *testing.T, args []string) (err error) {
	t.Helper()
	defer func() {
		if c := recover(); c != nil {
			if _, helped := c.(exit); !helped {
				panic(c)
			}
		}
	}()
	p, err := newParser(t.Context(), io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Parse(args)
	return err
}

// TestDocumentedRuns wants the run folders that README names to be those that the
// default algorithm makes.
func TestDocumentedRuns(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash("../../README.md"))
	if err != nil {
		t.Fatal(err)
	}
	runs := regexp.MustCompile(`runs/[a-z0-9-]+-(ppo|a2c)-seed1\b`).FindAllStringSubmatch(string(text), -1)
	if len(runs) == 0 {
		t.Error("README names no run folder")
	}
	for _, m := range runs {
		if m[1] != config.DefaultAlgo {
			t.Errorf("README names %s, but the default algorithm is %s", m[0], config.DefaultAlgo)
		}
	}
}

func TestBlocks(t *testing.T) {
	got := blocks("glint train\n```sh\n./glint eval --policy random  # play\nscripts/check\n$ glint view\n```\n```\nglint x\n```\n")
	if len(got) != 2 || strings.Join(got[0], " ") != "eval --policy random" || got[1][0] != "view" {
		t.Errorf("commands %q", got)
	}
}
