"""The settings that glint plays a remote with."""

from display import COMMIT
from glint_bridge.wire import Refusal
from keyboard import chords


def rectangle(text, size):
    """Reads a crop, all of the picture where there is none."""
    if text is None:
        return [0, 0, *size]
    try:
        x0, y0, x1, y1 = (int(v) for v in text.split(","))
    except ValueError:
        raise Refusal(f"--crop is {text}, want four numbers X0,Y0,X1,Y1") from None
    if not (0 <= x0 < x1 <= size[0] and 0 <= y0 < y1 <= size[1]):
        raise Refusal(f"--crop {text} does not lie on the picture of {size[0]}x{size[1]}")
    return [x0, y0, x1, y1]


def settings(a, game, fps, size):
    """Returns the TOML that maps actions to keys."""
    meanings = game.meanings or [f"action {i}" for i in range(len(game.codes))]
    x0, y0, x1, y1 = rectangle(a.crop, size)
    lines = [f"# {a.id} on the screen of scripts/remote", "[vnc]", "keys = ["]
    for keys, meaning in zip(chords(game), meanings):
        lines.append(f'  {chr(34)}{"+".join(keys) or "none"}{chr(34)},  # {meaning}')
    lines += ["]", f"rate = {fps}", f"repeat = {a.repeat}", f"max_frames = {a.max_frames}"]
    if a.lockstep:
        lines += ['clock = "lockstep"', f'commit = "{COMMIT}"']
    lines += ["[pixels.crop.Min]", f"X = {x0}", f"Y = {y0}", "[pixels.crop.Max]", f"X = {x1}", f"Y = {y1}"]
    return "\n".join(lines) + "\n"
