"""The loop: keys in, frames and rewards out, by a clock or by a key."""

import itertools
import os
import select
import time

import numpy as np

from display import COMMIT, MASK
from keyboard import Keyboard, chords

# The keys that are taken in before a frame at most.
BURST = 256


def table(game):
    """Returns the colours 0xRRGGBB of all bytes of a pixel, None where pixels have three."""
    if game.format == "rgb":
        return None
    if game.format == "gray":
        return np.arange(256, dtype=np.uint32) * 0x010101
    red, green, blue = np.frombuffer(game.palette, np.uint8).reshape(-1, 3).astype(np.uint32).T
    return red << 16 | green << 8 | blue


class Remote:
    """One environment, held by its display's keys."""

    def __init__(self, game, fps, lockstep, scale):
        self.game, self.fps, self.lockstep, self.scale = game, fps, lockstep, scale
        self.keyboard = Keyboard(chords(game))
        self.colours = table(game)
        self.obs = np.zeros(game.shape, np.uint8)
        self.seen = np.zeros_like(self.obs[0])  # what the display shows
        self.aux = np.zeros((1, game.aux_len), np.uint8)
        self.stamp, self.over, self.late = 0, False, 0
        self.awake, self.alarm = os.pipe()
        os.set_blocking(self.alarm, False)

    @property
    def size(self):
        """The width and height of the picture."""
        height, width = self.game.frame_shape[:2]
        return width * self.scale, height * self.scale

    def wake(self):
        """Ends a wait for keys, from any thread."""
        try:
            os.write(self.alarm, b".")
        except BlockingIOError:
            pass  # it is awake

    def begin(self, seed=None, reset=None):
        """Begins an episode and shows its first frame."""
        self.game.begin(self.obs, self.aux, self.game.episode + 1, seed)
        self.over = False
        self.rewarder.begin(self.game.episode, reset)
        self.show(0.0, False, False)

    def advance(self):
        """Plays one frame, or begins the next episode where one has ended."""
        if self.over:
            self.begin()
            return
        action = self.keyboard.action()
        reward, done, cut = 0.0, False, False
        if action is not None:  # else the world stands still: it has no action that does nothing
            reward, _, done, cut = self.game.play(action, self.obs, self.aux)
        self.over = done or cut
        self.show(reward, done, cut and not done)

    def show(self, reward, done, cut):
        """Draws what has changed, and pays for it."""
        changed = np.flatnonzero((self.obs[0] != self.seen).reshape(len(self.seen), -1).any(1))
        top, bottom = (changed[0], changed[-1] + 1) if len(changed) else (len(self.seen), len(self.seen))
        part = self.seen[top:bottom]
        part[...] = self.obs[0, top:bottom]
        if self.scale > 1:
            part, top, bottom = part.repeat(self.scale, 0).repeat(self.scale, 1), top * self.scale, bottom * self.scale
        rows = self.display.frame[top:bottom]
        if self.colours is not None:
            self.colours.take(part, out=rows, mode="clip")  # the mode that writes to out at once
        else:  # the bytes of a pixel are blue, green, red
            rows.view(np.uint8).reshape(*rows.shape, 4)[..., 2::-1] = part
        self.stamp = (self.stamp + 1) & MASK
        self.display.show(self.stamp, top, bottom)
        if self.lockstep or reward or done or cut:
            info = {"stamp": self.stamp}
            if cut:
                info["TimeLimit.truncated"] = True
            self.rewarder.pay(reward, done or cut, info)

    def press(self, name, down):
        """Takes in what became of a key."""
        if name == COMMIT:
            if down and self.lockstep:
                self.advance()
        elif down:
            self.keyboard.down.add(name)
        else:
            self.keyboard.down.discard(name)

    def take(self, display):
        """Takes in keys, not so many that frames would wait for them."""
        for name, down in itertools.islice(display.keys(), BURST):
            self.press(name, down)

    def run(self, display, rewarder, seed):
        """Plays until the display ends."""
        self.display, self.rewarder = display, rewarder
        self.begin(seed)
        period, socket = 1 / self.fps, display.x.fileno()
        due = time.monotonic() + period
        while display.server.poll() is None:
            self.take(display)
            wish = None
            while not rewarder.resets.empty():
                wish = rewarder.resets.get()  # the newest counts
            if wish:
                self.begin(wish[0], (wish[1],))
            wait = None if self.lockstep else max(0.0, due - time.monotonic())
            if display.x.pending_events():
                wait = 0
            ready, _, _ = select.select([socket, self.awake], [], [], wait)
            if self.awake in ready:
                os.read(self.awake, 4096)
            now = time.monotonic()
            if not self.lockstep and now >= due:
                self.take(display)  # a key that arrived before the frame counts for it
                self.advance()
                missed = int((now - due) / period)  # frames that nobody will see
                self.late += missed
                due += period * (1 + missed)
