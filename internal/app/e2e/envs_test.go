package e2e_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"glint/env/gym"
	"glint/internal/app"
	"glint/internal/app/envs"
)

// list returns the names that envs.List prints with --json, and what it notes.
func list(t *testing.T, filter string) (names []string, notes string) {
	t.Helper()
	out, told := new(bytes.Buffer), new(bytes.Buffer)
	if err := envs.List(t.Context(), filter, app.IO{Stdout: out, Stderr: told, JSON: true}); err != nil {
		t.Fatal(err)
	}
	envs, ok := lastLine(t, out.String())["environments"].([]any)
	if !ok {
		t.Fatalf("no environments in %s", out)
	}
	for _, e := range envs {
		line := e.(map[string]any)
		names = append(names, line["name"].(string))
		if line["name"] == "gym:ALE/Pong-v5" && line["preset"] != "Pong" {
			t.Errorf("the preset of Pong is %v", line["preset"])
		}
	}
	return names, told.String()
}

// TestList lists all that Gymnasium knows, and some of it.
func TestList(t *testing.T) {
	needGym(t)
	if _, err := gym.Install(t.Context(), gym.InstallOptions{}); err != nil {
		t.Fatal(err)
	}
	names, notes := list(t, "")
	if all := strings.Join(names, " "); len(names) < 100 || names[0] != "dojo" || !strings.Contains(all, "gym:ALE/KungFuMaster-v5") || !strings.Contains(all, "gym:CarRacing-v3") {
		t.Errorf("%d environments lack the known ones: %s", len(names), all)
	}
	if notes != "" {
		t.Errorf("notes: %s", notes)
	}
	names, _ = list(t, "PONG")
	if all := strings.Join(names, " "); len(names) == 0 || len(names) > 10 || strings.Contains(all, "dojo") || !strings.Contains(all, "gym:ALE/Pong-v5") {
		t.Errorf("those with pong in their names: %s", all)
	}
	out := new(bytes.Buffer)
	if err := envs.List(t.Context(), "ALE/Pong-v5", app.IO{Stdout: out, Stderr: new(bytes.Buffer)}); err != nil {
		t.Fatal(err)
	}
	if line := out.String(); !strings.HasPrefix(line, "gym:ALE/Pong-v5 ") || !strings.Contains(line, "small objects known") || strings.Count(line, "\n") != 1 {
		t.Errorf("the line of Pong:\n%s", line)
	}
}

// noPython hides the Python environment by an empty cache folder.
func noPython(t *testing.T) {
	t.Helper()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, t.TempDir())
	}
}

// TestListWithoutPython falls back to the games that have a preset, and says so.
func TestListWithoutPython(t *testing.T) {
	noPython(t)
	names, notes := list(t, "")
	if got := strings.Join(names, " "); got != "dojo gym:ALE/KungFuMaster-v5 gym:ALE/Pong-v5 gym:ALE/Breakout-v5" {
		t.Errorf("without Python there are %s", got)
	}
	if !strings.Contains(notes, "these are not all; glint env install") {
		t.Errorf("notes: %q", notes)
	}
	if names, _ = list(t, "nothing"); len(names) != 0 {
		t.Errorf("filtered to nothing: %s", names)
	}
	out, told := new(bytes.Buffer), new(bytes.Buffer)
	if err := envs.List(t.Context(), "nothing", app.IO{Stdout: out, Stderr: told}); err != nil || out.Len() > 0 || !strings.Contains(told.String(), `no environment has "nothing" in its name`) {
		t.Errorf("filtered to nothing: %q, notes %q, error %v", out, told, err)
	}
}

func TestInstallWithNamedPython(t *testing.T) {
	noPython(t)
	err := envs.Install(t.Context(), nil, "nosuchpython", quiet())
	if err == nil || !strings.Contains(err.Error(), "nosuchpython is no Python that runs") {
		t.Errorf("error %v, want the interpreter's name", err)
	}
}

// ender ends a server once it has said its last note.
type ender struct {
	bytes.Buffer
	end context.CancelFunc
}

func (e *ender) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("Ctrl-C")) {
		e.end()
	}
	return e.Buffer.Write(p)
}

// TestServeWarns wants a word about trust where others can connect, and only there.
func TestServeWarns(t *testing.T) {
	needGym(t)
	for listen, warned := range map[string]bool{"tcp://127.0.0.1:0": false, "tcp://localhost:0": false, "tcp://0.0.0.0:0": true} {
		ctx, cancel := context.WithCancel(t.Context())
		notes := &ender{end: cancel}
		if err := envs.Serve(ctx, listen, filepath.Join(t.TempDir(), "token"), app.IO{Stdout: new(bytes.Buffer), Stderr: notes}); err != nil {
			t.Fatal(err)
		}
		cancel()
		if got := strings.Contains(notes.String(), "not encrypted"); got != warned {
			t.Errorf("%s: warned %v, want %v:\n%s", listen, got, warned, notes)
		}
	}
}
