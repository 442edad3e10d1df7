package page_test

import (
	"bytes"
	"cmp"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glint/internal/doctor"
	"glint/internal/doctor/page"
	"glint/internal/htmlpage/pagetest"
)

// written returns the page of a report, which must stand alone.
func written(t *testing.T, r page.Report) *html.Node {
	t.Helper()
	b, err := page.HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	return pagetest.StandsAlone(t, string(b))
}

// drawn returns the page of one check with a plot.
func drawn(t *testing.T, p doctor.Plot) *html.Node {
	t.Helper()
	return written(t, page.Report{Verdicts: []doctor.Verdict{{Check: "planted", OK: true, Plot: &p}}})
}

// contains demands that a text has parts, in their order.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, p := range parts {
		_, after, found := strings.Cut(rest, p)
		if !found {
			t.Fatalf("%q is not there, or not in its place, in: %s", p, text)
		}
		rest = after
	}
}

func TestPageNamesFindingsFirst(t *testing.T) {
	n := written(t, invented())
	answer := pagetest.All(n, "section")[0]
	contains(t, pagetest.Words(answer), "8 checks, 3 findings.",
		"gradients, actor (gradients)", "differs from differences by 193 %", "What to do: a bug in the backward pass",
		"learning rate, autoencoder (rates)", "What to do: too low to learn in a reasonable time: set it near 0.0003",
		"the game starts (environment)", "no ROM", "What to do: the check could not be made")
	var to []string
	for _, a := range pagetest.All(pagetest.All(answer, "ol")[0], "a") {
		to = append(to, pagetest.Attribute(a, "href"))
	}
	if want := []string{"#check-2", "#check-5", "#check-8"}; !slices.Equal(to, want) {
		t.Errorf("the findings link to %v, want %v", to, want)
	}
	if said := pagetest.Words(answer); strings.Contains(said, "learning curve") {
		t.Errorf("what is well is among the findings: %s", said)
	}
}

func TestPageShowsEveryCheck(t *testing.T) {
	r := invented()
	r.Verdicts = append(r.Verdicts, verdict("gradients", "gradients, critic", true, 0.5, 0.25, "late", "", nil))
	r.Verdicts[8].Least = true
	n := written(t, r)
	var groups []string
	rows := map[string][]string{}
	for _, h := range pagetest.All(n, "h2") {
		groups = append(groups, pagetest.Words(h))
	}
	if want := []string{"Answer", "gradients", "overfitting", "generalisation", "rates", "balance", "environment", "Again"}; !slices.Equal(groups, want) {
		t.Errorf("the sections are %q, want %q", groups, want)
	}
	for _, row := range pagetest.All(n, "tr") {
		if pagetest.Attribute(row, "id") == "" {
			continue
		}
		var cells []string
		for _, td := range pagetest.All(row, "td") {
			cells = append(cells, pagetest.Words(td))
		}
		rows[pagetest.Words(pagetest.All(row, "th")[0])] = cells
	}
	if len(rows) != len(r.Verdicts) {
		t.Errorf("%d checks are shown, want %d", len(rows), len(r.Verdicts))
	}
	for check, want := range map[string][]string{
		"gradients, actor":                    {"finding", "1.93", "at most 0.02", "the gradient of actor.out differs from differences by 193 %", "a bug in the backward pass of actor.out: compare its sign and scale"},
		"gradients, critic":                   {"ok", "0.5", "at least 0.25", "late", ""},
		"learning curve Figure 2":             {"ok", "0.13", "", "more data would help little"},
		"the game starts":                     {"finding", "–", "", "gym: no ROM of KungFuMaster", "the check could not be made: mend this first"},
		"learning rate, autoencoder Figure 3": nil,
	} {
		if got, found := rows[check]; !found || want != nil && !slices.Equal(got, want) {
			t.Errorf("%s: the row says %q (%v), want %q", check, got, found, want)
		}
	}
	contains(t, pagetest.Words(n), r.Command, "lr = 1.5e-9 # <low> & slow", r.Version)
}

// TestPageTellsPlots demands a drawing of every plot and its figures in words.
func TestPageTellsPlots(t *testing.T) {
	n := written(t, invented())
	svgs, captions := pagetest.All(n, "svg"), pagetest.All(n, "figcaption")
	for i, want := range []struct {
		title, caption string
		says, shown    []string
		lines          int // that have dashes
	}{
		{"Error of one batch", "Figure 1. Error of one batch (overfit one batch, autoencoder).", []string{"error by updates.", "the batch: 200 points from 0.302 at 0 to 0.002", "least", "most 0.302 at 0"}, []string{"0.1", "updates", "the batch"}, 0},
		{"Learning curve", "Figure 2.", []string{"those frames: 0.012 at 32, 0.014 at 64", "other episodes: 0.031 at 32"}, []string{"100", "those frames", "other episodes"}, 1},
		{"Learning-rate range test", "Figure 3. Learning-rate range test (learning rate, autoencoder). Dashed: configured at 1.5e-09, suggested at 0.00032. Left out, being without a place on the axes: 3 numbers.", []string{"autoencoder: 0.999 at 1e-06", "; actor: 1 at 1e-06", "marked are configured at 1.5e-09, suggested at 0.00032."}, []string{"1e-05", "learning rate", "error left, share", "configured", "suggested", "autoencoder", "actor", "critic"}, 2},
		{"Schedules", "Figure 4.", []string{"cosine: 200 points from 0.001 at 0"}, []string{"early", "end"}, 1},
		{"Recall of each action in other episodes", "Figure 5. Recall of each action in other episodes (recall of rare classes). A question mark is in place of a bar that is not known.", []string{"as they come: NOOP 0.9, UP 0.8", "balanced batches: NOOP 0.6"}, []string{"UPRIGHTFIRE", "?", "recall", "as they come", "balanced batches"}, 0},
	} {
		contains(t, pagetest.Words(captions[i]), want.caption)
		if got := pagetest.All(svgs[i], "title")[0].FirstChild.Data; got != want.title {
			t.Errorf("plot %d has the title %q, want %q", i+1, got, want.title)
		}
		contains(t, pagetest.All(svgs[i], "desc")[0].FirstChild.Data, want.says...)
		var words []string
		for _, text := range pagetest.All(svgs[i], "text") {
			words = append(words, pagetest.Words(text))
		}
		for _, w := range want.shown {
			if !slices.Contains(words, w) {
				t.Errorf("plot %d does not show %q: %q", i+1, w, words)
			}
		}
		if slices.Contains(words, "nothing") || slices.Contains(words, "nowhere") {
			t.Errorf("plot %d names what it does not show: %q", i+1, words)
		}
		if got := dashes(svgs[i]); got < want.lines {
			t.Errorf("plot %d has %d kinds of dashes, want %d", i+1, got, want.lines)
		}
	}
}

// dashes counts how many ways of dashes lines have.
func dashes(svg *html.Node) int {
	kinds := map[string]bool{}
	for _, path := range pagetest.All(svg, "path") {
		_, way, found := strings.Cut(pagetest.Attribute(path, "style"), "stroke-dasharray:")
		if found {
			kinds[way] = true
		}
	}
	return len(kinds)
}

// strokes returns the ways and styles of the paths in the only plot of a page.
func strokes(n *html.Node) (ways, styles []string) {
	for _, path := range pagetest.All(pagetest.All(n, "svg")[0], "path") {
		ways, styles = append(ways, pagetest.Attribute(path, "d")), append(styles, pagetest.Attribute(path, "style"))
	}
	return ways, styles
}

// TestPageBreaksLines has numbers without a place between others: no line goes across. Points
// are in the order of X, and one that stands alone is marked.
func TestPageBreaksLines(t *testing.T) {
	for _, tc := range []struct {
		without []int // that have no place, of 40 points
		points  []int // of each part of the line
	}{{nil, []int{40}}, {[]int{9}, []int{9, 30}}, {[]int{0, 19, 39}, []int{18, 19}}, {[]int{37, 39}, []int{37, 1}}} {
		var s doctor.Series
		for i := range 40 {
			x := float64((i * 7) % 40)
			s.X, s.Y = append(s.X, x), append(s.Y, x*x)
			if slices.Contains(tc.without, int(x)) {
				s.Y[i] = math.Inf(1)
			}
		}
		ways, styles := strokes(drawn(t, doctor.Plot{Title: "lines", Series: []doctor.Series{s}}))
		var points []int
		for i, way := range ways {
			if strings.Contains(styles[i], "stroke-width:1.6") {
				at := strings.Split(strings.TrimPrefix(way, "M"), "L")
				points = append(points, len(at))
				if !slices.IsSortedFunc(at, func(a, b string) int { return cmp.Compare(first(t, a), first(t, b)) }) {
					t.Errorf("a line goes back: %s", way)
				}
			} else if strings.Contains(way, "A") { // a dot
				points = append(points, 1)
			}
		}
		if !slices.Equal(points, tc.points) {
			t.Errorf("without %d the line has parts of %d points, want %d", tc.without, points, tc.points)
		}
	}
}

// first is the first of two coordinates.
func first(t *testing.T, at string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(strings.Split(at, ",")[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestPageTellsBarsApart demands that four series differ without their colours.
func TestPageTellsBarsApart(t *testing.T) {
	p := doctor.Plot{Title: "bars", Classes: []string{"one"}}
	for range 4 {
		p.Series = append(p.Series, doctor.Series{Name: "s", Y: []float64{1}})
	}
	ways, styles := strokes(drawn(t, p))
	lines := map[string]string{} // of a colour, where they go
	for i, way := range ways {
		_, hue, _ := strings.Cut(strings.ReplaceAll(styles[i], "fill:none", ""), "#")
		a, b, line := strings.Cut(strings.TrimPrefix(way, "M"), "L")
		switch {
		case !strings.Contains(styles[i], "fill:none"):
			lines[hue[:6]] += "filled "
		case line && !strings.Contains(b, "L") && first(t, a) == first(t, b):
			lines[hue[:6]] = "columns"
		case line && !strings.Contains(b, "L"):
			lines[hue[:6]] = "rows"
		default:
			lines[hue[:6]] += "frame "
		}
	}
	seen := map[string]bool{}
	for _, hue := range []string{"1B1F27", "D55E00", "0072B2", "009E73"} {
		if seen[lines[hue]] || lines[hue] == "" {
			t.Errorf("the bars of the series differ by colours alone: %v", lines)
		}
		seen[lines[hue]] = true
	}
}

// TestPageDrawsAnything has plots with numbers that no scale can show, and some that are hard
// for one.
func TestPageDrawsAnything(t *testing.T) {
	hard := []float64{0, 1, -1, 1e-6, 1 + 1e-15, math.Nextafter(1, 2), 12345678, 1e16, 1e16 + 2, 5e-324, 1e-310, -1e99, 1e99, 1e-99, 1e300, math.MaxFloat64, -math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}
	for _, a := range hard {
		for _, b := range hard {
			for _, log := range []bool{false, true} {
				s := []doctor.Series{{Name: "a", X: []float64{a, b}, Y: []float64{b, a}}, {Name: "b", X: []float64{a, a, b}, Y: []float64{b}}}
				drawn(t, doctor.Plot{Title: "lines", LogX: log, LogY: log, Series: s, Marks: []doctor.Mark{{Name: "m", X: a}}})
				drawn(t, doctor.Plot{Title: "bars", LogX: log, LogY: log, Classes: []string{"one", "two"}, Series: s, Marks: []doctor.Mark{{Name: "m", X: b}}})
			}
		}
	}
	for _, p := range []doctor.Plot{{}, {Classes: []string{}}, {Classes: []string{"one"}}, {Series: []doctor.Series{{}}}, {LogY: true, Series: []doctor.Series{{X: []float64{1, 2}, Y: []float64{0, -1}}}}} {
		n := drawn(t, p)
		if len(pagetest.All(n, "svg")) > 0 {
			t.Errorf("something is drawn of %+v", p)
		}
		contains(t, pagetest.Words(n), "There is nothing to draw")
	}
}

// TestPageEscapes plants tags wherever words come from.
func TestPageEscapes(t *testing.T) {
	const bad = `<script>alert("1")</script> " onload="x" </style></svg><img src=x onerror=alert(1)> {{.}} &amp;`
	p := func(classes ...string) *doctor.Plot {
		return &doctor.Plot{Title: bad, X: bad, Y: bad, Classes: classes, Series: []doctor.Series{{Name: bad, X: []float64{1}, Y: []float64{1}}}, Marks: []doctor.Mark{{Name: bad}}}
	}
	r := page.Report{Of: bad, Settings: bad, Command: bad, Version: bad, Verdicts: []doctor.Verdict{
		{Group: bad, Check: bad, Means: bad, Advice: bad, Plot: p(bad)},
		{Group: "other", Check: bad, Means: bad, Advice: bad, Plot: p()},
	}}
	n := written(t, r)
	if got := len(pagetest.All(n, "img")); got > 0 {
		t.Errorf("%d planted pictures are there", got)
	}
	if got := len(pagetest.All(n, "svg")); got != 2 {
		t.Errorf("%d plots are there, want 2", got)
	}
	if got := strings.Count(pagetest.Words(n), bad); got < 12 {
		t.Errorf("the words are there %d times, want them wherever they were given", got)
	}
}

func TestPageOfNothing(t *testing.T) {
	r := invented()
	r.Verdicts = slices.DeleteFunc(r.Verdicts, func(v doctor.Verdict) bool { return !v.OK })
	n := written(t, r)
	contains(t, pagetest.Words(pagetest.All(n, "section")[0]), "5 checks, nothing found.")
	for _, no := range []string{"1 finding", "What to do:"} {
		if strings.Contains(pagetest.Words(n), no) {
			t.Errorf("without findings the page says %q", no)
		}
	}
	if len(pagetest.All(n, "ol")) > 0 {
		t.Error("without findings the page lists some")
	}
	contains(t, pagetest.Words(written(t, page.Report{Of: "dojo"})), "no check was made")
	contains(t, pagetest.Words(written(t, page.Report{Verdicts: []doctor.Verdict{{Check: "whole path"}}})), "1 check, 1 finding.")
}

func TestPageIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doctor.html")
	if err := page.Write(path, invented()); err != nil {
		t.Fatal(err)
	}
	want, err := page.HTML(invented())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the same report gives other bytes: %d and %d (%v)", len(got), len(want), err)
	}
	if err := page.Write(filepath.Join(path, "below"), invented()); err == nil {
		t.Error("a page was written below a file")
	}
}
