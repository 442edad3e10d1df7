package e2e_test

import (
	"bytes"
	"strings"
	"testing"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
)

// TestEvalOfGames plays at random: in Kung-Fu Master the memory tells what a knife
// does, in Pong there is nothing that hurts.
func TestEvalOfGames(t *testing.T) {
	needGym(t)
	eval := func(env string, episodes int) (eval.Result, string) {
		out := new(bytes.Buffer)
		res, err := eval.Run(t.Context(), eval.Options{
			Who: play.Who{Policy: "random", Greedy: true}, Env: env, Episodes: episodes, Envs: 4, Seed: 3, Change: func(*config.Config) {},
		}, app.IO{Stdout: out, Stderr: new(bytes.Buffer)})
		if err != nil {
			t.Fatal(err)
		}
		if res.Greedy || res.HumanNormalised == nil || *res.HumanNormalised > 0.1 || *res.HumanNormalised < -0.1 {
			t.Errorf("random play of %s: %+v", env, res)
		}
		if res.PolicyChange != nil || res.ChangeSteps != 0 || !strings.Contains(out.String(), "not asked: no network plays") {
			t.Errorf("the policy of random play of %s changes:\n%s", env, out)
		}
		return res, out.String()
	}
	// In 200,000 frames of random play 282 of 339 knives hit, 0.83.
	res, _ := eval("gym:ALE/KungFuMaster-v5", 8)
	if res.Knives == nil || *res.Knives < 20 || *res.KnifeHitRate < 0.6 || *res.KnifeHitRate > 0.97 {
		t.Errorf("knives of Kung-Fu Master: %+v", res)
	}
	if res, said := eval("gym:ALE/Pong-v5", 1); res.Knives != nil || res.KnifeHitRate != nil || !strings.Contains(said, "balls that hit") || !strings.Contains(said, "not known") {
		t.Errorf("knives of Pong: %+v\n%s", res, said)
	}
}
