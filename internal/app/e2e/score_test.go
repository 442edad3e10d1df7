package e2e_test

import (
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/env"
	"glint/env/dojo"
	"glint/env/gym"
	"glint/env/score"
	"glint/internal/app/envs"
	"glint/internal/report"
)

// display is a number that a game shows, and the truth about it.
type display struct {
	crop   string
	format string // of the number
	truth  func(ram []byte, sum float64) int
	play   func(ram []byte, step int, rng *rand.Rand) int // an action
	other  string                                         // another place with the same digits; empty for none

	otherTruth func(ram []byte) int
}

// decimal reads digits of which there are two in a byte.
func decimal(bytes ...byte) (v int) {
	for _, b := range bytes {
		v = v*100 + int(b>>4)*10 + int(b&15)
	}
	return v
}

// TestScoreOfGames reads the numbers of games whose memory tells them, by templates of ten
// pictures or fewer, in 2,000 other frames.
func TestScoreOfGames(t *testing.T) {
	needGym(t)
	random := func(n int) func([]byte, int, *rand.Rand) int {
		return func(_ []byte, _ int, rng *rand.Rand) int { return rng.IntN(n) }
	}
	for id, d := range map[string]display{
		"ALE/Pong-v5": {
			crop: "31x20+18+1", format: "%d", truth: func(ram []byte, _ float64) int { return int(ram[13]) }, play: random(6),
			other: "31x20+98+1", otherTruth: func(ram []byte) int { return int(ram[14]) },
		},
		"ALE/Breakout-v5": {
			crop: "50x12+33+4", format: "%03d", truth: func(ram []byte, _ float64) int { return decimal(ram[76], ram[77]) },
			play: func(ram []byte, step int, _ *rand.Rand) int { // after the ball; now and then for a new one
				switch paddle, ball := int(ram[72])+8, int(ram[99]); {
				case step%8 == 0:
					return 1
				case paddle < ball:
					return 2
				default:
					return 3
				}
			},
		},
		"dojo": {crop: "55x14+93+9", format: "%06d", truth: func(_ []byte, sum float64) int { return int(sum) }, play: random(8)},
	} {
		t.Run(filepath.Base(id), func(t *testing.T) { d.check(t, openGame(t, id)) })
	}
}

func openGame(t *testing.T, id string) env.Vec {
	t.Helper()
	var v env.Vec
	var err error
	if id == "dojo" {
		d := dojo.DefaultOptions()
		d.Crop = image.Rectangle{}
		v, err = dojo.Open(d)
	} else {
		o := gym.DefaultOptions(id)
		o.Format = env.RGB
		v, err = gym.Open(t.Context(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// check plays until pictures show all digits, learns them, and plays on.
func (d display) check(t *testing.T, v env.Vec) {
	c := checker{display: d, v: v, rng: rand.New(rand.NewPCG(1, 1)), frames: filepath.Join(t.TempDir(), "frames"), before: -1}
	if err := os.Mkdir(c.frames, 0o755); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.b, err = v.Reset(t.Context(), []uint64{1}); err != nil {
		t.Fatal(err)
	}
	for !c.complete() {
		c.step(t, c.save)
	}
	file := c.frames + ".json"
	res, err := envs.Score(envs.ScoreOptions{Dir: c.frames, Crop: d.crop, Digits: score.Digits, Out: file}, quiet())
	if err != nil || res.Right != c.saved {
		t.Fatalf("%d of %d pictures read right, %v", res.Right, c.saved, err)
	}
	c.load(t, file)
	for c.read < 2000 {
		c.step(t, c.compare)
	}
	t.Logf("learned from %d pictures; %d of %d frames right", c.saved, c.right, c.read)
	if float64(c.right) < 0.995*float64(c.read) {
		t.Errorf("%d of %d frames right", c.right, c.read)
	}
	if c.moved == nil {
		return
	}
	if t.Logf("by the same digits %d of %d frames right at %s", c.otherRight, c.read, d.other); float64(c.otherRight) < 0.995*float64(c.read) {
		t.Errorf("%d of %d frames right", c.otherRight, c.read)
	}
}

// checker is a game whose display is read.
type checker struct {
	display
	v                       env.Vec
	b                       *env.Batch
	rng                     *rand.Rand
	frames                  string // folder of pictures
	seen                    string // their digits
	longest                 int    // the most of one
	saved, steps            int
	before                  int // the number of the last frame
	templates, moved        *score.Templates
	read, right, otherRight int
}

// complete says whether there are pictures of all digits, and of two lengths where the game
// has some.
func (c *checker) complete() bool {
	return strings.Trim(score.Digits, c.seen) == "" && c.longest > 1
}

// step takes a step and gives those of its frames to use that show what the one before did.
func (c *checker) step(t *testing.T, use func(t *testing.T, frame, number int)) {
	t.Helper()
	if c.steps++; c.steps > 50_000 {
		t.Fatalf("of the digits only %s were there", c.seen)
	}
	s := c.v.Spec()
	var err error
	if c.b, err = c.v.Step(t.Context(), []int{c.play(c.ram(s.T-1), c.steps, c.rng)}); err != nil {
		t.Fatal(err)
	}
	for k := range s.T {
		number := c.truth(c.ram(k), c.b.Return[0])
		steady := number == c.before && !c.b.Ended(0) && (s.AuxLen > 0 || k == s.T-1)
		if c.before = number; steady {
			use(t, k, number)
		}
	}
}

// ram returns the memory of a frame, empty where the game has none.
func (c *checker) ram(frame int) []byte {
	n := c.v.Spec().AuxLen
	return c.b.Aux[frame*n : (frame+1)*n]
}

// save saves a picture with a digit, or a length, that none has yet.
func (c *checker) save(t *testing.T, frame, number int) {
	t.Helper()
	text := fmt.Sprintf(c.format, number)
	if strings.Trim(text, c.seen) == "" && len(text) <= c.longest || c.complete() {
		return
	}
	c.seen, c.longest = c.seen+text, max(c.longest, len(text))
	c.saved++
	s := c.v.Spec()
	whole := c.cut(frame, image.Rect(0, 0, s.W, s.H))
	if err := report.WritePNG(filepath.Join(c.frames, text+".png"), report.RGB(whole, s.H, s.W)); err != nil {
		t.Fatal(err)
	}
}

// compare reads a frame.
func (c *checker) compare(t *testing.T, frame, number int) {
	t.Helper()
	c.read++
	got := c.templates.Read(c.cut(frame, c.templates.Crop()))
	if got.Known && got.Value == int64(number) {
		c.right++
	} else if c.read-c.right < 5 {
		t.Logf("%d is read as %q, confidence %.2f", number, got.Text, got.Confidence)
	}
	if c.moved != nil {
		if got := c.moved.Read(c.cut(frame, c.moved.Crop())); got.Known && got.Value == int64(c.otherTruth(c.ram(frame))) {
			c.otherRight++
		}
	}
}

// load reads templates, and the same ones with another crop.
func (c *checker) load(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		c.templates, err = score.Parse(text)
	}
	if err == nil && c.other != "" {
		c.moved, err = score.Parse([]byte(strings.Replace(string(text), c.crop, c.other, 1)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// cut cuts a crop [H,W,3] out of a frame.
func (c *checker) cut(frame int, crop image.Rectangle) (pix []byte) {
	s := c.v.Spec()
	obs := c.b.Obs[frame*s.FrameLen():]
	for y := crop.Min.Y; y < crop.Max.Y; y++ {
		for x := crop.Min.X; x < crop.Max.X; x++ {
			at := y*s.W + x
			if s.Format == env.Index {
				p := s.Palette[obs[at]]
				pix = append(pix, p.R, p.G, p.B)
				continue
			}
			pix = append(pix, obs[at*3:at*3+3]...)
		}
	}
	return pix
}
