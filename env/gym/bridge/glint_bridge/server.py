"""One connection: a request comes in, an answer goes out, in order."""

import json
import os
import signal
import socket
import struct
import sys
import traceback

import numpy as np

from . import wire
from .batch import Buffer
from .memory import Memory
from .wire import Refusal

RANGE = struct.Struct("<II")  # first environment, environments
INDEX = struct.Struct("<I")
SIZE = struct.Struct("<Q")


def make_game(options):
    """Builds one environment of the backend that the options name."""
    if options["backend"] == "ale":
        from .ale import AleGame

        return AleGame(options)
    from .gymnasium_backend import GymGame

    return GymGame(options)


class Server:
    """The environments of one connection."""

    def __init__(self, sock, memory):
        self.sock = sock
        self.memory = memory
        self.games = []
        self.ready = []
        self.buffers = {}
        self.handlers = {
            wire.HELLO: self.hello, wire.MAKE: self.make, wire.RESET: self.reset, wire.STEP: self.step,
            wire.SAVE: self.save, wire.LOAD: self.load, wire.CALL: self.call, wire.MAP: self.map,
        }

    def run(self):
        """Serves until the peer hangs up or says CLOSE."""
        while True:
            frame = wire.read_frame(self.sock)
            if frame is None or frame[0] == wire.CLOSE:
                return
            kind, seq, payload = frame
            self.env = -1
            try:
                handler = self.handlers.get(kind)
                if handler is None:
                    raise Refusal(f"unknown request type {kind}")
                handler(seq, payload)
            except (BrokenPipeError, ConnectionResetError):
                return
            except Refusal as err:
                self.fail(seq, err.code, str(err), "", err.env)
            except Exception as err:  # every fault of an environment becomes an ERROR frame
                text = traceback.format_exception_only(err)[-1].strip()
                self.fail(seq, "exception", text, traceback.format_exc(), self.env)

    def fail(self, seq, code, text, trace, env):
        """Sends an ERROR frame."""
        body = {"env": env, "code": code, "text": text[:2000], "traceback": trace[-60000:]}
        wire.send_json(self.sock, wire.ERROR, seq, body)

    def hello(self, seq, payload):
        """Answers who is there."""
        asked = json.loads(payload).get("proto")
        if asked != wire.VERSION:
            raise Refusal(f"protocol {asked}, this server speaks {wire.VERSION}")
        about = {"proto": wire.VERSION, "python": sys.version.split()[0], "pid": os.getpid()}
        wire.send_json(self.sock, wire.HELLO, seq, about)

    def make(self, seq, payload):
        """Builds the environments and describes them."""
        options = json.loads(payload)
        for game in self.games:
            game.close()
        self.games, self.buffers, self.memory.used = [], {}, 0
        for i in range(options["n"]):
            self.env = i
            self.games.append(make_game(options))
        self.ready = [False] * len(self.games)
        g = self.games[0]
        Buffer(len(self.games), g.shape, g.aux_len)
        spec = {
            "n": len(self.games), "t": g.frames, "h": g.frame_shape[0], "w": g.frame_shape[1], "format": g.format,
            "palette": list(g.palette), "actions": len(g.codes), "meanings": g.meanings, "repeat": g.repeat,
            "stacked": g.stacked, "aux_len": g.aux_len, "saves": g.saves, "options": options,
        }
        wire.send_json(self.sock, wire.SPEC, seq, spec)

    def span(self, payload):
        """Returns the range a request is about and the buffer that fits it."""
        if len(payload) < RANGE.size:
            raise Refusal("request is too short")
        first, n = RANGE.unpack_from(payload)
        if n == 0 or first + n > len(self.games):
            raise Refusal(f"environments {first}..{first + n - 1} asked, there are {len(self.games)}")
        buffer = self.buffers.get((first, n))
        if buffer is None:
            game = self.games[0]
            buffer = self.buffers[first, n] = Buffer(n, game.shape, game.aux_len, self.memory)
        buffer.finals = 0
        return first, n, buffer

    def reset(self, seq, payload):
        """Starts new episodes with the given seeds and episode numbers."""
        first, n, buffer = self.span(payload)
        if len(payload) != RANGE.size + 16 * n:
            raise Refusal("RESET has the wrong length")
        pairs = struct.unpack_from(f"<{2 * n}Q", payload, RANGE.size)
        for k in range(n):
            self.env = first + k
            game = self.games[first + k]
            self.ready[first + k] = False
            game.begin(buffer.obs[k], buffer.aux[k], pairs[2 * k + 1], pairs[2 * k])
            buffer.put(k, 0.0, 0.0, 0, game)
            self.ready[first + k] = True
        buffer.send(self.sock, seq, first)

    def step(self, seq, payload):
        """Plays one action in each environment of the range."""
        first, n, buffer = self.span(payload)
        if len(payload) != RANGE.size + 4 * n:
            raise Refusal("STEP has the wrong length")
        actions = np.frombuffer(payload, "<i4", n, RANGE.size).tolist()
        for k, action in enumerate(actions):
            valid = len(self.games[first + k].codes)
            if not 0 <= action < valid:
                raise Refusal(f"action {action}, valid are 0..{valid - 1}", "action", first + k)
            if not self.ready[first + k]:
                raise Refusal("environment was never reset", "not_reset", first + k)
        for k, action in enumerate(actions):
            self.env = first + k
            self.ready[first + k] = False
            self.games[first + k].step(action, buffer, k)
            self.ready[first + k] = True
        buffer.send(self.sock, seq, first)

    def game(self, payload):
        """Returns the index and the environment that SAVE or LOAD names."""
        if len(payload) < INDEX.size:
            raise Refusal("request is too short")
        (i,) = INDEX.unpack_from(payload)
        if i >= len(self.games):
            raise Refusal(f"environment {i} asked, there are {len(self.games)}")
        if not self.games[i].saves:
            raise Refusal("this environment cannot be saved", "unsupported", i)
        return i, self.games[i]

    def save(self, seq, payload):
        """Sends the whole state of one environment."""
        i, game = self.game(payload)
        if not self.ready[i]:
            raise Refusal("environment was never reset", "not_reset", i)
        wire.send(self.sock, wire.STATE, seq, game.save())

    def load(self, seq, payload):
        """Puts one environment into a saved state."""
        i, game = self.game(payload)
        self.env = i
        game.restore(payload[INDEX.size :])
        self.ready[i] = True
        wire.send(self.sock, wire.OK, seq)

    def map(self, seq, payload):
        """Maps the memory that batches are from now on laid out in."""
        if len(payload) != SIZE.size:
            raise Refusal("MAP has the wrong length")
        try:
            self.memory.map(*SIZE.unpack(payload))
        except (OSError, ValueError) as err:
            raise Refusal(f"cannot share memory: {err}") from err
        self.buffers = {}
        wire.send(self.sock, wire.OK, seq)

    def call(self, seq, payload):
        """Runs a named function that is not about the environments."""
        from . import calls

        request = json.loads(payload)
        function = calls.NAMES.get(request.get("name"))
        if function is None:
            raise Refusal(f"no function {request.get('name')!r}")
        wire.send_json(self.sock, wire.OK, seq, function(request.get("args") or {}))


def main(argv):
    """Serves the inherited socket whose descriptor number argv gives, with memory to share or without."""
    if len(argv) not in (2, 4) or argv[0] != "--fd" or argv[2:3] not in ([], ["--memory"]):
        print("usage: python bridge --fd N [--memory N]", file=sys.stderr)
        return 2
    # Ctrl-C is the learner's to handle; it hangs up when it is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        sock = socket.socket(fileno=int(argv[1]))
        sock.setblocking(True)
        Server(sock, Memory(int(argv[3]) if argv[2:] else None)).run()
    except (wire.WireError, OSError) as err:
        print(f"glint bridge: {err}", file=sys.stderr)
        return 1
    return 0
