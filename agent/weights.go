package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"glint/autoencoder"
	"glint/internal/ckpt"
	"glint/internal/ops"
)

// design is what must be known to build a Net before its weights can be read.
type design struct {
	Autoencoder autoencoder.Config
	Shape       autoencoder.Shape
	Actions     int
}

// designKey is the metadata key of the design in a weights file.
const designKey = "design"

// meanName is the name of the mean observation among the weights.
const meanName = "mean"

// WriteTo writes the weights as safetensors that ReadNet can build the network
// from.
func (n *Net) WriteTo(w io.Writer) (int64, error) {
	d, err := json.Marshal(design{n.Autoencoder.Config(), n.Autoencoder.Shape(), n.Actions})
	if err != nil {
		return 0, fmt.Errorf("agent: %w", err)
	}
	c := &countingWriter{w: w}
	err = ckpt.WriteTensors(c, n.tensors(), map[string]string{designKey: string(d)})
	return c.n, err
}

type countingWriter struct {
	w io.Writer
	n int64
}

// Write passes p on and counts it.
func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (n *Net) tensors() []ckpt.Tensor {
	ts := []ckpt.Tensor{{Name: meanName, Shape: n.Autoencoder.Mean.Shape(), Data: n.Autoencoder.Mean.Float32s()}}
	for _, p := range n.Params() {
		ts = append(ts, ckpt.Tensor{Name: p.Name, Shape: p.Value.Shape(), Data: p.Value.Float32s()})
	}
	return ts
}

// ReadNet builds the network of a weights file.
func ReadNet(r io.Reader) (*Net, error) {
	ts, meta, err := ckpt.ReadTensors(r)
	if err != nil {
		return nil, err
	}
	var d design
	if err := json.Unmarshal([]byte(meta[designKey]), &d); err != nil {
		return nil, errors.New("agent: the weights do not say which network they belong to: not a glint checkpoint")
	}
	if err := d.check(ts); err != nil {
		return nil, err
	}
	n, err := NewNet(d.Autoencoder, d.Shape, d.Actions, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, err
	}
	if err := fill(n.tensors(), ts); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return n, nil
}

// check refuses a design that the tensors beside it do not bear out, before memory
// is taken for it: those compared here bound the sizes of all others.
func (d design) check(ts []ckpt.Tensor) error {
	if err := d.Autoencoder.Validate(); err != nil {
		return fmt.Errorf("agent: the weights are of a network whose %w", err)
	}
	shapes := map[string][]int{}
	for _, t := range ts {
		shapes[t.Name] = t.Shape
	}
	s := d.Shape
	flat := d.Autoencoder.Channels[1] * s.H / 8 * s.W / 8
	for _, want := range []ckpt.Tensor{
		{Name: meanName, Shape: []int{s.T, s.H, s.W}},
		{Name: "encoder.code.weight", Shape: []int{d.Autoencoder.Code, flat}},
		{Name: "actor.weight", Shape: []int{d.Actions, d.Autoencoder.Code}},
	} {
		if got := shapes[want.Name]; !slices.Equal(got, want.Shape) {
			return fmt.Errorf("agent: the weights say that their %s has shape %v, but it has %v: they are of another architecture", want.Name, want.Shape, got)
		}
	}
	return nil
}

// load takes over the weights of a file that was written by a network of the same
// design.
func (n *Net) load(r io.Reader) error {
	ts, _, err := ckpt.ReadTensors(r)
	if err != nil {
		return err
	}
	return fill(n.tensors(), ts)
}

// fill copies tensors by name. Nothing is copied unless all fit.
func fill(dst, src []ckpt.Tensor) error {
	from := map[string]ckpt.Tensor{}
	for _, t := range src {
		from[t.Name] = t
	}
	for _, t := range dst {
		s, ok := from[t.Name]
		if !ok {
			return fmt.Errorf("the checkpoint has no %s: it is of another architecture", t.Name)
		}
		if !slices.Equal(s.Shape, t.Shape) {
			return fmt.Errorf("the checkpoint's %s has shape %v, this configuration wants %v: it is of another architecture", t.Name, s.Shape, t.Shape)
		}
	}
	for _, t := range dst {
		copy(t.Data, from[t.Name].Data)
	}
	return nil
}

// writeMoments writes what Adam remembers.
func writeMoments(w io.Writer, a *ops.Adam, params []*ops.Param) error {
	return ckpt.WriteTensors(w, moments(a, params), nil)
}

// readMoments takes over what writeMoments wrote.
func readMoments(r io.Reader, a *ops.Adam, params []*ops.Param) error {
	ts, _, err := ckpt.ReadTensors(r)
	if err != nil {
		return err
	}
	return fill(moments(a, params), ts)
}

func moments(a *ops.Adam, params []*ops.Param) []ckpt.Tensor {
	var ts []ckpt.Tensor
	for _, p := range params {
		m := a.Moments(p)
		ts = append(ts, ckpt.Tensor{Name: p.Name + ".m", Shape: p.Value.Shape(), Data: m.M},
			ckpt.Tensor{Name: p.Name + ".v", Shape: p.Value.Shape(), Data: m.V})
	}
	return ts
}
