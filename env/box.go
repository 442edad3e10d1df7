package env

import "image"

// Box is a rectangle around one object in one frame of an observation.
type Box struct {
	// Rect is in pixels of the observation, top left origin, Max exclusive. It may
	// reach over the edge.
	Rect image.Rectangle
	// Frame is the frame of the observation, 0..T-1.
	Frame int
	// Kind names the object: "knife", "ball"; "small" from a detector that knows
	// no names.
	Kind string
}
