package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// column is one of the pictures of an example, side by side.
type column struct {
	name   string
	colors colormap                 // nil for the original
	of     func(*Example) []float32 // [H,W]
	top    float64                  // value of the last colour
	to     string                   // the same in words
}

// columnNames are what a sheet of weights and a film show.
var columnNames = []string{"Original", "Reconstruction", "Weights of the loss", "Error"}

// errorTop: errors from here on have the last colour.
const errorTop = 0.5

// columns returns what the sheet shows of each example. One scale serves all of them.
func (s *Sheet) columns() []column {
	cs := []column{
		{name: columnNames[0]},
		{columnNames[1], grays, func(e *Example) []float32 { return e.Recon }, 1, "1"},
	}
	if s.Slopes {
		for i, name := range []string{"|d value / d x|", "|d log p(a*) / d x|"} {
			of := func(e *Example) []float32 { return e.Slopes[i] }
			top := mostOf(s.Examples, of)
			cs = append(cs, column{name, magma, of, top, number(top) + " or more"})
		}
		return cs
	}
	weights := func(e *Example) []float32 { return e.Weights }
	top := largest(s.Examples, weights)
	return append(cs,
		column{columnNames[2], viridis, weights, top, number(top)},
		column{columnNames[3], magma, errorOf, errorTop, fmt.Sprintf("%.1f or more", errorTop)})
}

// errorOf is how far the reconstruction is off.
func errorOf(e *Example) []float32 {
	wrong := make([]float32, e.H*e.W)
	for i := range wrong {
		wrong[i] = float32(math.Abs(float64(e.Recon[i]) - float64(e.Plane[i])/255))
	}
	return wrong
}

// largest is the largest finite value of all examples, 1 where that is 0.
func largest(examples []Example, of func(*Example) []float32) float64 {
	top := 0.0
	for i := range examples {
		for _, w := range of(&examples[i]) {
			if v := float64(w); v > top && !math.IsInf(v, 0) {
				top = v
			}
		}
	}
	if top == 0 {
		return 1
	}
	return top
}

// slopesAbove is the share of slopes that have the last colour: a few are far above
// the others.
const slopesAbove = 0.002

// mostOf is the value that all but a few of the examples' stay below, the largest where
// that is 0.
func mostOf(examples []Example, of func(*Example) []float32) float64 {
	var all []float32
	for i := range examples {
		for _, v := range of(&examples[i]) {
			if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
				all = append(all, v)
			}
		}
	}
	slices.Sort(all)
	if n := len(all); n > 0 {
		if v := all[n-1-int(slopesAbove*float64(n))]; v > 0 {
			return float64(v)
		}
	}
	return largest(examples, of)
}

// number formats a weight.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
