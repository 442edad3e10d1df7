package page_test

import (
	"strings"
	"testing"

	"glint/internal/htmlpage/pagetest"
	"glint/internal/study"
	"glint/internal/study/page"
)

// TestMarkdownSaysWhatThePageSays compares the summary's words and cells with the page's.
func TestMarkdownSaysWhatThePageSays(t *testing.T) {
	r := failing(5)
	text, n := page.Markdown(r, nil), pagetest.Parse(t, written(t, r))
	for _, p := range pagetest.All(pagetest.All(n, "div")[0], "p") {
		if !strings.Contains(text, pagetest.Words(p)) {
			t.Errorf("the summary does not answer %q", pagetest.Words(p))
		}
	}
	for arm, cells := range table(n, "1") {
		for _, c := range cells {
			b := pagetest.All(c, "b")
			if len(b) == 1 && !strings.Contains(text, pagetest.Words(b[0])) {
				t.Errorf("the summary lacks %s of %s", pagetest.Words(b[0]), arm)
			}
		}
	}
	for _, want := range []string{"| half | – | – | – |", "Not one trial succeeded of: half.", "| both | 2 | the disk is full |", "; needs ", r.Commands[0]} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
	if one := page.Markdown(invented(3, 1, 0.1), nil); strings.Contains(one, " to 0") || !strings.Contains(one, "One seed tells no interval") {
		t.Errorf("of one seed the summary says\n%s", one)
	}
}

// TestPagePairsFrames demands the difference in the same frames where trials tell it.
func TestPagePairsFrames(t *testing.T) {
	r := invented(3, 3, 0.1)
	if text := pagetest.Words(pagetest.Parse(t, written(t, r))); strings.Contains(strings.ToLower(text), "same frames") {
		t.Error("nothing is paired by episode, and the page says so nevertheless")
	}
	lo, hi := 0.125, 0.375
	f := r.Arms["x10"]["kept"]
	f.Paired = &study.Estimate{Value: 0.25, Lo: &lo, Hi: &hi}
	r.Arms["x10"]["kept"] = f
	n := pagetest.Parse(t, written(t, r))
	if got := pagetest.Words(table(n, "2")["x10"][0]); !strings.Contains(got, "same frames +0.250 (0.125 to 0.375)") {
		t.Errorf("table 2 says %q", got)
	}
}
