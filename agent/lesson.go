package agent

import (
	"errors"
	"slices"

	G "gorgonia.org/gorgonia"

	"glint/autoencoder"
	"glint/internal/ops"
	"glint/replay"
)

// Head is what a Lesson teaches.
type Head string

// The heads, and all of them at once as in Play.
const (
	HeadAutoencoder Head = "autoencoder"
	HeadActor       Head = "actor"
	HeadCritic      Head = "critic"
	HeadAll         Head = "all heads"
)

// Lesson is the update that training makes of a network, by the same graphs, on samples that
// its user chooses: to be measured, made, and made again.
type Lesson struct {
	head Head
	net  *Net
	cfg  Config
	size int
	all  *Samples

	pre      *autoencoder.Trainer // of the autoencoder alone
	learner  *learner             // of the others
	player   *Player              // predicts as in play
	viewer   *autoencoder.Viewer  // likewise
	solver   *ops.Adam
	rollout  *replay.Rollout
	entries  []int
	see, get []int // the samples of the batch: what is seen and what is to be made of it
	lr       float64
	updates  int64
}

// NewLesson returns a Lesson of a head in batches of so many samples of all, with the
// settings that training has for it. HeadAll wants an even size, and cfg to train the
// autoencoder.
func NewLesson(n *Net, cfg Config, head Head, size int, all *Samples) (*Lesson, error) {
	l := &Lesson{head: head, net: n, cfg: cfg, size: size, all: all, solver: ops.NewAdam(cfg.adam(), n.Params())}
	l.lr = l.rate()
	var err error
	if head == HeadAutoencoder {
		if l.pre, err = autoencoder.NewTrainer(n.Autoencoder, autoencoder.BatchConfig{Size: size, Apart: true}, l.solver); err == nil {
			l.viewer, err = autoencoder.NewViewer(n.Autoencoder, size)
		}
		return l, err
	}
	c := &l.cfg
	c.Envs, c.Horizon, c.Epochs, c.Minibatch, c.NormalizeAdv, c.ClipValue = size, 1, 1, size, false, false
	c.MicroBatches, c.ActionClasses.Balance = 1, BalanceNone
	fresh := 0
	if head == HeadAll {
		c.AEPerStep, fresh = 1, size/2
	} else {
		// Alone, a head is to show that it learns by way of the encoder, whoever moves that.
		c.AEPerStep, c.EncoderMoved = 0, MovedByBoth
	}
	if head == HeadCritic {
		c.EntropyCoef = 0
	}
	if l.learner, err = newLearner(n, *c, false, fresh); err != nil {
		return nil, err
	}
	l.rollout = replay.NewRollout(size, 1, len(all.Obs)/all.Len())
	for i := range size {
		l.entries = append(l.entries, i)
	}
	l.player, err = n.NewPlayer(size)
	return l, err
}

// Head says what is taught.
func (l *Lesson) Head() string { return string(l.head) }

// Size is the number of samples of a batch, Len of those to choose from.
func (l *Lesson) Size() int { return l.size }

// Len is the number of samples to choose from.
func (l *Lesson) Len() int { return l.all.Len() }

// Load makes a batch of samples: see[i] is seen and get[i] is what should be made of it, the
// same but for a control. weights are those of the samples in the actor's loss, nil for 1.
func (l *Lesson) Load(see, get []int, weights []float32) {
	l.see, l.get = append(l.see[:0], see...), append(l.get[:0], get...)
	if l.rollout == nil {
		return
	}
	r, obs := l.rollout, l.rollout.ObsLen
	for i := range l.size {
		copy(r.ObsAt(i), l.all.Obs[see[i]*obs:][:obs])
		r.Action[i], r.Return[i] = l.all.Action[get[i]], l.all.Return[get[i]]
		r.Advantage[i] = 1
		if weights != nil {
			r.Advantage[i] = weights[i]
		}
		if l.head == HeadCritic {
			r.Advantage[i] = 0
		}
	}
}

// held is the autoencoder's batch of a Lesson.
type held struct{ l *Lesson }

var _ autoencoder.Placer = held{}

// Sample fills in the batch, but for observations that are there already.
func (h held) Sample(obs []byte, w []float32) error {
	l, all := h.l, h.l.all
	size := len(all.Obs) / all.Len()
	if l.pre != nil {
		for i, k := range l.see {
			copy(l.pre.Batch().Seen.Uint8s()[i*size:(i+1)*size], all.Obs[k*size:])
		}
	}
	for i, k := range l.get {
		if l.pre != nil || i >= l.size/2 {
			copy(obs[i*size:(i+1)*size], all.Obs[k*size:])
		}
		copy(w[i*size:(i+1)*size], all.Weights[k*size:])
	}
	return nil
}

// Places fills in where small objects are.
func (h held) Places(values, w []float32) {
	const n = autoencoder.PlaceValues
	for i, k := range h.l.get {
		copy(values[i*n:(i+1)*n], h.l.all.Places[k*n:])
		copy(w[i*n:(i+1)*n], h.l.all.PlaceCount[k*n:])
	}
}

// prepare plays the batch, so that the update's policy is the one that played, and loads it.
func (l *Lesson) prepare() error {
	logits, values, err := l.player.Think(l.rollout.Obs)
	if err != nil {
		return err
	}
	for i := range l.size {
		l.rollout.Logp[i] = float32(ops.LogProb(logits[i*l.net.Actions:(i+1)*l.net.Actions], l.rollout.Action[i]))
	}
	copy(l.rollout.Value, values)
	l.learner.load(l.rollout, l.entries)
	return nil
}

// Loss returns what the gradient is of, at the present weights. The policy is compared with
// that at the last Gradients.
func (l *Lesson) Loss() (float64, error) {
	if l.pre != nil {
		return l.pre.Measure(held{l})
	}
	p := l.learner
	if p.ae != nil {
		if err := p.ae.Fill(held{l}); err != nil {
			return 0, err
		}
	}
	err := p.prog.RunTo(p.total)
	return p.prog.Scalar(p.total), err
}

// Gradient is the gradient of a loss by a parameter, with its values in place.
type Gradient struct {
	Name        string
	Value, Grad []float32
}

// Gradients returns the gradients of the loss of the batch by all parameters that the head
// trains. The next call of any method overwrites them.
func (l *Lesson) Gradients() (all []Gradient, err error) {
	var grads []G.ValueGrad
	switch {
	case l.pre != nil:
		grads, err = l.pre.Gradients(held{l})
	default:
		if err = l.prepare(); err == nil {
			err = l.learner.run(held{l})
		}
		grads = l.learner.grads.Mean()
	}
	for _, g := range grads {
		if one := g.(ops.Gradient); l.teaches(one.Param.Name) {
			all = append(all, Gradient{one.Param.Name, one.Param.Value.Float32s(), one.Floats()})
		}
	}
	return all, err
}

// teaches says whether a parameter is there for the head: of actor and critic, the other one's
// stay as they are.
func (l *Lesson) teaches(param string) bool {
	switch l.head {
	case HeadActor:
		return param != l.net.criticW.Name && param != l.net.criticB.Name
	case HeadCritic:
		return param != l.net.actorW.Name && param != l.net.actorB.Name
	}
	return true
}

// Step makes an update, at the learning rate and with the warm-up of training.
func (l *Lesson) Step() error {
	l.solver.LR = l.lr * rise(l.updates)
	l.updates++
	if l.pre != nil {
		return l.pre.Step(held{l})
	}
	if err := l.prepare(); err != nil {
		return err
	}
	return l.learner.update(l.solver, held{l})
}

// SetRate replaces the learning rate, for good and without a warm-up.
func (l *Lesson) SetRate(lr float64) { l.lr, l.updates = lr, warmUp }

// Restart forgets all moments and begins the warm-up of the configured rate anew.
func (l *Lesson) Restart() {
	l.solver.Reset()
	l.updates, l.lr = 0, l.rate()
}

// rate is the configured learning rate.
func (l *Lesson) rate() float64 {
	if l.head == HeadAutoencoder {
		return l.cfg.Pretrain.LR
	}
	return l.cfg.LR
}

// Error returns how far the network is from what it should make of the batch, by the path of
// prediction: the weighted error of the reconstruction, the mean −log π of the actions, or
// the mean squared error of the value, by 2.
func (l *Lesson) Error() (float64, error) {
	out, err := l.Predicted()
	if err != nil {
		return 0, err
	}
	sum := 0.0
	switch l.head {
	case HeadAutoencoder:
		size := len(l.all.Obs) / l.all.Len()
		for i, k := range l.get {
			x, w := l.all.Obs[k*size:(k+1)*size], l.all.Weights[k*size:]
			for j, y := range out[i*size : (i+1)*size] {
				d := float64(y) - float64(x[j])/255
				sum += float64(w[j]) * d * d
			}
		}
		s := l.net.Autoencoder.Shape()
		return sum / float64(l.size*s.T*s.Content.Dx()*s.Content.Dy()), nil
	case HeadActor:
		a := l.net.Actions
		for i := range l.size {
			sum -= ops.LogProb(out[i*a:(i+1)*a], l.rollout.Action[i])
		}
	case HeadCritic:
		for i, v := range out {
			d := float64(v - l.rollout.Return[i])
			sum += d * d / 2
		}
	default:
		return 0, errors.New("agent: a lesson of all heads has no error of one kind")
	}
	return sum / float64(l.size), nil
}

// Predicted returns what the network makes of the batch as it is used: reconstructions
// [B,T,H,W] in 0..1, logits [B,A] or values [B].
func (l *Lesson) Predicted() ([]float32, error) {
	if l.pre != nil {
		size := len(l.all.Obs) / l.all.Len()
		obs := make([]byte, 0, l.size*size)
		for _, k := range l.see {
			obs = append(obs, l.all.Obs[k*size:(k+1)*size]...)
		}
		out := make([]float32, len(obs))
		return out, l.viewer.Reconstruct(out, obs)
	}
	logits, values, err := l.player.Think(l.rollout.Obs)
	if l.head == HeadCritic {
		logits = values
	}
	return slices.Clone(logits), err
}

// Trained returns the same as Predicted by the path of training.
func (l *Lesson) Trained() ([]float32, error) {
	if _, err := l.Gradients(); err != nil {
		return nil, err
	}
	switch l.head {
	case HeadAutoencoder:
		out := make([]float32, len(l.pre.Recon()))
		l.net.Autoencoder.Show(out, l.pre.Recon())
		return out, nil
	case HeadCritic:
		return slices.Clone(l.learner.prog.Floats(l.learner.rl.value)), nil
	}
	return slices.Clone(l.learner.prog.Floats(l.learner.rl.logits)), nil
}

// Chosen returns the most probable actions on the observations of samples.
func (l *Lesson) Chosen(samples []int) (actions []int, err error) {
	size := l.rollout.ObsLen
	obs := make([]byte, l.size*size)
	for len(samples) > 0 {
		n := min(l.size, len(samples))
		for i, k := range samples[:n] {
			copy(obs[i*size:(i+1)*size], l.all.Obs[k*size:])
		}
		logits, _, err := l.player.Think(obs)
		if err != nil {
			return nil, err
		}
		for i := range n {
			actions = append(actions, bestOf(logits[i*l.net.Actions:(i+1)*l.net.Actions]))
		}
		samples = samples[n:]
	}
	return actions, nil
}
