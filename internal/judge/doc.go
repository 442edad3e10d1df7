// Package judge is the frozen judge of reconstructions: it compares what a decoder
// made of a plane with the plane itself, at the places where the truth has small
// objects. It has no settings and shares no code with the detectors that train, so
// that figures of different runs can be compared.
//
// # What it measures
//
// A knife stands for any small object. Only knives whose true box lies fully inside
// the content are judged. Values v are the plane's bytes over 255, or the
// reconstruction.
//
//	contrast   mean of v over the knife's true pixels (those of its box that are not
//	           0 on the plane) minus the median of v within 3 pixels of the box, in
//	           the reconstruction over the same in the truth; the mean over knives
//	kept       share of those knives with contrast >= 0.5
//	detected   share of knives that the judge's detector hits in the reconstruction,
//	           over its share on the plane itself
//	false      share of frames without any true box in which it fires on the
//	           reconstruction
//
// A knife that hides before something bright has no contrast in the truth. Contrast
// and kept leave out knives whose true contrast is below half the object's own.
//
// # The detector
//
// A pixel counts when v is above half the object's own contrast. The response at a
// place is the mean of a centre of the object's core size minus 4 times the mean of
// the ring around it: 9 pixels wider and 6 higher than the centre, without the
// centre and the pixels that touch it. Outside the content nothing counts. Places
// with a response of at least 0.7 that touch are one find, at the mean of their
// centres. One that touches the edge of the content, itself or by a pixel around it,
// is none: it may be the tip of something large. A hit is a find within 3 pixels of a true box's centre, one to one,
// nearest pairs first.
//
// # Detectors
//
// [Detections] compares the boxes that a detector found with the true ones, by the same
// rule of what a hit is, and tells the situations of the objects apart.
//
// # Concurrency
//
// A Judge is used by one goroutine at a time.
//
// # Ownership
//
// A Judge keeps none of the slices it is given.
package judge
