package play

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/world"
	"glint/internal/keyboard"
)

// byPerson is the name of the policy of a person in a window.
const byPerson = "person"

// Person says whether a person plays, alone or among others.
func (w Who) Person() bool {
	return w.Policy == byPerson || slices.ContainsFunc(w.With, Who.Person)
}

// Person plays by the keys that are held in a window.
type Person struct {
	game   *Game
	keys   keymap
	Window *keyboard.Window
	left   func() int64  // steps to record
	period time.Duration // of a frame; 0 where the environment keeps time
	due    time.Time     // when the next frame is shown
	last   string        // what is said of the episode before
}

// remindEvery is how often a person is told that the game waits.
const remindEvery = 30 * time.Second

// Sit opens the window of a recording that has so many steps left. Its context ends it.
func (p *Person) Sit(ctx context.Context, fps float64, left func() int64, o app.IO) (err error) {
	spec, _ := p.game.Raw()
	c := p.game.Config
	p.left = left
	p.Window, err = keyboard.Open(ctx, keyboard.Options{
		Title: "glint records " + c.Env, Size: image.Pt(spec.W, spec.H),
		Keys: p.keys.all(), Help: p.keys.help(world.ActionNames(spec, spec.Actions)),
		Remind: remindEvery, Waiting: func(connected bool) {
			if connected {
				o.Notef("paused: to go on click into the page %s", p.Window.URL())
			} else {
				o.Notef("waiting for a browser on this machine to open %s", p.Window.URL())
			}
		},
	})
	if err != nil {
		return err
	}
	o.Notef("play in a browser on this machine: %s", p.Window.URL())
	o.Notef("Ctrl-C, or closing the page, ends and keeps what was recorded")
	if config.IsScreen(c.Env) {
		o.Notef("the screen keeps its own time: it goes on, with the last keys down, while the page pauses")
		return nil
	}
	p.period = time.Duration(float64(time.Second) / fps)
	o.Notef("%g frames a second (--fps), %d for each action", fps, spec.Repeat)
	if c.Env == "dojo" || strings.HasPrefix(config.GameName(c.Env), "gym:ALE/") {
		o.Notef("each frame repeats the last action with probability %g, as for an agent; --sticky 0 never does", c.Sticky)
	}
	return nil
}

// Act shows what the last step brought, and returns the action of the keys that are held
// when it was all seen. It waits while the window pauses, and for a key where no action is
// without one. It returns keyboard.ErrEnded after the window was closed.
func (p *Person) Act(b *env.Batch, actions []int) error {
	spec, raw := p.game.Raw()
	score := b.Return[0]
	if b.Ended(0) {
		p.show(spec, raw.FinalOf(0), score)
		p.last, score = fmt.Sprintf(", %g in the game before", score), 0
	}
	p.show(spec, raw.ObsOf(0), score)
	for {
		held, err := p.Window.Keys()
		if err != nil {
			return err
		}
		action, ok := p.keys.action(held)
		if ok {
			actions[0] = action
			return nil
		}
		p.wait(max(p.period, time.Second/60))
	}
}

// show draws the frames of an observation [T,H,W,C] in time. Frames of steps before, or of
// an environment in real time, are over.
func (p *Person) show(spec env.Spec, obs []byte, score float64) {
	first, size := 0, spec.FrameLen()
	if spec.Stacked || p.period == 0 {
		first = spec.T - 1
	}
	status := fmt.Sprintf("Score %g%s; %d steps left", score, p.last, p.left())
	for t := first; t < spec.T; t++ {
		p.Window.Show(world.Picture(spec, obs[t*size:(t+1)*size]), status)
		p.wait(p.period)
	}
}

// wait waits until the next frame is due, a time after the last one.
func (p *Person) wait(period time.Duration) {
	p.due = p.due.Add(period)
	if late := time.Since(p.due); late > 0 {
		p.due = p.due.Add(late)
		return
	}
	time.Sleep(time.Until(p.due))
}
