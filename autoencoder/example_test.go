package autoencoder_test

import (
	"fmt"
	"image"
	"math/rand/v2"

	"glint/autoencoder"
	"glint/internal/ops"
)

// stripes is a Sampler of one bright column a sample.
type stripes struct{ rand *rand.Rand }

func (s stripes) Sample(obs []byte, w []float32) error {
	clear(obs)
	for i := range w {
		w[i] = 1
	}
	for b := 0; b < len(obs); b += 8 * 16 {
		x := s.rand.IntN(16)
		for y := range 8 {
			obs[b+16*y+x] = 255
		}
	}
	return nil
}

func Example() {
	r := rand.New(rand.NewPCG(1, 2))
	shape := autoencoder.Shape{T: 1, H: 8, W: 16, Content: image.Rect(0, 0, 16, 8)}
	m, err := autoencoder.New(autoencoder.Config{Channels: []int{8, 16}, Code: 8}, shape, r)
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := ops.DefaultAdam()
	cfg.LR = 3e-3
	t, err := autoencoder.NewTrainer(m, autoencoder.BatchConfig{Size: 16}, ops.NewAdam(cfg, append(m.Encoder(), m.Decoder()...)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 400 {
		if err := t.Step(stripes{r}); err != nil {
			fmt.Println(err)
			return
		}
	}
	s := t.Stats()
	fmt.Println("a tenth of the error of a black image:", s.MSE < 0.1/16)
	fmt.Printf("%q\n", autoencoder.Sickness(s))
	// Output:
	// a tenth of the error of a black image: true
	// ""
}
