// Package dojo is a built-in game with the problem of Kung-Fu Master: what decides
// it is 8 pixels large and nearly invisible in gray.
//
// # The game
//
// A fighter in white holds the middle of a corridor. Henchmen in orange walk in
// from both sides, grip and drain health until they are punched or kicked, which
// needs the right direction: 100 points each. Throwers in green stop at a
// distance and throw knives, high ones to duck under and low ones to jump over,
// at moments and heights that their arms do not tell; only the knife itself does.
// Later a thrower walks off or comes near, where it falls like a henchman: 500
// points. A knife costs 5 of 16 health, a grip 1 every 5 frames. Health 0 costs
// one of 4 lives, and life 0 ends the episode. Foes come ever faster.
//
// A knife is two rows of 4 pixels, the lower one column to the right, and flies 5
// pixels in 4 frames. It is gray 72 on a wall whose luminance is 83 of 255, a
// contrast of 0.04, though their blues are 124 apart.
//
// # What the knives are worth
//
// Mean scores with DefaultOptions over 300 episodes (go test -run TestScores -v
// -episodes 300):
//
//	random actions                           1,070
//	scripted player, blind to knives         6,520
//	scripted player that sees the knives    15,380
//
// # Concurrency
//
// A Vec is driven by one goroutine at a time. Vecs share nothing that changes.
//
// # Ownership
//
// The slices of a Batch are overwritten by the next Reset or Step.
//
// # Errors
//
// The errors of package env, and errors of Options that name the field.
package dojo
