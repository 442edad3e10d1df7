package gym

import "syscall"

// childAttributes puts a worker into a group of its own, away from Ctrl-C, and
// lets it die with its parent.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
