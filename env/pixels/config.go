package pixels

import (
	"fmt"
	"image"
	"math"
	"strings"

	"glint/env"
)

// Multiple is what the rows and columns of a plane are padded to.
const Multiple = 8

// Bounds of a resize, beyond which a mistyped size would end in a want of memory.
const (
	maxSide   = 4096
	maxResize = 1 << 22
)

// Projection names the way from a pixel to one byte.
type Projection string

// The projections.
const (
	// Foreground is the distance from the row's most frequent colour.
	Foreground Projection = "foreground"
	// Luma is the luminance.
	Luma Projection = "luma"
	// None keeps the byte; only gray frames and planes have one.
	None Projection = "none"
	// Auto stands for what Decide measures; New refuses it.
	Auto Projection = "auto"
)

// Config says which stages a Preprocessor has. The zero value of a field leaves its
// stage out, except Projection, which must be named.
type Config struct {
	// Crop is the part of the frame that is kept, in pixels of the frame; empty for
	// the whole frame.
	Crop image.Rectangle `toml:"crop"`
	// Resize is the width and height after the resize, before padding; zero for
	// none.
	Resize image.Point `toml:"resize"`
	// MaxPixels shrinks frames of more pixels than this, keeping the ratio of their
	// sides; 0 for no limit. It is not used where Resize says a size. A Foreground
	// keeps the largest value of each of the smallest square blocks that do, so that
	// small objects stay as bright as they are; Luma is averaged.
	MaxPixels int `toml:"max_pixels"`
	// Projection is the way from a pixel to one byte.
	Projection Projection `toml:"projection"`
}

// DefaultConfig serves an environment nobody made a preset for: the whole frame,
// shrunk to at most 10,000 pixels (about what a network for 64x144 planes is made
// for), and the projection that Decide chooses.
func DefaultConfig() Config { return Config{MaxPixels: 10_000, Projection: Auto} }

// Validate names the first field that does not suit frames of the Spec.
func (c Config) Validate(s env.Spec) error {
	whole := image.Rect(0, 0, s.W, s.H)
	switch {
	case s.H <= 0 || s.W <= 0:
		return fmt.Errorf("pixels: the frames of %q have no pixels (%dx%d)", s.Name, s.H, s.W)
	case s.Format == env.Index && len(s.Palette) == 0:
		return fmt.Errorf("pixels: %q sends palette indices without a palette", s.Name)
	case c.Crop != image.Rectangle{} && (c.Crop.Empty() || !c.Crop.In(whole)):
		return fmt.Errorf("pixels: Crop %v is not inside the %dx%d frame (rows x columns) of %q", c.Crop, s.H, s.W, s.Name)
	case c.Resize != image.Point{} && (c.Resize.X <= 0 || c.Resize.Y <= 0):
		return fmt.Errorf("pixels: Resize %v: want a width and a height above 0, or none of both", c.Resize)
	case c.Resize.X > maxSide || c.Resize.Y > maxSide || c.Resize.X*c.Resize.Y > maxResize:
		return fmt.Errorf("pixels: Resize %v: want at most %d a side and %d pixels in all", c.Resize, maxSide, maxResize)
	case c.MaxPixels < 0:
		return fmt.Errorf("pixels: MaxPixels %d is negative", c.MaxPixels)
	}
	return c.validateProjection(s)
}

func (c Config) validateProjection(s env.Spec) error {
	switch c.Projection {
	case Foreground, Luma:
		return nil
	case None:
		if s.Format == env.Gray || s.Format == env.Plane {
			return nil
		}
		return fmt.Errorf("pixels: Projection %q needs gray pixels, %q sends %s: use %q or %q", None, s.Name, s.Format, Foreground, Luma)
	case Auto:
		return fmt.Errorf("pixels: Projection %q is still open: call Decide first", Auto)
	}
	names := []string{string(Foreground), string(Luma), string(None), string(Auto)}
	return fmt.Errorf("pixels: Projection %q is unknown: use one of %s", c.Projection, strings.Join(names, ", "))
}

// crop returns the kept part of a frame.
func (c Config) crop(s env.Spec) image.Rectangle {
	if c.Crop == (image.Rectangle{}) {
		return image.Rect(0, 0, s.W, s.H)
	}
	return c.Crop
}

// block returns the side of the blocks of pixels that become one, 1 where none do.
func (c Config) block(cropped image.Point) int {
	if c.Resize != (image.Point{}) || c.MaxPixels == 0 || c.Projection != Foreground {
		return 1
	}
	k := 1
	for size := cropped; size.X*size.Y > c.MaxPixels; size = blocks(cropped, k) {
		k++
	}
	return k
}

// blocks returns how many blocks of side k cover a plane.
func blocks(size image.Point, k int) image.Point {
	return image.Pt((size.X+k-1)/k, (size.Y+k-1)/k)
}

// size returns width and height after crop and resize.
func (c Config) size(s env.Spec) image.Point {
	cropped := c.crop(s).Size()
	pixels := cropped.X * cropped.Y
	switch {
	case c.Resize != image.Point{}:
		return c.Resize
	case c.MaxPixels == 0 || pixels <= c.MaxPixels:
		return cropped
	case c.Projection == Foreground:
		return blocks(cropped, c.block(cropped))
	}
	scale := math.Sqrt(float64(c.MaxPixels) / float64(pixels))
	return image.Pt(max(1, int(float64(cropped.X)*scale)), max(1, int(float64(cropped.Y)*scale)))
}
