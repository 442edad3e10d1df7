package kernel

import "math"

// Act is the function that a layer applies to its sums.
type Act uint8

// The activations.
const (
	None Act = iota // y = z
	ReLU            // y = max(z, 0)
	Tanh            // y = tanh(z), computed in float64
)

// finish writes act(src+bias) to dst, which sets how many elements there are.
func finish(dst, src []float32, bias float32, act Act) {
	src = src[:len(dst)]
	switch act {
	case ReLU:
		cpu.finishReLU(dst, src, bias)
	case Tanh:
		for i, v := range src {
			dst[i] = float32(math.Tanh(float64(v + bias)))
		}
	default:
		cpu.finish(dst, src, bias)
	}
}

// backActJob holds the operands of BackAct.
type backActJob struct {
	dz, y, dy []float32
	act       Act
}

// BackAct writes the gradient before an activation, dz = dy * act'(z), where the
// derivative is expressed by the activation's output y: ReLU y > 0, Tanh 1-y*y.
// The length is len(dz), of any shape. dz may be dy.
func BackAct(dz, y, dy []float32, act Act) {
	need("back activation", min(len(y), len(dy)), len(dz))
	crew := hire()
	defer crew.leave()
	crew.backAct = backActJob{dz, y, dy, act}
	crew.run(&crew.backAct, chunks(len(dz)))
	crew.backAct = backActJob{}
}

func (j *backActJob) do(_ *scratch, i int) {
	lo, hi := chunk(i, len(j.dz))
	dz, y, dy := j.dz[lo:hi], j.y[lo:hi], j.dy[lo:hi]
	switch j.act {
	case ReLU:
		cpu.backReLU(dz, y, dy)
	case Tanh:
		for i, v := range y {
			dz[i] = dy[i] * (1 - float32(v*v))
		}
	default:
		copy(dz, dy)
	}
}

// backBiasJob holds the operands of BackBias.
type backBiasJob struct {
	db, dz   []float32
	b, f, hw int
}

// BackBias writes the gradient of a bias: db [F] is dz [B,F,HW] summed over batch
// and pixels, in float64. A dense layer has hw = 1.
func BackBias(db, dz []float32, b, f, hw int) {
	need("back bias", len(db), f)
	need("back bias", len(dz), b*f*hw)
	crew := hire()
	defer crew.leave()
	crew.backBias = backBiasJob{db, dz, b, f, hw}
	parts := f
	if hw == 1 {
		parts = ceilDiv(f, biasBlock)
	}
	crew.run(&crew.backBias, parts)
	crew.backBias = backBiasJob{}
}

// biasBlock is the number of biases of a dense layer that a part sums, so that the
// rows of the gradient are read in stretches.
const biasBlock = 64

func (j *backBiasJob) do(_ *scratch, f int) {
	if j.hw == 1 {
		j.columns(f*biasBlock, min((f+1)*biasBlock, j.f))
		return
	}
	var sum float64
	for b := range j.b {
		at := (b*j.f + f) * j.hw
		sum += cpu.sum(j.dz[at : at+j.hw])
	}
	j.db[f] = float32(sum)
}

// columns sums columns lo to hi-1 of dz [B,F].
func (j *backBiasJob) columns(lo, hi int) {
	var sums [biasBlock]float64
	for b := range j.b {
		for i, v := range j.dz[b*j.f+lo : b*j.f+hi] {
			sums[i] += float64(v)
		}
	}
	for i := range hi - lo {
		j.db[lo+i] = float32(sums[i])
	}
}
