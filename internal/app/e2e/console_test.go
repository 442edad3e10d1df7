package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glint/env/gym"
)

// stella is the emulator of Debian's package, which plays Kung-Fu Master on a display of
// TigerVNC.
type stella struct {
	address string
	memory  *os.File
	ram     int64 // where the console's 128 bytes are
}

// needStella skips where the emulator, its display or the right to look into its memory are
// missing, but not in CI. It returns the game's file.
func needStella(t *testing.T) (rom string) {
	t.Helper()
	if testing.Short() {
		t.Skip("plays in real time")
	}
	missing := ""
	for _, name := range []string{"stella", "Xvnc"} {
		if _, err := exec.LookPath(name); err != nil {
			missing = name + " is missing: apt-get install stella tigervnc-standalone-server"
		}
	}
	if os.Getuid() != 0 {
		missing = "only root may look into the memory of another program"
	}
	switch {
	case missing != "" && os.Getenv("CI") == "true":
		t.Fatal(missing)
	case missing != "":
		t.Skip(missing)
	}
	python, err := gym.Install(t.Context(), gym.InstallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", "import ale_py, os; print(os.path.dirname(ale_py.__file__))").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "roms", "kung_fu_master.bin")
}

// startStella starts both, which end with the test.
func startStella(t *testing.T) *stella {
	t.Helper()
	rom, home := needStella(t), t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stella{address: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	start := func(out io.Writer, env []string, name string, args ...string) int {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env, cmd.Stdout = append(os.Environ(), env...), out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Wait() }) // killed
		return cmd.Process.Pid
	}
	r, w := io.Pipe()
	t.Cleanup(func() { _ = w.Close() })
	_, port, _ := net.SplitHostPort(s.address)
	start(w, nil, "Xvnc", "-displayfd", "1", "-rfbport", port, "-localhost", "-ac", "-geometry", "640x480", "-depth", "24",
		"-SecurityTypes", "None", "-AlwaysShared", "-MaxDisconnectionTime", "300")
	display, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"DISPLAY=:" + strings.TrimSpace(display), "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "SDL_AUDIODRIVER=dummy"}
	pid := start(io.Discard, env, "stella", "-video", "software", "-windowedpos", "0x0", "-center", "0", "-tia.zoom", "2", "-tia.correct_aspect", "0",
		"-uimessages", "0", "-audio.enabled", "0", "-userdir", home, rom)
	if s.memory, err = os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.memory.Close() })
	for range 100 {
		if s.find(t, pid) {
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the memory of the console is not to be found")
	return nil
}

// find looks for the console's memory: the high bytes of the game's pointers to its digits
// are in every other byte from 99 on, and byte 0 counts 60 frames a second.
func (s *stella) find(t *testing.T, pid int) bool {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	var found []int64
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		if _, err := fmt.Sscanf(line, "%x-%x rw", &from, &to); err != nil || !strings.HasSuffix(line, "[heap]\n") {
			continue
		}
		heap := make([]byte, to-from)
		if _, err := s.memory.ReadAt(heap, from); err != nil {
			continue // it changes just now
		}
		for i := range len(heap) - 128 {
			if s.ram = from + int64(i); heap[i+99] == digitsPage && pointers(heap[i:]) {
				found = append(found, s.ram)
			}
		}
	}
	before, start := map[int64]byte{}, time.Now()
	for _, s.ram = range found {
		before[s.ram] = s.look(t)[0]
	}
	time.Sleep(100 * time.Millisecond)
	found = slices.DeleteFunc(found, func(at int64) bool {
		s.ram = at
		frames, due := float64(s.look(t)[0]-before[at]), time.Since(start).Seconds()*60
		return frames < due/2 || frames > due*2
	})
	if len(found) != 1 {
		return false
	}
	s.ram = found[0]
	return true
}

// digitsPage is the high byte of the addresses of the game's digits.
const digitsPage = 0xdf

func pointers(ram []byte) bool {
	for i := 99; i <= 117; i += 2 {
		if ram[i] != digitsPage {
			return false
		}
	}
	return true
}

func (s *stella) look(t *testing.T) []byte {
	t.Helper()
	ram := make([]byte, 128)
	if _, err := s.memory.ReadAt(ram, s.ram); err != nil {
		t.Fatal(err)
	}
	return ram
}

// Where the game keeps its score, as six decimal digits, the first two of its clock, which
// begins at 2000, the player's health, and the lives, which are overByte when the game is over.
const (
	scoreAt    = 0x18
	clockAt    = 27
	clockStart = 0x20
	healthAt   = 75
	livesAt    = 0x1d
	overByte   = 0xff
)

// scoreOf returns the score in the memory.
func scoreOf(ram []byte) (v int64) {
	for _, b := range ram[scoreAt : scoreAt+3] {
		v = v*100 + int64(b>>4)*10 + int64(b&15)
	}
	return v
}

// poke changes the score in the memory.
func (s *stella) poke(t *testing.T, v int64) {
	t.Helper()
	var b [3]byte
	for i := range b {
		b[2-i] = byte(v/10%10<<4 | v%10)
		v /= 100
	}
	s.write(t, scoreAt, b[:]...)
}

// write changes bytes of the memory.
func (s *stella) write(t *testing.T, at int64, b ...byte) {
	t.Helper()
	if _, err := s.memory.WriteAt(b, s.ram+at); err != nil {
		t.Fatal(err)
	}
}
