package config

import (
	"fmt"
	"os"
	"path/filepath"

	"glint/env/vnc"
	"glint/internal/app"
	"glint/internal/report"
)

// screenDir is the folder of a run with copies of the files that [[vnc.score]] and [vnc.end]
// name, so that the run needs nothing else and goes on as it began.
const screenDir = "screen"

// ScreenFiles are the files that scores and ends name or, of a run that has begun, its copies.
type ScreenFiles struct {
	Run  string            // folder of the run; empty for none
	hold map[string][]byte // what they hold, by the names of the copies; nil before they are read
}

// Read reads the files once. Their names become such that they can be found from any folder.
func (v *VNC) Read() error {
	if v.Files == nil {
		v.Files = &ScreenFiles{}
	}
	if v.Files.hold != nil {
		return nil
	}
	files := map[string][]byte{}
	read := func(name string, path *string) (err error) {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
		if v.Files.Run == "" {
			if files[name], err = os.ReadFile(*path); err != nil {
				return app.Usagef(mendScore, "a file cannot be read (%v)", err)
			}
			return nil
		}
		from := filepath.Join(v.Files.Run, screenDir, name)
		if files[name], err = os.ReadFile(from); err != nil {
			return app.Usagef(fmt.Sprintf("is %s as it was when the run began? Then copy it to %s", *path, from), "the run's copy of a file cannot be read (%v)", err)
		}
		return nil
	}
	for i := range v.Score {
		if v.Score[i].File == "" {
			return app.Usagef("make templates by glint env score, and name them as file", "a [[vnc.score]] in the config has no file")
		}
		if err := read(scoreFile(i), &v.Score[i].File); err != nil {
			return err
		}
	}
	for i := range v.End.Pictures {
		if err := read(endFile(i), &v.End.Pictures[i]); err != nil {
			return err
		}
	}
	v.Files.hold = files
	return nil
}

// The names of the copies.
func scoreFile(i int) string { return fmt.Sprintf("score-%d.json", i+1) }
func endFile(i int) string   { return fmt.Sprintf("end-%d.png", i+1) }

// Board returns what is read off the screen by what the files hold.
func (v *VNC) Board() (scores []vnc.Score, end vnc.End, err error) {
	if err := v.Read(); err != nil {
		return nil, end, err
	}
	for i, s := range v.Score {
		one, err := s.options(v.Files.hold[scoreFile(i)])
		if err != nil {
			return nil, end, err
		}
		scores = append(scores, one)
	}
	var pictures [][]byte
	for i := range v.End.Pictures {
		pictures = append(pictures, v.Files.hold[endFile(i)])
	}
	end, err = v.End.options(pictures)
	return scores, end, err
}

// Keep puts copies of what the files hold into a run folder.
func (v *VNC) Keep(run string) error {
	if v.Files == nil || len(v.Files.hold) == 0 {
		return nil
	}
	dir := filepath.Join(run, screenDir)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("keeping what the screen is read by: %w", err)
	}
	for name, b := range v.Files.hold {
		if err := report.ReplaceFile(filepath.Join(dir, name), b); err != nil {
			return fmt.Errorf("keeping what the screen is read by: %w", err)
		}
	}
	return nil
}
