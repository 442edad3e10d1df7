// Package envtest is the conformance suite that every environment passes, and
// the few tools it is made of: a chained [Digest] of what an environment shows
// and a [Random] stream of actions.
//
// An environment's test calls [Run] with a function that opens it:
//
//	func TestConformance(t *testing.T) {
//		o := envtest.DefaultOptions()
//		envtest.Run(t, func(tb testing.TB, n int) env.Vec {
//			v, err := dojo.Open(...)
//			...
//			return v
//		}, o)
//	}
//
// # What is asked beyond the words of package env
//
// Reset counts episodes from 0 again, and says reward 0, return 0 and no flag.
// Every step that does not end an episode lets Batch.Elapsed grow by
// Spec.Repeat, and an episode starts with at most Options.StartFrames elapsed.
// Equal seeds give equal batches, not frames alone, in a fresh Vec and after a
// second Reset. A call under a cancelled context returns at once with an error
// that is the context's; what it leaves behind need only be closable.
//
// # Concurrency
//
// Run counts goroutines and child processes, so nothing else may start any in
// the same test binary while it runs: call it from tests that are not parallel.
package envtest
