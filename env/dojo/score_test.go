package dojo_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"testing"

	"glint/env/dojo"
)

var episodes = flag.Int("episodes", 60, "episodes a player in TestScores")

// meanScore returns the mean score of a player and its standard error.
func meanScore(tb testing.TB, p dojo.Policy) (mean, stderr float64) {
	tb.Helper()
	o := dojo.DefaultOptions()
	o.N = *episodes
	scores, err := dojo.Score(tb.Context(), o, p, 1000)
	if err != nil {
		tb.Fatal(err)
	}
	n, squares := float64(len(scores)), 0.0
	for _, s := range scores {
		mean += s / n
	}
	for _, s := range scores {
		squares += (s - mean) * (s - mean)
	}
	return mean, math.Sqrt(squares / (n - 1) / n)
}

// TestScores measures the published scores, within 5 standard errors, and holds what
// they are for: a player that does not see the knives gets less than half.
func TestScores(t *testing.T) {
	random, r := meanScore(t, dojo.Random(1))
	blind, b := meanScore(t, dojo.Blind)
	sighted, s := meanScore(t, dojo.Sighted)
	t.Logf("random %.0f +- %.0f, blind %.0f +- %.0f, sighted %.0f +- %.0f", random, r, blind, b, sighted, s)
	for _, m := range []struct {
		name                    string
		mean, stderr, published float64
	}{{"random", random, r, dojo.RandomScore}, {"blind", blind, b, dojo.BlindScore}, {"sighted", sighted, s, dojo.SightedScore}} {
		if math.Abs(m.mean-m.published) > 5*m.stderr {
			t.Errorf("%s play scores %.0f +- %.0f, published is %.0f", m.name, m.mean, m.stderr, m.published)
		}
	}
	if random >= blind/2 {
		t.Errorf("random play scores %.0f, the blind player only %.0f", random, blind)
	}
	if sighted < 2*blind {
		t.Errorf("the sighted player scores %.0f, want twice the blind one's %.0f", sighted, blind)
	}
}

func TestScoreStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dojo.Score(ctx, dojo.DefaultOptions(), dojo.Blind, 1); err == nil {
		t.Error("Score under a cancelled context returned no error")
	}
}

func ExampleScore() {
	o := dojo.DefaultOptions()
	o.N = 20
	sighted, err := dojo.Score(context.Background(), o, dojo.Sighted, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	blind, err := dojo.Score(context.Background(), o, dojo.Blind, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	var a, b float64
	for i := range sighted {
		a, b = a+sighted[i], b+blind[i]
	}
	fmt.Println("seeing the knives pays:", a > 1.5*b)
	// Output: seeing the knives pays: true
}
