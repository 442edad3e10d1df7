package gym_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"image"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"glint/env"
	"glint/env/envtest"
	"glint/env/gym"
)

// fight is the part of Kung-Fu Master's screen where everything happens.
var fight = image.Rect(12, 98, 156, 162)

func TestALEConformance(t *testing.T) {
	python(t)
	// The walk in takes 80 steps, during which the game hears nobody.
	o := envtest.DefaultOptions()
	o.DigestSteps = 120
	o.OpenShort = func(tb testing.TB, n int) env.Vec {
		k := kungFu(tb, n)
		k.MaxFrames = 400
		return open(tb, k)
	}
	envtest.Run(t, func(tb testing.TB, n int) env.Vec { return open(tb, kungFu(tb, n)) }, o)
}

// TestStackedSaves follows a loaded state whose observation is a stack, with
// no-op starts and another pixel format.
func TestStackedSaves(t *testing.T) {
	o := gym.DefaultOptions("ALE/Breakout-v5")
	o.Python, o.Stack, o.NoopMax, o.Format = python(t), true, 30, env.Gray
	play := func(v *gym.Vec, seed uint64) string {
		var sum envtest.Digest
		next := envtest.Random(v.Spec(), seed)
		for range 150 {
			b, err := v.Step(t.Context(), next())
			if err != nil {
				t.Fatal(err)
			}
			if err := sum.WriteBatch(v.Spec(), b); err != nil {
				t.Fatal(err)
			}
		}
		return sum.String()
	}
	first, second := open(t, o), open(t, o)
	if _, err := first.Reset(t.Context(), []uint64{1}); err != nil {
		t.Fatal(err)
	}
	play(first, 1)
	state, err := first.Save(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Load(t.Context(), 0, state); err != nil {
		t.Fatal(err)
	}
	if play(first, 2) != play(second, 2) {
		t.Error("150 steps after Load differ from the undisturbed run")
	}
	o.Stack = false
	if err := open(t, o).Load(t.Context(), 0, state); err == nil {
		t.Error("a state with a stack was loaded into an environment without one")
	}
}

func TestGymConformance(t *testing.T) {
	python(t)
	o := envtest.DefaultOptions()
	o.DigestSteps, o.EndSteps = 40, 1500
	envtest.Run(t, func(tb testing.TB, n int) env.Vec {
		k := gym.DefaultOptions("ALE/Breakout-v5")
		k.Backend, k.Python, k.N = "gym", python(tb), n
		k.Repeat, k.Stack, k.Sticky = 1, true, 0
		return open(tb, k)
	}, o)
}

// chain hashes batches the way testdata/oracle.py does.
type chain struct{ hash.Hash }

func (c chain) note(obs, aux []byte, reward float64, done bool) {
	c.Write(obs)
	c.Write(aux)
	tail := binary.LittleEndian.AppendUint64(nil, math.Float64bits(reward))
	if done {
		c.Write(append(tail, 1))
	} else {
		c.Write(append(tail, 0))
	}
}

// TestFramesEqualALE compares 10,000 frames, bytes of RAM and rewards with those
// of a loop over ALE that shares no code with the bridge.
func TestFramesEqualALE(t *testing.T) {
	o := kungFu(t, 1)
	o.Sticky = 0
	v := open(t, o)
	const steps = 2500
	rng := rand.New(rand.NewPCG(1, 2))
	moves := make([]byte, steps)
	got := chain{sha256.New()}
	b, err := v.Reset(t.Context(), []uint64{7})
	if err != nil {
		t.Fatal(err)
	}
	got.note(b.Obs, b.Aux, 0, false)
	ends := 0
	for k := range moves {
		moves[k] = byte(rng.IntN(v.Spec().Actions))
		if b, err = v.Step(t.Context(), []int{int(moves[k])}); err != nil {
			t.Fatal(err)
		}
		if !b.Ended(0) {
			got.note(b.Obs, b.Aux, b.Reward[0], false)
			continue
		}
		ends++
		got.note(b.Final, b.FinalAux, b.Reward[0], true)
		got.note(b.Obs, b.Aux, 0, false)
	}
	if ends == 0 {
		t.Error("no episode ended: the final frames were not compared")
	}
	seed := strconv.FormatUint(splitMix(7)>>33, 10)
	cmd := exec.CommandContext(t.Context(), o.Python, "testdata/oracle.py", "kung_fu_master", seed, "12", "98", "156", "162")
	cmd.Stdin = bytes.NewReader(moves)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("oracle: %v", err)
	}
	if want, is := strings.TrimSpace(string(out)), hex.EncodeToString(got.Sum(nil)); is != want {
		t.Errorf("%d frames with %d ends hash to %s, ALE's own to %s", 4*steps, ends, is, want)
	}
}

// splitMix is the first draw of SplitMix64 after a seed, which seeds ALE.
func splitMix(z uint64) uint64 {
	z += 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// TestSticky asks that sticky actions change what happens, and only them.
func TestSticky(t *testing.T) {
	still := kungFu(t, 1)
	still.Sticky = 0
	loose := still
	loose.Sticky = 0.9
	digest := func(o gym.Options) string {
		v := open(t, o)
		var sum envtest.Digest
		next := envtest.Random(v.Spec(), 3)
		b, err := v.Reset(t.Context(), []uint64{1})
		for range 150 {
			if err != nil {
				t.Fatal(err)
			}
			if err := sum.WriteBatch(v.Spec(), b); err != nil {
				t.Fatal(err)
			}
			b, err = v.Step(t.Context(), next())
		}
		return sum.String()
	}
	if a, b := digest(still), digest(still); a != b {
		t.Error("equal seeds differ without sticky actions")
	}
	if digest(still) == digest(loose) {
		t.Error("sticky actions change nothing")
	}
}

func TestSpecOfKungFu(t *testing.T) {
	s := open(t, kungFu(t, 2)).Spec()
	if s.Name != "gym:ALE/KungFuMaster-v5" || s.Actions != 14 || s.Meanings[0] != "NOOP" || s.AuxLen != 128 || !s.Saves {
		t.Errorf("Spec: %+v", s)
	}
	if s.T != 4 || s.H != 64 || s.W != 144 || s.Repeat != 4 || s.Stacked || s.Format != env.Index || len(s.Palette) != 256 {
		t.Errorf("Spec: %+v", s)
	}
	if c := s.Palette[2]; c.R != 74 || c.G != 74 || c.B != 74 {
		t.Errorf("palette 2 is %v, want the knife's (74,74,74)", c)
	}
}

func TestOpenRefuses(t *testing.T) {
	interpreter := python(t)
	for _, c := range []struct{ id, want string }{
		{"ALE/KungFuMster-v5", "did you mean ALE/KungFuMaster-v5"},
		{"CarRacng-v3", "did you mean CarRacing-v3"},
		{"CartPole-v1", "its observations are Box(4,) of float32; glint needs uint8 images"},
		{"Pendulum-v1", "its action space is Box(-2.0, 2.0, (1,), float32); glint plays Discrete actions"},
		{"FrozenLake-v1", "its observations are Discrete"},
		{"nosuchmodule:Foo-v1", "it needs the Python module nosuchmodule"},
	} {
		o := gym.DefaultOptions(c.id)
		o.Python = interpreter
		v, err := gym.Open(t.Context(), o)
		if err == nil {
			_ = v.Close()
			t.Errorf("%s was opened", c.id)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v\nwant one line with %q", c.id, err, c.want)
		}
	}
	o := kungFu(t, 1)
	o.Crop = image.Rect(0, 0, 161, 10)
	if _, err := gym.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "not inside the screen of 160x210") {
		t.Errorf("crop beyond the screen: %v", err)
	}
}

func TestIDs(t *testing.T) {
	ids, err := gym.IDs(t.Context(), python(t))
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(ids, " "); !strings.Contains(all, "ALE/KungFuMaster-v5") || !strings.Contains(all, "CarRacing-v3") {
		t.Errorf("%d ids lack the known ones", len(ids))
	}
}

func TestTracebackIsKept(t *testing.T) {
	o := gym.DefaultOptions("CartPole-v1")
	o.Python, o.Wrapper = python(t), "json:loads"
	_, err := gym.Open(t.Context(), o)
	var remote *gym.RemoteError
	if !errors.As(err, &remote) {
		t.Fatalf("Open: %v, want a RemoteError", err)
	}
	if remote.Code != "exception" || !strings.Contains(remote.Traceback, "Traceback") || strings.Contains(err.Error(), "\n") {
		t.Errorf("code %q, text %q, traceback %q", remote.Code, err, remote.Traceback)
	}
}
