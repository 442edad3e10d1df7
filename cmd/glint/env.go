package main

import (
	"context"

	"glint/internal/app"
	"glint/internal/app/envs"
)

// envCmd holds the verbs about environments.
type envCmd struct {
	List    envListCmd    `cmd:"" help:"List environments."`
	Install envInstallCmd `cmd:"" help:"Make the Python environment of the Gym bridge; train does it by itself."`
	Serve   envServeCmd   `cmd:"" help:"Serve environments to remote learners."`
	View    envViewCmd    `cmd:"" help:"Look at a screen behind a VNC server: its size, frames a second and latency, and pictures."`
	Score   envScoreCmd   `cmd:"" help:"Learn to read a score off a screen from pictures, and check what is read."`
}

type envListCmd struct {
	Filter string `arg:"" optional:"" help:"Part of the name."`
	JSON   bool   `help:"Print one JSON object."`
}

// Run lists.
func (c *envListCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	return envs.List(ctx, c.Filter, o)
}

type envInstallCmd struct {
	Extra  []string `help:"Further sets of packages: box2d, minigrid, remote (for scripts/remote), video (an ffmpeg)." placeholder:"NAME"`
	Python string   `help:"Interpreter to make it with; else the first on the PATH that fits." placeholder:"FILE"`
}

// Run installs.
func (c *envInstallCmd) Run(ctx context.Context, o app.IO) error {
	return envs.Install(ctx, c.Extra, c.Python, o)
}

type envServeCmd struct {
	Listen    string `help:"Address; beyond this machine only if you say so." default:"tcp://127.0.0.1:7777"`
	TokenFile string `help:"File with the token that learners must know; made if it is missing." required:"" placeholder:"FILE"`
}

// Help says what the token is worth.
func (*envServeCmd) Help() string {
	return "Whoever has the token may run any Python code as you on this machine, as by a login, and the traffic is not encrypted: " +
		"listen beyond this machine only in networks you trust, or through a tunnel such as ssh -L."
}

// Run serves.
func (c *envServeCmd) Run(ctx context.Context, o app.IO) error {
	return envs.Serve(ctx, c.Listen, c.TokenFile, o)
}

type envViewCmd struct {
	URL string `arg:"" help:"The screen, as vnc://HOST:PORT."`
	opening
	TokenFile string  `help:"File with the password of the screen." placeholder:"FILE"`
	Seconds   float64 `help:"How long to look." default:"10"`
	Out       string  `help:"PNG file of the last frame." placeholder:"FILE"`
	Every     float64 `help:"Save a picture every so many seconds; --out is the folder." placeholder:"SECONDS"`
	JSON      bool    `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run looks.
func (c *envViewCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	_, change, err := c.over(place{Env: c.URL, TokenFile: c.TokenFile}, "")
	if err != nil {
		return err
	}
	_, err = envs.View(ctx, envs.ViewOptions{Env: c.URL, Seconds: c.Seconds, Out: c.Out, Every: c.Every, Change: change}, o)
	return err
}

type envScoreCmd struct {
	Dir    string `arg:"" help:"Folder of PNG files of the screen, named by the digits in them, such as 001200.png."`
	Crop   string `help:"Where the digits are: WIDTHxHEIGHT+X+Y, tight around them." placeholder:"WxH+X+Y"`
	Out    string `help:"File of the templates, for [[vnc.score]] in a config." placeholder:"FILE"`
	With   string `help:"Read the pictures by these templates instead." placeholder:"FILE"`
	Digits string `help:"Digits that can occur; each must be in a picture." default:"0123456789"`
	JSON   bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Help says which pictures are wanted.
func (*envScoreCmd) Help() string {
	return "Pictures are of the whole screen, as env view saves them, or of the crop alone. A dozen do, in which each digit occurs, " +
		"best at several places, and one whose number is as long as it gets; name them by all digits that are to be seen, leading zeros too, and put - and anything behind where two show the same. " +
		"Others are skipped. The digits must stand in cells of the same width, on a background of one colour."
}

// Run learns and checks.
func (c *envScoreCmd) Run(o app.IO) error {
	o.JSON = c.JSON
	_, err := envs.Score(envs.ScoreOptions{Dir: c.Dir, Crop: c.Crop, Digits: c.Digits, Out: c.Out, With: c.With}, o)
	return err
}
