package telemetry

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// screen is a terminal that wraps its lines anew when its width changes. It
// knows what Progress uses: \r, \n, cursor up and erase below.
type screen struct {
	width  int
	lines  []string // logical lines, as written
	column int      // of the cursor in the last logical line
	writes int
}

var escape = regexp.MustCompile(`^\x1b\[(\d*)([AJ])`)

func (s *screen) Write(b []byte) (int, error) {
	s.writes++
	text := string(b)
	for text != "" {
		if m := escape.FindStringSubmatch(text); m != nil {
			s.control(m[1], m[2])
			text = text[len(m[0]):]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		s.put(r)
		text = text[n:]
	}
	return len(b), nil
}

func (s *screen) last() *string {
	if len(s.lines) == 0 {
		s.lines = []string{""}
	}
	return &s.lines[len(s.lines)-1]
}

func (s *screen) control(arg, what string) {
	line := s.last()
	if what == "J" {
		*line = string([]rune(*line)[:min(s.column, utf8.RuneCountInString(*line))])
		return
	}
	n, err := strconv.Atoi(arg)
	if err != nil || s.column-n*s.width < 0 {
		panic(fmt.Sprintf("cursor up %q from column %d of a line", arg, s.column))
	}
	s.column -= n * s.width
}

func (s *screen) put(r rune) {
	line := s.last()
	switch r {
	case '\n':
		s.lines, s.column = append(s.lines, ""), 0
	case '\r': // to the start of the row, not of the logical line
		s.column -= s.column % s.width
	default:
		*line = string(append([]rune(*line)[:s.column], r))
		s.column++
	}
}

// newTest returns a Progress on a screen, with a clock that only tick moves.
func newTest(width int) (p *Progress, s *screen, tick func(time.Duration)) {
	s = &screen{width: width}
	now := time.Unix(1_000_000, 0)
	p = NewProgress(s, "train")
	p.now = func() time.Time { return now }
	p.width = func() int { return s.width }
	return p, s, func(d time.Duration) { now = now.Add(d) }
}

var fields = []Field{{"loss", "0.0021"}, {"score", "1,240"}, {"knives", "82 %"}, {"steps/s", "612"}}

func TestProgressOnTerminal(t *testing.T) {
	p, s, tick := newTest(100)
	for i := range 11 {
		p.Update(float64(i)/10, fields...)
		tick(6 * time.Second)
	}
	want := []string{"train 100% [====================]  loss 0.0021  score 1,240  knives 82 %  steps/s 612  done in 1:00"}
	if d := cmp.Diff(want, s.lines); d != "" {
		t.Error(d)
	}
	p.Finish()
	p.Finish()
	if len(s.lines) != 2 || s.lines[1] != "" {
		t.Errorf("after Finish the screen shows %q", s.lines)
	}
}

func TestProgressTimeLeft(t *testing.T) {
	p, s, tick := newTest(100)
	p.Update(0.5) // resumed half way
	if !strings.Contains(s.lines[0], "--:-- left") {
		t.Errorf("the screen shows %q", s.lines[0])
	}
	tick(time.Hour)
	p.Update(0.6)
	if !strings.HasSuffix(s.lines[0], "4:00:00 left") {
		t.Errorf("the screen shows %q, want 4 hours left", s.lines[0])
	}
}

func TestProgressThrottles(t *testing.T) {
	for _, tc := range []struct {
		width int
		every time.Duration
	}{{80, 200 * time.Millisecond}, {0, 10 * time.Second}} {
		p, s, tick := newTest(tc.width)
		p.Update(0)
		shown := s.writes
		tick(tc.every - time.Millisecond)
		if p.Due() {
			t.Errorf("width %d: due too early", tc.width)
		}
		p.Update(0.5)
		if s.writes != shown {
			t.Errorf("width %d: shown too early", tc.width)
		}
		tick(time.Millisecond)
		if !p.Due() {
			t.Errorf("width %d: not due after %v", tc.width, tc.every)
		}
		p.Update(0.5)
		if s.writes == shown {
			t.Errorf("width %d: not shown after %v", tc.width, tc.every)
		}
	}
}

func TestProgressWithoutTerminal(t *testing.T) {
	p, s, tick := newTest(0)
	p.Update(0, fields...)
	tick(10 * time.Second)
	p.Update(0.5, fields...)
	tick(time.Second)
	p.Update(1, Field{"score", "1,300"})
	p.Finish()
	p.Finish()
	want := []string{
		"train   0%  loss 0.0021  score 1,240  knives 82 %  steps/s 612  --:-- left",
		"train  50%  loss 0.0021  score 1,240  knives 82 %  steps/s 612  0:10 left",
		"train 100%  score 1,300  done in 0:11", "",
	}
	if d := cmp.Diff(want, s.lines); d != "" {
		t.Error(d)
	}
}

func TestProgressNarrow(t *testing.T) {
	for width := 2; width < 130; width++ {
		p, s, _ := newTest(width)
		p.Update(0.3, fields...)
		if n := utf8.RuneCountInString(s.lines[0]); n >= width {
			t.Errorf("width %d: a line of %d: %q", width, n, s.lines[0])
		}
	}
}

func TestProgressResize(t *testing.T) {
	p, s, tick := newTest(120)
	if _, err := p.Write([]byte("before\n")); err != nil {
		t.Fatal(err)
	}
	for i, width := range []int{120, 50, 90, 20, 20, 7, 130} {
		s.width = width
		p.Update(float64(i)/10, fields...)
		tick(time.Second)
		if len(s.lines) != 2 || s.lines[0] != "before" || strings.Count(s.lines[1], "train") != 1 {
			t.Fatalf("width %d: the screen shows %q", width, s.lines)
		}
	}
}

func TestProgressWriteAbove(t *testing.T) {
	p, s, _ := newTest(60)
	p.Update(0.2, fields...)
	if n, err := fmt.Fprintln(p, "saved ckpt/100"); n != 15 || err != nil {
		t.Errorf("Write returned %d, %v", n, err)
	}
	if len(s.lines) != 2 || s.lines[0] != "saved ckpt/100" || !strings.HasPrefix(s.lines[1], "train  20%") {
		t.Errorf("the screen shows %q", s.lines)
	}
}

type closed struct{ calls int }

func (c *closed) Write([]byte) (int, error) {
	c.calls++
	return 0, errors.New("closed")
}

func TestProgressOnClosedTerminal(t *testing.T) {
	c := &closed{}
	p := NewProgress(c, "train")
	p.Update(0)
	p.Finish()
	if c.calls != 1 {
		t.Errorf("%d writes to a closed terminal", c.calls)
	}
}
