"""The send buffer of BATCH: struct of arrays, laid out once, written in place."""

import struct

import numpy as np

from . import wire

TERMINATED, TRUNCATED, LIFE_LOST = 1, 2, 4
PREFIX = struct.Struct("<IIII")  # first environment, environments, finals, zero
PLACE = struct.Struct("<QQ")  # offset of the body in shared memory, its size
FINAL = struct.Struct("<II")  # environment, zero


def meta_size(n):
    """Bytes of the per-environment figures of n environments."""
    return (36 * n + n + 7) // 8 * 8


class Buffer:
    """One BATCH frame for n environments, header included; in shared memory where that has room."""

    def __init__(self, n, shape, aux_len, memory=None):
        self.n = n
        frames, obs_len = shape[0], int(np.prod(shape))
        aux_all = frames * aux_len
        start = wire.HEADER.size + PREFIX.size
        obs_at = start + meta_size(n)
        aux_at = obs_at + n * obs_len
        self.final_at = aux_at + n * aux_all
        self.record = FINAL.size + obs_len + aux_all
        size = self.final_at + n * self.record
        if size > wire.MAX_FRAME:
            raise wire.Refusal(
                f"{n} environments make a batch of {size} bytes, {wire.MAX_FRAME} fit into a frame: "
                "use more workers, fewer environments or a crop"
            )
        region = memory.take(size) if memory is not None else None
        self.offset, self.raw = region or (None, np.zeros(size, np.uint8))
        self.view = memoryview(self.raw)

        def column(offset, dtype, width):
            at = start + offset * n
            return self.raw[at : at + width * n].view(dtype)

        self.reward = column(0, "<f8", 8)
        self.returns = column(8, "<f8", 8)
        self.episode = column(16, "<u8", 8)
        self.elapsed = column(24, "<i8", 8)
        self.lives = column(32, "<i4", 4)
        self.flags = column(36, "u1", 1)
        self.obs = list(self.raw[obs_at:aux_at].reshape((n, *shape)))
        self.aux = [list(rows) for rows in self.raw[aux_at : self.final_at].reshape((n, frames, aux_len))]
        self.whole_obs = self.raw[obs_at:aux_at].reshape((n, obs_len))
        self.whole_aux = self.raw[aux_at : self.final_at].reshape((n, aux_all))
        self.finals = 0

    def keep_final(self, k):
        """Copies environment k's observation to the next final record."""
        at = self.final_at + self.finals * self.record
        FINAL.pack_into(self.raw, at, k, 0)
        body = self.raw[at + FINAL.size : at + self.record]
        cut = self.whole_obs.shape[1]
        body[:cut] = self.whole_obs[k]
        body[cut:] = self.whole_aux[k]
        self.finals += 1

    def put(self, k, reward, returns, flags, game):
        """Writes environment k's figures."""
        self.reward[k] = reward
        self.returns[k] = returns
        self.flags[k] = flags
        self.episode[k] = game.episode
        self.elapsed[k] = game.elapsed
        self.lives[k] = game.lives

    def send(self, sock, seq, first):
        """Sends the buffer, or its place in shared memory, as the answer to request seq."""
        end = self.final_at + self.finals * self.record
        size = end - wire.HEADER.size
        PREFIX.pack_into(self.raw, wire.HEADER.size, first, self.n, self.finals, 0)
        self.finals = 0
        if self.offset is not None:
            wire.send(sock, wire.BATCH, seq, PLACE.pack(self.offset + wire.HEADER.size, size), wire.SHARED)
            return
        wire.HEADER.pack_into(self.raw, 0, wire.MAGIC, wire.VERSION, wire.BATCH, 0, 0, seq, size)
        sock.sendall(self.view[:end])
