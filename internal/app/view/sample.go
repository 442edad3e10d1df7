package view

import (
	"cmp"
	"context"
	"errors"

	"glint/agent"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/play"
	"glint/internal/app/rundir"
	"glint/internal/app/world"
	"glint/internal/telemetry"
	"glint/replay"
)

// sight is the network of a checkpoint, which looks at a scene.
type sight struct {
	*monitor.Monitor
	net   *agent.Net
	heads bool     // actor and critic have learned
	names []string // of actions
}

func newSight(s world.Scene, net *agent.Net, c config.Config, checkpoint string) (v sight, err error) {
	w, err := c.NamedWeighting()
	if err != nil {
		return v, &app.UsageError{Msg: err.Error()}
	}
	v.net, v.names = net, world.ActionNames(s.Raw, net.Actions)
	run, r, err := rundir.Locate(checkpoint)
	if err != nil {
		return v, err
	}
	if v.heads, err = monitor.Learned(r); err != nil {
		return v, err
	}
	k, err := monitor.OpenCritic(c, run)
	if err != nil {
		return v, err
	}
	v.Monitor, err = monitor.New(s, net, c.Detector, w, k)
	return v, err
}

// sample is observations of a checkpoint's game with the network that looks at them.
type sample struct {
	sight
	gallery *agent.Gallery
	of      string // the game or dataset
}

// newSample lets the checkpoint play, or reads a dataset, and keeps some of what it sees.
// heads demands that actor and critic have learned.
func newSample(ctx context.Context, v Options, heads bool, o app.IO) (*sample, error) {
	if v.Data != "" {
		return readSample(ctx, v, heads, o)
	}
	g, err := play.Open(ctx, play.Who{Checkpoint: v.Checkpoint}, v.Env, viewEnvs, v.Seed, v.Change, o)
	if err != nil {
		return nil, err
	}
	s := &sample{of: g.Config.Env}
	if err = s.begin(g.Scene(), g.Net, g.Config, v.Checkpoint, heads); err == nil {
		err = s.play(ctx, g, cmp.Or(v.Steps, viewSteps), o)
	}
	return s, errors.Join(err, g.Close())
}

// begin readies the network.
func (s *sample) begin(sc world.Scene, net *agent.Net, c config.Config, checkpoint string, heads bool) (err error) {
	if s.sight, err = newSight(sc, net, c, checkpoint); err == nil && heads && !s.heads {
		err = headless(checkpoint)
	}
	s.gallery = agent.NewOverview(sc.Plane, sc.Content)
	return err
}

// play keeps some of what the checkpoint sees in so many steps of each game.
func (s *sample) play(ctx context.Context, g *play.Game, steps int, o app.IO) error {
	n := g.Spec().N
	b, err := g.Reset(ctx, play.Seeds(g.Config.Seed, n))
	if err != nil {
		return err
	}
	actions := make([]int, n)
	var boxes []env.Box
	bar := telemetry.NewProgress(o.Stderr, "playing")
	defer bar.Finish()
	for step := range steps {
		if err := g.Policy.Act(b, actions); err != nil {
			return err
		}
		if b, err = g.Step(ctx, actions); err != nil {
			return err
		}
		for i := range n {
			var known bool
			boxes, known = s.BoxesOf(boxes[:0], g.Vec, b, i)
			s.gallery.Offer(int64(step*n+i), b.ObsOf(i), boxes, known, func() []byte { _, raw := g.Raw(); return raw.ObsOf(i) })
		}
		bar.Update(float64(step+1) / float64(steps))
	}
	return nil
}

// readSample looks at a recorded dataset through the checkpoint's pixels.
func readSample(ctx context.Context, v Options, heads bool, o app.IO) (*sample, error) {
	d, err := openSeen(ctx, v, o)
	if err != nil {
		return nil, err
	}
	s := &sample{of: v.Data}
	if err := s.begin(d.Scene, d.net, d.config, v.Checkpoint, heads); err != nil {
		return nil, err
	}
	return s, s.read(ctx, d, o)
}

// seenData is an opened dataset with a network that can look at it.
type seenData struct {
	world.Scene
	data   *replay.Dataset
	pre    *pixels.Preprocessor
	net    *agent.Net
	config config.Config
}

func openSeen(ctx context.Context, v Options, o app.IO) (d seenData, err error) {
	if d.config, d.net, err = monitor.LoadNet(v.Checkpoint); err != nil {
		return d, err
	}
	d.config.Seed = v.Seed
	v.Change(&d.config)
	if d.data, err = world.OpenData(ctx, config.Data{Dir: v.Data}, o); err != nil {
		return d, err
	}
	d.pre, d.Scene, err = world.Seen(d.data, d.config, d.net)
	return d, err
}

// read keeps examples of a dataset.
func (s *sample) read(ctx context.Context, d seenData, o app.IO) error {
	obs := make([]byte, s.Plane.ObsLen())
	known := d.data.Meta().Truth
	bar := telemetry.NewProgress(o.Stderr, "reading")
	defer bar.Finish()
	step := 0
	for row, err := range d.data.Rows(ctx) {
		if err != nil {
			return err
		}
		step++
		bar.Update(float64(step) / float64(d.data.Len()))
		if row.Terminated || row.Truncated {
			continue // the boxes of a last observation are not recorded
		}
		boxes := s.Look(d.pre, obs, row, known)
		s.gallery.Offer(int64(step), obs, boxes, known, func() []byte { return row.Obs })
	}
	return nil
}
