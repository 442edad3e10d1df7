package pixels

import (
	"encoding/binary"
	"image"

	"github.com/disintegration/imaging"

	"glint/env"
)

// cropStage copies a part of a frame: [H,W,C] to [h,w,C].
func cropStage(s env.Spec, part image.Rectangle) stage {
	size, c := part.Size(), s.Format.Channels()
	row, stride := size.X*c, s.W*c
	start := part.Min.Y*stride + part.Min.X*c
	return stage{name: named("crop", size), size: size.Y * row, apply: func(dst, src []byte) {
		for y := range size.Y {
			copy(dst[y*row:(y+1)*row], src[start+y*stride:])
		}
	}}
}

// projectStage makes one byte of a pixel: [h,w,C] to [h,w].
func projectStage(s env.Spec, p Projection, size image.Point) stage {
	st := stage{name: named(string(p), size), size: size.X * size.Y}
	if p == Luma {
		st.apply = luma(s)
		return st
	}
	switch s.Format {
	case env.RGB:
		st.apply = foregroundRGB(size.X)
	case env.Index:
		st.apply = foregroundBytes(size.X, sameColour(s.Palette), distances(s.Palette))
	default:
		st.apply = foregroundBytes(size.X, grayLevels(), grayDistances())
	}
	return st
}

// resizeStage averages the pixels that fall into one: [h,w] to [h2,w2]. The box
// filter keeps the sum of an object's pixels; wider filters ring around small ones.
func resizeStage(from, to image.Point) stage {
	return stage{name: named("resize", to), size: to.X * to.Y, apply: func(dst, src []byte) {
		gray := &image.Gray{Pix: src, Stride: from.X, Rect: image.Rectangle{Max: from}}
		out := imaging.Resize(gray, to.X, to.Y, imaging.Box)
		for i := range dst {
			dst[i] = out.Pix[4*i]
		}
	}}
}

// poolStage keeps the largest value of each block of k x k pixels: [h,w] to
// [ceil(h/k),ceil(w/k)].
func poolStage(from image.Point, k int) stage {
	to := blocks(from, k)
	at := make([]int, from.X) // column of the block
	for x := range at {
		at[x] = x / k
	}
	return stage{name: named("pool", to), size: to.X * to.Y, apply: func(dst, src []byte) {
		clear(dst)
		for y := range from.Y {
			row, out := src[y*from.X:(y+1)*from.X], dst[y/k*to.X:]
			for x := 0; x < len(row); x += 8 {
				if x+8 <= len(row) && binary.NativeEndian.Uint64(row[x:]) == 0 {
					continue // background, as most of a foreground is
				}
				for i := x; i < min(x+8, len(row)); i++ {
					out[at[i]] = max(out[at[i]], row[i])
				}
			}
		}
	}}
}

// padStage puts a plane into the top left corner of a larger one of zeros.
func padStage(from, to image.Point) stage {
	return stage{name: named("pad", to), size: to.X * to.Y, apply: func(dst, src []byte) {
		clear(dst)
		for y := range from.Y {
			copy(dst[y*to.X:], src[y*from.X:(y+1)*from.X])
		}
	}}
}
