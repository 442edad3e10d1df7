package view

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"glint/agent"
	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/film"
	"glint/internal/app/play"
	"glint/internal/app/world"
	"glint/internal/report"
	"glint/internal/telemetry"
	"glint/replay"
)

// FilmResult says what was filmed.
type FilmResult struct {
	Film  string  `json:"film"`
	Steps int     `json:"steps"`
	Small int     `json:"small"` // steps of them that show a small object
	Score float64 `json:"score"` // un-clipped, after the last step
	Ended bool    `json:"ended"` // the episode did
	Cut   bool    `json:"cut"`   // the film was, before the last step
}

// Film films an episode with what the code keeps of it, the critic's value and the
// actor's policy. The film shows every observation that the network acts on.
func Film(ctx context.Context, v Options, path string, o app.IO) (res FilmResult, err error) {
	if err := v.check(); err != nil {
		return res, err
	}
	to, err := film.NewTarget(ctx, "--film", path)
	if err != nil {
		return res, err
	}
	r, err := newReel(ctx, v, o)
	if err != nil {
		return res, err
	}
	if len(r.shots) == 0 {
		return res, errors.New("nothing to film: no observation was seen")
	}
	file, err := r.write(ctx, to, o)
	if err != nil {
		return res, err
	}
	if file.Cut {
		o.Notef(film.CutShort)
	}
	res = FilmResult{Film: path, Steps: len(r.shots), Small: r.small, Score: r.score, Ended: r.ended, Cut: file.Cut}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	s := &report.Summary{Title: r.title}
	s.Add("The film shows", "steps", fmt.Sprintf("%d, of which %d with a small object", res.Steps, res.Small), "score", app.Points(res.Score))
	return res, s.Add("Where it is", "film", path).Write(o.Stdout)
}

// reel is an episode to be filmed. It is kept in memory before a frame is drawn, so
// that the scales fit all of it.
type reel struct {
	sight
	player *agent.Player
	rand   *rand.Rand // draws actions
	known  bool       // boxes are true
	title  string
	shots  []shot
	small  int
	score  float64 // after the last step
	ended  bool
}

// shot is one step of it.
type shot struct {
	packed []byte // observation and the same in its own format, compressed
	boxes  []env.Box
	value  float64
	policy []float64
	step   int // of the episode
	action int // that was played, -1 where it is not known
	score  float64
}

// newReel plays or reads an episode.
func newReel(ctx context.Context, v Options, o app.IO) (*reel, error) {
	if v.Data != "" {
		return readReel(ctx, v, o)
	}
	g, err := play.Open(ctx, play.Who{Checkpoint: v.Checkpoint}, v.Env, 1, v.Seed, v.Change, o)
	if err != nil {
		return nil, err
	}
	r := &reel{title: "what the code keeps of " + g.Config.Env}
	if err = r.begin(g.Scene(), g.Net, g.Config, v.Checkpoint); err == nil {
		err = r.play(ctx, g, v.Steps, o)
	}
	return r, errors.Join(err, g.Close())
}

// begin readies the network.
func (r *reel) begin(s world.Scene, net *agent.Net, c config.Config, checkpoint string) (err error) {
	r.rand = rand.New(rand.NewPCG(c.Seed, 5))
	if r.sight, err = newSight(s, net, c, checkpoint); err == nil {
		r.player, err = net.NewPlayer(1)
	}
	return err
}

// play keeps the steps of a game's first episode, at most so many if that is not 0.
func (r *reel) play(ctx context.Context, g *play.Game, steps int, o app.IO) error {
	b, err := g.Reset(ctx, play.Seeds(g.Config.Seed, 1))
	if err != nil {
		return err
	}
	bar := telemetry.NewProgress(o.Stderr, "playing")
	defer bar.Finish()
	var boxes []env.Box
	action, logp := make([]int, 1), make([]float32, 1)
	for ; !r.ended && (steps == 0 || len(r.shots) < steps); r.ended = b.Ended(0) {
		boxes, r.known = r.BoxesOf(boxes[:0], g.Vec, b, 0)
		_, raw := g.Raw()
		logits, err := r.add(b.Obs, raw.Obs, boxes, len(r.shots))
		if err != nil {
			return err
		}
		r.player.Sample(logits, r.rand, action, logp)
		r.shots[len(r.shots)-1].action = action[0]
		if b, err = g.Step(ctx, action); err != nil {
			return err
		}
		r.score = b.Return[0]
		bar.Update(float64(len(r.shots))/float64(max(steps, 1)), telemetry.Field{Name: "steps", Value: fmt.Sprint(len(r.shots))})
	}
	return nil
}

// add keeps a step with what the network thinks of it, and returns the logits.
func (r *reel) add(obs, raw []byte, boxes []env.Box, step int) ([]float32, error) {
	logits, values, err := r.player.Think(obs)
	if err != nil {
		return nil, err
	}
	s := shot{boxes: slices.Clone(boxes), value: float64(values[0]), policy: app.Softmax(logits), step: step, action: -1, score: r.score}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	for _, part := range [][]byte{obs, raw} {
		if _, err := w.Write(part); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	s.packed = bytes.Clone(b.Bytes())
	r.shots = append(r.shots, s)
	if len(boxes) > 0 {
		r.small++
	}
	return logits, nil
}

// readReel reads the episode of a dataset that shows most small objects.
func readReel(ctx context.Context, v Options, o app.IO) (*reel, error) {
	d, err := openSeen(ctx, v, o)
	if err != nil {
		return nil, err
	}
	episodes, err := d.data.Episodes(ctx)
	if err != nil {
		return nil, err
	}
	best := slices.MaxFunc(episodes, func(a, b replay.Episode) int {
		if a.Small != b.Small {
			return a.Small - b.Small
		}
		return a.Rows - b.Rows
	})
	r := &reel{title: "what the code keeps of " + v.Data, known: d.data.Meta().Truth}
	if err := r.begin(d.Scene, d.net, d.config, v.Checkpoint); err != nil {
		return nil, err
	}
	if r.known {
		o.Notef("episode %d of the dataset, the one with most small objects: %d steps, %d with one", best.Number, best.Rows, best.Small)
	} else {
		o.Notef("episode %d of the dataset, the longest: %d steps", best.Number, best.Rows)
	}
	bar := telemetry.NewProgress(o.Stderr, "reading")
	defer bar.Finish()
	obs := make([]byte, r.Plane.ObsLen())
	for row, err := range d.data.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if row.Episode != best.Number {
			continue
		}
		// What was played at the step before, unless a repeated one was left out between.
		if n := len(r.shots); n > 0 && int(row.Step) == r.shots[n-1].step+1 {
			r.shots[n-1].action = row.Action
		}
		r.score += row.Reward
		if r.ended = row.Terminated || row.Truncated; r.ended || v.Steps > 0 && len(r.shots) == v.Steps {
			break
		}
		boxes := r.Look(d.pre, obs, row, r.known)
		if _, err := r.add(obs, row.Obs, boxes, int(row.Step)); err != nil {
			return nil, err
		}
		bar.Update(float64(len(r.shots)) / float64(best.Rows))
	}
	return r, nil
}

// each unpacks and reconstructs the shots in turn.
func (r *reel) each(ctx context.Context, do func(i int, e agent.Example, recon, weights []float32) error) error {
	size := r.Plane.ObsLen()
	both := make([]byte, size+r.Raw.ObsLen())
	for i, s := range r.shots {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(s.packed)), both); err != nil {
			return err
		}
		e := agent.Example{Step: int64(i), Boxes: s.boxes, Obs: both[:size], Raw: both[size:]}
		if err := r.Reconstruct([]agent.Example{e}); err != nil {
			return err
		}
		weights, err := r.Weights(e, r.Recon, r.known)
		if err != nil {
			return err
		}
		if err := do(i, e, r.Recon, weights); err != nil {
			return err
		}
	}
	return nil
}

// drawer lays the film out.
func (r *reel) drawer(ctx context.Context) (*report.Film, error) {
	f := report.Film{Title: r.title, Found: !r.known, H: r.Content.Dy(), W: r.Content.Dx(), Actions: r.names, WeightTop: 1e-9}
	if r.heads {
		for _, s := range r.shots {
			f.Values = append(f.Values, s.value)
		}
	}
	err := r.each(ctx, func(_ int, _ agent.Example, _, weights []float32) error {
		for _, w := range weights {
			if v := float64(w); !math.IsInf(v, 0) {
				f.WeightTop = max(f.WeightTop, v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return report.NewFilm(f)
}

// errCut ends the drawing of a film that is cut.
var errCut = errors.New("the film is cut")

// write draws the film. An MP4 has all frames of the game at its own speed, a GIF the
// last of each step, as near to that speed as its clock comes. What a film that is cut
// does not show is forgotten.
func (r *reel) write(ctx context.Context, to *film.Target, o app.IO) (file *film.File, err error) {
	drawer, err := r.drawer(ctx)
	if err != nil {
		return nil, err
	}
	from, rate := 0, film.ConsoleRate
	if r.Raw.Stacked || !to.MP4() {
		from, rate = r.Plane.T-1, max(1, film.ConsoleRate/r.Raw.Repeat)
	}
	if file, err = to.Begin(ctx, drawer.Size(), rate); err != nil {
		return nil, err
	}
	bar := telemetry.NewProgress(o.Stderr, "drawing")
	err = r.each(ctx, func(i int, e agent.Example, recon, weights []float32) error {
		for frame := from; frame < r.Plane.T && !file.Cut; frame++ {
			img, err := drawer.Draw(r.frame(i, e, frame, recon, weights))
			if err == nil {
				err = file.Add(img)
			}
			if err != nil {
				return err
			}
		}
		bar.Update(float64(i+1) / float64(len(r.shots)))
		if file.Cut {
			r.forget(i + 1)
			return errCut
		}
		return nil
	})
	bar.Finish()
	if errors.Is(err, errCut) {
		err = nil
	}
	if ended := file.Close(); err == nil {
		err = ended
	}
	if err != nil {
		return nil, errors.Join(err, file.Remove())
	}
	return file, nil
}

// forget leaves the first n shots.
func (r *reel) forget(n int) {
	if n < len(r.shots) {
		r.score, r.ended = r.shots[n].score, false
	}
	for _, s := range r.shots[n:] {
		if len(s.boxes) > 0 {
			r.small--
		}
	}
	r.shots = r.shots[:n]
}

// frame is one frame of a shot.
func (r *reel) frame(i int, e agent.Example, frame int, recon, weights []float32) *report.Shot {
	s := r.shots[i]
	f := &report.Shot{Step: i, Policy: s.policy, Action: s.action}
	f.Example = r.Row(e, frame, recon, weights)
	f.Note = fmt.Sprintf("step %d · frame %d of %d · score %s", s.step, frame+1, r.Plane.T, strconv.FormatFloat(math.Round(10*s.score)/10, 'f', -1, 64))
	return f
}
