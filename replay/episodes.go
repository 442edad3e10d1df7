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

	next uint64 // the step that would follow
}

// Episodes lists the episodes in the order in which they begin. It reads no
// observation.
func (d *Dataset) Episodes(ctx context.Context) ([]Episode, error) {
	var all []Episode
	at := map[uint64]int{}
	for _, s := range d.shards {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("replay: reading a dataset: %w", err)
		}
		err := readHeads(s.path, func(h headRow) {
			i, known := at[h.Episode]
			if !known {
				i = len(all)
				at[h.Episode], all = i, append(all, Episode{Number: h.Episode, Taken: make([]int, d.meta.Actions)})
			}
			if e := &all[i]; e.Rows > 0 && h.Step == e.next && int(h.Action) < d.meta.Actions && h.Action >= 0 {
				e.Taken[h.Action]++
			}
			all[i].next = h.Step + 1
			if h.Terminated || h.Truncated {
				return
			}
			all[i].Rows++
			if len(h.Boxes) > 0 {
				all[i].Small++
			}
		})
		if err != nil && !d.skip {
			return nil, err
		}
	}
	return all, nil
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
