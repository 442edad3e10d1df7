package pixels

import (
	"fmt"
	"image"
	"strings"

	"glint/env"
)

// Preprocessor turns native frames into planes by an ordered list of stages.
type Preprocessor struct {
	in     env.Spec
	cfg    Config
	out    env.Spec
	crop   image.Rectangle // in pixels of the native frame
	size   image.Point     // of the content
	stages []stage
	bufs   [][]byte // bufs[i] holds what stage i makes; the last one writes to dst
}

// stage is one step of the way: a pure function of src.
type stage struct {
	name string
	// size is the number of bytes the stage makes.
	size  int
	apply func(dst, src []byte)
}

// New builds the preprocessor for frames of the Spec. It returns the error of
// Config.Validate.
func New(s env.Spec, cfg Config) (*Preprocessor, error) {
	if err := cfg.Validate(s); err != nil {
		return nil, err
	}
	p := &Preprocessor{in: s, cfg: cfg, crop: cfg.crop(s), size: cfg.size(s)}
	p.out = s
	p.out.H, p.out.W = roundUp(p.size.Y), roundUp(p.size.X)
	p.out.Format, p.out.Palette = env.Plane, nil
	p.build()
	return p, nil
}

// build lists the stages that change something, in order.
func (p *Preprocessor) build() {
	cropped := p.crop.Size()
	if p.crop != image.Rect(0, 0, p.in.W, p.in.H) {
		p.add(cropStage(p.in, p.crop))
	}
	if p.cfg.Projection != None {
		p.add(projectStage(p.in, p.cfg.Projection, cropped))
	}
	switch k := p.cfg.block(cropped); {
	case k > 1:
		p.add(poolStage(cropped, k))
	case p.size != cropped:
		p.add(resizeStage(cropped, p.size))
	}
	if p.size != image.Pt(p.out.W, p.out.H) {
		p.add(padStage(p.size, image.Pt(p.out.W, p.out.H)))
	}
	if len(p.stages) == 0 {
		p.add(stage{name: "copy", size: p.out.FrameLen(), apply: func(dst, src []byte) { copy(dst, src) }})
	}
}

func (p *Preprocessor) add(s stage) {
	p.stages = append(p.stages, s)
	p.bufs = append(p.bufs, make([]byte, s.size))
}

// Spec describes the planes: the Spec given to New with H, W and Format changed.
func (p *Preprocessor) Spec() env.Spec { return p.out }

// Content is the rectangle of true pixels in a plane; the rest is padding.
func (p *Preprocessor) Content() image.Rectangle { return image.Rectangle{Max: p.size} }

// Clone returns a Preprocessor for another goroutine.
func (p *Preprocessor) Clone() *Preprocessor {
	c := &Preprocessor{in: p.in, cfg: p.cfg, out: p.out, crop: p.crop, size: p.size}
	c.build()
	return c
}

// Apply makes the plane of one frame: src [H,W,C] of New's Spec, dst [H',W'] of
// Spec. It allocates nothing unless there is a resize. It panics when a length is
// wrong.
func (p *Preprocessor) Apply(dst, src []byte) {
	if len(src) != p.in.FrameLen() || len(dst) != p.out.FrameLen() {
		panic("pixels: Apply: length of dst or src does not suit the Spec")
	}
	last := len(p.stages) - 1
	for i, s := range p.stages[:last] {
		s.apply(p.bufs[i], src)
		src = p.bufs[i]
	}
	p.stages[last].apply(dst, src)
}

// Box moves a rectangle from pixels of the native frame to pixels of the plane. A
// frame that is made smaller widens it to whole pixels.
func (p *Preprocessor) Box(r image.Rectangle) image.Rectangle {
	r = r.Sub(p.crop.Min)
	from, to := p.crop.Size(), p.size
	if k := p.cfg.block(from); k > 1 {
		from, to = image.Pt(k, k), image.Pt(1, 1)
	}
	if from == to {
		return r
	}
	return image.Rect(
		floorDiv(r.Min.X*to.X, from.X), floorDiv(r.Min.Y*to.Y, from.Y),
		-floorDiv(-r.Max.X*to.X, from.X), -floorDiv(-r.Max.Y*to.Y, from.Y))
}

// String lists the stages as they run, such as "crop 64x144 > foreground 64x144".
func (p *Preprocessor) String() string {
	names := make([]string, len(p.stages))
	for i, s := range p.stages {
		names[i] = s.name
	}
	return strings.Join(names, " > ")
}

func named(what string, size image.Point) string {
	return fmt.Sprintf("%s %dx%d", what, size.Y, size.X)
}

func roundUp(n int) int { return (n + Multiple - 1) / Multiple * Multiple }

// floorDiv divides rounding towards minus infinity, as boxes may reach over the
// edge; b is positive.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
