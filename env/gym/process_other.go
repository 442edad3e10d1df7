//go:build !unix

package gym

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

func socketPair() (ours, theirs *os.File, err error) {
	return nil, nil, errors.New("local workers need Linux, macOS or BSD; use a remote server (tcp://host:port)")
}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func childAttributes() *syscall.SysProcAttr { return nil }

func tryLock(*os.File) (bool, error) { return true, nil }
