package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam writes the optimiser's step. It rounds every product as the Go twin does,
// so that their bits are the same.
func adam(name string) {
	TEXT(name, NOSPLIT, "func(p, m, v, g []float32, f *[8]float32)")
	Pragma("noescape")
	Doc(name+" steps len(p) parameters by adamGeneric's formula, with its factors f. It needs", "AVX2.")
	n, at, base := slices("p", "m", "v", "g")
	factors := Load(Param("f"), GP64())
	var f [8]reg.VecVirtual
	for i := range f {
		f[i] = YMM()
		VBROADCASTSS(Mem{Base: factors, Disp: 4 * i}, f[i])
	}
	pointwise(n, at, func(size int) {
		p, m, v, g := YMM(), YMM(), YMM(), YMM()
		for i, r := range []reg.VecVirtual{p, m, v, g} {
			load(size, element(base[i], at), r)
		}
		t := YMM()
		VMULPS(f[0], g, g)
		VMULPS(f[1], m, m)
		VMULPS(f[2], g, t)
		VADDPS(t, m, m)
		VMULPS(f[3], v, v)
		VMULPS(f[4], g, t)
		VMULPS(g, t, t)
		VADDPS(t, v, v)
		store(size, m, element(base[1], at))
		store(size, v, element(base[2], at))
		VSQRTPS(v, t)
		VMULPS(f[5], t, t)
		VADDPS(f[6], t, t)
		VDIVPS(t, m, m)
		VMULPS(f[7], m, m)
		VSUBPS(m, p, p)
		store(size, p, element(base[0], at))
	})
	end()
}
