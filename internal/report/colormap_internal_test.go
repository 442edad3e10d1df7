package report

import (
	"image/color"
	"math"
	"testing"
)

// luminance is the relative luminance of WCAG 2.1.
func luminance(c color.RGBA) float64 {
	linear := func(v byte) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func TestColormapsGetLighter(t *testing.T) {
	for name, m := range map[string]colormap{"viridis": viridis, "magma": magma, "grays": grays} {
		for i := 1; i <= 127; i++ {
			if a, b := m.at(float64(i-1)/127), m.at(float64(i)/127); luminance(b) <= luminance(a) {
				t.Errorf("%s gets darker from %v to %v at %d of 127", name, a, b, i)
			}
		}
		if m.at(-1) != m[0] || m.at(2) != m[len(m)-1] || m.at(math.Inf(1)) != m[len(m)-1] {
			t.Errorf("%s: values outside do not take the ends", name)
		}
		if m.at(math.NaN()) != missing {
			t.Errorf("%s hides NaN", name)
		}
	}
}
