package keyboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"glint/internal/keyboard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a window of 3x2 pixels, whose Waiting calls wait.
func open(t *testing.T, wait func(connected bool)) *keyboard.Window {
	t.Helper()
	w, err := keyboard.Open(t.Context(), keyboard.Options{
		Title: "a <game>", Size: image.Pt(3, 2), Keys: []string{"left", "a"}, Help: []keyboard.Help{{Keys: "←", Does: "LEFT"}},
		Remind: time.Millisecond, Waiting: wait,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close("over") })
	return w
}

// connect does what the page does.
func connect(t *testing.T, w *keyboard.Window) *websocket.Conn {
	t.Helper()
	origin := http.Header{"Origin": {"http://" + strings.Split(w.URL(), "/")[2]}}
	c, res, err := websocket.Dial(t.Context(), strings.Replace(w.URL(), "http:", "ws:", 1)+"keys", &websocket.DialOptions{HTTPHeader: origin})
	if res != nil && res.Body != nil {
		_ = res.Body.Close() // err says what there is to say
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// press tells the keys that are held while the page plays.
func press(t *testing.T, c *websocket.Conn, keys ...string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"playing": true, "keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(t.Context(), websocket.MessageText, text); err != nil {
		t.Fatal(err)
	}
}

// pause tells that the page pauses.
func pause(t *testing.T, c *websocket.Conn) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(`{"playing":false,"keys":[]}`)); err != nil {
		t.Fatal(err)
	}
}

// wantKeys wants keys, sooner or later: a message takes time to arrive.
func wantKeys(t *testing.T, w *keyboard.Window, want ...string) {
	t.Helper()
	var got []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var err error
		if got, err = w.Keys(); err != nil {
			t.Fatal(err)
		}
		if slices.Equal(got, want) {
			return
		}
	}
	t.Fatalf("keys %q, want %q", got, want)
}

// TestRefused wants an answer for the page of this window alone.
func TestRefused(t *testing.T) {
	w := open(t, nil)
	root, token, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(w.URL(), "http://"), "/"), "/")
	host, port, _ := strings.Cut(root, ":")
	if host != "127.0.0.1" || len(token) < 20 {
		t.Fatalf("the window is at %s", w.URL())
	}
	for _, tc := range []struct {
		name, path, host, origin string
		want                     int
	}{
		{"page", "/" + token + "/", root, "", http.StatusOK},
		{"own origin", "/" + token + "/", root, "http://" + root, http.StatusOK},
		{"no slash", "/" + token, root, "", http.StatusOK},
		{"no token", "/", root, "", http.StatusForbidden},
		{"no token, file", "//keys", root, "", http.StatusForbidden},
		{"wrong token", "/" + strings.ToLower(token) + "/", root, "", http.StatusForbidden},
		{"part of the token", "/" + token[:8] + "/", root, "", http.StatusForbidden},
		{"wrong file", "/" + token + "/x", root, "", http.StatusNotFound},
		{"name for this machine", "/" + token + "/", "example.com:" + port, "", http.StatusForbidden},
		{"other port", "/" + token + "/", "127.0.0.1:1", "", http.StatusForbidden},
		{"other page", "/" + token + "/", root, "http://example.com", http.StatusForbidden},
		{"other page here", "/" + token + "/", root, "http://127.0.0.1:1", http.StatusForbidden},
		{"file", "/" + token + "/", root, "null", http.StatusForbidden},
		{"keys of another page", "/" + token + "/keys", root, "http://example.com", http.StatusForbidden},
		{"keys without a token", "/keys", root, "http://" + root, http.StatusForbidden},
		{"keys of another host", "/" + token + "/keys", "example.com:" + port, "http://example.com:" + port, http.StatusForbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+root+tc.path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = tc.host
			req.Close = true
			if tc.origin != "" {
				req.Header.Set("Origin", tc.origin)
			}
			if strings.Contains(tc.path, "keys") {
				for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="} {
					req.Header.Set(name, value)
				}
			}
			res, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != tc.want {
				t.Fatalf("status %d (%v), want %d", res.StatusCode, err, tc.want)
			}
			shown := strings.Contains(string(body), "<dd>LEFT</dd>") && strings.Contains(string(body), "a &lt;game&gt;")
			if shown != (tc.want == http.StatusOK) {
				t.Errorf("the answer is %s", body)
			}
			if policy := res.Header.Get("Content-Security-Policy"); shown && !strings.HasPrefix(policy, "default-src 'none';") {
				t.Errorf("the page may load by %q", policy)
			}
			if tc.want != http.StatusOK && strings.Contains(string(body), token) {
				t.Errorf("the refusal tells the token: %s", body)
			}
		})
	}
}

// TestKeys wants the keys that are held, and those that were struck in between, in the order
// in which they were pressed; none from before a pause.
func TestKeys(t *testing.T) {
	w := open(t, func(bool) {})
	c := connect(t, w)
	ctx := c.CloseRead(t.Context())
	for _, tc := range []struct {
		held [][]string // one after the other; nil for a pause
		want []string
	}{
		{[][]string{{}}, nil},
		{[][]string{{"left"}}, []string{"left"}},
		{nil, []string{"left"}},
		{[][]string{{"left", "a"}}, []string{"left", "a"}},
		{[][]string{{"left"}}, []string{"left"}},
		{[][]string{{"left", "a"}, {"left"}, {"left", "right"}}, []string{"a", "left", "right"}},
		{nil, []string{"left", "right"}},
		{[][]string{{"a"}, nil, {}}, nil},
		{[][]string{nil, {"right"}}, []string{"right"}},
	} {
		for _, keys := range tc.held {
			if keys == nil {
				pause(t, c)
				continue
			}
			press(t, c, keys...)
		}
		if err := c.Ping(ctx); err != nil { // its answer tells that all was heard
			t.Fatal(err)
		}
		if got, err := w.Keys(); err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("after %q: keys %q (%v), want %q", tc.held, got, err, tc.want)
		}
	}
}

// TestPauses wants Keys to wait while nobody is there or the page pauses, to say so, and to
// go on with a page that comes back.
func TestPauses(t *testing.T) {
	var w *keyboard.Window
	var c *websocket.Conn
	var said []string
	say := func(connected bool) {
		text := fmt.Sprint(connected)
		if len(said) == 0 || said[len(said)-1] != text {
			said = append(said, text)
		}
		switch {
		case len(said) > 5:
			t.Error("the page came back and nothing went on")
			w.Close("")
		case !connected && c == nil:
			c = connect(t, w)
		case connected:
			press(t, c, "a")
		}
	}
	w = open(t, say)
	wantKeys(t, w, "a")
	if got := fmt.Sprint(said); got != "[false true]" {
		t.Errorf("it was said that the page is there: %s, want first not and then yes", got)
	}
	pause(t, c)
	said = nil
	wantSaid := func(want string) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); fmt.Sprint(said) != want && time.Now().Before(end); {
			if _, err := w.Keys(); err != nil {
				t.Fatal(err)
			}
		}
		if fmt.Sprint(said) != want {
			t.Errorf("said %v, want %s", said, want)
		}
	}
	wantSaid("[true]")
	w.Show(image.NewGray(image.Rect(0, 0, 3, 2)), "last")
	for _, leave := range []func(){
		func() { _ = c.CloseNow() },                           // a browser that crashed
		func() { _ = c.Close(websocket.StatusGoingAway, "") }, // a reload
		func() { _ = c.Write(t.Context(), websocket.MessageText, []byte("no JSON")) },
	} {
		leave()
		c, said = nil, nil
		wantSaid("[false true]")
		if _, text, err := c.Read(t.Context()); err != nil || string(text) != "last" {
			t.Errorf("a page that came back is shown %q (%v)", text, err)
		}
	}
}

// TestEnds wants Keys to end when the page is closed or left for good, and with the context.
func TestEnds(t *testing.T) {
	for name, end := range map[string]func(c *websocket.Conn, cancel func()){
		"closed":  func(c *websocket.Conn, _ func()) { _ = c.Close(websocket.StatusNormalClosure, "") },
		"left":    func(c *websocket.Conn, _ func()) { _ = c.Close(websocket.StatusGoingAway, "") },
		"context": func(_ *websocket.Conn, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			w, err := keyboard.Open(ctx, keyboard.Options{Size: image.Pt(1, 1), Remind: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { w.Close("") })
			c := connect(t, w)
			press(t, c)
			wantKeys(t, w)
			end(c, cancel)
			for err == nil {
				_, err = w.Keys()
			}
			if !errors.Is(err, keyboard.ErrEnded) {
				t.Errorf("error %v, want ErrEnded", err)
			}
			if _, err := w.Keys(); !errors.Is(err, keyboard.ErrEnded) {
				t.Errorf("after the end: error %v, want ErrEnded", err)
			}
		})
	}
}

// TestComesBack wants a page that was left and came back to pause as long as it likes.
func TestComesBack(t *testing.T) {
	t.Parallel()
	var back *websocket.Conn
	var since time.Time
	var w *keyboard.Window
	w = open(t, func(connected bool) {
		switch {
		case !connected && back == nil:
			back, since = connect(t, w), time.Now()
		case connected && back != nil && time.Since(since) > 4*time.Second:
			press(t, back, "a")
		}
	})
	c := connect(t, w)
	press(t, c)
	wantKeys(t, w)
	_ = c.Close(websocket.StatusGoingAway, "") // what the window makes of it is asked below
	wantKeys(t, w, "a")
}

// TestShow wants the page to get picture and text, the last ones at once, one page to play,
// and the page to be told the end.
func TestShow(t *testing.T) {
	w := open(t, func(bool) {})
	img := image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black, color.RGBA{R: 9, G: 8, B: 7, A: 255}})
	img.SetColorIndex(2, 1, 1)
	var want [24]byte
	for i := 3; i < 24; i += 4 {
		want[i] = 255
	}
	want[20], want[21], want[22] = 9, 8, 7
	wantShown := func(c *websocket.Conn, status string) {
		t.Helper()
		if _, text, err := c.Read(t.Context()); err != nil || string(text) != status {
			t.Fatalf("shown %q (%v), want %q", text, err, status)
		}
		if kind, pix, err := c.Read(t.Context()); err != nil || kind != websocket.MessageBinary || string(pix) != string(want[:]) {
			t.Fatalf("shown %v %v (%v), want %v", kind, pix, err, want)
		}
	}
	w.Show(img, "one")
	first := connect(t, w)
	wantShown(first, "one")
	second := connect(t, w)
	wantShown(second, "one")
	if _, _, err := first.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("the page before ends with %v", err)
	}
	press(t, second, "left")
	wantKeys(t, w, "left")
	w.Show(img, "two")
	wantShown(second, "two")
	ended := make(chan error)
	go func() {
		_, _, err := second.Read(t.Context())
		ended <- err
	}()
	w.Close("that was it")
	if status := (websocket.CloseError{}); !errors.As(<-ended, &status) || status.Code != websocket.StatusNormalClosure || status.Reason != "that was it" {
		t.Errorf("the page hears of the end: %v", status)
	}
}
