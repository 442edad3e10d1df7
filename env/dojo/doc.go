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
// points. A knife costs 5 of 16 health, or 10 if it hits somebody who ducks or
// jumps, so that waiting in a crouch gains nothing; a grip costs 1 every 6 frames.
// Health 0 costs one of 4 lives, and the last life ends the episode. Foes come ever
// faster.
//
// A knife is two rows of 4 pixels, the lower one column to the right, and flies 5
// pixels in 4 frames. It is gray 72 on a wall whose luminance is 83 of 255, a
// contrast of 0.04, though their blues are 124 apart.
//
// # What the knives are worth
//
// RandomScore, BlindScore and SightedScore are the mean scores of random play and of
// the scripted player without and with its eyes for knives.
//
// The standard errors are 20, 80 and 180; such episodes last about 290, 600 and
// 1,060 steps. A knife is in sight in one step of ten of random play. The scripted
// player waits where it is. Whatever else a blind one does while nobody is in
// reach, such as crouching or walking up to throwers, gains it less than a fifth.
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
