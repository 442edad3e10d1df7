// Package ops lets a Gorgonia graph run on the kernels of internal/kernel.
//
// A [Builder] makes graphs: its methods add nodes, check every shape at once and
// keep the first error. The nodes carry operations of our own for what Gorgonia
// lacks (transposed convolution, weighted and clipped losses) or does slowly;
// each knows its symbolic derivative, so gorgonia.Grad differentiates the graph.
// [Compile] turns the part of a graph that some outputs need into a [Program],
// which runs it on buffers planned once. Gorgonia's own TapeMachine would
// allocate on every run.
//
// # Shapes
//
// Letters: B batch, C channels, H rows, W columns, F filters, A actions. A shape
// comment such as [B,C,H,W] stands at every method that makes a tensor.
//
// # Ownership
//
// Input and parameter tensors belong to the caller, who fills them in place
// between runs. The values of other nodes belong to the Program and are defined
// for the outputs it was compiled for alone: buffers of inner nodes are reused
// inside a run.
//
// # Errors
//
// Wrong shapes and types are reported when the graph is built and name the
// operation, what it got and what it expected.
//
// # Concurrency
//
// One goroutine at a time may run Programs: they share the worker threads of
// internal/kernel.
package ops
