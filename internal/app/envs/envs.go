// Package envs lists, installs, serves, times and looks at environments, and learns to
// read scores off their screens.
package envs

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"glint/env/gym"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/names"
	"glint/internal/report"
)

// Install makes the Python environment of the Gym bridge, if it is missing, with the
// interpreter python, "" for the first on the PATH that fits.
func Install(ctx context.Context, extras []string, python string, o app.IO) error {
	for _, extra := range extras {
		if known := gym.Extras(); !slices.Contains(known, extra) {
			return app.Usagef("did you mean "+names.Nearest(extra, known)+"? There are "+strings.Join(known, ", "), "extra packages %q are unknown", extra)
		}
	}
	if old, err := gym.Python(""); err == nil && python != "" {
		o.Notef("the Python environment is there already and keeps its interpreter; to make it anew, remove %s", filepath.Dir(filepath.Dir(old)))
	}
	made, err := gym.Install(ctx, gym.InstallOptions{Extras: extras, Python: python, Progress: func(line string) { o.Notef("%s", line) }})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.Stdout, made)
	return err
}

// Serve offers environments to remote learners until ctx is done.
func Serve(ctx context.Context, listen, tokenFile string, o app.IO) error {
	if !strings.HasPrefix(listen, "tcp://") {
		return app.Usagef("write --listen tcp://HOST:PORT", "cannot listen on %q", listen)
	}
	python, err := gym.Install(ctx, gym.InstallOptions{Progress: func(line string) { o.Notef("%s", line) }})
	if err != nil {
		return err
	}
	return gym.Serve(ctx, gym.ServeOptions{
		Listen: listen, TokenFile: tokenFile, Python: python,
		Progress: func(line string) { o.Notef("%s", line) },
		Ready: func(address string) {
			o.Notef("serving environments on %s; use them by: glint train --env %s/ALE/KungFuMaster-v5 --token-file %s", address, address, tokenFile)
			if !loopback(address) {
				o.Notef("beyond this machine: the token lets a learner run any Python code here, and the traffic is not encrypted; use a network you trust, or ssh -L")
			}
			o.Notef("Ctrl-C ends it")
		},
	})
}

// loopback says whether tcp://host:port can be reached from this machine alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(strings.TrimPrefix(address, "tcp://"))
	return err == nil && net.ParseIP(host).IsLoopback()
}

// Environment is one line of the list of environments.
type Environment struct {
	Name   string `json:"name"`
	Preset string `json:"preset"` // the game that glint knows, empty for none
}

// List prints the environments that can be used: those whose names contain filter.
func List(ctx context.Context, filter string, o app.IO) error {
	envs := []Environment{{"dojo", "dojo"}}
	python, err := gym.Python("")
	if err == nil {
		ids, err := gym.IDs(ctx, python)
		if err != nil {
			return err
		}
		for _, id := range ids {
			envs = append(envs, Environment{"gym:" + id, pixels.PresetFor("gym:" + id).Name})
		}
	} else {
		for _, id := range []string{"ALE/KungFuMaster-v5", "ALE/Pong-v5", "ALE/Breakout-v5"} {
			envs = append(envs, Environment{"gym:" + id, pixels.PresetFor("gym:" + id).Name})
		}
		o.Notef("the Python environment is not installed, so these are not all; glint env install makes it")
	}
	shown := []Environment{}
	for _, e := range envs {
		if strings.Contains(strings.ToLower(e.Name), strings.ToLower(filter)) {
			shown = append(shown, e)
		}
	}
	if o.JSON {
		return json.NewEncoder(o.Stdout).Encode(map[string][]Environment{"environments": shown})
	}
	for _, e := range shown {
		line := e.Name
		if e.Preset != "" {
			line = fmt.Sprintf("%-44s crop, projection and small objects known", e.Name)
		}
		if _, err := fmt.Fprintln(o.Stdout, line); err != nil {
			return err
		}
	}
	if len(shown) == 0 {
		o.Notef("no environment has %q in its name; glint env list shows all", filter)
	}
	return nil
}

// BenchResult compares the bridge with a bare loop over the same emulators.
type BenchResult struct {
	FramesPerS     float64 `json:"frames_per_s"`
	BareFramesPerS float64 `json:"bare_frames_per_s"`
	Ratio          float64 `json:"ratio"`
	WorkerRatio    float64 `json:"worker_ratio"` // by the processor time of the worker alone
}

// Bench measures the throughput of the bridge.
func Bench(ctx context.Context, env string, o app.IO) error {
	id, ok := strings.CutPrefix(env, "gym:")
	if !ok {
		return app.Usagef("give one such as gym:ALE/KungFuMaster-v5", "%s is not an environment of the bridge", env)
	}
	python, err := gym.Install(ctx, gym.InstallOptions{Progress: func(line string) { o.Notef("%s", line) }})
	if err != nil {
		return err
	}
	b := gym.DefaultBenchOptions(id)
	b.Env.Python = python
	b.Env.Crop = pixels.PresetFor(env).Config.Crop
	r, err := gym.Bench(ctx, b)
	if err != nil {
		return err
	}
	res := BenchResult(r)
	if o.JSON {
		return json.NewEncoder(o.Stdout).Encode(res)
	}
	s := &report.Summary{Title: "bridge to " + env}
	s.Add("Emulated frames a second, one worker on one core, medians",
		"bridge", fmt.Sprintf("%.0f", res.FramesPerS), "bare loop", fmt.Sprintf("%.0f", res.BareFramesPerS),
		"ratio", fmt.Sprintf("%.3f by wall clock, %.3f by the worker's processor time", res.Ratio, res.WorkerRatio))
	return s.Write(o.Stdout)
}
