package probe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"glint/internal/app"
	"glint/internal/judge"
	"glint/internal/stats"
	"glint/internal/telemetry"
)

// report fills in the figures of all encoders.
func (x *exam) report(ctx context.Context, res *Result, bar *telemetry.Progress) error {
	order := slices.Sorted(maps.Keys(x.own.tallies))
	res.Episodes, res.Steps = len(order), x.steps()
	x.judged(res, order)
	todo := []reading{{x.own.codes, &res.Readings, res}}
	var random, pixels Readings
	if !x.brief {
		todo = append(todo, reading{x.random.codes, &random, nil}, reading{x.blocks, &pixels, nil})
	}
	if x.against != nil {
		x.compare(res, order)
		todo = append(todo, reading{x.against.codes, &res.Against.Readings, nil})
	}
	for i, r := range todo {
		if err := x.readings(ctx, r.to, r.codes, r.intervals); err != nil {
			return err
		}
		bar.Update(float64(i+1) / float64(len(todo)))
	}
	if !x.brief {
		res.Controls["random_encoder"], res.Controls["pixels"] = random, pixels
	}
	return nil
}

// reading is codes that all probes are fitted on, where their figures go, and what notes
// the intervals; nil for none.
type reading struct {
	codes     [][]float64
	to        *Readings
	intervals *Result
}

// compare fills in what the judge says of another encoder, and the ratio of the errors.
func (x *exam) compare(res *Result, order []uint64) {
	f := x.figures(x.against.sum(order))
	res.Against = &f
	if f.MSE == nil || *f.MSE == 0 {
		return
	}
	ratio := *res.MSE / *f.MSE
	res.MSERatio = &ratio
	x.interval(res, "mse_ratio", order, func(e []uint64) float64 {
		a, b := x.own.sum(e), x.against.sum(e)
		return a.Figures().MSE / b.Figures().MSE
	})
}

// sum adds up episodes, each as often as it is named.
func (s *subject) sum(episodes []uint64) judge.Tally {
	var all judge.Tally
	for _, e := range episodes {
		all.Add(*s.tallies[e])
	}
	return all
}

// figures are those of the judge. Without truth only the error of frames is known.
func (x *exam) figures(t judge.Tally) Figures {
	f := t.Figures()
	p := Figures{MSE: app.Finite(f.MSE)}
	if x.known() {
		p.Contrast, p.Kept, p.Detected, p.FalseKnives, p.KnifeMSE, p.Background = app.Finite(f.Contrast), app.Finite(f.Kept), app.Finite(f.Detected), app.Finite(f.FalseKnives), app.Finite(f.KnifeMSE), app.Finite(f.Background)
	}
	return p
}

// judged fills in what the judge says, with intervals.
func (x *exam) judged(res *Result, order []uint64) {
	all := x.own.sum(order)
	f := all.Figures()
	res.Frames, res.Knives, res.Visible = f.Frames, f.Knives, f.Visible
	res.Figures = x.figures(all)
	for _, one := range res.list() {
		if one.value == nil {
			continue
		}
		x.interval(res, one.key, order, func(e []uint64) float64 {
			if v := one.of(x.figures(x.own.sum(e))); v != nil {
				return *v
			}
			return math.NaN()
		})
	}
	res.Ratios = map[uint64]map[string]stats.Ratio{}
	for _, e := range order {
		all := x.own.tallies[e].Ratios()
		if !x.known() {
			maps.DeleteFunc(all, func(key string, _ stats.Ratio) bool { return key != "mse" })
		}
		res.Ratios[e] = all
	}
	if len(x.groups) > 0 {
		res.Groups = map[string]Group{}
	}
	for name, c := range x.groups {
		res.Groups[name] = Group{Kept: app.Finite(c.Recall()), Visible: c.Objects}
	}
}

// interval notes the interval of a figure over resampled episodes, where it is known.
func (x *exam) interval(res *Result, key string, order []uint64, figure func(episodes []uint64) float64) {
	if x.brief {
		return
	}
	episodes := make([]uint64, len(order))
	lo, hi := stats.Bootstrap(len(order), func(drawn []int) float64 {
		for i, k := range drawn {
			episodes[i] = order[k]
		}
		return figure(episodes)
	}, probeReps, 1)
	if app.Finite(lo) != nil && app.Finite(hi) != nil {
		res.Intervals[key] = [2]float64{lo, hi}
	}
}

// probeReps is the number of resamples of an interval.
const probeReps = 1000

// widest is how many columns the network is fitted on at most: blocks of pixels would
// take minutes.
const widest = 128

// readings fits all probes on codes; intervals go to res where it is not nil.
func (x *exam) readings(ctx context.Context, to *Readings, codes [][]float64, res *Result) error {
	t := x.targets
	height := heights(t.y)
	for _, p := range []struct {
		key    string
		to     **float64
		probe  judge.Probe
		target []float64
		figure func(answers, targets []float64) float64
	}{
		{"auroc", &to.AUROC, judge.Logistic, t.present, judge.AUROC},
		{"r2_x", &to.R2X, judge.Ridge, t.x, judge.R2},
		{"r2_y", &to.R2Y, judge.Ridge, t.y, judge.R2},
		{"r2_x_mlp", &to.R2XMLP, judge.MLP, t.x, judge.R2},
		{"acc_y", &to.AccY, judge.Logistic, height, judge.Accuracy},
		{"r2_player", &to.R2Player, judge.Ridge, t.player, judge.R2},
	} {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("probing: %w", err)
		}
		if p.key == "r2_x_mlp" && len(codes[0]) > widest {
			continue
		}
		var rows judge.Rows
		var episodes []uint64
		for i, y := range p.target {
			if !math.IsNaN(y) {
				rows.X, rows.Y, episodes = append(rows.X, codes[i]), append(rows.Y, y), append(episodes, x.episodes[i])
			}
		}
		answers, err := judge.CrossFit(p.probe, rows, episodes)
		if errors.Is(err, judge.ErrTooFew) {
			continue
		}
		if err != nil {
			return err
		}
		*p.to = app.Finite(p.figure(answers, rows.Y))
		if res != nil {
			x.intervalOfRows(res, p.key, answers, rows.Y, episodes, p.figure)
		}
	}
	return nil
}

// intervalOfRows notes the interval of a figure of answers over resampled episodes.
func (x *exam) intervalOfRows(res *Result, key string, answers, targets []float64, episodes []uint64, figure func(a, t []float64) float64) {
	at := map[uint64][]int{}
	for i, e := range episodes {
		at[e] = append(at[e], i)
	}
	var a, t []float64
	x.interval(res, key, slices.Sorted(maps.Keys(at)), func(drawn []uint64) float64 {
		a, t = a[:0], t[:0]
		for _, e := range drawn {
			for _, i := range at[e] {
				a, t = append(a, answers[i]), append(t, targets[i])
			}
		}
		return figure(a, t)
	})
}

// apart is how many rows lie between two heights at least.
const apart = 8

// heights returns 0 or 1 for the upper and the lower of two heights, NaN for all where
// there are not just two.
func heights(y []float64) []float64 {
	known := slices.DeleteFunc(slices.Clone(y), math.IsNaN)
	slices.Sort(known)
	var edges []float64
	for i := 1; i < len(known); i++ {
		if known[i]-known[i-1] >= apart {
			edges = append(edges, (known[i]+known[i-1])/2)
		}
	}
	out := make([]float64, len(y))
	for i, v := range y {
		switch {
		case len(edges) != 1 || math.IsNaN(v):
			out[i] = math.NaN()
		case v > edges[0]:
			out[i] = 1
		}
	}
	return out
}
