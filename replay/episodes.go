package replay

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// Episode says what of one episode is in a dataset.
type Episode struct {
	Number uint64
	// Rows counts its steps without the last observation, Small those of them that
	// have a box.
	Rows, Small int
	// Taken is how often each action was taken on an observation of the dataset.
	Taken []int
}

// Episodes lists the episodes in the order in which they begin. It reads no
// observation.
func (d *Dataset) Episodes(ctx context.Context) ([]Episode, error) {
	var all []Episode
	at, next := map[uint64]int{}, map[uint64]uint64{} // index, and the step that would follow
	err := d.heads(ctx, func(h headRow) {
		i, known := at[h.Episode]
		if !known {
			i = len(all)
			at[h.Episode], all = i, append(all, Episode{Number: h.Episode, Taken: make([]int, d.meta.Actions)})
		}
		e := &all[i]
		if e.Rows > 0 && h.Step == next[h.Episode] && h.Action >= 0 && int(h.Action) < d.meta.Actions {
			e.Taken[h.Action]++
		}
		next[h.Episode] = h.Step + 1
		if h.Terminated || h.Truncated {
			return
		}
		e.Rows++
		if len(h.Boxes) > 0 {
			e.Small++
		}
	})
	return all, err
}

// heads visits all rows without their observations.
func (d *Dataset) heads(ctx context.Context, visit func(headRow)) error {
	for _, s := range d.shards {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("replay: reading a dataset: %w", err)
		}
		if err := readHeads(s.path, visit); err != nil && !d.skip {
			return err
		}
	}
	return nil
}

// headRow is a row without its observation.
type headRow struct {
	Action     int32      `parquet:"action"`
	Step       uint64     `parquet:"step"`
	Terminated bool       `parquet:"terminated"`
	Truncated  bool       `parquet:"truncated"`
	Episode    uint64     `parquet:"episode"`
	Boxes      []shardBox `parquet:"boxes,list"`
}

// readHeads visits the rows of a shard.
func readHeads(path string, visit func(headRow)) (err error) {
	f, pf, err := openShard(path)
	if err != nil {
		return err
	}
	defer f.Close()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("replay: reading %s: the file is damaged: %v", path, p)
		}
	}()
	r := parquet.NewGenericReader[headRow](pf)
	defer func() { _ = r.Close() }() // read only: nothing is lost
	for {
		var rows [256]headRow
		n, err := r.Read(rows[:])
		for _, h := range rows[:n] {
			visit(h)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("replay: reading %s: %w", path, err)
		}
	}
}
