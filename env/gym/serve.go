package gym

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
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
	token, err := readToken(o.TokenFile)
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
	s := &server{launcher: l, token: sha256.Sum256([]byte(token)), slots: make(chan struct{}, maxServed)}
	if o.Ready != nil {
		o.Ready("tcp://" + listener.Addr().String())
	}
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	err = s.accept(ctx, listener)
	s.all.Wait()
	return errors.Join(err, l.close())
}

// readToken reads the token, or makes one.
func readToken(path string) (string, error) {
	if path == "" {
		return "", errors.New("gym: a server needs a token file: name one (--token-file FILE), it is made where it does not exist")
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data = []byte(rand.Text() + "\n")
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("gym: reading the token: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", fmt.Errorf("gym: the token file %s is empty: remove it to have one made", path)
	}
	return token, nil
}

type server struct {
	launcher *launcher
	token    [sha256.Size]byte
	slots    chan struct{}
	all      sync.WaitGroup
}

// accept serves connections until ctx is done.
func (s *server) accept(ctx context.Context, listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err != nil {
			return errors.Join(fmt.Errorf("gym: accepting a connection: %w", err), listener.Close())
		}
		s.all.Go(func() { s.serve(ctx, conn) })
	}
}

// serve checks the token of one connection and hands it to a worker. What goes
// wrong is told to the learner; a server has nobody else to tell.
func (s *server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(dialTimeout)) // a closed connection shows in the read
	h, err := s.greet(conn)
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
