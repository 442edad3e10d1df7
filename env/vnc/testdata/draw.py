"""Draws on an X display, and tells what is on it. One command a line on stdin:

  ops N SEED   N random operations on windows; answers "ok"
  plain        none of which shall draw through windows from now on; answers "ok"
  shot         answers "W H BYTES" and so many bytes: the root window, 4 a pixel, blue first
  down         answers the names of the keys that are down
  size W H     changes the size of the screen; answers "ok"
  move         moves a window without end, until stdin closes
  sym NAME     answers the number of a keysym
"""

import random
import sys
import time

from Xlib import X, XK, display
from Xlib.ext import randr

x = display.Display()
screen = x.screen()
root = screen.root
windows = []
gc = root.create_gc(subwindow_mode=X.IncludeInferiors)
through = 0.2


def place(rng):
    g = root.get_geometry()
    return rng.randrange(-20, g.width), rng.randrange(-20, g.height), rng.randrange(1, g.width), rng.randrange(1, g.height)


def colour(rng):
    return rng.randrange(1 << 24)


def create(rng):
    left, top, w, h = place(rng)
    win = root.create_window(left, top, w, h, rng.randrange(4), screen.root_depth, background_pixel=colour(rng), border_pixel=colour(rng))
    win.map()
    windows.append(win)


def fill(rng, win):
    gc.change(foreground=colour(rng))
    win.fill_rectangle(gc, *place(rng))


def scroll(rng, win):
    left, top, w, h = place(rng)
    win.copy_area(gc, win, max(left, 0), max(top, 0), w, h, rng.randrange(40), rng.randrange(40))


def noise(rng, win):
    w, h = rng.randrange(1, 90), rng.randrange(1, 60)
    levels = rng.choice([2, 3, 10, 60, 256])
    data = bytes(rng.randrange(levels) for _ in range(w * h * 4))
    win.put_image(gc, rng.randrange(200), rng.randrange(150), w, h, X.ZPixmap, screen.root_depth, 0, data)


def lines(rng, win):
    gc.change(foreground=colour(rng))
    for _ in range(20):
        win.line(gc, rng.randrange(300), rng.randrange(200), rng.randrange(300), rng.randrange(200))


def arrange(rng, win):
    left, top, w, h = place(rng)
    win.configure(x=left, y=top, width=w, height=h, stack_mode=rng.choice([X.Above, X.Below]))


def shift(rng, win):
    left, top, _, _ = place(rng)
    win.configure(x=left, y=top)


def destroy(rng, win):
    windows.remove(win)
    win.destroy()


def ops(n, seed):
    rng = random.Random(seed)
    for _ in range(n):
        if len(windows) < 2 or len(windows) < 8 and rng.random() < 0.1:
            create(rng)
            continue
        win = rng.choice(windows)
        rng.choice([fill, fill, scroll, noise, lines, arrange, shift, shift, destroy])(rng, win)
        if rng.random() < through:
            scroll(rng, root)
    x.sync()


def plain():
    global through
    through = 0
    gc.change(subwindow_mode=X.ClipByChildren)


def resize(w, h):
    info = root.xrandr_get_screen_info()
    at = next(i for i, s in enumerate(info.sizes) if (s["width_in_pixels"], s["height_in_pixels"]) == (w, h))
    root.xrandr_set_screen_config(at, randr.Rotate_0, info.config_timestamp)
    x.sync()


def shot():
    g = root.get_geometry()
    data = root.get_image(0, 0, g.width, g.height, X.ZPixmap, 0xFFFFFFFF).data
    sys.stdout.buffer.write(b"%d %d %d\n" % (g.width, g.height, len(data)) + data)


names = {getattr(XK, name): name[3:] for name in reversed(dir(XK)) if name.startswith("XK_")}


def down():
    keys = x.query_keymap()
    held = [8 * i + b for i in range(32) for b in range(8) if keys[i] >> b & 1]
    return " ".join(sorted(names.get(x.keycode_to_keysym(k, 0), str(k)) for k in held))


def move():
    create(random.Random(1))
    k = 0
    while True:
        k += 1
        windows[0].configure(x=k * 7 % 200, y=k * 3 % 150)
        x.sync()
        time.sleep(0.004)


def main():
    for line in sys.stdin:
        word, *args = line.split()
        if word == "shot":
            shot()
        elif word == "move":
            move()
        else:
            answer = "ok"
            if word == "ops":
                ops(int(args[0]), int(args[1]))
            elif word == "plain":
                plain()
            elif word == "size":
                resize(int(args[0]), int(args[1]))
            elif word == "down":
                answer = down()
            elif word == "sym":
                answer = str(XK.string_to_keysym(args[0]))
            sys.stdout.buffer.write(answer.encode() + b"\n")
        sys.stdout.buffer.flush()


for group in ("latin1", "miscellany"):
    XK.load_keysym_group(group)
main()
