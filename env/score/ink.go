package score

import "math"

// The bytes of a pixel: red, green, blue.
const rgb = 3

// inkOf returns how far each pixel of a picture [H,W,3] is from the background's colour, as the
// largest difference of red, green or blue.
func inkOf(pix []byte, back [rgb]int) []float32 {
	ink := make([]float32, len(pix)/rgb)
	for i := range ink {
		far := 0
		for c, b := range back {
			far = max(far, abs(int(pix[i*rgb+c])-b))
		}
		ink[i] = float32(far)
	}
	return ink
}

func abs(v int) int { return max(v, -v) }

// coarse is the bits that colours are sorted by, so that noise does not part what is one
// colour.
const coarse = 4

// background returns the mean of the most frequent colours that are alike.
func background(pix []byte) [rgb]int {
	var count [1 << (rgb * coarse)]int
	bin := func(p []byte) int {
		at := 0
		for c := range rgb {
			at = at<<coarse | int(p[c]>>(8-coarse))
		}
		return at
	}
	most := 0
	for i := 0; i+rgb <= len(pix); i += rgb {
		at := bin(pix[i:])
		if count[at]++; count[at] > count[most] {
			most = at
		}
	}
	var sum [rgb]int
	for i := 0; i+rgb <= len(pix); i += rgb {
		if bin(pix[i:]) == most {
			for c := range sum {
				sum[c] += int(pix[i+c])
			}
		}
	}
	for c := range sum {
		sum[c] = (sum[c] + count[most]/2) / max(1, count[most])
	}
	return sum
}

// covers says whether at least a quarter of a picture is about of a colour.
func covers(pix []byte, back [rgb]int) bool {
	n := 0
	for _, far := range inkOf(pix, back) {
		if far < 1<<(8-coarse) {
			n++
		}
	}
	return n*4*rgb >= len(pix)
}

// centre subtracts the mean of a patch, scales it to the length 1, and returns the length that
// it had. A patch of one value stays without a length.
func centre(patch []float32) float64 {
	mean := 0.0
	for _, v := range patch {
		mean += float64(v)
	}
	mean /= float64(len(patch))
	sum := 0.0
	for i, v := range patch {
		patch[i] = v - float32(mean)
		sum += float64(patch[i]) * float64(patch[i])
	}
	norm := math.Sqrt(sum)
	if norm > 0 {
		for i := range patch {
			patch[i] /= float32(norm)
		}
	}
	return norm
}

// distance returns the distance of two patches of length 1, 0..2.
func distance(a, b []float32) float64 {
	dot := 0.0
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return math.Sqrt(max(0, 2-2*dot))
}
