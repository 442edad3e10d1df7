// Package autoencoder is the network that learns to see: an encoder that ends in
// a few tanh units, the code, and a decoder that paints the observation back from
// them. The encoder's code is also what the actor and the critic of package agent
// work on.
//
// The loss is a weighted mean squared error whose weights come from outside; this
// package knows nothing of games, knives or rewards.
//
// # Shapes
//
// B batch, T frames of an observation, H rows, W columns (both multiples of 8).
// Observations are planes [B,T,H,W] u8; reconstructions [B,T,H,W] f32 in 0..1,
// where 1 is a plane's 255; the code is [B,Code] f32 in -1..1.
//
// # Concurrency
//
// The programs of a Model run on the shared worker threads of internal/kernel: one
// goroutine at a time.
package autoencoder
