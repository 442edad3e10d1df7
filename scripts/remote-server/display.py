"""An X display that VNC clients see, with one window that fills it."""

import ctypes
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys

import numpy as np
from Xlib import XK, X
from Xlib import display as xlib

from glint_bridge.wire import Refusal

# The keysym that asks for the next frame in lock step.
COMMIT = "F12"
# The pixel that says a frame number follows, and the bits of a pixel.
MAGIC = 0x676C74
MASK = 0xFFFFFF
FAMILY_LOCAL = 256  # of Xauthority


def end_with_parent():
    """Lets Linux end this process when its parent dies, however that dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Note:
    """A file in memory for this process and its children, which ends with them, however they end."""

    def __init__(self, name, content=b""):
        self.number = os.memfd_create(name)
        self.path = f"/proc/{os.getpid()}/fd/{self.number}"
        os.write(self.number, content)

    def read(self):
        """Returns all that was written to it."""
        with open(self.path, errors="replace") as f:
            return f.read()

    def close(self):
        """Ends it for this process."""
        os.close(self.number)


def authority():
    """Returns an Xauthority file, without which other users could read the keys."""
    parts = [socket.gethostname().encode(), b"", b"MIT-MAGIC-COOKIE-1", secrets.token_bytes(16)]
    return struct.pack(">H", FAMILY_LOCAL) + b"".join(struct.pack(">H", len(p)) + p for p in parts)


def hidden(password):
    """Returns a password as Xvnc reads it."""
    tool = shutil.which("vncpasswd") or shutil.which("tigervncpasswd")
    if not tool:
        raise Refusal("vncpasswd is missing, which hides a password for Xvnc; Debian: apt-get install tigervnc-tools")
    return subprocess.run([tool, "-f"], input=password.encode() + b"\n", stdout=subprocess.PIPE, check=True).stdout


class Display:
    """Xvnc and a window on it; the last row of the screen holds the number of the frame."""

    def __init__(self, width, height, port, host, password, name):
        self.width, self.height = width, height + 1
        self.pixels = np.zeros((self.height, width), "<u4")  # 0xRRGGBB
        self.frame = self.pixels[:-1]
        if not hasattr(os, "memfd_create"):
            raise Refusal("it wants Linux")
        self.notes = [Note("cookie", authority()), Note("log")]
        self.server = None
        try:
            self.start(port, host, password, name)
            self.open()
        except BaseException:
            self.close()
            raise

    def start(self, port, host, password, name):
        """Starts Xvnc, which ends when its only window does."""
        if not shutil.which("Xvnc"):
            raise Refusal("Xvnc is missing; Debian: apt-get install tigervnc-standalone-server")
        cookie, log = self.notes
        security = ["-SecurityTypes", "None"]
        if password:
            self.notes.append(Note("password", hidden(password)))
            security = ["-SecurityTypes", "VncAuth", "-PasswordFile", self.notes[-1].path]
        os.environ["XAUTHORITY"] = cookie.path
        got, told = os.pipe()
        self.server = subprocess.Popen(
            ["Xvnc", "-displayfd", str(told), "-auth", cookie.path, "-nolisten", "tcp", "-terminate",
             "-rfbport", str(port), "-interface", host, "-geometry", f"{self.width}x{self.height}", "-depth", "24",
             "-FrameRate", "1000", "-AlwaysShared", "-AcceptSetDesktopSize=0", "-desktop", name, *security],
            stdin=subprocess.DEVNULL, stdout=log.number, stderr=log.number, pass_fds=[told],
            preexec_fn=end_with_parent, start_new_session=True)  # Ctrl-C is ours to handle
        os.close(told)
        with os.fdopen(got) as f:
            number = f.readline().strip()
        if not number:
            raise Refusal(f"Xvnc does not start: {self.why()}")
        self.name = f":{number}"

    def why(self):
        """Returns what Xvnc wrote last, which says why it ended."""
        lines = [line.removeprefix("(EE)").strip() for line in self.notes[1].read().splitlines()]
        return ([line for line in lines if line] or ["it says nothing"])[-1]

    def open(self):
        """Opens the window; all keys are its."""
        self.x = xlib.Display(self.name)
        screen = self.x.screen()
        self.depth = screen.root_depth
        self.window = screen.root.create_window(
            0, 0, self.width, self.height, 0, self.depth, override_redirect=True,
            event_mask=X.KeyPressMask | X.KeyReleaseMask)
        self.window.map()
        self.gc = self.window.create_gc(foreground=0, graphics_exposures=False)
        self.canvas = self.window.create_pixmap(self.width, self.height, self.depth)
        self.window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
        self.x.change_keyboard_control(auto_repeat_mode=X.AutoRepeatModeOff)
        self.canvas.fill_rectangle(self.gc, 0, 0, self.width, self.height)  # black, as the pixels are
        self.x.sync()
        self.rows = (self.x.display.info.max_request_length * 4 - 64) // (4 * self.width)

    def show(self, stamp, top, bottom):
        """Draws the pixels of some rows and the frame's number, to the eye of a client in one stroke."""
        self.pixels[-1, :3] = MAGIC, stamp & MASK, ~stamp & MASK
        for first in range(top, bottom, self.rows):
            self.put(self.pixels[first : min(first + self.rows, bottom)], first)
        self.put(self.pixels[-1:, :3], self.height - 1)
        self.window.copy_area(self.gc, self.canvas, 0, top, self.width, self.height - top, 0, top)
        self.x.flush()

    def put(self, part, top):
        """Sends pixels to the canvas, which nobody sees."""
        height, width = part.shape
        self.canvas.put_image(self.gc, 0, top, width, height, X.ZPixmap, self.depth, 0, part.tobytes())

    def keys(self):
        """Yields the names of keys with whether they went down, in order, until no more are there."""
        while self.x.pending_events():
            event = self.x.next_event()
            if event.type == X.MappingNotify:
                self.x.refresh_keyboard_mapping(event)
            elif event.type in (X.KeyPress, X.KeyRelease):
                symbol = self.x.keycode_to_keysym(event.detail, 0)
                yield NAMES.get(symbol, ""), event.type == X.KeyPress

    def close(self):
        """Ends Xvnc and waits for it."""
        if self.server is not None:
            self.server.terminate()
            try:
                self.server.wait(5)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        for note in self.notes:
            note.close()


NAMES = {XK.string_to_keysym(name): name for name in (
    "Up", "Down", "Left", "Right", "space", COMMIT, *"abcdefghijklmnopqrstuvwxyz0123456789")}
