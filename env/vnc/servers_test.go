package vnc_test

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// debianPython is the one that Debian's python3-xlib belongs to.
const debianPython = "/usr/bin/python3"

// installed skips a test where Debian's VNC servers are missing. CI installs them, so there
// that is a failure.
func installed(tb testing.TB) {
	tb.Helper()
	missing := ""
	for _, name := range []string{"Xvnc", "x11vnc", debianPython} {
		if _, err := exec.LookPath(name); err != nil {
			missing = name
		}
	}
	if missing == "" && exec.Command(debianPython, "-c", "import Xlib").Run() != nil {
		missing = "python3-xlib"
	}
	const how = "apt-get install tigervnc-standalone-server x11vnc python3-xlib"
	switch {
	case testing.Short():
		tb.Skip("needs VNC servers")
	case missing != "" && os.Getenv("CI") == "true":
		tb.Fatalf("%s is missing: %s", missing, how)
	case missing != "":
		tb.Skipf("%s is missing: %s", missing, how)
	}
}

// server is a VNC server with an X display.
type server struct {
	address string
	display string
	mu      sync.Mutex
	log     bytes.Buffer
}

// Write takes down what the server reports.
func (s *server) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

// words waits until the server has reported text.
func (s *server) words(text string) bool {
	for range 200 {
		s.mu.Lock()
		found := strings.Contains(s.log.String(), text)
		s.mu.Unlock()
		if found {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

// start starts a process that ends with the test.
func start(tb testing.TB, s *server, out io.Writer, display, name string, args ...string) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	cmd.Stdout, cmd.Stderr = out, s
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = cmd.Wait() }) // killed
}

func freePort(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// answers waits until somebody listens.
func answers(tb testing.TB, s *server) {
	tb.Helper()
	for range 500 {
		if c, err := net.Dial("tcp", s.address); err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tb.Fatalf("nobody listens at %s: %s", s.address, s.log.String())
}

// tiger starts TigerVNC with a display of its own.
func tiger(tb testing.TB, args ...string) *server {
	tb.Helper()
	installed(tb)
	port := freePort(tb)
	s := &server{address: "127.0.0.1:" + port}
	r, w := io.Pipe()
	tb.Cleanup(func() { _ = w.Close() })
	start(tb, s, w, "", "Xvnc", append([]string{
		"-displayfd", "1", "-rfbport", port, "-localhost", "-ac",
		"-geometry", "320x240", "-depth", "24", "-SecurityTypes", "None", "-AlwaysShared",
		"-MaxDisconnectionTime", "60", // should the test be killed
	}, args...)...)
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	s.display = ":" + strings.TrimSpace(line)
	answers(tb, s)
	return s
}

// karl starts x11vnc on a display.
func karl(tb testing.TB) *server {
	tb.Helper()
	x := tiger(tb)
	port := freePort(tb)
	s := &server{address: "127.0.0.1:" + port, display: x.display}
	start(tb, s, s, x.display, "x11vnc", "-display", x.display, "-rfbport", port, "-localhost", "-forever", "-shared", "-nopw", "-norc", "-nosel")
	answers(tb, s)
	return s
}

// artist draws on a display.
type artist struct {
	tb  testing.TB
	in  io.Writer
	out *bufio.Reader
}

func newArtist(tb testing.TB, s *server) *artist {
	tb.Helper()
	in, toArtist := io.Pipe()
	fromArtist, out := io.Pipe()
	cmd := exec.CommandContext(tb.Context(), debianPython, filepath.Join("testdata", "draw.py"))
	cmd.Env = append(os.Environ(), "DISPLAY="+s.display)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, os.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = toArtist.Close()
		_ = fromArtist.Close()
		_ = cmd.Wait() // killed
	})
	return &artist{tb: tb, in: toArtist, out: bufio.NewReader(fromArtist)}
}

// ask sends a command and returns its answer.
func (a *artist) ask(format string, args ...any) string {
	a.tb.Helper()
	if _, err := fmt.Fprintf(a.in, format+"\n", args...); err != nil {
		a.tb.Fatal(err)
	}
	line, err := a.out.ReadString('\n')
	if err != nil {
		a.tb.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// shot returns the X server's own picture of the screen, [h,w,3].
func (a *artist) shot() (size image.Point, pix []byte) {
	a.tb.Helper()
	var n int
	if _, err := fmt.Sscan(a.ask("shot"), &size.X, &size.Y, &n); err != nil {
		a.tb.Fatal(err)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(a.out, data); err != nil {
		a.tb.Fatal(err)
	}
	for ; len(data) > 0; data = data[4:] {
		pix = append(pix, data[2], data[1], data[0])
	}
	return size, pix
}
