package world

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"slices"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/replay"
)

// OpenEnds opens a dataset, telling a wrong path from a damaged file, by the ends of its
// shards.
func OpenEnds(d config.Data) (*replay.Dataset, error) {
	open := replay.Open
	if d.SkipBad {
		open = replay.OpenSkipBroken
	}
	data, err := open(d.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, app.Usagef("give a folder that glint record made", "%s is no dataset", d.Dir)
	case err != nil:
		return nil, fmt.Errorf("%w (--skip-bad leaves out what cannot be read)", err)
	}
	return data, notEmpty(data, d)
}

func notEmpty(data *replay.Dataset, d config.Data) error {
	if data.Len() == 0 {
		return app.Usagef("record some steps, or look at the shards", "dataset %s has no step that can be read", d.Dir)
	}
	return nil
}

// OpenData opens a dataset to be read. It says which shards were left out.
func OpenData(ctx context.Context, d config.Data, o app.IO) (*replay.Dataset, error) {
	data, err := OpenEnds(d)
	if err != nil {
		return nil, err
	}
	if d.SkipBad {
		if err := data.DropBroken(ctx); err != nil {
			return nil, err
		}
	}
	for _, err := range data.Skipped() {
		o.Notef("left out: %v", err)
	}
	return data, notEmpty(data, d)
}

// Parts is a dataset cut into episodes to train on, to judge while training goes on, and to
// look at when it is over.
type Parts struct {
	Of map[uint64]agent.Part // of each episode; none for those to train on
	// Sums holds what the episodes of each part have together, Episodes how many there are.
	Sums     [3]replay.Episode
	Episodes [3]int
}

// Divide cuts a dataset by episode. A part that has a share and gets no episode by the draw
// takes the last one of those to train on, if that leaves any; where the draw leaves none to
// train on it does not count.
func Divide(episodes []replay.Episode, d config.Data) Parts {
	drawn := make([]agent.Part, len(episodes))
	for i, e := range episodes {
		switch {
		case replay.Split(e.Number, d.ValShare):
			drawn[i] = agent.Judged
		case !replay.Split(e.Number, 1-d.TestShare):
			drawn[i] = agent.Aside
		}
	}
	if !slices.Contains(drawn, agent.Learned) {
		clear(drawn)
	}
	for _, wanted := range []struct {
		part  agent.Part
		share float64
	}{{agent.Judged, d.ValShare}, {agent.Aside, d.TestShare}} {
		last := app.LastIndex(drawn, agent.Learned)
		if wanted.share > 0 && !slices.Contains(drawn, wanted.part) && slices.Index(drawn, agent.Learned) < last {
			drawn[last] = wanted.part
		}
	}
	p := Parts{Of: map[uint64]agent.Part{}}
	for i, e := range episodes {
		part := drawn[i]
		if part != agent.Learned {
			p.Of[e.Number] = part
		}
		p.Episodes[part]++
		sum := &p.Sums[part]
		sum.Rows, sum.Small = sum.Rows+e.Rows, sum.Small+e.Small
		if sum.Taken == nil {
			sum.Taken = make([]int, len(e.Taken))
		}
		for a, n := range e.Taken {
			sum.Taken[a] += n
		}
	}
	return p
}

// tell says what each part holds, and warns of one without a small object.
func (p Parts) tell(truth, imitates bool, o app.IO) {
	learned, judged, aside := p.Sums[agent.Learned], p.Sums[agent.Judged], p.Sums[agent.Aside]
	text := fmt.Sprintf("dataset: %d steps of %d episodes to train on, %d steps of %d others to judge", learned.Rows, p.Episodes[agent.Learned], judged.Rows, p.Episodes[agent.Judged])
	if p.Episodes[agent.Aside] > 0 {
		text += fmt.Sprintf(", %d steps of %d more to test the result", aside.Rows, p.Episodes[agent.Aside])
	}
	o.Notef("%s", text)
	switch {
	case p.Episodes[agent.Judged] > 0:
	case imitates:
		o.Notef("warning: no episode is left aside to judge, so nothing is judged while it trains")
	default:
		o.Notef("warning: no episode is left aside, so the judge looks at what was trained on")
	}
	if !truth {
		o.Notef("the dataset has no truth: small objects are found without it, and none are judged")
		return
	}
	if learned.Small == 0 {
		o.Notef("warning: no step to train on shows a small object: there is nothing to keep; record longer or other play")
	}
	if judged.Small == 0 && p.Episodes[agent.Judged] > 0 {
		o.Notef("warning: no step to judge shows a small object, so none can be said to be kept; record longer or raise --val-share")
	}
}

// openRecorded opens the config's dataset as an environment and sizes what a training
// takes from it: the autoencoder alone all of its steps, each once.
func openRecorded(ctx context.Context, c *config.Config, o app.IO) (opened, error) {
	data, err := OpenData(ctx, c.Data, o)
	if err != nil {
		return opened{}, err
	}
	episodes, err := data.Episodes(ctx)
	if err != nil {
		return opened{}, err
	}
	id := data.Meta().ID()
	if c.Data.ID != "" && c.Data.ID != id {
		return opened{}, app.Usagef("put that one back, or start a new run", "dataset %s is another one than the run began with", c.Data.Dir)
	}
	c.Data.ID = id
	p := Divide(episodes, c.Data)
	if p.Sums[agent.Learned].Rows == 0 {
		return opened{}, app.Usagef("record more", "dataset %s has no step to train on", c.Data.Dir)
	}
	p.tell(data.Meta().Truth, c.Imitate, o)
	if c.Imitate {
		return openDemonstrations(ctx, c, data, p)
	}
	c.SetEnvs(1)
	rows := 0
	for _, sum := range p.Sums {
		rows += sum.Rows
	}
	c.Agent.StoreCapacity, c.Agent.Pretrain.Steps = p.Sums[agent.Learned].Rows, int64(rows)
	playback, v := replay.NewPlayback(data)
	w := opened{Vec: v, cropped: true, crop: cropOf(data.Meta())}
	w.Parts = p
	if len(p.Of) > 0 {
		w.Part = func(int) agent.Part { return p.Of[playback.Row().Episode] }
	}
	return w, nil
}

// cropOf is the part of the screen that a dataset shows.
func cropOf(m replay.Meta) image.Rectangle {
	return image.Rect(m.Crop.X, m.Crop.Y, m.Crop.X+m.Crop.W, m.Crop.Y+m.Crop.H)
}

// openDemonstrations opens a dataset as the games that were recorded side by side.
func openDemonstrations(ctx context.Context, c *config.Config, data *replay.Dataset, p Parts) (opened, error) {
	d, v, err := replay.NewDemonstrations(ctx, data)
	if errors.Is(err, replay.ErrDistinct) {
		return opened{}, app.Usagef("record it without --dedup", "dataset %s cannot be imitated: %v", c.Data.Dir, err)
	}
	if err != nil {
		return opened{}, err
	}
	c.SetEnvs(v.Spec().N)
	c.Agent.Pretrain.Steps = min(c.Agent.Pretrain.Steps, int64(p.Sums[agent.Learned].Rows))
	w := opened{Vec: v, cropped: true, crop: cropOf(data.Meta())}
	w.Parts, w.Teacher = p, d.Action
	w.Part = func(i int) agent.Part { return p.Of[d.Row(i).Episode] }
	return w, nil
}
