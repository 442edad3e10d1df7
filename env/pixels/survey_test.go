package pixels_test

import (
	"image"
	"testing"

	"glint/env"
	"glint/env/dojo"
	"glint/env/pixels"
)

func TestSurvey(t *testing.T) {
	for _, c := range []struct {
		name  string
		crop  image.Rectangle
		frame []byte
		share float64
		want  pixels.Projection
	}{
		{"nothing seen", image.Rectangle{}, nil, 0, pixels.Luma},
		{"exactly 60 %", image.Rectangle{}, []byte{0, 0, 0, 1, 2, 0, 3, 0, 1, 2, 0, 1, 2, 0, 1}, 0.6, pixels.Foreground},
		{"below", image.Rectangle{}, []byte{0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 0, 1, 2, 0, 1}, 0.4, pixels.Luma},
		{"crop decides", image.Rect(0, 0, 5, 1), []byte{0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 0, 1, 2, 0, 1}, 1, pixels.Foreground},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := indexSpec(3, 5)
			colours := make([]byte, 0, 3*len(c.frame))
			for _, p := range c.frame {
				colours = append(colours, palette[p].R, palette[p].G, palette[p].B)
			}
			for format, frame := range map[env.Format][]byte{env.Index: c.frame, env.RGB: colours} {
				s.Format = format
				v, err := pixels.NewSurvey(s, pixels.Config{Crop: c.crop, Projection: pixels.Auto})
				if err != nil {
					t.Fatal(err)
				}
				v.Add(frame)
				if v.Share() != c.share || v.Projection() != c.want {
					t.Errorf("%s: share %v, %s; want %v, %s", format, v.Share(), v.Projection(), c.share, c.want)
				}
			}
		})
	}
}

func TestDecide(t *testing.T) {
	d, err := dojo.Open(dojo.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	cfg, share, err := pixels.Decide(t.Context(), d, pixels.DefaultConfig(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Projection != pixels.Foreground || share < 0.6 || share > 1 {
		t.Errorf("dojo: %s at share %v, want foreground", cfg.Projection, share)
	}
	named := pixels.Config{Projection: pixels.Luma}
	if got, _, err := pixels.Decide(t.Context(), nil, named, 1); err != nil || got != named {
		t.Errorf("a named projection: %+v, %v; want it back without any play", got, err)
	}
}
