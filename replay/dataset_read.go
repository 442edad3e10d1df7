package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// Dataset is a recorded dataset on disk.
type Dataset struct {
	meta   Meta
	shards []shard
	rows   int
	skip   bool

	mu      sync.Mutex // iterators may run side by side
	skipped []error
}

type shard struct {
	path string
	rows int
}

// Open opens a dataset. It reads the end of every shard and refuses a shard that
// is missing, cut off or of another kind, with an error that names the file.
func Open(dir string) (*Dataset, error) { return open(dir, false) }

// OpenSkipBroken is Open for a dataset that may be damaged: what cannot be read is
// left out, here and by Rows, and reported by [Dataset.Skipped].
func OpenSkipBroken(dir string) (*Dataset, error) { return open(dir, true) }

func open(dir string, skip bool) (*Dataset, error) {
	meta, err := readMeta(dir)
	if err != nil {
		return nil, err
	}
	paths, err := shardPaths(dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{meta: meta, skip: skip}
	for i, path := range paths {
		if want := filepath.Join(dir, shardName(i)); path != want && !skip {
			return nil, fmt.Errorf("replay: found %s where %s should be: a shard is missing or the file is of another dataset", path, filepath.Base(want))
		}
		rows, err := shardLen(path)
		if err != nil {
			if !skip {
				return nil, err
			}
			d.skipped = append(d.skipped, err)
			continue
		}
		d.shards = append(d.shards, shard{path: path, rows: rows})
		d.rows += rows
	}
	return d, nil
}

func shardPaths(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("replay: opening a dataset: %w", err)
	}
	var paths []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), shardSuffix) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// DropBroken reads everything and leaves out, from now on, the shards that cannot be
// read. It is of use after OpenSkipBroken, which looks at their ends alone.
func (d *Dataset) DropBroken(ctx context.Context) error {
	good := d.shards[:0:0]
	for _, s := range d.shards {
		_, err := d.readShard(ctx, s.path, func(Row, error) bool { return true })
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("replay: reading a dataset: %w", ctx.Err())
		case err != nil:
			d.rows -= s.rows
			d.skipped = append(d.skipped, err)
		default:
			good = append(good, s)
		}
	}
	d.shards = good
	return nil
}

// Meta describes the dataset.
func (d *Dataset) Meta() Meta { return d.meta }

// Len returns the number of rows.
func (d *Dataset) Len() int { return d.rows }

// Skipped returns one error for each shard that OpenSkipBroken and Rows have left
// out so far, naming the file.
func (d *Dataset) Skipped() []error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.skipped)
}

// Rows iterates over all rows in the order of their recording. It holds a few rows
// in memory, and the caller may keep those it receives. An error is the last thing
// it yields; it names the file.
func (d *Dataset) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, s := range d.shards {
			more, err := d.readShard(ctx, s.path, yield)
			switch {
			case err != nil && ctx.Err() != nil:
				yield(Row{}, fmt.Errorf("replay: reading a dataset: %w", ctx.Err()))
				return
			case err != nil && d.skip:
				d.mu.Lock()
				d.skipped = append(d.skipped, err)
				d.mu.Unlock()
			case err != nil:
				yield(Row{}, err)
				return
			case !more:
				return
			}
		}
	}
}

// readBatch is the rows read at once: enough to pay for the call, few enough for
// large screens.
const readBatch = 8

// readShard yields the rows of one file; more is false when the consumer has
// enough.
func (d *Dataset) readShard(ctx context.Context, path string, yield func(Row, error) bool) (more bool, err error) {
	f, pf, err := openShard(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	r := parquet.NewGenericReader[shardRow](pf)
	defer func() { _ = r.Close() }() // read only: nothing is lost
	for {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		var rows [readBatch]shardRow // new each time: the consumer may keep what it holds
		n, err := readRows(r, rows[:])
		for i := range rows[:n] {
			row := rows[i].row()
			if err := d.meta.checkRow(&row); err != nil {
				return false, fmt.Errorf("replay: reading %s: %w", path, err)
			}
			if !yield(row, nil) {
				return false, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("replay: reading %s: %w", path, err)
		}
	}
}

// readRows is r.Read with its panics, which damaged pages cause, as errors.
func readRows(r *parquet.GenericReader[shardRow], rows []shardRow) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("the file is damaged: %v", p)
		}
	}()
	return r.Read(rows)
}

func shardLen(path string) (int, error) {
	f, pf, err := openShard(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return int(pf.NumRows()), nil
}

// openShard opens a shard and checks that its columns are ours.
func openShard(path string) (f *os.File, pf *parquet.File, err error) {
	f, err = os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("replay: opening a shard: %w", err)
	}
	defer func() {
		// The footer of a damaged file may make the decoder panic.
		if p := recover(); p != nil {
			err = fmt.Errorf("replay: %s is damaged: %v", path, p)
		}
		if err != nil {
			_ = f.Close()
			f, pf = nil, nil
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return f, nil, fmt.Errorf("replay: opening a shard: %w", err)
	}
	pf, err = parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return f, nil, fmt.Errorf("replay: %s is cut off or no Parquet file: %w", path, err)
	}
	// The state is not in every dataset.
	if s := pf.Schema(); !parquet.EqualNodes(s, parquet.SchemaOf(shardRow{})) && !parquet.EqualNodes(s, parquet.SchemaOf(plainRow{})) {
		return f, nil, fmt.Errorf("replay: %s has other columns than a dataset of glint", path)
	}
	return f, pf, nil
}
