package vnctest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// RewarderOptions says how a Rewarder behaves. The zero value takes everybody and starts
// every episode at once.
type RewarderOptions struct {
	// Address is where to listen; empty for a free port.
	Address string
	// Password is what the rewarder wants; empty for none.
	Password string
	// Mute never says a word.
	Mute bool
	// Refuse answers resets with an error.
	Refuse bool
	// Began is called after an episode that a client wished for was said to run; nil for
	// nobody.
	Began func(Reset)
}

// Reset is a client's wish for a new episode.
type Reset struct {
	Env  string  `json:"env_id"`
	Seed uint64  `json:"seed"`
	FPS  float64 `json:"fps"`
}

// Rewarder is a running rewarder. It has the environment "test-v0" and numbers its
// episodes "1.1", "1.2" and so on.
type Rewarder struct {
	// Address is the rewarder's, as "host:port".
	Address string

	o      RewarderOptions
	mu     sync.Mutex
	conns  []*websocket.Conn
	resets []Reset
	count  int
	number int // of messages
}

// StartRewarder starts a rewarder on this machine, which ends with the test.
func StartRewarder(tb testing.TB, o RewarderOptions) *Rewarder {
	tb.Helper()
	l := listen(tb, o.Address)
	r := &Rewarder{Address: l.Addr().String(), o: o}
	server := &http.Server{Handler: http.HandlerFunc(r.serve)}
	var work sync.WaitGroup
	work.Go(func() { _ = server.Serve(l) }) // ends with Close
	tb.Cleanup(func() {
		_ = server.Close()
		r.Drop()
		work.Wait()
	})
	return r
}

// serve talks to one client.
func (r *Rewarder) serve(w http.ResponseWriter, q *http.Request) {
	if user, _, _ := q.BasicAuth(); user != r.o.Password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	c, err := websocket.Accept(w, q, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	r.mu.Lock()
	r.conns = append(r.conns, c)
	r.mu.Unlock()
	if !r.o.Mute {
		r.Describe("resetting")
	}
	for {
		_, text, err := c.Read(context.Background())
		if err != nil {
			return
		}
		var m struct {
			Method string
			Body   Reset
		}
		if json.Unmarshal(text, &m) == nil && m.Method == "v0.env.reset" && !r.o.Mute {
			r.reset(m.Body)
		}
	}
}

func (r *Rewarder) reset(wish Reset) {
	r.mu.Lock()
	r.resets = append(r.resets, wish)
	r.mu.Unlock()
	if r.o.Refuse {
		r.Say("v0.reply.error", `{"message": "No such environment: %s"}`, wish.Env)
		return
	}
	r.Next()
	r.Say("v0.reply.env.reset", `{}`)
	r.Describe("running")
	if r.o.Began != nil {
		r.o.Began(wish)
	}
}

// Next lets the next message be of a new episode.
func (r *Rewarder) Next() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
}

// Describe says in which state the environment is.
func (r *Rewarder) Describe(state string) {
	r.Say("v0.env.describe", `{"env_id": "test-v0", "env_state": %q, "fps": 60}`, state)
}

// Play pays 1 every so often and ends the episode at each tenth, until the test is over.
func (r *Rewarder) Play(tb testing.TB, every time.Duration) {
	over := make(chan struct{})
	var pays sync.WaitGroup
	pays.Go(func() {
		for k := 1; ; k++ {
			select {
			case <-time.After(every):
			case <-over:
				return
			}
			if r.Reward(1, k%10 == 0); k%10 == 0 {
				r.Next()
				r.Describe("running")
			}
		}
	})
	tb.Cleanup(func() { close(over); pays.Wait() })
}

// Reward pays for the running episode, and ends it where done.
func (r *Rewarder) Reward(reward float64, done bool) {
	r.Say("v0.env.reward", `{"reward": %v, "done": %v, "info": {}}`, reward, done)
}

// Say sends a message of the running episode to all clients.
func (r *Rewarder) Say(method, body string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.number++
	text := fmt.Sprintf(`{"method": %q, "headers": {"sent_at": 1479493678.19, "message_id": %d, "episode_id": "1.%d"}, "body": %s}`,
		method, r.number, r.count, fmt.Sprintf(body, args...))
	for _, c := range r.conns {
		_ = c.Write(context.Background(), websocket.MessageText, []byte(text)) // it may be gone
	}
}

// Drop ends all connections. The rewarder takes new ones.
func (r *Rewarder) Drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.CloseNow() // it may be gone
	}
	r.conns = nil
}

// Resets returns all wishes for new episodes so far.
func (r *Rewarder) Resets() []Reset {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.resets)
}
