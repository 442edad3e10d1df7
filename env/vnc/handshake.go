package vnc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"net"
	"strings"
	"time"

	govnc "github.com/mitchellh/go-vnc"
)

// The ways to authenticate (RFC 6143, 7.1.2) that go-vnc knows.
const (
	securityNone = 1
	securityVNC  = 2
)

// Bounds of what a server may say in a handshake, in bytes.
const (
	maxName   = 4096
	maxReason = 4096
)

// handshake stands between go-vnc and a connection until they have greeted. go-vnc makes
// room for every length that a server says, and takes a result it does not know for
// success; so handshake reads each field first, checks it, and lets go-vnc see only what
// is in order. After that go-vnc's own loop reads io.EOF and ends: the messages that
// follow are a link's.
type handshake struct {
	net.Conn
	r        *bufio.Reader
	password bool         // there is one
	authVNC  bool         // it is what the server wants
	checked  []byte       // not read by go-vnc yet
	next     func() error // reads and checks the next field
	size     image.Point  // of the screen
	err      error        // what stopped it
	over     chan struct{}
}

// greet agrees with a server on version and authentication, and returns the size of its
// screen in pixels. Messages of the server begin at r then.
func greet(conn net.Conn, r *bufio.Reader, password string) (image.Point, error) {
	h := &handshake{Conn: conn, r: r, password: password != "", over: make(chan struct{})}
	h.next = h.version
	auth := []govnc.ClientAuth{new(govnc.ClientAuthNone)}
	if h.password {
		auth = append(auth, &govnc.PasswordAuth{Password: password})
	}
	if _, err := govnc.Client(h, &govnc.ClientConfig{Auth: auth}); err != nil {
		if h.err != nil {
			err = h.err
		}
		return image.Point{}, err
	}
	<-h.over
	return h.size, nil
}

// Read gives go-vnc what was checked.
func (h *handshake) Read(p []byte) (int, error) {
	for len(h.checked) == 0 {
		if h.err == nil {
			h.err = h.next()
		}
		if h.err != nil {
			return 0, h.err
		}
	}
	n := copy(p, h.checked)
	h.checked = h.checked[n:]
	return n, nil
}

// Close is called by go-vnc at its end. The connection stays open for the link.
func (h *handshake) Close() error {
	if h.next != nil {
		h.next = nil
		close(h.over)
	}
	return nil
}

// take reads n bytes for go-vnc to see.
func (h *handshake) take(n int) ([]byte, error) {
	at := len(h.checked)
	h.checked = append(h.checked, make([]byte, n)...)
	_, err := io.ReadFull(h.r, h.checked[at:])
	return h.checked[at:], err
}

func (h *handshake) version() error {
	b, err := h.take(12)
	if err != nil {
		return absent(fmt.Errorf("the connection ends before a greeting: %w", err))
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(b), "RFB %03d.%03d\n", &major, &minor); err != nil {
		return fmt.Errorf("it greets with %q and is no VNC server: %w", b, ErrProtocol)
	}
	h.next = h.security
	if major < 3 || major == 3 && minor < 8 {
		return h.old(strings.TrimSpace(string(b)))
	}
	return nil
}

// oldPatience is how long a server that speaks an old version may take to say why it
// turns the connection away.
const oldPatience = time.Second

// old says why a server speaks an old version. TigerVNC does so to those it has shut
// out, and tells the reason without waiting for an answer.
func (h *handshake) old(version string) error {
	if err := h.SetReadDeadline(time.Now().Add(oldPatience)); err != nil {
		return err
	}
	if b, err := h.take(4); err == nil && binary.BigEndian.Uint32(b) == 0 {
		return fmt.Errorf("%w: %s", ErrRefused, h.reason())
	}
	return fmt.Errorf("it speaks %s, want RFB 003.008 or later: %w", version, ErrProtocol)
}

func (h *handshake) security() error {
	b, err := h.take(1)
	if err != nil {
		return err
	}
	if b[0] == 0 {
		return fmt.Errorf("%w: %s", ErrRefused, h.reason())
	}
	offered, err := h.take(int(b[0]))
	if err != nil {
		return err
	}
	h.next = h.result
	switch {
	case bytes.IndexByte(offered, securityNone) >= 0:
		return nil
	case bytes.IndexByte(offered, securityVNC) < 0:
		return fmt.Errorf("%w: it offers the security types %v, glint knows 1 (none) and 2 (VncAuth)", ErrSecurity, ints(offered))
	case !h.password:
		return fmt.Errorf("%w: the server wants one", ErrPassword)
	}
	h.next, h.authVNC = h.challenge, true
	return nil
}

// ints makes numbers of bytes, which print as text.
func ints(b []byte) []int {
	n := make([]int, len(b))
	for i := range b {
		n[i] = int(b[i])
	}
	return n
}

func (h *handshake) challenge() error {
	h.next = h.result
	_, err := h.take(16)
	return err
}

func (h *handshake) result() error {
	b, err := h.take(4)
	if err != nil {
		return err
	}
	h.next = h.init
	switch result := binary.BigEndian.Uint32(b); {
	case result == 0:
		return nil
	case h.authVNC:
		return fmt.Errorf("%w: %s", ErrPassword, h.reason())
	default:
		return fmt.Errorf("%w: %s", ErrRefused, h.reason())
	}
}

// init reads ServerInit.
func (h *handshake) init() error {
	b, err := h.take(24)
	if err != nil {
		return err
	}
	h.size = image.Pt(int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:])))
	n := binary.BigEndian.Uint32(b[20:])
	if n > maxName {
		return fmt.Errorf("a name of %d bytes: %w", n, ErrProtocol)
	}
	h.next = func() error { return io.EOF }
	_, err = h.take(int(n))
	return err
}

// reason reads why a server says no, as far as it says so.
func (h *handshake) reason() string {
	b, err := h.take(4)
	if err != nil {
		return "it does not say why"
	}
	text := make([]byte, min(binary.BigEndian.Uint32(b), maxReason))
	n, _ := io.ReadFull(h.r, text) // what there is of it is better than nothing
	return fmt.Sprintf("it says %q", text[:n])
}
