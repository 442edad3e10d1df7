"""scripts/remote: a Gymnasium environment on a VNC display, with a rewarder beside it."""

import argparse
import contextlib
import json
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "env", "gym", "bridge"))
for name in ("SDL_VIDEODRIVER", "SDL_AUDIODRIVER"):
    os.environ.setdefault(name, "dummy")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

from glint_bridge.wire import Refusal  # noqa: E402

LOOPBACK = "127.0.0.1"


def arguments(argv):
    """Reads the command line."""
    p = argparse.ArgumentParser(
        prog="scripts/remote", description="Puts a Gymnasium environment on a VNC display, with a rewarder beside it.",
        epilog="glint plays it with: ./glint train --env vnc://127.0.0.1:5900+15900 --config keys.toml, "
        "where keys.toml is what --print-config prints. Ctrl-C ends it.")
    p.add_argument("id", nargs="?", default="ALE/KungFuMaster-v5", help="Gymnasium id (default %(default)s)")
    p.add_argument("--print-config", action="store_true", help="print the settings that glint plays it with, and end")
    p.add_argument("--crop", metavar="X0,Y0,X1,Y1", help="part of the picture for --print-config (default all of it)")
    p.add_argument("--port", type=int, default=5900, help="of the display (default %(default)s)")
    p.add_argument("--rewarder-port", type=int, default=15900, help="of the rewarder (default %(default)s)")
    p.add_argument("--listen", default=LOOPBACK, metavar="HOST", help="address; beyond this machine wants a password (default %(default)s)")
    p.add_argument("--password-file", metavar="FILE", help="file with the password of display and rewarder, of 8 characters at most")
    p.add_argument("--lockstep", action="store_true", help="show the next frame when F12 is struck, not when it is time")
    p.add_argument("--fps", type=float, help="frames a second (default 60 for Atari, else the environment's own)")
    p.add_argument("--scale", type=int, default=1, help="times that a pixel is drawn in each direction (default %(default)s)")
    p.add_argument("--seed", type=int, default=1, help="of the first episode; a client's reset brings its own (default %(default)s)")
    p.add_argument("--sticky", type=float, default=0.25, help="probability that a frame repeats the last action, Atari (default %(default)s)")
    p.add_argument("--noop-max", type=int, default=30, help="most frames without an action at an episode's start, Atari (default %(default)s)")
    p.add_argument("--max-frames", type=int, default=108_000, help="frames after which an episode is cut (default %(default)s)")
    p.add_argument("--repeat", type=int, default=4, help="frames of a step for --print-config (default %(default)s)")
    p.add_argument("--kwargs", type=json.loads, help="arguments of gymnasium.make as a JSON object")
    p.add_argument("--wrapper", help="Gymnasium wrappers as module:Class, with commas")
    return p.parse_args(argv)


def options(a):
    """Returns what the bridge is asked for: single frames of the whole picture."""
    if not (0 <= a.sticky < 1 and a.noop_max >= 0 and a.max_frames > 0 and 1 <= a.scale <= 16 and 1 <= a.repeat <= 256):
        raise Refusal("want --sticky 0 to below 1, --noop-max 0 or more, --max-frames 1 or more, --scale 1 to 16, --repeat 1 to 256")
    o = {"id": a.id, "backend": "gym", "kwargs": {}, "wrapper": "", "repeat": 1, "stack": False, "format": "",
         "crop": [0, 0, 0, 0], "max_frames": a.max_frames, "sticky": a.sticky, "noop_max": a.noop_max, "full_actions": False}
    if a.id.startswith("ALE/"):
        o["backend"] = "ale"
    elif a.id.startswith("CarRacing-"):
        o["kwargs"] = {"continuous": False}
    elif a.id.startswith(("MiniGrid-", "BabyAI-")):
        o["wrapper"] = "minigrid.wrappers:RGBImgObsWrapper,minigrid.wrappers:ImgObsWrapper"
    if a.kwargs is not None:
        o["kwargs"] = a.kwargs
    if a.wrapper is not None:
        o["wrapper"] = a.wrapper
    return o


def make(o):
    """Makes the environment; where it has no pictures to observe, of what it draws."""
    from glint_bridge.server import make_game

    if o["backend"] == "gym":
        from gymnasium import spaces
        from glint_bridge.gymnasium_backend import build

        env = build(o)
        space = env.observation_space
        env.close()
        if not (isinstance(space, spaces.Box) and len(space.shape) in (2, 3)):
            o = {**o, "kwargs": {"render_mode": "rgb_array", **o["kwargs"]}}
            o["wrapper"] = ",".join(filter(None, [o["wrapper"], "gymnasium.wrappers:AddRenderObservation"]))
    return make_game(o)


def rate(a, game):
    """Returns the frames a second."""
    fps = a.fps
    if fps is None:
        fps = 60 if a.id.startswith("ALE/") else game.env.metadata.get("render_fps") or 60
    if not 0 < fps <= 1000:
        raise Refusal(f"--fps is {fps:g}, want above 0 and at most 1000")
    return float(fps)


def password(a):
    """Returns the password, empty for none."""
    if a.password_file is None:
        if a.listen not in (LOOPBACK, "localhost"):
            raise Refusal(f"to listen on {a.listen} give --password-file FILE: whoever comes may press the keys; the traffic is not encrypted")
        return ""
    with open(a.password_file) as f:
        text = f.read().rstrip("\r\n")
    if not 6 <= len(text.encode()) <= 8:
        raise Refusal(f"{a.password_file} holds {len(text.encode())} characters, VNC wants 6 to 8")
    return text


def main(argv):
    """Plays until a signal comes, and returns the exit code."""
    from config import settings
    from play import Remote

    a = arguments(argv)
    try:
        game = make(options(a))
        fps = rate(a, game)
        remote = Remote(game, fps, a.lockstep, a.scale)
        text = settings(a, game, fps, remote.size)
        if a.print_config:
            print(text, end="")
            return 0
        serve(a, remote, fps)
    except (Refusal, OSError) as err:
        print(f"scripts/remote: {a.id}: {err}", file=sys.stderr)
        return 1
    return 0


def serve(a, remote, fps):
    """Opens display and rewarder, and plays."""
    from display import Display
    from rewarder import Rewarder

    def stop(number, frame):
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)
    secret, size = password(a), remote.size
    with contextlib.closing(Display(*size, a.port, a.listen, secret, a.id)) as display:
        with contextlib.closing(Rewarder(a.listen, a.rewarder_port, secret, a.id, fps, remote.wake)) as rewarder:
            clock = "in lock step" if a.lockstep else f"at {fps:g} frames/s"
            print(f"scripts/remote: {a.id} {clock}, {size[0]}x{size[1]} pixels: vnc://{a.listen}:{a.port}+{rewarder.port}", file=sys.stderr, flush=True)
            try:
                remote.run(display, rewarder, a.seed)
            finally:
                if remote.late:
                    print(f"scripts/remote: {remote.late} frames were late and left out", file=sys.stderr)
            raise Refusal(f"the display ended: {display.why()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
