package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The screen that a Summary fits on.
const (
	SummaryLines   = 24
	SummaryColumns = 100
)

// Item is one row of a Summary.
type Item struct{ Key, Value string }

// Section is a group of rows under a heading, which may be empty.
type Section struct {
	Name  string
	Items []Item
}

// Summary is the text at the end of a run: what came out, where it is and what
// to try next.
type Summary struct {
	Title    string
	Sections []Section
}

// Add appends a section of keys and values in turn, and returns the Summary. It
// panics on a key without a value.
func (s *Summary) Add(name string, keysAndValues ...string) *Summary {
	if len(keysAndValues)%2 != 0 {
		panic("report: a key of a summary has no value")
	}
	sec := Section{Name: name}
	for i := 0; i < len(keysAndValues); i += 2 {
		sec.Items = append(sec.Items, Item{keysAndValues[i], keysAndValues[i+1]})
	}
	s.Sections = append(s.Sections, sec)
	return s
}

// Write writes the text: keys and values aligned over all sections, values that
// are too long broken at spaces. A word is never broken, so that paths and
// commands can be copied. Too many lines lose first the empty ones and then the
// last, and say so.
func (s *Summary) Write(w io.Writer) error {
	lines := s.lines(true)
	if len(lines) > SummaryLines {
		lines = s.lines(false)
	}
	if n := len(lines); n > SummaryLines {
		lines = append(lines[:SummaryLines-1], fmt.Sprintf("  (%d more lines)", n-SummaryLines+1))
	}
	if _, err := io.WriteString(w, strings.Join(lines, "\n")+"\n"); err != nil {
		return fmt.Errorf("report: writing the summary: %w", err)
	}
	return nil
}

func (s *Summary) lines(airy bool) []string {
	keys := 0
	for _, sec := range s.Sections {
		for _, it := range sec.Items {
			keys = max(keys, utf8.RuneCountInString(it.Key))
		}
	}
	var lines []string
	if s.Title != "" {
		lines = append(lines, s.Title)
	}
	for _, sec := range s.Sections {
		if airy && len(lines) > 0 {
			lines = append(lines, "")
		}
		if sec.Name != "" {
			lines = append(lines, sec.Name)
		}
		for _, it := range sec.Items {
			key := it.Key
			for _, part := range wrap(it.Value, SummaryColumns-keys-4) {
				pad := strings.Repeat(" ", keys-utf8.RuneCountInString(key))
				lines = append(lines, strings.TrimRight("  "+key+pad+"  "+part, " "))
				key = ""
			}
		}
	}
	return lines
}

// wrap breaks s at spaces into parts of at most n runes where words allow it.
func wrap(s string, n int) []string {
	if utf8.RuneCountInString(s) <= n {
		return []string{s}
	}
	var parts []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > n {
			parts = append(parts, line)
			line = ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
	}
	return append(parts, line)
}
