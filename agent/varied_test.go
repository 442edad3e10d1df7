package agent_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"glint/agent"
	"glint/env"
)

// spec is of a game of four actions, of which 2 and 3 strike.
func spec(n int) env.Spec {
	return env.Spec{N: n, T: 1, H: 8, W: 8, Format: env.Plane, Actions: 4, Meanings: []string{"NOOP", "RIGHT", "FIRE", "LEFTFIRE"}}
}

// stretches plays a policy and cuts what it did into parts of so many steps.
func stretches(t *testing.T, p agent.Policy, n, steps, part int) (shares []float64, longest int) {
	t.Helper()
	b, actions := env.NewBatch(spec(n)), make([]int, n)
	strikes, run, last := 0, 0, -1
	for k := range steps {
		if err := p.Act(b, actions); err != nil {
			t.Fatal(err)
		}
		if actions[0] >= 2 {
			strikes++
		}
		if run++; actions[0] != last {
			run = 1
		}
		longest, last = max(longest, run), actions[0]
		if (k+1)%part == 0 {
			shares, strikes = append(shares, float64(strikes)/float64(part)), 0
		}
	}
	return shares, longest
}

// TestVaried wants stretches that mostly strike, stretches that mostly do not, and
// actions held for long.
func TestVaried(t *testing.T) {
	shares, longest := stretches(t, agent.NewVaried(spec(2), rand.New(rand.NewPCG(1, 1))), 2, 6000, 50)
	if most := slices.Max(shares); most < 0.75 {
		t.Errorf("at most %.2f of the actions of 50 steps strike, want 0.75", most)
	}
	if least := slices.Min(shares); least > 0.25 {
		t.Errorf("at least %.2f of the actions of 50 steps strike, want 0.25", least)
	}
	if longest < 12 {
		t.Errorf("no action was held for more than %d steps, want 12", longest)
	}
	again, _ := stretches(t, agent.NewVaried(spec(2), rand.New(rand.NewPCG(1, 1))), 2, 6000, 50)
	if !slices.Equal(shares, again) {
		t.Error("the same seed plays another way")
	}
	other, _ := stretches(t, agent.NewVaried(spec(2), rand.New(rand.NewPCG(2, 1))), 2, 6000, 50)
	if slices.Equal(shares, other) {
		t.Error("another seed plays the same way")
	}
}

// TestVariedWithoutNames wants every action where a game names none.
func TestVariedWithoutNames(t *testing.T) {
	s := spec(1)
	s.Meanings = nil
	v := agent.NewVaried(s, rand.New(rand.NewPCG(3, 1)))
	b, actions, seen := env.NewBatch(s), make([]int, 1), map[int]bool{}
	for range 2000 {
		if err := v.Act(b, actions); err != nil {
			t.Fatal(err)
		}
		seen[actions[0]] = true
	}
	if len(seen) != s.Actions {
		t.Errorf("%d actions were played, want %d", len(seen), s.Actions)
	}
}

// always plays one action.
type always int

// Act writes it.
func (a always) Act(_ *env.Batch, actions []int) error {
	for i := range actions {
		actions[i] = int(a)
	}
	return nil
}

// TestMix wants each policy to have episodes, and none to change within one.
func TestMix(t *testing.T) {
	const n = 3
	m := agent.NewMix(n, rand.New(rand.NewPCG(1, 1)), always(1), always(2))
	b, actions, before := env.NewBatch(spec(n)), make([]int, n), make([]int, n)
	episodes := map[int]int{}
	for k := range 600 {
		for i := range n {
			b.Terminated[i] = k%10 == i
		}
		copy(before, actions)
		if err := m.Act(b, actions); err != nil {
			t.Fatal(err)
		}
		for i, a := range actions {
			switch {
			case b.Ended(i):
				episodes[a]++
			case k > 0 && a != before[i]:
				t.Fatalf("step %d: environment %d changed from policy %d to %d within an episode", k, i, before[i], a)
			}
		}
	}
	if episodes[1]+episodes[2] != n*60 || min(episodes[1], episodes[2]) < 60 {
		t.Errorf("episodes by policy %v, want about %d each", episodes, n*30)
	}
}
