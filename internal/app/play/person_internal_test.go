package play

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"glint/env"
	"glint/env/dojo"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/world"
	"glint/internal/keyboard"
)

// ale are the actions of the Arcade Learning Environment, kungFu those of Kung-Fu Master.
var (
	ale = []string{
		"NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT", "UPFIRE", "RIGHTFIRE", "LEFTFIRE",
		"DOWNFIRE", "UPRIGHTFIRE", "UPLEFTFIRE", "DOWNRIGHTFIRE", "DOWNLEFTFIRE",
	}
	kungFu = []string{
		"NOOP", "UP", "RIGHT", "LEFT", "DOWN", "DOWNRIGHT", "DOWNLEFT", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE", "UPRIGHTFIRE", "UPLEFTFIRE",
		"DOWNRIGHTFIRE", "DOWNLEFTFIRE",
	}
)

// keymapOf returns the keys of actions with these names.
func keymapOf(t *testing.T, actions int, names ...string) keymap {
	t.Helper()
	m, err := keysFor(env.Spec{Name: "game", Actions: actions, Meanings: names})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestKeysReachEverything wants the keys of each action, in any order, to give that action,
// no two to have the same ones, and the window to listen to them.
func TestKeysReachEverything(t *testing.T) {
	v, err := dojo.Open(dojo.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]env.Spec{
		"dojo": v.Spec(), "ale": {Actions: 18, Meanings: ale}, "kung-fu": {Actions: 14, Meanings: kungFu}, "nameless": {Actions: 33},
		"screen": {Actions: 6, Meanings: []string{"none", "Left", "Left+a", "a", "space", "z"}},
		"others": {Actions: 7, Meanings: []string{"left", "right", "forward", "pickup", "drop", "toggle", "done"}},
		"digit":  {Actions: 3, Meanings: []string{"0", "turn", "1"}},
		"twice":  {Actions: 4, Meanings: []string{"UP", "JUMP", "LEFTUP", "UPLEFT"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := keysFor(s)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]int{}
			for a, keys := range m {
				id := strings.Join(slices.Sorted(slices.Values(keys)), "+")
				if b, twice := seen[id]; twice {
					t.Errorf("actions %d and %d take the same keys %q", b, a, id)
				}
				seen[id] = a
				for range 2 {
					if got, ok := m.action(keys); !ok || got != a {
						t.Errorf("keys %q do action %d (%v), want %d", keys, got, ok, a)
					}
					keys = slices.Clone(keys)
					slices.Reverse(keys)
				}
				for _, key := range keys {
					if !slices.Contains(m.all(), key) {
						t.Errorf("nobody listens to %q", key)
					}
				}
			}
		})
	}
}

// TestKeysOfPerson wants the action that a person means.
func TestKeysOfPerson(t *testing.T) {
	dojoNames := []string{"NOOP", "LEFT", "RIGHT", "JUMP", "DUCK", "PUNCH_LEFT", "PUNCH_RIGHT", "KICK"}
	for _, tc := range []struct {
		names      []string
		held, want string
	}{
		{dojoNames, "", "NOOP"},
		{dojoNames, "space", "NOOP"},
		{dojoNames, "left space", "PUNCH_LEFT"},
		{dojoNames, "z right", "PUNCH_RIGHT"},
		{dojoNames, "left right", "RIGHT"},
		{dojoNames, "right left", "LEFT"},
		{dojoNames, "left right space", "PUNCH_RIGHT"},
		{dojoNames, "left right left", "LEFT"},
		{dojoNames, "left x", "KICK"},
		{dojoNames, "left space x", "KICK"},
		{dojoNames, "x left space", "PUNCH_LEFT"},
		{dojoNames, "up", "JUMP"},
		{dojoNames, "down q", "DUCK"},
		{kungFu, "space", "NOOP"},
		{kungFu, "up left", "LEFT"},
		{kungFu, "z up left", "UPLEFTFIRE"},
		{kungFu, "up space", "UP"},
		{ale, "z", "FIRE"},
		{ale, "down right space", "DOWNRIGHTFIRE"},
		{[]string{"none", "space", "z"}, "z", "z"},
		{[]string{"left", "right"}, "", ""},
		{[]string{"left", "forward"}, "0", "forward"},
	} {
		m := keymapOf(t, len(tc.names), tc.names...)
		got := ""
		if a, ok := m.action(strings.Fields(tc.held)); ok {
			got = tc.names[a]
		}
		if got != tc.want {
			t.Errorf("%q held: %q, want %q of %v", tc.held, got, tc.want, tc.names)
		}
	}
}

// TestKeysHelp wants the page to name the keys as they are labelled, and too many actions
// without names to be refused.
func TestKeysHelp(t *testing.T) {
	m := keymapOf(t, 4, "NOOP", "UPFIRE", "a", "TURN")
	if got := fmt.Sprint(m.help([]string{"NOOP", "UPFIRE", "a", "TURN"})); got != "[{no key NOOP} {↑ + Space/Z UPFIRE} {A a} {0 TURN}]" {
		t.Errorf("the page says %s", got)
	}
	if got := fmt.Sprint(keymapOf(t, 2, "space", "z").help([]string{"space", "z"})); got != "[{Space space} {Z z} {no key the game waits}]" {
		t.Errorf("the page says %s", got)
	}
	if _, err := keysFor(env.Spec{Name: "game", Actions: 34}); err == nil || !strings.Contains(err.Error(), "34 actions") {
		t.Errorf("34 nameless actions: error %v", err)
	}
}

// seat is a game of the dojo with somebody who plays it through the window's socket.
type seat struct {
	*Person
	t       *testing.T
	page    *websocket.Conn
	b       *env.Batch
	actions []int
	steps   int64 // to go
}

// sitDown opens the game and its window, and checks what the person is told.
func sitDown(t *testing.T) *seat {
	t.Helper()
	notes := new(bytes.Buffer)
	g, err := Open(t.Context(), Who{Policy: byPerson}, "dojo", 1, 1, func(*config.Config) {}, app.IO{Stderr: notes})
	if err != nil {
		t.Fatal(err)
	}
	s := &seat{Person: g.Policy.(*Person), t: t, actions: []int{-1}, steps: 10_000}
	if s.b, err = g.Reset(t.Context(), []uint64{1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Sit(t.Context(), 1000, func() int64 { return s.steps }, app.IO{Stderr: notes}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Window.Close("") })
	if s.page, _, err = websocket.Dial(t.Context(), strings.Replace(s.Window.URL(), "http:", "ws:", 1)+"keys", nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.page.CloseNow() })
	s.page.SetReadLimit(1 << 20)
	if !strings.Contains(notes.String(), s.Window.URL()) || !strings.Contains(notes.String(), "probability 0.25") {
		t.Errorf("the person is told: %s", notes)
	}
	return s
}

// hold holds these keys and no others.
func (s *seat) hold(keys string) {
	s.t.Helper()
	if err := s.page.Write(s.t.Context(), websocket.MessageText, []byte(`{"playing":true,"keys":[`+keys+`]}`)); err != nil {
		s.t.Fatal(err)
	}
}

// play plays a step, and wants every frame of the one before to be shown.
func (s *seat) play() {
	s.t.Helper()
	if err := s.Act(s.b, s.actions); err != nil {
		s.t.Fatal(err)
	}
	spec, raw := s.game.Raw()
	shown := raw.ObsOf(0)
	if s.b.Ended(0) {
		shown = slices.Concat(raw.FinalOf(0), shown)
	}
	for ; len(shown) > 0; shown = shown[spec.FrameLen():] {
		wantFrame(s.t, s.page, world.Picture(spec, shown[:spec.FrameLen()]), fmt.Sprintf("; %d steps left", s.steps))
	}
	s.steps--
	var err error
	if s.b, err = s.game.Step(s.t.Context(), s.actions); err != nil {
		s.t.Fatal(err)
	}
}

// TestPersonPlays wants each frame to be shown, the keys held to become the action, and the
// page to end the play.
func TestPersonPlays(t *testing.T) {
	s := sitDown(t)
	for a, keys := range []string{"", `"left"`, `"right"`, `"up"`, `"down"`, `"z","left"`, `"right","space"`, `"x"`} {
		s.hold(keys)
		for tries := 0; s.actions[0] != a; tries++ { // a message takes its time
			if s.play(); tries > 500 {
				t.Fatalf("keys %s do action %d, want %d", keys, s.actions[0], a)
			}
		}
		for range 20 {
			if s.play(); s.actions[0] != a {
				t.Fatalf("keys %s do action %d, want %d", keys, s.actions[0], a)
			}
		}
	}
	for episode := s.b.EpisodeID[0]; s.b.EpisodeID[0] == episode; {
		s.play()
	}
	score := s.b.Return[0]
	s.play()
	if want := fmt.Sprintf(", %g in the game before", score); s.last != want {
		t.Errorf("after a game it is said %q, want %q", s.last, want)
	}
	if err := s.page.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	err := s.Act(s.b, s.actions)
	for err == nil {
		err = s.Act(s.b, s.actions)
	}
	if !errors.Is(err, keyboard.ErrEnded) {
		t.Errorf("after the page was closed: %v, want ErrEnded", err)
	}
}

// wantFrame wants a page to be told a line of text with words in it, and shown a picture.
func wantFrame(t *testing.T, c *websocket.Conn, want image.Image, words string) {
	t.Helper()
	if _, text, err := c.Read(t.Context()); err != nil || !strings.Contains(string(text), words) {
		t.Fatalf("the page says %q (%v), want %q in it", text, err, words)
	}
	rgba := image.NewRGBA(want.Bounds())
	draw.Draw(rgba, rgba.Rect, want, image.Point{}, draw.Src)
	if _, pix, err := c.Read(t.Context()); err != nil || !bytes.Equal(pix, rgba.Pix) {
		t.Fatalf("the page shows another picture (%v)", err)
	}
}
