package replay

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"

	"glint/env"
)

// The files of a dataset.
const (
	specName    = "spec.json"
	shardSuffix = ".parquet"
	// metaVersion changes when a reader of the old files would misread the new.
	metaVersion = 1
)

// shardName names shard i. The numbers have no gap, so that Open can tell a lost
// shard from a short recording.
func shardName(i int) string { return fmt.Sprintf("part-%05d%s", i, shardSuffix) }

// Meta describes a recorded dataset; it is the dataset's spec.json.
type Meta struct {
	// Version is the version of the files; Create sets it.
	Version int `json:"version"`
	// Env is the environment's name as a user writes it, Options what it was opened
	// with beyond its defaults.
	Env     string            `json:"env"`
	Options map[string]string `json:"options,omitempty"`
	// Policy says who played: "random", "varied", "scripted", "person", a checkpoint, or
	// several with commas.
	Policy string `json:"policy"`
	// Seed determines the environments and the policy.
	Seed uint64 `json:"seed"`
	// Sticky is the probability that an action was replaced by the one before.
	Sticky float64 `json:"sticky"`

	// Format is the meaning of a pixel's bytes, Palette the red, green and blue of
	// each index where Format is env.Index.
	Format  env.Format `json:"format"`
	Palette [][3]uint8 `json:"palette,omitempty"`
	// T, H, W and C are the shape of obs: frames, rows, columns, bytes a pixel.
	T int `json:"t"`
	H int `json:"h"`
	W int `json:"w"`
	C int `json:"c"`
	// Crop is the rectangle of the screen that obs shows, in its pixels; empty where
	// obs is the whole screen.
	Crop Crop `json:"crop"`
	// Repeat is the frames an action is held for; Stacked says that the T frames
	// come from T steps instead of one.
	Repeat  int  `json:"repeat"`
	Stacked bool `json:"stacked"`
	// Distinct says that steps without reward whose obs was in the dataset already
	// were left out, the last ones of episodes excepted, so that the numbers of an
	// episode's steps may have gaps.
	Distinct bool `json:"distinct,omitempty"`
	// Actions is the number of actions, Meanings their names where they have any.
	Actions  int      `json:"actions"`
	Meanings []string `json:"meanings,omitempty"`
	// Truth says that the boxes are the true small objects, so that a step without
	// one shows none. Without it nothing is known, and there are no boxes.
	Truth bool `json:"truth"`
}

// Crop is a rectangle of the screen in pixels.
type Crop struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// MetaOf returns a Meta with what an environment's Spec says; who played, with
// which seed and on which part of the screen is the caller's to fill in.
func MetaOf(s env.Spec) Meta {
	m := Meta{
		Version: metaVersion, Env: s.Name, Format: s.Format,
		T: s.T, H: s.H, W: s.W, C: s.Format.Channels(),
		Repeat: s.Repeat, Stacked: s.Stacked, Actions: s.Actions, Meanings: s.Meanings,
	}
	for _, c := range s.Palette {
		m.Palette = append(m.Palette, [3]uint8{c.R, c.G, c.B})
	}
	return m
}

// ID is equal for datasets that were recorded in the same way with the same seed, whole or
// in part, and else differs.
func (m Meta) ID() string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // it has been read from or is written as JSON
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

// Spec returns the Spec of an environment of n games that shows what the dataset
// holds. AuxLen and Saves, which a recording does not keep, are zero.
func (m Meta) Spec(n int) env.Spec {
	s := env.Spec{
		Name: m.Env, N: n, T: m.T, H: m.H, W: m.W, Format: m.Format,
		Repeat: m.Repeat, Stacked: m.Stacked, Actions: m.Actions, Meanings: m.Meanings,
	}
	for _, c := range m.Palette {
		s.Palette = append(s.Palette, color.RGBA{R: c[0], G: c[1], B: c[2], A: 255})
	}
	return s
}

// ObsLen returns the bytes of one observation, T*H*W*C.
func (m Meta) ObsLen() int { return m.T * m.H * m.W * m.C }

// maxSide bounds each of T, H and W, so that their product cannot overflow.
const maxSide = 1 << 14

// Validate refuses a Meta that no recording can have, naming the field.
func (m Meta) Validate() error {
	for _, f := range []struct {
		name string
		v    int
	}{{"t", m.T}, {"h", m.H}, {"w", m.W}} {
		if f.v < 1 || f.v > maxSide {
			return fmt.Errorf("replay: %s is %d, valid are 1..%d", f.name, f.v, maxSide)
		}
	}
	switch {
	case m.Version != metaVersion:
		return fmt.Errorf("replay: version is %d, this program reads %d; record the dataset again", m.Version, metaVersion)
	case m.Format != env.Index && m.Format != env.Gray && m.Format != env.RGB && m.Format != env.Plane:
		return fmt.Errorf("replay: format is %q, valid are index, gray, rgb and plane", m.Format)
	case m.C != m.Format.Channels():
		return fmt.Errorf("replay: c is %d, format %s has %d bytes a pixel", m.C, m.Format, m.Format.Channels())
	case len(m.Palette) > 256:
		return fmt.Errorf("replay: palette has %d colours, at most 256 are valid", len(m.Palette))
	case m.Actions < 1:
		return fmt.Errorf("replay: actions is %d, at least 1 is needed", m.Actions)
	}
	return nil
}

// Row is one recorded step.
type Row struct {
	// Obs is the observation after the action, [T,H,W,C]; at the end of an episode
	// its last one.
	Obs []byte
	// Action was chosen on the observation before, Reward is what it brought.
	Action int
	Reward float64
	// Terminated says that the game's rules ended the episode here, Truncated that
	// a time limit or a fault did.
	Terminated, Truncated bool
	// Episode numbers the episodes of the dataset, Step the steps of one from 0.
	Episode uint64
	Step    uint64
	// Boxes are the true small objects of Obs, in its pixels; last observations of
	// episodes carry none.
	Boxes []env.Box
	// State is what the game's memory says of the last frame, nil where it is not
	// known.
	State *State
}

// State is the truth about the large things of a game, for probes.
type State struct {
	// PlayerX and PlayerY are a fixed place on the player's sprite, such as its top
	// left pixel, in pixels of obs, where it may lie outside.
	PlayerX int `parquet:"player_x"`
	PlayerY int `parquet:"player_y"`
	// Health, Lives and Floor are the game's own counters; Floor is 0 where a game
	// has none.
	Health int `parquet:"health"`
	Lives  int `parquet:"lives"`
	Floor  int `parquet:"floor"`
}

// shardRow is a Row as Parquet's columns.
type shardRow struct {
	plainRow
	State *State `parquet:"state,optional"`
}

// plainRow is the columns that every dataset has.
type plainRow struct {
	Obs        []byte     `parquet:"obs,zstd"`
	Action     int32      `parquet:"action"`
	Reward     float64    `parquet:"reward"`
	Terminated bool       `parquet:"terminated"`
	Truncated  bool       `parquet:"truncated"`
	Episode    uint64     `parquet:"episode"`
	Step       uint64     `parquet:"step"`
	Boxes      []shardBox `parquet:"boxes,list"`
}

type shardBox struct {
	Kind  string `parquet:"kind"`
	Frame int32  `parquet:"frame"`
	X     int32  `parquet:"x"`
	Y     int32  `parquet:"y"`
	W     int32  `parquet:"w"`
	H     int32  `parquet:"h"`
}

func (r *shardRow) set(row Row) {
	boxes := r.Boxes[:0]
	for _, b := range row.Boxes {
		boxes = append(boxes, shardBox{
			Kind: b.Kind, Frame: int32(b.Frame), X: int32(b.Rect.Min.X), Y: int32(b.Rect.Min.Y),
			W: int32(b.Rect.Dx()), H: int32(b.Rect.Dy()),
		})
	}
	r.plainRow = plainRow{
		Obs: row.Obs, Action: int32(row.Action), Reward: row.Reward, Terminated: row.Terminated,
		Truncated: row.Truncated, Episode: row.Episode, Step: row.Step, Boxes: boxes,
	}
	r.State = row.State
}

func (r *shardRow) row() Row {
	row := Row{
		Obs: r.Obs, Action: int(r.Action), Reward: r.Reward, Terminated: r.Terminated,
		Truncated: r.Truncated, Episode: r.Episode, Step: r.Step, State: r.State,
	}
	for _, b := range r.Boxes {
		rect := image.Rectangle{Min: image.Pt(int(b.X), int(b.Y)), Max: image.Pt(int(b.X+b.W), int(b.Y+b.H))}
		row.Boxes = append(row.Boxes, env.Box{Kind: b.Kind, Frame: int(b.Frame), Rect: rect})
	}
	return row
}

// checkRow refuses a Row that does not fit the dataset.
func (m Meta) checkRow(row *Row) error {
	switch {
	case len(row.Obs) != m.ObsLen():
		return fmt.Errorf("obs has %d bytes, %s says %d", len(row.Obs), specName, m.ObsLen())
	case row.Action < 0 || row.Action >= m.Actions:
		return fmt.Errorf("action is %d, valid are 0..%d", row.Action, m.Actions-1)
	case math.IsNaN(row.Reward):
		return errors.New("reward is no number")
	}
	return nil
}

// Split says whether an episode belongs to the validation part, which takes
// valShare (0..1) of the episodes. It depends on its arguments alone, so that the
// frames of one episode never fall into both parts.
func Split(episode uint64, valShare float64) bool {
	// The output function of SplitMix64, Steele, Lea and Flood, "Fast splittable
	// pseudorandom number generators", OOPSLA 2014, figure 17.
	z := episode + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11)/(1<<53) < valShare
}

func readMeta(dir string) (Meta, error) {
	var m Meta
	path := filepath.Join(dir, specName)
	data, err := os.ReadFile(path)
	if err != nil {
		return m, fmt.Errorf("replay: %s is no dataset: %w", dir, err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("replay: reading %s: %w", path, err)
	}
	if err := m.Validate(); err != nil {
		return m, fmt.Errorf("replay: reading %s: %w", path, err)
	}
	return m, nil
}
