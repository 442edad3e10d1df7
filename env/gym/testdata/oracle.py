"""Prints the SHA-256 of what a bare ALE loop shows; knows nothing of the bridge.

usage: oracle.py ROM RANDOM_SEED X0 Y0 X1 Y1 < actions (one byte a step)
Every step hashes 4 cropped frames, the RAM after each, the reward and the end.
"""

import hashlib
import struct
import sys

import ale_py
from ale_py import roms

rom, seed, x0, y0, x1, y1 = sys.argv[1], *map(int, sys.argv[2:])
ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
ale = ale_py.ALEInterface()
ale.setFloat("repeat_action_probability", 0.0)
ale.setInt("random_seed", seed)
ale.loadROM(roms.get_rom_path(rom))
ale.reset_game()
moves = ale.getMinimalActionSet()


def look():
    return ale.getScreen()[y0:y1, x0:x1].tobytes(), ale.getRAM().tobytes()


sha = hashlib.sha256()


def note(frames, reward, done):
    for picture, _ in frames:
        sha.update(picture)
    for _, ram in frames:
        sha.update(ram)
    sha.update(struct.pack("<d?", reward, done))


note([look()] * 4, 0.0, False)
for move in sys.stdin.buffer.read():
    frames, reward = [], 0
    for _ in range(4):
        if not ale.game_over():
            reward += ale.act(moves[move])
        frames.append(look())
    done = ale.game_over()
    note(frames, reward, done)
    if done:
        ale.reset_game()
        note([look()] * 4, 0.0, False)
print(sha.hexdigest())
