package telemetry

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
)

// What docs/METRICS.md says before and after the tables of the registry.
var (
	//go:embed metrics_head.md
	docHead string
	//go:embed metrics_tail.md
	docTail string
)

// WriteMarkdown writes docs/METRICS.md: the formats of the files, a table of the
// registry and the figures of eval and probe.
func WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(docHead)
	for _, timing := range []bool{false, true} {
		file := "metrics.jsonl"
		if timing {
			file = "timing.jsonl"
		}
		fmt.Fprintf(&b, "\n### %s\n\n| metric | unit | formula | how to read it |\n|---|---|---|---|\n", file)
		for _, m := range Metrics {
			if m.Timing == timing {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, m.Unit, cell(m.Formula), cell(m.Help))
			}
		}
	}
	b.WriteString(docTail)
	_, err := io.WriteString(w, b.String())
	return err
}

// cell escapes what would end a cell of a Markdown table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
