package vnc

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestEpisodeRules plays what rewarders say and takes what a step gets. A line is a
// message: a method of v0, an episode and a body, or "mask", or "take" with what it gives.
func TestEpisodeRules(t *testing.T) {
	for name, script := range map[string]string{
		"sums": `
			reply.env.reset "1.1" {}
			env.reward "1.1" {"reward":1,"done":false}
			env.reward "1.1" {"reward":2.5,"done":false}
			take 3.5
			take 0
			env.reward "1.1" {"reward":-1,"done":true}
			take -1 done
			take 0`,
		"nothing counts before the reply": `
			env.reward "1.1" {"reward":5,"done":false}
			take 0
			reply.env.reset "1.2" {}
			env.reward "1.2" {"reward":1,"done":false}
			take 1
			mask
			env.reward "1.2" {"reward":7,"done":true}
			take 0
			reply.env.reset "1.3" {}
			take 0`,
		"the new episode may speak before the reply": `
			env.reward "1.2" {"reward":3,"done":false}
			reply.env.reset "1.2" {}
			take 3`,
		"a late reward of an old episode is none": `
			reply.env.reset "1.2" {}
			env.reward "1.2" {"reward":1,"done":false}
			env.reward "1.1" {"reward":9,"done":true}
			take 1
			env.reward "1.2" {"reward":2,"done":true}
			take 2 done
			env.reward "1.2" {"reward":9,"done":false}
			take 0
			env.reward "1.3" {"reward":2,"done":false}
			take 2`,
		"a new episode ends one that was not done": `
			reply.env.reset "1.9" {}
			env.reward "1.9" {"reward":1,"done":false}
			env.reward "1.10" {"reward":4,"done":false}
			take 1 cut
			take 4`,
		"what is done stays done": `
			reply.env.reset "1.1" {}
			env.reward "1.1" {"reward":1,"done":true}
			env.describe "1.2" {"env_state":"resetting"}
			take 1 done
			take 0`,
		"the newest goes on": `
			reply.env.reset "1.1" {}
			env.reward "1.1" {"reward":1,"done":false}
			env.reward "1.2" {"reward":2,"done":false}
			env.reward "1.3" {"reward":3,"done":false}
			take 1 cut
			take 3`,
		"numbers are ids too": `
			reply.env.reset 7 {}
			env.reward 7 {"reward":1,"done":false}
			take 1
			env.reward 8 {"reward":1,"done":false}
			take 0 cut`,
		"a time limit": `
			reply.env.reset "1.1" {}
			env.reward "1.1" {"reward":1,"done":true,"info":{"TimeLimit.truncated":true}}
			env.describe "1.2" {"env_state":"running"}
			take 1 cut
			env.reward "1.2" {"reward":2,"done":true,"info":{"TimeLimit.truncated":false}}
			take 2 done`,
		"what is added in other ways does not matter": `
			reply.env.reset "1.1" {}
			env.reward "1.1" {"reward":1,"info":7}
			env.reward "1.1" {"reward":1,"info":{"stamp":"now","TimeLimit.truncated":"yes"}}
			env.reward "1.1" {"reward":1,"done":true,"info":{"stamp":-1}}
			take 3 done`,
		"others say nothing": `
			reply.env.reset "1.1" {}
			env.text "1.1" {"text":"hello"}
			control.what "x.y" {}
			take 0`,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRewards()
			for line := range strings.Lines(strings.TrimSpace(script)) {
				word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
				switch word {
				case "mask":
					r.mask()
				case "take":
					out := r.take()
					got := strings.TrimSpace(fmt.Sprintf("%v %s%s", out.reward, map[bool]string{true: "done"}[out.done], map[bool]string{true: "cut"}[out.cut]))
					if got != rest {
						t.Errorf("took %q, want %q", got, rest)
					}
				default:
					id, body, _ := strings.Cut(rest, " ")
					text := fmt.Sprintf(`{"method":"v0.%s","headers":{"episode_id":%s},"body":%s}`, word, id, body)
					if err := r.receive([]byte(text)); err != nil {
						t.Fatalf("%s: %v", text, err)
					}
				}
			}
		})
	}
}

func TestReady(t *testing.T) {
	r := newRewards()
	say := func(method, id, body string) {
		t.Helper()
		if err := r.receive(fmt.Appendf(nil, `{"method":"v0.%s","headers":{"episode_id":%q},"body":%s}`, method, id, body)); err != nil {
			t.Fatal(err)
		}
	}
	is := func(want bool, after string) {
		t.Helper()
		if got, _ := r.ready(); got != want {
			t.Errorf("after %s ready is %v", after, got)
		}
	}
	say("env.describe", "1.1", `{"env_id":"a","env_state":"running"}`)
	is(false, "a description without a reset")
	say("reply.env.reset", "1.1", `{}`)
	is(true, "the reply")
	say("env.reward", "1.1", `{"done":true}`)
	r.take()
	is(false, "the end")
	say("env.describe", "1.2", `{"env_id":"a","env_state":"resetting"}`)
	is(false, "the next episode's beginning")
	_, changed := r.ready()
	say("env.describe", "1.2", `{"env_id":"a","env_state":"running"}`)
	is(true, "its start")
	select {
	case <-changed:
	default:
		t.Error("nobody was told")
	}
}

// TestEpisodesAreBounded takes nothing for long. The current episode is kept, and the
// newest comes next.
func TestEpisodesAreBounded(t *testing.T) {
	r := newRewards()
	say := func(method string, id int) {
		t.Helper()
		if err := r.receive(fmt.Appendf(nil, `{"method":"v0.%s","headers":{"episode_id":%d},"body":{"reward":%d}}`, method, id, id)); err != nil {
			t.Fatal(err)
		}
	}
	say("reply.env.reset", 5)
	for id := 5; id < 5+10*maxEpisodes; id++ {
		if say("env.reward", id); len(r.open) > maxEpisodes {
			t.Fatalf("%d episodes are kept", len(r.open))
		}
	}
	for _, want := range []float64{5, 5 + 10*maxEpisodes - 1} {
		if out := r.take(); out.reward != want {
			t.Errorf("took %+v, want %v", out, want)
		}
	}
}

// FuzzRewards lets a rewarder say anything, a message a line.
func FuzzRewards(f *testing.F) {
	f.Add([]byte(`{"method":"v0.reply.env.reset","headers":{"episode_id":"1.2"},"body":{}}` + "\n" +
		`{"method":"v0.env.reward","headers":{"episode_id":"1.2"},"body":{"reward":1,"done":true}}` + "\n" +
		`{"method":"v0.env.describe","headers":{"episode_id":3},"body":{"env_state":"running","env_id":"x"}}`))
	f.Add([]byte(`{"method":"v0.connection.close","body":{"message":"bye"}}`))
	f.Add([]byte(`{"method":"v0.env.reward","headers":{"episode_id":"-1"},"body":{"reward":1e999}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := newRewards()
		for k, line := range bytes.Split(text, []byte("\n")) {
			if r.receive(line) != nil {
				break
			}
			if len(r.open) > maxEpisodes {
				t.Fatalf("%d episodes are kept", len(r.open))
			}
			if out := r.take(); k == 0 && out != (outcome{}) {
				t.Fatalf("%+v was taken after one message", out)
			}
			_, _ = r.ready()
		}
		if id, err := parseEpisode(text); err == nil {
			if again, err := parseEpisode([]byte(id.String())); err != nil || again.String() != id.String() {
				t.Fatalf("%q becomes %q, %v", id, again, err)
			}
		}
	})
}
