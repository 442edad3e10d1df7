package vnc

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"glint/env/vnc/vnctest"
)

const side = 150 // of the screens here: tiles of 16 and 64 are cut at its edges

func decode(stream []byte) *decoder {
	d := &decoder{r: bufio.NewReader(bytes.NewReader(stream))}
	if err := d.screen.resize(side, side); err != nil {
		panic(err)
	}
	return d
}

// head appends the head of a rectangle.
func head(b []byte, r image.Rectangle, e encoding) []byte { return vnctest.Rect(b, r, int32(e)) }

// part draws a rectangle of the screen.
func part(rng *rand.Rand) image.Rectangle {
	return image.Rect(rng.IntN(side), rng.IntN(side), rng.IntN(side+1), rng.IntN(side+1))
}

// TestDecoders paints random parts of random pictures in every encoding and compares the
// whole screen after each update.
func TestDecoders(t *testing.T) {
	for _, e := range []encoding{raw, hextile, zrleEncoding} {
		rng := rand.New(rand.NewPCG(1, uint64(e)))
		var stream []byte
		var screens [][]byte
		shown := &picture{w: side, h: side, pix: make([]byte, side*side*3)}
		var z zpixels
		for range 60 {
			n := rng.IntN(4)
			stream = append(stream, vnctest.Update(n)...)
			for range n {
				p, r := newPicture(rng, side, side), part(rng)
				stream = head(stream, r, e)
				switch e {
				case raw:
					stream = p.raw(stream, r)
				case hextile:
					stream = p.hextile(stream, r, rng)
				default:
					stream = z.zrle(stream, p, r, rng)
				}
				p.each(r, func(x, y int, c string) { copy(shown.at(x, y), c) })
			}
			screens = append(screens, bytes.Clone(shown.pix))
		}
		d := decode(stream)
		for k, want := range screens {
			if update, err := d.message(); err != nil || !update {
				t.Fatalf("encoding %d, update %d: %v, %v", e, k, update, err)
			}
			got := make([]byte, len(want))
			strip(got, d.screen.pix)
			if !bytes.Equal(got, want) {
				t.Fatalf("encoding %d: the screen differs after update %d", e, k)
			}
		}
		if _, err := d.message(); !errors.Is(err, io.EOF) {
			t.Errorf("encoding %d: %v after the last update, want its end", e, err)
		}
	}
}

// TestCopyRect copies parts over each other, in all directions.
func TestCopyRect(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := newPicture(rng, side, side)
	whole := image.Rect(0, 0, side, side)
	d := decode(p.raw(head(vnctest.Update(1), whole, raw), whole))
	if _, err := d.message(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		r := part(rng)
		from := image.Pt(rng.IntN(side-r.Dx()+1), rng.IntN(side-r.Dy()+1))
		b := head(vnctest.Update(1), r, copyRect)
		b = binary.BigEndian.AppendUint16(b, uint16(from.X))
		b = binary.BigEndian.AppendUint16(b, uint16(from.Y))
		d.r.Reset(bytes.NewReader(b))
		if _, err := d.message(); err != nil {
			t.Fatal(err)
		}
		was := bytes.Clone(p.pix)
		p.each(r, func(x, y int, _ string) {
			copy(p.at(x, y), was[((y-r.Min.Y+from.Y)*side+x-r.Min.X+from.X)*3:])
		})
		got := make([]byte, len(p.pix))
		if strip(got, d.screen.pix); !bytes.Equal(got, p.pix) {
			t.Fatalf("a copy from %v to %v differs", from, r)
		}
	}
}

// TestMessages reads what is no picture, and looks for the message behind it.
func TestMessages(t *testing.T) {
	dot := func(b []byte, x int) []byte {
		return append(head(b, image.Rect(x, 0, x+1, 1), raw), 1, 2, 3, 4)
	}
	for name, c := range map[string]struct {
		stream []byte
		damage int
	}{
		"colour map": {append([]byte{messageColourMap, 0, 0, 5, 0, 2}, make([]byte, 12)...), 0},
		"bell":       {[]byte{messageBell}, 0},
		"cut text":   {[]byte{messageCutText, 0, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c'}, 0},
		"last rect":  {head(dot(dot(vnctest.Update(1<<16-1), 1), 2), image.Rectangle{}, lastRect), 2},
		"cursor":     {dot(append(head(vnctest.Update(2), image.Rect(5, 5, 14, 7), cursor), make([]byte, 9*2*4+2*2)...), 3), 1},
		"resize":     {dot(head(dot(vnctest.Update(3), 1), image.Rect(0, 0, 9, 7), desktopSize), 8), 1},
		"nothing":    {head(vnctest.Update(1), image.Rect(9, 9, 9, 30), raw), 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := decode(append(c.stream, dot(vnctest.Update(1), 0)...))
			update, err := d.message()
			if err != nil || update != (c.stream[0] == messageUpdate) || len(d.damage) != c.damage {
				t.Fatalf("update %v, damage %v, %v", update, d.damage, err)
			}
			if d.resized != (name == "resize") || d.resized && d.screen.bounds() != image.Rect(0, 0, 9, 7) {
				t.Errorf("resized is %v, the screen %v", d.resized, d.screen.bounds())
			}
			if update, err := d.message(); err != nil || !update || len(d.damage) != 1 {
				t.Errorf("the message behind it: %v, %v, %v", update, d.damage, err)
			}
		})
	}
}

// TestRefusals sends what no server may, and what would cost too much.
func TestRefusals(t *testing.T) {
	one := func(r image.Rectangle, e encoding, body ...byte) []byte {
		return append(head(vnctest.Update(1), r, e), body...)
	}
	zlibbed := func(tile ...byte) []byte {
		var out bytes.Buffer
		z := zlib.NewWriter(&out)
		_, _ = z.Write(tile)
		_ = z.Flush()
		return append(binary.BigEndian.AppendUint32(nil, uint32(out.Len())), out.Bytes()...)
	}
	tile := image.Rect(0, 0, 2, 2)
	trailing := append(zlibbed(1, 1, 2, 3), make([]byte, 2*zrleTail)...)
	trailing[3] += 2 * zrleTail
	flood := vnctest.Update(60000)
	for range maxRepaint + 1 {
		flood = append(head(flood, image.Rect(0, 0, side, side), copyRect), 0, 0, 0, 0)
	}
	for name, c := range map[string]struct {
		stream []byte
		want   string
	}{
		"unknown message":      {[]byte{77}, "type 77"},
		"huge clipboard":       {[]byte{messageCutText, 0, 0, 0, 0x7f, 0, 0, 0}, "clipboard"},
		"outside":              {one(image.Rect(140, 0, 151, 1), raw), "a screen of 150x150"},
		"far outside":          {one(image.Rect(65535, 65535, 65536, 65536), raw), "a screen of"},
		"huge":                 {one(image.Rect(0, 0, 65535, 65535), zrleEncoding), "more than 16 times"},
		"unknown encoding":     {one(tile, 7), "encoding 7"},
		"copy from outside":    {one(image.Rect(0, 0, 100, 1), copyRect, 0, 51, 0, 0), "a copy from"},
		"painted too often":    {flood, "more than 16 times"},
		"screen of nothing":    {one(image.Rect(0, 0, 0, 5), desktopSize), "screen of 0x5"},
		"huge screen":          {one(image.Rect(0, 0, 65535, 65535), desktopSize), "screen of 65535x65535"},
		"two sizes":            {head(head(vnctest.Update(2), image.Rect(0, 0, 9, 9), desktopSize), image.Rect(0, 0, 8, 9), desktopSize), "two sizes"},
		"huge pointer":         {one(image.Rect(0, 0, 65535, 65535), cursor), "pointer"},
		"part outside tile":    {one(tile, hextile, hextileSubrects, 1, 0x10, 0x10), "outside its tile"},
		"more data than tiles": {one(tile, zrleEncoding, 0, 2, 0, 0), "compressed bytes for 2x2"},
		"no zlib":              {one(tile, zrleEncoding, 0, 0, 0, 4, 1, 2, 3, 4), "zlib"},
		"short data":           {one(tile, zrleEncoding, zlibbed(0, 1, 2, 3)...), "EOF"},
		"long data":            {one(tile, zrleEncoding, zlibbed(1, 1, 2, 3, 4)...), "more than there are pixels"},
		"endless data":         {one(tile, zrleEncoding, zlibbed(append([]byte{1, 1, 2, 3}, make([]byte, 20<<20)...)...)...), "more than there are pixels"},
		"trailing data":        {one(tile, zrleEncoding, trailing...), "more than there are pixels"},
		"unknown tile":         {one(tile, zrleEncoding, zlibbed(129, 1, 2, 3)...), "kind 129"},
		"colour off palette":   {one(tile, zrleEncoding, zlibbed(3, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0xf0, 0)...), "colour 3 of a palette of 3"},
		"run off palette":      {one(tile, zrleEncoding, zlibbed(130, 1, 1, 1, 2, 2, 2, 2)...), "colour 2 of a palette of 2"},
		"run off tile":         {one(tile, zrleEncoding, zlibbed(128, 1, 1, 1, 4)...), "over the end"},
		"endless run":          {one(tile, zrleEncoding, zlibbed(append([]byte{128, 1, 1, 1}, bytes.Repeat([]byte{255}, 9000)...)...)...), "over the end"},
	} {
		t.Run(name, func(t *testing.T) {
			d := decode(c.stream)
			_, err := d.message()
			if !errors.Is(err, ErrProtocol) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want ErrProtocol with %q", err, c.want)
			}
		})
	}
}

// TestCutShort ends every kind of message after each of its bytes.
func TestCutShort(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	p, r := newPicture(rng, side, side), image.Rect(1, 1, 40, 20)
	var z zpixels
	for name, stream := range map[string][]byte{
		"raw":      p.raw(head(vnctest.Update(1), r, raw), r),
		"hextile":  p.hextile(head(vnctest.Update(1), r, hextile), r, rng),
		"zrle":     z.zrle(head(vnctest.Update(1), r, zrleEncoding), p, r, rng),
		"copy":     append(head(vnctest.Update(1), r, copyRect), 0, 0, 0, 0),
		"cursor":   append(head(vnctest.Update(1), r, cursor), make([]byte, 39*19*4+5*19)...),
		"cut text": {messageCutText, 0, 0, 0, 0, 0, 0, 1, 'a'},
		"map":      {messageColourMap, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6},
	} {
		for n := range stream {
			if _, err := decode(stream[:n]).message(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s of %d bytes cut after %d: %v", name, len(stream), n, err)
			}
		}
		if _, err := decode(stream).message(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDamageIsBounded(t *testing.T) {
	var list []image.Rectangle
	for i := range 10 * maxDamage {
		if list = addDamage(list, image.Rect(i, i, i+1, i+2)); len(list) > maxDamage {
			t.Fatalf("%d rectangles", len(list))
		}
	}
	for i := range 10 * maxDamage {
		covered := false
		for _, r := range list {
			covered = covered || image.Rect(i, i, i+1, i+2).In(r)
		}
		if !covered {
			t.Fatalf("damage %d is lost", i)
		}
	}
}

// TestStrip strips rows of all lengths.
func TestStrip(t *testing.T) {
	for n := range 20 {
		var src, want []byte
		for i := range n {
			p := []byte{byte(5 * i), byte(7*i + 1), byte(11*i + 2)}
			src, want = append(append(src, p...), 0xee), append(want, p...)
		}
		got := make([]byte, len(want)+1)
		if strip(got[:len(want)], src); !bytes.Equal(got[:len(want)], want) || got[len(want)] != 0 {
			t.Errorf("%d pixels become %v, want %v", n, got, want)
		}
	}
}
