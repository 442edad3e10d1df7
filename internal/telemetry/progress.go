package telemetry

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// How often Progress speaks.
const (
	redrawEvery = 200 * time.Millisecond // on a terminal
	lineEvery   = 10 * time.Second       // elsewhere
)

// Field is one named figure of the progress line, such as "loss" and "0.0021".
type Field struct{ Name, Value string }

// Progress shows how far a run is: on a terminal as one line that is redrawn in
// place, elsewhere as plain lines. All its methods may be called by many
// goroutines. It keeps its first error of writing to itself and falls silent: a
// closed terminal must not stop a run.
//
// A Progress is an io.Writer for whatever else goes to the same terminal: what
// is written through it appears above the line and never inside it.
type Progress struct {
	mu    sync.Mutex
	w     io.Writer
	label string
	width func() int // columns now, 0 where there is no terminal
	now   func() time.Time

	started    bool
	start      time.Time // of the first Update
	startShare float64   // done by then, by the run that is being resumed
	last       time.Time // of the last line
	share      float64
	fields     []Field
	pending    bool // the state has not been shown
	drawn      int  // columns of the line on the screen, 0 for none
	broken     bool
}

// NewProgress returns a Progress on w, which is redrawn in place when w is a
// terminal that can do so. The label is what is going on, such as "train".
func NewProgress(w io.Writer, label string) *Progress {
	p := &Progress{w: w, label: label, width: func() int { return 0 }, now: time.Now}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return p
	}
	p.width = func() int {
		columns, _, err := term.GetSize(int(f.Fd()))
		if err != nil || columns <= 0 {
			return 80
		}
		return columns
	}
	return p
}

// Due says whether Update would show anything now, so that a caller need not
// format fields that nobody sees.
func (p *Progress) Due() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.due()
}

func (p *Progress) due() bool {
	if !p.started {
		return true
	}
	every := lineEvery
	if p.width() > 0 {
		every = redrawEvery
	}
	return p.now().Sub(p.last) >= every
}

// Update shows the share of the work that is done, 0..1, and the fields, most
// important first. Calls that come too soon after the last are remembered for
// Finish but not shown. The time left is estimated from the share done since the
// first call.
func (p *Progress) Update(share float64, fields ...Field) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := p.due()
	p.share = min(max(share, 0), 1)
	p.fields = append(p.fields[:0], fields...)
	p.pending = true
	if !p.started {
		p.started, p.start, p.startShare = true, p.now(), p.share
	}
	if due {
		p.show()
	}
}

// Write writes whole lines above the progress line.
func (p *Progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	visible := p.drawn > 0
	p.print(p.erase())
	n, err := p.w.Write(b)
	if visible && err == nil {
		p.show()
	}
	return n, err
}

// Finish shows the last state and leaves the cursor on a new line. An Update
// after it starts a new line and a new estimate of the time left.
func (p *Progress) Finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.started {
		return
	}
	if p.pending {
		p.show()
	}
	if p.drawn > 0 {
		p.print("\n")
		p.drawn = 0
	}
	p.started = false
}

func (p *Progress) show() {
	p.last, p.pending = p.now(), false
	columns := p.width()
	if columns == 0 {
		p.print(p.line(0) + "\n")
		return
	}
	// A line that fills the last column would wrap on some terminals.
	line := cut(p.line(columns-1), columns-1)
	p.print(p.erase() + line)
	p.drawn = utf8.RuneCountInString(line)
}

// erase returns what removes the line from the screen, and takes it for removed.
// A terminal that became narrower has wrapped the line over several rows.
func (p *Progress) erase() string {
	if p.drawn == 0 {
		return ""
	}
	up := ""
	if columns := p.width(); columns > 0 {
		if rows := (p.drawn + columns - 1) / columns; rows > 1 {
			up = fmt.Sprintf("\x1b[%dA", rows-1)
		}
	}
	p.drawn = 0
	return "\r" + up + "\x1b[J"
}

func (p *Progress) print(s string) {
	if p.broken || s == "" {
		return
	}
	if _, err := io.WriteString(p.w, s); err != nil {
		p.broken = true
	}
}

// line formats the state. columns is what it may fill, 0 for no limit; when that
// is too little, the bar goes first and then the fields from the last on.
func (p *Progress) line(columns int) string {
	head := fmt.Sprintf("%s %3.0f%%", p.label, 100*p.share)
	tail := "  " + p.left()
	var body strings.Builder
	for _, f := range p.fields {
		s := "  " + f.Name + " " + f.Value
		if columns > 0 && utf8.RuneCountInString(head+body.String()+s+tail) > columns {
			break
		}
		body.WriteString(s)
	}
	bar := ""
	if columns > 0 {
		room := columns - utf8.RuneCountInString(head+body.String()+tail) - len(" []")
		if cells := min(room, 30); cells >= 6 {
			full := int(p.share*float64(cells) + 0.5)
			bar = " [" + strings.Repeat("=", full) + strings.Repeat(" ", cells-full) + "]"
		}
	}
	return head + bar + body.String() + tail
}

// left formats the time that the rest will take.
func (p *Progress) left() string {
	done := p.share - p.startShare
	elapsed := p.now().Sub(p.start)
	switch {
	case p.share >= 1:
		return "done in " + clock(elapsed)
	case done <= 0 || elapsed < time.Second:
		return "--:-- left"
	}
	return clock(time.Duration(float64(elapsed)*(1-p.share)/done)) + " left"
}

// clock formats a duration as m:ss or h:mm:ss.
func clock(d time.Duration) string {
	const most = 1000 * time.Hour
	if d >= most {
		return "> 999 h"
	}
	s := int(d.Round(time.Second) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// cut shortens s to at most n runes.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n, 0)])
}
