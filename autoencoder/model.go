package autoencoder

import (
	"errors"
	"fmt"
	"image"
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
	"glint/internal/ops"
)

// Config is the capacity of the network.
type Config struct {
	Channels []int `toml:"channels" help:"Channels of the two convolutions."`
	Code     int   `toml:"code" help:"Units of the code."`
	// Places is the weight of the loss of a linear head that reads from the code whether
	// the last frame shows a small object, and where; 0 for no head.
	Places float64 `toml:"places" help:"Weight of the loss of a linear head that reads the place of a small object; 0 for none."`
}

// DefaultConfig returns the published size, 16 and 32 channels and a code of 64, with a
// head that reads places.
func DefaultConfig() Config { return Config{Channels: []int{16, 32}, Code: 64, Places: 0.01} }

// Validate names the first field that cannot be used.
func (c Config) Validate() error {
	if len(c.Channels) != 2 || slices.Min(c.Channels) < 1 || slices.Max(c.Channels) > maxChannels {
		return fmt.Errorf("channels is %v, want two numbers from 1 to %d", c.Channels, maxChannels)
	}
	if c.Code < 1 || c.Code > maxCode {
		return fmt.Errorf("code is %d, want 1 to %d", c.Code, maxCode)
	}
	if !(c.Places >= 0 && c.Places <= maxPlaces) {
		return fmt.Errorf("places is %v, want 0 to %v", c.Places, maxPlaces)
	}
	return nil
}

// maxPlaces bounds Config.Places.
const maxPlaces = 1e6

// Bounds far above the published size; beyond them a mistyped setting would end in a
// want of memory.
const (
	maxChannels = 1024
	maxCode     = 1 << 16
	maxSide     = 4096    // of an observation
	maxFrames   = 256     // of an observation
	maxLayer    = 1 << 26 // weights of the dense layers, each
)

// ErrLarge says that Config and Shape together would make too large a network.
var ErrLarge = errors.New("the network is too large")

// Shape is the observations a Model is made for.
type Shape struct {
	T, H, W int
	// Content is where true pixels are; what lies around it is padding, which the
	// loss does not see.
	Content image.Rectangle
}

// scale turns a plane's bytes into the network's units.
const scale = 1. / 255

// layer is one layer's weights and bias.
type layer struct{ w, bias *ops.Param }

// Model holds the parameters of encoder and decoder and builds their graphs.
type Model struct {
	cfg   Config
	shape Shape
	// Mean is the mean observation [T,H,W], in plane units 0..255, that inputs are
	// centred by. It is set once, by SetMean, before training.
	Mean *tensor.Dense

	conv1, conv2, code      layer
	expand, deconv, deconv2 layer
	places                  layer // without weights where there is no such head
}

// New returns a Model with orthogonal weights, gain sqrt 2 before a ReLU and 1
// elsewhere, and zero biases. An error wraps ErrLarge where a smaller code or Shape would do.
func New(cfg Config, s Shape, r *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	if s.H%8 != 0 || s.W%8 != 0 || s.H < 8 || s.W < 8 || s.T < 1 || s.H > maxSide || s.W > maxSide || s.T > maxFrames {
		return nil, fmt.Errorf("autoencoder: observations of %dx%dx%d: rows and columns must be multiples of 8 up to %d, frames at most %d", s.T, s.H, s.W, maxSide, maxFrames)
	}
	if s.Content.Empty() || !s.Content.In(image.Rect(0, 0, s.W, s.H)) {
		return nil, fmt.Errorf("autoencoder: content %v must hold pixels and lie in the %dx%d of an observation", s.Content, s.W, s.H)
	}
	c1, c2 := cfg.Channels[0], cfg.Channels[1]
	flat := c2 * s.H / 8 * s.W / 8
	if flat*cfg.Code > maxLayer {
		return nil, fmt.Errorf("autoencoder: %w: a code of %d for %d channels of %dx%d wants %d weights, at most %d are possible: take a smaller code or smaller observations",
			ErrLarge, cfg.Code, c2, s.H/8, s.W/8, flat*cfg.Code, maxLayer)
	}
	m := &Model{cfg: cfg, shape: s, Mean: ops.NewTensor(s.T, s.H, s.W)}
	relu := math.Sqrt2
	for _, l := range []struct {
		at    *layer
		name  string
		shape []int
		bias  int
		gain  float64
	}{
		{&m.conv1, "encoder.conv1", []int{c1, s.T, 8, 8}, c1, relu},
		{&m.conv2, "encoder.conv2", []int{c2, c1, 4, 4}, c2, relu},
		{&m.code, "encoder.code", []int{cfg.Code, flat}, cfg.Code, 1},
		{&m.expand, "decoder.expand", []int{flat, cfg.Code}, flat, relu},
		{&m.deconv, "decoder.deconv1", []int{c2, c1, 4, 4}, c1, relu},
		{&m.deconv2, "decoder.deconv2", []int{c1, s.T, 8, 8}, s.T, 1},
	} {
		*l.at = layer{ops.NewParam(l.name+".weight", l.shape...), ops.NewParam(l.name+".bias", l.bias)}
		l.at.w.Orthogonal(l.gain, r)
	}
	if cfg.Places > 0 {
		m.places = layer{ops.NewParam("places.weight", PlaceValues, cfg.Code), ops.NewParam("places.bias", PlaceValues)}
		m.places.w.Orthogonal(1, r)
	}
	return m, nil
}

// Config returns the capacity the Model was made with.
func (m *Model) Config() Config { return m.cfg }

// Shape returns the observations the Model was made for.
func (m *Model) Shape() Shape { return m.shape }

// Encoder returns the parameters of the encoder.
func (m *Model) Encoder() []*ops.Param { return params(m.conv1, m.conv2, m.code) }

// Decoder returns the parameters of the decoder.
func (m *Model) Decoder() []*ops.Param { return params(m.expand, m.deconv, m.deconv2) }

// Params returns all parameters: of the encoder, the decoder and the head that reads
// places, where there is one.
func (m *Model) Params() []*ops.Param {
	all := append(m.Encoder(), m.Decoder()...)
	if m.places.w != nil {
		all = append(all, params(m.places)...)
	}
	return all
}

func params(layers ...layer) []*ops.Param {
	var ps []*ops.Param
	for _, l := range layers {
		ps = append(ps, l.w, l.bias)
	}
	return ps
}

// images are the network's view of obs u8 [B,T,H,W]: centred by the mean observation, in
// units where a plane's 255 is 1.
func (m *Model) images(b *ops.Builder, obs *G.Node) ops.Images {
	return ops.Images{Obs: obs, Mean: b.Input("mean", m.Mean), Unit: scale}
}

// CenterBytes writes the same view of obs [B,T,H,W] u8 to dst [B,T,H,W], outside of a
// graph.
func (m *Model) CenterBytes(dst []float32, obs []byte) {
	kernel.Center(dst, obs, m.Mean.Float32s(), scale)
}

// Encode adds the encoder: observations [B,T,H,W] -> code [B,Code]. They are u8, or f32
// as CenterBytes writes them, and then have a gradient.
func (m *Model) Encode(b *ops.Builder, obs *G.Node) *G.Node {
	layers := m.encode(b, obs)
	return layers[len(layers)-1]
}

// encode is Encode with the outputs of all layers.
func (m *Model) encode(b *ops.Builder, obs *G.Node) G.Nodes {
	var h *G.Node
	if obs != nil && obs.Dtype() == tensor.Float32 {
		h = b.Conv(obs, b.Param(m.conv1.w), b.Param(m.conv1.bias), 4, 2, kernel.ReLU)
	} else {
		h = b.ConvBytes(m.images(b, obs), b.Param(m.conv1.w), b.Param(m.conv1.bias), 4, 2, kernel.ReLU)
	}
	h2 := b.Conv(h, b.Param(m.conv2.w), b.Param(m.conv2.bias), 2, 1, kernel.ReLU)
	return G.Nodes{h, h2, b.Dense(h2, b.Param(m.code.w), b.Param(m.code.bias), kernel.Tanh)}
}

// Decode adds the decoder: code [B,Code] -> centred reconstruction [B,T,H,W].
func (m *Model) Decode(b *ops.Builder, code *G.Node) *G.Node {
	return b.Transposed(m.decodeMap(b, code), b.Param(m.deconv2.w), b.Param(m.deconv2.bias), 4, 2, kernel.None)
}

// decodeMap adds the decoder up to its last layer.
func (m *Model) decodeMap(b *ops.Builder, code *G.Node) *G.Node {
	_, h := m.decodeMaps(b, code)
	return h
}

// decodeMaps adds the decoder's two layers of ReLUs.
func (m *Model) decodeMaps(b *ops.Builder, code *G.Node) (small, large *G.Node) {
	if b.Err() != nil {
		return nil, nil
	}
	small = b.Dense(code, b.Param(m.expand.w), b.Param(m.expand.bias), kernel.ReLU)
	h := b.Reshape(small, code.Shape()[0], m.cfg.Channels[1], m.shape.H/8, m.shape.W/8)
	return small, b.Transposed(h, b.Param(m.deconv.w), b.Param(m.deconv.bias), 2, 1, kernel.ReLU)
}

// loss adds the decoder with the weighted mean squared error of its reconstruction y
// of observations x under the weights w [B,T,H,W]: sum(w (y-x)^2) over the number of true
// pixels of the batch. y, centred, is written to recon [B,T,H,W].
func (m *Model) loss(b *ops.Builder, code, obs, w *G.Node, recon *tensor.Dense) *G.Node {
	return b.TransposedMSE(m.decodeMap(b, code), b.Param(m.deconv2.w), b.Param(m.deconv2.bias), m.images(b, obs), w, 4, 2, m.norm(recon.Shape()[0]), recon)
}

// norm is the number of true pixels of b observations.
func (m *Model) norm(b int) float64 { return float64(b * m.truePixels()) }

func (m *Model) truePixels() int {
	return m.shape.T * m.shape.Content.Dx() * m.shape.Content.Dy()
}

// SetMean freezes the mean observation over samples [T,H,W] u8. The mean is taken
// over the frames of a sample too, so that it is one image.
func (m *Model) SetMean(samples iter.Seq2[[]byte, error]) error {
	mean := m.Mean.Float32s()
	pixels := m.shape.H * m.shape.W
	sum := make([]float64, pixels)
	n := 0
	for s, err := range samples {
		if err != nil {
			return fmt.Errorf("autoencoder: mean image: %w", err)
		}
		if len(s) != len(mean) {
			return fmt.Errorf("autoencoder: mean image: a sample of %d bytes, want %d", len(s), len(mean))
		}
		for i, v := range s {
			sum[i%pixels] += float64(v)
		}
		n += m.shape.T
	}
	if n == 0 {
		return errors.New("autoencoder: mean image of no samples")
	}
	for i := range mean {
		mean[i] = float32(sum[i%pixels] / float64(n))
	}
	return nil
}
