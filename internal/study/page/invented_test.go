package page_test

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"glint/internal/study"
	"glint/internal/study/page"
)

// inventedArms are the middle of what each invented arm scores by the judges: kept,
// contrast, false_knives, mse, knife_mse, auroc. No trial was run for them.
var inventedArms = []struct {
	name  string
	about string
	at    [6]float64
}{
	{"uniform", "the plain mean squared error", [6]float64{0.02, 0.04, 0.000, 0.00151, 0.0631, 0.712}},
	{"x10", "ten times within 2 pixels of a small object", [6]float64{0.21, 0.27, 0.001, 0.00163, 0.0402, 0.842}},
	{"half", "half in stacks without a small object", [6]float64{0.02, 0.05, 0.000, 0.00153, 0.0628, 0.718}},
	{"both", "ten times and half: the recipe that glint began with", [6]float64{0.24, 0.30, 0.002, 0.00165, 0.0391, 0.853}},
	{"balanced", "both, and half of each batch shows a small object", [6]float64{0.55, 0.52, 0.004, 0.00188, 0.0229, 0.914}},
	{"default", "glint's default", [6]float64{0.93, 0.84, 0.003, 0.00171, 0.0052, 0.991}},
	{"random", "control: the default's weights in other places", [6]float64{0.02, 0.04, 0.000, 0.00181, 0.0630, 0.709}},
	{"motion", "what moves", [6]float64{0.12, 0.18, 0.001, 0.00160, 0.0480, 0.801}},
	{"rarity", "patches that are rare", [6]float64{0.31, 0.36, 0.003, 0.00172, 0.0351, 0.866}},
	{"residual", "what the decoder gets wrong, by degrees", [6]float64{0.09, 0.14, 0.001, 0.00155, 0.0521, 0.781}},
	{"worst", "the worst pixels", [6]float64{0.16, 0.20, 0.006, 0.00219, 0.0455, 0.803}},
	{"clip", "only what the decoder gets wrong by more than a limit", [6]float64{0.05, 0.08, 0.000, 0.00158, 0.0590, 0.744}},
	{"oracle", "upper bound: the default with true boxes in training", [6]float64{0.95, 0.87, 0.002, 0.00172, 0.0046, 0.993}},
	{"code-128", "uniform with twice the code", [6]float64{0.05, 0.09, 0.000, 0.00112, 0.0575, 0.755}},
}

// invented returns the result of a study that was never run: so many arms and seeds,
// with the middles above and a spread of so much of them.
func invented(arms, seeds int, spread float64) *study.Result {
	r := &study.Result{
		Name: "invented", Question: "Which weighting of the loss keeps small objects in the code? <These figures are invented & were not measured.>",
		Env: "gym:ALE/KungFuMaster-v5", Kind: study.Pretrain, Length: 3000, Base: "uniform",
		Data: "data", DataID: "0123456789abcdef", HeldOut: "held-out", HeldID: "fedcba9876543210",
		Judges: []study.Judge{
			{Name: "kept", Label: "knives kept", Better: study.Higher},
			{Name: "contrast", Label: "contrast recovered", Better: study.Higher},
			{Name: "false_knives", Label: "false knives", Better: study.Lower},
			{Name: "mse", Label: "error, MSE", Better: study.Lower},
			{Name: "knife_mse", Label: "error on knives, MSE", Better: study.Lower},
			{Name: "auroc", Label: "presence, AUROC", Better: study.Higher},
		},
		Commands: []string{"glint ablate --plan weighting --env gym:ALE/KungFuMaster-v5 --seeds 5 --updates-per-trial 3000 --out again", "# by hand", "glint probe --checkpoint run --data held-out"},
	}
	for seed := range seeds {
		r.Seeds = append(r.Seeds, uint64(seed+1))
	}
	rng := rand.New(rand.NewPCG(5, 6))
	var endings []study.Ending
	for _, a := range inventedArms[:arms] {
		r.Order = append(r.Order, study.Arm{Name: a.name, What: a.about, Settings: fmt.Sprintf("weighting = %q\n[agent]\nsmall_share = 0.3\n", a.name)})
		for _, seed := range r.Seeds {
			o := &study.Outcome{Figures: map[string]float64{}, Version: "glint 0123abcd, kernels avx512, go1.26.0"}
			if a.name == "oracle" {
				o.Note = "true boxes were used in training: an upper bound"
			}
			for i, j := range r.Judges {
				v := a.at[i] * (1 + spread*rng.NormFloat64())
				if a.at[i] > 0.5 { // a share; it ends at 1
					v = 1 - (1-a.at[i])*math.Exp(2*spread*rng.NormFloat64())
				}
				o.Figures[j.Name] = max(0, v)
			}
			endings = append(endings, study.Ending{Spec: study.Spec{Arm: a.name, Seed: seed}, Outcome: o})
		}
	}
	r.Summarise(endings)
	return r
}

// failing returns an invented result with an arm of which every trial failed, and
// another that lacks a seed.
func failing(seeds int) *study.Result {
	r := invented(5, seeds, 0.1)
	var endings []study.Ending
	for _, a := range r.Order {
		for i, seed := range r.Seeds {
			e := study.Ending{Spec: study.Spec{Arm: a.Name, Seed: seed}}
			switch {
			case a.Name == "half":
				e.Err = errors.New(`the loss is <not> finite & training stopped at update 12: lower "lr"`)
			case a.Name == "both" && i == 1:
				e.Err = errors.New("the disk is full")
			default:
				e.Outcome = &study.Outcome{Version: "glint 0123abcd", Figures: map[string]float64{}}
				for _, j := range r.Judges {
					e.Outcome.Figures[j.Name] = *r.Arms[a.Name][j.Name].Seeds[i]
				}
			}
			endings = append(endings, e)
		}
	}
	sumUp(r, endings)
	return r
}

// sumUp sums up a result anew.
func sumUp(r *study.Result, endings []study.Ending) {
	for i := range r.Order {
		r.Order[i].Example, r.Order[i].Note = "", ""
	}
	r.Summarise(endings)
}

// inventedPicture is a checkerboard in place of reconstructions.
func inventedPicture() page.Picture {
	img := image.NewGray(image.Rect(0, 0, 64, 32))
	for i := range img.Pix {
		img.SetGray(i%64, i/64, color.Gray{Y: uint8(255 * ((i/8 + i/64/8) % 2))})
	}
	return page.Picture{Image: img, Caption: "Invented frames", Alt: `a board of <squares> & "nothing" else`}
}
