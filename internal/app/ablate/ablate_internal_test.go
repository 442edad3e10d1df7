package ablate

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"glint/internal/app/config"
	"glint/internal/study"
)

// TestReadyPlans wants every plan that comes with glint to be one that can be run.
func TestReadyPlans(t *testing.T) {
	if n := len(study.ReadyNames()); n != 5 {
		t.Errorf("%d plans, want 5", n)
	}
	for _, name := range study.ReadyNames() {
		for _, env := range []string{"dojo", "gym:ALE/KungFuMaster-v5"} {
			p, err := readPlan(Options{Plan: name, Env: env})
			if err != nil {
				t.Errorf("%s on %s: %v", name, env, err)
				continue
			}
			if p.Name != name || p.Env != env || len(p.Order) != len(p.Arms) {
				t.Errorf("%s is named %s, on %s, order %v", name, p.Name, p.Env, p.Order)
			}
		}
	}
}

// TestDefaultArms wants the arms named default to be the defaults of their verbs.
func TestDefaultArms(t *testing.T) {
	for _, name := range []string{"weighting", "capacity", "agent"} {
		p, err := readPlan(Options{Plan: name})
		if err != nil {
			t.Fatal(err)
		}
		p.SetLength(7)
		got, err := trialConfig(p, "default", 3)
		if err != nil {
			t.Fatal(err)
		}
		want := config.Base{Env: "dojo"}.Defaults()
		if p.Kind == study.Pretrain {
			want = want.Pretraining()
			want.Data.Dir, want.Agent.Pretrain.Updates = "data", 7
		} else {
			want.Steps = 7
		}
		want.Seed, want.Threads, want.FramesEvery, want.Minutes = 3, 1, 0, 0
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: default is\n%+v\nwant\n%+v", name, got, want)
		}
	}
}

// TestCriticConfig wants the critic of a study to be trained by the settings of the base arm,
// whatever the others weigh, and by no head that reads places.
func TestCriticConfig(t *testing.T) {
	p, err := readPlan(Options{Plan: "weighting"})
	if err != nil {
		t.Fatal(err)
	}
	for base, want := range map[string]string{"uniform": "uniform", "oracle": "oracle"} {
		p.Base, p.CriticSteps = base, 77
		a := ablation{plan: p}
		c, err := a.criticConfig()
		if err != nil || c.Weighting != want || c.Agent.Autoencoder.Places != 0 || c.Alone || c.Steps != 77 {
			t.Errorf("by %s: weighting %s, places %v, alone %v, %d steps, error %v", base, c.Weighting, c.Agent.Autoencoder.Places, c.Alone, c.Steps, err)
		}
		if arm, _ := trialConfig(p, base, 1); c.Agent.SmallShare != arm.Agent.SmallShare {
			t.Errorf("by %s: small_share %v, the arm has %v", base, c.Agent.SmallShare, arm.Agent.SmallShare)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("by %s: %v", base, err)
		}
	}
}

// TestWrongPlans wants what is wrong in a plan to be named, with the nearest right name.
func TestWrongPlans(t *testing.T) {
	const good = `
judges = ["kept"]
updates_per_trial = 10
[settings]
[arm.a]
[arm.b]
`
	file := filepath.Join(t.TempDir(), "p.toml")
	read := func(text string) error {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readPlan(Options{Plan: file})
		return err
	}
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, old, text, want string }{
		{"key of the plan", "judges", "judgse", "line 2: unknown key judgse: did you mean judges?"},
		{"key of an arm", "[arm.b]", "[arm.b.agent]\nsmal_share = 0.0", "line 7: unknown key arm.b.agent.smal_share: did you mean agent.small_share?"},
		{"key of all", "[settings]", "[settings]\nfil_in = true", "unknown key settings.fil_in: did you mean fill_in?"},
		{"kind of value", "[arm.b]", "[arm.b]\nweighting = 3", "line 7"},
		{"weighting", "[arm.b]", "[arm.b]\nweighting = \"unifrom\"", `arm b: saliency: no weighting "unifrom": did you mean "uniform"?`},
		{"critic nobody asks", "[arm.b]", "[arm.b]\ncritic = \"x\"", "only the weighting value of an autoencoder alone asks it"},
		{"critic that is none", "[arm.b]", "[arm.b]\nweighting = \"value\"\ncritic = \"nowhere\"", "arm b: no run or checkpoint at /"},
		{"setting", "[arm.b]", "[arm.b.agent]\nsmall_share = 2.0", "arm b: agent.small_share is 2"},
		{"judge", "kept", "kpet", `no judge "kpet": did you mean kept?`},
		{"judge twice", `["kept"]`, `["kept", "kept"]`, `judges names "kept" twice`},
		{"control", "[arm.b]", "[arm.b]\ncontrol = \"c\"", `the control of arm b is "c", which is no other arm`},
		{"environment", "judges", "env = \"dojoo\"\njudges", `environment "dojoo" is unknown: did you mean dojo?`},
		{"set by the study", "[arm.b]", "[arm.b]\nseed = 3", "arm b: seed is the same for all arms"},
		{"data of an arm", "[arm.b]", "[arm.b.data]\ndir = \"x\"", "arm b: data is the same for all arms"},
		{"order of another arm", "judges", "order = [\"a\", \"bb\"]\njudges", `order names no arm "bb": did you mean b?`},
		{"order without an arm", "judges", "order = [\"a\", \"a\"]\njudges", "name each of the arms once: a, b"},
		{"judged by what it trained on", "[settings]", "[data]\nseed = 7\nheld_out_seed = 7\n[settings]", "data.seed and data.held_out_seed are both 7"},
		{"length of an arm", "[arm.b]", "[arm.b.agent.pretrain]\nupdates = 9", "arm b: agent.pretrain.updates has no effect"},
		{"game of an arm", "[arm.b]", "[arm.b]\nsticky = 0.5", "arm b: sticky has no effect"},
		{"no arms", "[arm.a]\n[arm.b]\n", "", "two or more"},
		{"syntax", "[arm.a]", "[arm.a", "mend the file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := read(strings.Replace(good, tc.old, tc.text, 1)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("says %v, want %q", err, tc.want)
			}
		})
	}
	if _, err := readPlan(Options{Plan: "weigting"}); err == nil || !strings.Contains(err.Error(), "did you mean weighting?") {
		t.Errorf("an unknown plan says %v", err)
	}
	if _, err := readPlan(Options{Plan: "agent", HeldOut: "x"}); err == nil || !strings.Contains(err.Error(), "--held-out") {
		t.Errorf("data for an agent says %v", err)
	}
}

// What judges is of the game that is trained on, also where the data are yet to be recorded.
func TestHeldOutOfAnotherGame(t *testing.T) {
	dir, _ := tinyStudy(t, 1)
	held := filepath.Join(dir, heldOutForTest)
	if _, err := readPlan(Options{Plan: "weighting", HeldOut: held}); err != nil {
		t.Error(err)
	}
	if _, err := readPlan(Options{Plan: "weighting", Env: "gym:ALE/Pong-v5", HeldOut: held}); err == nil || !strings.Contains(err.Error(), "is of dojo and cannot judge what trains on gym:ALE/Pong-v5") {
		t.Errorf("held-out data of the dojo for Pong says %v", err)
	}
}

// The reason of a crash is what panicked, not a line of the stack.
func TestTailOfACrash(t *testing.T) {
	for text, want := range map[string]string{
		"training 5%\nglint: no space left\n":                                      "no space left",
		"panic: index out of range [3]\n\ngoroutine 1:\nmain.f()\n\tx.go:12 +0x1d": "panic: index out of range [3]",
	} {
		said := new(tail)
		if _, err := said.Write([]byte(text)); err != nil || said.last() != want {
			t.Errorf("the reason is %q, want %q; error %v", said.last(), want, err)
		}
	}
}
