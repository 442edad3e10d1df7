package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"

	"glint/agent"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/ckpt"
	"glint/internal/telemetry"
	"glint/replay"
)

// sight is the network of a checkpoint, which looks at a scene.
type sight struct {
	*monitor
	net   *agent.Net
	heads bool     // actor and critic have learned
	names []string // of actions
}

func newSight(s scene, net *agent.Net, c Config, checkpoint string) (v sight, err error) {
	w, err := c.weighting()
	if err != nil {
		return v, &UsageError{Msg: err.Error()}
	}
	v.net, v.names = net, actionNames(s.raw, net.Actions)
	run, r, err := locate(checkpoint)
	if err != nil {
		return v, err
	}
	if v.heads, err = learned(r); err != nil {
		return v, err
	}
	k, err := c.critic(run)
	if err != nil {
		return v, err
	}
	v.monitor, err = newMonitor(s, net, c.Detector, w, k)
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
func newSample(ctx context.Context, v ViewOptions, heads bool, o IO) (*sample, error) {
	if v.Data != "" {
		return readSample(ctx, v, heads, o)
	}
	g, err := player(ctx, Who{Checkpoint: v.Checkpoint}, v.Env, viewEnvs, v.Seed, v.Change, o)
	if err != nil {
		return nil, err
	}
	s := &sample{of: g.config.Env}
	if err = s.begin(g.scene(), g.net, g.config, v.Checkpoint, heads); err == nil {
		err = s.play(ctx, g, cmp.Or(v.Steps, viewSteps), o)
	}
	return s, errors.Join(err, g.Close())
}

// begin readies the network.
func (s *sample) begin(sc scene, net *agent.Net, c Config, checkpoint string, heads bool) (err error) {
	if s.sight, err = newSight(sc, net, c, checkpoint); err == nil && heads && !s.heads {
		err = headless(checkpoint)
	}
	s.gallery = agent.NewOverview(sc.plane, sc.content)
	return err
}

// learned says whether actor and critic of a checkpoint have learned.
func learned(r *ckpt.Reader) (bool, error) {
	b, err := r.File(agent.StateFile)
	if err != nil {
		return false, err
	}
	return agent.HeadsLearned(b)
}

// actionNames returns the names of n actions, numbers where the environment has none
// for them.
func actionNames(s env.Spec, n int) []string {
	if len(s.Meanings) == n {
		return s.Meanings
	}
	names := make([]string, n)
	for a := range names {
		names[a] = fmt.Sprint("action ", a)
	}
	return names
}

// play keeps some of what the checkpoint sees in so many steps of each game.
func (s *sample) play(ctx context.Context, g *game, steps int, o IO) error {
	n := g.Spec().N
	b, err := g.Reset(ctx, seeds(g.config.Seed, n))
	if err != nil {
		return err
	}
	actions := make([]int, n)
	var boxes []env.Box
	bar := telemetry.NewProgress(o.Stderr, "playing")
	defer bar.Finish()
	for step := range steps {
		if err := g.policy.Act(b, actions); err != nil {
			return err
		}
		if b, err = g.Step(ctx, actions); err != nil {
			return err
		}
		for i := range n {
			var known bool
			boxes, known = s.boxesOf(boxes[:0], g, b, i)
			s.gallery.Offer(int64(step*n+i), b.ObsOf(i), boxes, known, func() []byte { _, raw := g.Raw(); return raw.ObsOf(i) })
		}
		bar.Update(float64(step+1) / float64(steps))
	}
	return nil
}

// readSample looks at a recorded dataset through the checkpoint's pixels.
func readSample(ctx context.Context, v ViewOptions, heads bool, o IO) (*sample, error) {
	d, err := openSeen(ctx, v, o)
	if err != nil {
		return nil, err
	}
	s := &sample{of: v.Data}
	if err := s.begin(d.scene, d.net, d.config, v.Checkpoint, heads); err != nil {
		return nil, err
	}
	return s, s.read(ctx, d, o)
}

// seenData is an opened dataset with a network that can look at it.
type seenData struct {
	scene
	data   *replay.Dataset
	pre    *pixels.Preprocessor
	net    *agent.Net
	config Config
}

func openSeen(ctx context.Context, v ViewOptions, o IO) (d seenData, err error) {
	if d.config, d.net, err = loadNet(v.Checkpoint); err != nil {
		return d, err
	}
	d.config.Seed = v.Seed
	v.Change(&d.config)
	if d.data, err = openData(ctx, DataConfig{Dir: v.Data}, o); err != nil {
		return d, err
	}
	d.pre, d.scene, err = seen(d.data, d.config, d.net)
	return d, err
}

// seen returns how a network sees a dataset, by the config it was trained with.
func seen(data *replay.Dataset, c Config, net *agent.Net) (*pixels.Preprocessor, scene, error) {
	cfg := c.Pixels
	cfg.Crop = image.Rectangle{} // the dataset holds the crop
	pre, err := pixels.New(data.Meta().Spec(1), cfg)
	if err != nil {
		return nil, scene{}, &UsageError{Msg: err.Error()}
	}
	s, m := sceneOf(data.Meta(), pre), net.Autoencoder.Shape()
	if s.plane.T != m.T || s.plane.H != m.H || s.plane.W != m.W {
		return nil, s, usagef("use a dataset of the game it was trained on, recorded through the same pixels: record --policy varied,RUN", "the checkpoint sees %dx%dx%d, the dataset makes %dx%dx%d", m.T, m.H, m.W, s.plane.T, s.plane.H, s.plane.W)
	}
	return pre, s, nil
}

// sceneOf is world.scene for what a dataset shows.
func sceneOf(meta replay.Meta, pre *pixels.Preprocessor) scene {
	s := scene{plane: pre.Spec(), raw: meta.Spec(1), content: pre.Content()}
	if meta.Truth && s.native() {
		s.objects = objectsOf(pixels.PresetFor(gameName(meta.Env)))
	}
	return s
}

// project writes the plane [T,H,W] of a row to dst.
func (s scene) project(pre *pixels.Preprocessor, dst []byte, row replay.Row) {
	for t := range s.plane.T {
		pre.Apply(dst[t*s.plane.FrameLen():(t+1)*s.plane.FrameLen()], row.Obs[t*s.raw.FrameLen():(t+1)*s.raw.FrameLen()])
	}
}

// look writes the plane of a row to obs and returns its boxes there, true ones where
// they are known.
func (m *monitor) look(pre *pixels.Preprocessor, obs []byte, row replay.Row, known bool) []env.Box {
	m.project(pre, obs, row)
	if !known {
		return m.detector.DetectStack(nil, obs)
	}
	for i := range row.Boxes {
		row.Boxes[i].Rect = pre.Box(row.Boxes[i].Rect)
	}
	return row.Boxes
}

// read keeps examples of a dataset.
func (s *sample) read(ctx context.Context, d seenData, o IO) error {
	obs := make([]byte, s.plane.ObsLen())
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
		boxes := s.look(d.pre, obs, row, known)
		s.gallery.Offer(int64(step), obs, boxes, known, func() []byte { return row.Obs })
	}
	return nil
}
