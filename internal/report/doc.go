// Package report draws and counts what a run has to show: sheets of example
// frames, animations and the text at a run's end.
//
// Nothing here knows how its numbers were made: all inputs are plain arrays.
//
// # Ownership
//
// Inputs are read and never kept or changed.
//
// # Concurrency
//
// All functions may be called by many goroutines at once.
package report
