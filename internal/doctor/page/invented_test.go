package page_test

import (
	"math"

	"glint/internal/doctor"
	"glint/internal/doctor/page"
)

// verdict is one that was never given: figure and threshold are NaN for none.
func verdict(group, check string, ok bool, figure, threshold float64, means, advice string, plot *doctor.Plot) doctor.Verdict {
	number := func(x float64) *float64 {
		if math.IsNaN(x) {
			return nil
		}
		return &x
	}
	return doctor.Verdict{Group: group, Check: check, OK: ok, Figure: number(figure), Threshold: number(threshold), Means: means, Advice: advice, Plot: plot}
}

// rangeTest is a plot with logarithms, marks, rates that broke the weights, and a series of
// which nothing is known.
func rangeTest() *doctor.Plot {
	rates := []float64{1e-6, 3.16e-6, 1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3, 3.16e-3, 1e-2, 3.16e-2, 0.1}
	return &doctor.Plot{
		Title: "Learning-rate range test", X: "learning rate", Y: "error left, share", LogX: true,
		Series: []doctor.Series{
			{Name: "autoencoder", X: rates, Y: []float64{0.999, 0.995, 0.97, 0.9, 0.71, 0.5, 0.41, 0.62, 1.4, math.Inf(1), math.NaN()}},
			{Name: "nothing", X: rates, Y: make([]float64, 0)},
			{Name: "actor", X: rates, Y: []float64{1, 0.99, 0.98, 0.95, 0.84, 0.61, 0.33, 0.21, 0.19, 0.4, 1.1}},
			{Name: "critic", X: rates, Y: []float64{1, 1, 0.99, 0.97, 0.93, 0.85, 0.7, 0.52, 0.4, 0.6, 2}},
		},
		Marks: []doctor.Mark{{Name: "suggested", X: 3.2e-4}, {Name: "configured", X: 1.5e-9}, {Name: "nowhere", X: 0}},
	}
}

// recalls is a plot of bars, of which one is not known.
func recalls() *doctor.Plot {
	return &doctor.Plot{
		Title: "Recall of each action in other episodes", X: "action", Y: "recall",
		Classes: []string{"NOOP", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE", "UPRIGHTFIRE", "UPLEFTFIRE"},
		Series: []doctor.Series{
			{Name: "as they come", Y: []float64{0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0, math.NaN(), 0.1, 0.05, 0.2}},
			{Name: "weighted by inverse frequency", Y: []float64{0.7, 0.7, 0.6, 0.6, 0.6, 0.5, 0.5, 0.5, 0.4, 0.4, math.NaN(), 0.4, 0.3, 0.3}},
			{Name: "balanced batches", Y: []float64{0.6, 0.6, 0.7, 0.5, 0.6, 0.6, 0.5, 0.4, 0.5, 0.4, math.NaN(), 0.5, 0.4, 0.4}},
		},
	}
}

// invented is a report of verdicts that were never given.
func invented() page.Report {
	nan := math.NaN()
	sizes, losses, cosine := []float64{32, 64, 128, 256}, []float64{}, doctor.Series{Name: "cosine"}
	for i := range 200 {
		losses = append(losses, 0.3*math.Exp(-float64(i)/20)+0.002)
		cosine.X, cosine.Y = append(cosine.X, float64(i)), append(cosine.Y, 1e-3*(1+math.Cos(math.Pi*float64(i)/200))/2)
	}
	r := page.Report{
		Of: "dojo, ppo", Command: "glint doctor --env dojo --page doctor.html", Version: "glint 0123abcd, kernels avx512, go1.26.0",
		Settings: "seed = 1\n\n[agent]\nlr = 1.5e-9 # <low> & slow\n",
		Verdicts: []doctor.Verdict{
			verdict("gradients", "gradients, autoencoder", true, 3.1e-5, 0.02, "the gradient of 24 weights is that of differences", "", nil),
			verdict("gradients", "gradients, actor", false, 1.93, 0.02, "the gradient of actor.out differs from differences by 193 %", "a bug in the backward pass of actor.out: compare its sign and scale", nil),
			verdict("overfitting", "overfit one batch, autoencoder", true, 0.19, 0.2, "19 % of the error 0.31 is left after 500 updates on the same batch", "", &doctor.Plot{
				Title: "Error of one batch", X: "updates", Y: "error", LogY: true, Series: []doctor.Series{{Name: "the batch", X: cosine.X, Y: losses}},
			}),
			verdict("generalisation", "learning curve", true, 0.13, nan, "more data would help little", "", &doctor.Plot{
				Title: "Learning curve", X: "frames trained on", Y: "error", LogX: true, LogY: true,
				Series: []doctor.Series{{Name: "those frames", X: sizes, Y: []float64{0.012, 0.014, 0.0152, 0.0161}}, {Name: "other episodes", X: sizes, Y: []float64{0.031, 0.024, 0.0199, 0.0182}}},
			}),
			verdict("rates", "learning rate, autoencoder", false, 0, 0.04, "of the error of a batch, 100 % is left after 20 updates at agent.lr 1.5e-09, and least, 41 %, at 0.001: 0.0003 suggests itself", "too low to learn in a reasonable time: set it near 0.0003", rangeTest()),
			verdict("rates", "schedule of agent.lr", true, 1e-5, nan, "cosine from 0.001 to 1e-05 over the training: ██▇▇▆▅▄▃▂▁▁", "", &doctor.Plot{
				Title: "Schedules", X: "updates", Y: "learning rate", Series: []doctor.Series{cosine}, Marks: []doctor.Mark{{Name: "early", X: 20}, {Name: "end", X: 199}},
			}),
			verdict("balance", "recall of rare classes", true, 0.05, nan, "14 actions", "", recalls()),
			verdict("environment", "the game starts", false, nan, nan, "gym: no ROM of KungFuMaster", "the check could not be made: mend this first", nil),
		},
	}
	r.Verdicts[4].Least = true
	return r
}
