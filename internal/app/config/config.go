// Package config holds everything that determines a training: its settings, the presets
// of games, their TOML, and which of them a run may change when it goes on.
package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"glint/agent"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/names"
	"glint/saliency"
)

// Config is everything that determines a training. It is read from TOML below the
// flags and saved, resolved, in the run folder. Zero means zero.
type Config struct {
	Env         string  `toml:"env"`          // the environment's name
	Preset      string  `toml:"preset"`       // which defaults: those for the game, or the general ones
	Seed        uint64  `toml:"seed"`         // of everything random
	Steps       int64   `toml:"steps"`        // end of training over all environments; 0 for no limit
	Minutes     float64 `toml:"minutes"`      // end of training, set-up not counted; 0 for no limit
	Patience    int     `toml:"patience"`     // judgements without a lower validation loss after which pretrain and imitate end; 0 for no such end
	Threads     int     `toml:"threads"`      // cores that compute
	Sticky      float64 `toml:"sticky"`       // probability that a frame repeats the last action
	FramesEvery int64   `toml:"frames_every"` // iterations between two example sheets; 0 for none
	SaveMinutes float64 `toml:"save_minutes"` // time between two checkpoints
	Weighting   string  `toml:"weighting"`    // of the autoencoder's loss: a name, or several as in "knife*motion"
	FillIn      bool    `toml:"fill_in"`      // train also on the small objects that [flight] finds and [detector] misses
	Critic      string  `toml:"critic"`       // run of glint train whose critic the weighting value asks where the autoencoder trains alone
	Alone       bool    `toml:"alone"`        // the autoencoder trains alone, for agent.pretrain.updates or minutes
	Imitate     bool    `toml:"imitate"`      // actor and critic learn from the demonstrations that data.dir holds
	From        string  `toml:"from"`         // run of glint train or imitate whose weights the training begins with

	saliency.Settings                         // of all weightings
	Data              Data                    `toml:"data"`
	Detector          saliency.DetectorConfig `toml:"detector"`
	Flight            saliency.FlightConfig   `toml:"flight"` // how what was found is followed
	Pixels            pixels.Config           `toml:"pixels"`
	Gym               Gym                     `toml:"gym"`
	VNC               VNC                     `toml:"vnc"`
	Agent             agent.Config            `toml:"agent"`
}

// Gym is how an environment of the Gym bridge is opened.
type Gym struct {
	Repeat  int            `toml:"repeat"`  // frames an action is held for; 0 for the backend's own
	Workers int            `toml:"workers"` // emulator processes
	Wrapper string         `toml:"wrapper"` // Python wrappers, "module:Class", with commas
	Kwargs  map[string]any `toml:"kwargs"`  // arguments of gymnasium.make
	Token   string         `toml:"token"`   // file with the token of a remote server
}

// validate names the first setting that suits no environment; what suits an
// environment is gym.Options.Validate's to say.
func (g Gym) validate() error {
	if g.Workers < 1 {
		return fmt.Errorf("gym.workers is %d, want 1 or more", g.Workers)
	}
	if g.Repeat < 0 {
		return fmt.Errorf("gym.repeat is %d, want 0 or more", g.Repeat)
	}
	return nil
}

// The presets: sets of defaults, below config file and flags.
const (
	// PresetGame is the crop, detector, discount and scale of rewards that suit the game
	// where glint knows it, and PresetGeneral elsewhere.
	PresetGame = "game"
	// PresetGeneral takes nothing about the game for known: the whole screen, shrunk.
	PresetGeneral = "general"
)

// Default returns the settings for an environment and an algorithm by
// [PresetGame].
func Default(env, algo string) Config { return presetConfig(env, algo, PresetGame) }

func presetConfig(env, algo, preset string) Config {
	c := Config{
		Env: env, Preset: preset, Seed: 1, Minutes: 5, Threads: runtime.NumCPU(), Sticky: 0.25, FramesEvery: 25_000, SaveMinutes: 5,
		Weighting: "knife", FillIn: true, Settings: saliency.DefaultSettings(), Detector: saliency.DefaultDetectorConfig(),
		Flight: saliency.DefaultFlightConfig(),
		Agent:  agent.DefaultConfig(algo), Gym: Gym{Workers: 1}, VNC: defaultVNC(),
	}
	if IsScreen(env) {
		c.SetEnvs(1)
	}
	if preset == PresetGeneral {
		c.Pixels = pixels.DefaultConfig()
		return c
	}
	p := pixels.PresetFor(GameName(env))
	c.Pixels = p.Config
	if p.Name == "dojo" || p.Name == "KungFuMaster" {
		c.Agent.Gamma = fightGamma
	}
	if p.Name == "KungFuMaster" {
		c.Agent.RewardScale, c.Agent.RewardClip = punchScale, punchClip
	}
	if len(p.Objects) > 0 {
		c.Detector = saliency.DetectorConfigFor(p.Objects[0].Core, p.Objects[0].Contrast)
	}
	return c
}

// fightGamma is the discount in games where a blow pays at once, so that looking 20
// steps ahead is enough. Together with a higher learning rate it took the dojo's
// score after 79,000 steps from 3,182 to 4,328.
const fightGamma = 0.95

// The rewards of Kung-Fu Master are 100 for a kick, 200 for a punch, 800 and 2,000. Cut to
// 1 they are all the same, and an agent that took to kicks stayed with them: its score
// after 793,120 steps was 11,302, and is 24,556 where a punch counts as 1 and twice a kick.
const (
	punchScale = 1.0 / 200
	punchClip  = 10
)

// Validate names the first setting that cannot be used.
func (c Config) Validate() error {
	switch {
	case c.Env == "":
		return errors.New("env is empty, want a name such as dojo or gym:ALE/KungFuMaster-v5")
	case c.Preset != PresetGame && c.Preset != PresetGeneral:
		return fmt.Errorf("preset is %q, want %s or %s", c.Preset, PresetGame, PresetGeneral)
	case c.Steps < 0:
		return fmt.Errorf("steps is %d, want 0 or more", c.Steps)
	case !(c.Minutes >= 0):
		return fmt.Errorf("minutes is %v, want 0 or more", c.Minutes)
	case c.Alone && c.Minutes == 0 && c.Agent.Pretrain.Updates == 0:
		return errors.New("minutes and agent.pretrain.updates are both 0: the training would have no end")
	case !c.Alone && c.Steps == 0 && c.Minutes == 0:
		return errors.New("steps and minutes are both 0: the training would have no end")
	case c.Alone && c.Imitate:
		return errors.New("alone and imitate are both set, but they are two kinds of training")
	case c.Imitate != (c.Data.Dir != "" && !c.Alone):
		return errors.New("imitate and data.dir belong together, unless the autoencoder trains alone: glint imitate and glint pretrain are what trains on recorded data")
	case c.From != "" && (c.Alone || c.Imitate):
		return errors.New("from is set, but only glint train goes on from another run")
	case !(c.Data.ValShare >= 0 && c.Data.ValShare < 1):
		return fmt.Errorf("data.val_share is %v, want 0 or more and below 1", c.Data.ValShare)
	case !(c.Data.TestShare >= 0 && c.Data.ValShare+c.Data.TestShare < 1):
		return fmt.Errorf("data.test_share is %v beside data.val_share %v, want 0 or more and both together below 1", c.Data.TestShare, c.Data.ValShare)
	case c.Patience < 0 || c.Patience > 0 && !c.Alone && !c.Imitate:
		return fmt.Errorf("patience is %d, want 0 or more, and 0 for glint train: only pretrain and imitate have a validation loss", c.Patience)
	case c.Threads < 1:
		return fmt.Errorf("threads is %d, want 1 or more", c.Threads)
	case !(c.Sticky >= 0 && c.Sticky <= 1):
		return fmt.Errorf("sticky is %v, want 0..1", c.Sticky)
	case c.FramesEvery < 0:
		return fmt.Errorf("frames_every is %d, want 0 or more", c.FramesEvery)
	case !(c.SaveMinutes > 0):
		return fmt.Errorf("save_minutes is %v, want above 0", c.SaveMinutes)
	}
	for _, err := range []error{c.Gym.validate(), c.Detector.Validate(), c.Flight.Validate()} {
		if err != nil {
			return err
		}
	}
	if _, err := c.NamedWeighting(); err != nil {
		return err
	}
	switch asks := c.AsksCritic(); {
	case c.Alone && asks && c.Critic == "":
		return fmt.Errorf("weighting is %s, but an autoencoder alone trains without actor and critic: %w; name a run of glint train as critic, or take another weighting", c.Weighting, saliency.ErrNoCritic)
	case c.Critic != "" && !(c.Alone && asks):
		return fmt.Errorf("critic is %s, but only the weighting value of an autoencoder alone asks it: leave it away", c.Critic)
	}
	for _, err := range []error{c.Agent.Validate(), c.Agent.CheckTaught(c.Imitate)} {
		if err != nil {
			return fmt.Errorf("agent.%w", err)
		}
	}
	return nil
}

// AsksCritic says whether the weighting wants a critic's gradient; not of one that cannot
// be used.
func (c Config) AsksCritic() bool {
	w, err := c.NamedWeighting()
	return err == nil && saliency.NeedsOf(w).ValueEvery > 0
}

// NamedWeighting returns the weighting the config names, with its settings.
func (c Config) NamedWeighting() (saliency.Weighting, error) {
	return c.Settings.Weighting(c.Weighting)
}

// Base names what chooses the defaults of a training; what is empty is chosen elsewhere.
type Base struct{ Env, Algo, Preset string }

// or returns b with what it leaves open filled in.
func (b Base) or(c Base) Base {
	return Base{cmp.Or(b.Env, c.Env), cmp.Or(b.Algo, c.Algo), cmp.Or(b.Preset, c.Preset)}
}

// Defaults returns the settings that b chooses.
func (b Base) Defaults() Config {
	b = b.or(Base{DefaultEnv, DefaultAlgo, PresetGame})
	return presetConfig(b.Env, b.Algo, b.Preset)
}

// Load reads a TOML file over the defaults for what it names. What flags names goes
// before the file.
func Load(path string, flags Base) (Config, error) {
	return LoadAdapted(path, flags, func(c Config) Config { return c })
}

// LoadAdapted is Load with defaults that adapt changes.
func LoadAdapted(path string, flags Base, adapt func(Config) Config) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, app.Usagef("check the path", "config %s cannot be read (%v)", path, err)
	}
	return Parse("config "+path, b, flags, adapt)
}

// Parse is LoadAdapted of the text of a file; where names it in errors.
func Parse(where string, b []byte, flags Base, adapt func(Config) Config) (Config, error) {
	var named struct {
		Env, Preset    string
		Steps, Minutes *float64
		Agent          struct{ Algo string }
	}
	if err := toml.Unmarshal(b, &named); err != nil {
		return Config{}, TOMLError(where, err)
	}
	if flags.Preset != "" && named.Preset != "" && flags.Preset != named.Preset {
		return Config{}, app.Usagef("change or leave out preset in the file, with the settings of the other preset that it names",
			"%s names the preset %s, which --preset %s contradicts", where, named.Preset, flags.Preset)
	}
	base := flags.or(Base{named.Env, named.Agent.Algo, named.Preset})
	c := adapt(base.Defaults())
	chosen := Base{c.Env, c.Agent.Algo, c.Preset}
	if named.Steps != nil && named.Minutes == nil {
		c.Minutes = 0 // one end is enough
	}
	d := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, TOMLError(where, err)
	}
	if algo := named.Agent.Algo; c.Imitate && algo != "" && algo != chosen.Algo {
		return Config{}, app.Usagef("leave it out of the file", "%s: agent.algo is %s, but demonstrations are learned from by %s", where, algo, chosen.Algo)
	}
	c.Env, c.Agent.Algo, c.Preset = chosen.Env, chosen.Algo, chosen.Preset
	return c, nil
}

// The environment and the algorithm of a training that names none.
const (
	DefaultEnv  = "dojo"
	DefaultAlgo = agent.PPO
)

// TOMLError says in one line what is wrong in a file, which where names.
func TOMLError(where string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		key := strings.Join(strict.Errors[0].Key(), ".")
		return app.Usagef("did you mean "+names.Nearest(key, Keys())+"?", "%s, line %d: unknown setting %s", where, row, key)
	}
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, column := decode.Position()
		msg := strings.TrimPrefix(decode.Error(), "toml: ")
		if kind, ok := strings.CutPrefix(msg, "cannot decode TOML "); ok {
			// The rest speaks of Go's types.
			kind, _, _ = strings.Cut(kind, " into ")
			msg = fmt.Sprintf("%s cannot be a TOML %s", strings.Join(decode.Key(), "."), kind)
		}
		return app.Usagef("mend the file", "%s, line %d, column %d: %s", where, row, column, msg)
	}
	return app.Usagef("mend the file", "%s: %v", where, err)
}

// Keys returns the names of all tables and settings, these with their tables'.
func Keys() []string {
	b, err := toml.Marshal(Default(DefaultEnv, agent.PPO))
	var tree map[string]any
	if err != nil || toml.Unmarshal(b, &tree) != nil {
		return []string{"env"}
	}
	var all []string
	var walk func(prefix string, tree map[string]any)
	walk = func(prefix string, tree map[string]any) {
		for _, key := range slices.Sorted(maps.Keys(tree)) {
			all = append(all, prefix+key)
			if sub, ok := tree[key].(map[string]any); ok {
				walk(prefix+key+".", sub)
			}
		}
	}
	walk("", tree)
	return all
}

// SetEnvs changes the number of environments and keeps the number of minibatches
// that a rollout is cut into as far as it divides.
func (c *Config) SetEnvs(n int) {
	a := &c.Agent
	parts := max(1, a.Envs*a.Horizon/max(1, a.Minibatch))
	for n > 0 && n*a.Horizon%parts != 0 {
		parts--
	}
	a.Envs, a.Minibatch = n, n*a.Horizon/parts
}
