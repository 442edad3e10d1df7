package doctor

import (
	"fmt"
	"math"
	"runtime"
	"strings"
)

// Part is what a part of a training takes in memory.
type Part struct {
	Name  string
	Bytes float64
}

// Sizes is the memory of an update by its batch: fixed parts, and what grows with the batch.
type Sizes struct {
	Fixed     []Part
	PerSample float64 // bytes
	Rest      float64 // bytes of activations and buffers at a batch of 0
}

// At returns the bytes at a batch.
func (s Sizes) At(batch int) float64 { return sum(s.Fixed) + s.Rest + s.PerSample*float64(batch) }

// Largest returns the largest batch that fits into so many bytes, 0 for none.
func (s Sizes) Largest(limit float64) int {
	return max(0, int((limit-s.At(0))/s.PerSample))
}

func sum(parts []Part) (n float64) {
	for _, p := range parts {
		n += p.Bytes
	}
	return n
}

// Live returns the bytes on the heap that are still in use after what build makes is there, by
// itself: those before are taken off.
func Live(build func() (any, error)) (bytes float64, err error) {
	before := heap()
	made, err := build()
	bytes = heap() - before
	runtime.KeepAlive(made)
	return bytes, err
}

func heap() float64 {
	// The second collection frees what the first one's finalisers let go.
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// The batches that sizes are measured at, to tell those of others from: large enough that the
// autoencoder's part of them, a share, is hardly rounded.
const (
	sizeSmall = 20
	sizeLarge = 60
)

// Sized measures what grows with the batch at two others. fixed are the parts that are known
// beforehand; build makes an update for a batch.
func Sized(fixed []Part, build func(batch int) (any, error)) (s Sizes, err error) {
	var at [2]float64
	for i, b := range []int{sizeSmall, sizeLarge} {
		if at[i], err = Live(func() (any, error) { return build(b) }); err != nil {
			return s, err
		}
	}
	s.Fixed = fixed
	s.PerSample = (at[1] - at[0]) / (sizeLarge - sizeSmall)
	s.Rest = at[0] - s.PerSample*sizeSmall - sum(fixed)
	return s, nil
}

// predictedOff is how far the predicted memory may be from the measured one, relative.
const predictedOff = 0.1

// Whole compares what a training was predicted to take, by part, with its live heap in bytes
// after a collection.
func Whole(parts []Part, live float64) Verdict {
	want := sum(parts)
	advice := "something is kept that no setting asks for (a leak?)"
	if live < want {
		advice = "less is kept than the settings ask for, so that the prediction for other batches is too high"
	}
	return atMost("memory predicted", math.Abs(want-live)/live, predictedOff,
		fmt.Sprintf("a training that has begun takes %s, %s were predicted: %s", mib(live), mib(want), list(parts)), advice)
}

// Batch is a batch of a stage of training.
type Batch struct {
	Stage   string // that it belongs to
	Key     string // of the setting that computes it in parts
	Size    int    // samples that are computed at once
	Parts   int    // that the whole is computed in already
	Divides func(parts int) bool
	// Gathered is how many bytes more it takes to add parts up, where that is not done yet.
	Gathered float64
}

// Fits is the verdict on whether a batch fits into the memory that is free beside what the
// training takes apart from the update. limit 0 is an unknown one.
func (s Sizes) Fits(b Batch, beside []Part, limit float64) Verdict {
	check := "memory of the batch, " + b.Stage
	need := s.At(b.Size) + sum(beside)
	means := fmt.Sprintf("a training with batches of %d takes %s when its store is full: update %s, %s", b.Size, mib(need), mib(s.At(b.Size)), list(beside))
	if limit == 0 {
		v := told(check, need/(1<<20), means+"; what is free is not known here")
		v.Plot = s.plot(b, beside)
		return v
	}
	room := limit*memoryShare - sum(beside)
	largest, inParts := s.Largest(room), s.Largest(room-b.Gathered)
	means += fmt.Sprintf("; %s are free, for batches of up to %d", mib(limit), largest)
	advice := "nothing fits: fewer channels, a smaller code, smaller frames or a smaller store"
	whole, more := b.Size*b.Parts, b.Parts+1
	for more <= whole && (!b.Divides(more) || whole/more > inParts) {
		more++
	}
	if more <= whole {
		advice = fmt.Sprintf("compute batches in %d parts of %d whose gradients add up (accumulation: %s = %[1]d), which learns the same", more, whole/more, b.Key)
	}
	v := atMost(check, need/(1<<20), limit*memoryShare/(1<<20), means, advice)
	v.Plot = s.plot(b, beside)
	if largest <= plottedBatches*b.Size {
		v.Plot.Marks = append(v.Plot.Marks, Mark{Name: "largest that fits", X: float64(largest)})
	}
	return v
}

// plottedBatches is how many times the configured batch is drawn.
const plottedBatches = 4

// plot draws the memory over the batch.
func (s Sizes) plot(b Batch, beside []Part) *Plot {
	whole, update := Series{Name: "training"}, Series{Name: "of that the update"}
	for n := 0; n <= plottedBatches*b.Size; n += max(1, b.Size/4) {
		whole.X, whole.Y = append(whole.X, float64(n)), append(whole.Y, (s.At(n)+sum(beside))/(1<<20))
		update.X, update.Y = append(update.X, float64(n)), append(update.Y, s.At(n)/(1<<20))
	}
	return &Plot{
		Title: "Memory by the size of a batch, " + b.Stage, X: "samples of a batch computed at once", Y: "MiB",
		Series: []Series{whole, update}, Marks: []Mark{{Name: "configured", X: float64(b.Size)}},
	}
}

// memoryShare is the share of the free memory that a training may take: the collector needs room
// for what is dead.
const memoryShare = 0.7

// list writes parts with their sizes.
func list(parts []Part) string {
	var words []string
	for _, p := range parts {
		words = append(words, p.Name+" "+mib(p.Bytes))
	}
	return strings.Join(words, ", ")
}

func mib(bytes float64) string { return fmt.Sprintf("%.1f MiB", bytes/(1<<20)) }
