package telemetry

import (
	"fmt"
	"io"
	"strings"
)

const docHead = `# Metrics

Generated from the registry in internal/telemetry by ` + "`go generate ./internal/telemetry`" + `; a test compares the two.

## Files

A run folder holds its metrics in three files.

- **metrics.jsonl**: only what the seed and the configuration determine, so two runs of the same seed write the same bytes, and so
  do a run that was stopped and resumed and one that was not. One JSON object a line:
  ` + "`{\"step\":6400,\"iteration\":200,\"update\":200,\"values\":{\"mse\":0.0021}}`" + `. A step is one decision of the agent in one
  environment, an iteration one training batch seen, an update one optimiser step. Values keep the order of the table.
- **timing.jsonl**: what the clock and the machine determine, in the same format, with ` + "`time`" + ` first: seconds since 1970, UTC.
- **events.out.tfevents.\***: both and the example sheets for TensorBoard (` + "`tensorboard --logdir runs`" + `). A resumed run adds a file;
  TensorBoard then drops what the first file says about the steps after the checkpoint.

Numbers are written with the fewest digits that read back to the same float64. **NaN and infinities are written as ` + "`null`" + `**, because
JSON has no word for them; in TensorBoard they stay what they are. A metric that could not be measured is left out: an absent value
means "not measured", ` + "`null`" + ` means that the computation went wrong.

## Registry

Unit "share" is 0 to 1, unit "1" a plain number. x is an image, x̂ its reconstruction, w the weights of its pixels, π the policy, V
the critic, Â the advantage.
`

// WriteMarkdown writes docs/METRICS.md: the formats of the files and a table of
// the registry.
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
	_, err := io.WriteString(w, b.String())
	return err
}

// cell escapes what would end a cell of a Markdown table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
