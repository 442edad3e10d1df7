"""Frames on a stream socket: a 16-byte header, then the payload."""

import json
import struct

MAGIC = 0x4C47
VERSION = 1
HEADER = struct.Struct("<HBBHHII")  # magic, version, type, flags, reserved, seq, len
MAX_FRAME = 64 << 20
MAX_REQUEST = 16 << 20
SHARED = 1  # header flag of a BATCH whose body is in shared memory

HELLO, MAKE, SPEC, RESET, STEP, BATCH, SAVE, LOAD, STATE, OK, ERROR, CLOSE, AUTH, CALL, MAP = range(1, 16)


class WireError(Exception):
    """The peer does not speak this protocol; the connection is useless."""


class Refusal(Exception):
    """A request that cannot be granted; its text is one line for a person."""

    def __init__(self, text, code="refused", env=-1):
        super().__init__(text)
        self.code = code
        self.env = env


def read_exact(sock, n):
    """Returns n bytes, or None at a clean end of the stream before the first."""
    buf = bytearray(n)
    view = memoryview(buf)
    got = 0
    while got < n:
        k = sock.recv_into(view[got:])
        if k == 0:
            if got == 0:
                return None
            raise WireError("the stream ended inside a frame")
        got += k
    return bytes(buf)


def read_frame(sock):
    """Returns (type, seq, payload), or None when the peer has hung up."""
    head = read_exact(sock, HEADER.size)
    if head is None:
        return None
    magic, version, kind, flags, reserved, seq, size = HEADER.unpack(head)
    if magic != MAGIC:
        raise WireError(f"bad magic {magic:#06x}")
    if version != VERSION:
        raise WireError(f"protocol version {version}, this side speaks {VERSION}")
    if flags or reserved:
        raise WireError("reserved header fields are not zero")
    if size > MAX_REQUEST:
        raise WireError(f"frame of {size} bytes, at most {MAX_REQUEST} are allowed")
    payload = read_exact(sock, size) if size else b""
    if payload is None:
        raise WireError("the stream ended inside a frame")
    return kind, seq, payload


def send(sock, kind, seq, payload=b"", flags=0):
    """Sends one frame."""
    if len(payload) > MAX_FRAME:
        raise Refusal(f"a reply of {len(payload)} bytes does not fit into a frame: use fewer environments or a crop")
    sock.sendall(HEADER.pack(MAGIC, VERSION, kind, flags, 0, seq, len(payload)) + payload)


def send_json(sock, kind, seq, value):
    """Sends one frame that holds JSON."""
    send(sock, kind, seq, json.dumps(value).encode())
