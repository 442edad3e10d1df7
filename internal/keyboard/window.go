package keyboard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// ErrEnded says that the window was closed, by the person or with the context of Open.
var ErrEnded = errors.New("the window was closed")

const (
	// patience is how long a browser may take to accept a picture or say a request.
	patience = 5 * time.Second
	// grace is how long a page that was left may take to come back before the window
	// counts as closed: a reload leaves it, too.
	grace = 3 * time.Second
)

// Options says what a window shows beside its pictures.
type Options struct {
	Title string
	Size  image.Point // of the pictures, in pixels
	// Keys are those that count, named as KeyboardEvent.key of the W3C's UI Events in lower
	// case and without "arrow": "left", "space", "a", "1". P pauses unless it is one.
	Keys []string
	Help []Help
	// Waiting is called every Remind as long as nobody plays; connected says that the page
	// is there and pauses.
	Remind  time.Duration
	Waiting func(connected bool)
}

// Help says in words what keys do.
type Help struct{ Keys, Does string }

// Window is a page that a person plays in.
type Window struct {
	o           Options
	host, token string
	page        []byte
	server      *http.Server
	done        <-chan struct{}
	work        sync.WaitGroup

	mu      sync.Mutex
	changed chan struct{}   // closed when what is below changes
	conn    *websocket.Conn // of the page; nil where there is none
	gone    time.Time       // when the page was left; zero while it is there or was lost
	playing bool            // the page has the focus and does not pause
	held    []string        // keys, in the order in which they were pressed
	struck  []string        // pressed since the last Keys
	ended   bool
	picture []byte // the last one shown, RGBA
	status  string
}

// Open serves a window until it is closed or ctx is done. Nothing is shown before a browser
// opens its URL.
func Open(ctx context.Context, o Options) (*Window, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("keyboard: %w", err)
	}
	w := &Window{o: o, host: l.Addr().String(), token: rand.Text(), done: ctx.Done(), changed: make(chan struct{})}
	if w.page, err = render(o); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	w.server = &http.Server{Handler: http.HandlerFunc(w.serve), ReadHeaderTimeout: patience, ErrorLog: log.New(io.Discard, "", 0)}
	w.work.Go(func() { _ = w.server.Serve(l) }) // ends with Close
	return w, nil
}

// URL is where a browser of this machine finds the window. Who knows it can play.
func (w *Window) URL() string { return "http://" + w.host + "/" + w.token + "/" }

// Show draws a picture of the window's size, with a line of text above it. A page that comes
// later gets the last one.
func (w *Window) Show(img image.Image, status string) {
	rgba := image.NewRGBA(image.Rectangle{Max: w.o.Size})
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Src)
	w.mu.Lock()
	w.picture, w.status = rgba.Pix, status
	c := w.conn
	w.mu.Unlock()
	if c != nil {
		send(c, status, rgba.Pix)
	}
}

// send writes status and picture; the reader of a page that does not take them learns that
// it is lost.
func send(c *websocket.Conn, status string, picture []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if c.Write(ctx, websocket.MessageText, []byte(status)) != nil || c.Write(ctx, websocket.MessageBinary, picture) != nil {
		_ = c.CloseNow() // it is lost already
	}
}

// Keys waits until somebody plays. It returns the keys that were struck since the last call
// and let go again, then those that are held, each in the order in which they were pressed.
// When the window was closed it returns ErrEnded.
func (w *Window) Keys() ([]string, error) {
	remind := time.NewTicker(w.o.Remind)
	defer remind.Stop()
	for {
		select {
		case <-w.done:
			return nil, ErrEnded
		default:
		}
		w.mu.Lock()
		ended, playing, connected, gone, changed := w.ended, w.playing, w.conn != nil, w.gone, w.changed
		keys := append(slices.DeleteFunc(w.struck, func(key string) bool { return slices.Contains(w.held, key) }), w.held...)
		w.struck = nil
		w.mu.Unlock()
		var left <-chan time.Time
		switch {
		case ended:
			return nil, ErrEnded
		case playing:
			return keys, nil
		case !gone.IsZero():
			left = time.After(time.Until(gone.Add(grace)))
		}
		select {
		case <-changed:
		case <-left:
			return nil, ErrEnded
		case <-w.done:
			return nil, ErrEnded
		case <-remind.C:
			w.o.Waiting(connected)
		}
	}
}

// Close ends the window; the page says why.
func (w *Window) Close(why string) {
	w.mu.Lock()
	c := w.conn
	w.ended = true
	w.mu.Unlock()
	if c != nil {
		_ = c.Close(websocket.StatusNormalClosure, why) // a page that is gone needs no reason
	}
	_ = w.server.Close() // of a listener that has served
	w.work.Wait()
}
