// Package stats says what the scores of a few runs tell: aggregates with
// intervals, comparisons of two arms, and how many runs a comparison needs.
//
// It follows Agarwal et al., "Deep Reinforcement Learning at the Edge of the
// Statistical Precipice", NeurIPS 2021, arXiv 2108.13264, and gives what their
// library rliable gives for the same numbers.
//
// # Shapes
//
// Scores are a matrix [runs][tasks]: a run is one seed, a task one game or one
// dataset that every run was judged on. The unit is the caller's. Statistics are
// plain functions of such a matrix; they expect what Check accepts, and are NaN of
// nothing or where a score is NaN. What resamples calls Check itself and returns its
// error.
//
// # Ownership and concurrency
//
// Inputs are read and never kept or changed. All functions may be called by many
// goroutines at once, and are deterministic: equal seeds give equal intervals.
package stats
