// Package gym plays Gymnasium environments, Atari games first of all, as an
// [env.Vec]: a Go client and, embedded beside it, the Python workers that it
// starts. PROTOCOL.md describes what goes between the two.
//
// [Install] makes the Python environment, once, in the user's cache folder;
// [Open] opens environments; [Serve] offers them to learners on other machines.
// Nothing is installed or downloaded but by Install.
//
// # Backends
//
// The ale backend drives ALE directly: palette indices at native resolution, the
// sequential frames of a repeated action, the RAM after every frame, sticky
// actions and no-op starts of our own, so that a saved state continues exactly.
// The gym backend takes any Gymnasium id with uint8 images and Discrete actions.
//
// # Workers
//
// A worker is one process with one socket and a share of the environments, so
// that a crash of an emulator costs its share one step: the worker is started
// again and its transitions are marked Truncated and Invalid. Three crashes
// without a step between them are an error.
//
// On Linux a local worker writes its batches into memory that it shares with the
// client; elsewhere, and where that fails, they go through the socket.
//
// # Concurrency
//
// A [Vec] is driven by one goroutine at a time.
//
// # Ownership
//
// A Batch of Reset and Step is overwritten by the next call; the Batch of Recv by
// the next Send to the same group.
//
// # Errors
//
// What the Python side reports is a [*RemoteError]: one line, with the traceback
// in a field. After an error of Step other than env.ErrAction the environments of
// that worker want a Reset, and Step gives env.ErrNotReset until then.
package gym
