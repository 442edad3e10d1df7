//go:build !linux

package gym

import (
	"errors"
	"os"
)

func newMemory() (*os.File, error) { return nil, errors.ErrUnsupported }

func mapMemory(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmapMemory([]byte) {}
