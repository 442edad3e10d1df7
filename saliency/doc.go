// Package saliency says which pixels of an observation matter: detectors find small
// objects on a plane and follow their flight, weightings turn what is known about a
// batch into weights of its pixels for a loss.
//
// A Calibrator and a Trial find a detector's settings without labels.
//
// # Shapes
//
// B samples of T frames with H rows and W columns. A plane is one byte a pixel and 0
// is background. Weights are [B,T,H,W] float32, at least 0.
//
// # Concurrency
//
// A Detector, a Flight, a Finder, a Calibrator and a Trial keep scratch memory: one
// goroutine at a time. So do the weightings of [NewRarity], [NewValue] and [NewRandom],
// and products of them or of weightings from elsewhere; the others have no state and
// may be shared. The samples of a batch are weighed on the goroutines of
// internal/kernel, with the same result for any number of them. What a [Stateful] one remembers goes into
// checkpoints by [States].
//
// # Ownership
//
// Nothing keeps a slice it is given; a Finder copies its stacks. Boxes are appended to
// the caller's slice.
//
// # Errors
//
// Errors name the field or the slice that does not fit. Nothing here logs.
package saliency
