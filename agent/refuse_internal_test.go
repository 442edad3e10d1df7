package agent

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"glint/env"
)

var errTouched = errors.New("the environment was touched")

// untouched is an environment that is only to be described.
type untouched struct{ env.Vec }

func (untouched) Reset(context.Context, []uint64) (*env.Batch, error) { return nil, errTouched }
func (untouched) Step(context.Context, []int) (*env.Batch, error)     { return nil, errTouched }

func (v untouched) Save(context.Context, int) ([]byte, error) { return nil, errTouched }
func (v untouched) Load(context.Context, int, []byte) error   { return errTouched }

// oneLine checks an error that a user will read.
func oneLine(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	msg := err.Error()
	if strings.Contains(msg, "\n") || strings.Count(msg, "agent:") > 1 || errors.Is(err, errTouched) {
		t.Errorf("%q: want one line, one prefix, and nothing done to the environment", msg)
	}
	for _, w := range words {
		if !strings.Contains(msg, w) {
			t.Errorf("%q does not say %q", msg, w)
		}
	}
}

// A checkpoint that does not fit is refused with a line that says why. No Trainer
// comes back, and the environments stay as they are.
func TestResumeRefuses(t *testing.T) {
	cfg := dojoConfig(PPO)
	good := unbroken(t, cfg, dojoOptions(t, cfg.Envs, 7), 6).saves[6]
	cut := func(name string) func(s saved, c *Config) {
		return func(s saved, _ *Config) { s[name] = s[name][:len(s[name])*2/3] }
	}
	for name, c := range map[string]struct {
		change func(s saved, c *Config)
		words  []string
	}{
		"code":            {func(_ saved, c *Config) { c.Autoencoder.Code = 8 }, []string{WeightsFile, "encoder.code", "architecture"}},
		"channels":        {func(_ saved, c *Config) { c.Autoencoder.Channels = []int{4, 4} }, []string{WeightsFile, "architecture"}},
		"environments":    {func(_ saved, c *Config) { c.Envs = 2; c.Minibatch = 8 }, []string{StateFile, "3 environments", "want 2"}},
		"store":           {func(_ saved, c *Config) { c.StoreCapacity = 41 }, []string{storeFile, "Capacity"}},
		"missing":         {func(s saved, _ *Config) { delete(s, storeFile) }, []string{storeFile}},
		"stage":           {func(s saved, _ *Config) { s[StateFile] = bytes.Replace(s[StateFile], []byte(Play), []byte("rest"), 1) }, []string{StateFile, "stage", "rest"}},
		"weights cut":     {cut(WeightsFile), []string{WeightsFile}},
		"optimizer cut":   {cut(optimizerFile), []string{optimizerFile}},
		"state cut":       {cut(StateFile), []string{StateFile}},
		"store cut":       {cut(storeFile), []string{storeFile}},
		"play cut":        {cut(playFile), []string{playFile}},
		"foreign weights": {func(s saved, _ *Config) { s[WeightsFile] = s[optimizerFile] }, []string{WeightsFile, "architecture"}},
	} {
		t.Run(name, func(t *testing.T) {
			files, cfg := saved{}, cfg
			maps.Copy(files, good)
			c.change(files, &cfg)
			o := dojoOptions(t, cfg.Envs, 7)
			o.Env = untouched{o.Env}
			tr, exact, err := Resume(t.Context(), cfg, o, files.file)
			oneLine(t, err, c.words...)
			if tr != nil || exact {
				t.Errorf("a Trainer came back: %v, exact %v", tr != nil, exact)
			}
		})
	}
}

// A state of environments that this environment cannot take is refused.
func TestResumeRefusesAnotherEnvironment(t *testing.T) {
	cfg := dojoConfig(PPO)
	files := unbroken(t, cfg, dojoOptions(t, cfg.Envs, 7), 1).saves[1]
	o := dojoOptions(t, cfg.Envs, 7)
	o.Env = only{o.Env}
	tr, _, err := Resume(t.Context(), cfg, o, files.file)
	oneLine(t, err, "another environment than dojo")
	if tr != nil {
		t.Error("a Trainer came back")
	}
}

// only is a Vec without its optional interfaces.
type only struct{ env.Vec }

// An environment of another number of games or without planes is refused.
func TestNewRefuses(t *testing.T) {
	cfg := toyConfig(PPO, 4)
	_, err := New(t.Context(), cfg, planesOptions(t, bandit(2), 1))
	oneLine(t, err, "toy", "2 environments", "want 4")
	gray := bandit(4)
	gray.spec.Format = env.Gray
	_, err = New(t.Context(), cfg, planesOptions(t, gray, 1))
	oneLine(t, err, "gray", "planes")
	cfg.Clip = 0
	_, err = New(t.Context(), cfg, planesOptions(t, bandit(4), 1))
	oneLine(t, err, "clip is 0")
}
