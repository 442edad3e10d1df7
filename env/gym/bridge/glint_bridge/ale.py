"""The ale backend: ALEInterface with sticky actions and no-op starts of our own.

ALE keeps the last executed action outside the state it clones, so its own
repeat_action_probability cannot be resumed exactly; here it is 0 and the draws
are made by a generator that is part of the saved state.
"""

import difflib
import struct
import sys

import numpy as np

# ALE needs no Gymnasium, and importing that takes longer than all the rest; an
# entry of None makes its import fail, which ale_py takes as "not installed".
_ABSENT = "gymnasium" not in sys.modules
if _ABSENT:
    sys.modules["gymnasium"] = None
import ale_py  # noqa: E402
from ale_py import roms  # noqa: E402

if _ABSENT:
    del sys.modules["gymnasium"]

from .game import STACK, Game  # noqa: E402
from .palette import NTSC  # noqa: E402
from .rng import SplitMix64  # noqa: E402
from .wire import Refusal  # noqa: E402

STATE = struct.Struct("<4sQiqdQiI")  # tag, rng, last action, elapsed, return, episode, lives, bytes of ALE's state
TAG = b"ale1"


def rom_of(env_id):
    """Returns the ROM name of a Gymnasium id such as ALE/KungFuMaster-v5."""
    name = env_id.removeprefix("ALE/").rsplit("-v", 1)[0]
    known = {rom.title().replace("_", ""): rom for rom in roms.get_all_rom_ids()}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
        hint = f"did you mean {', '.join(f'ALE/{n}-v5' for n in near)}?" if near else "see glint env list"
        raise Refusal(f"no Atari game has this id; {hint}", "unknown_id")
    return known[name]


class AleGame(Game):
    """One Atari game at native resolution."""

    saves = True
    aux_len = 128

    def __init__(self, options):
        super().__init__(options)
        self.path = roms.get_rom_path(rom_of(options["id"]))
        self.noop_max = options["noop_max"]
        self.sticky = int(options["sticky"] * float(1 << 64))
        self.rng = SplitMix64()
        self.executed = 0
        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
        self.ale = ale_py.ALEInterface()
        self.ale.setFloat("repeat_action_probability", 0.0)
        self.ale.setInt("max_num_frames_per_episode", 0)
        self.load(0)
        actions = self.ale.getLegalActionSet() if options["full_actions"] else self.ale.getMinimalActionSet()
        self.codes = [int(a.value) for a in actions]
        self.meanings = [a.name for a in actions]
        self.set_screen(options)
        self.prepare()

    def load(self, seed):
        """Loads the ROM, the only moment at which ALE takes a seed."""
        self.ale.setInt("random_seed", seed)
        self.ale.loadROM(self.path)

    def set_screen(self, options):
        """Chooses how a frame is read and checks the crop and the palette."""
        height, width = self.ale.getScreenDims()
        x0, y0, x1, y1 = options["crop"]
        if (x0, y0, x1, y1) == (0, 0, 0, 0):
            x1, y1 = width, height
        if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
            raise Refusal(f"crop ({x0},{y0})-({x1},{y1}) is not inside the screen of {width}x{height}")
        self.format = options["format"] or "index"
        extra = (3,) if self.format == "rgb" else ()
        self.screen = np.zeros((height, width, *extra), np.uint8)
        self.window = self.screen[y0:y1, x0:x1]
        self.frame_shape = self.window.shape
        ale = self.ale
        self.grab = {"index": ale.getScreen, "gray": ale.getScreenGrayscale, "rgb": ale.getScreenRGB}[self.format]
        if self.format == "index":
            table = np.frombuffer(NTSC, np.uint8).reshape(256, 3)
            if not np.array_equal(table[ale.getScreen()], ale.getScreenRGB()):
                raise Refusal("this game does not use the NTSC colours: ask for the rgb format")
            self.palette = NTSC

    def restart(self, obs, aux, seed):
        """Begins an episode: system reset, then a random number of no-ops."""
        ale = self.ale
        if seed is not None:
            self.rng = SplitMix64(seed)
            self.load(self.rng.below(1 << 31))
        ale.reset_game()
        self.executed = 0
        for _ in range(1 + self.rng.below(self.noop_max) if self.noop_max else 0):
            ale.act(0)
            if ale.game_over():
                ale.reset_game()
        self.lives = ale.lives()
        self.grab(self.screen)
        obs[0] = self.window
        ale.getRAM(aux[0])

    def play(self, action, obs, aux):
        """Emulates one step; only the last frame is kept when frames are stacked."""
        ale, grab, screen, window = self.ale, self.grab, self.screen, self.window
        act, over, ram, copy = ale.act, ale.game_over, ale.getRAM, np.copyto
        wanted, executed, sticky, draw = self.codes[action], self.executed, self.sticky, self.rng.next
        every, reward, played, done = not self.stacked, 0.0, 0, False
        left = self.max_frames - self.elapsed
        frames = min(self.repeat, left)
        while played < frames and not done:
            if not sticky or draw() >= sticky:
                executed = wanted
            reward += act(executed)
            if every:
                grab(screen)
                copy(obs[played], window)
                ram(aux[played])
            played += 1
            done = over()
        if not every:
            grab(screen)
            copy(obs[0], window)
            ram(aux[0])
        self.executed = executed
        self.elapsed += played
        # Some games count lives wrongly once they are over (Kung-Fu Master says 8).
        self.lives = 0 if done else ale.lives()
        return reward, played, done, played >= left

    def save(self):
        """Returns everything that the future depends on."""
        inner = self.ale.cloneState(include_rng=True).serialize()
        head = STATE.pack(
            TAG, self.rng.state, self.executed, self.elapsed, self.returns, self.episode, self.lives, len(inner)
        )
        tail = self.stack.tobytes() + self.stack_aux.tobytes() if self.stacked else b""
        return head + inner + tail

    def restore(self, blob):
        """Continues from what save returned."""
        stack = STACK * (int(np.prod(self.frame_shape)) + self.aux_len) if self.stacked else 0
        if len(blob) < STATE.size or blob[:4] != TAG:
            raise Refusal("this is no saved state of an Atari environment")
        _, rng, executed, elapsed, returns, episode, lives, size = STATE.unpack_from(blob)
        if len(blob) != STATE.size + size + stack:
            raise Refusal("the saved state is of an environment with other options")
        self.ale.restoreState(ale_py.ALEState(blob[STATE.size : STATE.size + size]))
        self.rng.state, self.executed, self.elapsed = rng, executed, elapsed
        self.returns, self.episode, self.lives = returns, episode, lives
        if self.stacked:
            tail = np.frombuffer(blob, np.uint8, offset=STATE.size + size)
            cut = self.stack.size
            self.stack[:] = tail[:cut].reshape(self.stack.shape)
            self.stack_aux[:] = tail[cut:].reshape(self.stack_aux.shape)
