package doctor

import (
	"slices"

	"glint/agent"
)

// Bug is a mistake that can be planted, to see what the checks say of it.
type Bug struct{ Name, What string }

// Bugs are those that Plant knows.
var Bugs = []Bug{
	{"sign", "the gradient of encoder.conv2.weight has the wrong sign"},
	{"frozen", "encoder.conv1.weight is never updated"},
	{"uncentred", "the frames to predict come without their mean image taken off"},
	{"repeated", "every update sees the batch of the first one"},
}

// The layers that bugs are planted in.
const (
	turned = "encoder.conv2.weight"
	frozen = "encoder.conv1.weight"
)

// Plant returns a lesson with a bug of that name; mean is the mean image of its network, in
// place.
func Plant(bug string, l Student, mean []float32) Student {
	return &planted{Student: l, bug: bug, mean: mean}
}

// planted is a lesson with a bug.
type planted struct {
	Student
	bug       string
	mean      []float32
	see, get  []int // loaded last
	weights   []float32
	first     [2][]int // loaded for the first update
	firstOnes []float32
}

// Load notes what is loaded.
func (p *planted) Load(see, get []int, weights []float32) {
	p.see, p.get, p.weights = slices.Clone(see), slices.Clone(get), slices.Clone(weights)
	p.Student.Load(see, get, weights)
}

// Gradients turns the sign.
func (p *planted) Gradients() ([]agent.Gradient, error) {
	all, err := p.Student.Gradients()
	if p.bug == "sign" {
		for _, g := range all {
			if g.Name == turned {
				for i := range g.Grad {
					g.Grad[i] = -g.Grad[i]
				}
			}
		}
	}
	return all, err
}

// Step updates by the wrong sign, on the wrong batch, or without a layer.
func (p *planted) Step() error {
	switch p.bug {
	case "sign":
		return p.around(turned, func(x, before float32) float32 { return 2*before - x })
	case "frozen":
		return p.around(frozen, func(_, before float32) float32 { return before })
	case "repeated":
		if p.first[0] == nil {
			p.first, p.firstOnes = [2][]int{p.see, p.get}, p.weights
		}
		p.Student.Load(p.first[0], p.first[1], p.firstOnes)
		err := p.Student.Step()
		p.Student.Load(p.see, p.get, p.weights)
		return err
	}
	return p.Student.Step()
}

// around makes an update and changes what came of a parameter.
func (p *planted) around(param string, change func(x, before float32) float32) error {
	grads, err := p.Student.Gradients()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(grads, func(g agent.Gradient) bool { return g.Name == param })
	before := slices.Clone(grads[at].Value)
	value := grads[at].Value
	err = p.Student.Step()
	for i, x := range before {
		value[i] = change(value[i], x)
	}
	return err
}

// Restart begins with another batch.
func (p *planted) Restart() {
	p.first = [2][]int{}
	p.Student.Restart()
}

// Predicted leaves the mean image on.
func (p *planted) Predicted() ([]float32, error) {
	defer p.uncentre()()
	return p.Student.Predicted()
}

// Error is that of what Predicted returns.
func (p *planted) Error() (float64, error) {
	defer p.uncentre()()
	return p.Student.Error()
}

// uncentre takes the mean image away until what it returns is called.
func (p *planted) uncentre() (undo func()) {
	if p.bug != "uncentred" {
		return func() {}
	}
	was := slices.Clone(p.mean)
	clear(p.mean)
	return func() { copy(p.mean, was) }
}
