package agent

import (
	"math"

	"glint/autoencoder"
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
		values[telemetry.ScoreMean] = t.scores.mean()
		values[telemetry.ScoreLast] = t.scores.Last[len(t.scores.Last)-1]
	}
	if t.counters.Steps > t.counters.Explored {
		values[telemetry.AEPerStep] = float64(t.counters.AESamples) / float64(t.counters.Steps-t.counters.Explored)
	}
	r := Report{Stage: t.stage, Counters: t.counters, Values: values}
	if sat, ok := values[telemetry.CodeSaturated]; ok {
		r.Sickness = autoencoder.Sickness(autoencoder.Stats{Saturated: sat, Constant: values[telemetry.CodeConstant]})
	}
	return r
}

// ScoreMean returns the mean un-clipped score of the last 100 episodes, NaN before
// the first has ended.
func (t *Trainer) ScoreMean() float64 { return t.scores.mean() }

func aeValues(s autoencoder.Stats) telemetry.Values {
	return telemetry.Values{
		telemetry.LossReconstruction: s.Loss, telemetry.MSE: s.MSE,
		telemetry.CodeSaturated: s.Saturated, telemetry.CodeConstant: s.Constant,
	}
}

// values returns the figures of the last update.
func (l *learner) values(solver *ops.Adam) telemetry.Values {
	return telemetry.Values{
		telemetry.LossTotal:  l.prog.Scalar(l.total),
		telemetry.LossPolicy: l.stats.Loss, telemetry.LossValue: l.prog.Scalar(l.rl.valueLoss),
		telemetry.Entropy: l.stats.Entropy, telemetry.ApproxKL: l.stats.ApproxKL,
		telemetry.ClipFraction: l.stats.ClipFraction, telemetry.GradNorm: solver.Norm,
	}
}

// aeStats adds the figures of the last update's autoencoder batch.
func (l *learner) aeStats(values telemetry.Values) {
	if l.ae == nil {
		return
	}
	for name, v := range aeValues(l.net.Autoencoder.Stats(l.prog, l.ae)) {
		values[name] = v
	}
	values[telemetry.LossReconstruction] *= l.cfg.AECoef
}

// meanOf adds up the figures of several updates.
type meanOf struct {
	sum telemetry.Values
	n   float64
}

func (m *meanOf) add(v telemetry.Values) {
	if m.sum == nil {
		m.sum = telemetry.Values{}
	}
	for name, x := range v {
		m.sum[name] += x
	}
	m.n++
}

func (m *meanOf) means() telemetry.Values {
	for name := range m.sum {
		m.sum[name] /= m.n
	}
	return m.sum
}

// scores remembers the last ended episodes.
type scores struct {
	Last []float64 `json:"last"` // oldest first
}

const scoresKept = 100

func (s *scores) add(score float64) {
	if len(s.Last) == scoresKept {
		s.Last = append(s.Last[:0], s.Last[1:]...)
	}
	s.Last = append(s.Last, score)
}

func (s *scores) mean() float64 {
	if len(s.Last) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, x := range s.Last {
		sum += x
	}
	return sum / float64(len(s.Last))
}
