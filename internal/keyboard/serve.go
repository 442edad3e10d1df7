package keyboard

import (
	"bytes"
	"context"
	"crypto/subtle"
	_ "embed" // of the page's template
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// maxMessage bounds a message of the page in bytes.
const maxMessage = 4096

//go:embed page.html
var page string

var layout = template.Must(template.New("page").Parse(page))

// render fills the page in.
func render(o Options) ([]byte, error) {
	var b bytes.Buffer
	if err := layout.Execute(&b, o); err != nil {
		return nil, fmt.Errorf("keyboard: %w", err)
	}
	return b.Bytes(), nil
}

// serve answers to who knows the token and comes from this machine's own page.
func (w *Window) serve(rw http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	token, file, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.Host != w.host || origin != "" && origin != "http://"+w.host || subtle.ConstantTimeCompare([]byte(token), []byte(w.token)) != 1 {
		http.Error(rw, "use the whole address that glint has printed", http.StatusForbidden)
		return
	}
	switch file {
	case "":
		h := rw.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src ws://"+w.host+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		_, _ = rw.Write(w.page) // a browser that has gone needs no page
	case "keys":
		if c, err := websocket.Accept(rw, r, nil); err == nil { // else it has answered
			w.listen(c)
		}
	default:
		http.NotFound(rw, r)
	}
}

// message is what the page tells: whether it plays, and the keys that are held, in the order
// in which they were pressed.
type message struct {
	Playing bool     `json:"playing"`
	Keys    []string `json:"keys"`
}

// listen hears a page until it goes. A new one takes the place of another.
func (w *Window) listen(c *websocket.Conn) {
	defer func() { _ = c.CloseNow() }() // as is usual after the end
	c.SetReadLimit(maxMessage)
	if !w.enter(c) {
		return
	}
	defer w.work.Done()
	for {
		_, text, err := c.Read(context.Background()) // Close ends it
		var m message
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		w.hear(c, m, err)
		if err != nil {
			return
		}
	}
}

// enter makes a connection the page's, and shows it the last picture. It refuses one after
// the end.
func (w *Window) enter(c *websocket.Conn) bool {
	w.mu.Lock()
	if w.ended {
		w.mu.Unlock()
		return false
	}
	w.work.Add(1)
	old, picture, status := w.conn, w.picture, w.status
	w.conn = c
	w.change(message{})
	w.mu.Unlock()
	if picture != nil {
		send(c, status, picture)
	}
	if old != nil {
		_ = old.Close(websocket.StatusPolicyViolation, "The game goes on in another page.") // it may be gone
	}
	return true
}

// hear takes what a page tells, or the error that it ended by.
func (w *Window) hear(c *websocket.Conn, m message, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c != w.conn {
		return // another one has taken its place
	}
	if err == nil {
		w.change(m)
		return
	}
	w.conn = nil
	w.change(message{})
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure:
		w.ended = true
	case websocket.StatusGoingAway:
		w.gone = time.Now()
	}
}

// change takes over what a page tells; mu is locked.
func (w *Window) change(m message) {
	if !m.Playing {
		w.struck = nil
	}
	for _, key := range m.Keys {
		if !slices.Contains(w.held, key) {
			w.struck = append(w.struck, key)
		}
	}
	w.playing, w.held, w.gone = m.Playing, m.Keys, time.Time{}
	close(w.changed)
	w.changed = make(chan struct{})
}
