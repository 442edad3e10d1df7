package vnc

import (
	"bufio"
	"bytes"
	"image"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"glint/env/vnc/vnctest"
)

// seeds are an update in an encoding and its tail cut off, for the fuzzers to change.
func seeds(f *testing.F, e encoding, body func(p *picture, r image.Rectangle, rng *rand.Rand) []byte) {
	for k := range uint64(8) {
		rng := rand.New(rand.NewPCG(k, 5))
		r := part(rng)
		b := body(newPicture(rng, side, side), r, rng)
		f.Add(uint16(r.Dx()), uint16(r.Dy()), b)
		f.Add(uint16(r.Dx()), uint16(r.Dy()), b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, w, h uint16, body []byte) {
		r := image.Rect(0, 0, int(w%(side+1)), int(h%(side+1)))
		d := decode(append(head(vnctest.Update(1), r, e), body...))
		_, err := d.message()
		if n := len(d.screen.pix); n != side*side*pixelLen {
			t.Fatalf("the screen has %d bytes", n)
		}
		for y := range side { // nothing outside of the rectangle may change
			for x := range side {
				if at := image.Pt(x, y); !at.In(r) && !bytes.Equal(d.screen.row(x, y, 1), make([]byte, pixelLen)) {
					t.Fatalf("pixel %v outside of %v was painted (%v)", at, r, err)
				}
			}
		}
	})
}

func FuzzRaw(f *testing.F) {
	seeds(f, raw, func(p *picture, r image.Rectangle, _ *rand.Rand) []byte { return p.raw(nil, r) })
}

func FuzzHextile(f *testing.F) {
	seeds(f, hextile, func(p *picture, r image.Rectangle, rng *rand.Rand) []byte { return p.hextile(nil, r, rng) })
}

// FuzzZRLE feeds whole rectangles, which the checksum of zlib does not protect.
func FuzzZRLE(f *testing.F) {
	seeds(f, zrleEncoding, func(p *picture, r image.Rectangle, rng *rand.Rand) []byte {
		var z zpixels
		return z.zrle(nil, p, r, rng)
	})
}

// FuzzTile feeds what is inside the compression of ZRLE.
func FuzzTile(f *testing.F) {
	for k := range uint64(16) {
		rng := rand.New(rand.NewPCG(k, 6))
		f.Add(newPicture(rng, zrleSide, zrleSide).zrleTile(nil, image.Rect(0, 0, 40, 30), rng))
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		z := zrle{r: bufio.NewReader(bytes.NewReader(body))}
		d := decode(nil)
		_ = z.tile(&d.screen, image.Rect(0, 0, 40, 30)) // it must not panic
	})
}

// FuzzMessages feeds whole streams.
func FuzzMessages(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 7))
	p, r := newPicture(rng, side, side), image.Rect(1, 1, 5, 4)
	var z zpixels
	b := head(p.raw(head(vnctest.Update(2), r, raw), r), r, copyRect)
	b = append(b, 0, 1, 0, 1, messageBell, messageCutText, 0, 0, 0, 0, 0, 0, 1, 'a', messageColourMap, 0, 0, 0, 0, 0)
	b = append(b, z.zrle(head(vnctest.Update(1), r, zrleEncoding), p, r, rng)...)
	b = append(b, head(vnctest.Update(1), image.Rect(0, 0, 9, 9), desktopSize)...)
	b = append(b, append(head(vnctest.Update(1), image.Rect(0, 0, 2, 2), cursor), make([]byte, 18)...)...)
	f.Add(append(b, head(vnctest.Update(1<<16-1), r, lastRect)...))
	f.Fuzz(func(t *testing.T, stream []byte) {
		d := decode(stream)
		for err := error(nil); err == nil; _, err = d.message() {
			if n := len(d.screen.pix); n != d.screen.w*d.screen.h*pixelLen || n > maxScreen*pixelLen {
				t.Fatalf("a screen of %v has %d bytes", d.screen.bounds(), n)
			}
			for _, r := range d.damage {
				if !r.In(d.screen.bounds()) {
					t.Fatalf("damage %v outside of the screen %v", r, d.screen.bounds())
				}
			}
		}
	})
}

// FuzzHandshake lets a server say anything.
func FuzzHandshake(f *testing.F) {
	version := []byte("RFB 003.008\n")
	for _, tail := range [][]byte{
		append([]byte{1, 1, 0, 0, 0, 0}, vnctest.Init(image.Pt(4, 3), "name")...),
		append(append([]byte{2, 19, 2}, make([]byte, 20)...), vnctest.Init(image.Pt(4, 3), "")...),
		{0, 0, 0, 0, 3, 'b', 'a', 'd'},
		{1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 0, 0, 0, 1, 'x'},
	} {
		f.Add(append(bytes.Clone(version), tail...))
	}
	f.Add([]byte("RFB 003.003\n\x00\x00\x00\x00\x00\x00\x00\x02no"))
	f.Fuzz(func(t *testing.T, says []byte) {
		size, err := greet(mute{}, bufio.NewReader(bytes.NewReader(says)), "secret")
		if err == nil && len(says) < 12+2+4+24 {
			t.Fatalf("a screen of %v out of %d bytes", size, len(says))
		}
	})
}

// mute is a connection that takes every word.
type mute struct{ net.Conn }

func (mute) Write(b []byte) (int, error)     { return len(b), nil }
func (mute) SetReadDeadline(time.Time) error { return nil }

func FuzzChord(f *testing.F) {
	for _, s := range []string{"none", "Left+space", "a", "+", "é", "F1+F1", "Lefft"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseChord(text); err == nil && len(c) == 0 && text != None {
			t.Fatalf("%q holds no key", text)
		}
	})
}
