"""The gym backend: any Gymnasium environment with images and Discrete actions."""

import difflib
import importlib

import gymnasium
import numpy as np
from gymnasium import spaces

from .game import Game
from .rng import SplitMix64
from .wire import Refusal

# Packages that register their ids when they are imported, by the ids' first letters.
MAKERS = {"ALE/": "ale_py", "MiniGrid-": "minigrid", "BabyAI-": "minigrid"}
EXTRAS = {"box2d": "box2d", "pygame": "box2d", "minigrid": "minigrid"}


def load(name):
    """Imports a module, or says which extra brings it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as err:
        raise missing(err.name or name) from err


def missing(module):
    """Returns the refusal for an absent Python module."""
    extra = EXTRAS.get(module.split(".")[0].lower())
    todo = f"run: glint env install --extra {extra}" if extra else "install it into the Python that runs the bridge"
    return Refusal(f"it needs the Python module {module}; {todo}", "missing_module")


def build(options):
    """Makes the environment with its wrappers."""
    env_id = options["id"]
    for first, module in MAKERS.items():
        if env_id.startswith(first):
            load(module)
    if ":" in env_id:
        load(env_id.split(":", 1)[0])
    try:
        env = gymnasium.make(env_id, **options["kwargs"])
    except gymnasium.error.DependencyNotInstalled as err:
        text = str(err).lower()
        raise missing(next((m for m in EXTRAS if m in text), str(err))) from err
    except (gymnasium.error.UnregisteredEnv, gymnasium.error.NamespaceNotFound) as err:
        near = difflib.get_close_matches(env_id, gymnasium.registry, n=3, cutoff=0.6)
        hint = f"did you mean {', '.join(near)}?" if near else "see glint env list"
        raise Refusal(f"no Gymnasium environment has this id; {hint}", "unknown_id") from err
    except gymnasium.error.Error as err:
        raise Refusal(" ".join(str(err).split())) from err
    for path in filter(None, options["wrapper"].split(",")):
        module, _, name = path.strip().partition(":")
        env = getattr(load(module), name)(env)
    return env


class GymGame(Game):
    """One Gymnasium environment at native resolution."""

    def __init__(self, options):
        super().__init__(options)
        self.env = build(options)
        self.check_actions()
        self.check_screen(options)
        self.rng = SplitMix64()
        self.prepare()

    def check_actions(self):
        """Accepts Discrete actions alone."""
        space = self.env.action_space
        if not isinstance(space, spaces.Discrete):
            raise Refusal(
                f"its action space is {space}; glint plays Discrete actions: "
                "pick another id or make it discrete by keyword arguments or a wrapper"
            )
        start = int(space.start)
        self.codes = list(range(start, start + int(space.n)))
        names = getattr(self.env.unwrapped, "get_action_meanings", None)
        if names and len(names()) == len(self.codes):
            self.meanings = list(names())

    def check_screen(self, options):
        """Accepts uint8 images alone and sets crop and format."""
        space = self.env.observation_space
        shape = getattr(space, "shape", None) or ()
        image = isinstance(space, spaces.Box) and space.dtype == np.uint8
        if not image or not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))):
            what = f"Box{shape} of {space.dtype}" if isinstance(space, spaces.Box) else type(space).__name__
            raise Refusal(
                f"its observations are {what}; glint needs uint8 images [H,W,3], [H,W,1] or [H,W]: "
                "pick another id or add a wrapper that renders pixels"
            )
        self.format = "rgb" if len(shape) == 3 and shape[2] == 3 else "gray"
        if options["format"] not in ("", self.format):
            raise Refusal(f"its images are {self.format}, not {options['format']}")
        x0, y0, x1, y1 = options["crop"]
        if (x0, y0, x1, y1) == (0, 0, 0, 0):
            x1, y1 = shape[1], shape[0]
        if not (0 <= x0 < x1 <= shape[1] and 0 <= y0 < y1 <= shape[0]):
            raise Refusal(f"crop ({x0},{y0})-({x1},{y1}) is not inside the image of {shape[1]}x{shape[0]}")
        self.native = shape
        self.rows, self.columns = slice(y0, y1), slice(x0, x1)
        self.frame_shape = (y1 - y0, x1 - x0, 3) if self.format == "rgb" else (y1 - y0, x1 - x0)

    def put(self, image, dst):
        """Writes one observation, cropped."""
        if image.shape != self.native or image.dtype != np.uint8:
            raise ValueError(f"observation is {image.dtype}{list(image.shape)}, announced was uint8{list(self.native)}")
        part = image[self.rows, self.columns]
        dst[...] = part[..., 0] if part.ndim == 3 and part.shape[2] == 1 else part

    def restart(self, obs, aux, seed):
        """Begins an episode; only the first one of a Reset is seeded."""
        if seed is not None:
            self.rng = SplitMix64(seed)
            image, _ = self.env.reset(seed=self.rng.below(1 << 31))
        else:
            image, _ = self.env.reset()
        self.note_lives()
        self.put(image, obs[0])

    def play(self, action, obs, aux):
        """Plays the action repeat times or until the episode ends."""
        reward, played, done, cut = 0.0, 0, False, False
        while played < self.repeat and not (done or cut):
            image, gain, done, cut, _ = self.env.step(self.codes[action])
            reward += float(gain)
            self.put(image, obs[0 if self.stacked else played])
            played += 1
            cut = cut or self.elapsed + played >= self.max_frames
        self.elapsed += played
        self.note_lives()
        return reward, played, bool(done), bool(cut)

    def note_lives(self):
        """Reads the lives where the environment is an emulator that has them."""
        ale = getattr(self.env.unwrapped, "ale", None)
        self.lives = ale.lives() if ale is not None else 0

    def close(self):
        """Frees the environment."""
        self.env.close()
