package agent

import (
	"maps"
	"math"

	"glint/autoencoder"
	"glint/env"
	"glint/internal/ops"
	"glint/internal/telemetry"
)

// Report says what a unit of work did and how the training stands.
type Report struct {
	Stage    Stage // of the work
	Counters Counters
	// Values holds the metrics by their names in telemetry; what was not measured is
	// absent.
	Values telemetry.Values
	// Sickness says in one sentence what is wrong with the code, if anything.
	Sickness string
}

// report adds what is known at any time to the values of a unit of work.
func (t *Trainer) report(values telemetry.Values) Report {
	if values == nil {
		values = telemetry.Values{}
	}
	counts := t.store.Counts()
	if n := t.store.Len(); n > 0 {
		values[telemetry.ClassShare] = float64(n-counts[0]) / float64(n)
	}
	values[telemetry.Episodes] = float64(t.counters.Episodes)
	if len(t.scores.Last) > 0 {
		values[telemetry.ScoreMean] = mean(t.scores.Last)
		values[telemetry.ScoreLast] = t.scores.Last[len(t.scores.Last)-1]
		values[telemetry.EpisodeLength] = mean(t.scores.Lengths)
	}
	if n, ok := t.counters.AEPerStep(); ok {
		values[telemetry.AEPerStep] = n
	}
	return Report{Stage: t.stage, Counters: t.counters, Values: values}
}

// Measure adds to a report of Play the figures of the last update's autoencoder batch.
// They are means over all pixels of some frames, too much work for every rollout, so
// that it is done where the report is used.
func (t *Trainer) Measure(r *Report) {
	if _, learned := r.Values[telemetry.LossTotal]; learned && r.Stage == Play && t.learner.ae != nil {
		r.addStats(t.Net.Autoencoder.Stats(t.learner.prog, t.learner.ae))
	}
}

func (r *Report) addStats(s autoencoder.Stats) {
	maps.Copy(r.Values, telemetry.Values{
		telemetry.LossReconstruction: s.Loss, telemetry.MSE: s.MSE,
		telemetry.CodeSaturated: s.Saturated, telemetry.CodeConstant: s.Constant,
	})
	if s.Places > 0 {
		r.Values[telemetry.LossPlaces] = s.Places
	}
	r.Sickness = autoencoder.Sickness(s)
}

// ScoreMean returns the mean un-clipped score of the last 100 episodes, NaN before
// the first has ended.
func (t *Trainer) ScoreMean() float64 { return mean(t.scores.Last) }

// values returns the figures of the last minibatch. Where no step was made on it, the
// gradient was not measured.
func (l *learner) values(solver *ops.Adam) telemetry.Values {
	v := telemetry.Values{
		telemetry.LossTotal:  l.stats.total,
		telemetry.LossPolicy: l.stats.Loss, telemetry.LossValue: l.stats.value,
		telemetry.Entropy: l.stats.Entropy, telemetry.ApproxKL: l.stats.ApproxKL,
		telemetry.ClipFraction: l.stats.ClipFraction,
	}
	if !l.far {
		v[telemetry.GradNorm] = solver.Norm
	}
	return v
}

// meanOf adds up the figures of several updates, each as often as it was measured.
type meanOf struct {
	sum, n telemetry.Values
}

func (m *meanOf) add(v telemetry.Values) {
	if m.sum == nil {
		m.sum, m.n = telemetry.Values{}, telemetry.Values{}
	}
	for name, x := range v {
		m.sum[name] += x
		m.n[name]++
	}
}

// means returns nil where there was no update.
func (m *meanOf) means() telemetry.Values {
	for name := range m.sum {
		m.sum[name] /= m.n[name]
	}
	return m.sum
}

// scores remembers the last ended episodes, oldest first, and how long the running
// ones have gone on.
type scores struct {
	Last    []float64 `json:"last"`    // un-clipped scores
	Lengths []float64 `json:"lengths"` // in steps
	Running []float64 `json:"running"` // steps of each environment's episode so far
}

const scoresKept = 100

// step counts a step of every environment and takes down the episodes it ended.
func (s *scores) step(b *env.Batch) (ended int64) {
	for i := range s.Running {
		s.Running[i]++
		if !b.Ended(i) {
			continue
		}
		if !b.Invalid[i] {
			s.Last, s.Lengths = push(s.Last, b.Return[i]), push(s.Lengths, s.Running[i])
			ended++
		}
		s.Running[i] = 0
	}
	return ended
}

// push appends x and drops the oldest beyond scoresKept.
func push(xs []float64, x float64) []float64 {
	if len(xs) == scoresKept {
		xs = append(xs[:0], xs[1:]...)
	}
	return append(xs, x)
}

// mean is NaN for none.
func mean(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}
