package env_test

import (
	"math"
	"strings"
	"testing"

	"glint/env"
)

func TestCheckRewards(t *testing.T) {
	s := env.Spec{Name: "toy", N: 2}
	for _, tc := range []struct {
		reward, score float64
		fine          bool
	}{
		{-3, 1e30, true},
		{math.MaxFloat32, 0, true},
		{math.NaN(), 0, false},
		{math.Inf(-1), 0, false},
		{0, math.NaN(), false},
		{1e39, 0, false}, // infinite as a float32
	} {
		b := env.Batch{Reward: []float64{0, tc.reward}, Return: []float64{0, tc.score}}
		err := b.CheckRewards(s, 7)
		if (err == nil) != tc.fine {
			t.Errorf("reward %v, score %v: error %v", tc.reward, tc.score, err)
		}
		if err != nil && !strings.Contains(err.Error(), "environment 1 of toy: the reward of its step 7") {
			t.Errorf("%q does not say where", err)
		}
	}
}
