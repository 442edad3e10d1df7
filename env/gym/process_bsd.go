//go:build unix && !linux

package gym

import "syscall"

// childAttributes puts a worker into a group of its own, away from Ctrl-C; it
// ends when its socket does.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
