//go:build linux

package gym

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glint/env"
)

// installed returns the interpreter. Without one the test is skipped, except under
// CI, which installs it.
func installed(tb testing.TB) string {
	tb.Helper()
	python, err := Python("")
	if testing.Short() || (err != nil && os.Getenv("CI") != "true") {
		tb.Skip("needs Python")
	}
	if err != nil {
		if python, err = Install(tb.Context(), InstallOptions{}); err != nil {
			tb.Fatal(err)
		}
	}
	return python
}

// played opens n small Atari environments and plays a few steps.
func played(tb testing.TB, n, workers int) *Vec {
	tb.Helper()
	o := DefaultOptions("ALE/Pong-v5")
	o.N, o.Workers, o.Python = n, workers, installed(tb)
	v, err := Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := v.Close(); err != nil {
			tb.Error(err)
		}
	})
	if _, err := v.Reset(tb.Context(), make([]uint64, n)); err != nil {
		tb.Fatal(err)
	}
	for range 3 {
		if _, err := v.Step(tb.Context(), make([]int, n)); err != nil {
			tb.Fatal(err)
		}
	}
	return v
}

func TestKilledWorkerIsReplaced(t *testing.T) {
	v := played(t, 4, 2)
	if err := v.shards[1].link.proc.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	b, err := v.Step(t.Context(), make([]int, 4))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		dead := i >= 2
		if b.Invalid[i] != dead || b.Truncated[i] != dead || (b.EpisodeID[i] == 1) != dead {
			t.Errorf("environment %d: invalid %v, truncated %v, episode %d", i, b.Invalid[i], b.Truncated[i], b.EpisodeID[i])
		}
	}
	if b, err = v.Step(t.Context(), make([]int, 4)); err != nil || b.Invalid[3] || b.Elapsed[3] != 4 || b.Elapsed[0] != 20 {
		t.Errorf("the step after: %v, elapsed %v", err, b.Elapsed)
	}
}

func TestResetReplacesADeadWorker(t *testing.T) {
	v := played(t, 2, 2)
	_ = v.shards[0].link.proc.cmd.Process.Kill() // it may have ended
	<-v.shards[0].link.proc.done
	if b, err := v.Reset(t.Context(), []uint64{1, 2}); err != nil || b.EpisodeID[0] != 0 {
		t.Errorf("Reset after a crash: %v", err)
	}
}

// TestKilledBetweenHalves kills the one worker that serves both halves after one
// half was received: the other half must hear of it at its own next step.
func TestKilledBetweenHalves(t *testing.T) {
	v := played(t, 2, 1)
	ctx := t.Context()
	for g := range 2 {
		if err := v.Send(ctx, g, []int{0}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.Recv(ctx, 1); err != nil { // reads the answer of group 0 too
		t.Fatal(err)
	}
	if b, err := v.Recv(ctx, 0); err != nil || b.Invalid[0] {
		t.Fatalf("Recv: %v, %+v", err, b)
	}
	if err := v.shards[0].link.proc.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for g := range 2 {
			if err := v.Send(ctx, g, []int{0}); err != nil {
				t.Fatal(err)
			}
			b, err := v.Recv(ctx, g)
			if err != nil {
				t.Fatal(err)
			}
			if first := v.batch.EpisodeID[0] == 0; b.Invalid[0] != first || b.EpisodeID[0] != 1 {
				t.Errorf("group %d: invalid %v in episode %d", g, b.Invalid[0], b.EpisodeID[0])
			}
		}
		v.batch.EpisodeID[0] = 1 // from here on nothing is invalid
	}
}

func TestStoppedWorkerTimesOut(t *testing.T) {
	v := played(t, 2, 2)
	proc := v.shards[0].link.proc
	v.shards[0].link.timeout = 300 * time.Millisecond
	if err := proc.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Step(t.Context(), make([]int, 2)); !errors.Is(err, ErrTimeout) {
		t.Errorf("Step: %v, want ErrTimeout", err)
	}
	select {
	case <-proc.done:
	case <-time.After(5 * time.Second):
		t.Error("the hanging worker was not killed")
	}
	if _, err := v.Step(t.Context(), make([]int, 2)); !errors.Is(err, env.ErrNotReset) {
		t.Errorf("Step after a timeout: %v, want env.ErrNotReset", err)
	}
	if _, err := v.Reset(t.Context(), make([]uint64, 2)); err != nil {
		t.Errorf("Reset after a timeout: %v", err)
	}
}

// TestServerChecksActions sends an action that the Go side would refuse.
func TestServerChecksActions(t *testing.T) {
	v := played(t, 2, 1)
	sh := v.shards[0]
	for _, bad := range []int{-1, 6, 1 << 30} {
		_, err := sh.link.ask(t.Context(), kindStep, encodeStep(0, []int{0, bad}), kindBatch)
		var remote *RemoteError
		if !errors.As(err, &remote) || remote.Code != "action" || remote.Env != 1 {
			t.Errorf("action %d: %v", bad, err)
		}
	}
	for _, payload := range [][]byte{nil, encodeStep(1, []int{0, 0}), encodeStep(0, nil), encodeStep(0, []int{0, 0})[:10]} {
		var remote *RemoteError
		if _, err := sh.link.ask(t.Context(), kindStep, payload, kindBatch); !errors.As(err, &remote) {
			t.Errorf("STEP of %d bytes: %v", len(payload), err)
		}
	}
	if _, err := v.Step(t.Context(), make([]int, 2)); err != nil {
		t.Errorf("Step after refused requests: %v", err)
	}
}

// TestOrphan is run in a process of its own by TestWorkersDieWithTheirParent.
func TestOrphan(t *testing.T) {
	if os.Getenv("GLINT_ORPHAN") == "" {
		t.Skip("runs in a child process")
	}
	v := played(t, 2, 2)
	_ = v.shards[0].link.proc.cmd.Process.Signal(syscall.SIGSTOP) // a hang must not save it
	fmt.Println("workers", v.shards[0].link.proc.cmd.Process.Pid, v.shards[1].link.proc.cmd.Process.Pid)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

func TestWorkersDieWithTheirParent(t *testing.T) {
	installed(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOrphan$")
	cmd.Env = append(os.Environ(), "GLINT_ORPHAN=1", "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "workers "); ok {
			pids = strings.Fields(rest)
		}
	}
	_ = cmd.Wait() // it was killed
	if len(pids) != 2 {
		t.Fatalf("the child named the workers %q", pids)
	}
	for _, p := range pids {
		pid, err := strconv.Atoi(p)
		if err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(5 * time.Second)
		for running(pid) && time.Now().Before(deadline) {
			time.Sleep(20 * time.Millisecond)
		}
		if running(pid) {
			t.Errorf("worker %d outlived its parent", pid)
		}
	}
}

// running says whether a process exists and is no zombie.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
