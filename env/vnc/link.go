package vnc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	readBuffer = 1 << 16
	// probeEvery is the time between two measurements of the latency, which are also
	// the signs of life of a server whose screen rests.
	probeEvery = time.Second
	// maxResizes is how often a screen may change its size within resizeSpan.
	maxResizes = 50
	resizeSpan = time.Minute
)

// link is a connection to a server: a goroutine that reads updates and asks for the
// next, and the picture that they have painted.
type link struct {
	conn    net.Conn
	timeout time.Duration
	d       decoder // the goroutine's
	view    *view
	meter   *meter
	writing sync.Mutex
	asked   time.Time // when the probe in flight was sent; zero for none. The goroutine's.
	probed  time.Time // when the last one was sent. The goroutine's.
	resizes []time.Time
	done    chan struct{} // closed at the end of the goroutine
	err     error         // why it ended; to be read after done
}

// dial connects to the server and starts to read the part of its screen that crop says,
// all of it where crop is empty.
func dial(ctx context.Context, o Options, crop image.Rectangle, m *meter) (*link, error) {
	d := net.Dialer{Timeout: o.Timeout}
	conn, err := d.DialContext(ctx, "tcp", o.Address)
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, absent(err)
	}
	l := &link{conn: conn, timeout: o.Timeout, meter: m, done: make(chan struct{})}
	l.d.r = bufio.NewReaderSize(conn, readBuffer)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // which ends what waits
	err = l.open(o, crop)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close() // nothing was asked for yet
		return nil, l.explain(ctx, err)
	}
	go l.run()
	return l, nil
}

// absent adds ErrAbsent to the error of a connection that was refused, or that ended before
// the other side had said a word.
func absent(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	return err
}

// open greets the server and asks for its screen.
func (l *link) open(o Options, crop image.Rectangle) error {
	if err := l.conn.SetDeadline(time.Now().Add(l.timeout)); err != nil {
		return err
	}
	size, err := greet(l.conn, l.d.r, o.Password)
	if err != nil {
		return err
	}
	if err := l.d.screen.resize(size.X, size.Y); err != nil {
		return err
	}
	if crop.Empty() {
		crop = l.d.screen.bounds()
	}
	l.view = newView(crop, o.places()...)
	if err := l.view.reset(l.d.screen.bounds()); err != nil {
		return err
	}
	b := appendEncodings(appendFormat(nil), encodings(o.Encoding, local(l.conn)))
	return l.write(appendRequest(b, l.d.screen.bounds(), false))
}

// local says whether the other end of a connection is this machine.
func local(conn net.Conn) bool {
	a, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// write sends messages in one piece.
func (l *link) write(b []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(l.timeout)); err != nil {
		return err
	}
	_, err := l.conn.Write(b)
	return err
}

// run reads messages until the connection ends.
func (l *link) run() {
	defer close(l.done)
	l.probed = time.Now()
	for l.err == nil {
		l.err = l.read()
	}
	l.err = l.explain(context.Background(), l.err)
	_ = l.conn.Close() // l.err says why
}

// read reads one message, and answers an update by the request for the next.
func (l *link) read() error {
	if err := l.wait(); err != nil {
		return err
	}
	if err := l.conn.SetReadDeadline(time.Now().Add(l.timeout)); err != nil {
		return err
	}
	update, err := l.d.message()
	if err != nil || !update {
		return err
	}
	answered, err := l.account()
	if err != nil {
		return err
	}
	if err := l.ask(); err != nil { // so that the server works meanwhile
		return err
	}
	l.meter.count(answered)
	l.view.update(&l.d.screen, l.d.damage, answered > 0)
	return nil
}

// wait waits for the first byte of a message, however long the screen rests: a server
// that answers probes lives.
func (l *link) wait() error {
	for {
		if err := l.conn.SetReadDeadline(time.Now().Add(probeEvery)); err != nil {
			return err
		}
		_, err := l.d.r.Peek(1)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		switch {
		case l.asked.IsZero():
			err = l.probe()
		case time.Since(l.asked) > l.timeout:
			return fmt.Errorf("%w: no word for %v", ErrSilent, l.timeout)
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
}

// corner is what a probe asks for.
var corner = image.Rect(0, 0, 1, 1)

// probe asks for one pixel that the server must send.
func (l *link) probe() error {
	l.probed = time.Now()
	l.asked = l.probed
	return l.write(appendRequest(nil, corner, false))
}

// account takes down what an update tells besides pixels: another size of the screen, and
// how long the answer to a probe took, 0 where it is none.
func (l *link) account() (answered time.Duration, err error) {
	now := time.Now()
	if l.d.resized {
		l.resizes = append(l.resizes, now)
		for now.Sub(l.resizes[0]) > resizeSpan {
			l.resizes = l.resizes[1:]
		}
		if len(l.resizes) > maxResizes {
			return 0, fmt.Errorf("%d sizes of the screen within %v: %w", len(l.resizes), resizeSpan, ErrProtocol)
		}
		if err := l.view.reset(l.d.screen.bounds()); err != nil {
			return 0, err
		}
	}
	for _, r := range l.d.damage {
		if !l.asked.IsZero() && corner.In(r) {
			answered = max(now.Sub(l.asked), 1)
			l.asked = time.Time{}
		}
	}
	return answered, nil
}

// ask requests the next update, so that exactly one request is open: while a probe is, it
// is that.
func (l *link) ask() error {
	switch {
	case l.d.resized:
		l.asked = time.Time{}
		return l.write(appendRequest(nil, l.d.screen.bounds(), false))
	case !l.asked.IsZero():
		return nil
	case time.Since(l.probed) > probeEvery:
		return l.probe()
	}
	return l.write(appendRequest(nil, l.d.screen.bounds(), true))
}

// explain says in words why a call on the connection failed.
func (l *link) explain(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: not ready within %v", ErrSilent, l.timeout)
	}
	return err
}

// keys sends what becomes of keys: those of up are let go, those of down pressed.
func (l *link) keys(up, down chord) error {
	var b []byte
	for _, key := range up {
		b = appendKey(b, key, false)
	}
	for _, key := range down {
		b = appendKey(b, key, true)
	}
	return l.events(b)
}

// strike sends that keys go down and up again.
func (l *link) strike(c chord) error {
	var b []byte
	for _, down := range []bool{true, false} {
		for _, key := range c {
			b = appendKey(b, key, down)
		}
	}
	return l.events(b)
}

// events sends what becomes of keys, or says why the connection has ended.
func (l *link) events(b []byte) error {
	select {
	case <-l.done: // which says better than a write what is wrong
		return l.err
	default:
	}
	if b == nil {
		return nil
	}
	return l.write(b)
}

// until waits for a time. It fails at once where the connection or the context ends.
func (l *link) until(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return l.err
	}
}

// whole waits until every pixel of the crop has been painted.
func (l *link) whole(ctx context.Context) error {
	timer := time.NewTimer(l.timeout)
	defer timer.Stop()
	select {
	case <-l.view.whole():
		return nil
	case <-timer.C:
		return fmt.Errorf("%w: no whole picture within %v", ErrSilent, l.timeout)
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return l.err
	}
}

// close ends the connection and waits for the goroutine.
func (l *link) close() {
	_ = l.conn.Close() // it may have ended by itself
	<-l.done
}
