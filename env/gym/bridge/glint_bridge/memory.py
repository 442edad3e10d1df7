"""Memory that a local learner shares with its worker, so that batches need no socket."""

import mmap
import os

import numpy as np

PAGE = 1 << 12


class Memory:
    """Regions of the inherited memory, handed out once each; none before map."""

    def __init__(self, fd=None):
        self.fd = fd
        self.raw = np.zeros(0, np.uint8)
        self.used = 0

    def map(self, size):
        """Maps size bytes of the inherited descriptor, which is closed."""
        fd, self.fd = self.fd, None
        if fd is None:
            raise OSError("there is no memory to share")
        try:
            self.raw = np.frombuffer(mmap.mmap(fd, size), np.uint8)
        finally:
            os.close(fd)

    def take(self, size):
        """Returns offset and array of a free region, or None when there is none."""
        at = self.used
        if at + size > self.raw.size:
            return None
        self.used = (at + size + PAGE - 1) // PAGE * PAGE
        return at, self.raw[at : at + size]
