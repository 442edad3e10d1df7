package gym_test

import (
	"os"
	"path/filepath"
	"testing"

	"glint/env"
	"glint/env/envtest"
	"glint/env/gym"
)

// knife returns the place of a flying knife by the RAM: the top left pixel of its
// box of 5x2 on the screen. Where the console moves the sprite late in the line,
// on the right of the screen, it is drawn one pixel right and up.
func knife(ram []byte) (x, y int, ok bool) {
	const thrower, none = 92, 188
	x, y = int(ram[73])-52, 123+int(ram[96])
	if ram[86]&8 != 0 {
		x, y = x+1, y-1
	}
	return x, y, ram[50] == thrower && ram[96] != none
}

// TestKnivesAreWhereTheRAMSays looks at the pixels of every knife that the RAM
// knows: two rows of four in the knife's colour, the upper one shifted to the
// right, whichever way it flies.
func TestKnivesAreWhereTheRAMSays(t *testing.T) {
	const colour = 2 // (74,74,74)
	o := kungFu(t, 4)
	v := open(t, o)
	s := v.Spec()
	next := envtest.Random(s, 11)
	if _, err := v.Reset(t.Context(), []uint64{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	seen, exact, pixels := 0, 0, 0
	for range 700 {
		b, err := v.Step(t.Context(), next())
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.N {
			for f := range s.T {
				x, y, ok := knife(b.AuxOf(i)[f*128 : (f+1)*128])
				x, y = x-fight.Min.X, y-fight.Min.Y
				if !ok || x < 0 || x+5 > s.W {
					continue
				}
				seen++
				n := coloured(s, b.ObsOf(i)[f*s.FrameLen():], x, y, colour)
				pixels += n
				if n == 8 {
					exact++
				}
			}
		}
	}
	t.Logf("%d frames with a knife, %d of them exact, %.2f of 8 pixels", seen, exact, float64(pixels)/float64(seen))
	if seen < 200 {
		t.Fatalf("only %d frames with a knife: the RAM is read wrongly, or play has changed", seen)
	}
	if share := float64(exact) / float64(seen); share < 0.97 {
		t.Errorf("%.1f %% of %d knives are drawn where the RAM says, want 97 %%", 100*share, seen)
	}
}

// coloured counts the knife's eight pixels that have its colour.
func coloured(s env.Spec, frame []byte, x, y int, colour byte) int {
	n := 0
	for row, from := range [2]int{1, 0} {
		for column := range 4 {
			if frame[(y+row)*s.W+x+from+column] == colour {
				n++
			}
		}
	}
	return n
}

const miniGrid = "MiniGrid-Empty-5x5-v0"

// TestMiniGrid plays an environment that an extra brings, which CI installs.
func TestMiniGrid(t *testing.T) {
	o := gym.DefaultOptions(miniGrid)
	o.Python = python(t)
	if os.Getenv("CI") == "true" {
		if _, err := gym.Install(t.Context(), gym.InstallOptions{Extras: []string{"minigrid"}, Progress: func(s string) { t.Log(s) }}); err != nil {
			t.Fatal(err)
		}
	} else if found, _ := filepath.Glob(filepath.Join(filepath.Dir(o.Python), "..", ".installed-minigrid-*")); len(found) == 0 {
		t.Skip("minigrid is not installed (glint env install --extra minigrid makes it; CI=true does so here)")
	}
	v := open(t, o)
	if s := v.Spec(); s.Format != env.RGB || s.Actions != 7 || s.T != 4 || !s.Stacked || s.Saves {
		t.Errorf("Spec: %+v", s)
	}
	if _, err := v.Reset(t.Context(), []uint64{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Step(t.Context(), []int{2}); err != nil {
		t.Fatal(err)
	}
}

// TestMissingExtra hides a module, if it is there, and wants to be told what brings it.
func TestMissingExtra(t *testing.T) {
	o := gym.DefaultOptions(miniGrid)
	o.Python = python(t)
	hidden := t.TempDir()
	const absent = "raise ModuleNotFoundError(\"No module named 'minigrid'\", name='minigrid')\n"
	if err := os.WriteFile(filepath.Join(hidden, "minigrid.py"), []byte(absent), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHONPATH", hidden)
	v, err := gym.Open(t.Context(), o)
	if err == nil {
		_ = v.Close()
	}
	const want = "gym: opening " + miniGrid + ": it needs the Python module minigrid; run: glint env install --extra minigrid"
	if err == nil || err.Error() != want {
		t.Errorf("Open: %v\nwant %s", err, want)
	}
}
