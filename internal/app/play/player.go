// Package play says who plays: a checkpoint, a policy without a network, or a person.
package play

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"glint/agent"
	"glint/env"
	"glint/env/dojo"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/world"
	"glint/internal/names"
)

// Who says who plays.
type Who struct {
	Checkpoint string // run or checkpoint; empty for a policy without a network
	Policy     string // "random", "varied", "scripted" or "person", where there is no checkpoint
	Greedy     bool   // the most probable action instead of a drawn one; networks only
	Hold       int    // longest time, in steps, that "random" keeps an action; 1 or less for one step
	With       []Who  // others; each episode draws one of them all
}

// policies are the names of those who need no checkpoint.
var policies = []string{"random", "varied", "scripted", byPerson}

// WhoOf reads names of policies and paths of runs or checkpoints, separated by commas.
func WhoOf(list string, greedy bool, hold int) Who {
	var all []Who
	for name := range strings.SplitSeq(list, ",") {
		w := Who{Policy: strings.TrimSpace(name), Greedy: greedy, Hold: hold}
		if _, err := os.Stat(w.Policy); err == nil && !slices.Contains(policies, w.Policy) {
			w.Checkpoint, w.Policy = w.Policy, ""
			all = slices.Insert(all, 0, w) // its pixels are everybody's
			continue
		}
		all = append(all, w)
	}
	all[0].With = all[1:]
	return all[0]
}

// Game is an opened environment with somebody to play it.
type Game struct {
	*world.World
	Config config.Config
	Net    *agent.Net // nil where no network plays
	Policy agent.Policy
}

// Open opens an environment of n games, one of a screen, and who plays it. A name
// replaces the checkpoint's where it is given, and change what else is to be. A game of a checkpoint is seen
// through the same pixels as in training.
func Open(ctx context.Context, who Who, name string, n int, seed uint64, change func(*config.Config), o app.IO) (*Game, error) {
	if n > agent.MaxEnvs {
		return nil, app.Usagef(fmt.Sprintf("give %d or less", agent.MaxEnvs), "%d environments are too many", n)
	}
	c := config.Default(name, config.DefaultAlgo)
	var net *agent.Net
	if who.Checkpoint != "" {
		var err error
		if c, net, err = monitor.LoadNet(who.Checkpoint); err != nil {
			return nil, err
		}
		c.Data, c.Imitate, c.From = config.Data{}, false, "" // it plays the game, not the recording it may have trained on
		if name != "" {
			c.Env = name
		}
	} else if name == "" {
		c = config.Default(config.DefaultEnv, config.DefaultAlgo)
	}
	c.Seed = seed
	change(&c)
	if err := world.Prepare(c); err != nil {
		return nil, err
	}
	if config.IsScreen(c.Env) {
		n = 1
	}
	w, err := world.Open(ctx, &c, n, o)
	if usage := (*app.UsageError)(nil); net != nil && name != "" && errors.As(err, &usage) {
		return nil, app.Usagef("is it the environment that the checkpoint was trained on?", "%v", err)
	}
	if err != nil {
		return nil, err
	}
	g := &Game{World: w, Config: c, Net: net}
	r := rand.New(rand.NewPCG(seed, 5))
	if g.Policy, err = g.choose(who, net, n, r); err == nil && len(who.With) > 0 {
		err = g.mix(who.With, n, r)
	}
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return g, nil
}

// mix adds others to the one who plays.
func (g *Game) mix(with []Who, n int, r *rand.Rand) error {
	all := []agent.Policy{g.Policy}
	for _, who := range with {
		var net *agent.Net
		if who.Checkpoint != "" {
			var c config.Config
			var err error
			if c, net, err = monitor.LoadNet(who.Checkpoint); err != nil {
				return err
			}
			if c.Pixels != g.Config.Pixels {
				return app.Usagef("record them apart", "%s sees the game through other pixels than the checkpoint before it", who.Checkpoint)
			}
		}
		p, err := g.choose(who, net, n, r)
		if err != nil {
			return err
		}
		all = append(all, p)
	}
	g.Policy = agent.NewMix(n, r, all...)
	return nil
}

// choose returns who plays; net is the checkpoint's network, nil for none.
func (g *Game) choose(who Who, net *agent.Net, n int, r *rand.Rand) (agent.Policy, error) {
	if net != nil {
		s, m := g.Spec(), net.Autoencoder.Shape()
		if s.T != m.T || s.H != m.H || s.W != m.W || s.Actions != net.Actions {
			return nil, app.Usagef("use the environment it was trained on", "the checkpoint is of another architecture: it sees %dx%dx%d and knows %d actions, %s shows %dx%dx%d and has %d",
				m.T, m.H, m.W, net.Actions, g.Config.Env, s.T, s.H, s.W, s.Actions)
		}
		return net.NewPolicy(n, who.Greedy, r)
	}
	switch who.Policy {
	case "random":
		return &agent.Random{Actions: g.Spec().Actions, Hold: max(1, who.Hold), Rand: r}, nil
	case "varied":
		return agent.NewVaried(g.Spec(), r), nil
	case "scripted":
		if g.Dojo == nil {
			return nil, app.Usagef("use --env dojo, --policy random or --checkpoint", "only the dojo has a scripted player")
		}
		return scripted{g.Dojo}, nil
	case byPerson:
		raw, _ := g.Raw()
		keys, err := keysFor(raw)
		return &Person{game: g, keys: keys}, err
	}
	return nil, app.Usagef("did you mean "+names.Nearest(who.Policy, policies)+"? A network plays by the folder of its run", "policy %q is unknown", who.Policy)
}

// scripted is the dojo's own player that sees the true boxes.
type scripted struct{ v *dojo.Vec }

// Act asks the dojo.
func (s scripted) Act(_ *env.Batch, actions []int) error {
	for i := range actions {
		actions[i] = s.v.Scripted(i, true)
	}
	return nil
}

// Seeds returns n seeds drawn from one.
func Seeds(seed uint64, n int) []uint64 {
	r := rand.New(rand.NewPCG(seed, 6))
	s := make([]uint64, n)
	for i := range s {
		s[i] = r.Uint64()
	}
	return s
}

// Name says who plays in a few words.
func (w Who) Name() string {
	name := w.Policy
	if w.Checkpoint != "" {
		name = w.Checkpoint
		if w.Greedy {
			name += " (greedy)"
		}
	}
	for _, other := range w.With {
		name += "," + other.Name()
	}
	return name
}
