package vnc

import (
	"bufio"
	"image"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	rfb "github.com/mitchellh/go-vnc"
)

// BenchmarkServer asks TigerVNC for whole pictures of an Atari screen, one after the other,
// by env/vnc, by go-vnc as it is, and by a loop that throws the bytes away: the server's
// own limit. It reports the frames a second and this process's CPU time of a frame.
func BenchmarkServer(b *testing.B) {
	size := image.Pt(160, 210)
	address := xvnc(b, size)
	for _, c := range []struct {
		name   string
		client func(testing.TB, net.Conn) (frame func() error)
	}{{"limit", discard}, {"glint", ours}, {"go-vnc", stock}} {
		b.Run(c.name, func(b *testing.B) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			frame := c.client(b, conn)
			cpu, n := cpuTime(b), 0
			for b.Loop() {
				if err := frame(); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "frames/s")
			b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(n), "cpu-us/frame")
		})
	}
}

// greeted returns a greeted connection and the size of the screen.
func greeted(tb testing.TB, conn net.Conn, list []encoding) (*bufio.Reader, image.Point) {
	tb.Helper()
	r := bufio.NewReaderSize(conn, readBuffer)
	size, err := greet(conn, r, "")
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err == nil {
		_, err = conn.Write(appendEncodings(appendFormat(nil), list))
	}
	if err != nil {
		tb.Fatal(err)
	}
	return r, size
}

// discard reads the head of an update, the pixels of its rectangle, and keeps nothing.
func discard(tb testing.TB, conn net.Conn) func() error {
	tb.Helper()
	r, size := greeted(tb, conn, []encoding{raw})
	ask := appendRequest(nil, image.Rectangle{Max: size}, false)
	return func() error {
		if _, err := conn.Write(ask); err != nil {
			return err
		}
		for left := size.X * size.Y; left > 0; {
			d := decoder{r: r}
			head, err := d.take(4)
			if err != nil {
				return err
			}
			for range int(head[2])<<8 | int(head[3]) {
				rect, err := d.take(12)
				if err != nil {
					return err
				}
				n := (int(rect[4])<<8 | int(rect[5])) * (int(rect[6])<<8 | int(rect[7]))
				if _, err := io.CopyN(io.Discard, r, int64(n*pixelLen)); err != nil {
					return err
				}
				left -= n
			}
		}
		return nil
	}
}

// ours paints the screen and takes it over into the view, as the goroutine of a link does.
func ours(tb testing.TB, conn net.Conn) func() error {
	tb.Helper()
	r, size := greeted(tb, conn, encodings("raw", true))
	whole := image.Rectangle{Max: size}
	d, v := decoder{r: r}, newView(whole)
	if err := d.screen.resize(size.X, size.Y); err != nil {
		tb.Fatal(err)
	}
	if err := v.reset(whole); err != nil {
		tb.Fatal(err)
	}
	ask := appendRequest(nil, whole, false)
	if _, err := conn.Write(ask); err != nil {
		tb.Fatal(err)
	}
	return func() error {
		for painted := 0; painted < size.X*size.Y; {
			if _, err := d.message(); err != nil {
				return err
			}
			for _, r := range d.damage {
				painted += r.Dx() * r.Dy()
			}
			if painted >= size.X*size.Y {
				if _, err := conn.Write(ask); err != nil {
					return err
				}
			}
			v.update(&d.screen, d.damage, false)
		}
		return nil
	}
}

// stock is go-vnc without anything of ours.
func stock(tb testing.TB, conn net.Conn) func() error {
	tb.Helper()
	updates := make(chan rfb.ServerMessage, 1)
	c, err := rfb.Client(conn, &rfb.ClientConfig{ServerMessageCh: updates})
	if err != nil {
		tb.Fatal(err)
	}
	return func() error {
		if err := c.FramebufferUpdateRequest(false, 0, 0, c.FrameBufferWidth, c.FrameBufferHeight); err != nil {
			return err
		}
		<-updates
		return nil
	}
}

// xvnc starts TigerVNC for a benchmark and returns its address.
func xvnc(tb testing.TB, size image.Point) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(address)
	cmd := exec.CommandContext(tb.Context(), "Xvnc", "-displayfd", "3", "-rfbport", port, "-localhost", "-geometry",
		strconv.Itoa(size.X)+"x"+strconv.Itoa(size.Y), "-depth", "24", "-SecurityTypes", "None", "-AlwaysShared", "-FrameRate", "100000")
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	cmd.ExtraFiles = []*os.File{null} // told the number of the display, which nobody needs
	if err := cmd.Start(); err != nil {
		tb.Skipf("TigerVNC is missing: %v", err)
	}
	tb.Cleanup(func() { _ = cmd.Wait() }) // killed
	for range 200 {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return address
		}
		time.Sleep(20 * time.Millisecond)
	}
	tb.Fatalf("nobody listens at %s", address)
	return ""
}

// cpuTime returns the CPU time of this process.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
