package agent_test

import (
	"context"
	"fmt"
	"image"

	"glint/agent"
	"glint/autoencoder"
	"glint/env/dojo"
	"glint/env/pixels"
	"glint/saliency"
)

// A small network goes through the three stages on two environments of the
// built-in game.
func Example() {
	ctx := context.Background()
	game := dojo.DefaultOptions()
	game.N = 2
	frames, err := dojo.Open(game)
	if err != nil {
		fmt.Println(err)
		return
	}
	planes, err := pixels.Wrap(frames, pixels.PresetFor("dojo").Config, pixels.WrapOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = planes.Close() }() // the dojo holds nothing
	spec := planes.Spec()

	cfg := agent.DefaultConfig(agent.PPO)
	cfg.Envs, cfg.Horizon, cfg.Epochs, cfg.Minibatch = 2, 16, 4, 8
	cfg.Pretrain.Steps, cfg.Pretrain.Updates = 32, 20
	cfg.Autoencoder = autoencoder.Config{Channels: []int{4, 8}, Code: 16}
	trainer, err := agent.New(ctx, cfg, agent.Options{
		Env: planes, Content: image.Rect(0, 0, spec.W, spec.H), Seed: 1,
		Finder: saliency.FinderConfig{
			Detector: saliency.DefaultDetectorConfig(), Flight: saliency.DefaultFlightConfig(), Side: saliency.DefaultSide,
		},
		Weighting: saliency.DefaultKnife(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 4 {
		r, err := trainer.Advance(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %d steps, %d updates\n", r.Stage, r.Counters.Steps, r.Counters.Updates)
	}
	// Output:
	// explore: 32 steps, 0 updates
	// reconstruct: 32 steps, 20 updates
	// play: 96 steps, 36 updates
	// play: 128 steps, 52 updates
}
