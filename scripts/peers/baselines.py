"""Stable-Baselines3's side of agents.py: its A2C and PPO by the settings that its zoo has for Atari games."""

import statistics
import time

import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecFrameStack

VECS = {"dummy": DummyVecEnv, "subproc": SubprocVecEnv}


class Clock(BaseCallback):
    """Ends learn() with the first rollout whose updates end after so many seconds."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.start = seconds, time.perf_counter()
        self.spent, self.steps = 0.0, 0  # up to the last whole rollout with its updates

    def left(self):
        """Returns the share of the time that is left, for schedules that end with it."""
        return max(0.0, 1 - (time.perf_counter() - self.start) / self.seconds)

    def _on_rollout_start(self):
        self.spent, self.steps = time.perf_counter() - self.start, self.model.num_timesteps

    def _on_step(self):
        return self.spent < self.seconds


def games(setup, seed):
    """Returns environments as the zoo wraps them. Actions stick inside the emulator, frame by frame, as they do in glint."""
    sticky = {"frameskip": 1, "repeat_action_probability": setup["sticky"]}
    env = make_atari_env("ale_py:" + setup["game"], setup["envs"], seed, env_kwargs=sticky, vec_env_cls=VECS[setup["vec"]])
    return VecFrameStack(env, 4)


def model_of(setup, env, clock):
    shared = {"policy": "CnnPolicy", "env": env, "ent_coef": 0.01, "seed": setup["seed"], "device": "cpu"}
    if setup["algo"] == "a2c":
        rmsprop = {"optimizer_class": RMSpropTFLike, "optimizer_kwargs": {"eps": 1e-5}}
        return A2C(n_steps=5, vf_coef=0.25, policy_kwargs=rmsprop, **shared)
    return PPO(
        n_steps=128, batch_size=256, n_epochs=4, vf_coef=0.5,
        learning_rate=lambda _: 2.5e-4 * clock.left(), clip_range=lambda _: 0.1 * clock.left(), **shared,
    )


def train(setup):
    """Returns the model and its clock after setup["seconds"] of learn()."""
    torch.set_num_threads(setup["threads"])
    clock, env = Clock(setup["seconds"]), games(setup, setup["seed"])
    model = model_of(setup, env, clock)
    clock.start = time.perf_counter()
    model.learn(10**12, callback=clock)
    env.close()
    return model, clock


def speed(setup):
    _, clock = train(setup)
    return {"steps_per_s": clock.steps / clock.spent, "steps": clock.steps, "seconds": clock.spent}


def score(setup, episodes):
    """Trains, then plays full games with actions drawn from the policy, as glint eval does."""
    model, clock = train(setup)
    # Monitor lies below the wrapper: its rewards are un-clipped, its episodes whole games, its lengths frames.
    env = games(setup, setup["seed"] + 1000)
    scores, frames = evaluate_policy(model, env, episodes, deterministic=False, return_episode_rewards=True)
    env.close()
    return {
        "episodes": len(scores), "mean": statistics.mean(scores), "median": statistics.median(scores),
        "steps": statistics.mean(frames) / 4, "scores": scores,
        "trained_steps": clock.steps, "trained_seconds": clock.spent, "steps_per_s": clock.steps / clock.spent,
    }
