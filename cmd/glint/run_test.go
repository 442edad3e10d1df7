package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// glint runs the program in this process.
func glint(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, notes bytes.Buffer
	code = run(t.Context(), args, &out, &notes)
	return code, out.String(), notes.String()
}

// smallRun is a config whose training takes about a second.
const smallRun = `
steps = 300
threads = 2
frames_every = 20
[agent]
algo = "a2c"
envs = 4
horizon = 5
minibatch = 20
[agent.autoencoder]
channels = [4, 8]
code = 16
[agent.pretrain]
steps = 60
updates = 20
batch = 8
`

// inFolder changes to a new folder that holds files of these names.
func inFolder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWrongUse(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // nothing wrong gets as far as an install
	t.Setenv("PATH", "")
	inFolder(t, map[string]string{
		"small.toml": smallRun, "syntax.toml": "steps = [", "unknown.toml": "[agent]\nentropy_coeff = 1", "kind.toml": "seed = 'x'",
		"code.toml": "[agent.autoencoder]\ncode = 1000000000000", "dense.toml": "[agent.autoencoder]\ncode = 65536",
		"channels.toml": "[agent.autoencoder]\nchannels = [16, 100000]",
		"resize.toml":   "[pixels.resize]\nX = 1000000\nY = 1000000", "huge.toml": "[pixels.resize]\nX = 4096\nY = 1024",
		"repeat.toml": "[gym]\nrepeat = -1", "often.toml": "[gym]\nrepeat = 257", "workers.toml": "[gym]\nworkers = 0",
		"kwargs.toml": "[gym.kwargs]\nsize = 3", "wrapper.toml": "[gym]\nwrapper = 'a:B'",
		"horizon.toml": "[agent]\nhorizon = 4611686018427387904", "epochs.toml": "[agent]\nepochs = 9000000000000000000",
		"keys.toml": "[vnc]\nkeys = ['Lefft']", "rate.toml": "[vnc]\nrate = 0",
		"binary.toml": "\x7fELF\x01", "alone.toml": "alone = true", "all.toml": "alone = false", "file": "mine", "token": "secret", "old.gif": "mine",
	})
	if err := os.Mkdir("exists", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args string
		want string // in the one line of the error
	}{
		{"", `expected one of "train"`},
		{"tran", `did you mean "train"`},
		{"train extra", "unexpected argument extra"},
		{"train --stepz 5", `did you mean "--steps"`},
		{"train --steps many", "--steps: expected a valid 64 bit int"},
		{"train --steps=-5", "steps is -5, want 0 or more"},
		{"train --steps -5", "--steps"},
		{"train --minutes=-1", "minutes is -1"},
		{"train --steps 0 --minutes 0", "would have no end"},
		{"train --envs 0", "agent.envs is 0"},
		{"train --envs 4611686018427387904", "agent.envs is 4611686018427387904, want 1 to 4096"},
		{"train --envs 900000000000", "agent.envs is 900000000000"},
		{"eval --policy random --episodes 900000000000 --envs 900000000000", "give 4096 or less"},
		{"record --out new --envs 900000000000", "give 4096 or less"},
		{"train --config code.toml", "agent.autoencoder.code is 1000000000000, want 1 to 65536"},
		{"train --config dense.toml", "take a smaller code or smaller observations"},
		{"train --config channels.toml", "agent.autoencoder.channels is [16 100000]"},
		{"train --config resize.toml", "want at most 4096 a side"},
		{"train --config huge.toml", "make [pixels] resize or agent.store_capacity smaller"},
		{"train --config huge.toml --envs 4096", "[pixels] resize or --envs smaller"},
		{"doctor --only gradient", "did you mean gradients?"},
		{"doctor --only course", "nothing of course is there to be examined here"},
		{"doctor --plant sing", "did you mean sign?"},
		{"doctor --memory=-1", "--memory is -1"},
		{"doctor --checkpoint r --env dojo", "--checkpoint and --env exclude each other"},
		{"doctor --checkpoint r --config small.toml", "--checkpoint and --config exclude each other"},
		{"doctor --data d --algo ppo", "--data and --algo exclude each other"},
		{"doctor --held-out d", "--held-out speaks of a dataset"},
		{"doctor --skip-bad", "--skip-bad speaks of a dataset"},
		{"doctor --page none/x.html", "there is no folder none for --page"},
		{"train --config horizon.toml", "envs*horizon at most 131072"},
		{"train --config epochs.toml", "agent.epochs is 9000000000000000000"},
		{"train --threads 0", "threads is 0"},
		{"train --sticky 2", "sticky is 2"},
		{"train --lr=-1", "agent.lr is -1"},
		{"train --lr NaN", "agent.lr is NaN"},
		{"train --stepsize 5", "--stepsize and --lr-gamma change nothing of --schedule linear: give --schedule step"},
		{"pretrain --env dojo --schedule cosine --lr-gamma 0.5", "--stepsize and --lr-gamma change nothing of --schedule cosine"},
		{"train --stepsize 0 --schedule step", "agent.stepsize is 0"},
		{"train --frames-every=-1", "frames_every is -1"},
		{"train --algo pppo", "agent.algo is pppo, want ppo or a2c"},
		{"train --weighting knive", `did you mean "knife"`},
		{"train --dash :8080", "there is no dashboard yet"},
		{"train --env dojp", "did you mean dojo?"},
		{"train --env gymm:ALE/Pong-v5", "did you mean gym:ALE/Pong-v5?"},
		{"train --env vnc://host:5900+x", "want vnc://HOST:PORT"},
		{"train --env vnc://host:5900 --envs 2", "give --envs 1"},
		{"train --env vnc://host --config keys.toml", "did you mean Left?"},
		{"train --env vnc://host --config rate.toml", "Rate is 0"},
		{"train --env vnc://host --token-file none", "the password file cannot be read"},
		{"eval --checkpoint exists --config small.toml", "exclude each other"},
		{"record --out new --config unknown.toml", "did you mean agent.entropy_coef?"},
		{"train --env tcp://127.0.0.1:1", "--token-file"},
		{"train --env tcp://127.0.0.1:1 --token-file none", "the token file cannot be read"},
		{"train --env gym:ALE/Pong-v5 --config repeat.toml", "gym.repeat is -1"},
		{"train --env gym:ALE/Pong-v5 --config often.toml", "Repeat is 257"},
		{"train --env gym:ALE/Pong-v5 --config workers.toml", "gym.workers is 0"},
		{"train --env gym:ALE/Pong-v5 --config kwargs.toml", "Kwargs and Wrapper are for the gym backend"},
		{"train --env gym:ALE/Pong-v5 --config wrapper.toml", "Kwargs and Wrapper are for the gym backend"},
		{"train --env gym:ALE/Pong-v5 --sticky 1", "Sticky is 1"},
		{"train --env gym:", "ID is empty"},
		{"train --config none.toml", "cannot be read"},
		{"train --config exists", "cannot be read"},
		{"train --config syntax.toml", "syntax.toml, line 1"},
		{"train --config unknown.toml", "did you mean agent.entropy_coef?"},
		{"train --config kind.toml", "seed cannot be a TOML string"},
		{"train --config binary.toml", "binary.toml, line 1"},
		{"train --config small.toml --out exists", "run folder exists exists: choose another --out"},
		{"train --config small.toml --out file", "run folder file exists"},
		{"train --resume none", "no run or checkpoint at none"},
		{"train --resume exists", "exists is no run and no checkpoint"},
		{"train --resume exists --lr 1 --out x", "--resume excludes --out and --lr"},
		{"eval", "--checkpoint RUN or --policy"},
		{"eval --policy random --checkpoint x", "--checkpoint RUN or --policy"},
		{"eval --policy randm", "did you mean random?"},
		{"eval --policy random --episodes 0", "give 1 or more"},
		{"eval --policy person", "play by glint record --policy person"},
		{"eval --policy random --sticky=-1", "sticky is -1"},
		{"eval --policy random --video old.gif", "file old.gif exists"},
		{"eval --policy random --video new.avi", "name it new.mp4 or .gif"},
		{"eval --policy random --video none/film.gif", "no folder none"},
		{"eval --checkpoint none", "no run or checkpoint at none"},
		{"view", "missing flags: --checkpoint=RUN; glint view --help"},
		{"view --checkpoint none", "no run or checkpoint at none"},
		{"view --checkpoint x --data d --env dojo", "exclude each other"},
		{"view --checkpoint x --steps 0", "--steps is 0"},
		{"view --checkpoint x --steps 5 --data d", "--steps and --data exclude each other"},
		{"view --checkpoint x --film old.gif", "choose another --film"},
		{"view --checkpoint x --film new.avi", "name it new.mp4 or .gif"},
		{"view --checkpoint x --film new.gif --data d --env dojo", "exclude each other"},
		{"view --checkpoint x --film new.gif --out pictures", "--film and --out exclude each other"},
		{"view --checkpoint none --film new.gif", "no run or checkpoint at none"},
		{"view --checkpoint none --saliency", "no run or checkpoint at none"},
		{"view --checkpoint x --saliency --data d --env dojo", "exclude each other"},
		{"view --checkpoint x --saliency --film new.gif", "--film and --saliency exclude each other"},
		{"view --checkpoint none --units", "no run or checkpoint at none"},
		{"view --checkpoint x --units --saliency", "--units and --saliency exclude each other"},
		{"view --checkpoint none --watch", "--watch wants the folder of a run"},
		{"view --checkpoint x --watch --film new.gif", "--film and --watch exclude each other"},
		{"env install --extra box2", "did you mean box2d?"},
		{"env view dojo", "give a screen as vnc://HOST:PORT"},
		{"env view vnc://host --seconds 0", "--seconds is 0"},
		{"env view vnc://host --out file", "file file exists"},
		{"env view vnc://host --config rate.toml", "Rate is 0"},
		{"env view vnc://host --every 2", "--out DIR for the pictures"},
		{"env score none --out new", "--crop"},
		{"env score none --crop 9x9+0+0", "one of --out and --with"},
		{"env score none --crop 9x9+0+0 --out new", "there is no none"},
		{"env score none --crop 9x9+0+0 --out file", "file file exists"},
		{"env score none --with file", "glint env score made"},
		{"env score none --with new --crop 9x9+0+0", "exclude each other"},
		{"env score none --out new --digits 0x", "--digits"},
		{"env serve --listen :7777 --token-file token", "write --listen tcp://HOST:PORT"},
		{"record", "missing flags: --out=DIR"},
		{"record --out new --steps 0", "give 1 or more"},
		{"record --out new --policy scriptd", "did you mean scripted?"},
		{"record --out file --steps 10 --envs 2", "file"},
		{"record --out new --policy persn", "did you mean person?"},
		{"record --out new --policy person --envs 2", "give --policy person alone, and --envs 1"},
		{"record --out new --policy scripted,person", "give --policy person alone, and --envs 1"},
		{"record --out new --policy person --fps 0", "give 1 to 1000"},
		{"record --out file --policy person", "file"},
		{"detect", "missing flags: --data=DIR"},
		{"detect --data none", "none is no dataset"},
		{"detect --data none --detector lambda", "--detector"},
		{"env", `expected one of "list"`},
		{"env lst", `did you mean "list"`},
		{"env serve", "missing flags: --token-file=FILE; glint env serve --help"},
		{"bench", `expected one of "step", "act", "detect", "project", "ops"`},
		{"bench step --batch 0", "cannot be timed"},
		{"train --config alone.toml", "alone.toml is of a run of glint pretrain"},
		{"pretrain --config all.toml", "all.toml is of a run of glint train"},
		{"bench env --env dojo", "not an environment of the bridge"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			code, stdout, stderr := glint(t, strings.Fields(tc.args)...)
			if code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			oneError(t, stderr, tc.want)
			if stdout != "" {
				t.Errorf("stdout holds %q, want nothing", stdout)
			}
		})
	}
	if b, err := os.ReadFile("file"); err != nil || string(b) != "mine" {
		t.Errorf("file holds %q, error %v: it was overwritten", b, err)
	}
	for _, name := range []string{"runs", "new", "x"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("a wrong use made %s", name)
		}
	}
}

// oneError wants a single line that starts as every error does.
func oneError(t *testing.T, stderr, want string) {
	t.Helper()
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "glint: ") {
		t.Errorf("stderr is not one line of error:\n%s", stderr)
	}
	if !strings.Contains(stderr, want) {
		t.Errorf("stderr %q, want %q in it", stderr, want)
	}
}

func TestFailures(t *testing.T) {
	inFolder(t, map[string]string{"small.toml": smallRun, "token": "secret", "file": "mine"})
	for _, tc := range []struct{ args, want string }{
		{"train --config small.toml --env tcp://127.0.0.1:1 --token-file token", "no server answers at tcp://127.0.0.1:1"},
		{"train --config small.toml --out file/run", "run folder"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			code, _, stderr := glint(t, strings.Fields(tc.args)...)
			if code != exitFailed {
				t.Errorf("exit code %d, want %d", code, exitFailed)
			}
			oneError(t, stderr, tc.want)
		})
	}
}

func TestHelp(t *testing.T) {
	for args, want := range map[string]string{"--help": "Start with: glint train", "train --help": "--resume=RUN", "env serve --help": "--listen"} {
		code, stdout, stderr := glint(t, strings.Fields(args)...)
		if code != exitOK || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit code %d, stderr %q, stdout without %q:\n%s", args, code, stderr, want, stdout)
		}
	}
}

// TestSession is a user's first minutes, shortened by a config.
func TestSession(t *testing.T) {
	inFolder(t, map[string]string{"small.toml": smallRun})
	for _, step := range []struct {
		args  string
		wants []string // in stdout
		files []string // made
	}{
		{"train --config small.toml --dry-run", []string{"nothing was kept"}, nil},
		{"train --config small.toml --seed 3", []string{"glint trained on dojo", "glint view --checkpoint runs/dojo-a2c-seed3", "--steps 600"}, []string{
			"runs/dojo-a2c-seed3/config.toml", "runs/dojo-a2c-seed3/metrics.jsonl", "runs/dojo-a2c-seed3/result.json",
			"runs/dojo-a2c-seed3/frames/iteration-000000000.png",
		}},
		{"train --config small.toml --seed 3 --steps 100", []string{"runs/dojo-a2c-seed3-2"}, []string{"runs/dojo-a2c-seed3-2/config.toml"}},
		{"train --resume runs/dojo-a2c-seed3 --steps 400", []string{"400 steps"}, []string{"runs/dojo-a2c-seed3/ckpt/400/manifest.json"}},
		{"eval --checkpoint runs/dojo-a2c-seed3 --episodes 2 --greedy --video film.gif", []string{"(greedy) plays dojo", "over 2 full episodes"}, []string{"film.gif"}},
		{"eval --policy scripted --episodes 2", []string{"scripted plays dojo"}, nil},
		{"record --policy scripted --steps 60 --out data", []string{"60 in 8 episodes begun"}, []string{"data/spec.json", "data/part-00000.parquet"}},
		{"record --policy runs/dojo-a2c-seed3 --steps 60 --envs 2 --out data2", []string{"recorded dojo"}, []string{"data2/spec.json"}},
		{"detect --data data --fill-in", []string{"precision", "in the open", "detect/finds.png"}, []string{"detect/finds.png"}},
		{"view --checkpoint runs/dojo-a2c-seed3 --data data --out look", []string{"look/sheet.png"}, []string{"look/sheet.png"}},
		{"doctor --checkpoint runs/dojo-a2c-seed3 --only prediction,course --page doctor.html", []string{
			"prediction path, critic", "heldout/mse was measured", "checks, ",
		}, []string{"doctor.html"}},
		{"view --checkpoint runs/dojo-a2c-seed3/ckpt/400 --steps 30", []string{"view/sheet.png"}, []string{"view/sheet.png"}},
	} {
		code, stdout, stderr := glint(t, strings.Fields(step.args)...)
		if code != exitOK {
			t.Fatalf("glint %s: exit code %d\n%s", step.args, code, stderr)
		}
		for _, want := range step.wants {
			if !strings.Contains(stdout, want) {
				t.Errorf("glint %s: no %q in\n%s", step.args, want, stdout)
			}
		}
		for _, name := range step.files {
			if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
				t.Errorf("glint %s: %v", step.args, err)
			}
		}
	}
}

// TestJSON wants one object on the last line of stdout of every verb with figures.
func TestJSON(t *testing.T) {
	inFolder(t, map[string]string{"small.toml": smallRun})
	for _, args := range []string{
		"train --config small.toml --out r --json", "train --resume r --json", "train --config small.toml --dry-run --json",
		"eval --policy random --episodes 2 --json", "view --checkpoint r --steps 20 --json", "record --steps 40 --out d --json",
		"detect --data d --detector lambda=8;threshold=0.5 --json", "doctor --config small.toml --only prediction --json",
	} {
		code, stdout, stderr := glint(t, strings.Fields(args)...)
		if code != exitOK {
			t.Fatalf("glint %s: exit code %d\n%s", args, code, stderr)
		}
		lines := strings.Split(strings.TrimSpace(stdout), "\n")
		var figures map[string]any
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &figures); err != nil || len(figures) == 0 {
			t.Errorf("glint %s: %v in\n%s", args, err, stdout)
		}
	}
}
