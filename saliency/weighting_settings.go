package saliency

import (
	"fmt"
	"slices"
	"strings"

	"glint/internal/names"
)

// Settings are those of all weightings, each by its name. [Settings.Weighting] makes
// one or a product of them.
type Settings struct {
	// Normalize scales the weights of each batch to a mean of 1.
	Normalize bool     `toml:"normalize"`
	Knife     Knife    `toml:"knife"`
	Motion    Motion   `toml:"motion"`
	Rarity    Rarity   `toml:"rarity"`
	Residual  Residual `toml:"residual"`
	Worst     Worst    `toml:"worst"`
	Clip      Clip     `toml:"clip"`
	Value     Value    `toml:"value"`
}

// DefaultSettings returns the default settings of all weightings, without Normalize.
func DefaultSettings() Settings {
	return Settings{
		Knife: DefaultKnife(), Motion: DefaultMotion(), Rarity: DefaultRarity(), Residual: DefaultResidual(),
		Worst: DefaultWorst(), Clip: DefaultClip(), Value: DefaultValue(),
	}
}

// Validate names the first field of any weighting that makes no weights.
func (s Settings) Validate() error {
	for _, v := range []interface{ Validate() error }{s.Knife, s.Motion, s.Rarity, s.Residual, s.Worst, s.Clip, s.Value} {
		if err := v.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// weightings are all that have a name.
var weightings = []struct {
	name string
	make func(s Settings) Weighting
}{
	{"uniform", func(Settings) Weighting { return Uniform{} }},
	{"knife", func(s Settings) Weighting { return s.Knife }},
	{"motion", func(s Settings) Weighting { return NewMotion(s.Motion) }},
	{"rarity", func(s Settings) Weighting { return NewRarity(s.Rarity) }},
	{"residual", func(s Settings) Weighting { return s.Residual }},
	{"worst", func(s Settings) Weighting { return s.Worst }},
	{"clip", func(s Settings) Weighting { return s.Clip }},
	{"value", func(s Settings) Weighting { return NewValue(s.Value) }},
	{"random", func(s Settings) Weighting { return NewRandom(s.Knife) }},
	{"oracle", func(s Settings) Weighting { return Oracle{s.Knife} }},
}

// Names lists the weightings.
func Names() []string {
	var all []string
	for _, w := range weightings {
		all = append(all, w.name)
	}
	return all
}

// Weighting returns the weighting of a name, or the product of several as in
// "knife*motion", with these settings. A wrong name is answered with the nearest.
func (s Settings) Weighting(name string) (Weighting, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	var parts []Weighting
	var given []string
	for one := range strings.SplitSeq(name, "*") {
		one = strings.TrimSpace(one)
		i := slices.Index(Names(), one)
		if i < 0 {
			return nil, fmt.Errorf("saliency: no weighting %q: did you mean %q? There are %s, and products such as knife*motion",
				one, names.Nearest(one, Names()), strings.Join(Names(), ", "))
		}
		if slices.Contains(given, one) {
			return nil, fmt.Errorf("saliency: weighting %q names %s twice: change its settings instead", name, one)
		}
		given = append(given, one)
		parts = append(parts, weightings[i].make(s))
	}
	if slices.Contains(given, "oracle") && (slices.Contains(given, "knife") || slices.Contains(given, "random")) {
		return nil, fmt.Errorf("saliency: weighting %q: oracle puts true boxes in the place of those that knife and random go by: take one of them", name)
	}
	w := Product(parts...)
	if s.Normalize {
		w = Normalize(w)
	}
	return w, nil
}
