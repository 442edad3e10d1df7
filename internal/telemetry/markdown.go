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

const docTail = `
## Figures of eval

` + "`glint eval`" + ` plays full games; every environment plays its share of them, so that short ones are not favoured. Intervals are 95 %
percentile bootstraps over games. What cannot be known is ` + "`null`" + `.

- ` + "`greedy`" + `: true where the most probable action was played; otherwise actions were drawn from the policy.
- ` + "`human_normalised`" + `: (mean − low) / (high − low). low is random play, measured by glint in the same protocol (full games, sticky
  actions 0.25); high is the human score of Mnih et al. 2015, in the dojo the scripted player that sees the knives.
- ` + "`knives`, `knife_hits`, `knife_hit_rate`" + `: a **knife** is one flight: true boxes that follow each other from frame to frame, at
  most 3 pixels aside and 2 up or down, from the first to the last one in sight. ` + "`knives`" + ` counts the flights of the games played. It
  **touches** the player in a frame in which the two boxes overlap or adjoin. It **hit** if, at most 8 frames after a touch, health
  or the number of lives fell, or the game ended. knife_hit_rate = knife_hits / knives; a knife that nobody was near counts as one
  that missed. Each knife is counted once, so the figure does not depend on how long it flies. Known for the dojo and for
  Kung-Fu Master.
- ` + "`policy_change`, `action_change`" + `: one in 8 of the steps whose last frame shows a small object is drawn, and the network is asked
  again with the true boxes filled with background, in all frames of the observation o; o′ is what that leaves.
  policy_change = mean(½ · Σ_a |π(a|o) − π(a|o′)|), the total variation distance: 0 is a policy that does not care, 1 one that does
  something else for certain. action_change is the share of these steps in which another action is the most probable. Both are of
  the network, greedy or not; ` + "`change_steps`" + ` counts the steps.
- ` + "`policy_change_control`, `action_change_control`" + `: the same with the boxes moved elsewhere together, to a place drawn at random that
  holds none of the objects, and in the last frame at least as many pixels that are not background (background filled with
  background would change nothing). ` + "`change_steps_control`" + ` counts the steps for which such a place was found. A policy that uses the
  objects has policy_change well above its control.

What a knife does was read from the memory of Kung-Fu Master in 200,000 frames of random play, which stays on the first floor: 339
knives. One that hits takes 7 of the 39 points of health (RAM 75), or what is left, in the frame after the last that shows it,
whether the player stands, ducks or jumps. One that misses flies on to column 156. By the definition above 281 of 282 hits are
found, and none of 57 misses is called one. The player's sprite is 8 pixels wide and 34 high, 28 when it ducks.
`

// WriteMarkdown writes docs/METRICS.md: the formats of the files, a table of the
// registry and the figures of an evaluation.
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
