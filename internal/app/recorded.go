package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"

	"glint/replay"
)

// DataConfig is the recorded dataset that an autoencoder trains on in place of play.
type DataConfig struct {
	Dir      string  `toml:"dir"`       // folder of the dataset; empty to play
	ValShare float64 `toml:"val_share"` // share of its episodes that are judged and not trained on
	SkipBad  bool    `toml:"skip_bad"`  // leave out shards that cannot be read
	ID       string  `toml:"id"`        // of the dataset, to know it elsewhere; set by the training
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

// parts is a dataset cut into episodes to train on and episodes to judge.
type parts struct {
	val         map[uint64]bool // the episodes to judge
	train, held replay.Episode  // sums over the episodes of each part
	trains      int             // episodes to train on
}

// divide cuts a dataset by episode. Where the draw leaves a part empty, the last
// episode is judged and the others trained on; one episode alone is trained on.
func divide(episodes []replay.Episode, valShare float64) parts {
	p := parts{val: map[uint64]bool{}}
	held := 0
	for _, e := range episodes {
		if replay.Split(e.Number, valShare) {
			held++
		}
	}
	byDraw := held > 0 && held < len(episodes)
	for i, e := range episodes {
		last := i == len(episodes)-1 && i > 0
		if byDraw && replay.Split(e.Number, valShare) || !byDraw && valShare > 0 && last {
			p.val[e.Number] = true
			p.held.Rows, p.held.Small = p.held.Rows+e.Rows, p.held.Small+e.Small
			continue
		}
		p.trains++
		p.train.Rows, p.train.Small = p.train.Rows+e.Rows, p.train.Small+e.Small
	}
	return p
}

// tell says what each part holds, and warns of one without a small object.
func (p parts) tell(truth bool, o IO) {
	o.notef("dataset: %d steps of %d episodes to train on, %d steps of %d others to judge", p.train.Rows, p.trains, p.held.Rows, len(p.val))
	if len(p.val) == 0 {
		o.notef("warning: no episode is left aside, so the judge looks at what was trained on")
	}
	if !truth {
		o.notef("the dataset has no truth: small objects are found without it, and none are judged")
		return
	}
	if p.train.Small == 0 {
		o.notef("warning: no step to train on shows a small object: there is nothing to keep; record longer or other play")
	}
	if p.held.Small == 0 && len(p.val) > 0 {
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
	c.Data.ID = data.Meta().ID()
	p := divide(episodes, c.Data.ValShare)
	if p.train.Rows == 0 {
		return opened{}, usagef("record more", "dataset %s has no step to train on", c.Data.Dir)
	}
	p.tell(data.Meta().Truth, o)
	if c.Imitate {
		return openDemonstrations(ctx, c, data, p)
	}
	c.SetEnvs(1)
	c.Agent.StoreCapacity, c.Agent.Pretrain.Steps = p.train.Rows, int64(p.train.Rows+p.held.Rows)
	playback, v := replay.NewPlayback(data)
	w := opened{Vec: v, cropped: true, crop: cropOf(data.Meta())}
	if len(p.val) > 0 {
		w.heldOut = func(int) bool { return p.val[playback.Row().Episode] }
	}
	return w, nil
}

// cropOf is the part of the screen that a dataset shows.
func cropOf(m replay.Meta) image.Rectangle {
	return image.Rect(m.Crop.X, m.Crop.Y, m.Crop.X+m.Crop.W, m.Crop.Y+m.Crop.H)
}
