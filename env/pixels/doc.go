// Package pixels turns the native pixels of any environment into planes: one byte
// a pixel, 0 is background, rows and columns multiples of 8.
//
// # Stages
//
// A [Preprocessor] is one ordered list of stages, each a pure function of a frame:
//
//	frame       [H,W,C]    palette indices, gray, RGB or plane, as the environment gave it
//	crop        [h,w,C]    Config.Crop, a copy of the pixels
//	projection  [h,w]      foreground: 0 background, 1..255 distance from it
//	                       luma: 0..255 luminance
//	                       none: the bytes themselves (gray and plane frames only)
//	resize      [h2,w2]    Config.Resize, or Config.MaxPixels of a luma: mean of the
//	                       pixels that fall into one
//	pool        [h2,w2]    Config.MaxPixels of a foreground: the largest of each block
//	pad         [H',W']    zeros below and to the right, up to multiples of 8
//
// The projection comes before the resize for every format: means of palette indices
// have no meaning, and a mean of colours at an edge is a colour that the background
// was never painted in. Content stays in the top left corner, so that padding moves
// no box; [Preprocessor.Content] is the rectangle of true pixels.
//
// # Projections
//
// [Foreground] takes the most frequent colour of each row of each frame as that
// row's background (of equally frequent ones the leftmost) and says for every pixel
//
//	max(|R-R0|, |G-G0|, |B-B0|)
//
// It has no state, so nothing that stands still can melt into the background. It
// suits games that paint a row in one colour; [Decide] measures whether a game does.
// [Luma] is the luminance of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, rounded.
//
// # Wrapping
//
// [Wrap] makes an environment whose observations are planes. What the inner one can
// (Saver, Sender, Truther) the outer can, in terms of planes.
//
// # Concurrency
//
// A Preprocessor keeps scratch memory: one goroutine at a time, [Preprocessor.Clone]
// makes another. A wrapped environment is driven by one goroutine at a time and
// spreads the frames of a batch over WrapOptions.Workers goroutines, which end
// before the call returns; their number never changes the result.
//
// # Ownership
//
// The Batch of a wrapped environment belongs to it until its next call, as
// everywhere in env; slices other than Obs and Final are the inner environment's.
//
// # Errors
//
// Config errors name the field. Errors of the inner environment pass unchanged.
package pixels
