package gym

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// maxServed is the number of connections, each a process, that Serve allows.
const maxServed = 256

// ServeOptions says where environments are offered.
type ServeOptions struct {
	// Listen is "tcp://host:port"; port 0 picks one.
	Listen string
	// TokenFile holds the token that learners must show. It is made, with a random
	// token and readable by its owner alone, where it does not exist.
	TokenFile string
	// Python is the interpreter, "" for the installed one.
	Python string
	// Ready is told the address once connections are accepted; nil for nobody.
	Ready func(address string)
	// Progress is told a line at a time what the owner should know, such as that no
	// connection can be accepted; nil for nobody.
	Progress func(string)
}

// Serve offers environments to learners on other machines until ctx is done. A
// learner with the token may import and run any Python module of this machine,
// so the token is as good as a login; the traffic is not encrypted. Each
// connection has a process of its own.
func Serve(ctx context.Context, o ServeOptions) error {
	address, ok := strings.CutPrefix(o.Listen, "tcp://")
	if !ok {
		return fmt.Errorf("gym: cannot listen on %q: write tcp://host:port", o.Listen)
	}
	say := o.Progress
	if say == nil {
		say = func(string) {}
	}
	token, err := readToken(o.TokenFile, say)
	if err != nil {
		return err
	}
	python := o.Python
	if python == "" {
		if python, err = Python(""); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("gym: %s is in use: stop the other server or choose another port", o.Listen)
	}
	if err != nil {
		return fmt.Errorf("gym: listening on %s: %w", o.Listen, err)
	}
	l, err := newLauncher(python)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s := &server{launcher: l, token: sha256.Sum256([]byte(token)), slots: make(chan struct{}, maxServed), say: say}
	if o.Ready != nil {
		o.Ready("tcp://" + listener.Addr().String())
	}
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	err = s.accept(ctx, listener)
	s.all.Wait()
	return errors.Join(err, l.close())
}

type server struct {
	launcher  *launcher
	token     [sha256.Size]byte
	slots     chan struct{}
	strangers strangers
	say       func(string)
	all       sync.WaitGroup
}

// The pauses before connections are accepted again after a failure.
const (
	shortestPause = 5 * time.Millisecond
	longestPause  = time.Second
)

// accept serves connections until ctx is done. What passes, such as a lack of file
// descriptors, does not end it.
func (s *server) accept(ctx context.Context, listener net.Listener) error {
	var pause time.Duration
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if errno, ok := errors.AsType[syscall.Errno](err); ok && errno.Temporary() {
			if pause == 0 {
				s.say(fmt.Sprintf("no connection can be accepted for now: %v", errno))
			}
			pause = min(max(2*pause, shortestPause), longestPause)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			continue
		}
		if err != nil {
			return errors.Join(fmt.Errorf("gym: accepting a connection: %w", err), listener.Close())
		}
		pause = 0
		s.strangers.add(conn)
		s.all.Go(func() { s.serve(ctx, conn) })
	}
}

// maxStrangers is the number of connections that may be open without the token.
const maxStrangers = 16

// strangers are the connections that have not shown the token yet, the oldest
// first. One more than maxStrangers closes the oldest: whoever has the token shows
// it at once, and nobody can keep others out by saying nothing.
type strangers struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (s *strangers) add(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) == maxStrangers {
		_ = s.conns[0].Close() // its greeting fails
		s.conns = slices.Delete(s.conns, 0, 1)
	}
	s.conns = append(s.conns, conn)
}

// remove forgets a connection that was greeted or has ended.
func (s *strangers) remove(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = slices.DeleteFunc(s.conns, func(c net.Conn) bool { return c == conn })
}

// serve checks the token of one connection and hands it to a worker. What goes
// wrong is told to the learner; a server has nobody else to tell.
func (s *server) serve(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }() // nobody is left to tell
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(dialTimeout)) // a closed connection shows in the read
	h, err := s.greet(conn)
	s.strangers.remove(conn)
	if err != nil {
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		refuse(conn, h.seq, "refused", fmt.Sprintf("the server is full: it serves %d workers", maxServed))
		return
	}
	if _, err := conn.Write(appendFrame(nil, kindOK, h.seq, nil)); err != nil {
		return
	}
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return
	}
	p, err := s.launcher.launch(file, nil)
	_ = file.Close()
	if err != nil {
		return
	}
	// The worker alone holds the connection now, so that its end is seen.
	stop()
	_ = conn.Close()
	select {
	case <-p.done:
	case <-ctx.Done():
	}
	p.kill()
}

// greet reads AUTH and compares the token.
func (s *server) greet(conn net.Conn) (header, error) {
	const maxAuth = 4096
	h, err := readHeader(conn)
	if err != nil || h.kind != kindAuth || h.size > maxAuth {
		return h, errors.Join(errProtocol, err)
	}
	payload, err := readPayload(conn, h)
	if err != nil {
		return h, err
	}
	var shown struct{ Token string }
	if err := json.Unmarshal(payload, &shown); err != nil {
		return h, err
	}
	sum := sha256.Sum256([]byte(shown.Token))
	if subtle.ConstantTimeCompare(sum[:], s.token[:]) != 1 {
		refuse(conn, h.seq, "token", "wrong token: use the one in the server's token file")
		return h, errProtocol
	}
	return h, nil
}

// refuse sends an ERROR frame.
func refuse(conn net.Conn, seq uint32, code, text string) {
	payload, err := json.Marshal(RemoteError{Env: -1, Code: code, Text: text})
	if err != nil {
		return
	}
	_, _ = conn.Write(appendFrame(nil, kindError, seq, payload)) // the peer may be gone
}
