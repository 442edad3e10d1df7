package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"

	"glint/agent"
	"glint/env"
	"glint/env/dojo"
	"glint/env/pixels"
	"glint/env/vnc"
	"glint/internal/judge"
	"glint/internal/names"
	"glint/internal/telemetry"
	"glint/saliency"
)

// world is an opened environment with what is known about it.
type world struct {
	pixels.Vec
	preset pixels.Preset
	crop   image.Rectangle // the part of the screen that Raw shows; empty for all of it
	dojo   *dojo.Vec       // nil for other games
	lessons
}

// lessons are what recorded data say to a trainer beside observations.
type lessons struct {
	parts                          // of the recorded episodes
	part    func(i int) agent.Part // what an observation is for; nil to leave it to the trainer
	teacher func(i int) int        // what a demonstrator did; nil where nobody demonstrates
}

// opened is an environment before projection.
type opened struct {
	env.Vec
	crop image.Rectangle // the part of the screen that its frames show; empty for all of it
	// origin is the place of its frames in what a preset's crop and truth speak of.
	origin  image.Point
	cropped bool // its frames are the crop already
	dojo    *dojo.Vec
	lessons
}

// open opens the environment of a config with n games, settles an open projection
// and wraps it so that its observations are planes. It changes c.Pixels to what was
// settled and to what the environment's own crop leaves to do.
func open(ctx context.Context, c *Config, n int, o IO) (*world, error) {
	preset := pixels.PresetFor(gameName(c.Env))
	raw, err := openRaw(ctx, c, n, o)
	if err != nil {
		return nil, err
	}
	w, err := wrap(ctx, c, raw, preset, o)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return w, nil
}

// openRaw opens the environment in its own pixels.
func openRaw(ctx context.Context, c *Config, n int, o IO) (opened, error) {
	if c.Data.Dir != "" {
		return openRecorded(ctx, c, o)
	}
	switch scheme, rest, _ := strings.Cut(c.Env, ":"); scheme {
	case "dojo":
		return openDojo(c, n)
	case "vnc":
		raw, err := openVNC(ctx, c, n, o)
		if err == nil && !strings.Contains(rest, "+") {
			c.VNC.note(c.Env, o)
		}
		return raw, err
	case "gym":
		return openGym(ctx, c, n, rest, "", o)
	case "tcp":
		address, id, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
		if id == "" {
			id = DefaultRemoteID
		}
		return openGym(ctx, c, n, id, "tcp://"+address, o)
	}
	known := []string{"dojo", "gym:ALE/KungFuMaster-v5", "gym:ALE/Pong-v5", "gym:ALE/Breakout-v5"}
	return opened{}, usagef("did you mean "+names.Nearest(c.Env, known)+"? glint env list shows all",
		"environment %q is unknown", c.Env)
}

// DefaultRemoteID is what tcp://host:port without a path after it plays.
const DefaultRemoteID = "ALE/KungFuMaster-v5"

func openDojo(c *Config, n int) (opened, error) {
	if c.Env != "dojo" {
		return opened{}, usagef("did you mean dojo?", "environment %q is unknown", c.Env)
	}
	d := dojo.DefaultOptions()
	d.N, d.Sticky = n, c.Sticky
	v, err := dojo.Open(d)
	if err != nil {
		return opened{}, err
	}
	return opened{Vec: v, crop: d.Crop, dojo: v}, nil
}

// wrap puts projection and truth around an environment.
func wrap(ctx context.Context, c *Config, raw opened, preset pixels.Preset, o IO) (*world, error) {
	inner := c.Pixels
	if raw.cropped || raw.origin != (image.Point{}) {
		inner.Crop = image.Rectangle{} // the environment has cropped already
	}
	settled, share, err := c.decide(ctx, raw.Vec, inner, o)
	if err != nil {
		return nil, err
	}
	if inner.Projection == pixels.Auto {
		o.notef("projection %s: the most frequent colour of a row covers %.0f %% of it in the median (60 %% or more means foreground)", settled.Projection, 100*share)
		c.Pixels.Projection = settled.Projection
	}
	if p, err := pixels.New(raw.Spec(), settled); err == nil && p.Spec().ObsLen() > maxKept/8/p.Spec().N {
		return nil, usagef("make [pixels] resize or --envs smaller", "%d observations of %d bytes side by side are too many", p.Spec().N, p.Spec().ObsLen())
	}
	v, err := pixels.Wrap(raw.Vec, settled, pixels.WrapOptions{Workers: c.Threads, Truth: preset.Truth, Origin: raw.origin})
	if err != nil {
		return nil, &UsageError{Msg: err.Error()}
	}
	crop := raw.crop
	if settled.Crop != (image.Rectangle{}) {
		crop = settled.Crop.Add(raw.crop.Min)
	}
	return &world{Vec: v, preset: preset, crop: crop, dojo: raw.dojo, lessons: raw.lessons}, nil
}

// decide settles an open projection. On a screen that takes real time, which a user can see.
func (c Config) decide(ctx context.Context, v env.Vec, inner pixels.Config, o IO) (pixels.Config, float64, error) {
	if isScreen(c.Env) && inner.Projection == pixels.Auto {
		took := ""
		if c.VNC.Clock == vnc.Realtime {
			took = fmt.Sprintf(", %.0f s", pixels.SurveyFrames/c.VNC.Rate)
		}
		o.notef("measuring on the screen which projection suits it: %d frames of random keys%s ([pixels] projection in the config saves that)", pixels.SurveyFrames, took)
		bar := telemetry.NewProgress(o.Stderr, "measuring")
		defer bar.Finish()
		v = env.Tee(v, &surveyBar{bar: bar})
	}
	return pixels.Decide(ctx, v, inner, c.Seed)
}

// surveyBar shows how much of a survey is done.
type surveyBar struct {
	bar    *telemetry.Progress
	frames int
}

// WriteBatch counts the frames of a batch.
func (s *surveyBar) WriteBatch(spec env.Spec, _ *env.Batch) error {
	s.frames += spec.N * spec.T
	s.bar.Update(float64(s.frames) / pixels.SurveyFrames)
	return nil
}

// Unwrap returns the environment below, for env.As.
func (w *world) Unwrap() env.Vec { return w.Vec }

// scene returns what judging and drawing need.
func (w *world) scene() scene {
	raw, _ := w.Raw()
	s := scene{plane: w.Spec(), raw: raw, content: w.Preprocessor().Content()}
	if _, known := env.As[env.Truther](w.Vec); known && s.native() {
		s.objects = objectsOf(w.preset)
	}
	return s
}

// objectsOf returns a game's small objects as the judge wants them.
func objectsOf(p pixels.Preset) []judge.Object {
	var objects []judge.Object
	for _, o := range p.Objects {
		objects = append(objects, judge.Object{Kind: o.Kind, Size: o.Size, Core: o.Core, Contrast: o.Contrast})
	}
	return objects
}

// maxKept bounds the bytes of observations in memory.
const maxKept = 32 << 30

// options returns what a Trainer needs of the config and the environment.
func (c Config) options(w *world) (agent.Options, error) {
	s := w.Spec()
	finder := saliency.FinderConfig{Detector: c.Detector, Flight: c.Flight, Side: saliency.DefaultSide}
	finder = fillIn(finder, c.FillIn, s.Stacked)
	// One rollout or two, the store and what the finders look at are kept in memory.
	rollouts := 1
	if c.Agent.Overlap {
		rollouts = 2
	}
	if kept := c.Agent.Envs*(rollouts*c.Agent.Horizon+2*finder.Side+1) + c.Agent.StoreCapacity; kept > maxKept/s.ObsLen() {
		return agent.Options{}, fmt.Errorf("%d observations of %dx%dx%d bytes would be kept in memory, at most %d GiB can be: make [pixels] resize or agent.store_capacity smaller",
			kept, s.T, s.H, s.W, maxKept>>30)
	}
	if _, err := saliency.NewDetector(c.Detector, s.H, s.W); err != nil {
		return agent.Options{}, fmt.Errorf("detector: %w", err)
	}
	weighting, err := c.weighting()
	if err != nil {
		return agent.Options{}, err
	}
	return agent.Options{
		Env: w.Vec, Content: w.Preprocessor().Content(), Finder: finder, Weighting: weighting, Seed: c.Seed,
		Alone: c.Alone, Part: w.part, Teacher: w.teacher, Taken: w.sums[agent.Learned].Taken, KeepMean: c.From != "",
		Raw: func(i int) []byte { _, b := w.Raw(); return b.ObsOf(i) },
	}, nil
}
