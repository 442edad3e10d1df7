package agent

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"glint/autoencoder"
)

// The slope of the value, and that of the log probability of the best action, are
// their derivatives by each pixel, which are felt by moving the mean image the other
// way.
func TestSlope(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	shape := autoencoder.Shape{T: 2, H: 16, W: 16, Content: image.Rect(0, 0, 16, 16)}
	n, err := NewNet(autoencoder.Config{Channels: []int{4, 8}, Code: 8}, shape, 3, r)
	if err != nil {
		t.Fatal(err)
	}
	n.actorW.Orthogonal(1, r) // a fresh actor hardly depends on anything
	p, err := n.NewPlayer(sloped)
	if err != nil {
		t.Fatal(err)
	}
	obs := make([]byte, sloped*2*16*16)
	for i := range obs {
		obs[i] = byte(r.IntN(256))
	}
	logits, _, err := p.Think(obs)
	if err != nil {
		t.Fatal(err)
	}
	best := make([]int, sloped)
	p.Greedy(logits, best)
	t.Run("value", func(t *testing.T) {
		checkSlope(t, p, n, n.NewSlope, obs, func(_, values []float32, i int) float64 { return float64(values[i]) })
	})
	t.Run("policy", func(t *testing.T) {
		checkSlope(t, p, n, n.NewPolicySlope, obs, func(logits, _ []float32, i int) float64 {
			sum := 0.0
			for _, z := range logits[3*i : 3*i+3] {
				sum += math.Exp(float64(z))
			}
			return float64(logits[3*i+best[i]]) - math.Log(sum)
		})
	})
}

// sloped is the number of observations of TestSlope.
const sloped = 2

// checkSlope compares a Slope with differences of what it is of.
func checkSlope(t *testing.T, p *Player, n *Net, newSlope func(int) (*Slope, error), obs []byte, of func(logits, values []float32, i int) float64) {
	t.Helper()
	l, err := newSlope(sloped)
	if err != nil {
		t.Fatal(err)
	}
	slope, err := l.Of(obs)
	if err != nil {
		t.Fatal(err)
	}
	mean := n.Autoencoder.Mean.Float32s()
	at := func(i, pixel int, by float32) float64 {
		was := mean[pixel]
		mean[pixel] += by
		defer func() { mean[pixel] = was }()
		logits, values, err := p.Think(obs)
		if err != nil {
			t.Fatal(err)
		}
		return of(logits, values, i)
	}
	const step = 2 // of 255: values are float32
	r := rand.New(rand.NewPCG(3, 4))
	var worst, largest float64
	for k := range 120 {
		i, pixel := k%sloped, r.IntN(len(mean))
		want := math.Abs(at(i, pixel, -step)-at(i, pixel, step)) / (2 * step) * 255
		worst, largest = max(worst, math.Abs(want-float64(slope[i*len(mean)+pixel]))), max(largest, want)
	}
	if largest == 0 || worst > 0.02*largest {
		t.Errorf("slopes are off by %v of up to %v", worst, largest)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = l.Of(obs) }); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

// What actor and critic read of a unit is what moves them when it moves; a weight that
// all actions share moves no policy.
func TestReads(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n, err := NewNet(autoencoder.Config{Channels: []int{4, 8}, Code: 8}, autoencoder.Shape{T: 1, H: 16, W: 16, Content: image.Rect(0, 0, 16, 16)}, 2, r)
	if err != nil {
		t.Fatal(err)
	}
	w := n.actorW.Value.Float32s() // [2,8]
	clear(w)
	w[3], w[8+3] = 4, -2
	w[5], w[8+5] = 7, 7
	n.criticW.Value.Float32s()[3] = -1.5
	if actor, critic := n.Reads(3); math.Abs(actor-3*math.Sqrt2) > 1e-6 || critic != 1.5 {
		t.Errorf("unit 3: actor %v, critic %v; want 4.24 and 1.5", actor, critic)
	}
	if actor, _ := n.Reads(5); actor != 0 {
		t.Errorf("unit 5: actor %v, want 0", actor)
	}
}
