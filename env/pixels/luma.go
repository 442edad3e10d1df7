package pixels

import "glint/env"

// luma returns the projection to luminance for frames of the Spec.
func luma(s env.Spec) func(dst, src []byte) {
	switch s.Format {
	case env.RGB:
		return func(dst, src []byte) {
			for i := range dst {
				p := src[3*i : 3*i+3]
				dst[i] = luminance(p[0], p[1], p[2])
			}
		}
	case env.Index:
		var table [256]uint8
		for i, c := range s.Palette {
			table[i] = luminance(c.R, c.G, c.B)
		}
		return func(dst, src []byte) {
			for i, p := range src {
				dst[i] = table[p]
			}
		}
	}
	return func(dst, src []byte) { copy(dst, src) }
}

// luminance is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601-7, 2.5.1), rounded.
func luminance(r, g, b uint8) uint8 {
	return uint8((299*uint32(r) + 587*uint32(g) + 114*uint32(b) + 500) / 1000)
}
