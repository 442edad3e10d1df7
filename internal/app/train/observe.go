package train

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"glint/agent"
	"glint/internal/app/monitor"
	"glint/internal/app/rundir"
	"glint/internal/telemetry"
)

// How often figures are written, in units that the seed determines: rows and
// judgements of equal runs stand at equal places.
const (
	rowSteps        = 1_000  // between two rows, once all three heads train
	judgeSteps      = 10_000 // between two judgements, likewise
	judgeIterations = 100    // between two judgements of the autoencoder alone
)

// firstSheets are the iterations of the sheets before the regular ones, without that
// of iteration 0, which is drawn at the end of Explore.
var firstSheets = []int64{1_000, 5_000}

// observe writes down, judges and shows what a unit of work did.
func (t *training) observe(ctx context.Context, r agent.Report, before agent.Counters) error {
	c, better := r.Counters, false
	if t.judgeDue(r, before) {
		if err := t.judge(); err != nil {
			return err
		}
		maps.Copy(r.Values, t.judged)
		var err error
		if better, err = t.validate(r); err != nil {
			return err
		}
	}
	if t.sheetDue(before.Iterations, c.Iterations) {
		if err := t.sheet(); err != nil {
			return err
		}
	}
	if r.Stage != agent.Play || crossed(int64(before.Steps), int64(c.Steps), rowSteps) {
		t.trainer.Measure(&r)
		if err := t.row(r); err != nil {
			return err
		}
	}
	if r.Sickness != "" && r.Sickness != t.warned {
		t.warned = r.Sickness
		_, _ = fmt.Fprintf(t.bar, "warning: %s\n", r.Sickness)
	}
	if better { // after its row
		if err := t.write(ctx, bestDir(t.dir)); err != nil {
			return err
		}
	}
	if t.bar.Due() {
		t.bar.Update(t.share(), t.fields(r)...)
	}
	return nil
}

// judge renews the judge's figures.
func (t *training) judge() error {
	f, err := t.monitor.Figures(t.trainer.Gallery())
	if err != nil {
		return err
	}
	t.judged = telemetry.Values{}
	f.AddTo(t.judged)
	return nil
}

func (t *training) judgeDue(r agent.Report, before agent.Counters) bool {
	if r.Stage == agent.Play {
		return crossed(int64(before.Steps), int64(r.Counters.Steps), judgeSteps)
	}
	return crossed(before.Iterations, r.Counters.Iterations, judgeIterations)
}

// sheetDue says whether an iteration of a sheet was reached: the first ones and
// every FramesEvery.
func (t *training) sheetDue(before, now int64) bool {
	if t.cfg.FramesEvery == 0 {
		return false
	}
	first := func(at int64) bool { return before < at && at <= now }
	return slices.ContainsFunc(firstSheets, first) || crossed(before, now, t.cfg.FramesEvery)
}

// crossed says whether a multiple of every lies in (before, now].
func crossed(before, now, every int64) bool { return before/every != now/every }

// row writes one row of metrics and timing.
func (t *training) row(r agent.Report) error {
	now := time.Now()
	seconds := now.Sub(t.lastRow).Seconds()
	r.Values[telemetry.StepsPerSecond] = float64(r.Counters.Steps-t.last.Steps) / seconds
	r.Values[telemetry.FramesPerSecond] = float64(r.Counters.Frames-t.last.Frames) / seconds
	r.Values[telemetry.RSS] = residentMiB()
	t.phases.Drain(r.Values)
	t.last, t.lastRow = r.Counters, now
	return t.tel.Write(telemetry.Row{
		Step: int64(r.Counters.Steps), Iteration: r.Counters.Iterations, Update: r.Counters.Updates, Values: r.Values,
	})
}

// sheet draws the example sheet of this moment.
func (t *training) sheet() error {
	// Judged anew, so that the picture depends on this moment alone.
	if err := t.judge(); err != nil {
		return err
	}
	c := t.trainer.Counters()
	title := fmt.Sprintf("%s: what the code keeps", t.cfg.Env)
	subtitle := fmt.Sprintf("iteration %d, step %d, weighting %s", c.Iterations, c.Steps, t.cfg.Weighting)
	if t.truth {
		subtitle += " by true boxes"
	}
	if _, ok := t.judged[telemetry.KnivesKept]; ok {
		subtitle += ", " + t.monitor.KeptLabel() + " " + monitor.Percent(t.judged, telemetry.KnivesKept)
	}
	s, err := t.monitor.Sheet(t.trainer.Gallery(), title, subtitle)
	if err != nil || s == nil {
		return err
	}
	img, err := s.Draw()
	if err != nil {
		return err
	}
	if err := s.WritePNG(t.sheetPath(c.Iterations)); err != nil {
		return err
	}
	return t.tel.Image(int64(c.Steps), "examples", img)
}

func (t *training) sheetPath(iteration int64) string {
	return filepath.Join(t.dir, rundir.FramesDir, fmt.Sprintf("iteration-%09d.png", iteration))
}

// fields are what the progress line shows, the most important first.
func (t *training) fields(r agent.Report) []telemetry.Field {
	f := []telemetry.Field{{Name: "phase", Value: string(r.Stage)}}
	if v, ok := r.Values[telemetry.LossTotal]; ok {
		f = append(f, telemetry.Field{Name: "loss", Value: fmt.Sprintf("%.3f", v)})
	} else if v, ok := r.Values[telemetry.LossReconstruction]; ok {
		f = append(f, telemetry.Field{Name: "loss", Value: fmt.Sprintf("%.4f", v)})
	}
	if v, ok := r.Values[telemetry.ScoreMean]; ok && !t.cfg.Imitate { // else the demonstrator's
		f = append(f, telemetry.Field{Name: "score", Value: fmt.Sprintf("%.0f", v)})
	}
	if len(t.monitor.Objects) > 0 {
		f = append(f, telemetry.Field{Name: t.monitor.KeptLabel(), Value: monitor.Percent(t.judged, telemetry.KnivesKept)})
	}
	if t.cfg.Alone && t.clock.play == 0 {
		return f
	}
	if t.cfg.Alone {
		return append(f, telemetry.Field{Name: "updates/s", Value: fmt.Sprintf("%.1f", float64(r.Counters.Updates)/t.clock.play.Seconds())})
	}
	if s := time.Since(t.clock.start).Seconds(); s > 0 {
		f = append(f, telemetry.Field{Name: "steps/s", Value: fmt.Sprintf("%.0f", t.stepsPerSecond())})
	}
	return f
}

// stepsPerSecond returns the speed of the phase with all three heads, before it
// that of the last row.
func (t *training) stepsPerSecond() float64 {
	if t.clock.play > 0 {
		return float64(t.clock.playSteps) / t.clock.play.Seconds()
	}
	return float64(t.trainer.Counters().Steps) / max(1e-9, time.Since(t.clock.start).Seconds())
}
