package pixels

import (
	"image"
	"regexp"
	"strings"
)

// Object is a small thing that decides a game.
type Object struct {
	// Kind is the Kind of its true boxes.
	Kind string
	// Size is the width and height of its box.
	Size image.Point
	// Core is the width and height of the rectangle that a detector's centre should
	// have; smaller than Size where the object does not fill its box.
	Core image.Point
	// Contrast is its value on the plane, 1..255.
	Contrast uint8
}

// State is what the raw bytes of a frame tell about a game, for probes. What a game
// does not have is 0.
type State struct {
	// Player is the top left pixel of the player's sprite on the screen.
	Player image.Point
	// Body is the box around the player's sprite on the screen, empty where a game has
	// nothing that hurts the player.
	Body image.Rectangle
	// Health, Lives, Score and Floor are the game's own counters.
	Health, Lives, Score, Floor int
}

// Preset is what is known about a game.
type Preset struct {
	// Name is the name of the game, empty for one that nothing is known about.
	Name string
	// Config suits whole frames of Screen. Projection is what Decide measured.
	Config Config
	// Screen is the width and height of the frames that Config.Crop and Truth speak
	// of; zero where any size will do.
	Screen image.Point
	// Truth decodes the raw bytes of a frame, the 128 of RAM of an Atari game; fewer
	// tell nothing. It is nil where nothing is known. An environment that is an
	// env.Truther needs none.
	Truth TruthFunc
	// State decodes the same bytes; nil where nothing is known.
	State func(raw []byte) State
	// Objects are the small objects, the most important one first.
	Objects []Object
}

// ramLen is the length of an Atari game's RAM.
const ramLen = 128

// PresetFor returns the preset of an environment by its name, such as
// "gym:ALE/KungFuMaster-v5" or "dojo". Versions and the older names of the same game
// ("gym:KungFuMasterNoFrameskip-v4") have the same preset. Any other name gets
// DefaultConfig and nothing else.
func PresetFor(name string) Preset {
	switch game(name) {
	case "dojo":
		return dojo()
	case "KungFuMaster":
		return kungFuMaster()
	case "Pong":
		return pong()
	case "Breakout":
		return breakout()
	}
	return Preset{Config: DefaultConfig()}
}

var variant = regexp.MustCompile(`(Deterministic|NoFrameskip)?-v\d+$`)

// game cuts what surrounds the name of the game in an environment's name.
func game(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "gym:"), "ALE/")
	return variant.ReplaceAllString(name, "")
}

// dojo is the built-in game: the whole observation, which is cropped already, and
// truth from the environment itself.
func dojo() Preset {
	return Preset{
		Name:    "dojo",
		Config:  Config{Projection: Foreground},
		Objects: []Object{{Kind: "knife", Size: image.Pt(5, 2), Core: image.Pt(4, 2), Contrast: 124}},
	}
}
