package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"slices"

	"glint/agent"
	"glint/replay"
)

// DataConfig is the recorded dataset that an autoencoder trains on in place of play.
type DataConfig struct {
	Dir       string  `toml:"dir"`        // folder of the dataset; empty to play
	ValShare  float64 `toml:"val_share"`  // share of its episodes that are judged and not trained on
	TestShare float64 `toml:"test_share"` // share of its episodes that are only looked at when the training is over
	SkipBad   bool    `toml:"skip_bad"`   // leave out shards that cannot be read
	ID        string  `toml:"id"`         // of the dataset, to know it elsewhere; set by the training
}

// openEnds opens a dataset, telling a wrong path from a damaged file, by the ends of its
// shards.
func openEnds(d DataConfig) (*replay.Dataset, error) {
	open := replay.Open
	if d.SkipBad {
		open = replay.OpenSkipBroken
	}
	data, err := open(d.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("give a folder that glint record made", "%s is no dataset", d.Dir)
	case err != nil:
		return nil, fmt.Errorf("%w (--skip-bad leaves out what cannot be read)", err)
	}
	return data, notEmpty(data, d)
}

func notEmpty(data *replay.Dataset, d DataConfig) error {
	if data.Len() == 0 {
		return usagef("record some steps, or look at the shards", "dataset %s has no step that can be read", d.Dir)
	}
	return nil
}

// openData opens a dataset to be read. It says which shards were left out.
func openData(ctx context.Context, d DataConfig, o IO) (*replay.Dataset, error) {
	data, err := openEnds(d)
	if err != nil {
		return nil, err
	}
	if d.SkipBad {
		if err := data.DropBroken(ctx); err != nil {
			return nil, err
		}
	}
	for _, err := range data.Skipped() {
		o.notef("left out: %v", err)
	}
	return data, notEmpty(data, d)
}

// parts is a dataset cut into episodes to train on, to judge while training goes on, and to
// look at when it is over.
type parts struct {
	of map[uint64]agent.Part // of each episode; none for those to train on
	// sums holds what the episodes of each part have together, episodes how many there are.
	sums     [3]replay.Episode
	episodes [3]int
}

// divide cuts a dataset by episode. A part that has a share and gets no episode by the draw
// takes the last one of those to train on, if that leaves any; where the draw leaves none to
// train on it does not count.
func divide(episodes []replay.Episode, d DataConfig) parts {
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
		last := lastIndex(drawn, agent.Learned)
		if wanted.share > 0 && !slices.Contains(drawn, wanted.part) && slices.Index(drawn, agent.Learned) < last {
			drawn[last] = wanted.part
		}
	}
	p := parts{of: map[uint64]agent.Part{}}
	for i, e := range episodes {
		part := drawn[i]
		if part != agent.Learned {
			p.of[e.Number] = part
		}
		p.episodes[part]++
		sum := &p.sums[part]
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

// lastIndex returns the last index of v in s, -1 for none.
func lastIndex[E comparable](s []E, v E) int {
	for i, x := range slices.Backward(s) {
		if x == v {
			return i
		}
	}
	return -1
}

// tell says what each part holds, and warns of one without a small object.
func (p parts) tell(truth, imitates bool, o IO) {
	learned, judged, aside := p.sums[agent.Learned], p.sums[agent.Judged], p.sums[agent.Aside]
	text := fmt.Sprintf("dataset: %d steps of %d episodes to train on, %d steps of %d others to judge", learned.Rows, p.episodes[agent.Learned], judged.Rows, p.episodes[agent.Judged])
	if p.episodes[agent.Aside] > 0 {
		text += fmt.Sprintf(", %d steps of %d more to test the result", aside.Rows, p.episodes[agent.Aside])
	}
	o.notef("%s", text)
	switch {
	case p.episodes[agent.Judged] > 0:
	case imitates:
		o.notef("warning: no episode is left aside to judge, so nothing is judged while it trains")
	default:
		o.notef("warning: no episode is left aside, so the judge looks at what was trained on")
	}
	if !truth {
		o.notef("the dataset has no truth: small objects are found without it, and none are judged")
		return
	}
	if learned.Small == 0 {
		o.notef("warning: no step to train on shows a small object: there is nothing to keep; record longer or other play")
	}
	if judged.Small == 0 && p.episodes[agent.Judged] > 0 {
		o.notef("warning: no step to judge shows a small object, so none can be said to be kept; record longer or raise --val-share")
	}
}

// openRecorded opens the config's dataset as an environment and sizes what a training
// takes from it: the autoencoder alone all of its steps, each once.
func openRecorded(ctx context.Context, c *Config, o IO) (opened, error) {
	data, err := openData(ctx, c.Data, o)
	if err != nil {
		return opened{}, err
	}
	episodes, err := data.Episodes(ctx)
	if err != nil {
		return opened{}, err
	}
	id := data.Meta().ID()
	if c.Data.ID != "" && c.Data.ID != id {
		return opened{}, usagef("put that one back, or start a new run", "dataset %s is another one than the run began with", c.Data.Dir)
	}
	c.Data.ID = id
	p := divide(episodes, c.Data)
	if p.sums[agent.Learned].Rows == 0 {
		return opened{}, usagef("record more", "dataset %s has no step to train on", c.Data.Dir)
	}
	p.tell(data.Meta().Truth, c.Imitate, o)
	if c.Imitate {
		return openDemonstrations(ctx, c, data, p)
	}
	c.SetEnvs(1)
	rows := 0
	for _, sum := range p.sums {
		rows += sum.Rows
	}
	c.Agent.StoreCapacity, c.Agent.Pretrain.Steps = p.sums[agent.Learned].Rows, int64(rows)
	playback, v := replay.NewPlayback(data)
	w := opened{Vec: v, cropped: true, crop: cropOf(data.Meta())}
	w.parts = p
	if len(p.of) > 0 {
		w.part = func(int) agent.Part { return p.of[playback.Row().Episode] }
	}
	return w, nil
}

// cropOf is the part of the screen that a dataset shows.
func cropOf(m replay.Meta) image.Rectangle {
	return image.Rect(m.Crop.X, m.Crop.Y, m.Crop.X+m.Crop.W, m.Crop.Y+m.Crop.H)
}
