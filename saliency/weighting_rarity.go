package saliency

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Rarity weighs patches by how seldom their kind occurs, the cure of class imbalance
// applied to pixels: weights by inverse frequency, tempered by a power (Cui et al.
// 2019 weigh classes so, with another damping). An observation is cut into cells, a
// cell is lit where one of its pixels is above Level, and the kind k of a cell is
// which of it and its eight neighbours are lit, one of 512:
//
//	w = min(Max, (n_max / n_k)^Power)
//
// where n_k is the number of cells of that kind among the last batches, a batch
// weighing 1 - 1/Memory times the next one, and n_max that of the commonest kind,
// which weighs 1. A small lonely thing and the cells around it are of rare kinds. No
// detector takes part.
type Rarity struct {
	// Cell is the width and height of a cell: 1, 2, 4, 8, 16 or 32.
	Cell int `toml:"cell"`
	// Level is the value above which a pixel is lit, at most 127.
	Level uint8 `toml:"level"`
	// Power is the exponent; 0 weighs all alike, 1 gives every kind an equal sum.
	Power float64 `toml:"power"`
	// Max is the largest weight.
	Max float64 `toml:"max"`
	// Memory is how many batches the counts look back.
	Memory float64 `toml:"memory"`
}

// DefaultRarity returns cells of 4, Level 31, Power 0.5, Max 30 and Memory 1000.
func DefaultRarity() Rarity { return Rarity{Cell: 4, Level: 31, Power: 0.5, Max: 30, Memory: 1000} }

// Validate names the first field that makes no weights.
func (r Rarity) Validate() error {
	if r.Cell < 1 || r.Cell > 32 || bits.OnesCount(uint(r.Cell)) != 1 {
		return fmt.Errorf("saliency: rarity: Cell %d: want 1, 2, 4, 8, 16 or 32", r.Cell)
	}
	return limits{
		{"Level", float64(r.Level), 0, maxLevel},
		{"Power", r.Power, 0, 8},
		{"Max", r.Max, 1, maxWeight},
		{"Memory", r.Memory, 1, 1e9},
	}.check("rarity")
}

// kinds is the number of kinds of a cell: it and its eight neighbours, lit or not.
const kinds = 1 << 9

// NewRarity returns a Weighting of these settings that has seen nothing yet.
func NewRarity(r Rarity) Stateful { return &rarity{Rarity: r} }

// rarity is Rarity with what it has seen.
type rarity struct {
	Rarity
	counts [kinds]float64
	weight [kinds]float32
	fresh  [][kinds]int32 // of each sample of the batch at hand
	kind   []uint16       // [B*T, cell rows, cell columns]
}

// Name returns "rarity".
func (*rarity) Name() string { return "rarity" }

// Needs returns planes.
func (*rarity) Needs() Needs { return Needs{Plane: true} }

// Weights needs Plane. With Inputs.Learn the batch is counted first, and as well when
// nothing has been counted yet, but then not kept.
func (r *rarity) Weights(dst []float32, in Inputs) error { return weights(r, dst, in) }

func (r *rarity) begin(in *Inputs) error {
	if err := r.Validate(); err != nil {
		return err
	}
	rows, cols := r.cellsOf(in)
	sized(&r.fresh, in.B)
	sized(&r.kind, in.B*in.T*rows*cols)
	return nil
}

func (r *rarity) cellsOf(in *Inputs) (rows, cols int) {
	return (in.H + r.Cell - 1) / r.Cell, (in.W + r.Cell - 1) / r.Cell
}

// look finds and counts the kinds of all cells of a sample.
func (r *rarity) look(in *Inputs, b int, m *memory) float64 {
	rows, cols := r.cellsOf(in)
	size := in.H * in.W
	lit, cells, fresh := &m.bits, &m.other, &r.fresh[b]
	lit.resize(in.H, in.W)
	cells.resize(rows+2, cols+2) // with a border of one cell
	*fresh = [kinds]int32{}
	for f := b * in.T; f < (b+1)*in.T; f++ {
		lit.above(in.Plane[f*size:(f+1)*size], r.Level)
		cells.coarsen(lit, r.Cell, cols)
		for y := range rows {
			cells.kinds(r.kind[(f*rows+y)*cols:(f*rows+y+1)*cols], y, fresh)
		}
	}
	return 0
}

func (r *rarity) weigh(dst []float32, in *Inputs, b int, _ float64, _ *memory) {
	rows, cols := r.cellsOf(in)
	content := in.content()
	for t := range in.T {
		kind := r.kind[(b*in.T+t)*rows*cols:][:rows*cols]
		plane := dst[t*in.H*in.W:][:in.H*in.W]
		for y := content.Min.Y; y < content.Max.Y; y++ {
			line := plane[y*in.W:][:in.W]
			if y%r.Cell > 0 && y > content.Min.Y {
				copy(line, plane[(y-1)*in.W:]) // of the same cells
				continue
			}
			row := kind[y/r.Cell*cols:][:cols]
			for c := 0; c < cols; {
				from, k := c, row[c]
				for c < cols && row[c] == k {
					c++
				}
				fill(line[from*r.Cell:min(c*r.Cell, in.W)], r.weight[k])
			}
		}
	}
}

// coarsen lights the cells of p that hold a lit pixel. It overwrites lit.
func (p *bitPlane) coarsen(lit *bitPlane, cell, cols int) {
	clear(p.bits)
	for y := range lit.h {
		if y+1 < lit.h && (y+1)%cell > 0 {
			next := lit.row(y + 1)
			for i, v := range lit.row(y) {
				next[i] |= v
			}
			continue
		}
		out := p.row(y/cell + 1)
		eachRun(lit.row(y), 0, cols*cell, func(from, to int) {
			for c := from/cell + 1; (c-1)*cell < to; c++ {
				out[c>>6] |= 1 << (c & 63)
			}
		})
	}
}

// kinds writes and counts the kinds of one row of cells. Each step shifts the three
// bits of a column out and those of the next in.
func (p *bitPlane) kinds(kind []uint16, y int, counts *[kinds]int32) {
	top, mid, low := p.row(y), p.row(y+1), p.row(y+2)
	if !anyBit(top) && !anyBit(mid) && !anyBit(low) {
		clear(kind)
		counts[0] += int32(len(kind))
		return
	}
	column := func(x int) uint16 {
		i, s := x>>6, x&63
		return uint16(top[i]>>s&1 | mid[i]>>s&1<<1 | low[i]>>s&1<<2)
	}
	k := column(0)<<3 | column(1)
	for x := range kind {
		k = (k<<3 | column(x+2)) & (kinds - 1)
		kind[x] = k
		counts[k]++
	}
}

// settle sets the weight of each kind, after it has taken the batch at hand in where
// that is to be learnt from or nothing else is known.
func (r *rarity) settle(in *Inputs) {
	counts := r.counts
	if in.Learn || slices.Max(counts[:]) == 0 {
		for k := range counts {
			counts[k] *= 1 - 1/r.Memory
			for b := range r.fresh {
				counts[k] += float64(r.fresh[b][k])
			}
		}
	}
	if in.Learn {
		r.counts = counts
	}
	most := slices.Max(counts[:])
	for k, n := range counts {
		r.weight[k] = float32(min(r.Max, math.Pow(most/n, r.Power)))
	}
}

// State returns the counts.
func (r *rarity) State() []float64 { return slices.Clone(r.counts[:]) }

// SetState takes over what State returned.
func (r *rarity) SetState(s []float64) error {
	if len(s) != kinds {
		return fmt.Errorf("saliency: rarity: a state of %d numbers, want %d", len(s), kinds)
	}
	copy(r.counts[:], s)
	return nil
}
