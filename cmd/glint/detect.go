package main

import (
	"context"

	"glint/internal/app"
	"glint/internal/app/detect"
)

// detectCmd looks for small objects.
type detectCmd struct {
	Data      string            `help:"Recorded dataset to look at." required:"" placeholder:"DIR"`
	Config    string            `help:"TOML file with settings; config.toml of any run and detector.toml of --calibrate are such." placeholder:"FILE"`
	Detector  map[string]string `help:"Single settings of the detector, such as lambda=8;threshold=0.5." placeholder:"KEY=VALUE"`
	FillIn    bool              `help:"Fill in what the detector misses by straight flight in the frames before and after."`
	Side      int               `help:"Steps before and after that a fill-in looks at." default:"4"`
	Calibrate bool              `help:"Find size, level and threshold from what moves, without truth, and write them to detector.toml in --out."`
	Curve     bool              `help:"Precision and recall at thresholds of 0.3 to 1." default:"true" negatable:""`
	SkipBad   bool              `help:"Leave out files of the dataset that cannot be read, and name them."`
	Out       string            `help:"Folder of the picture and of detector.toml." default:"detect"`
	JSON      bool              `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run looks.
func (c *detectCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	_, err := detect.Run(ctx, detect.Options{
		Data: c.Data, Config: c.Config, Detector: c.Detector, FillIn: c.FillIn, Side: c.Side, Calibrate: c.Calibrate,
		Curve: c.Curve, SkipBad: c.SkipBad, Out: c.Out,
	}, o)
	return err
}
