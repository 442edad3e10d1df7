// Package record lets somebody play and keeps what is seen as a dataset.
package record

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"

	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/play"
	"glint/internal/app/world"
	"glint/internal/keyboard"
	"glint/internal/report"
	"glint/internal/telemetry"
	"glint/replay"
)

// Options says what to record.
type Options struct {
	Who   play.Who
	Env   string
	Steps int64 // recorded, over all environments
	Envs  int
	Seed  uint64
	// Rate is the frames a second that a person plays at.
	Rate float64
	// Distinct leaves out steps whose frames are recorded already, unless they bring a
	// reward or end an episode.
	Distinct bool
	Out      string
	Change   func(*config.Config)
}

// Result says what was recorded.
type Result struct {
	Out    string `json:"out"`
	Env    string `json:"env"`
	Policy string `json:"policy"`
	Steps  int64  `json:"steps"` // recorded
	// Duplicates are the steps played and left out because their frames are recorded
	// already.
	Duplicates int64  `json:"duplicates"`
	Episodes   uint64 `json:"episodes"`
	Small      int64  `json:"small"` // recorded steps that show a small object, by the truth
	Truth      bool   `json:"truth"` // the boxes are true ones; without, there are none
}

// Run plays and writes what it sees into a dataset.
func Run(ctx context.Context, r Options, o app.IO) (res Result, err error) {
	switch {
	case r.Steps < 1 || r.Envs < 1:
		return res, app.Usagef("give 1 or more", "%d steps in %d environments", r.Steps, r.Envs)
	case r.Who.Person() && (r.Envs != 1 || len(r.Who.With) > 0):
		return res, app.Usagef("give --policy person alone, and --envs 1", "a person plays one game at a time")
	case r.Who.Person() && !(r.Rate >= 1 && r.Rate <= 1000):
		return res, app.Usagef("give 1 to 1000", "a person cannot play at %v frames a second", r.Rate)
	case r.Out == "":
		return res, app.Usagef("give a new folder by --out", "where to record to is not said")
	}
	g, err := play.Open(ctx, r.Who, r.Env, r.Envs, r.Seed, r.Change, o)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	r.Envs = g.Spec().N
	rec, err := newRecorder(g, r)
	if err != nil {
		return res, err
	}
	err = rec.run(ctx, r, o)
	res = rec.res
	if err := errors.Join(err, rec.out.Close()); err != nil {
		return res, err
	}
	if res.Steps == 0 { // then the folder has nothing but what was made with it
		return res, errors.Join(fmt.Errorf("%s was not kept: nothing was recorded", r.Out), os.RemoveAll(r.Out))
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	s := &report.Summary{Title: "recorded " + res.Env}
	s.Add("", "dataset", res.Out, "steps", fmt.Sprintf("%d in %d episodes begun, %d with a small object", res.Steps, res.Episodes, res.Small),
		"left out", fmt.Sprintf("%d steps that repeat recorded frames", res.Duplicates),
		"read it", fmt.Sprintf(`python -c "import pandas; print(pandas.read_parquet('%s', ignore_prefixes=['spec']))"`, res.Out))
	return res, s.Write(o.Stdout)
}

// recorder writes what the environments of a game show.
type recorder struct {
	game    *play.Game
	truther env.Truther // nil where the truth is unknown or cannot be said in raw pixels
	out     *replay.Writer
	res     Result
	steps   []uint64 // of each environment's episode
	episode []uint64 // number of each environment's episode in the dataset
	boxes   []env.Box
	seen    map[[sha256.Size]byte]struct{} // the observations recorded; nil to keep repeated ones
}

func newRecorder(g *play.Game, r Options) (*recorder, error) {
	raw, _ := g.Raw()
	pre := g.Preprocessor()
	meta := replay.MetaOf(raw)
	meta.Env, meta.Seed, meta.Sticky, meta.Policy = g.Config.Env, r.Seed, g.Config.Sticky, r.Who.Name()
	meta.Distinct = r.Distinct
	meta.Crop = replay.Crop{X: g.Crop.Min.X, Y: g.Crop.Min.Y, W: g.Crop.Dx(), H: g.Crop.Dy()}
	truther, known := env.As[env.Truther](g.Vec)
	// A resize has no way back, so boxes of resized frames are left out.
	meta.Truth = known && pre.Content().Size() == image.Pt(raw.W, raw.H)
	out, err := replay.Create(r.Out, meta)
	if err != nil {
		return nil, &app.UsageError{Msg: err.Error()}
	}
	rec := &recorder{
		game: g, out: out, steps: make([]uint64, r.Envs), episode: make([]uint64, r.Envs),
		res: Result{Out: r.Out, Env: g.Config.Env, Policy: r.Who.Name(), Episodes: uint64(r.Envs)},
	}
	if meta.Distinct {
		rec.seen = map[[sha256.Size]byte]struct{}{}
	}
	for i := range rec.episode {
		rec.episode[i] = uint64(i)
	}
	if meta.Truth {
		rec.truther, rec.res.Truth = truther, true
	}
	return rec, nil
}

// run plays until enough steps are recorded or ctx is done; what was recorded until
// then stays.
func (rec *recorder) run(ctx context.Context, r Options, o app.IO) error {
	b, err := rec.game.Reset(ctx, play.Seeds(r.Seed, r.Envs))
	if err != nil {
		return err
	}
	actions := make([]int, r.Envs)
	bar := telemetry.NewProgress(o.Stderr, "recording")
	defer bar.Finish()
	o.Stderr = bar
	if p, ok := rec.game.Policy.(*play.Person); ok {
		if err := p.Sit(ctx, r.Rate, func() int64 { return r.Steps - rec.res.Steps }, o); err != nil {
			return err
		}
		defer func() { p.Window.Close(fmt.Sprintf("The recording has ended with %d steps.", rec.res.Steps)) }()
	}
	work := context.WithoutCancel(ctx)
	for step := int64(1); rec.res.Steps < r.Steps && ctx.Err() == nil; step++ {
		if rec.res.Duplicates > maxRepeats*r.Steps {
			o.Notef("the recording ends early: play shows hardly anything that is not recorded already")
			break
		}
		if err := rec.game.Policy.Act(b, actions); errors.Is(err, keyboard.ErrEnded) {
			break
		} else if err != nil {
			return err
		}
		if b, err = rec.game.Step(work, actions); err == nil {
			err = b.CheckRewards(rec.game.Spec(), step)
		}
		if err != nil {
			return err
		}
		for i := 0; i < r.Envs && rec.res.Steps < r.Steps; i++ {
			if err := rec.add(b, i, actions[i]); err != nil {
				return err
			}
		}
		bar.Update(float64(rec.res.Steps)/float64(r.Steps), telemetry.Field{Name: "episodes", Value: fmt.Sprint(rec.res.Episodes)})
	}
	return nil
}

// maxRepeats is how many steps are left out for each that is asked for before a
// recording gives up.
const maxRepeats = 20

// add writes one step of environment i.
func (rec *recorder) add(b *env.Batch, i, action int) error {
	_, raw := rec.game.Raw()
	row := replay.Row{
		Obs: raw.ObsOf(i), Action: action, Reward: b.Reward[i],
		Terminated: b.Terminated[i], Truncated: b.Truncated[i], Episode: rec.episode[i], Step: rec.steps[i],
	}
	rec.steps[i]++
	if b.Ended(i) {
		row.Obs = raw.FinalOf(i)
		rec.steps[i], rec.episode[i] = 0, rec.res.Episodes
		rec.res.Episodes++
	} else {
		if rec.repeats(row) {
			rec.res.Duplicates++
			return nil
		}
		rec.truth(&row, i)
	}
	rec.res.Steps++
	return rec.out.Add(row)
}

// repeats says whether a step without reward shows what is recorded already, and
// remembers what it shows.
func (rec *recorder) repeats(row replay.Row) bool {
	if rec.seen == nil {
		return false
	}
	sum := sha256.Sum256(row.Obs)
	_, old := rec.seen[sum]
	rec.seen[sum] = struct{}{}
	return old && row.Reward == 0
}

// truth adds what is known of environment i beside its pixels.
func (rec *recorder) truth(row *replay.Row, i int) {
	row.State = stateOf(rec.game.World, i)
	if rec.truther == nil {
		return
	}
	rec.boxes = rec.truther.Truth(rec.boxes[:0], i)
	origin := rec.game.Preprocessor().Content().Min
	for k := range rec.boxes {
		rec.boxes[k].Rect = rec.boxes[k].Rect.Sub(origin)
	}
	row.Boxes = rec.boxes
	if len(rec.boxes) > 0 {
		rec.res.Small++
	}
}

// stateOf returns what the game's memory says of the last frame of environment i, in
// pixels of its raw observation; nil where nothing is known.
func stateOf(w *world.World, i int) *replay.State {
	if w.Dojo != nil {
		at, health, lives := w.Dojo.Player(i)
		return &replay.State{PlayerX: at.X, PlayerY: at.Y, Health: health, Lives: lives}
	}
	spec, raw := w.Raw()
	if w.Preset.State == nil || spec.AuxLen == 0 {
		return nil
	}
	aux := raw.AuxOf(i)
	s := w.Preset.State(aux[len(aux)-spec.AuxLen:])
	at := s.Player.Sub(w.Crop.Min)
	return &replay.State{PlayerX: at.X, PlayerY: at.Y, Health: s.Health, Lives: s.Lives, Floor: s.Floor}
}
