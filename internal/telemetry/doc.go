// Package telemetry holds what a training run says about itself: the registry of
// its metrics, the files they are written to, the timing of the loop's phases
// and the line of progress.
//
// # Files
//
// A [Run] writes metrics.jsonl, which holds only what the seed and the
// configuration determine, timing.jsonl, which holds what the clock determines,
// and a TensorBoard event file with both. docs/METRICS.md describes the formats
// and every metric; it is generated from [Metrics].
//
// # Resuming
//
// [Run.Position] belongs in every checkpoint. [Resume] cuts the files back to it,
// so that metrics.jsonl of a run that was stopped and resumed equals that of an
// unbroken run byte for byte.
//
// # Concurrency
//
// A Run, a [Log] and an [Events] are used by one goroutine at a time. [Phases]
// and [Progress] may be used by many.
//
// # Errors
//
// Values under a name that is not in the registry are refused, so that no file
// holds a metric without a unit and a formula.
package telemetry

//go:generate go test -run TestDocIsCurrent -update .
