package train

import (
	"fmt"

	"glint/agent"
	"glint/internal/app/config"
	"glint/internal/app/world"
	"glint/saliency"
)

// Options returns what a Trainer needs of the config and the environment.
func Options(c config.Config, w *world.World) (agent.Options, error) {
	s := w.Spec()
	finder := saliency.FinderConfig{Detector: c.Detector, Flight: c.Flight, Side: saliency.DefaultSide}
	finder = config.FillIn(finder, c.FillIn, s.Stacked)
	// One rollout or two, the store and what the finders look at are kept in memory.
	rollouts := 1
	if c.Agent.Overlap {
		rollouts = 2
	}
	if kept := c.Agent.Envs*(rollouts*c.Agent.Horizon+2*finder.Side+1) + c.Agent.StoreCapacity; kept > world.MaxKept/s.ObsLen() {
		return agent.Options{}, fmt.Errorf("%d observations of %dx%dx%d bytes would be kept in memory, at most %d GiB can be: make [pixels] resize or agent.store_capacity smaller",
			kept, s.T, s.H, s.W, world.MaxKept>>30)
	}
	if _, err := saliency.NewDetector(c.Detector, s.H, s.W); err != nil {
		return agent.Options{}, fmt.Errorf("detector: %w", err)
	}
	weighting, err := c.NamedWeighting()
	if err != nil {
		return agent.Options{}, err
	}
	return agent.Options{
		Env: w.Vec, Content: w.Preprocessor().Content(), Finder: finder, Weighting: weighting, Seed: c.Seed,
		Alone: c.Alone, Part: w.Part, Teacher: w.Teacher, Taken: w.Sums[agent.Learned].Taken, KeepMean: c.From != "",
		Raw: func(i int) []byte { _, b := w.Raw(); return b.ObsOf(i) },
	}, nil
}
