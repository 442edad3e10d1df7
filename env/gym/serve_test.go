package gym_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glint/env"
	"glint/env/envtest"
	"glint/env/gym"
)

// serving runs a server until the test ends and returns its address and token.
func serving(t *testing.T) (address, token string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	o := gym.ServeOptions{Listen: "tcp://127.0.0.1:0", TokenFile: file, Python: python(t), Ready: func(a string) { ready <- a }}
	go func() { done <- gym.Serve(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Serve goes on after its context ended")
		}
	})
	select {
	case address = <-ready:
	case err := <-done:
		t.Fatalf("Serve: %v", err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token file may be read by others: %v %v", info.Mode(), err)
	}
	return address, strings.TrimSpace(string(raw))
}

func TestRemoteEqualsLocal(t *testing.T) {
	address, token := serving(t)
	digest := func(o gym.Options) string {
		v := open(t, o)
		var sum envtest.Digest
		next := envtest.Random(v.Spec(), 3)
		b, err := v.Reset(t.Context(), []uint64{1, 2})
		for range 60 {
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
	local := kungFu(t, 2)
	remote := local
	remote.Address, remote.Token = address, token
	if digest(local) != digest(remote) {
		t.Error("a remote server shows other frames than a local worker")
	}
}

func TestServerStopsWithLearnersConnected(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- gym.Serve(ctx, gym.ServeOptions{Listen: "tcp://127.0.0.1:0", TokenFile: file, Python: python(t), Ready: func(a string) { ready <- a }})
	}()
	o := kungFu(t, 2)
	o.Address = <-ready
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o.Token = strings.TrimSpace(string(raw))
	v := open(t, o)
	if _, err := v.Reset(t.Context(), []uint64{1, 2}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := v.Step(t.Context(), []int{0, 0}); err == nil || !strings.Contains(err.Error(), "no server answers at tcp://") {
		t.Errorf("Step without a server: %v", err)
	}
}

func TestServeRefuses(t *testing.T) {
	address, token := serving(t)
	o := kungFu(t, 1)
	o.Address, o.Token = address, token+"x"
	_, err := gym.Open(t.Context(), o)
	var remote *gym.RemoteError
	if !errors.As(err, &remote) || remote.Code != "token" || strings.Contains(err.Error(), "\n") {
		t.Errorf("wrong token: %v", err)
	}
	file := filepath.Join(t.TempDir(), "token")
	err = gym.Serve(t.Context(), gym.ServeOptions{Listen: address, TokenFile: file, Python: o.Python})
	if err == nil || !strings.Contains(err.Error(), "is in use") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a port in use: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ listen, file, want string }{
		{"127.0.0.1:1", file, "write tcp://host:port"},
		{"tcp://127.0.0.1:0", "", "a server needs a token file"},
		{"tcp://127.0.0.1:0", empty, "is empty"},
		{"tcp://256.0.0.1:0", file, "listening on tcp://256.0.0.1:0"},
	} {
		err := gym.Serve(t.Context(), gym.ServeOptions{Listen: c.listen, TokenFile: c.file, Python: o.Python})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Serve(%q, %q): %v, want %q", c.listen, c.file, err, c.want)
		}
	}
}

func TestNoServer(t *testing.T) {
	o := gym.DefaultOptions("ALE/Pong-v5")
	o.Address, o.Token = "tcp://127.0.0.1:9", "x"
	_, err := gym.Open(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "no server answers at tcp://127.0.0.1:9") {
		t.Errorf("Open: %v", err)
	}
	if _, err := gym.Open(t.Context(), gym.Options{}); err == nil || errors.Is(err, env.ErrClosed) {
		t.Errorf("Open of nothing: %v", err)
	}
}
