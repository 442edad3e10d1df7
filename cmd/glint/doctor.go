package main

import (
	"context"
	"os"
	"strings"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/diagnose"
)

// doctorCmd finds out why a network does not learn. Pointers tell a flag that was given from one
// that was not.
type doctorCmd struct {
	Env        string   `help:"Environment to examine a training on. Default dojo." placeholder:"NAME"`
	Algo       string   `help:"ppo or a2c. Default ppo." placeholder:"NAME"`
	Preset     string   `help:"Which defaults: game or general. Default game." placeholder:"NAME"`
	Config     string   `help:"TOML file with settings, below the flags." placeholder:"FILE"`
	Checkpoint string   `help:"Run or checkpoint to examine: gradients, prediction, inputs and balance are those of its network, course that of its run; the rest begins anew by its settings." placeholder:"RUN"`
	Data       string   `help:"Recorded dataset to examine a training on: by imitation, or of the autoencoder alone where steps are left out." placeholder:"DIR"`
	HeldOut    string   `help:"Dataset that such a training would be judged on, to see whether it is another." placeholder:"DIR"`
	SkipBad    bool     `help:"Leave out, and name, the shards of the dataset that cannot be read."`
	Memory     float64  `help:"Memory that a training may take, in MiB. Default what is free." placeholder:"MIB"`
	Only       []string `help:"Groups of checks to make: gradients, prediction, overfitting, shuffling, inputs, balance, generalisation, course, rates, memory, environment, path. Default all." placeholder:"NAMES"`
	Page       string   `help:"HTML file to write, with plots of what was measured." placeholder:"FILE"`
	Plant      string   `help:"Put a bug into what is taught, to see what is said of it: sign, frozen, uncentred, repeated." placeholder:"BUG"`
	JSON       bool     `help:"Print the verdicts as one JSON object on the last line of stdout."`
	TokenFile  string   `help:"File with the token of a remote server, or with the password of a screen." placeholder:"FILE"`

	Seed      *uint64  `help:"Seed of everything random. Default 1." placeholder:"S"`
	Envs      *int     `help:"Environments in lock step." placeholder:"N"`
	Threads   *int     `help:"Cores that compute. Default all." placeholder:"N"`
	Sticky    *float64 `help:"Probability that a frame repeats the last action. Default 0.25." placeholder:"P"`
	LR        *float64 `help:"Learning rate." name:"lr" placeholder:"X"`
	Weighting *string  `help:"Weighting of the autoencoder's loss. Default knife." placeholder:"NAME"`
	ValShare  *float64 `help:"Share of the dataset's episodes that are judged. Default 0.1." placeholder:"P"`
}

// Run examines.
func (c *doctorCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	if err := c.exclusive(); err != nil {
		return err
	}
	cfg, err := diagnose.Settings(config.Base{Env: c.Env, Algo: c.Algo, Preset: c.Preset}, c.Config, c.Checkpoint, c.Data, c.SkipBad)
	if err != nil {
		return err
	}
	set(&cfg.Seed, c.Seed)
	set(&cfg.Threads, c.Threads)
	set(&cfg.Sticky, c.Sticky)
	if cfg.Alone {
		set(&cfg.Agent.Pretrain.LR, c.LR)
	} else {
		set(&cfg.Agent.LR, c.LR)
	}
	set(&cfg.Weighting, c.Weighting)
	set(&cfg.Data.ValShare, c.ValShare)
	if c.Envs != nil {
		cfg.SetEnvs(*c.Envs)
	}
	cfg.SetSecret(c.TokenFile)
	_, err = diagnose.Run(ctx, cfg, diagnose.Options{
		Checkpoint: c.Checkpoint, HeldOut: c.HeldOut, Memory: c.Memory, Only: c.Only, Page: c.Page, Plant: c.Plant, Command: commandLine(os.Args[1:]),
	}, o)
	return err
}

// commandLine is what a shell reads as these arguments.
func commandLine(args []string) string {
	words := []string{"glint"}
	for _, a := range args {
		if strings.ContainsAny(a, " \t\n'\"\\$&;|<>*?()`#~") || a == "" {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// exclusive refuses flags of which one would be left unheard.
func (c *doctorCmd) exclusive() error {
	own := []flag{{"--env", c.Env != ""}, {"--algo", c.Algo != ""}, {"--preset", c.Preset != ""}}
	for _, s := range []struct {
		flag   flag
		decide []flag // that it decides
	}{
		{flag{"--checkpoint", c.Checkpoint != ""}, append(own, flag{"--config", c.Config != ""}, flag{"--data", c.Data != ""}, flag{"--weighting", c.Weighting != nil})},
		{flag{"--data", c.Data != ""}, own},
	} {
		if also := flagsGiven(s.decide); s.flag.given && len(also) > 0 {
			return &app.UsageError{Msg: s.flag.name + " and " + also[0] + " exclude each other", Hint: s.flag.name + " says that already: leave out one of them"}
		}
	}
	ofData := flagsGiven([]flag{{"--held-out", c.HeldOut != ""}, {"--skip-bad", c.SkipBad}, {"--val-share", c.ValShare != nil}})
	if c.Data == "" && len(ofData) > 0 {
		return &app.UsageError{Msg: ofData[0] + " speaks of a dataset", Hint: "give it with --data"}
	}
	return nil
}
