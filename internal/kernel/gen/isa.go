package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is a vector extension: its name in comments, the bytes of a register, and
// how to take one.
type isa struct {
	name  string
	bytes int
	vec   func() reg.VecVirtual
}

var (
	ymm = isa{"AVX2 and FMA", 32, YMM}
	zmm = isa{"AVX-512F", 64, ZMM}
)

// lanes is the number of float32 in a register.
func (v isa) lanes() int { return v.bytes / 4 }

// zeros returns n registers of zeros.
func (v isa) zeros(n int) []reg.VecVirtual {
	all := make([]reg.VecVirtual, n)
	for i := range all {
		all[i] = v.vec()
		if v.bytes == 64 {
			VPXORD(all[i], all[i], all[i])
		} else {
			VXORPS(all[i], all[i], all[i])
		}
	}
	return all
}

// fold adds the quarters or halves of r up into its lowest four lanes. With
// AVX-512 all is done at full width, which needs no further extension.
func (v isa) fold(r reg.VecVirtual) {
	if v.bytes == 32 {
		half := XMM()
		VEXTRACTF128(U8(1), r, half)
		VADDPS(half, r.AsX(), r.AsX())
		return
	}
	half := ZMM()
	VEXTRACTF64X4(U8(1), r, half.AsY())
	VADDPS(half, r, r)
	VEXTRACTF32X4(U8(1), r, half.AsX())
	VADDPS(half, r, r)
}
