package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"glint/internal/app"
	"glint/internal/app/ablate"
	"glint/internal/names"
)

// cli holds the verbs.
type cli struct {
	Train    trainCmd    `cmd:"" help:"Train an agent and its autoencoder."`
	Pretrain pretrainCmd `cmd:"" help:"Train the autoencoder alone, on a dataset or on random play."`
	Imitate  imitateCmd  `cmd:"" help:"Train all three heads on recorded demonstrations."`
	Probe    probeCmd    `cmd:"" help:"Judge what the code of a checkpoint keeps of a dataset."`
	Eval     evalCmd     `cmd:"" help:"Play full games and report scores."`
	View     viewCmd     `cmd:"" help:"Draw what the code keeps: original, reconstruction, weights, error."`
	Record   recordCmd   `cmd:"" help:"Record play into a dataset."`
	Detect   detectCmd   `cmd:"" help:"Find small objects in a dataset, say how well, or calibrate the detector."`
	Doctor   doctorCmd   `cmd:"" help:"Find out why a network does not learn: a verdict a line, with what to do."`
	Ablate   ablateCmd   `cmd:"" help:"Compare settings over seeds, by a plan."`
	Trial    trialCmd    `cmd:"" hidden:"" help:"Run one trial of a study."`
	Env      envCmd      `cmd:"" help:"List, install and serve environments."`
	Bench    benchCmd    `cmd:"" help:"Measure speed."`
}

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// exit carries the exit code of --help out of kong.
type exit int

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if c := recover(); c != nil {
			e, ok := c.(exit)
			if !ok {
				panic(c)
			}
			code = int(e)
		}
	}()
	parser, err := newParser(ctx, stdout, stderr)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "glint:", err)
		return exitFailed
	}
	k, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "glint: %v%s\n", err, suggestion(parser, args, err))
		return exitUsage
	}
	err = k.Run(app.IO{Stdout: stdout, Stderr: stderr})
	var usage *app.UsageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, ablate.ErrTryAgain):
		_, _ = fmt.Fprintln(stderr, "glint:", oneLine(err))
		return ablate.ExitTryAgain
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		_, _ = fmt.Fprintln(stderr, "glint: interrupted before there was anything to keep")
		return exitFailed
	case errors.As(err, &usage):
		_, _ = fmt.Fprintln(stderr, "glint:", oneLine(err))
		return exitUsage
	default:
		_, _ = fmt.Fprintln(stderr, "glint:", oneLine(err))
		return exitFailed
	}
}

// newParser returns the parser of the command line. Its --help panics with exit.
func newParser(ctx context.Context, stdout, stderr io.Writer) (*kong.Kong, error) {
	return kong.New(new(cli),
		kong.Name("glint"),
		kong.Description("Trains an agent on pixels and keeps the small things that decide the game.\n\nStart with: glint train"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
}

// oneLine joins the lines of an error, so that it stays one line on the screen.
func oneLine(err error) string { return strings.Join(strings.Split(err.Error(), "\n"), "; ") }

// verbs returns the leading arguments that are verbs below a node.
func verbs(n *kong.Node, args []string) []string {
	var found []string
	for _, arg := range args {
		i := slices.IndexFunc(n.Children, func(c *kong.Node) bool { return c.Name == arg })
		if i < 0 {
			break
		}
		found, n = append(found, arg), n.Children[i]
	}
	return found
}

// suggestion names the verb or flag that a wrong one is nearest to, where kong says
// nothing itself.
func suggestion(p *kong.Kong, args []string, err error) string {
	if strings.Contains(err.Error(), "did you mean") {
		return ""
	}
	var parse *kong.ParseError
	if !errors.As(err, &parse) || len(args) == 0 {
		return "; glint --help shows the verbs"
	}
	var known []string
	for _, n := range p.Model.Children {
		known = append(known, n.Name)
	}
	if !strings.HasPrefix(args[0], "-") && !slices.Contains(known, args[0]) {
		return fmt.Sprintf("; did you mean %s?", names.Nearest(args[0], known))
	}
	// The command as far as kong understood it, groups such as env included.
	return fmt.Sprintf("; glint %s --help shows the flags", strings.Join(verbs(p.Model.Node, args), " "))
}
