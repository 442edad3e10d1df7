package e2e_test

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"glint/env"
	"glint/env/score"
	"glint/env/vnc"
	"glint/internal/app/envs"
	"glint/internal/report"
)

// scoreCrop is where Stella shows the score at this size.
const scoreCrop = "192x20+88+108"

// learnStella learns templates of the digits from 7 pictures of numbers that it pokes.
func learnStella(t *testing.T, s *stella) string {
	t.Helper()
	dir := t.TempDir()
	frames, file := filepath.Join(dir, "frames"), filepath.Join(dir, "score.json")
	if err := os.Mkdir(frames, 0o755); err != nil {
		t.Fatal(err)
	}
	o := vnc.DefaultOptions(s.address)
	o.Keys, o.Restart = []string{vnc.None}, []string{"F2"} // the score is to be seen in games alone
	v := openScreen(t, s, o)
	var frame, before []byte
	for _, n := range []int64{0, 120, 34_500, 67_800, 900, 1_400, 205_367} {
		s.poke(t, n)
		for range 10 { // until the emulator shows it
			if frame = lastFrame(settle(t, s, v), v); !bytes.Equal(frame, before) && slices.Max(frame) > 0 {
				break
			}
		}
		before = append(before[:0], frame...)
		if err := report.WritePNG(filepath.Join(frames, fmt.Sprintf("%d.png", n)), report.RGB(frame, v.Spec().H, v.Spec().W)); err != nil {
			t.Fatal(err)
		}
	}
	res, err := envs.Score(envs.ScoreOptions{Dir: frames, Crop: scoreCrop, Digits: score.Digits, Out: file}, quiet())
	if err != nil || res.Right != 7 {
		t.Fatalf("%d of 7 pictures read right, %v", res.Right, err)
	}
	return file
}

// openScreen opens the screen, on which a game begins.
func openScreen(t *testing.T, s *stella, o vnc.Options) *vnc.Vec {
	t.Helper()
	v, err := vnc.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	for range 20 { // a busy machine may miss a key
		s.write(t, clockAt, 0)
		if _, err := v.Reset(t.Context(), []uint64{0}); err != nil {
			t.Fatal(err)
		}
		if b := settle(t, s, v); s.look(t)[clockAt] == clockStart && slices.Max(lastFrame(b, v)) > 0 { // it has its window
			return v
		}
	}
	t.Fatal("no game begins")
	return nil
}

func lastFrame(b *env.Batch, v *vnc.Vec) []byte { return b.Obs[len(b.Obs)-v.Spec().FrameLen():] }

// settle steps without a key until the screen must show what is in the memory now.
func settle(t *testing.T, s *stella, v *vnc.Vec) (b *env.Batch) {
	t.Helper()
	for start := s.look(t)[0]; s.look(t)[0]-start < 2*settled; {
		b = step(t, v, 0)
	}
	return b
}

func step(t *testing.T, v *vnc.Vec, action int) *env.Batch {
	t.Helper()
	b, err := v.Step(t.Context(), []int{action})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tally counts what was read against the memory, where the score in it has been the same for
// settled frames of the console. A frame that shows one from before is late: the emulator or
// the server had no time, and nobody could read the score in it.
type tally struct {
	truth                [256]int64 // at each of the console's frames, by their numbers
	count                byte       // the last of them
	steady               int        // frames of the console since the score changed
	right, unread, wrong int
	late, changing       int
	scores               map[int64]bool
	digits               [10]bool
}

// settled is how many frames of the console a frame of the screen may take to the client.
const settled = 20

func (c *tally) add(t *testing.T, ram []byte, got score.Reading) {
	t.Helper()
	truth := scoreOf(ram)
	if len(c.scores) == 0 { // the first time
		c.truth[ram[0]-1], c.count = -1, ram[0]-1
		c.scores[truth] = true
	}
	if truth != c.truth[c.count] {
		c.steady = 0
	}
	for c.count != ram[0] {
		c.count++
		c.steady++
		c.truth[c.count] = truth
	}
	switch {
	case !got.Known:
		c.unread++
	case !slices.Contains(c.truth[:], got.Value):
		c.wrong++
	case c.steady < settled:
		c.changing++
	case got.Value == truth:
		c.right++
	default:
		c.late++
	}
	if !got.Known || !slices.Contains(c.truth[:], got.Value) {
		t.Logf("%d is read as %q, confidence %.2f", truth, got.Text, got.Confidence)
	}
	c.scores[truth] = true
	for _, d := range strconv.FormatInt(truth, 10) {
		c.digits[d-'0'] = true
	}
}

// frames is how many count.
func (c *tally) frames() int { return c.right + c.unread + c.wrong }

func (c *tally) check(t *testing.T, name string) {
	t.Helper()
	t.Logf("%s: %d of %d frames right (%.2f %%), %d not read, %d wrong; %d scores; besides, %d frames within %d of the console's after a change, and %d later ones that show the score from before",
		name, c.right, c.frames(), 100*float64(c.right)/float64(c.frames()), c.unread, c.wrong, len(c.scores), c.changing, settled, c.late)
	if float64(c.right) < 0.995*float64(c.frames()) || c.late > c.frames() {
		t.Errorf("%s: fewer than 99.5 %% of the frames are read right, or more are late than not", name)
	}
}

// TestStella reads the score of Kung-Fu Master off a real emulator's screen and compares it
// with the console's memory: of played games, whose rewards and ends it checks as well, and of
// random numbers that it pokes. GLINT_STELLA_FRAMES=2000 plays longer.
func TestStella(t *testing.T) {
	frames := 100
	if text := os.Getenv("GLINT_STELLA_FRAMES"); text != "" {
		var err error
		if frames, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s := startStella(t)
	file := learnStella(t, s)
	templates, err := score.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	o := vnc.DefaultOptions(s.address)
	o.Keys = []string{"none", "Left", "Right", "Left+space", "Right+space", "Down+Left+space", "Down+Right+space", "Up+Left+space"}
	o.Restart, o.Crop = []string{"F2"}, image.Rect(32, 192, 640, 472)
	o.Scores = []vnc.Score{{Templates: templates, Weight: 1, Tracker: score.DefaultTracker(templates)}}
	o.End.Still = 600 // longer than the picture before a game, on a busy machine too
	v := openScreen(t, s, o)
	playStella(t, s, v, frames)
	pokeStella(t, s, v, frames)
}

// playStella plays games: it walks to the left and strikes, with one of eight keys at random.
// At last it loses one.
func playStella(t *testing.T, s *stella, v *vnc.Vec, frames int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	c := tally{scores: map[int64]bool{}}
	gained, ends := 0.0, 0
	for i := 0; c.frames() < frames || ends == 0; i++ {
		action := []int{3, 1}[i%2]
		if rng.IntN(8) == 0 {
			action = rng.IntN(v.Spec().Actions)
		}
		if c.frames() >= frames {
			s.write(t, healthAt, 0)
			if s.look(t)[livesAt] != overByte {
				s.write(t, livesAt, 0)
			}
		}
		before := s.look(t)
		b := step(t, v, action)
		gained += b.Reward[0]
		c.add(t, s.look(t), v.Scores()[0].Last)
		if !b.Ended(0) {
			continue
		}
		if ends++; !b.Terminated[0] || before[livesAt] != overByte {
			t.Errorf("an episode is over with byte %#x as lives", before[livesAt])
		}
		if was := scoreOf(before); gained != float64(was) {
			t.Errorf("the rewards of an episode are %v, its score %d", gained, was)
		}
		gained = 0
	}
	c.check(t, "played")
	t.Logf("%d games ended", ends)
}

// pokeSteps is how many steps a number is there for.
const pokeSteps = 15

// pokeStella pokes numbers of 1 to 6 digits.
func pokeStella(t *testing.T, s *stella, v *vnc.Vec, frames int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(2, 2))
	c := tally{scores: map[int64]bool{}}
	var n int64
	for i := 0; c.frames() < frames; i++ {
		if i > 0 && i%pokeSteps == 0 {
			n = rng.Int64N([]int64{10, 100, 1000, 10_000, 100_000, 1_000_000}[rng.IntN(6)])
			s.poke(t, n)
		}
		step(t, v, 0)
		c.add(t, s.look(t), v.Scores()[0].Last)
	}
	c.check(t, "poked")
	if slices.Contains(c.digits[:], false) {
		t.Errorf("of the ten digits some were not there: %v", c.digits)
	}
}
