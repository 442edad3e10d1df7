package telemetry

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The names of the files in a run folder.
const (
	MetricsFile = "metrics.jsonl"
	TimingFile  = "timing.jsonl"
)

// Position is how far the files of a run were written when a checkpoint was
// saved.
type Position struct {
	// Step is the step of the last row or image.
	Step int64 `json:"step"`
	// Metrics and Timing are the lengths of the two files in bytes.
	Metrics int64 `json:"metrics_bytes"`
	Timing  int64 `json:"timing_bytes"`
}

// Run writes the telemetry of one run into its folder.
type Run struct {
	metrics, timing *Log
	eventFile       *os.File
	events          *Events
	step            int64
	line            []byte
}

// Create starts the telemetry of a new run in the folder dir, which must exist
// and hold none yet.
func Create(dir string) (*Run, error) {
	for _, name := range []string{MetricsFile, TimingFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("telemetry: %s already holds %s: resume that run or choose another folder", dir, name)
		}
	}
	return openRun(dir, Position{})
}

// Resume continues the telemetry of a run from the position that its checkpoint
// holds. What was written after it is cut off.
func Resume(dir string, at Position) (*Run, error) {
	r, err := openRun(dir, at)
	if err != nil {
		return nil, err
	}
	if err := r.events.Restart(time.Now(), at.Step+1); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func openRun(dir string, at Position) (*Run, error) {
	r := &Run{step: at.Step}
	var err error
	if r.metrics, err = OpenAt(filepath.Join(dir, MetricsFile), at.Metrics); err != nil {
		return nil, err
	}
	if r.timing, err = OpenAt(filepath.Join(dir, TimingFile), at.Timing); err != nil {
		return nil, errors.Join(err, r.metrics.Close())
	}
	now := time.Now()
	if r.eventFile, err = createEventFile(dir, now); err == nil {
		if r.events, err = NewEvents(r.eventFile, now); err == nil {
			return r, nil
		}
		err = errors.Join(err, r.eventFile.Close())
	}
	return nil, errors.Join(err, r.metrics.Close(), r.timing.Close())
}

// createEventFile makes a file of a name that TensorBoard reads after those that
// are there already: it goes by the alphabet.
func createEventFile(dir string, now time.Time) (*os.File, error) {
	name := fmt.Sprintf("events.out.tfevents.%d.%09d.glint", now.Unix(), now.Nanosecond())
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	return f, nil
}

// Write writes a row: its metrics to metrics.jsonl, its timing to timing.jsonl,
// each when it has any, and both to the event file.
func (r *Run) Write(row Row) error {
	if err := row.check(); err != nil {
		return fmt.Errorf("telemetry: step %d: %w", row.Step, err)
	}
	now := time.Now()
	for _, timing := range []bool{false, true} {
		if !row.has(timing) {
			continue
		}
		log := r.metrics
		if timing {
			log = r.timing
		}
		r.line = appendRow(r.line[:0], row, timing, now)
		if _, err := log.Write(r.line); err != nil {
			return err
		}
	}
	r.step = max(r.step, row.Step)
	return r.events.Scalars(now, row.Step, row.Values)
}

// has says whether the row holds values with that Timing.
func (r Row) has(timing bool) bool {
	for name := range r.Values {
		if m, ok := Lookup(name); ok && m.Timing == timing {
			return true
		}
	}
	return false
}

// Image adds a picture, such as an example sheet, to the event file.
func (r *Run) Image(step int64, tag string, img image.Image) error {
	r.step = max(r.step, step)
	return r.events.Image(time.Now(), step, tag, img)
}

// Position flushes the files to the disk and returns how far they are written,
// for a checkpoint of this moment.
func (r *Run) Position() (Position, error) {
	if err := errors.Join(r.metrics.Sync(), r.timing.Sync()); err != nil {
		return Position{}, err
	}
	return Position{Step: r.step, Metrics: r.metrics.Offset(), Timing: r.timing.Offset()}, nil
}

// Close flushes and closes the files.
func (r *Run) Close() error {
	return errors.Join(r.metrics.Close(), r.timing.Close(), r.eventFile.Close())
}
