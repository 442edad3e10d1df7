package e2e_test

import (
	"bytes"
	"errors"
	"image"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glint/env"
	"glint/env/envtest"
	"glint/env/gym"
	"glint/env/vnc"
	"glint/internal/app/config"
	"glint/internal/app/envs"
	"glint/internal/app/eval"
	"glint/internal/app/play"
)

// remoteServer is what scripts/remote runs.
const remoteServer = "../../../scripts/remote-server"

// remote starts scripts/remote-server with arguments. It returns the environment's name,
// the settings to play it with, and the process, which ends with the test.
func remote(t *testing.T, args ...string) (string, config.Config, *exec.Cmd) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a VNC server and Python")
	}
	if _, err := exec.LookPath("Xvnc"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("Xvnc is missing: apt-get install tigervnc-standalone-server")
	}
	needExtra(t, "remote")
	python, err := gym.Python("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	toml, err := exec.CommandContext(t.Context(), python, append([]string{"-B", remoteServer, "--print-config"}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "keys.toml")
	if err := os.WriteFile(file, toml, 0o600); err != nil {
		t.Fatal(err)
	}
	ports := []string{freePort(t), freePort(t)}
	name := "vnc://127.0.0.1:" + ports[0] + "+" + ports[1]
	c, err := config.Load(file, config.Base{Env: name})
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, append([]string{"-B", remoteServer, "--port", ports[0], "--rewarder-port", ports[1]}, args...)...)
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(syscall.SIGTERM) }, 10*time.Second
	cmd.Stderr, cmd.Env = log, append(os.Environ(), "TMPDIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // told to end
		_ = log.Close()
	})
	for range 600 {
		if strings.Contains(string(read(t, log.Name())), name) {
			return name, c, cmd
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("scripts/remote does not start: %s", read(t, log.Name()))
	return "", c, nil
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// screenOf opens what remote returned.
func screenOf(t testing.TB, name string, c config.Config, crop image.Rectangle) *vnc.Vec {
	t.Helper()
	address, rewarder, err := vnc.ParseURL(name)
	if err != nil {
		t.Fatal(err)
	}
	o := vnc.DefaultOptions(address)
	o.Rewarder, o.Keys, o.Clock, o.Commit, o.Rate = rewarder, c.VNC.Keys, c.VNC.Clock, c.VNC.Commit, c.VNC.Rate
	o.Repeat, o.MaxFrames, o.Crop, o.Timeout = c.VNC.Repeat, env.Frames(c.VNC.MaxFrames)+1, crop, 30*time.Second
	v, err := vnc.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestLockstepIsTheBridge plays the same actions from the same seeds through a VNC server
// and over the bridge, and compares all that both say.
func TestLockstepIsTheBridge(t *testing.T) {
	for _, c := range []struct {
		id       string
		crop     image.Rectangle
		limit    int // of frames, no multiple of a step's
		steps    int
		ends     int
		resetsAt []int
	}{
		{"ALE/KungFuMaster-v5", image.Rect(12, 98, 156, 162), 1602, 1100, 2, []int{0, 60, 1000}},
		{"ALE/Breakout-v5", image.Rect(0, 0, 160, 210), 108_000, 300, 1, []int{0}},
	} {
		t.Run(c.id, func(t *testing.T) {
			name, settings, _ := remote(t, c.id, "--lockstep", "--max-frames", strconv.Itoa(c.limit))
			screen := screenOf(t, name, settings, c.crop)
			defer func() { _ = screen.Close() }()
			o := gym.DefaultOptions(c.id)
			o.Crop, o.NoopMax, o.MaxFrames = c.crop, 30, env.Frames(c.limit)
			bridge, err := gym.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = bridge.Close() }()
			next := envtest.Random(bridge.Spec(), 3)
			var was, is *env.Batch
			ends := 0
			for k := range c.steps {
				if slices.Contains(c.resetsAt, k) {
					seeds := []uint64{1<<40 + uint64(k)}
					was, is = both(t, bridge, screen, func(v env.Vec) (*env.Batch, error) { return v.Reset(t.Context(), seeds) })
					compare(t, k, bridge.Spec(), was, is)
				}
				actions := next()
				was, is = both(t, bridge, screen, func(v env.Vec) (*env.Batch, error) { return v.Step(t.Context(), actions) })
				compare(t, k, bridge.Spec(), was, is)
				if was.Ended(0) {
					ends++
				}
			}
			if ends < c.ends {
				t.Errorf("%d episodes ended, want %d or more", ends, c.ends)
			}
		})
	}
}

// TestLockstepConformance runs the suite on a game behind a VNC server.
func TestLockstepConformance(t *testing.T) {
	name, settings, _ := remote(t, "ALE/Breakout-v5", "--lockstep")
	opener := func(frames int64) func(testing.TB, int) env.Vec {
		return func(tb testing.TB, _ int) env.Vec {
			c := settings
			c.VNC.MaxFrames = frames
			return screenOf(tb, name, c, settings.Pixels.Crop)
		}
	}
	o := envtest.DefaultOptions()
	o.Single, o.DigestSteps, o.EndSteps, o.OpenShort = true, 30, 600, opener(200)
	envtest.Run(t, opener(settings.VNC.MaxFrames), o)
}

func both(t *testing.T, a, b env.Vec, do func(env.Vec) (*env.Batch, error)) (was, is *env.Batch) {
	t.Helper()
	was, err := do(a)
	if err == nil {
		is, err = do(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return was, is
}

// compare wants a screen to say what the bridge says.
func compare(t *testing.T, step int, s env.Spec, was, is *env.Batch) {
	t.Helper()
	colours := func(pix []byte) []byte {
		var all []byte
		for _, p := range pix {
			all = append(all, s.Palette[p].R, s.Palette[p].G, s.Palette[p].B)
		}
		return all
	}
	switch {
	case is.Invalid[0] || was.Terminated[0] != is.Terminated[0] || was.Truncated[0] != is.Truncated[0]:
		t.Fatalf("step %d: terminated %v, truncated %v, invalid %v; the bridge says %v, %v", step, is.Terminated, is.Truncated, is.Invalid, was.Terminated, was.Truncated)
	case was.Reward[0] != is.Reward[0] || was.Return[0] != is.Return[0]:
		t.Fatalf("step %d: reward %v, return %v; the bridge says %v, %v", step, is.Reward, is.Return, was.Reward, was.Return)
	case was.EpisodeID[0] != is.EpisodeID[0] || was.Elapsed[0] != is.Elapsed[0]:
		t.Fatalf("step %d: episode %v, %v frames old; the bridge says %v, %v", step, is.EpisodeID, is.Elapsed, was.EpisodeID, was.Elapsed)
	case !bytes.Equal(colours(was.Obs), is.Obs):
		t.Fatalf("step %d: the frames differ from the bridge's", step)
	case was.Ended(0) && !bytes.Equal(colours(was.Final), is.Final):
		t.Fatalf("step %d: the last frames of the episode differ from the bridge's", step)
	}
}

// TestTrainOverVNC trains on a real display for some seconds, and plays what came out.
func TestTrainOverVNC(t *testing.T) {
	name, c, _ := remote(t, "ALE/Breakout-v5", "--fps", "240")
	s := small(name, "a2c")
	s.SetEnvs(1)
	s.VNC, s.Pixels = c.VNC, c.Pixels
	s.Steps, s.Agent.Pretrain.Steps, s.Agent.Pretrain.Updates = 300, 100, 20
	s.Pixels.Projection, s.Pixels.Crop = "luma", image.Rect(8, 32, 152, 208)
	dir := filepath.Join(t.TempDir(), "run")
	if res := trained(t, s, dir); res.Steps < 300 || res.Episodes == 0 {
		t.Errorf("%d steps in %d episodes, want 300 in some", res.Steps, res.Episodes)
	}
	e := eval.Options{Who: play.Who{Checkpoint: dir}, Episodes: 1, Envs: 1, Change: func(c *config.Config) { c.VNC.MaxFrames = 240 }}
	res, err := eval.Run(t.Context(), e, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if f := res.Screen; f == nil || f.Steps < 10 || f.Reconnects > 0 {
		t.Errorf("the screen's figures are %+v", f)
	}
}

// TestRemoteEnds wants the display to end with the program, however that ends, and nothing
// to be left of either.
func TestRemoteEnds(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("openai\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			name, c, cmd := remote(t, "--password-file", secret)
			c.SetSecret(secret)
			seen, err := envs.View(t.Context(), envs.ViewOptions{Env: name, Seconds: 0.1, Change: func(into *config.Config) { into.VNC = c.VNC }}, quiet())
			if err != nil || seen.Width != 160 {
				t.Errorf("%+v, %v; want a screen of 160 pixels a row", seen, err)
			}
			address, rewarder, err := vnc.ParseURL(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			for _, a := range []string{address, rewarder} {
				for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
					c, err := net.Dial("tcp", a)
					if errors.Is(err, syscall.ECONNREFUSED) {
						break
					}
					if err == nil {
						_ = c.Close()
					}
					if time.Since(start) > 10*time.Second {
						t.Fatalf("10 s after %v somebody listens at %s", signal, a)
					}
				}
			}
			dir := filepath.Dir(cmd.Stderr.(*os.File).Name())
			if left := glob(t, dir, "*"); len(left) != 2 { // what remote itself wrote
				t.Errorf("%v are left, want keys.toml and log", left)
			}
		})
	}
}
