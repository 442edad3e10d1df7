package vnc

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"glint/env/vnc/vnctest"
)

// BenchmarkUpdate reads whole pictures of a screen of 150x150 and takes them over into
// the view, as the goroutine of a link does.
func BenchmarkUpdate(b *testing.B) {
	rng := rand.New(rand.NewPCG(2, 2))
	p, whole := newPicture(rng, side, side), image.Rect(0, 0, side, side)
	var z zpixels
	// The same picture, inflated after itself, may come for ever.
	first := z.zrle(head(vnctest.Update(1), whole, zrleEncoding), p, whole, rand.New(rand.NewPCG(3, 3)))
	again := z.zrle(head(vnctest.Update(1), whole, zrleEncoding), p, whole, rand.New(rand.NewPCG(3, 3)))
	for _, c := range []struct {
		name         string
		first, again []byte
	}{
		{"raw", nil, p.raw(head(vnctest.Update(1), whole, raw), whole)},
		{"hextile", nil, p.hextile(head(vnctest.Update(1), whole, hextile), whole, rng)},
		{"zrle", first, again},
	} {
		b.Run(c.name, func(b *testing.B) {
			d, v, r := decode(nil), newView(whole), new(bytes.Reader)
			if err := v.reset(whole); err != nil {
				b.Fatal(err)
			}
			read := func(stream []byte) {
				r.Reset(stream)
				d.r.Reset(r)
				if _, err := d.message(); err != nil {
					b.Fatal(err)
				}
				v.update(&d.screen, d.damage, false)
			}
			if c.first != nil {
				read(c.first)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				read(c.again)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}
