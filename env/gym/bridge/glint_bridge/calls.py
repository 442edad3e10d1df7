"""Functions of CALL: what is asked outside the environments of a connection."""

import time

import numpy as np


def ids(args):
    """Returns the known Gymnasium ids, sorted."""
    import contextlib

    import gymnasium

    for module in ("ale_py", "minigrid"):
        with contextlib.suppress(ImportError):
            __import__(module)
    return {"ids": sorted(gymnasium.registry)}


def bare(args):
    """Times a loop over ALEInterface without any bridge; the yardstick of bench env.

    The same work a step: the same sticky draws, four grabs, crops and RAM reads.
    """
    from .ale import ale_py, rom_of, roms
    from .rng import SplitMix64

    x0, y0, x1, y1 = args["crop"]
    n, repeat, steps = args["n"], args["repeat"], args["steps"]
    sticky = int(args["sticky"] * float(1 << 64))
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    path, games = roms.get_rom_path(rom_of(args["id"])), []
    for i in range(n):
        ale = ale_py.ALEInterface()
        ale.setFloat("repeat_action_probability", 0.0)
        ale.setInt("random_seed", i + 1)
        ale.loadROM(path)
        ale.reset_game()
        codes = [int(a.value) for a in ale.getMinimalActionSet()]
        games.append([ale, 0, SplitMix64(i)])
    screen = np.zeros(games[0][0].getScreenDims(), np.uint8)
    window = screen[y0:y1, x0:x1] if x1 else screen
    obs = np.zeros((n, repeat, *window.shape), np.uint8)
    ram = np.zeros((n, repeat, 128), np.uint8)
    choice = SplitMix64(args["seed"])
    start = time.process_time(), time.perf_counter()
    for _ in range(steps):
        for i, game in enumerate(games):
            ale, executed, draw = game
            wanted = codes[choice.below(len(codes))]
            for t in range(repeat):
                if not sticky or draw.next() >= sticky:
                    executed = wanted
                ale.act(executed)
                ale.getScreen(screen)
                np.copyto(obs[i, t], window)
                ale.getRAM(ram[i, t])
                if ale.game_over():
                    ale.reset_game()
                    executed = 0
            game[1] = executed
    return {
        "frames": steps * n * repeat,
        "cpu_s": time.process_time() - start[0],
        "wall_s": time.perf_counter() - start[1],
    }


def cpu(args):
    """Returns the processor time this worker has used, in seconds."""
    return {"cpu_s": time.process_time()}


NAMES = {"ids": ids, "bare": bare, "cpu": cpu}
