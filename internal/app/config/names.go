package config

import (
	"strings"

	"glint/saliency"
)

// IsScreen says whether an environment is a screen, of which there is one.
func IsScreen(name string) bool { return strings.HasPrefix(name, "vnc:") }

// GameName returns the name by which presets know an environment: a remote one is
// the same game as a local one.
func GameName(name string) string {
	if rest, ok := strings.CutPrefix(name, "tcp://"); ok {
		_, id, _ := strings.Cut(rest, "/")
		if id == "" {
			id = DefaultRemoteID
		}
		return "gym:" + id
	}
	return name
}

// DefaultRemoteID is what tcp://host:port without a path after it plays.
const DefaultRemoteID = "ALE/KungFuMaster-v5"

// FillIn returns a finder's settings, without fill-in unless on. Where the stacks of
// neighbouring steps show the same frames, each is filled in by itself.
func FillIn(f saliency.FinderConfig, on, stacked bool) saliency.FinderConfig {
	if stacked {
		f.Side = 0
	}
	if !on {
		f.Side, f.Flight.Reach = 0, 0
	}
	return f
}

// File is the name of a run's config in its folder.
const File = "config.toml"
