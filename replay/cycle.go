package replay

import (
	"context"
	"errors"
	"iter"
)

// errNoSteps says that a dataset that is played has nothing to show.
var errNoSteps = errors.New("replay: the dataset has no step to play")

// cycle reads the rows of a dataset one by one, from the first again after it was closed.
type cycle struct {
	data *Dataset
	next func() (Row, error, bool)
	stop func()
}

// row returns the next row; more is false after the last one.
func (c *cycle) row() (row Row, more bool, err error) {
	if c.next == nil {
		// A step is not interrupted; who steps has asked its context.
		c.next, c.stop = iter.Pull2(c.data.Rows(context.Background()))
	}
	row, err, more = c.next()
	return row, more, err
}

// close ends the reading.
func (c *cycle) close() {
	if c.stop != nil {
		c.stop()
	}
	c.next, c.stop = nil, nil
}
