package telemetry

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"time"
)

// Values are measured values by the name of their metric. A metric that was not
// measured is left out.
type Values map[string]float64

// Row is what a run says at one moment.
type Row struct {
	// Step counts the steps of all environments, Iteration the training batches
	// seen, Update the optimiser's steps.
	Step, Iteration, Update int64
	// Values may hold metrics and timing together.
	Values Values
}

// check refuses values whose names are not in the registry.
func (r Row) check() error {
	for name := range r.Values {
		if _, ok := Lookup(name); !ok {
			return fmt.Errorf("%q is not in telemetry.Metrics: add it there", name)
		}
	}
	return nil
}

// appendRow appends the row's line: all values with that Timing, in the order of
// the registry. now is written for timing alone.
func appendRow(b []byte, r Row, timing bool, now time.Time) []byte {
	b = append(b, '{')
	if timing {
		b = append(b, `"time":`...)
		b = strconv.AppendFloat(b, float64(now.UnixMilli())/1000, 'f', 3, 64)
		b = append(b, ',')
	}
	b = append(b, `"step":`...)
	b = strconv.AppendInt(b, r.Step, 10)
	b = append(b, `,"iteration":`...)
	b = strconv.AppendInt(b, r.Iteration, 10)
	b = append(b, `,"update":`...)
	b = strconv.AppendInt(b, r.Update, 10)
	b = append(b, `,"values":{`...)
	first := true
	for _, m := range Metrics {
		v, ok := r.Values[m.Name]
		if !ok || m.Timing != timing {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = strconv.AppendQuote(b, m.Name)
		b = append(b, ':')
		b = appendNumber(b, v)
	}
	return append(b, "}}\n"...)
}

func appendNumber(b []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	n, err := json.Marshal(v)
	if err != nil { // cannot happen: v is finite
		return append(b, "null"...)
	}
	return append(b, n...)
}

// Log is a file of lines that can be cut back to a known length.
type Log struct {
	f      *os.File
	offset int64
}

// OpenAt opens the file for writing at offset, 0 for a new file, and cuts off
// what is behind it. A file that is shorter than offset, or that does not end a
// line there, is refused and left alone.
func OpenAt(path string, offset int64) (*Log, error) {
	l, err := openAt(path, offset)
	if err != nil {
		return nil, fmt.Errorf("telemetry: opening %s at byte %d: %w", path, offset, err)
	}
	return l, nil
}

func openAt(path string, offset int64) (*Log, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := cutAt(f, offset); err != nil {
		_ = f.Close() // the first error tells more
		return nil, err
	}
	return &Log{f: f, offset: offset}, nil
}

func cutAt(f *os.File, offset int64) error {
	if offset > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], offset-1); err != nil {
			return fmt.Errorf("the file is shorter than the checkpoint says: %w", err)
		}
		if last[0] != '\n' {
			return fmt.Errorf("no line ends there: the file was changed after the checkpoint was written")
		}
	}
	if err := f.Truncate(offset); err != nil {
		return err
	}
	_, err := f.Seek(offset, io.SeekStart)
	return err
}

// Offset returns the bytes written so far, those before OpenAt included.
func (l *Log) Offset() int64 { return l.offset }

// Write appends one whole line to the file. After an error the file ends where
// it ended before.
func (l *Log) Write(line []byte) (int, error) {
	n, err := l.f.Write(line)
	if err != nil {
		_ = cutAt(l.f, l.offset) // the first error tells more
		return 0, fmt.Errorf("telemetry: %w", err)
	}
	l.offset += int64(n)
	return n, nil
}

// Sync flushes the file to the disk.
func (l *Log) Sync() error {
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	return nil
}

// Close flushes and closes the file.
func (l *Log) Close() error {
	err := l.Sync()
	if cerr := l.f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("telemetry: %w", cerr)
	}
	return err
}
