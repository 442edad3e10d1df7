package view

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/monitor"
	"glint/internal/report"
)

// SaliencyResult says which pixels move the critic's value and the probability of the
// most probable action.
type SaliencyResult struct {
	Picture string `json:"picture"`
	// Observations are those with a small object that the figures are means over.
	Observations int `json:"observations"`
	// ValueRatio and PolicyRatio are the mean slope over the pixels of the small objects
	// in a frame over that of all its pixels; null without a small object.
	ValueRatio  *float64 `json:"value_ratio"`
	PolicyRatio *float64 `json:"policy_ratio"`
}

// The rows of a picture of saliency.
const (
	salientSmall = 4
	salientEmpty = 1
)

// Saliency draws, for some observations, how much value and policy depend on each
// pixel: Simonyan et al., arXiv 1312.6034, equation 3.
func Saliency(ctx context.Context, v Options, o app.IO) (res SaliencyResult, err error) {
	if err := v.check(); err != nil {
		return res, err
	}
	s, err := newSample(ctx, v, true, o)
	if err != nil {
		return res, err
	}
	sheet, err := s.saliency(&res)
	if err != nil {
		return res, err
	}
	sheet.Subtitle = v.Checkpoint + ", how value and most probable action a* change with the pixels x of the frame shown"
	if res.Observations == 0 {
		o.Notef("no observation shows a small object: give more --steps, or --data")
	}
	if res.Picture, err = v.write(sheet, "saliency.png"); err != nil {
		return res, err
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	t := &report.Summary{Title: sheet.Title}
	if res.ValueRatio != nil {
		t.Add(fmt.Sprintf("A pixel of a small object, over %d observations", res.Observations),
			"value", times(*res.ValueRatio), "policy", times(*res.PolicyRatio))
	}
	return res, t.Add("Where it is", "picture", res.Picture).Write(o.Stdout)
}

// times says how much a pixel of a small object counts.
func times(ratio float64) string {
	return fmt.Sprintf("moves it %.3g times as much as the mean pixel", ratio)
}

// headlessError says that a checkpoint's actor and critic have learned nothing.
type headlessError struct{ *app.UsageError }

func (e headlessError) Unwrap() error { return e.UsageError }

func headless(checkpoint string) error {
	return headlessError{&app.UsageError{
		Msg:  "--saliency is of actor and critic, which have learned nothing in " + checkpoint,
		Hint: "use a checkpoint of glint train, after its first updates with all heads",
	}}
}

// slopes are how much value and policy depend on the pixels of an observation.
type slopes struct {
	player        *agent.Player
	value, policy *agent.Slope
}

func newSlopes(net *agent.Net) (s slopes, err error) {
	if s.player, err = net.NewPlayer(1); err == nil {
		s.value, err = net.NewSlope(1)
	}
	if err == nil {
		s.policy, err = net.NewPolicySlope(1)
	}
	return s, err
}

// of returns both gradients [T,H,W], which the next call overwrites.
func (s slopes) of(obs []byte) (both [2][]float32, err error) {
	if both[0], err = s.value.Of(obs); err == nil {
		both[1], err = s.policy.Of(obs)
	}
	return both, err
}

// saliency makes the picture and the figures.
func (s *sample) saliency(res *SaliencyResult) (*report.Sheet, error) {
	slopes, err := newSlopes(s.net)
	if err != nil {
		return nil, err
	}
	if err := s.ratios(slopes, res); err != nil {
		return nil, err
	}
	sheet := &report.Sheet{Title: "what moves value and policy in " + s.of, Found: !s.gallery.Known, Slopes: true}
	picked := slices.Concat(spread(s.gallery.Small, salientSmall), spread(s.gallery.Empty, salientEmpty))
	if len(picked) == 0 {
		return nil, errors.New("nothing to draw: no observation was seen")
	}
	for _, e := range picked {
		row, err := s.salient(slopes, e)
		if err != nil {
			return nil, err
		}
		sheet.Examples = append(sheet.Examples, row)
	}
	return sheet, nil
}

// spread returns up to n examples from all over the time they are of, the newest first.
func spread(examples []agent.Example, n int) []agent.Example {
	all := monitor.Latest(examples, len(examples))
	n = min(n, len(all))
	picked := make([]agent.Example, n)
	for i := range picked {
		picked[i] = all[i*len(all)/n]
	}
	return picked
}

// ratios computes the figures over all observations with a small object.
func (s *sample) ratios(slopes slopes, res *SaliencyResult) error {
	var sum [2]float64
	for _, e := range s.gallery.Small {
		both, err := slopes.of(e.Obs)
		if err != nil {
			return err
		}
		for i := range both {
			sum[i] += s.ratio(both[i], e, monitor.ShownFrame(e, s.Plane.T))
		}
	}
	if res.Observations = len(s.gallery.Small); res.Observations > 0 {
		n := float64(res.Observations)
		res.ValueRatio, res.PolicyRatio = app.Finite(sum[0]/n), app.Finite(sum[1]/n)
	}
	return nil
}

// ratio is the mean slope over the small objects of a frame over that of all its
// pixels, 0 where no pixel has a slope.
func (s *sample) ratio(slope []float32, e agent.Example, frame int) float64 {
	all := monitor.Cut(slope, s.Plane, frame, s.Content)
	inside, n, sum := 0.0, 0, 0.0
	for i, v := range all {
		sum += float64(v)
		x, y := s.Content.Min.X+i%s.Content.Dx(), s.Content.Min.Y+i/s.Content.Dx()
		for _, b := range e.Boxes {
			if b.Frame == frame && (x >= b.Rect.Min.X && x < b.Rect.Max.X && y >= b.Rect.Min.Y && y < b.Rect.Max.Y) {
				inside, n = inside+float64(v), n+1
				break
			}
		}
	}
	if n == 0 || sum == 0 {
		return 0
	}
	return inside / float64(n) / (sum / float64(len(all)))
}

// salient makes a row of the picture.
func (s *sample) salient(slopes slopes, e agent.Example) (report.Example, error) {
	if err := s.Reconstruct([]agent.Example{e}); err != nil {
		return report.Example{}, err
	}
	row, err := s.Example(e, s.Recon, s.gallery.Known)
	if err != nil {
		return row, err
	}
	both, err := slopes.of(e.Obs)
	if err != nil {
		return row, err
	}
	logits, values, err := slopes.player.Think(e.Obs)
	if err != nil {
		return row, err
	}
	policy := app.Softmax(logits)
	best := 0
	for a, p := range policy {
		if p > policy[best] {
			best = a
		}
	}
	row.Verdict = report.Unjudged // of the picture beside
	row.Note = fmt.Sprintf("value %.2f, a* is %s with %.0f %%", values[0], s.names[best], 100*policy[best])
	if len(row.Boxes) > 0 {
		row.Note += fmt.Sprintf("; a pixel of the box counts %.2g x the mean pixel for the value, %.2g x for a*", s.ratio(both[0], e, row.Frame), s.ratio(both[1], e, row.Frame))
	}
	for i := range both {
		row.Slopes[i] = monitor.Cut(both[i], s.Plane, row.Frame, s.Content)
	}
	return row, nil
}
