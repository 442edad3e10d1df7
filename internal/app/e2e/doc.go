// Package e2e is tests of verbs from outside, most through several as a user goes: train,
// look at the run, go on with it, judge it.
package e2e
