"""Which keys are which action."""

import string

from glint_bridge.wire import Refusal

# The parts that names of Atari actions such as UPRIGHTFIRE are made of.
PARTS = {"NOOP": (), "UP": ("Up",), "DOWN": ("Down",), "LEFT": ("Left",), "RIGHT": ("Right",), "FIRE": ("space",)}
LETTERS = string.ascii_lowercase + string.digits


def split(meaning):
    """Returns the keys of an action's name, or None where it is no joystick's."""
    keys = []
    while meaning:
        part = next((p for p in PARTS if meaning.startswith(p)), None)
        if part is None:
            return None
        keys += PARTS[part]
        meaning = meaning[len(part) :]
    return tuple(keys)


def chords(game):
    """Returns the keys of each action: those of a joystick by their names, else letters and digits."""
    joystick = [split(m) for m in game.meanings]
    if joystick and None not in joystick and len({frozenset(c) for c in joystick}) == len(game.codes):
        return joystick
    if len(game.codes) > len(LETTERS):
        raise Refusal(f"it has {len(game.codes)} actions, and there are keys for {len(LETTERS)}")
    return [(key,) for key in LETTERS[: len(game.codes)]]


class Keyboard:
    """The keys that are down."""

    def __init__(self, chords):
        self.chords = [frozenset(c) for c in chords]
        self.down = set()

    def action(self):
        """Returns the action with the most keys of which all are down, or None where there is none."""
        held = [i for i, chord in enumerate(self.chords) if chord <= self.down]
        return max(held, key=lambda i: len(self.chords[i]), default=None)
