package vnc_test

import (
	"bufio"
	"context"
	"errors"
	"image"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"glint/env/vnc"
	"glint/env/vnc/vnctest"
)

// serve runs script for every connection until the test ends, and returns the options
// for the server.
func serve(t *testing.T, script func(c net.Conn)) vnc.Options {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(t.Context(), func() { _ = c.Close() })
			work.Go(func() {
				defer stop()
				defer func() { _ = c.Close() }()
				script(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		work.Wait()
	})
	o := vnc.DefaultOptions(l.Addr().String())
	o.Rate, o.Timeout, o.Patience, o.Startup = 1000, 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
	return o
}

// say sends text and waits for the other side to hang up.
func say(c net.Conn, text string) {
	_, _ = c.Write([]byte(text))
	var b [1 << 10]byte
	for {
		if _, err := c.Read(b[:]); err != nil {
			return
		}
	}
}

const hello = "RFB 003.008\n"

// drip sends a byte now and then, without end.
func drip(c net.Conn, text string) {
	for i := 0; ; i++ {
		if _, err := c.Write([]byte{text[min(i, len(text)-1)]}); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestHandshakeRefused greets servers that are none, want something else, or lie about
// lengths: each is an error that says so, soon, and costs no memory.
func TestHandshakeRefused(t *testing.T) {
	size := func(w, h int) string { return string(vnctest.Init(image.Pt(w, h), "")) }
	name := []byte(hello + "\x01\x01\x00\x00\x00\x00" + size(9, 9))
	copy(name[len(name)-4:], "\x40\x00\x00\x00")
	for label, c := range map[string]struct {
		script func(net.Conn)
		want   error
		text   string
	}{
		"hangs up":         {func(net.Conn) {}, nil, "EOF"},
		"silent":           {func(c net.Conn) { say(c, "") }, vnc.ErrSilent, "300ms"},
		"slow":             {func(c net.Conn) { drip(c, "RFB 003.008\n\x01\x01\x00") }, vnc.ErrSilent, "300ms"},
		"no VNC":           {func(c net.Conn) { say(c, "HTTP/1.1 400 Bad Request\r\n") }, vnc.ErrProtocol, "no VNC server"},
		"old":              {func(c net.Conn) { say(c, "RFB 003.003\n") }, vnc.ErrProtocol, "want RFB 003.008"},
		"shut out":         {func(c net.Conn) { say(c, "RFB 003.003\n\x00\x00\x00\x00\x00\x00\x00\x08too many") }, vnc.ErrRefused, "too many"},
		"no types":         {func(c net.Conn) { say(c, hello+"\x00\x00\x00\x00\x04busy") }, vnc.ErrRefused, "busy"},
		"huge reason":      {func(c net.Conn) { say(c, hello+"\x00\x7f\xff\xff\xffbusy") }, vnc.ErrRefused, "busy"},
		"other types":      {func(c net.Conn) { say(c, hello+"\x02\x13\x1e") }, vnc.ErrSecurity, "[19 30]"},
		"wants password":   {func(c net.Conn) { say(c, hello+"\x01\x02") }, vnc.ErrPassword, "wants one"},
		"no":               {func(c net.Conn) { say(c, hello+"\x01\x01\x00\x00\x00\x01\x00\x00\x00\x02no") }, vnc.ErrRefused, "no"},
		"unknown result":   {func(c net.Conn) { say(c, hello+"\x01\x01\x00\x00\x00\x07\x00\x00\x00\x02no") }, vnc.ErrRefused, "no"},
		"huge name":        {func(c net.Conn) { say(c, string(name)) }, vnc.ErrProtocol, "a name of 1073741824 bytes"},
		"huge screen":      {func(c net.Conn) { say(c, hello+"\x01\x01\x00\x00\x00\x00"+size(65535, 65535)) }, vnc.ErrProtocol, "a screen of 65535x65535"},
		"screen of naught": {func(c net.Conn) { say(c, hello+"\x01\x01\x00\x00\x00\x00"+size(0, 9)) }, vnc.ErrProtocol, "a screen of 0x9"},
		"small screen":     {func(c net.Conn) { say(c, hello+"\x01\x01\x00\x00\x00\x00"+size(40, 19)) }, vnc.ErrCrop, "40x19"},
	} {
		t.Run(label, func(t *testing.T) {
			o := serve(t, c.script)
			o.Crop = image.Rect(0, 0, 20, 20)
			start, before := time.Now(), allocated()
			_, err := vnc.Open(t.Context(), o)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %v, want %v with %q", err, c.want, c.text)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
			if n := allocated() - before; n > 4<<20 {
				t.Errorf("it took %d bytes of memory", n)
			}
		})
	}
}

// allocated returns the bytes that were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestPassword(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Password: "secret"})
	o := options(s)
	for password, want := range map[string]error{"": vnc.ErrPassword, "secret": nil, "wrong": vnc.ErrPassword, "secretive": vnc.ErrPassword} {
		from := s.Accepts()
		o.Password = password
		v, err := vnc.Open(t.Context(), o)
		if !errors.Is(err, want) {
			t.Errorf("password %q: %v, want %v", password, err, want)
		}
		if err == nil {
			reset(t, v)
			_ = v.Close()
		}
		if n := s.Accepts() - from; n != 1 {
			t.Errorf("password %q was tried %d times; a server shuts out who fails often", password, n)
		}
	}
}

func TestOpenUnderContext(t *testing.T) {
	o := serve(t, func(c net.Conn) { say(c, "") })
	o.Timeout = 10 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := vnc.Open(ctx, o); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open under a context that ran out: %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

// greeted greets as a server should and runs script then.
func greeted(script func(c net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		if vnctest.Greet(c, bufio.NewReader(c), "") == nil {
			_, _ = c.Write(vnctest.Init(image.Pt(32, 24), "bomb"))
			script(c)
		}
	}
}

// picture is a whole one for the screen of greeted.
var picture = string(vnctest.Rect(vnctest.Update(1), image.Rect(0, 0, 32, 24), 0)) + strings.Repeat("abc\x00", 32*24)

// TestBombs plays on servers that go wrong after a good greeting: each is an error
// within a few timeouts and little memory.
func TestBombs(t *testing.T) {
	sizes := func(c net.Conn) {
		for k := 0; ; k++ {
			if _, err := c.Write(vnctest.Rect(vnctest.Update(1), image.Rect(0, 0, 2048+k%2, 2048), -223)); err != nil {
				return
			}
		}
	}
	for label, c := range map[string]struct {
		script func(net.Conn)
		want   error
	}{
		"no picture":     {func(c net.Conn) { say(c, "") }, vnc.ErrSilent},
		"half a picture": {func(c net.Conn) { say(c, picture[:99]) }, vnc.ErrSilent},
		"slow picture":   {func(c net.Conn) { drip(c, picture) }, vnc.ErrSilent},
		"hangs up":       {func(c net.Conn) { _, _ = c.Write([]byte(picture)) }, nil},
		"sizes":          {sizes, vnc.ErrProtocol},
		"huge rectangle": {func(c net.Conn) {
			say(c, picture+string(vnctest.Rect(vnctest.Update(1), image.Rect(0, 0, 65535, 65535), 16)))
		}, vnc.ErrProtocol},
		"small screen": {func(c net.Conn) {
			say(c, picture+string(vnctest.Rect(vnctest.Update(1), image.Rect(0, 0, 9, 9), -223)))
		}, vnc.ErrCrop},
	} {
		t.Run(label, func(t *testing.T) {
			v, err := vnc.Open(t.Context(), serve(t, greeted(c.script)))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = v.Close() }()
			start, before := time.Now(), allocated()
			_, err = v.Reset(t.Context(), []uint64{1})
			for err == nil {
				_, err = v.Step(t.Context(), []int{0})
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
			if n := allocated() - before; n > 64<<20 {
				t.Errorf("it took %d bytes of memory", n)
			}
		})
	}
}

// TestSilence plays on a server that shows a picture and then says no more: it rests, until
// it does not answer a probe.
func TestSilence(t *testing.T) {
	v, err := vnc.Open(t.Context(), serve(t, greeted(func(c net.Conn) { say(c, picture) })))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	b, err := v.Reset(t.Context(), []uint64{1})
	start := time.Now()
	for err == nil && !b.Invalid[0] {
		b, err = v.Step(t.Context(), []int{0})
	}
	if err != nil || v.Stats().Reconnects != 1 {
		t.Errorf("a silent server: %v, %d reconnects, want one", err, v.Stats().Reconnects)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it was noticed after %v", took)
	}
}

// TestShutOut loses a connection to a server that takes no other: it is not asked twice,
// for that would only prolong it.
func TestShutOut(t *testing.T) {
	var accepts atomic.Int32
	o := serve(t, func(c net.Conn) {
		if accepts.Add(1) > 1 {
			say(c, hello+"\x00\x00\x00\x00\x08too many")
			return
		}
		greeted(func(c net.Conn) {
			_, _ = c.Write([]byte(picture))
			time.Sleep(100 * time.Millisecond)
		})(c)
	})
	o.Patience = 5 * time.Second
	v, err := vnc.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	_, err = v.Reset(t.Context(), []uint64{1})
	for err == nil {
		_, err = v.Step(t.Context(), []int{0})
	}
	if n := accepts.Load(); !errors.Is(err, vnc.ErrRefused) || n != 2 {
		t.Errorf("%v after %d connections, want ErrRefused after 2", err, n)
	}
}

// TestSlowPicture waits for a picture that takes its time, within the timeout.
func TestSlowPicture(t *testing.T) {
	o := serve(t, greeted(func(c net.Conn) {
		for rest := picture; rest != ""; rest = rest[min(len(rest), len(picture)/15):] {
			if _, err := c.Write([]byte(rest[:min(len(rest), len(picture)/15)])); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		say(c, "")
	}))
	o.Timeout, o.Patience = 10*time.Second, 0
	reset(t, open(t, o))
}
