package gym

import (
	"os"

	"golang.org/x/sys/unix"
)

// newMemory returns memory without a size or a name, for one worker to inherit.
func newMemory() (*os.File, error) {
	fd, err := unix.MemfdCreate("glint-gym", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "memory"), nil
}

// mapMemory gives the memory its size, for good, and maps it for reading. A
// worker that could shrink it could kill this process with SIGBUS.
func mapMemory(memory *os.File, size int) ([]byte, error) {
	if err := memory.Truncate(int64(size)); err != nil {
		return nil, err
	}
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(memory.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return nil, err
	}
	return unix.Mmap(int(memory.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
}

// unmapMemory undoes mapMemory.
func unmapMemory(shared []byte) {
	if shared != nil {
		_ = unix.Munmap(shared) // it fails for memory alone that was never mapped
	}
}
