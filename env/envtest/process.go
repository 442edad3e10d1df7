package envtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// process is a process number with the time it started, which together are never
// used twice.
type process struct {
	pid   int
	start string
}

// status is what /proc says of a process now.
type status struct {
	process
	parent int
	zombie bool
}

// stat reads the status of a process from /proc.
func stat(pid int) (status, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return status{}, fmt.Errorf("envtest: process %d: %w", pid, err)
	}
	// The second field is a name in brackets that may hold spaces. After it come
	// the state, the parent and, as the twentieth, the start time.
	text := string(raw)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return status{}, fmt.Errorf("envtest: process %d: %q is no status", pid, text)
	}
	parent, err := strconv.Atoi(fields[1])
	return status{process: process{pid: pid, start: fields[19]}, parent: parent, zombie: fields[0] == "Z"}, err
}

// descendants returns all processes below root, none where there is no /proc.
func descendants(root int) map[process]bool {
	children := map[int][]process{}
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if st, err := stat(pid); err == nil { // it may have ended since
			children[st.parent] = append(children[st.parent], st.process)
		}
	}
	found := map[process]bool{}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, p := range children[queue[0]] {
			found[p] = true
			queue = append(queue, p.pid)
		}
	}
	return found
}

// alive counts the processes that still have an entry. A zombie counts if it is
// this process's own child, which nobody waited for; others are their parent's.
func alive(ps map[process]bool) int {
	n := 0
	for p := range ps {
		now, err := stat(p.pid)
		if err == nil && now.process == p && (!now.zombie || now.parent == os.Getpid()) {
			n++
		}
	}
	return n
}
