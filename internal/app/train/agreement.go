package train

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/rundir"
	"glint/internal/app/world"
	"glint/internal/ops"
	"glint/internal/stats"
	"glint/internal/telemetry"
	"glint/replay"
)

// Agreement says how well a network does what a demonstrator did, in episodes that it did
// not learn from.
type Agreement struct {
	Part     string   `json:"part"` // test, or validation where no episode is left aside for a test
	Steps    int      `json:"steps"`
	Accuracy *float64 `json:"accuracy"` // share of steps in which the most probable action is the demonstrator's
	// BalancedAccuracy and MacroF1 are means over the actions that the demonstrator took.
	BalancedAccuracy *float64 `json:"balanced_accuracy"`
	MacroF1          *float64 `json:"macro_f1"`
	LogLoss          *float64 `json:"log_loss"` // mean of −log π(demonstrator's action), in nats
	Actions          []Action `json:"actions"`
}

// Action is what an Agreement says of one action.
type Action struct {
	Name      string   `json:"name"`
	Count     int      `json:"count"`     // how often the demonstrator took it
	Recall    *float64 `json:"recall"`    // share of these that the network takes as well
	Precision *float64 `json:"precision"` // share of the network's that were the demonstrator's
	F1        *float64 `json:"f1"`        // harmonic mean of both
	// Chosen is how often the network takes each action where the demonstrator took this
	// one: a row of the confusion matrix.
	Chosen []int `json:"chosen"`
}

// asker asks a network what it would do where a demonstrator did something.
type asker struct {
	player *agent.Player
	obs    []byte // [askedAtOnce,T,H,W]
	done   []int  // what the demonstrator did on each
	stats.Confusion
	losses []float64 // [A] sums of −log π
}

// askedAtOnce is the number of observations in a batch of an asker.
const askedAtOnce = 64

func newAsker(n *agent.Net) (*asker, error) {
	p, err := n.NewPlayer(askedAtOnce)
	if err != nil {
		return nil, err
	}
	s := n.Autoencoder.Shape()
	a := &asker{player: p, obs: make([]byte, askedAtOnce*s.T*s.H*s.W)}
	a.clear(n.Actions)
	return a, nil
}

// clear forgets all answers.
func (a *asker) clear(actions int) {
	a.done, a.Confusion, a.losses = a.done[:0], stats.NewConfusion(actions), make([]float64, actions)
}

// ask takes in a step; flush answers those that wait for others.
func (a *asker) ask(obs []byte, done int) error {
	copy(a.obs[len(a.done)*len(obs):], obs)
	if a.done = append(a.done, done); len(a.done) < askedAtOnce {
		return nil
	}
	return a.flush()
}

func (a *asker) flush() error {
	if len(a.done) == 0 {
		return nil
	}
	logits, _, err := a.player.Think(a.obs)
	if err != nil {
		return err
	}
	chosen := make([]int, askedAtOnce)
	a.player.Greedy(logits, chosen)
	for i, done := range a.done {
		a.note(logits[i*len(a.losses):(i+1)*len(a.losses)], chosen[i], done)
	}
	a.done = a.done[:0]
	return nil
}

// note takes in the answer to a step: logits [A] and the action chosen by them.
func (a *asker) note(logits []float32, chosen, done int) {
	a.losses[done] -= ops.LogProb(logits, done) // the logarithm of a probability may be that of 0
	a.Confusion[done][chosen]++
}

// logLoss is the mean of −log π over the steps, each with the weight of its action.
func (a *asker) logLoss(weights []float64) float64 {
	sum, n := 0.0, 0.0
	for i, w := range weights {
		sum, n = sum+w*a.losses[i], n+w*float64(a.Count(i))
	}
	return sum / n
}

// counts returns how often the demonstrator took each action.
func (a *asker) counts() []int {
	n := make([]int, len(a.losses))
	for i := range n {
		n[i] = a.Count(i)
	}
	return n
}

// agreement sums up the answers.
func (a *asker) agreement(names []string) *Agreement {
	ones := make([]float64, len(names))
	res := &Agreement{
		Accuracy: app.Finite(a.Accuracy()), BalancedAccuracy: app.Finite(a.BalancedAccuracy()), MacroF1: app.Finite(a.MacroF1()),
	}
	for i, name := range names {
		ones[i] = 1
		res.Steps += a.Count(i)
		res.Actions = append(res.Actions, Action{
			Name: name, Count: a.Count(i), Recall: app.Finite(a.Recall(i)), Precision: app.Finite(a.Precision(i)), F1: app.Finite(a.F1(i)), Chosen: a.Confusion[i],
		})
	}
	res.LogLoss = app.Finite(a.logLoss(ones))
	return res
}

// tableActions is how many actions a table on the screen has, the most frequent ones.
const tableActions = 6

// table has a row for each action that the demonstrator took: its figures, and of the
// confusion matrix as much as fits on a screen.
func (a *Agreement) table() (rows []string) {
	var shown []int
	for i, one := range a.Actions {
		if one.Count > 0 {
			shown = append(shown, i)
		}
	}
	slices.SortStableFunc(shown, func(i, k int) int { return a.Actions[k].Count - a.Actions[i].Count })
	left := len(shown)
	shown = shown[:min(left, tableActions)]
	cells := []string{"   share  recall   prec.     F1 "}
	for _, i := range shown {
		cells = append(cells, fmt.Sprintf("%7.7s", a.Actions[i].Name))
	}
	rows = append(rows, "", strings.Join(cells, " "))
	for _, i := range shown {
		one := a.Actions[i]
		cells = append(cells[:0], fmt.Sprintf("%6.1f %% %7s %7s %6s ", 100*float64(one.Count)/float64(a.Steps), digits(one.Recall), digits(one.Precision), digits(one.F1)))
		for _, k := range shown {
			cells = append(cells, fmt.Sprintf("%7d", one.Chosen[k]))
		}
		rows = append(rows, one.Name, strings.Join(cells, " "))
	}
	if left > len(shown) {
		rows = append(rows, "", fmt.Sprintf("and %d more actions in %s", left-len(shown), rundir.ResultFile))
	}
	return rows
}

// digits formats a share, "-" where there is none.
func digits(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *x)
}

// recordedSteps visits every step of the dataset's episodes of a part: what the network
// sees, and what the demonstrator did on that.
func (t *training) recordedSteps(ctx context.Context, part agent.Part, visit func(obs []byte, done int) error) error {
	data, err := world.OpenData(ctx, t.cfg.Data, app.IO{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		return err
	}
	pre, s, err := world.Seen(data, t.cfg, t.trainer.Net)
	if err != nil {
		return err
	}
	before, obs := map[uint64]replay.Row{}, make([]byte, s.Plane.ObsLen())
	for row, err := range data.Rows(ctx) {
		if err != nil {
			return err
		}
		if t.world.Of[row.Episode] != part {
			continue
		}
		if last, known := before[row.Episode]; known && last.Step+1 == row.Step {
			s.Project(pre, obs, last)
			if err := visit(obs, row.Action); err != nil {
				return err
			}
		}
		before[row.Episode] = row
		if row.Terminated || row.Truncated {
			delete(before, row.Episode)
		}
	}
	return nil
}

// agreement plays no game: it asks a network about the steps of the dataset's episodes that
// are there to test it, or where there are none those that judged it.
func (t *training) agreement(ctx context.Context, net *agent.Net) (*Agreement, error) {
	ask, err := newAsker(net)
	if err != nil {
		return nil, err
	}
	part, name := agent.Aside, "test"
	if t.world.Episodes[part] == 0 {
		part, name = agent.Judged, "validation"
	}
	if err := t.recordedSteps(ctx, part, ask.ask); err != nil {
		return nil, err
	}
	if err := ask.flush(); err != nil {
		return nil, err
	}
	raw, _ := t.world.Raw()
	a := ask.agreement(world.ActionNames(raw, net.Actions))
	a.Part = name
	return a, nil
}

// validation is some of the steps of the episodes that judge a network while it learns from
// the others.
type validation struct {
	ask   *asker
	store *replay.Store
	done  []int
	// of weighs the actions as training does, by how often each is taken in these steps.
	of func(counts []int) []float64
}

// validationSteps is the most steps of a validation.
const validationSteps = 2048

// newValidation reads the steps, evenly spread over the episodes; nil where there are none.
func (t *training) newValidation(ctx context.Context) (*validation, error) {
	all := app.Sum(t.world.Sums[agent.Judged].Taken)
	if all == 0 {
		return nil, nil
	}
	v := new(validation)
	var err error
	if v.ask, err = newAsker(t.trainer.Net); err != nil {
		return nil, err
	}
	c := t.cfg.Agent.ActionClasses
	v.of = func(counts []int) []float64 { return c.Each(t.world.Sums[agent.Learned].Taken, counts) }
	v.store, err = replay.NewStore(replay.StoreConfig{Capacity: validationSteps, Classes: 1, Len: t.world.Spec().ObsLen()})
	if err != nil {
		return nil, err
	}
	at, every := 0, (all+validationSteps-1)/validationSteps
	return v, t.recordedSteps(ctx, agent.Judged, func(obs []byte, done int) error {
		if at++; (at-1)%every != 0 {
			return nil
		}
		v.done = append(v.done, done)
		return v.store.Add(obs, 0, nil)
	})
}

// addTo asks the network, and adds loss and macro-F1 to a row of metrics.
func (v *validation) addTo(values telemetry.Values) error {
	v.ask.clear(len(v.ask.losses))
	i := 0
	for obs, err := range v.store.All() {
		if err == nil {
			err = v.ask.ask(obs, v.done[i])
		}
		if err != nil {
			return err
		}
		i++
	}
	if err := v.ask.flush(); err != nil {
		return err
	}
	values[telemetry.ValidationLoss] = v.ask.logLoss(v.of(v.ask.counts()))
	values[telemetry.ValidationF1] = v.ask.MacroF1()
	return nil
}
