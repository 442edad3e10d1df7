package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"glint/internal/app/record"
)

// page finds the address of a person's page.
var page = regexp.MustCompile(`http://127\.0\.0\.1:\d+/\w+/`)

// screenful is stderr, which tells the address of a person's page once.
type screenful struct {
	bytes.Buffer
	addresses chan string
}

func (s *screenful) Write(b []byte) (int, error) {
	if m := page.Find(b); m != nil {
		select {
		case s.addresses <- string(m):
		default: // it was told before
		}
	}
	return s.Buffer.Write(b)
}

// playPage does what the page and a person at it do: other keys every ten pictures. It closes
// the page after so many, or returns what the page says at the end.
func playPage(ctx context.Context, address string, pictures int) (string, error) {
	c, _, err := websocket.Dial(ctx, strings.Replace(address, "http:", "ws:", 1)+"keys", nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(1 << 20)
	for shown := 0; ; {
		if shown == pictures {
			return "", c.Close(websocket.StatusNormalClosure, "")
		}
		if shown%10 == 0 {
			keys := [...]string{"", `"left","space"`, `"right","z"`, `"x"`, `"down"`, `"up"`, `"left"`}[shown/10%7]
			if err := c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"playing":true,"keys":[%s]}`, keys)); err != nil {
				return "", err
			}
		}
		kind, b, err := c.Read(ctx)
		switch status := websocket.CloseStatus(err); {
		case status == websocket.StatusNormalClosure:
			return err.Error(), nil
		case err != nil:
			return "", err
		case kind == websocket.MessageText:
			continue
		case len(b) != 4*64*144:
			return "", fmt.Errorf("a picture has %d bytes", len(b))
		}
		shown++
	}
}

// person runs the program with a person at the page.
func person(t *testing.T, pictures int, args ...string) (code int, stdout, stderr, last string) {
	t.Helper()
	var out bytes.Buffer
	notes := &screenful{addresses: make(chan string, 1)}
	played := make(chan error, 1)
	go func() {
		var err error
		last, err = playPage(t.Context(), <-notes.addresses, pictures)
		played <- err
	}()
	code = run(t.Context(), args, &out, notes)
	close(notes.addresses) // where none was told, the person need not wait
	if err := <-played; err != nil {
		t.Errorf("at the page: %v", err)
	}
	return code, out.String(), notes.String(), last
}

// TestPerson records somebody who plays through the page's socket, and imitates what was
// done. Closing the page keeps what was recorded until then.
func TestPerson(t *testing.T) {
	inFolder(t, map[string]string{"small.toml": smallRun})
	code, stdout, stderr, last := person(t, 1<<20, "record", "--env", "dojo", "--policy", "person", "--fps", "1000", "--steps", "300", "--out", "mine", "--json")
	var res record.Result
	if err := json.Unmarshal([]byte(stdout), &res); code != exitOK || err != nil || res.Steps != 300 || res.Policy != "person" {
		t.Fatalf("exit code %d (%v): %s%s", code, err, stdout, stderr)
	}
	if !strings.Contains(last, "has ended with 300 steps") {
		t.Errorf("the page says %q at the end", last)
	}
	if code, stdout, stderr := glint(t, strings.Fields("imitate --data mine --config small.toml --steps 200 --out pupil")...); code != exitOK || !strings.Contains(stdout, "pupil") {
		t.Errorf("imitate: exit code %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, stderr, _ = person(t, 200, "record", "--env", "dojo", "--policy", "person", "--fps", "1000", "--steps", "3000", "--out", "short", "--json")
	if err := json.Unmarshal([]byte(stdout), &res); code != exitOK || err != nil || res.Steps < 40 || res.Steps > 1000 {
		t.Errorf("a page closed after 200 frames: exit code %d (%v): %s%s", code, err, stdout, stderr)
	}
	code, _, stderr, _ = person(t, 0, "record", "--env", "dojo", "--policy", "person", "--fps", "60", "--steps", "3000", "--out", "none")
	if code != exitFailed || !strings.Contains(stderr, "glint: none was not kept: nothing was recorded") {
		t.Errorf("a page closed at once: exit code %d: %s", code, stderr)
	}
	if _, err := os.Stat("none"); err == nil {
		t.Error("an empty dataset is left")
	}
}
