package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// asProgram makes this test program behave as glint, for the processes of trials.
const asProgram = "GLINT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// smallPlan is one whose trials take a second or two; those of the arm broken fail.
const smallPlan = `
question = "Does the weighting matter?"
judges = ["mse", "kept"]
seeds = 3
updates_per_trial = 200
[data]
steps = 600
held_out_steps = 300
envs = 4
[settings]
save_minutes = 0.002
[settings.agent.autoencoder]
channels = [4, 8]
code = 16
[settings.agent.pretrain]
batch = 16
[arm.uniform]
weighting = "uniform"
[arm.knife]
[arm.broken]
[arm.broken.agent.autoencoder]
code = 65536
`

// study runs a study in this process and returns its summary.
func study(t *testing.T, out string, more ...string) (summary string, notes string) {
	t.Helper()
	code, stdout, stderr := glint(t, append([]string{"ablate", "--plan", "plan.toml", "--out", out, "--json"}, more...)...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	b, err := os.ReadFile(filepath.Join(out, "summary.md"))
	if err != nil {
		t.Fatal(err)
	}
	var res struct {
		Report         string
		Trials, Failed int
		Arms           map[string]map[string]struct {
			IQM, Lo, Hi *float64
			Seeds       []*float64
		}
	}
	if err := json.Unmarshal([]byte(stdout), &res); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	mse := res.Arms["knife"]["mse"]
	if res.Trials != 9 || res.Failed != 3 || res.Report != filepath.Join(out, "report.html") || mse.IQM == nil || mse.Lo == nil || len(mse.Seeds) != 3 {
		t.Errorf("--json says %s", stdout)
	}
	return string(b), stderr
}

// usable demands that the run of a finished trial can be judged and looked at.
func usable(t *testing.T, run, data string) {
	t.Helper()
	for _, how := range [][]string{
		{"probe", "--data", data},
		{"view", "--steps", "20", "--out", "looked"},
		{"view", "--data", data, "--out", "looked"},
		{"view", "--data", data, "--out", "looked", "--units"},
		{"view", "--data", data, "--film", "film.gif"},
	} {
		if code, _, stderr := glint(t, append(how, "--checkpoint", run)...); code != exitOK {
			t.Errorf("%v of a trial's run: exit code %d, %s", how, code, stderr)
		}
	}
}

// TestAblate stops a study by Ctrl-C and by SIGKILL and goes on with it: it must end
// with the summary of one that nobody stopped, whose trials ran one after the other.
func TestAblate(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for half a minute")
	}
	t.Setenv(asProgram, "1")
	inFolder(t, map[string]string{"plan.toml": smallPlan})
	want, _ := study(t, "whole", "--jobs", "1")
	for _, part := range []string{"| broken | 2 | autoencoder: the network is too large", "Not one trial succeeded of: broken.", "--updates-per-trial 200"} {
		if !strings.Contains(want, part) {
			t.Errorf("the summary lacks %q:\n%s", part, want)
		}
	}
	usable(t, "whole/trials/knife-seed2/run", "whole/held-out")
	if stores := changed(t, "whole/trials/*/run/ckpt/*/store.bin"); len(stores) > 0 {
		t.Errorf("checkpoints of finished trials hold observations: %v", stores)
	}
	if code, _, stderr := glint(t, "ablate", "--plan", "plan.toml", "--out", "none", "--jobs", "0"); code != exitUsage || !strings.Contains(stderr, "0 trials side by side") {
		t.Errorf("--jobs 0: exit code %d, %s", code, stderr)
	}
	for _, how := range []os.Signal{os.Interrupt, os.Kill} {
		said := stopHalfway(t, "broken", how)
		if how == os.Interrupt && !strings.Contains(said, "the same command goes on") {
			t.Errorf("Ctrl-C says %s", said)
		}
	}
	before := changed(t, "broken/trials/*/result.json")
	begun := changed(t, "broken/trials/*/run/config.toml")
	saved, err := filepath.Glob("broken/trials/*/run/ckpt/*")
	if err != nil || len(saved) == 0 {
		t.Fatalf("no trial was stopped after a checkpoint (%v)", err)
	}
	if got, _ := study(t, "broken", "--jobs", "2"); got != want {
		t.Errorf("the stopped study says\n%s\nthe whole one\n%s", got, want)
	}
	page := readFile(t, "whole/report.html")
	if n := bytes.Count(page, []byte("<img ")); n != 1 {
		t.Errorf("the page has %d pictures of reconstructions, want 1", n)
	}
	if !bytes.Equal(readFile(t, "broken/report.html"), page) {
		t.Error("the stopped study has another page than the whole one")
	}
	after := changed(t, "broken/trials/*/result.json")
	for file, at := range before {
		if !after[file].Equal(at) {
			t.Errorf("%s was written again", file)
		}
	}
	again := changed(t, "broken/trials/*/run/config.toml")
	for _, ckpt := range saved {
		if file := filepath.Join(filepath.Dir(filepath.Dir(ckpt)), "config.toml"); !again[file].Equal(begun[file]) {
			t.Errorf("%s was written again: the run began anew, though it had a checkpoint", file)
		}
	}
	code, _, stderr := glint(t, "ablate", "--plan", "plan.toml", "--out", "broken", "--updates-per-trial", "201")
	if code != exitUsage || !strings.Contains(stderr, "updates_per_trial = 200, now there is updates_per_trial = 201") {
		t.Errorf("a changed plan: exit code %d, %s", code, stderr)
	}
}

// TestAblateGrows gives a study that has ended another seed and another arm.
func TestAblateGrows(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	t.Setenv(asProgram, "1")
	small := strings.NewReplacer("updates_per_trial = 200", "updates_per_trial = 20\ncritic_steps = 300", "seeds = 3", "seeds = 1").Replace(smallPlan)
	small, _, _ = strings.Cut(small, "[arm.broken]")
	inFolder(t, map[string]string{"plan.toml": small, "more.toml": "base = \"knife\"\n" + small + "[arm.value]\nweighting = \"value\"\n"})
	var res struct {
		Trials, Failed int
		Commands       []string
		Left           []string `json:"left_out"`
		Order          []struct{ Note string }
		Arms           map[string]map[string]struct{ Paired *struct{ Lo *float64 } }
	}
	run := func(plan, seeds string) int {
		t.Helper()
		code, stdout, stderr := glint(t, "ablate", "--plan", plan, "--out", "s", "--seeds", seeds, "--json")
		if err := json.Unmarshal([]byte(stdout), &res); code != exitOK || err != nil || res.Failed != 0 {
			t.Fatalf("exit code %d: %s%s (%v)", code, stdout, stderr, err)
		}
		return res.Trials
	}
	if n := run("plan.toml", "1"); n != 2 {
		t.Fatalf("%d trials, want 2", n)
	}
	before := changed(t, "s/trials/*/result.json")
	if n := run("plan.toml", "2"); n != 4 {
		t.Errorf("%d trials with a seed more, want 4", n)
	}
	if n := run("more.toml", "2"); n != 6 {
		t.Errorf("%d trials with an arm more, want 6", n)
	}
	for file, at := range before {
		if !changed(t, file)[file].Equal(at) {
			t.Errorf("%s was written again", file)
		}
	}
	if p := res.Arms["value"]["mse"].Paired; p == nil || p.Lo == nil || res.Order[2].Note != "one critic for all seeds" {
		t.Errorf("value is paired as %+v, with the note %q", p, res.Order[2].Note)
	}
	byHand(t, "s", res.Commands)
	if n := run("plan.toml", "1"); n != 2 || !slices.Equal(res.Left, []string{"knife-seed2", "uniform-seed2", "value-seed1", "value-seed2"}) {
		t.Errorf("%d trials with fewer arms and seeds, left out are %v", n, res.Left)
	}
	if s := string(readFile(t, "s/summary.md")); !strings.Contains(s, "Left out: trials of this study with a result that was not asked for: knife-seed2, ") || !strings.Contains(s, "data: 600 steps of dojo, policy varied, seed 1, without repeated observations · ") {
		t.Errorf("the summary does not say what is left out, or where the data came from: %s", s)
	}
	otherArm(t, small)
	otherData(t)
}

// otherArm wants a plan, here one of the file plan.toml, to be refused that sets an arm otherwise
// than its trials, and nothing in the study to change by that.
func otherArm(t *testing.T, plan string) {
	t.Helper()
	asIs := contents(t, "s/plan.toml", "s/trials/*/spec.json")
	other := strings.Replace(plan, "weighting = \"uniform\"", "weighting = \"motion\"", 1)
	if err := os.WriteFile("plan.toml", []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := glint(t, "ablate", "--plan", "plan.toml", "--out", "s", "--seeds", "2")
	if code != exitUsage || !strings.Contains(stderr, "trials/uniform-seed1 was begun with other settings") || !strings.Contains(stderr, "weighting = 'motion'") {
		t.Errorf("an arm with other settings: exit code %d, %s", code, stderr)
	}
	if d := cmp.Diff(asIs, contents(t, "s/plan.toml", "s/trials/*/spec.json")); d != "" {
		t.Errorf("a plan that was refused has changed the study: %s", d)
	}
}

// byHand runs the commands of a study that repeat one trial, of the arm value, and wants them
// to end with the weights of the trial.
func byHand(t *testing.T, study string, commands []string) {
	t.Helper()
	t.Chdir(study)
	defer t.Chdir("..")
	for _, command := range commands[slices.Index(commands, "# by hand")+1:] {
		if asks, ok := strings.CutPrefix(command, "# of an arm that asks the critic: "); ok {
			command = asks
			if err := os.RemoveAll("run"); err != nil {
				t.Fatal(err)
			}
		}
		args := strings.Fields(strings.NewReplacer("ARM", "value", "seedN", "seed1").Replace(command))
		if code, _, stderr := glint(t, args[1:]...); code != exitOK {
			t.Errorf("%s: exit code %d, %s", command, code, stderr)
		}
	}
	var weights [2]struct {
		SHA256 string `json:"weights_sha256"`
	}
	for i, file := range []string{"run/result.json", "trials/value-seed1/result.json"} {
		if err := json.Unmarshal(readFile(t, file), &weights[i]); err != nil {
			t.Fatal(err)
		}
	}
	if weights[0] != weights[1] || weights[0].SHA256 == "" {
		t.Errorf("by hand the weights are %v, those of the trial %v", weights[0], weights[1])
	}
}

// otherData wants a study to go on with no other dataset in the place of its own, nor with
// a part of it.
func otherData(t *testing.T) {
	t.Helper()
	for _, tc := range []struct{ seed, steps, want string }{{"77", "300", "held_out_id"}, {"1001", "200", "held_out_rows"}} {
		if err := os.RemoveAll("s/held-out"); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := glint(t, "record", "--env", "dojo", "--policy", "varied", "--envs", "4", "--steps", tc.steps, "--seed", tc.seed, "--out", "s/held-out"); code != exitOK {
			t.Fatal(stderr)
		}
		code, _, stderr := glint(t, "ablate", "--plan", "more.toml", "--out", "s", "--seeds", "2")
		if code != exitUsage || !strings.Contains(stderr, "was begun with other settings") || !strings.Contains(stderr, tc.want) {
			t.Errorf("another dataset in its place: exit code %d, %s", code, stderr)
		}
	}
}

// stopHalfway starts a study in a process of its own and stops it when a trial more has
// ended and another has a checkpoint. It returns what the study said.
func stopHalfway(t *testing.T, out string, how os.Signal) string {
	t.Helper()
	done := len(changed(t, out+"/trials/*/result.json"))
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], "ablate", "--plan", "plan.toml", "--out", out, "--jobs", "2")
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		results, saved := changed(t, out+"/trials/*/result.json"), map[string]bool{}
		for file := range changed(t, out+"/trials/*/run/ckpt/*/manifest.json") {
			trial := strings.SplitAfter(file, "/run/")[0]
			if _, ended := results[strings.TrimSuffix(trial, "run/")+"result.json"]; !ended {
				saved[trial] = true
			}
		}
		if len(results) > done && len(saved) > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no trial ended: %s", said.String())
		}
	}
	if err := cmd.Process.Signal(how); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Errorf("stopped by %v, it says all is done: %s", how, said.String())
	}
	return said.String()
}

// changed returns when files that match were last written.
func changed(t *testing.T, pattern string) map[string]time.Time {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]time.Time{}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			continue // replaced in this moment
		}
		at[file] = info.ModTime()
	}
	return at
}

// TestAblateTimes wants minutes to be turned into updates once, and nothing but failures
// to be a failure.
func TestAblateTimes(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	t.Setenv(asProgram, "1")
	timed := strings.NewReplacer("updates_per_trial = 200", "minutes_per_trial = 0.01", "seeds = 3", "seeds = 1").Replace(smallPlan)
	// The base cannot be trained, nor the critic by its settings, but it is not the only arm.
	timed += "[arm.uniform.agent.autoencoder]\ncode = 65536\n[arm.value]\nweighting = \"value\"\n"
	failing := strings.NewReplacer("code = 16", "code = 65536", "seeds = 3", "seeds = 1").Replace(smallPlan)
	inFolder(t, map[string]string{"timed.toml": timed, "failing.toml": failing})
	args := []string{"ablate", "--plan", "timed.toml", "--env", "dojo", "--jobs", "2", "--out", "timed"}
	if code, _, stderr := glint(t, args...); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if s := string(readFile(t, "timed/summary.md")); !strings.Contains(s, "| value | 1 | the critic of the study, which this arm asks, could not be trained") || strings.Contains(s, "| knife | 1 |") {
		t.Errorf("without a critic the summary says %s", s)
	}
	var l struct {
		Length int64
		Arm    string
	}
	b, err := os.ReadFile("timed/length.json")
	if err != nil || json.Unmarshal(b, &l) != nil || l.Length < 1 || l.Arm != "knife" {
		t.Errorf("length.json holds %s (%v)", b, err)
	}
	if _, err := os.Stat("timed/timing"); err == nil {
		t.Error("the folder of the timing is still there")
	}
	before := changed(t, "timed/length.json")
	if code, _, stderr := glint(t, args...); code != exitOK || !before["timed/length.json"].Equal(changed(t, "timed/length.json")["timed/length.json"]) {
		t.Errorf("again: exit code %d, %s", code, stderr)
	}
	data := []string{"--data", "timed/data", "--held-out", "timed/held-out", "--out", "failing"}
	code, _, stderr := glint(t, append([]string{"ablate", "--plan", "failing.toml"}, data...)...)
	if code != exitFailed || !strings.Contains(stderr, "no trial has a result") {
		t.Errorf("nothing but failures: exit code %d, %s", code, stderr)
	}
}

// contents returns what is in the files that match.
func contents(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range patterns {
		for file := range changed(t, pattern) {
			all[file] = string(readFile(t, file))
		}
	}
	return all
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
