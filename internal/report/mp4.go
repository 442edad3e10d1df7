package report

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// MP4 writes a film frame by frame, through an ffmpeg process.
type MP4 struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	faults bytes.Buffer
	size   image.Point
	pix    []byte // [H,W,3]
}

// encode are ffmpeg's words for H.264 that every player plays: yuv420p wants even
// sizes, so a row or column of black is added to an odd one.
var encode = []string{"-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-pix_fmt", "yuv420p", "-movflags", "+faststart"}

// CanFilm says, by an error of one line, why an ffmpeg cannot write what MP4 wants.
func CanFilm(ctx context.Context, ffmpeg string) error {
	args := append([]string{"-v", "error", "-f", "lavfi", "-i", "color=size=16x16:duration=0.1"}, encode...)
	out, err := exec.CommandContext(ctx, ffmpeg, append(args, "-f", "null", "-")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("report: %s does not encode H.264: %s", ffmpeg, lastLine(string(out), err))
	}
	return nil
}

// NewMP4 begins a film of that size in pixels, rate frames a second. It must be
// closed; ctx ends it before its time.
func NewMP4(ctx context.Context, ffmpeg, path string, size image.Point, rate int) (*MP4, error) {
	args := append([]string{
		"-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", fmt.Sprintf("%dx%d", size.X, size.Y), "-r", strconv.Itoa(rate), "-i", "pipe:0",
	}, encode...)
	m := &MP4{size: size, pix: make([]byte, 3*size.X*size.Y)}
	m.cmd = exec.CommandContext(ctx, ffmpeg, append(args, "-f", "mp4", "-n", "file:"+path)...)
	m.cmd.Stderr, m.cmd.WaitDelay = &m.faults, time.Second
	var err error
	if m.in, err = m.cmd.StdinPipe(); err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("report: starting %s: %w", ffmpeg, err)
	}
	return m, nil
}

// Add shows a frame.
func (m *MP4) Add(img image.Image) error {
	b := img.Bounds()
	if b.Size() != m.size {
		return fmt.Errorf("report: a frame of %v in a film of %v", b.Size(), m.size)
	}
	putRGB(m.pix, img)
	if _, err := m.in.Write(m.pix); err != nil {
		return cmp.Or(m.Close(), fmt.Errorf("report: writing a film: %w", err)) // ffmpeg knows better why
	}
	return nil
}

// putRGB writes an image as bytes of R, G and B.
func putRGB(dst []byte, img image.Image) {
	b, at := img.Bounds(), 0
	if p, ok := img.(*image.Paletted); ok {
		var colors [256][3]byte
		for i, c := range p.Palette {
			rgba := color.RGBAModel.Convert(c).(color.RGBA)
			colors[i] = [3]byte{rgba.R, rgba.G, rgba.B}
		}
		for y := range b.Dy() {
			for _, i := range p.Pix[y*p.Stride:][:b.Dx()] {
				at += copy(dst[at:], colors[i][:])
			}
		}
		return
	}
	if p, ok := img.(*image.RGBA); ok {
		for y := range b.Dy() {
			for row := p.Pix[y*p.Stride:][:4*b.Dx()]; len(row) > 0; row = row[4:] {
				at += copy(dst[at:], row[:3])
			}
		}
		return
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
			at += copy(dst[at:], []byte{c.R, c.G, c.B})
		}
	}
}

// Close ends the film and waits until it is on the disk. It may be called again.
func (m *MP4) Close() error {
	if m.cmd.ProcessState != nil {
		return nil
	}
	err := errors.Join(m.in.Close(), m.cmd.Wait())
	if err != nil {
		return fmt.Errorf("report: %s could not write the film: %s", m.cmd.Path, lastLine(m.faults.String(), err))
	}
	return nil
}

// lastLine returns the last line of what a process said, or err.
func lastLine(said string, err error) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	return err.Error()
}
