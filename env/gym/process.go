package gym

import (
	"embed"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

//go:embed bridge/__main__.py bridge/glint_bridge/*.py
var bridge embed.FS

// farewell is how long a worker may take to end once its socket is closed.
const farewell = 2 * time.Second

// launcher starts Python workers. Its goroutine keeps one OS thread for itself,
// because Linux sends the signal of a parent's death when the thread that
// started the child ends.
type launcher struct {
	python string
	dir    string
	starts chan start
	memory func() (*os.File, error)
	closed sync.WaitGroup
}

type start struct {
	cmd  *exec.Cmd
	done chan error
}

// newLauncher writes the Python half into a fresh private folder.
func newLauncher(python string) (*launcher, error) {
	dir, err := os.MkdirTemp("", "glint-gym-")
	if err != nil {
		return nil, fmt.Errorf("gym: making a folder for the bridge: %w", err)
	}
	if err := writeBridge(dir); err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("gym: writing the bridge: %w", err)
	}
	l := &launcher{python: python, dir: dir, starts: make(chan start), memory: newMemory}
	l.closed.Add(1)
	go l.run()
	return l, nil
}

func writeBridge(dir string) error {
	return fs.WalkDir(bridge, "bridge", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(path))
		if d.IsDir() {
			return os.Mkdir(to, 0o700)
		}
		data, err := bridge.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o600)
	})
}

// run starts what it is told until the launcher is closed. It never unlocks its
// thread, which therefore ends with it.
func (l *launcher) run() {
	defer l.closed.Done()
	runtime.LockOSThread()
	for s := range l.starts {
		s.done <- s.cmd.Start()
	}
}

// close ends the goroutine and removes the folder; all workers have ended.
func (l *launcher) close() error {
	close(l.starts)
	l.closed.Wait()
	return os.RemoveAll(l.dir)
}

// launch starts a worker that serves file, with memory to share or nil.
func (l *launcher) launch(file, memory *os.File) (*process, error) {
	cmd := exec.Command(l.python, "-B", "-u", filepath.Join(l.dir, "bridge"), "--fd", "3")
	p := &process{cmd: cmd, done: make(chan struct{})}
	cmd.ExtraFiles = []*os.File{file}
	if memory != nil {
		cmd.Args = append(cmd.Args, "--memory", "4")
		cmd.ExtraFiles = append(cmd.ExtraFiles, memory)
	}
	cmd.Stderr = &p.tail
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy", "PYGAME_HIDE_SUPPORT_PROMPT=1")
	cmd.SysProcAttr = childAttributes()
	cmd.WaitDelay = farewell
	s := start{cmd: cmd, done: make(chan error, 1)}
	l.starts <- s
	if err := <-s.done; err != nil {
		return nil, fmt.Errorf("starting %s: %w", l.python, err)
	}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended shows on the socket
	}()
	return p, nil
}

// local launches a worker and connects to it by a pair of sockets that no other
// process can reach.
func (l *launcher) local(name string, timeout time.Duration) (*link, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("making a pair of sockets: %w", err)
	}
	memory, err := l.memory()
	if err != nil {
		memory = nil // batches go over the socket then
	}
	p, err := l.launch(theirs, memory)
	_ = theirs.Close()
	if err != nil {
		_ = ours.Close()
		closeMemory(memory)
		return nil, err
	}
	conn, err := net.FileConn(ours)
	_ = ours.Close()
	if err != nil {
		closeMemory(memory)
		p.kill()
		return nil, err
	}
	return &link{conn: conn, name: name, timeout: timeout, proc: p, memory: memory}, nil
}

// process is a running worker.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	tail tail
}

// end waits for a worker whose socket is closed, and kills it if it stays.
func (p *process) end() {
	select {
	case <-p.done:
	case <-time.After(farewell):
	}
	p.kill()
}

// kill ends the worker and what it started.
func (p *process) kill() {
	killGroup(p.cmd)
	<-p.done
}

// tail keeps the last bytes of what a worker prints to its standard error.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailLen = 4096

// Write keeps the end of b.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if cut := len(t.buf) - tailLen; cut > 0 {
		t.buf = append(t.buf[:0], t.buf[cut:]...)
	}
	return len(b), nil
}

// last returns the last line that is not empty.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.buf))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
