package page_test

import (
	"strings"
	"testing"

	"glint/internal/htmlpage/pagetest"
	"glint/internal/study"
	"glint/internal/study/page"
)

// TestVerdictNeedsBothIntervals has an arm whose difference leaves out 0, with several
// differences in the same frames.
func TestVerdictNeedsBothIntervals(t *testing.T) {
	r := invented(6, 5, 0.02)
	for _, tc := range []struct {
		name   string
		lo, hi *float64
		want   bool
	}{
		{"the same side", new(0.1), new(0.2), true},
		{"0 is inside", new(-0.1), new(0.2), false},
		{"the other side", new(-0.2), new(-0.1), false},
		{"not known", nil, nil, false},
	} {
		f := r.Arms["x10"]["kept"]
		f.Paired, f.Needed = &study.Estimate{Value: 0.1, Lo: tc.lo, Hi: tc.hi}, new(3.0)
		r.Arms["x10"]["kept"] = f
		text := page.Markdown(r, nil)
		cell := pagetest.Words(table(pagetest.Parse(t, written(t, r)), "2")["x10"][0])
		row := text[strings.Index(text, "## Against"):]
		row = row[strings.Index(row, "| x10 |"):]
		row, _, _ = strings.Cut(row[len("| x10 |"):], " |")
		if strings.Contains(cell, "better") != tc.want || strings.Contains(row, "better") != tc.want {
			t.Errorf("%s: the page says %q, the summary %q", tc.name, cell, row)
		}
		// Where there is a verdict nothing is needed, and below 5 seeds there is none.
		if strings.Contains(cell, "needs 5 seeds") == tc.want || strings.Contains(cell, "needs 3") {
			t.Errorf("%s: the page says %q", tc.name, cell)
		}
	}
}

// TestCaveats wants page and summary to warn in the same words, and of nothing that they
// do not show.
func TestCaveats(t *testing.T) {
	r := invented(6, 5, 0.3)
	one := invented(3, 1, 0.1)
	for _, tc := range []struct {
		name       string
		r          *study.Result
		want, miss []string
	}{
		{"seeds", r, []string{"optional stopping", "11 %", "“Needs” is"}, []string{"ame frames”", "draws seeds"}},
		{"one seed", one, nil, []string{"optional stopping", "“Needs”", "ame frames”", "better and worse"}},
	} {
		_, section, _ := strings.Cut(pagetest.Words(pagetest.Parse(t, written(t, tc.r))), "Against ")
		text := page.Markdown(tc.r, nil)
		_, text, _ = strings.Cut(text, "## Against")
		_, text, _ = strings.Cut(text, "\n\n")
		text, _, _ = strings.Cut(text, "\n\n|")
		text = strings.ReplaceAll(text, "\n\n", " ")
		if !strings.Contains(section, text) || !strings.HasPrefix(text, "The difference is") {
			t.Errorf("%s: the summary says %q, the page %q", tc.name, text, section)
		}
		for _, w := range tc.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: it does not say %q: %s", tc.name, w, text)
			}
		}
		for _, w := range tc.miss {
			if strings.Contains(text, w) {
				t.Errorf("%s: it says %q: %s", tc.name, w, text)
			}
		}
	}
}

// TestEqualMeans wants no number of seeds where none would do.
func TestEqualMeans(t *testing.T) {
	r := invented(2, 5, 0.1)
	for i := range r.Seeds {
		r.Arms["x10"]["kept"].Seeds[i] = r.Arms["uniform"]["kept"].Seeds[i]
	}
	again(r)
	if text := page.Markdown(r, nil); !strings.Contains(text, "no number of seeds would tell apart") || strings.Contains(text, "would need about") {
		t.Errorf("of equal means it says\n%s", text)
	}
}
