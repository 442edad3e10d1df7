"""What both backends share: episodes, time limit, observation stack, autoreset."""

import numpy as np

from .batch import LIFE_LOST, TERMINATED, TRUNCATED

STACK = 4


class Game:
    """One environment. A backend fills in restart, play and the attributes.

    frame_shape is (H, W) or (H, W, 3). restart(obs, aux, seed) begins an episode
    and writes its first frame to obs[0]. play(action, obs, aux) emulates up to
    repeat frames, writes frame t to obs[t], and returns (reward, frames played,
    terminated, truncated). With only_last it writes the last frame to obs[0].
    """

    saves = False
    palette = b""
    meanings = []
    aux_len = 0

    def __init__(self, options):
        self.repeat = options["repeat"]
        self.max_frames = options["max_frames"]
        self.stacked = options["stack"]
        self.episode = 0
        self.elapsed = 0
        self.returns = 0.0
        self.lives = 0

    def prepare(self):
        """Allocates the stack once frame_shape is known."""
        self.frames = STACK if self.stacked else self.repeat
        if self.stacked:
            self.stack = np.zeros((STACK, *self.frame_shape), np.uint8)
            self.stack_aux = np.zeros((STACK, self.aux_len), np.uint8)

    @property
    def shape(self):
        """The shape of an observation, T first."""
        return (self.frames, *self.frame_shape)

    def begin(self, obs, aux, episode, seed=None):
        """Starts an episode; every frame of its first observation is the first frame."""
        self.episode = episode
        self.elapsed = 0
        self.returns = 0.0
        self.restart(obs, aux, seed)
        for t in range(1, self.frames):
            obs[t] = obs[0]
            aux[t][:] = aux[0]
        if self.stacked:
            self.stack[:] = obs
            self.stack_aux[:] = aux

    def step(self, action, buffer, k):
        """Plays one action into row k of the buffer and starts over at the end."""
        obs, aux = buffer.obs[k], buffer.aux[k]
        before = self.lives
        if self.stacked:
            self.push()
            reward, played, terminated, truncated = self.play(action, self.stack[-1:], self.stack_aux[-1:])
            obs[:] = self.stack
            for t in range(STACK):
                aux[t][:] = self.stack_aux[t]
        else:
            reward, played, terminated, truncated = self.play(action, obs, aux)
            for t in range(played, self.repeat):
                obs[t] = obs[played - 1]
                aux[t][:] = aux[played - 1]
        self.returns += reward
        returns = self.returns
        flags = LIFE_LOST if self.lives < before else 0
        if terminated or truncated:
            flags |= TERMINATED if terminated else TRUNCATED
            buffer.keep_final(k)
            self.begin(obs, aux, self.episode + 1)
        buffer.put(k, reward, returns, flags, self)

    def push(self):
        """Makes room for the newest frame of the stack."""
        self.stack[:-1] = self.stack[1:].copy()
        self.stack_aux[:-1] = self.stack_aux[1:].copy()

    def close(self):
        """Frees the environment."""
