package kernel

import "testing"

// EachLevel runs f once for every CPU level of this machine, with that level in
// use.
func EachLevel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	before := cpu
	t.Cleanup(func() { cpu = before })
	for _, l := range levels {
		cpu = l
		t.Run(l.name, f)
	}
}

func TestChoose(t *testing.T) {
	fast := &level{name: "fast"}
	have := []*level{fast, &generic}
	tests := []struct {
		name, want string
		fails      bool
	}{
		{"", "fast", false},
		{"fast", "fast", false},
		{"generic", "generic", false},
		{"faster", "generic", true},
	}
	for _, tt := range tests {
		got, err := choose(tt.name, have)
		if got.name != tt.want || (err != nil) != tt.fails {
			t.Errorf("choose(%q) = %s, %v; want %s, error %t", tt.name, got.name, err, tt.want, tt.fails)
		}
	}
}

func TestTilesFitScratch(t *testing.T) {
	for _, l := range levels {
		if l.mr*l.nr > maxTile || l.dm*l.dn > maxTile {
			t.Errorf("%s: tiles %dx%d and %dx%d exceed %d elements", l.name, l.mr, l.nr, l.dm, l.dn, maxTile)
		}
	}
}
