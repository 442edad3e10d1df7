package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glint/internal/report"
	"glint/internal/stats"
)

// The files of a trial's folder. The contract of a trial: it reads the spec, trains in
// the run's folder, and writes the outcome when all is done, whole or not at all. It
// may be stopped at any time and started again, and then goes on where it was.
const (
	SpecFile    = "spec.json"
	OutcomeFile = "result.json"
	ErrorFile   = "error.txt" // why the last start failed
	RunFolder   = "run"
)

// TrialsFolder holds the trials, in the study folder.
const TrialsFolder = "trials"

// TimingFolder is in the study folder while a trial's length is found.
const TimingFolder = "timing"

// Rate is the figure of a trial that is only timed: updates or steps a minute.
const Rate = "rate"

// ErrTryAgain says that a trial was stopped, or kept from its folder, and is to be
// started again.
var ErrTryAgain = errors.New("the trial is to be started again")

// Spec is what a trial is to do. Paths are relative to the study folder.
type Spec struct {
	Arm     string `json:"arm"`
	Seed    uint64 `json:"seed"`
	Kind    string `json:"kind"`
	HeldOut string `json:"held_out"` // dataset that pretrain is judged on
	// What the datasets are, replay.Meta.ID, and of how many steps, since a part of one has its
	// ID; so that no other takes their place.
	DataID      string `json:"data_id"`
	DataRows    int    `json:"data_rows"`
	HeldOutID   string `json:"held_out_id"`
	HeldOutRows int    `json:"held_out_rows"`
	// Critic is the SHA-256 of the weights of the critic that the trial asks, so that no other
	// takes its place; empty where it asks none.
	Critic string `json:"critic_sha256"`
	Eval   Games  `json:"eval"` // games that train is judged by
	// Timing is above 0 where only the speed is asked for, by so many trials side by side.
	Timing int `json:"timing"`
	// Config is the whole config of the training, as TOML.
	Config string `json:"config"`
}

// Outcome is what a trial says.
type Outcome struct {
	// Figures are all numbers of the judge's output, by its keys.
	Figures map[string]float64 `json:"figures"`
	// Ratios are the figures that add up over frames, by episode of the held-out dataset and
	// by their keys.
	Ratios  map[uint64]map[string]stats.Ratio `json:"ratios,omitempty"`
	Version string                            `json:"version"` // of what computed them
	Note    string                            `json:"note"`    // what is special about them; may be empty
	Weights string                            `json:"weights_sha256"`
}

// Folder returns the folder of a trial, relative to the study folder.
func (s Spec) Folder() string {
	if s.Timing > 0 {
		return fmt.Sprintf("%s/%d", TimingFolder, s.Timing)
	}
	return fmt.Sprintf("%s/%s-seed%d", TrialsFolder, s.Arm, s.Seed)
}

// text is the spec as its file has it.
func (s Spec) text() string {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // it is made of numbers and strings
	}
	return string(b) + "\n"
}

// Check refuses trials that were begun with other settings. It writes nothing.
func Check(dir string, specs []Spec) error {
	for _, s := range specs {
		b, err := os.ReadFile(filepath.Join(dir, s.Folder(), SpecFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading the spec of a trial: %w", err)
		}
		if was, now := string(b), s.text(); was != now && s.begun(dir) {
			return &PlanError{
				fmt.Sprintf("%s was begun with other settings: %s", s.Folder(), Difference(was, now)),
				"put the arm or the dataset back, go on with the glint that began it, or choose another --out",
			}
		}
	}
	return nil
}

// begun says whether there is anything of a trial but its spec.
func (s Spec) begun(dir string) bool {
	for _, name := range []string{RunFolder, OutcomeFile} {
		if _, err := os.Stat(filepath.Join(dir, s.Folder(), name)); err == nil {
			return true
		}
	}
	return false
}

// write puts the spec into its folder. What is there keeps its time where it is the same.
func (s Spec) write(dir string) error {
	path := filepath.Join(dir, s.Folder(), SpecFile)
	if old, err := os.ReadFile(path); err == nil && string(old) == s.text() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing the spec of a trial: %w", err)
	}
	if err := report.ReplaceFile(path, []byte(s.text())); err != nil {
		return fmt.Errorf("writing the spec of a trial: %w", err)
	}
	return nil
}

// Difference says in one line how a text differs from what it was.
func Difference(was, now string) string {
	a, b := lines(was), lines(now)
	for i := range max(len(a), len(b)) {
		at := func(s []string) string {
			if i < len(s) && s[i] != "" {
				return s[i]
			}
			return "nothing"
		}
		if at(a) != at(b) {
			return fmt.Sprintf("it has %s, now there is %s", at(a), at(b))
		}
	}
	return "nothing"
}

// lines splits a text, also where it is a string of JSON.
func lines(s string) (all []string) {
	for line := range strings.SplitSeq(strings.ReplaceAll(s, `\n`, "\n"), "\n") {
		all = append(all, strings.TrimSpace(line))
	}
	return all
}

// ReadSpec reads a spec.
func ReadSpec(path string) (s Spec, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return s, fmt.Errorf("reading the spec of a trial: %w", err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("reading the spec of a trial: %s: %w", path, err)
	}
	return s, nil
}

// outcome reads what a trial says, nil where it has not ended.
func (s Spec) outcome(dir string) (*Outcome, error) {
	b, err := os.ReadFile(filepath.Join(dir, s.Folder(), OutcomeFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the result of a trial: %w", err)
	}
	var o Outcome
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, fmt.Errorf("reading the result of %s: %w", s.Folder(), err)
	}
	return &o, nil
}
