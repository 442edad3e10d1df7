package gym

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"glint/env"
)

// link is one connection to a worker. It is used by one goroutine at a time.
type link struct {
	conn    net.Conn
	name    string
	timeout time.Duration
	proc    *process // nil for a remote worker
	seq     uint32
	out     []byte
	scratch []byte
	memory  *os.File // what the worker inherited, until share; nil for none
	shared  []byte   // the memory that the worker's batches are in; nil for none
}

// send writes one request and returns its number.
func (l *link) send(k kind, payload []byte) (uint32, error) {
	if len(payload) > maxRequest {
		return 0, fmt.Errorf("request of %d bytes, at most %d are allowed", len(payload), maxRequest)
	}
	l.seq++
	l.out = appendFrame(l.out[:0], k, l.seq, payload)
	if err := l.conn.SetWriteDeadline(time.Now().Add(l.timeout)); err != nil {
		return l.seq, err
	}
	_, err := l.conn.Write(l.out)
	return l.seq, err
}

// reading runs f, which reads one answer, under the watchdog and the context.
// After an error other than *RemoteError the stream is out of step.
func (l *link) reading(ctx context.Context, f func() error) error {
	if err := l.conn.SetReadDeadline(time.Now().Add(l.timeout)); err != nil {
		return err
	}
	if ctx.Done() == nil {
		return l.explain(ctx, f())
	}
	ran := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ran)
		_ = l.conn.SetReadDeadline(time.Unix(1, 0)) // fails on a closed connection, which ends the read too
	})
	err := f()
	if !stop() {
		<-ran
	}
	return l.explain(ctx, err)
}

// explain says why a read failed: the context, the watchdog or the peer.
func (l *link) explain(ctx context.Context, err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if at, ok := ctx.Deadline(); ok && !time.Now().Before(at) {
		return context.DeadlineExceeded
	}
	return fmt.Errorf("%w (%v): killed", ErrTimeout, l.timeout)
}

// answer reads the header of the answer to request seq, and turns an ERROR
// frame into its error.
func (l *link) answer(seq uint32, want kind) (header, error) {
	h, err := readHeader(l.conn)
	if err != nil {
		return h, err
	}
	if h.seq != seq {
		return h, fmt.Errorf("answer to request %d, expected %d: %w", h.seq, seq, errProtocol)
	}
	if h.kind == kindError {
		payload, err := readPayload(l.conn, h)
		if err != nil {
			return h, err
		}
		return h, remoteError(payload)
	}
	if h.kind != want {
		return h, fmt.Errorf("answer of type %d, expected %d: %w", h.kind, want, errProtocol)
	}
	return h, nil
}

// ask sends a request and returns the payload of its answer.
func (l *link) ask(ctx context.Context, k kind, payload []byte, want kind) ([]byte, error) {
	seq, err := l.send(k, payload)
	if err != nil {
		return nil, err
	}
	var out []byte
	err = l.reading(ctx, func() error {
		h, err := l.answer(seq, want)
		if err == nil {
			out, err = readPayload(l.conn, h)
		}
		return err
	})
	return out, err
}

// batch reads the BATCH that answers request seq.
func (l *link) batch(ctx context.Context, seq uint32, s env.Spec, to target) error {
	return l.reading(ctx, func() error {
		h, err := l.answer(seq, kindBatch)
		if err != nil {
			return err
		}
		r, size := io.Reader(l.conn), h.size
		if h.shared {
			body, err := l.body(h)
			if err != nil {
				return err
			}
			r, size = bytes.NewReader(body), len(body)
		}
		l.scratch, err = decodeBatch(r, size, s, to, l.scratch)
		return err
	})
}

// hangUp closes the connection and lets the worker end by itself.
func (l *link) hangUp() {
	_ = l.conn.Close() // nothing more is read or written
	l.unshare()
	if l.proc != nil {
		l.proc.end()
	}
}

// kill ends the worker at once.
func (l *link) kill() {
	_ = l.conn.Close() // nothing more is read or written
	l.unshare()
	if l.proc != nil {
		l.proc.kill()
	}
}

// lastWords returns what the worker printed last, for an error message.
func (l *link) lastWords() string {
	if l.proc == nil {
		return ""
	}
	return l.proc.tail.last()
}
