// Package e2e is tests that go through several verbs, as a user does: train, look at the
// run, go on with it, judge it.
package e2e
