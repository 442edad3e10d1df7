package pixels_test

import (
	"image"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/env/dojo"
	"glint/env/pixels"
)

func TestPresetNames(t *testing.T) {
	for name, want := range map[string]string{
		"dojo":                               "dojo",
		"gym:ALE/KungFuMaster-v5":            "KungFuMaster",
		"gym:KungFuMasterNoFrameskip-v4":     "KungFuMaster",
		"gym:KungFuMasterDeterministic-v0":   "KungFuMaster",
		"gym:ALE/Pong-v5":                    "Pong",
		"gym:Breakout-v4":                    "Breakout",
		"gym:ALE/Pong3D-v5":                  "",
		"gym:CarRacing-v3":                   "",
		"vnc://localhost:5900+15900":         "",
		"gym:MiniGrid-DoorKey-5x5-v0":        "",
		"gym:ALE/KungFuMasterish-v5":         "",
		"gym:someone/dojo-NoFrameskip-other": "",
	} {
		p := pixels.PresetFor(name)
		if p.Name != want {
			t.Errorf("%s: preset %q, want %q", name, p.Name, want)
		}
		if want == "" && p.Config != pixels.DefaultConfig() {
			t.Errorf("%s: config %+v, want the default", name, p.Config)
		}
		for _, o := range p.Objects {
			if o.Kind == "" || o.Contrast == 0 || o.Core.X > o.Size.X || o.Core.Y > o.Size.Y {
				t.Errorf("%s: object %+v makes no sense", name, o)
			}
		}
	}
}

// TestPresetGeometry holds the presets to planes without any resize or padding.
func TestPresetGeometry(t *testing.T) {
	for name, want := range map[string]image.Point{
		"gym:ALE/KungFuMaster-v5": {X: 144, Y: 64}, "gym:ALE/Pong-v5": {X: 160, Y: 160}, "gym:ALE/Breakout-v5": {X: 144, Y: 160},
	} {
		preset := pixels.PresetFor(name)
		p, err := pixels.New(indexSpec(preset.Screen.Y, preset.Screen.X), preset.Config)
		if err != nil {
			t.Fatal(err)
		}
		if s := p.Spec(); s.W != want.X || s.H != want.Y || p.Content().Size() != want {
			t.Errorf("%s: plane %dx%d with content %v, want %v without padding", name, s.H, s.W, p.Content(), want)
		}
	}
}

// TestTruthFromRAM compares with places read off the drawn frames.
func TestTruthFromRAM(t *testing.T) {
	for _, c := range []struct {
		name, env string
		ram       map[int]byte
		want      []env.Box
	}{
		{"nothing in the air", "gym:ALE/KungFuMaster-v5", map[int]byte{50: 92, 73: 100, 96: 188}, nil},
		{
			"high knife", "gym:ALE/KungFuMaster-v5",
			map[int]byte{50: 92, 73: 93, 96: 6},
			[]env.Box{{Rect: image.Rect(41, 129, 46, 131), Frame: 3, Kind: "knife"}},
		},
		{
			"low knife that is moved late in the line", "gym:ALE/KungFuMaster-v5",
			map[int]byte{50: 92, 73: 156, 86: 8, 96: 29},
			[]env.Box{{Rect: image.Rect(105, 151, 110, 153), Frame: 3, Kind: "knife"}},
		},
		{"a dragon", "gym:ALE/KungFuMaster-v5", map[int]byte{50: 154, 73: 93, 96: 6}, nil},
		{
			"the thrower is gone", "gym:ALE/KungFuMaster-v5",
			map[int]byte{50: 177, 73: 93, 96: 6},
			[]env.Box{{Rect: image.Rect(41, 129, 46, 131), Frame: 3, Kind: "knife"}},
		},
		{"no ball", "gym:ALE/Pong-v5", map[int]byte{49: 80}, nil},
		{
			"pong", "gym:ALE/Pong-v5",
			map[int]byte{49: 129, 54: 114},
			[]env.Box{{Rect: image.Rect(80, 100, 82, 104), Frame: 3, Kind: "ball"}},
		},
		{"ball lost", "gym:ALE/Breakout-v5", map[int]byte{99: 80}, nil},
		{
			"breakout", "gym:ALE/Breakout-v5",
			map[int]byte{99: 129, 101: 91},
			[]env.Box{{Rect: image.Rect(80, 100, 82, 104), Frame: 3, Kind: "ball"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			ram := make([]byte, 128)
			for at, v := range c.ram {
				ram[at] = v
			}
			if d := cmp.Diff(c.want, pixels.PresetFor(c.env).Truth(nil, ram, 3)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestStateFromRAM(t *testing.T) {
	for _, c := range []struct {
		env  string
		ram  map[int]byte
		want pixels.State
	}{
		{
			"gym:ALE/KungFuMaster-v5",
			map[int]byte{74: 131, 46: 185, 75: 39, 0x18: 0x01, 0x19: 0x23, 0x1A: 0x50, 0x1D: 0x83, 31: 2},
			pixels.State{Player: image.Pt(82, 132), Body: image.Rect(82, 132, 90, 160), Health: 39, Lives: 4, Score: 12350, Floor: 2},
		},
		{"gym:ALE/KungFuMaster-v5", map[int]byte{74: 49, 46: 53, 0x1D: 0xFF}, pixels.State{Body: image.Rect(0, 0, 8, 34)}},
		{"gym:ALE/Pong-v5", map[int]byte{51: 119, 13: 20, 14: 3}, pixels.State{Player: image.Pt(140, 106), Score: -17}},
		{"gym:ALE/Breakout-v5", map[int]byte{72: 146, 57: 5, 76: 1, 77: 0x23}, pixels.State{Player: image.Pt(99, 189), Lives: 5, Score: 123}},
	} {
		ram := make([]byte, 128)
		for at, v := range c.ram {
			ram[at] = v
		}
		preset := pixels.PresetFor(c.env)
		if d := cmp.Diff(c.want, preset.State(ram)); d != "" {
			t.Errorf("%s: %s", c.env, d)
		}
		if s, boxes := preset.State(ram[:99]), preset.Truth(nil, ram[:20], 0); s != (pixels.State{}) || boxes != nil {
			t.Errorf("%s: too few raw bytes told %+v and %v", c.env, s, boxes)
		}
	}
}

// TestDojoObject holds the dojo's preset to the knives that the dojo draws.
func TestDojoObject(t *testing.T) {
	d, err := dojo.Open(dojo.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	preset := pixels.PresetFor("dojo")
	v := wrap(t, d, preset.Config, pixels.WrapOptions{})
	t.Cleanup(func() { _ = v.Close() })
	truth, _ := env.As[env.Truther](v)
	b := reset(t, v)
	s := v.Spec()
	clean := 0
	for range 2000 {
		for _, box := range truth.Truth(nil, 0) {
			if box.Rect.Size() != preset.Objects[0].Size || box.Kind != preset.Objects[0].Kind {
				t.Fatalf("box %+v does not suit %+v", box, preset.Objects[0])
			}
			own := 0
			for i, v := range b.Obs {
				at := image.Pt(i%s.W, i%s.FrameLen()/s.W)
				if i/s.FrameLen() == box.Frame && at.In(box.Rect) && v == preset.Objects[0].Contrast {
					own++
				}
			}
			if own == 8 {
				clean++
			}
		}
		b = step(t, v)
	}
	if clean < 50 {
		t.Errorf("%d knives of 8 pixels with contrast %d, want at least 50", clean, preset.Objects[0].Contrast)
	}
}
