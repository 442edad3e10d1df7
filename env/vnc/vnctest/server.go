// Package vnctest is a VNC server of a few lines, for tests of what connects to one. It
// shows a picture that a function draws, in raw pixels, and takes down the keys.
//
// # Concurrency
//
// The methods of a Server may be called from any goroutine.
package vnctest

import (
	"bufio"
	"cmp"
	"crypto/des"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math/bits"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// Options says what a Server shows. The zero value is black.
type Options struct {
	// Address is where to listen; empty for a free port.
	Address string
	// Size is the width and height of the screen; zero for 32x24.
	Size image.Point
	// Draw paints picture number frame on [H,W,4] u8; nil for black.
	Draw func(pix []byte, frame int)
	// Password is what the server wants; empty for none.
	Password string
	// Pause is the time between a request for changes and its answer, Delay that before
	// every answer.
	Pause, Delay time.Duration
	// Pressed is told each key, in order; nil for nobody.
	Pressed func(Key)
}

// Key is a key that went down or up.
type Key struct {
	Symbol uint32 // X keysym
	Down   bool
}

// Server is a running server.
type Server struct {
	// Address is the server's, as "host:port".
	Address string

	o        Options
	listener net.Listener
	work     sync.WaitGroup

	mu      sync.Mutex
	size    image.Point
	conns   map[net.Conn]bool
	keys    []Key
	accepts int
	frame   int
}

// Start starts a server on this machine, which ends with the test.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	if o.Size == (image.Point{}) {
		o.Size = image.Pt(32, 24)
	}
	l := listen(tb, o.Address)
	s := &Server{Address: l.Addr().String(), o: o, listener: l, size: o.Size, conns: map[net.Conn]bool{}}
	s.work.Go(s.accept)
	tb.Cleanup(s.Stop)
	return s
}

// listen listens at an address of this machine, at a free port where it is empty.
func listen(tb testing.TB, address string) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", cmp.Or(address, "127.0.0.1:0"))
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// Stop ends the server and its connections; it may be called again.
func (s *Server) Stop() {
	_ = s.listener.Close() // it may be closed already
	s.Drop()
	s.work.Wait()
}

// Drop ends all connections. The server takes new ones.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close() // which ends its goroutine
	}
}

// Resize changes the size of the screen with the next answer.
func (s *Server) Resize(size image.Point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size = size
}

// Keys returns all keys so far, in order.
func (s *Server) Keys() []Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.keys)
}

// Down returns the keys that are down, in order of their symbols.
func (s *Server) Down() []uint32 {
	down := map[uint32]bool{}
	for _, k := range s.Keys() {
		down[k.Symbol] = k.Down
	}
	var all []uint32
	for k, is := range down {
		if is {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all
}

// Accepts returns the number of connections so far.
func (s *Server) Accepts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepts
}

// Rest waits until all connections have ended, whose last keys are known then.
func (s *Server) Rest() {
	for {
		s.mu.Lock()
		n := len(s.conns)
		s.mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.accepts++
		s.mu.Unlock()
		s.work.Go(func() {
			_ = s.serve(c) // it ends with the connection
			_ = c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
	}
}

var errPassword = errors.New("wrong password")

// serve greets and answers until the connection ends.
func (s *Server) serve(c net.Conn) error {
	r := bufio.NewReader(c)
	if err := Greet(c, r, s.o.Password); err != nil {
		return err
	}
	known := client{size: s.now()}
	if _, err := c.Write(Init(known.size, "test")); err != nil {
		return err
	}
	for {
		kind, err := r.ReadByte()
		if err != nil {
			return err
		}
		length := map[byte]int{0: 19, 2: 3, 3: 9, 4: 7}[kind]
		b := make([]byte, length)
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		switch kind {
		case 2:
			_, err = r.Discard(4 * int(binary.BigEndian.Uint16(b[1:])))
		case 3:
			err = s.answer(c, &known, b)
		case 4:
			key := Key{Symbol: binary.BigEndian.Uint32(b[3:]), Down: b[0] != 0}
			s.mu.Lock()
			s.keys = append(s.keys, key)
			s.mu.Unlock()
			if s.o.Pressed != nil {
				s.o.Pressed(key)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (s *Server) now() image.Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// client is what a client knows of the screen: its size, and whether it has asked for
// the whole picture since.
type client struct {
	size  image.Point
	whole bool
}

// answer sends the part that a request names or, where the size has changed, only that.
// Who asks for changes to a picture that he does not have gets nothing.
func (s *Server) answer(w io.Writer, c *client, request []byte) error {
	changes := request[0] != 0
	v := func(at int) int { return int(binary.BigEndian.Uint16(request[at:])) }
	part := image.Rect(v(1), v(3), v(1)+v(5), v(3)+v(7))
	time.Sleep(s.o.Delay)
	if changes {
		time.Sleep(s.o.Pause)
	}
	if now := s.now(); now != c.size {
		*c = client{size: now}
		_, err := w.Write(Rect(Update(1), image.Rectangle{Max: now}, -223))
		return err
	}
	c.whole = c.whole || !changes && part == image.Rectangle{Max: c.size}
	if !c.whole {
		_, err := w.Write(Update(0))
		return err
	}
	s.mu.Lock()
	frame := s.frame
	s.frame++
	s.mu.Unlock()
	pix := make([]byte, c.size.X*c.size.Y*4)
	if s.o.Draw != nil {
		s.o.Draw(pix, frame)
	}
	part = part.Intersect(image.Rectangle{Max: c.size})
	b := Rect(Update(1), part, 0)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		b = append(b, pix[(y*c.size.X+part.Min.X)*4:(y*c.size.X+part.Max.X)*4]...)
	}
	_, err := w.Write(b)
	return err
}

// Greet is a server's part of a handshake up to the client's first word after it.
func Greet(w io.Writer, r io.Reader, password string) error {
	kind := byte(1)
	if password != "" {
		kind = 2
	}
	b := make([]byte, 16)
	if _, err := w.Write([]byte("RFB 003.008\n")); err != nil {
		return err
	}
	if _, err := io.ReadFull(r, b[:12]); err != nil {
		return err
	}
	if _, err := w.Write([]byte{1, kind}); err != nil {
		return err
	}
	if _, err := io.ReadFull(r, b[:1]); err != nil {
		return err
	}
	if kind == 2 {
		if err := challenge(w, r, password); err != nil {
			return err
		}
	}
	if _, err := w.Write(make([]byte, 4)); err != nil {
		return err
	}
	_, err := io.ReadFull(r, b[:1])
	return err
}

// challenge is VncAuth (RFC 6143, 7.2.2).
func challenge(w io.Writer, r io.Reader, password string) error {
	key := make([]byte, 8)
	copy(key, password)
	for i := range key {
		key[i] = bits.Reverse8(key[i])
	}
	block, err := des.NewCipher(key)
	if err != nil {
		return err
	}
	asked, want, got := []byte("0123456789abcdef"), make([]byte, 16), make([]byte, 16)
	block.Encrypt(want, asked)
	block.Encrypt(want[8:], asked[8:])
	if _, err := w.Write(asked); err != nil {
		return err
	}
	if _, err := io.ReadFull(r, got); err != nil {
		return err
	}
	if slices.Equal(got, want) {
		return nil
	}
	const text = "Authentication failure"
	_, err = w.Write(fmt.Appendf([]byte{0, 0, 0, 1, 0, 0, 0, byte(len(text))}, text))
	return errors.Join(errPassword, err)
}

// Init returns ServerInit: the size of a screen, a pixel format and a name.
func Init(size image.Point, name string) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(size.X))
	b = binary.BigEndian.AppendUint16(b, uint16(size.Y))
	b = append(b, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(name)))
	return append(b, name...)
}

// Update returns the head of an update of n rectangles.
func Update(n int) []byte { return binary.BigEndian.AppendUint16([]byte{0, 0}, uint16(n)) }

// Rect appends the head of a rectangle in an encoding.
func Rect(b []byte, r image.Rectangle, encoding int32) []byte {
	for _, v := range []int{r.Min.X, r.Min.Y, r.Dx(), r.Dy()} {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return binary.BigEndian.AppendUint32(b, uint32(encoding))
}
