package saliency_test

import (
	"fmt"
	"image"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/saliency"
)

// two is a batch of two samples of two frames of 4x6: the first sample has a box in
// its second frame.
func two() saliency.Inputs {
	return saliency.Inputs{B: 2, T: 2, H: 4, W: 6, Boxes: [][]env.Box{{{Rect: image.Rect(3, 1, 5, 2), Frame: 1}}, nil}}
}

// weigh returns the weights as rows of text, frames apart by empty rows.
func weigh(tb testing.TB, w saliency.Weighting, in saliency.Inputs) string {
	tb.Helper()
	dst := make([]float32, in.B*in.T*in.H*in.W)
	for i := range dst {
		dst[i] = 77
	}
	if err := w.Weights(dst, in); err != nil {
		tb.Fatal(err)
	}
	var out strings.Builder
	for i, v := range dst {
		fmt.Fprintf(&out, "%g ", v)
		if (i+1)%in.W == 0 {
			out.WriteString("\n")
		}
		if (i+1)%(in.H*in.W) == 0 {
			out.WriteString("\n")
		}
	}
	return out.String()
}

// frames writes what weigh returns for the given rows of frames.
func frames(fs ...[]string) string {
	var out strings.Builder
	for _, f := range fs {
		for _, row := range f {
			out.WriteString(row + " \n")
		}
		out.WriteString("\n")
	}
	return out.String()
}

func filled(row string, n int) []string {
	var rows []string
	for range n {
		rows = append(rows, row)
	}
	return rows
}

func TestWeights(t *testing.T) {
	ones, halves := filled("1 1 1 1 1 1", 4), filled("0.5 0.5 0.5 0.5 0.5 0.5", 4)
	padded := two()
	padded.Content = image.Rect(0, 0, 4, 3)
	overlapping := two()
	overlapping.Boxes[0] = []env.Box{
		{Rect: image.Rect(3, 1, 5, 2), Frame: 1}, {Rect: image.Rect(4, 1, 6, 2), Frame: 1}, {Rect: image.Rect(-9, -9, -4, -4), Frame: 1},
	}
	for _, c := range []struct {
		name string
		w    saliency.Weighting
		in   saliency.Inputs
		want string
	}{
		{"uniform", saliency.Uniform{}, two(), frames(ones, ones, ones, ones)},
		{
			"knife",
			saliency.Knife{Factor: 10, Empty: 0.5},
			two(),
			frames(ones, []string{"1 1 1 1 1 1", "1 1 1 10 10 1", "1 1 1 1 1 1", "1 1 1 1 1 1"}, halves, halves),
		},
		{
			"knife with a margin",
			saliency.Knife{Factor: 10, Margin: 2, Empty: 0.5},
			two(),
			frames(ones, []string{"1 10 10 10 10 10", "1 10 10 10 10 10", "1 10 10 10 10 10", "1 10 10 10 10 10"}, halves, halves),
		},
		{
			"zero means zero",
			saliency.Knife{},
			two(),
			frames(ones, []string{"1 1 1 1 1 1", "1 1 1 0 0 1", "1 1 1 1 1 1", "1 1 1 1 1 1"}, filled("0 0 0 0 0 0", 4), filled("0 0 0 0 0 0", 4)),
		},
		{
			"knife with a halo",
			saliency.Knife{Factor: 50, Empty: 0.5, Halo: 15, HaloX: 2, HaloY: 1},
			two(),
			frames(ones, []string{"1 15 15 15 15 15", "1 15 15 50 50 15", "1 15 15 15 15 15", "1 1 1 1 1 1"}, halves, halves),
		},
		{
			"a halo over another's core",
			saliency.Knife{Factor: 50, Empty: 0.5, Halo: 15, HaloX: 2},
			overlapping,
			frames(ones, []string{"1 1 1 1 1 1", "1 15 15 50 50 50", "1 1 1 1 1 1", "1 1 1 1 1 1"}, halves, halves),
		},
		{
			"a halo inside the margin",
			saliency.Knife{Factor: 10, Margin: 1, Empty: 0.5, Halo: 3, HaloX: 1, HaloY: 1},
			two(),
			frames(ones, []string{"1 1 10 10 10 10", "1 1 10 10 10 10", "1 1 10 10 10 10", "1 1 1 1 1 1"}, halves, halves),
		},
		{
			"oracle",
			saliency.Oracle{Knife: saliency.Knife{Factor: 10, Empty: 0.5}},
			two(),
			frames(ones, []string{"1 1 1 1 1 1", "1 1 1 10 10 1", "1 1 1 1 1 1", "1 1 1 1 1 1"}, halves, halves),
		},
		{
			"product",
			saliency.Product(saliency.Knife{Factor: 10, Empty: 0.5}, saliency.Uniform{}, saliency.Knife{Factor: 2, Margin: 1, Empty: 3}),
			two(),
			frames(ones, []string{"1 1 2 2 2 2", "1 1 2 20 20 2", "1 1 2 2 2 2", "1 1 1 1 1 1"}, filled("1.5 1.5 1.5 1.5 1.5 1.5", 4), filled("1.5 1.5 1.5 1.5 1.5 1.5", 4)),
		},
		{
			"boxes over each other and outside",
			saliency.Knife{Factor: 10, Empty: 0.5},
			overlapping,
			frames(ones, []string{"1 1 1 1 1 1", "1 1 1 10 10 10", "1 1 1 1 1 1", "1 1 1 1 1 1"}, halves, halves),
		},
		{
			"padding weighs nothing",
			saliency.Knife{Factor: 10, Empty: 0.5},
			padded,
			frames(
				append(filled("1 1 1 1 0 0", 3), "0 0 0 0 0 0"), []string{"1 1 1 1 0 0", "1 1 1 10 0 0", "1 1 1 1 0 0", "0 0 0 0 0 0"},
				append(filled("0.5 0.5 0.5 0.5 0 0", 3), "0 0 0 0 0 0"), append(filled("0.5 0.5 0.5 0.5 0 0", 3), "0 0 0 0 0 0")),
		},
		{"normalized", saliency.Normalize(saliency.Knife{Factor: 4, Empty: 4}), saliency.Inputs{B: 1, T: 1, H: 2, W: 2, Boxes: [][]env.Box{nil}}, frames(filled("1 1", 2))},
		{"nothing to normalize", saliency.Normalize(saliency.Knife{}), saliency.Inputs{B: 1, T: 1, H: 2, W: 2, Boxes: [][]env.Box{nil}}, frames(filled("0 0", 2))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, weigh(t, c.w, c.in)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNormalizeKeepsTheMean(t *testing.T) {
	in := two()
	in.Content = image.Rect(0, 0, 5, 3)
	dst := make([]float32, in.B*in.T*in.H*in.W)
	w := saliency.Normalize(saliency.DefaultKnife())
	if err := w.Weights(dst, in); err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, v := range dst {
		sum += float64(v)
	}
	if mean := sum / (2 * 2 * 5 * 3); math.Abs(mean-1) > 1e-6 {
		t.Errorf("mean weight of the true pixels is %v, want 1", mean)
	}
	if ratio := dst[24+6+3] / dst[48]; math.Abs(float64(ratio)-100) > 1e-3 {
		t.Errorf("a knife pixel weighs %v times one of an empty sample, want 100", ratio)
	}
	if w.Name() != "knife" {
		t.Errorf("Name is %q, want knife", w.Name())
	}
}

func TestWeightsErrors(t *testing.T) {
	late, outside := two(), two()
	late.Boxes = [][]env.Box{{{Frame: 2}}, nil}
	outside.Content = image.Rect(0, 0, 7, 4)
	missing := two()
	missing.Boxes = nil
	for _, c := range []struct {
		want string
		w    saliency.Weighting
		in   saliency.Inputs
		n    int
	}{
		{"dst has 95 weights", saliency.Uniform{}, two(), 95},
		{"Boxes of 0 samples", saliency.DefaultKnife(), missing, 96},
		{"frame 2 of 2", saliency.DefaultKnife(), late, 96},
		{"Content", saliency.Uniform{}, outside, 96},
		{"Factor", saliency.Knife{Factor: -1}, two(), 96},
		{"Factor", saliency.Knife{Factor: math.NaN()}, two(), 96},
		{"Margin", saliency.Knife{Margin: -1}, two(), 96},
		{"Halo -1", saliency.Knife{Halo: -1}, two(), 96},
		{"HaloX -1", saliency.Knife{HaloX: -1}, two(), 96},
		{"HaloY -1", saliency.Knife{HaloY: -1}, two(), 96},
		{"motion: Plane has 0", saliency.NewMotion(saliency.DefaultMotion()), two(), 96},
		{"motion: an observation is 1 frame", saliency.NewMotion(saliency.DefaultMotion()), saliency.Inputs{B: 1, T: 1, H: 2, W: 2, Plane: make([]byte, 4)}, 4},
		{"residual: Recon has 0", saliency.DefaultResidual(), two(), 96},
		{"worst: Recon has 0", saliency.DefaultWorst(), two(), 96},
		{"clip: Recon has 0", saliency.DefaultClip(), two(), 96},
		{"value: there is no critic", saliency.NewValue(saliency.DefaultValue()), two(), 96},
		{"random: Boxes of 0", saliency.NewRandom(saliency.DefaultKnife()), missing, 96},
		{"random: sample 0 has a box in frame 2 of 2", saliency.NewRandom(saliency.DefaultKnife()), late, 96},
		{"motion: Plane", saliency.Product(saliency.Uniform{}, saliency.NewMotion(saliency.DefaultMotion())), two(), 96},
		{"Empty", saliency.Normalize(saliency.Knife{Empty: math.Inf(1)}), two(), 96},
	} {
		if err := c.w.Weights(make([]float32, c.n), c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

func TestClass(t *testing.T) {
	if c := saliency.Class(nil); c != 0 {
		t.Errorf("no box: class %d, want 0", c)
	}
	if c := saliency.Class(two().Boxes[0]); c != 1 {
		t.Errorf("a box: class %d, want 1", c)
	}
}
