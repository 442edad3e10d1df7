package saliency

import "sort"

// rule says which counts of pixels fire.
type rule struct {
	threshold float64
	center    float64 // 1 / pixels of the centre
	ring      float64 // Lambda / pixels of the ring
	// limits holds for every count of the centre the largest one of the ring that
	// still fires, -1 for none. Both rise with the centre.
	limits []int32
	// least is the smallest count of a centre that can fire, most the largest one of
	// a ring. Nothing fires when least is above the pixels of the centre.
	least, most uint16
}

// newRule makes the rule for a centre and a ring of so many pixels, both at most
// 65535 and the centre smaller.
func newRule(c DetectorConfig, center, ring int) rule {
	r := rule{
		threshold: c.Threshold, center: 1 / float64(center), ring: c.Lambda / float64(ring),
		limits: make([]int32, center+1), least: uint16(center + 1),
	}
	for n := center; n >= 0; n-- {
		limit := sort.Search(ring+1, func(m int) bool { return !(r.response(uint16(n), uint16(m)) >= r.threshold) }) - 1
		r.limits[n] = int32(limit)
		if limit >= 0 {
			r.least, r.most = uint16(n), max(r.most, uint16(limit))
		}
	}
	return r
}

// response works out the response to counts in the centre and in the ring.
func (r *rule) response(center, ring uint16) float64 {
	response := float64(center) * r.center
	response -= float64(ring) * r.ring
	return response
}

// fires says whether the response to the counts reaches the threshold.
func (r *rule) fires(center, ring uint16) bool { return int32(ring) <= r.limits[center] }
