// Package world opens environments, of which it alone knows which there are, and recorded
// datasets, and says what is known about them.
package world

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"

	"glint/agent"
	"glint/env"
	"glint/env/dojo"
	"glint/env/pixels"
	"glint/env/vnc"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/kernel"
	"glint/internal/names"
	"glint/internal/telemetry"
)

// World is an opened environment with what is known about it.
type World struct {
	pixels.Vec
	Preset pixels.Preset
	Crop   image.Rectangle // the part of the screen that Raw shows; empty for all of it
	Dojo   *dojo.Vec       // nil for other games
	lessons
}

// lessons are what recorded data say to a trainer beside observations.
type lessons struct {
	Parts                          // of the recorded episodes
	Part    func(i int) agent.Part // what an observation is for; nil to leave it to the trainer
	Teacher func(i int) int        // what a demonstrator did; nil where nobody demonstrates
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

// Open opens the environment of a config with n games, settles an open projection
// and wraps it so that its observations are planes. It changes c.Pixels to what was
// settled and to what the environment's own crop leaves to do.
func Open(ctx context.Context, c *config.Config, n int, o app.IO) (*World, error) {
	preset := pixels.PresetFor(config.GameName(c.Env))
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
func openRaw(ctx context.Context, c *config.Config, n int, o app.IO) (opened, error) {
	if c.Data.Dir != "" {
		return openRecorded(ctx, c, o)
	}
	if err := Known(c.Env); err != nil {
		return opened{}, err
	}
	switch scheme, rest, _ := strings.Cut(c.Env, ":"); scheme {
	case "vnc":
		screen, err := OpenScreen(ctx, c, n, o)
		if err != nil {
			return opened{}, err
		}
		if !strings.Contains(rest, "+") {
			c.VNC.Note(c.Env, o)
		}
		return opened{Vec: screen, crop: screen.Crop(), origin: screen.Crop().Min, cropped: true}, nil
	case "gym":
		return openGym(ctx, c, n, rest, "", o)
	case "tcp":
		address, id, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
		if id == "" {
			id = config.DefaultRemoteID
		}
		return openGym(ctx, c, n, id, "tcp://"+address, o)
	}
	return openDojo(c, n)
}

// Known refuses the name of an environment that is of no kind that can be opened.
func Known(name string) error {
	kind, _, more := strings.Cut(name, ":")
	if name == "dojo" || more && slices.Contains([]string{"gym", "tcp", "vnc"}, kind) {
		return nil
	}
	known := []string{"dojo", "gym:ALE/KungFuMaster-v5", "gym:ALE/Pong-v5", "gym:ALE/Breakout-v5"}
	return app.Usagef("did you mean "+names.Nearest(name, known)+"? glint env list shows all", "environment %q is unknown", name)
}

func openDojo(c *config.Config, n int) (opened, error) {
	d := dojo.DefaultOptions()
	d.N, d.Sticky = n, c.Sticky
	v, err := dojo.Open(d)
	if err != nil {
		return opened{}, err
	}
	return opened{Vec: v, crop: d.Crop, dojo: v}, nil
}

// wrap puts projection and truth around an environment.
func wrap(ctx context.Context, c *config.Config, raw opened, preset pixels.Preset, o app.IO) (*World, error) {
	inner := c.Pixels
	if raw.cropped || raw.origin != (image.Point{}) {
		inner.Crop = image.Rectangle{} // the environment has cropped already
	}
	settled, share, err := settle(ctx, *c, raw.Vec, inner, o)
	if err != nil {
		return nil, err
	}
	if inner.Projection == pixels.Auto {
		o.Notef("projection %s: the most frequent colour of a row covers %.0f %% of it in the median (60 %% or more means foreground)", settled.Projection, 100*share)
		c.Pixels.Projection = settled.Projection
	}
	if p, err := pixels.New(raw.Spec(), settled); err == nil && p.Spec().ObsLen() > MaxKept/8/p.Spec().N {
		return nil, app.Usagef("make [pixels] resize or --envs smaller", "%d observations of %d bytes side by side are too many", p.Spec().N, p.Spec().ObsLen())
	}
	v, err := pixels.Wrap(raw.Vec, settled, pixels.WrapOptions{Workers: c.Threads, Truth: preset.Truth, Origin: raw.origin})
	if err != nil {
		return nil, &app.UsageError{Msg: err.Error()}
	}
	crop := raw.crop
	if settled.Crop != (image.Rectangle{}) {
		crop = settled.Crop.Add(raw.crop.Min)
	}
	return &World{Vec: v, Preset: preset, Crop: crop, Dojo: raw.dojo, lessons: raw.lessons}, nil
}

// settle settles an open projection. On a screen that takes real time, which a user can see.
func settle(ctx context.Context, c config.Config, v env.Vec, inner pixels.Config, o app.IO) (pixels.Config, float64, error) {
	if config.IsScreen(c.Env) && inner.Projection == pixels.Auto {
		took := ""
		if c.VNC.Clock == vnc.Realtime {
			took = fmt.Sprintf(", %.0f s", pixels.SurveyFrames/c.VNC.Rate)
		}
		o.Notef("measuring on the screen which projection suits it: %d frames of random keys%s ([pixels] projection in the config saves that)", pixels.SurveyFrames, took)
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
func (w *World) Unwrap() env.Vec { return w.Vec }

// MaxKept bounds the bytes of observations in memory.
const MaxKept = 32 << 30

// Prepare refuses a config that cannot be used, before anything is opened, and sets the
// threads that compute.
func Prepare(c config.Config) error {
	if err := c.Validate(); err != nil {
		return app.Usagef("mend it in the config or by its flag", "%v", err)
	}
	if err := kernel.Err(); err != nil {
		return &app.UsageError{Msg: err.Error()}
	}
	kernel.SetThreads(c.Threads)
	return nil
}
