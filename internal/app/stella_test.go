package app_test

import (
	"bufio"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glint/env"
	"glint/env/gym"
	"glint/env/score"
	"glint/env/vnc"
	"glint/internal/app"
	"glint/internal/report"
)

// stella is the emulator of Debian's package, which plays Kung-Fu Master on a display of
// TigerVNC.
type stella struct {
	address string
	memory  *os.File
	ram     int64 // where the console's 128 bytes are
}

// needStella skips where the emulator, its display or the right to look into its memory are
// missing, but not in CI. It returns the game's file.
func needStella(t *testing.T) (rom string) {
	t.Helper()
	if testing.Short() {
		t.Skip("plays in real time")
	}
	missing := ""
	for _, name := range []string{"stella", "Xvnc"} {
		if _, err := exec.LookPath(name); err != nil {
			missing = name + " is missing: apt-get install stella tigervnc-standalone-server"
		}
	}
	if os.Getuid() != 0 {
		missing = "only root may look into the memory of another program"
	}
	switch {
	case missing != "" && os.Getenv("CI") == "true":
		t.Fatal(missing)
	case missing != "":
		t.Skip(missing)
	}
	python, err := gym.Install(t.Context(), gym.InstallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", "import ale_py, os; print(os.path.dirname(ale_py.__file__))").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "roms", "kung_fu_master.bin")
}

// startStella starts both, which end with the test.
func startStella(t *testing.T) *stella {
	t.Helper()
	rom, home := needStella(t), t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stella{address: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	start := func(out io.Writer, env []string, name string, args ...string) int {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env, cmd.Stdout = append(os.Environ(), env...), out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Wait() }) // killed
		return cmd.Process.Pid
	}
	r, w := io.Pipe()
	t.Cleanup(func() { _ = w.Close() })
	_, port, _ := net.SplitHostPort(s.address)
	start(w, nil, "Xvnc", "-displayfd", "1", "-rfbport", port, "-localhost", "-ac", "-geometry", "640x480", "-depth", "24",
		"-SecurityTypes", "None", "-AlwaysShared", "-MaxDisconnectionTime", "300")
	display, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"DISPLAY=:" + strings.TrimSpace(display), "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "SDL_AUDIODRIVER=dummy"}
	pid := start(io.Discard, env, "stella", "-video", "software", "-windowedpos", "0x0", "-center", "0", "-tia.zoom", "2", "-tia.correct_aspect", "0",
		"-uimessages", "0", "-audio.enabled", "0", "-userdir", home, rom)
	if s.memory, err = os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.memory.Close() })
	for range 100 {
		if s.find(t, pid) {
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the memory of the console is not to be found")
	return nil
}

// find looks for the console's memory: the high bytes of the game's pointers to its digits
// are in every other byte from 99 on, and byte 0 counts 60 frames a second.
func (s *stella) find(t *testing.T, pid int) bool {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	var found []int64
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		if _, err := fmt.Sscanf(line, "%x-%x rw", &from, &to); err != nil || !strings.HasSuffix(line, "[heap]\n") {
			continue
		}
		heap := make([]byte, to-from)
		if _, err := s.memory.ReadAt(heap, from); err != nil {
			continue // it changes just now
		}
		for i := range len(heap) - 128 {
			if s.ram = from + int64(i); heap[i+99] == digitsPage && pointers(heap[i:]) {
				found = append(found, s.ram)
			}
		}
	}
	before, start := map[int64]byte{}, time.Now()
	for _, s.ram = range found {
		before[s.ram] = s.look(t)[0]
	}
	time.Sleep(100 * time.Millisecond)
	found = slices.DeleteFunc(found, func(at int64) bool {
		s.ram = at
		frames, due := float64(s.look(t)[0]-before[at]), time.Since(start).Seconds()*60
		return frames < due/2 || frames > due*2
	})
	if len(found) != 1 {
		return false
	}
	s.ram = found[0]
	return true
}

// digitsPage is the high byte of the addresses of the game's digits.
const digitsPage = 0xdf

func pointers(ram []byte) bool {
	for i := 99; i <= 117; i += 2 {
		if ram[i] != digitsPage {
			return false
		}
	}
	return true
}

func (s *stella) look(t *testing.T) []byte {
	t.Helper()
	ram := make([]byte, 128)
	if _, err := s.memory.ReadAt(ram, s.ram); err != nil {
		t.Fatal(err)
	}
	return ram
}

// Where the game keeps its score, as six decimal digits, and the lives, which are overByte
// when the game is over.
const (
	scoreAt  = 0x18
	livesAt  = 0x1d
	overByte = 0xff
)

// scoreOf returns the score in the memory.
func scoreOf(ram []byte) (v int64) {
	for _, b := range ram[scoreAt : scoreAt+3] {
		v = v*100 + int64(b>>4)*10 + int64(b&15)
	}
	return v
}

// poke changes the score in the memory.
func (s *stella) poke(t *testing.T, v int64) {
	t.Helper()
	var b [3]byte
	for i := range b {
		b[2-i] = byte(v/10%10<<4 | v%10)
		v /= 100
	}
	if _, err := s.memory.WriteAt(b[:], s.ram+scoreAt); err != nil {
		t.Fatal(err)
	}
}

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
	v := openScreen(t, o)
	var b *env.Batch
	for _, n := range []int64{0, 120, 34_500, 67_800, 900, 1_400, 205_367} {
		for range 4 { // until it shows
			s.poke(t, n)
			b = step(t, v, 0)
		}
		frame := b.Obs[len(b.Obs)-v.Spec().FrameLen():]
		if err := report.WritePNG(filepath.Join(frames, fmt.Sprintf("%d.png", n)), report.RGB(frame, v.Spec().H, v.Spec().W)); err != nil {
			t.Fatal(err)
		}
	}
	res, err := app.EnvScore(app.EnvScoreOptions{Dir: frames, Crop: scoreCrop, Digits: score.Digits, Out: file}, quiet())
	if err != nil || res.Right != 7 {
		t.Fatalf("%d of 7 pictures read right, %v", res.Right, err)
	}
	return file
}

func openScreen(t *testing.T, o vnc.Options) *vnc.Vec {
	t.Helper()
	v, err := vnc.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	if _, err := v.Reset(t.Context(), []uint64{0}); err != nil {
		t.Fatal(err)
	}
	return v
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
	if float64(c.right) < 0.995*float64(c.frames()) || c.late > c.frames()/10 {
		t.Errorf("%s: fewer than 99.5 %% of the frames are read right, or more than a tenth are late", name)
	}
}

// TestStella reads the score of Kung-Fu Master off a real emulator's screen and compares it
// with the console's memory: of played games, whose rewards and ends it checks as well, and of
// random numbers that it pokes. GLINT_STELLA_FRAMES=2000 plays longer.
func TestStella(t *testing.T) {
	frames := 300
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
	o.End.Still = 400 // longer than the picture before a game
	v := openScreen(t, o)
	playStella(t, s, v, frames)
	pokeStella(t, s, v, frames)
}

// playStella plays games: it walks to the left and strikes, with one of eight keys at random.
func playStella(t *testing.T, s *stella, v *vnc.Vec, frames int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	c := tally{scores: map[int64]bool{}}
	gained, ends, action := 0.0, 0, 0
	for i := 0; c.frames() < frames; i++ {
		if action = []int{3, 1}[i%2]; rng.IntN(8) == 0 {
			action = rng.IntN(v.Spec().Actions)
		}
		before := s.look(t)
		b := step(t, v, action)
		gained += b.Reward[0]
		c.add(t, s.look(t), v.Scores()[0].Last)
		if !b.Ended(0) {
			continue
		}
		ends++
		if !b.Terminated[0] || before[livesAt] != overByte {
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
		if i%pokeSteps == 0 {
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
