package judge

import (
	"image"
	"slices"
)

// around is how far the neighbourhood of a box reaches, in pixels.
const around = 3

// standsOut returns the mean of a picture over the object's true pixels minus the
// median of its neighbourhood, NaN where there are no such pixels.
func (j *Judge) standsOut(picture []float32, box image.Rectangle) float64 {
	var sum float64
	var n int
	j.values = j.values[:0]
	near := box.Inset(-around).Intersect(j.content)
	for y := near.Min.Y; y < near.Max.Y; y++ {
		for x := near.Min.X; x < near.Max.X; x++ {
			at := y*j.w + x
			switch {
			case !image.Pt(x, y).In(box):
				j.values = append(j.values, picture[at])
			case j.truthPlane[at] > 0:
				sum += float64(picture[at])
				n++
			}
		}
	}
	return sum/float64(n) - median(j.values)
}

// median sorts values and returns the middle one, of two their mean, 0 of none.
func median(values []float32) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return float64(values[middle])
	}
	return (float64(values[middle-1]) + float64(values[middle])) / 2
}
