package config

import (
	"fmt"

	"glint/env/vnc"
	"glint/internal/app"
)

// VNC is how a screen behind a VNC server is played. The part of it that is seen is
// pixels.crop.
type VNC struct {
	Keys      []string `toml:"keys"`       // the actions: keys to hold, as in "Left+space"; "none" for no key
	Restart   []string `toml:"restart"`    // keys to strike, one after the other, when an episode begins
	Clock     string   `toml:"clock"`      // realtime, or lockstep with a server that numbers its frames
	Commit    string   `toml:"commit"`     // key that asks such a server for its next frame
	Rate      float64  `toml:"rate"`       // frames a second
	Repeat    int      `toml:"repeat"`     // frames an action is held for
	MaxFrames int64    `toml:"max_frames"` // frames after which an episode is cut
	Encoding  string   `toml:"encoding"`   // how pixels are sent: auto, raw, copyrect, hextile or zrle
	EnvID     string   `toml:"env_id"`     // what a rewarder shall start; empty for what it has
	Password  string   `toml:"password"`   // file with the password of server and rewarder; empty for none

	Score []Score `toml:"score"` // numbers on the screen that rewards are taken from
	End   End     `toml:"end"`   // how the end of an episode shows

	Files *ScreenFiles `toml:"-"` // what Score and End name; nil before it is read, but for a run that has begun
}

func defaultVNC() VNC {
	o := vnc.DefaultOptions("")
	return VNC{
		Keys: o.Keys, Restart: []string{}, Clock: o.Clock, Commit: o.Commit, Rate: o.Rate, Repeat: o.Repeat,
		MaxFrames: int64(o.MaxFrames), Encoding: o.Encoding, Score: []Score{}, End: End{Pictures: []string{}},
	}
}

// Note says where rewards and ends of a screen without a rewarder come from.
func (v VNC) Note(name string, o app.IO) {
	rewards := "every reward is 0, so actor and critic have nothing to learn from"
	if len(v.Score) > 0 {
		rewards = "rewards are the gains of the scores that are read"
	}
	ends := fmt.Sprintf("after %d frames", v.MaxFrames)
	if v.End.Zero || v.End.Still > 0 || len(v.End.Pictures) > 0 {
		ends = "as [vnc.end] says, or " + ends
	}
	o.Notef("%s has no rewarder: %s; an episode ends %s", name, rewards, ends)
}

// SetSecret names the file with what a remote environment wants to be shown, the token of
// a server or the password of a screen; an empty name changes nothing.
func (c *Config) SetSecret(file string) {
	if file != "" {
		c.Gym.Token, c.VNC.Password = file, file
	}
}
