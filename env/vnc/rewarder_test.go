package vnc_test

import (
	"cmp"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"glint/env"
	"glint/env/envtest"
	"glint/env/vnc"
	"glint/env/vnc/vnctest"
)

// judged returns options for a screen with a rewarder.
func judged(tb testing.TB, o vnctest.RewarderOptions) (vnc.Options, *vnctest.Server, *vnctest.Rewarder) {
	tb.Helper()
	s := vnctest.Start(tb, vnctest.Options{Draw: count, Pause: 200 * time.Microsecond, Password: o.Password})
	r := vnctest.StartRewarder(tb, o)
	v := options(s)
	v.Rewarder, v.Password, v.MaxFrames = r.Address, o.Password, 10_000
	return v, s, r
}

// step plays one action.
func step(tb testing.TB, v *vnc.Vec) *env.Batch {
	tb.Helper()
	b, err := v.Step(tb.Context(), []int{0})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// collect plays until a step is rewarded or ends an episode.
func collect(tb testing.TB, v *vnc.Vec) *env.Batch {
	tb.Helper()
	for range 1000 {
		if b := step(tb, v); b.Reward[0] != 0 || b.Ended(0) {
			return b
		}
	}
	tb.Fatal("no reward came in 1,000 steps")
	return nil
}

func TestRewards(t *testing.T) {
	o, _, r := judged(t, vnctest.RewarderOptions{Password: "openai"})
	v := open(t, o)
	if _, err := v.Reset(t.Context(), []uint64{7}); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Resets(), (vnctest.Reset{Env: "test-v0", Seed: 7, FPS: 1000}); len(got) != 1 || got[0] != want {
		t.Errorf("asked for %+v, want %+v", got, want)
	}
	r.Reward(2, false)
	if b := collect(t, v); b.Reward[0] != 2 || b.Return[0] != 2 || b.Ended(0) {
		t.Errorf("reward %v, return %v, ended %v; want 2, 2, false", b.Reward, b.Return, b.Ended(0))
	}
	r.Reward(3, true)
	r.Next()
	r.Describe("resetting")
	go func() {
		time.Sleep(50 * time.Millisecond)
		r.Describe("running")
	}()
	start := time.Now()
	if b := collect(t, v); b.Reward[0] != 3 || b.Return[0] != 5 || !b.Terminated[0] || b.Truncated[0] || b.EpisodeID[0] != 1 {
		t.Errorf("reward %v, return %v, terminated %v, episode %v; want 3, 5, true, 1", b.Reward, b.Return, b.Terminated, b.EpisodeID)
	}
	if time.Since(start) < 50*time.Millisecond {
		t.Error("the next episode began before the environment ran")
	}
	if b := step(t, v); b.Return[0] != 0 || b.Ended(0) {
		t.Errorf("the next episode has a return of %v", b.Return)
	}
	r.Reward(1, false)
	r.Next() // without a done
	r.Describe("running")
	if b := collect(t, v); b.Terminated[0] || !b.Truncated[0] || b.Invalid[0] {
		t.Errorf("an episode that another cut: terminated %v, truncated %v, invalid %v", b.Terminated, b.Truncated, b.Invalid)
	}
	if n := len(r.Resets()); n != 1 {
		t.Errorf("%d resets, want one: episodes that end by themselves begin by themselves", n)
	}
}

// TestTimeLimitResets wants the rewarder to be asked for a new episode after a time limit.
func TestTimeLimitResets(t *testing.T) {
	o, _, r := judged(t, vnctest.RewarderOptions{})
	o.MaxFrames, o.RewarderEnv = 8, "mine-v1"
	v := open(t, o)
	reset(t, v)
	for k := range 2 {
		step(t, v)
		if b := step(t, v); !b.Truncated[0] || b.Invalid[0] {
			t.Errorf("episode %d was not cut", k)
		}
	}
	if got := r.Resets(); len(got) != 3 || got[2].Env != "mine-v1" || got[1].Seed == got[2].Seed {
		t.Errorf("resets %+v, want three of mine-v1 with seeds of their own", got)
	}
}

func TestRewarderLost(t *testing.T) {
	o, s, r := judged(t, vnctest.RewarderOptions{})
	v := open(t, o)
	reset(t, v)
	r.Drop()
	if b := collect(t, v); !b.Truncated[0] || !b.Invalid[0] || b.Reward[0] != 0 {
		t.Errorf("a lost rewarder: truncated %v, invalid %v, reward %v", b.Truncated, b.Invalid, b.Reward)
	}
	if n := len(r.Resets()); n != 2 || s.Accepts() != 2 {
		t.Errorf("%d resets and %d connections to the screen, want two of each", n, s.Accepts())
	}
	r.Reward(1, false)
	if b := collect(t, v); b.Reward[0] != 1 {
		t.Errorf("the reward over the new connection is %v", b.Reward)
	}
}

// TestRewarderTalks takes long messages, and hangs up at one that is too long.
func TestRewarderTalks(t *testing.T) {
	o, _, r := judged(t, vnctest.RewarderOptions{})
	v := open(t, o)
	reset(t, v)
	r.Say("v0.env.text", `{"text": %q}`, strings.Repeat("x", 500_000))
	r.Reward(1, false)
	if b := collect(t, v); b.Reward[0] != 1 || b.Ended(0) {
		t.Errorf("after a long text the reward is %v, ended %v", b.Reward, b.Ended(0))
	}
	r.Say("v0.env.text", `{"text": %q}`, strings.Repeat("x", 2_000_000))
	if b := collect(t, v); !b.Invalid[0] {
		t.Errorf("a message of 2 MB was taken")
	}
}

func TestRewarderRefused(t *testing.T) {
	o, _, _ := judged(t, vnctest.RewarderOptions{})
	o.Rewarder = "127.0.0.1:1"
	if _, err := vnc.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "rewarder 127.0.0.1:1") {
		t.Errorf("no rewarder: %v", err)
	}
	s := vnctest.Start(t, vnctest.Options{})
	strict := vnctest.StartRewarder(t, vnctest.RewarderOptions{Password: "openai"})
	o = options(s)
	o.Rewarder, o.Password = strict.Address, "opening"
	if _, err := vnc.Open(t.Context(), o); !errors.Is(err, vnc.ErrPassword) {
		t.Errorf("a wrong password: %v, want ErrPassword", err)
	}
	for _, c := range []struct {
		o    vnctest.RewarderOptions
		want error
		says string
	}{
		{vnctest.RewarderOptions{Mute: true}, vnc.ErrSilent, "which environment"},
		{vnctest.RewarderOptions{Refuse: true}, vnc.ErrRewarder, "No such environment: test-v0"},
	} {
		o, _, _ := judged(t, c.o)
		o.Timeout, o.Patience = 300*time.Millisecond, 0
		v := open(t, o)
		if _, err := v.Reset(t.Context(), []uint64{1}); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %v with %q", c.o, err, c.want, c.says)
		}
	}
}

// TestNoRewarder finds somebody else where the rewarder should be.
func TestNoRewarder(t *testing.T) {
	for says, c := range map[string]struct {
		word string
		want error
	}{
		"is no rewarder":   {hello, vnc.ErrProtocol},
		"got 200":          {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", vnc.ErrProtocol},
		"got 503":          {"HTTP/1.1 503 Not yet\r\nContent-Length: 0\r\n\r\n", nil},
		"not ready within": {"", vnc.ErrSilent},
	} {
		o := serve(t, func(conn net.Conn) { say(conn, c.word) })
		o.Address, o.Rewarder = vnctest.Start(t, vnctest.Options{}).Address, o.Address
		_, err := vnc.Open(t.Context(), o)
		if err == nil || !errors.Is(err, cmp.Or(c.want, err)) || c.want == nil && errors.Is(err, vnc.ErrProtocol) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %v with %q", err, c.want, says)
		}
	}
}

func TestRewarderConformance(t *testing.T) {
	options, _, r := judged(t, vnctest.RewarderOptions{})
	r.Play(t, 3*time.Millisecond)
	o := envtest.DefaultOptions()
	o.Live, o.DigestSteps, o.EndSteps = true, 20, 400
	envtest.Run(t, func(tb testing.TB, _ int) env.Vec {
		v, err := vnc.Open(tb.Context(), options)
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}, o)
}
