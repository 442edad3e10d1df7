package gym

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// offered starts a server without workers, which only strangers need.
func offered(t *testing.T, s *server, listener net.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.accept(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		if err := <-done; err != nil {
			t.Errorf("accept: %v", err)
		}
		s.all.Wait()
	})
}

func localListener(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// refused shows a wrong token and wants to be told so.
func refused(t *testing.T, address string) {
	t.Helper()
	o := Options{Address: "tcp://" + address, Token: "wrong"}
	l, err := dial(t.Context(), o, "stranger")
	if err == nil {
		_ = l.conn.Close()
	}
	if remote, ok := errors.AsType[*RemoteError](err); !ok || remote.Code != "token" {
		t.Errorf("a wrong token gives %v", err)
	}
}

// TestStrangersMakeRoom opens more connections than are kept without a token: the
// oldest end, the newest is answered.
func TestStrangersMakeRoom(t *testing.T) {
	listener := localListener(t)
	offered(t, &server{}, listener)
	const more = 24
	var idle []net.Conn
	for range maxStrangers + more {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		idle = append(idle, conn)
	}
	refused(t, listener.Addr().String())
	for i, conn := range idle[:more+1] { // one more for the answered one
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("connection %d of %d without a token is still open (%v)", i, len(idle), err)
		}
	}
	last := idle[len(idle)-1]
	_ = last.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := last.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the newest connection was closed: %v", err)
	}
}

// short is a listener that lacks file descriptors a few times.
type short struct {
	net.Listener
	left int
}

func (s *short) Accept() (net.Conn, error) {
	if s.left--; s.left >= 0 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept", syscall.EMFILE)}
	}
	return s.Listener.Accept()
}

// TestAcceptOutlastsShortage wants a server that lacks file descriptors to say so
// once and to go on.
func TestAcceptOutlastsShortage(t *testing.T) {
	listener := localListener(t)
	said := make(chan string, 10)
	offered(t, &server{say: func(line string) { said <- line }}, &short{listener, 3})
	refused(t, listener.Addr().String())
	select {
	case line := <-said:
		if !strings.Contains(line, "no connection can be accepted") || len(said) > 0 {
			t.Errorf("it says %q and %d lines more", line, len(said))
		}
	default:
		t.Error("it says nothing")
	}
	closed := localListener(t)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (&server{}).accept(t.Context(), closed); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept on a closed listener: %v", err)
	}
}

func TestToken(t *testing.T) {
	dir := t.TempDir()
	var said []string
	say := func(line string) { said = append(said, line) }
	path := filepath.Join(dir, "token")
	made, err := readToken(path, say)
	if err != nil || len(made) < 20 {
		t.Fatalf("made %q, %v", made, err)
	}
	if again, err := readToken(path, say); err != nil || again != made || len(said) > 0 {
		t.Errorf("read %q, %v, said %q; want %q and nothing said", again, err, said, made)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if again, err := readToken(path, say); err != nil || again != made || len(said) != 1 || !strings.Contains(said[0], "chmod 600") {
		t.Errorf("read %q, %v, said %q; want a warning", again, err, said)
	}
	elsewhere := filepath.Join(dir, "elsewhere")
	if err := os.Symlink(elsewhere, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := readToken(filepath.Join(dir, "link"), say); err == nil || !strings.Contains(err.Error(), "a link to nothing") {
		t.Errorf("a dangling link: %v", err)
	}
	if _, err := os.Lstat(elsewhere); err == nil {
		t.Error("the token was written through a link")
	}
}
