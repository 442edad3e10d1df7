package page_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glint/internal/htmlpage/pagetest"
	"glint/internal/study"
	"glint/internal/study/page"
)

// written returns the page of a result with one picture.
func written(t *testing.T, r *study.Result) string {
	t.Helper()
	b, err := page.HTML(r, []page.Picture{inventedPicture()})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// table returns the rows of all tables of a number, by the first cell of each.
func table(n *html.Node, number string) map[string][]*html.Node {
	rows := map[string][]*html.Node{}
	for _, t := range pagetest.All(n, "table") {
		if !strings.HasPrefix(pagetest.Words(pagetest.All(t, "caption")[0]), "Table "+number) {
			continue
		}
		for _, row := range pagetest.All(pagetest.All(t, "tbody")[0], "tr") {
			name := strings.TrimSuffix(pagetest.Words(pagetest.All(row, "th")[0]), " (base)")
			rows[name] = append(rows[name], pagetest.All(row, "td")...)
		}
	}
	return rows
}

func TestPageShowsEverySeed(t *testing.T) {
	r := invented(14, 5, 0.1)
	n := pagetest.Parse(t, written(t, r))
	values, figures := table(n, "4"), table(n, "1")
	for _, a := range r.Order {
		if len(values[a.Name]) != len(r.Judges) || len(figures[a.Name]) != len(r.Judges) {
			t.Fatalf("%s has %d cells of values and %d of figures, want %d", a.Name, len(values[a.Name]), len(figures[a.Name]), len(r.Judges))
		}
		for k, j := range r.Judges {
			f := r.Arms[a.Name][j.Name]
			spans, dots := pagetest.All(values[a.Name][k], "span"), pagetest.All(figures[a.Name][k], "circle")
			if len(spans) != len(f.Seeds) || len(dots) != len(f.Seeds) {
				t.Fatalf("%s, %s: %d values and %d dots for %d seeds", a.Name, j.Name, len(spans), len(dots), len(f.Seeds))
			}
			for i, v := range f.Seeds {
				got, err := strconv.ParseFloat(pagetest.Words(spans[i]), 64)
				if err != nil || math.Abs(got-*v) > 0.0051*largest(r, j) { // three digits
					t.Errorf("%s, %s, seed %d: the page says %v for %v (%v)", a.Name, j.Name, r.Seeds[i], got, *v, err)
				}
			}
		}
		if !strings.Contains(pagetest.Words(n), a.What) {
			t.Errorf("the page does not say what %s is", a.Name)
		}
	}
}

// largest is the largest value of a judge.
func largest(r *study.Result, j study.Judge) (most float64) {
	for _, a := range r.Order {
		for _, v := range r.Arms[a.Name][j.Name].Seeds {
			most = max(most, *v)
		}
	}
	return most
}

// TestPageStandsAlone has a picture and failures, too.
func TestPageStandsAlone(t *testing.T) {
	n := pagetest.StandsAlone(t, written(t, failing(5)), "https://arxiv.org/")
	for _, img := range pagetest.All(n, "img") {
		if pagetest.Attribute(img, "alt") != inventedPicture().Alt {
			t.Errorf("a picture says %q", pagetest.Attribute(img, "alt"))
		}
	}
}

func TestPageIsDeterministic(t *testing.T) {
	if a, b := written(t, invented(9, 3, 0.1)), written(t, invented(9, 3, 0.1)); a != b {
		t.Error("the same result gives other bytes")
	}
}

// TestPageOfOneSeed demands that nothing is said of intervals.
func TestPageOfOneSeed(t *testing.T) {
	r := invented(4, 1, 0.1)
	text := written(t, r)
	n := pagetest.Parse(t, text)
	for _, no := range []string{" to 0", "(0", "95 %", "leaves out", "better with probability 1.00 ("} {
		words := pagetest.Words(n)
		head, _, _ := strings.Cut(words, "Figures Each ring")
		_, tail, found := strings.Cut(words, "Against uniform")
		if !found {
			t.Fatal("the page has no differences")
		}
		tail, _, _ = strings.Cut(tail, "Every value")
		for _, part := range []string{head, tail} {
			if strings.Contains(part, no) {
				t.Errorf("of one seed the page says %q in %q", no, part)
			}
		}
	}
	if !strings.Contains(pagetest.Words(n), "One seed tells no interval") {
		t.Error("the page does not say that one seed tells no interval")
	}
	if strings.Contains(text, `stroke="#56b4e9"`) {
		t.Error("a strip has a bar of an interval")
	}
}

func TestPageAnswers(t *testing.T) {
	same := invented(3, 5, 0.1)
	for i, v := range []float64{0.5, 0.6, 0.7, 0.8, 0.9} {
		for a, off := range map[string]float64{"uniform": 0, "x10": []float64{0.1, -0.2, 0.2, -0.05, 0.1}[i], "half": []float64{-0.3, 0.2, 0.1, -0.1, 0}[i]} {
			x := v + off
			same.Arms[a]["kept"].Seeds[i] = &x
		}
	}
	again(same)
	worse := invented(2, 5, 0.1)
	for i, v := range []float64{0.50, 0.51, 0.52, 0.53, 0.54} {
		w := v - 0.3
		worse.Arms["uniform"]["kept"].Seeds[i], worse.Arms["x10"]["kept"].Seeds[i] = &v, &w
	}
	again(worse)
	fewer := invented(3, 5, 0.02)
	fewer.Judges = []study.Judge{fewer.Judges[4]} // an error: less is better
	nothing := failing(2)
	nothing.Base = "half"
	again(nothing)
	for name, tc := range map[string]struct {
		r          *study.Result
		want, miss []string
	}{
		"best":           {invented(6, 5, 0.1), []string{"Best by knives kept is default: ", "leave out 0: x10, both, balanced, default.", "Not separated from uniform: half."}, []string{"Nothing is separated", "Of the arms without a note"}},
		"noted":          {invented(14, 5, 0.02), []string{"Best by knives kept is oracle: ", "true boxes were used in training", "Of the arms without a note: best by knives kept is default: "}, nil},
		"not separated":  {same, []string{"Nothing is separated", " seeds (paired t test at 5 %, power 80 %); both have 5."}, []string{"leave out 0"}},
		"base is best":   {worse, []string{"No arm does better than uniform by knives kept; the nearest is x10: ", "Worse than uniform, with intervals that leave out 0: x10."}, []string{"Better than uniform"}},
		"less is better": {fewer, []string{"Best by error on knives, MSE is x10: ", "leave out 0: x10.", "Not separated from uniform: half."}, []string{"Worse than"}},
		"base failed":    {nothing, []string{"No trial of half has a figure"}, []string{"Best by"}},
		"arm failed":     {failing(5), []string{"Best by knives kept is balanced: ", "Without any result, see Failures: half."}, []string{"x10, half"}},
		"few seeds":      {invented(6, 3, 0.02), []string{"Best by knives kept is default: ", "With 3 seeds nothing is called separated"}, []string{"leave out 0", "Not separated"}},
		"one seed alone": {invented(3, 1, 0.1), []string{"One seed tells no interval"}, []string{"eparated from", "leave out"}},
	} {
		t.Run(name, func(t *testing.T) {
			said := pagetest.Words(pagetest.All(pagetest.Parse(t, written(t, tc.r)), "div")[0])
			for _, w := range tc.want {
				if !strings.Contains(said, w) {
					t.Errorf("the answer does not say %q: %s", w, said)
				}
			}
			for _, w := range tc.miss {
				if strings.Contains(said, w) {
					t.Errorf("the answer says %q: %s", w, said)
				}
			}
		})
	}
}

func TestPageTellsWhatIsBetter(t *testing.T) {
	r := invented(6, 5, 0.02)
	for i, want := range []string{"better", "better", "worse", "worse", "better", "better"} {
		if got := pagetest.Words(table(pagetest.Parse(t, written(t, r)), "2")["default"][i]); !strings.Contains(got, want) {
			t.Errorf("by %s the default is %q, want %s", r.Judges[i].Label, got, want)
		}
	}
}

// TestPageMarksTheFront has arms on the front, one of them by less error alone, and one
// behind another.
func TestPageMarksTheFront(t *testing.T) {
	r := invented(4, 3, 0.1)
	for name, v := range map[string][2]float64{"uniform": {0.001, 0.06}, "x10": {0.002, 0.01}, "half": {0.003, 0.02}, "both": {0.0015, 0.03}} {
		for i := range r.Seeds {
			r.Arms[name]["mse"].Seeds[i], r.Arms[name]["knife_mse"].Seeds[i] = &v[0], &v[1]
		}
	}
	again(r)
	for _, svg := range pagetest.All(pagetest.Parse(t, written(t, r)), "svg") {
		if desc := pagetest.All(svg, "desc"); pagetest.Attribute(svg, "aria-labelledby") == "tradeoff-title" {
			for _, want := range []string{"On the front: uniform, x10, both.", "uniform 30.00 and 12.22;"} {
				if said := desc[0].FirstChild.Data; !strings.Contains(said, want) {
					t.Errorf("the plot does not say %q: %s", want, said)
				}
			}
			return
		}
	}
	t.Error("there is no plot of small objects against whole frames")
}

// TestPageLeavesOutWhatHasNoPlace has errors of which there is no logarithm.
func TestPageLeavesOutWhatHasNoPlace(t *testing.T) {
	r := invented(5, 3, 0.1)
	for name, v := range map[string]float64{"uniform": -1e-9, "x10": 0} {
		for i := range r.Seeds {
			r.Arms[name]["mse"].Seeds[i] = &v
		}
	}
	again(r)
	for _, svg := range pagetest.All(pagetest.Parse(t, written(t, r)), "svg") {
		if said := pagetest.All(svg, "desc"); pagetest.Attribute(svg, "aria-labelledby") == "tradeoff-title" {
			if text := said[0].FirstChild.Data; strings.Contains(text, "uniform") || strings.Contains(text, "x10") || !strings.Contains(text, "half ") {
				t.Errorf("the plot says %s", text)
			}
			return
		}
	}
	t.Error("there is no plot of the others")
}

// again sums up the values that stand in a result.
func again(r *study.Result) {
	var endings []study.Ending
	for _, a := range r.Order {
		for i, seed := range r.Seeds {
			e := study.Ending{Spec: study.Spec{Arm: a.Name, Seed: seed}, Err: errors.New("it failed")}
			for _, j := range r.Judges {
				if v := r.Arms[a.Name][j.Name].Seeds[i]; v != nil {
					if e.Outcome == nil {
						e.Outcome = &study.Outcome{Figures: map[string]float64{}}
					}
					e.Outcome.Figures[j.Name] = *v
				}
			}
			endings = append(endings, e)
		}
	}
	sumUp(r, endings)
}

func TestPageTellsFailures(t *testing.T) {
	r := failing(5)
	n := pagetest.Parse(t, written(t, r))
	rows := table(n, "3")
	if got := len(rows["half"]); got != 2*5 {
		t.Errorf("%d cells of failures of half, want seed and error of 5", got)
	}
	for _, want := range []string{r.Failures[0].Error, "Not one trial succeeded of: half.", "6 of 25 trials have no result"} {
		if !strings.Contains(pagetest.Words(n), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, cell := range table(n, "1")["half"] {
		if pagetest.Words(cell) != "no result" {
			t.Errorf("an arm without a result has the figure %q", pagetest.Words(cell))
		}
	}
	if strings.Contains(pagetest.Words(pagetest.Parse(t, written(t, invented(3, 2, 0.1)))), "Failures") {
		t.Error("a study without failures tells some")
	}
}

func TestPageWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), study.PageFile)
	r := invented(3, 2, 0.1)
	if err := page.Write(path, r, nil); err != nil {
		t.Fatal(err)
	}
	want, err := page.HTML(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes were written, want %d (%v)", len(got), len(want), err)
	}
	if strings.Contains(string(want), "Reconstructions") {
		t.Error("a page without pictures has a section of them")
	}
	if _, err := page.HTML(&study.Result{}, nil); err == nil {
		t.Error("an empty result was written")
	}
}

// TestPageComparesWithControls demands, beside the differences to the base, those to the
// control of an arm, in the tables, the answer and the summary.
func TestPageComparesWithControls(t *testing.T) {
	r := invented(7, 5, 0.02)
	r.Order[5].Control = "random"
	again(r)
	kept := r.AgainstControl["default"]["kept"]
	if d := kept.Difference; d == nil || math.Abs(d.Value-(*r.Arms["default"]["kept"].IQM-*r.Arms["random"]["kept"].IQM)) > 1e-12 {
		t.Fatalf("the difference to the control is %+v", d)
	}
	if base := r.Arms["default"]["kept"].Difference; base.Value == kept.Difference.Value {
		t.Error("the difference to the base is that to the control")
	}
	n := pagetest.Parse(t, written(t, r))
	if rows := table(n, "2 c"); len(rows) != 1 || len(rows["default"]) != 3 {
		t.Errorf("the table of the control has %d rows", len(rows))
	}
	if rows := table(n, "2 a"); len(rows) != 6 {
		t.Errorf("the table of the base has %d rows, want 6", len(rows))
	}
	beside, err := page.Illustrations(r, []page.Picture{inventedPicture()})
	if err != nil || len(beside) != 3 {
		t.Fatalf("%d files beside the page, want 3 (%v)", len(beside), err)
	}
	text := page.Markdown(r, beside)
	for _, want := range []string{"Against its control random, default is better by knives kept: 0.9", "## Against the control random\n", "](reconstructions-1.png)", "](tradeoff.svg)", "](intervals.svg)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
	if !strings.Contains(pagetest.Words(n), "Against its control random, default is better") {
		t.Error("the page does not answer by the control")
	}
}

// TestControlsAreComparedWithCare demands no verdict of few seeds, and that a failed control or
// base hides nothing.
func TestControlsAreComparedWithCare(t *testing.T) {
	for name, tc := range map[string]struct {
		seeds      int
		base       string
		fail       string
		want, miss string
	}{
		"one seed":     {1, "uniform", "", "Against its control random, default by knives kept: 0.9", "is better by"},
		"few seeds":    {3, "uniform", "", "Against its control random, default by knives kept: 0.9", "default is better"},
		"base fails":   {5, "half", "half", "Against its control random, default is better by knives kept: ", "Best by"},
		"control does": {5, "uniform", "random", "No trial of the control random has a figure of knives kept", "Against its control random"},
	} {
		t.Run(name, func(t *testing.T) {
			r := invented(7, tc.seeds, 0.02)
			r.Order[5].Control, r.Base = "random", tc.base
			for _, j := range r.Judges {
				if tc.fail != "" {
					r.Arms[tc.fail][j.Name] = study.Figure{Seeds: make([]*float64, tc.seeds)}
				}
			}
			again(r)
			text := page.Markdown(r, nil)
			if !strings.Contains(text, tc.want) || strings.Contains(text, tc.miss) {
				t.Errorf("the summary lacks %q or says %q:\n%s", tc.want, tc.miss, text)
			}
		})
	}
}

// TestIllustrationsStandAlone demands that plots are whole as files, and say of one seed what
// they show.
func TestIllustrationsStandAlone(t *testing.T) {
	beside, err := page.Illustrations(invented(7, 1, 0.02), nil)
	if err != nil || len(beside) != 2 {
		t.Fatalf("%d files, want 2 (%v)", len(beside), err)
	}
	for _, i := range beside {
		var svg struct {
			XMLName xml.Name
			Width   string `xml:"width,attr"`
		}
		if err := xml.Unmarshal(i.Content, &svg); err != nil || svg.XMLName.Space != "http://www.w3.org/2000/svg" || !strings.HasSuffix(svg.Width, "pt") {
			t.Errorf("%s is %+v (%v)", i.File, svg, err)
		}
	}
	if strings.Contains(beside[0].Caption, "95 %") || !strings.Contains(beside[0].Caption, "the one seed") {
		t.Errorf("of one seed the caption says %q", beside[0].Caption)
	}
}
