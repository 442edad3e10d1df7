// Package env defines what an environment is to the rest of glint: N games that
// run in lock step, hand out pixels and take actions.
//
// # Words
//
// A frame is one picture of the emulator. A step is one decision of the agent,
// which is held for [Spec.Repeat] frames. An observation is the [Spec.T] frames
// the agent sees at a step. Letters of shapes: N environments, T frames of an
// observation, H rows, W columns, C bytes a pixel (1 for palette indices, gray
// values and planes, 3 for RGB).
//
// # Episodes
//
// Environments reset themselves in the step that ends an episode: that step's
// [Batch.Obs] is the first observation of the next episode, and [Batch.Final]
// holds the last observation of the ended one. An episode that the rules of the
// game end is Terminated, one that a time limit or a fault cuts is Truncated; the
// two are never merged, because a truncated episode still has a future to
// bootstrap from.
//
// # Ownership
//
// The slices of a [Batch] belong to the [Vec] and are overwritten by its next
// call. Copy what must last.
//
// # Concurrency
//
// A Vec is driven by one goroutine at a time, unless its documentation says
// otherwise.
//
// # Logging
//
// Nothing in this package logs.
package env
