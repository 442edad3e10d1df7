package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// ShardRows is the number of rows of a shard; the last of a dataset may be
// shorter.
const ShardRows = 4096

// Writer records a dataset. A shard appears in the folder when it is complete;
// rows that Close has not flushed are lost with the process.
type Writer struct {
	dir    string
	meta   Meta
	shards int // finished ones
	rows   int // rows of the open shard

	file *os.File // temporary, nil between shards
	pq   *parquet.GenericWriter[shardRow]
	one  [1]shardRow
	err  error // first failure; the Writer is unusable after it
}

var errWriterClosed = errors.New("replay: the dataset's writer is closed")

// Create makes a folder for a dataset and writes its spec.json. It refuses a
// folder that exists and is not empty.
func Create(dir string, meta Meta) (*Writer, error) {
	meta.Version = metaVersion
	if err := meta.Validate(); err != nil {
		return nil, err
	}
	if old, err := os.ReadDir(dir); err == nil && len(old) > 0 {
		return nil, fmt.Errorf("replay: %s is not empty; record into a new folder", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("replay: making the dataset's folder: %w", err)
	}
	data, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("replay: encoding %s: %w", specName, err)
	}
	f, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		return nil, fmt.Errorf("replay: writing %s: %w", specName, err)
	}
	_, err = f.Write(append(data, '\n'))
	if err = publish(f, filepath.Join(dir, specName), err); err != nil {
		return nil, err
	}
	return &Writer{dir: dir, meta: meta}, nil
}

// Add appends a copy of a step. After an error of the disk every call returns it;
// a Row that does not fit the dataset is refused and changes nothing.
func (w *Writer) Add(row Row) error {
	if w.err != nil {
		return w.err
	}
	if err := w.meta.checkRow(&row); err != nil {
		return fmt.Errorf("replay: recording a step: %w", err)
	}
	if w.pq == nil {
		if w.err = w.begin(); w.err != nil {
			return w.err
		}
	}
	w.one[0].set(row)
	if _, err := w.pq.Write(w.one[:]); err != nil {
		return w.fail(fmt.Errorf("replay: writing %s: %w", shardName(w.shards), err))
	}
	w.rows++
	if w.rows == ShardRows {
		w.err = w.finish()
	}
	return w.err
}

// Close finishes the last shard. Later calls do nothing.
func (w *Writer) Close() error {
	if errors.Is(w.err, errWriterClosed) {
		return nil
	}
	err := w.err
	if err == nil && w.pq != nil {
		err = w.finish()
	}
	w.err = errWriterClosed
	return err
}

func (w *Writer) begin() error {
	f, err := os.CreateTemp(w.dir, ".tmp-*")
	if err != nil {
		return fmt.Errorf("replay: writing %s: %w", shardName(w.shards), err)
	}
	w.file, w.rows = f, 0
	w.pq = parquet.NewGenericWriter[shardRow](f,
		parquet.DataPageStatistics(false), // of obs they would be as large as obs
		parquet.SkipPageBounds("obs"),
		// A page is compressed as a whole: eight neighbouring observations share
		// most of their pixels.
		parquet.PageBufferSize(max(1<<18, 8*w.meta.ObsLen())),
		parquet.Compression(&parquet.Zstd),
		parquet.CreatedBy("glint", "", ""))
	return nil
}

func (w *Writer) finish() error {
	f, path := w.file, filepath.Join(w.dir, shardName(w.shards))
	err := w.pq.Close()
	w.pq, w.file = nil, nil
	if err := publish(f, path, err); err != nil {
		return err
	}
	w.shards++
	return nil
}

func (w *Writer) fail(err error) error {
	_ = w.file.Close()
	_ = os.Remove(w.file.Name())
	w.pq, w.file, w.err = nil, nil, err
	return err
}

// publish makes a written temporary file appear under its name, whole, or removes
// it if writing it ended in err.
func publish(f *os.File, path string, err error) error {
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("replay: writing %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename last through a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("replay: syncing %s: %w", dir, err)
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("replay: syncing %s: %w", dir, err)
	}
	return nil
}
