// Package agent learns to play: an actor and a critic on the code of a shared
// autoencoder, trained by PPO or A2C while the autoencoder goes on learning.
//
// # Training
//
// A [Trainer] goes through three stages. In Explore a random policy fills the store
// of observations. In Reconstruct these train the autoencoder alone. In Play the
// agent acts, every rollout trains actor and critic, and part of it, with batches of the
// store, goes on training the autoencoder, balanced by frame class; both gradients add up
// before one step of Adam. Meanwhile the next rollout is played. [Trainer.Advance] does
// one unit of work; [Trainer.Files] is the state after it, and a Trainer that [Resume]
// makes of it goes on exactly as the first would have.
//
// # Words
//
// Steps, frames and updates as in package env and the README; an iteration is one
// training batch seen by the network, which in Play is one update of both losses.
//
// # Concurrency
//
// One goroutine at a time may use a Trainer or a Player. With Config.Overlap a Trainer plays
// in a goroutine of its own, which ends before Advance does, and computes there in one
// thread beside those of the kernels.
//
// # Logging
//
// This package does not log; figures are returned in a [Report].
package agent
