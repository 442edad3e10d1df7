package judge_test

import (
	"image"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/internal/judge"
)

// thrown returns boxes of 5x2 at top left pixels.
func thrown(corners ...image.Point) []env.Box {
	var out []env.Box
	for _, p := range corners {
		out = append(out, env.Box{Rect: image.Rectangle{Min: p, Max: p.Add(image.Pt(5, 2))}, Kind: "knife"})
	}
	return out
}

func detections(t *testing.T, content image.Rectangle) *judge.Detections {
	t.Helper()
	d, err := judge.NewDetections(64, 144, content, 126)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDetectionsMatch(t *testing.T) {
	content := image.Rect(0, 0, 140, 64)
	for _, c := range []struct {
		name         string
		truth, found []env.Box
		want         judge.Finds
	}{
		{"a hit", thrown(image.Pt(50, 30)), thrown(image.Pt(50, 30)), judge.Finds{Count: judge.Count{Objects: 1, Hits: 1}, Fires: 1}},
		{"3 pixels beside", thrown(image.Pt(50, 30)), thrown(image.Pt(53, 30)), judge.Finds{Count: judge.Count{Objects: 1, Hits: 1}, Fires: 1}},
		{"more than 3", thrown(image.Pt(50, 30)), thrown(image.Pt(53, 31)), judge.Finds{Count: judge.Count{Objects: 1}, Fires: 1, False: 1}},
		{"two finds on one", thrown(image.Pt(50, 30)), thrown(image.Pt(51, 30), image.Pt(50, 30)), judge.Finds{Count: judge.Count{Objects: 1, Hits: 1}, Fires: 2, False: 1}},
		{"one find on two", thrown(image.Pt(50, 30), image.Pt(52, 30)), thrown(image.Pt(51, 30)), judge.Finds{Count: judge.Count{Objects: 2, Hits: 1}, Fires: 1}},
		{"the nearest pair first", thrown(image.Pt(50, 30), image.Pt(54, 30)), thrown(image.Pt(52, 30), image.Pt(50, 30)), judge.Finds{Count: judge.Count{Objects: 2, Hits: 2}, Fires: 2}},
		{"missed", thrown(image.Pt(50, 30)), nil, judge.Finds{Count: judge.Count{Objects: 1}}},
		{"on nothing", nil, thrown(image.Pt(9, 9), image.Pt(80, 9)), judge.Finds{Fires: 2, False: 2, EmptyFrames: 1, FiredEmpty: 1, FalseEmpty: 2}},
		{"nothing", nil, nil, judge.Finds{EmptyFrames: 1}},
		{"partly outside", thrown(image.Pt(137, 30)), thrown(image.Pt(136, 30)), judge.Finds{Fires: 1}},
		{"far from one partly outside", thrown(image.Pt(137, 30)), thrown(image.Pt(20, 30)), judge.Finds{Fires: 1, False: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := detections(t, content)
			out := d.Frame(&judge.History{}, make([]byte, 64*144), c.truth, c.found)
			got := d.Result()
			if len(out.Hit) != got.Hits || len(out.False) != got.False || len(out.Missed) != got.Objects-got.Hits {
				t.Errorf("outcome %+v of %+v", out, got)
			}
			got.In = [judge.Situations]judge.Count{}
			c.want.Frames = 1
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDetectionsSituations(t *testing.T) {
	lit := func(x, y int) []byte {
		p := make([]byte, 64*144)
		if y >= 0 {
			p[y*144+x] = 64
		}
		return p
	}
	for _, c := range []struct {
		name string
		x    int
		lit  image.Point
		age  int
		want judge.Situation
	}{
		{"nothing around", 50, image.Pt(0, -1), 0, judge.Open},
		{"lit 5 columns beside", 50, image.Pt(45, 30), 20, judge.Open},
		{"lit 4 columns beside", 50, image.Pt(46, 30), 20, judge.Body},
		{"lit within the box", 50, image.Pt(52, 30), 20, judge.Open},
		{"lit 3 rows below", 50, image.Pt(50, 34), 8, judge.Body},
		{"lit 4 rows below", 50, image.Pt(50, 35), 8, judge.Open},
		{"young", 50, image.Pt(46, 30), 7, judge.Hand},
		{"young and open", 50, image.Pt(0, -1), 3, judge.Open},
		{"a pixel from the edge", 1, image.Pt(0, -1), 3, judge.Edge},
		{"2 pixels from the edge", 2, image.Pt(0, -1), 3, judge.Open},
		{"at the far edge, lit", 138, image.Pt(136, 30), 30, judge.Edge},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, h := detections(t, image.Rect(0, 0, 144, 64)), judge.History{}
			for range c.age {
				d.Frame(&h, make([]byte, 64*144), thrown(image.Pt(c.x, 30)), nil)
			}
			out := d.Frame(&h, lit(c.lit.X, c.lit.Y), thrown(image.Pt(c.x, 30)), nil)
			if d := cmp.Diff([]judge.Situation{c.want}, out.Where); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFindsShares(t *testing.T) {
	f := judge.Finds{Count: judge.Count{Objects: 10, Hits: 6}, False: 2, EmptyFrames: 8, FiredEmpty: 2}
	for name, got := range map[string][2]float64{
		"precision": {f.Precision(), 0.75}, "recall": {f.Recall(), 0.6}, "f1": {f.F1(), 2 * 0.75 * 0.6 / 1.35}, "false frames": {f.FalseFrames(), 0.25},
	} {
		if math.Abs(got[0]-got[1]) > 1e-12 {
			t.Errorf("%s is %v, want %v", name, got[0], got[1])
		}
	}
	var none judge.Finds
	for _, v := range []float64{none.Precision(), none.Recall(), none.F1(), none.FalseFrames()} {
		if !math.IsNaN(v) {
			t.Errorf("a share of nothing is %v, want NaN", v)
		}
	}
}

func TestDetectionsRefuses(t *testing.T) {
	for _, content := range []image.Rectangle{{}, image.Rect(0, 0, 145, 64)} {
		if _, err := judge.NewDetections(64, 144, content, 126); err == nil {
			t.Errorf("content %v: no error", content)
		}
	}
	if _, err := judge.NewDetections(64, 144, image.Rect(0, 0, 144, 64), 0); err == nil {
		t.Error("contrast 0: no error")
	}
}
