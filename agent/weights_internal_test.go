package agent

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/autoencoder"
	"glint/internal/ckpt"
)

func expf(x float32) float64 { return math.Exp(float64(x)) }

// written returns a trained network and its file.
func written(tb testing.TB) (*Net, []byte) {
	tb.Helper()
	tr := begin(tb, toyConfig(PPO, 2), bandit(2), 3)
	until(tb, tr, Play)
	advance(tb, tr, 1)
	var b bytes.Buffer
	n, err := tr.Net.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		tb.Fatalf("wrote %d of %d bytes, error %v", n, b.Len(), err)
	}
	return tr.Net, b.Bytes()
}

// A network read from its file thinks the same and writes the same file.
func TestWeightsRoundTrip(t *testing.T) {
	n, file := written(t)
	again, err := ReadNet(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(n.Autoencoder.Config(), again.Autoencoder.Config()); d != "" || n.Autoencoder.Shape() != again.Autoencoder.Shape() || n.Actions != again.Actions {
		t.Errorf("another network: %s %v %d", d, again.Autoencoder.Shape(), again.Actions)
	}
	obs := make([]byte, 4*toySize*toySize)
	for scene := range 4 {
		drawScene(obs[scene*toySize*toySize:][:toySize*toySize], scene)
	}
	var thoughts [2][]float32
	for i, n := range []*Net{n, again} {
		p, err := n.NewPlayer(4)
		if err != nil {
			t.Fatal(err)
		}
		logits, values, err := p.Think(obs)
		if err != nil {
			t.Fatal(err)
		}
		thoughts[i] = slices.Concat(logits, values)
	}
	if !slices.Equal(thoughts[0], thoughts[1]) || slices.Max(thoughts[0]) == slices.Min(thoughts[0]) {
		t.Errorf("the network thinks %v, read again %v", thoughts[0], thoughts[1])
	}
	var b bytes.Buffer
	if _, err := again.WriteTo(&b); err != nil || !bytes.Equal(b.Bytes(), file) {
		t.Errorf("the file written again differs; error %v", err)
	}
}

// tensorsOf writes a weights file with the design of a network as JSON.
func tensorsOf(tb testing.TB, ts []ckpt.Tensor, design string) []byte {
	tb.Helper()
	var b bytes.Buffer
	meta := map[string]string{}
	if design != "" {
		meta[designKey] = design
	}
	if err := ckpt.WriteTensors(&b, ts, meta); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// Files that are not a network's are refused in one line, whatever they claim.
func TestReadNetRefuses(t *testing.T) {
	n, file := written(t)
	ts := n.tensors()
	const shape = `"Shape":{"T":1,"H":16,"W":16,"Content":{"Min":{"X":0,"Y":0},"Max":{"X":16,"Y":16}}}`
	const fits = `{"Autoencoder":{"Channels":[4,8],"Code":16},` + shape + `,"Actions":2}`
	if _, err := ReadNet(bytes.NewReader(tensorsOf(t, ts, fits))); err != nil {
		t.Fatalf("the design is wrong: %v", err)
	}
	for name, c := range map[string]struct {
		file []byte
		word string
	}{
		"empty":            {nil, ""},
		"no tensors":       {[]byte("these are no tensors"), ""},
		"cut":              {file[:len(file)/2], ""},
		"no design":        {tensorsOf(t, ts, ""), "not a glint checkpoint"},
		"design no JSON":   {tensorsOf(t, ts, "{"), "not a glint checkpoint"},
		"empty design":     {tensorsOf(t, ts, "{}"), "channels"},
		"other code":       {tensorsOf(t, ts, `{"Autoencoder":{"Channels":[4,8],"Code":8},`+shape+`,"Actions":2}`), "architecture"},
		"other actions":    {tensorsOf(t, ts, `{"Autoencoder":{"Channels":[4,8],"Code":16},`+shape+`,"Actions":3}`), "actor.weight"},
		"negative actions": {tensorsOf(t, ts, `{"Autoencoder":{"Channels":[4,8],"Code":16},`+shape+`,"Actions":-2}`), "actor.weight"},
		"no shape":         {tensorsOf(t, ts, `{"Autoencoder":{"Channels":[4,8],"Code":16},"Actions":2}`), "mean"},
		"huge code":        {tensorsOf(t, ts, `{"Autoencoder":{"Channels":[4,8],"Code":1000000000000},`+shape+`,"Actions":2}`), "code is 1000000000000"},
		"large code":       {tensorsOf(t, ts, `{"Autoencoder":{"Channels":[4,8],"Code":65536},`+shape+`,"Actions":2}`), "encoder.code.weight"},
		"huge actions":     {tensorsOf(t, ts, `{"Autoencoder":{"Channels":[4,8],"Code":16},`+shape+`,"Actions":900000000000}`), "actor.weight"},
		"huge frames":      {tensorsOf(t, ts, strings.Replace(fits, `"T":1`, `"T":1000000000000`, 1)), "mean has shape"},
		"no mean":          {tensorsOf(t, ts[1:], fits), "mean"},
		"no critic":        {tensorsOf(t, ts[:len(ts)-1], fits), "critic.bias"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadNet(bytes.NewReader(c.file))
			if err == nil || got != nil {
				t.Fatalf("network %v, error %v", got != nil, err)
			}
			if c.word != "" {
				oneLine(t, err, c.word)
			} else {
				oneLine(t, err)
			}
		})
	}
}

// Weights that do not fit leave the network as it was.
func TestLoadIsAllOrNothing(t *testing.T) {
	n, file := written(t)
	other := begin(t, toyConfig(PPO, 2), bandit(2), 4).Net
	before := slices.Clone(other.actorW.Value.Float32s())
	ts := n.tensors()
	if err := other.load(bytes.NewReader(tensorsOf(t, ts[:len(ts)-1], ""))); err == nil {
		t.Fatal("no error")
	}
	if !slices.Equal(before, other.actorW.Value.Float32s()) {
		t.Error("a part of the weights was taken over")
	}
	if err := other.load(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(n.actorW.Value.Float32s(), other.actorW.Value.Float32s()) {
		t.Error("weights that fit were not taken over")
	}
}

// A network for observations that it cannot have is refused.
func TestNewNetRefuses(t *testing.T) {
	cfg := toyConfig(PPO, 2).Autoencoder
	_, err := NewNet(cfg, autoencoder.Shape{T: 1, H: 12, W: 16}, 2, nil)
	oneLine(t, err, "multiples of 8")
	_, err = NewNet(cfg, autoencoder.Shape{T: 1, H: 16, W: 16}, 0, nil)
	oneLine(t, err, "0 actions")
}
