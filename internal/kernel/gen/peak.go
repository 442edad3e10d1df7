package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// peak writes a loop of 12 independent multiply-adds, enough to hide their latency
// on any machine of two FMA units.
func peak(name string, v isa) {
	const chains = 12
	TEXT(name, NOSPLIT, "func(n int)")
	Doc(fmt.Sprintf("%s runs n rounds of %d multiply-adds of vectors. It needs %s.", name, chains, v.name))
	n := Load(Param("n"), GP64())
	acc, x := v.zeros(chains), v.zeros(1)[0]
	Label("loop")
	for _, r := range acc {
		VFMADD231PS(x, x, r)
	}
	DECQ(n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
