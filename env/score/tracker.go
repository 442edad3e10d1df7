package score

// Tracker turns what is read in one frame after the other into gains. A frame that is not
// read gains nothing; what it hides comes with the next one that is.
type Tracker struct {
	o         TrackerOptions
	last      int64
	known     bool
	candidate int64 // implausible, and not confirmed yet
	seen      int   // in how many frames it was read
}

// TrackerOptions says what is plausible. Zero means zero: start from DefaultTracker.
type TrackerOptions struct {
	// Range is how many numbers there are: after the largest comes 0.
	Range int64
	// Jump is the largest gain from one read frame to the next that counts at once. Over the
	// end of the range too: with a range of 10,000, from 9,990 to 30 is a gain of 40.
	Jump int64
	// Confirm is how many read frames in a row must show anything else until it counts.
	Confirm int
}

// DefaultTracker takes gains of up to a tenth of the range for plausible, and lets ten
// frames confirm others.
func DefaultTracker(t *Templates) TrackerOptions {
	return TrackerOptions{Range: t.Range(), Jump: t.Range() / 10, Confirm: 10}
}

// NewTracker begins before the first frame.
func NewTracker(o TrackerOptions) *Tracker { return &Tracker{o: o} }

// Restart forgets the score: the next one that is read is where gains count from.
func (t *Tracker) Restart() { *t = Tracker{o: t.o} }

// Score returns the last score that counts, and whether there is one.
func (t *Tracker) Score() (v int64, known bool) { return t.last, t.known }

// Add takes in a frame. It returns what the score has gained, below 0 where it fell, and
// whether it fell to 0, which is no loss but a new game.
func (t *Tracker) Add(r Reading) (gain int64, zeroed bool) {
	switch {
	case !r.Known:
		return 0, false
	case !t.known:
		t.last, t.known = r.Value, true
		return 0, false
	case r.Value == t.last:
		t.seen = 0
		return 0, false
	}
	if gain = (r.Value - t.last + t.o.Range) % t.o.Range; gain > t.o.Jump {
		if r.Value != t.candidate {
			t.seen = 0
		}
		t.candidate = r.Value
		if t.seen++; t.seen < t.o.Confirm {
			return 0, false
		}
		gain = r.Value - t.last
		if zeroed = r.Value == 0; zeroed {
			gain = 0
		}
	}
	t.last, t.seen = r.Value, 0
	return gain, zeroed
}
