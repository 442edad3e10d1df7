// Package vnc plays any program on a screen as an [env.Vec] of one environment: it
// sees what a VNC server (RFB 3.8, RFC 6143) shows and presses its keys.
//
// # Frames
//
// An observation is Repeat frames of the crop, [1,T,H,W,3] u8 in RGB, taken at the
// ticks of a clock of Rate frames a second. Step sends the keys of its action first,
// in one write, and then waits for its ticks; the ticks are absolute times, so that
// they do not drift. A user who takes so long between two steps that a tick passes has
// made a late step, and the frames of those ticks are gone: nothing is played faster to
// catch up. [Stats] counts both.
//
// A frame shows whole updates of the server alone, never half of one. The ticks follow
// the server's updates by a quarter of a frame: where it draws at the same rate, each of
// its frames is seen once, and an answer is there before it draws the next.
//
// # Lock step
//
// With Clock Lockstep nothing depends on time. A server that can do so draws the number of
// each frame into the last row of its screen: three pixels from the left, 0x676c74, the
// number modulo 2^24 and its complement, as 0xRRGGBB. Each stroke of the key Options.Commit
// lets it draw the next frame under the keys that are down, and its rewarder says for each
// frame v0.env.reward, with the number as "stamp" in info, also for the first frame of an
// episode, which the stroke after an end and every reset bring. A step is Repeat strokes.
// Where an episode ends within it, its last frame stands for the missing ones; the first
// observation of an episode is its first frame throughout. Seeds are sent whole, to 64 bits.
//
// # Episodes
//
// A screen knows neither rewards nor ends. A rewarder beside it does, which speaks the
// protocol of OpenAI's Universe (v0): a step's reward is the sum of what came in until
// its last frame. An episode is Terminated where the rewarder says done, and Truncated
// where it adds "TimeLimit.truncated" in info, where it begins another without a word, and
// after Options.MaxFrames. Without a rewarder rewards are the gains of Options.Scores,
// which are read off each frame, or 0 where there are none, and an episode is Terminated
// where the screen shows Options.End. An episode is Truncated and Invalid where a connection was lost and
// made anew, and where the screen changed its size. Seeds go to the rewarder, but what a
// screen shows in real time does not repeat.
//
// # Keys
//
// An action holds a chord of keys for its step; a key that the next action holds as well
// stays down. All keys are let go when an episode begins, by Close, and when a call
// fails. Keys that were down when a connection was lost are let go over the next one.
//
// # Latency
//
// Once a second the server is asked for one pixel, whether it changed or not. The time
// to its answer is the way there and back and the time the server takes; Stats gives
// quantiles.
//
// # Trust
//
// Whatever a server says is bounded before it costs memory: sizes of screens, names,
// texts and compressed data, messages and open episodes of a rewarder, the pixels that one update may repaint, and how often a
// screen may change its size. A message must be there within Options.Timeout of its
// first byte. The traffic is not encrypted: use ssh -L beyond a network you trust.
//
// # Concurrency
//
// A Vec is driven by one goroutine at a time. It has goroutines of its own, which read
// from the server and the rewarder and end with Close.
//
// # Ownership
//
// The slices of a Batch are overwritten by the next call.
//
// # Errors
//
// A lost connection is made anew within Options.Patience, and Open waits for Options.Startup
// for a server or rewarder where nobody listens yet. Errors that would come again, such as a wrong
// password, are given at once: servers shut out who tries too often.
// After an error of Step other than env.ErrAction the Vec wants a Reset.
package vnc
