"""Computes with PyTorch what tests of glint are held to.

    python3 -m venv /tmp/golden
    /tmp/golden/bin/pip install -r scripts/golden/requirements.txt
    /tmp/golden/bin/python scripts/golden/golden.py

It writes agent/testdata/joint_update.safetensors (read by
agent/golden_internal_test.go), internal/ops/testdata/layers.json (read by
internal/ops/golden_test.go) and internal/kernel/testdata/kernels.json (see
kernels.py). Made with Python 3.11, torch 2.8.0, numpy 2.2.6 and safetensors
0.5.3; the versions are in the metadata of each file too.

No input is stored: both sides make inputs and weights by noise(), a hash of a
tensor's name and an element's index. Everything is computed in float64 from
float32 inputs and stored as float32.
"""

import pathlib

import numpy as np
import safetensors.numpy
import torch
import torch.nn.functional as F

import kernels
from noise import double, noise, sketch, versions, write_json

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Cases of the joint update: rows, columns, channels, code, actions, algorithm,
# whether the value loss is clipped, content rectangle (top, left, bottom, right).
CASES = {
    "ppo": (16, 24, (5, 7), 8, 5, "ppo", True, (1, 2, 14, 23)),
    "a2c": (16, 24, (5, 7), 8, 5, "a2c", False, (0, 0, 16, 24)),
    "full": (64, 144, (16, 32), 64, 14, "ppo", False, (0, 0, 64, 144)),
}
T, RL, AE = 4, 3, 2
CLIP, ENTROPY, VALUE, AE_COEF = 0.2, 0.05, 0.5, 3.0
LR, EPS, NORM = 1e-3, 1e-5, 0.5

# Geometries of the layers: B, C, H, W, F, KH, KW, stride, pad.
LAYERS = [
    (2, 3, 5, 7, 4, 3, 3, 1, 1),
    (1, 1, 1, 1, 1, 1, 1, 1, 0),
    (3, 2, 9, 6, 5, 4, 3, 2, 1),
    (2, 5, 11, 13, 3, 5, 2, 3, 0),
    (1, 2, 8, 12, 9, 8, 8, 4, 2),
]


def parameters(channels, code, flat, actions):
    c1, c2 = channels
    shapes = {
        "encoder.conv1": ((c1, T, 8, 8), c1),
        "encoder.conv2": ((c2, c1, 4, 4), c2),
        "encoder.code": ((code, flat), code),
        "decoder.expand": ((flat, code), flat),
        "decoder.deconv1": ((c2, c1, 4, 4), c1),
        "decoder.deconv2": ((c1, T, 8, 8), T),
        "actor": ((actions, code), actions),
        "critic": ((1, code), 1),
    }
    params = {}
    for name, (shape, bias) in shapes.items():
        w = noise(name + ".weight", *shape) * np.sqrt(3 / np.prod(shape[1:]))
        params[name + ".weight"] = double(w).requires_grad_()
        params[name + ".bias"] = double(noise(name + ".bias", bias) / 8).requires_grad_()
    return params


def pixels(name, b, h, w):
    return torch.from_numpy(np.floor((noise(name, b, T, h, w) + 1) * 128))


def losses(p, case):
    """Returns policy loss, entropy, value loss and autoencoder loss."""
    h, w, channels, code, actions, algo, clip_value, content = case
    mean = double(noise("mean", T, h, w) * 30 + 60)

    def encode(obs):
        x = (obs - mean) / 255
        z = F.relu(F.conv2d(x, p["encoder.conv1.weight"], p["encoder.conv1.bias"], stride=4, padding=2))
        z = F.relu(F.conv2d(z, p["encoder.conv2.weight"], p["encoder.conv2.bias"], stride=2, padding=1))
        return x, torch.tanh(F.linear(z.flatten(1), p["encoder.code.weight"], p["encoder.code.bias"]))

    _, z = encode(pixels("obs", RL, h, w))
    dist = torch.distributions.Categorical(logits=F.linear(z, p["actor.weight"], p["actor.bias"]))
    value = F.linear(z, p["critic.weight"], p["critic.bias"]).squeeze(1)
    action = torch.arange(RL) * 2 % actions
    adv = double(noise("advantage", RL) * 2)
    old_logp = double(noise("log probability", RL) * 0.6 - np.log(actions))
    returns, old_value = double(noise("return", RL)), double(noise("old value", RL) / 2)
    logp = dist.log_prob(action)
    if algo == "ppo":
        ratio = torch.exp(logp - old_logp)
        policy = -torch.min(ratio * adv, torch.clamp(ratio, 1 - CLIP, 1 + CLIP) * adv).mean()
    else:
        policy = -(logp * adv).mean()
    square = (value - returns) ** 2
    if clip_value:
        square = torch.max(square, (old_value + torch.clamp(value - old_value, -CLIP, CLIP) - returns) ** 2)

    x, z = encode(pixels("autoencoder.obs", AE, h, w))
    y = F.relu(F.linear(z, p["decoder.expand.weight"], p["decoder.expand.bias"]))
    y = y.reshape(AE, channels[1], h // 8, w // 8)
    y = F.relu(F.conv_transpose2d(y, p["decoder.deconv1.weight"], p["decoder.deconv1.bias"], stride=2, padding=1))
    y = F.conv_transpose2d(y, p["decoder.deconv2.weight"], p["decoder.deconv2.bias"], stride=4, padding=2)
    top, left, bottom, right = content
    mask = torch.zeros(h, w, dtype=torch.float64)
    mask[top:bottom, left:right] = 1
    weights = double(noise("autoencoder.weights", AE, T, h, w) * 2 + 2) * mask
    autoencoder = (weights * (y - x) ** 2).sum() / (AE * T * (bottom - top) * (right - left))
    return policy, dist.entropy().mean(), square.mean() / 2, autoencoder


def joint(name, case):
    h, w, channels, code, actions = case[:5]
    p = parameters(channels, code, channels[1] * (h // 8) * (w // 8), actions)
    before = {k: v.detach().clone() for k, v in p.items()}
    adam = torch.optim.Adam(p.values(), lr=LR, eps=EPS)
    keep = sketch if name == "full" else (lambda x: x)
    out = {}
    for step in (1, 2):
        adam.zero_grad()
        policy, entropy, value, autoencoder = losses(p, case)
        total = policy - ENTROPY * entropy + VALUE * value + AE_COEF * autoencoder
        total.backward()
        for k, v in p.items():
            out[f"step {step}/gradient/{k}"] = keep(v.grad.numpy().copy())
        norm = torch.nn.utils.clip_grad_norm_(p.values(), NORM)
        adam.step()
        terms = (policy, entropy, value, autoencoder, total, norm)
        for k, v in zip(("policy", "entropy", "value", "autoencoder", "total", "norm"), terms):
            out[f"step {step}/{k}"] = np.array([v.item()])
        for k, v in p.items():
            out[f"step {step}/moved/{k}"] = keep((v.detach() - before[k]).numpy())
    return {f"{name}/{k}": v for k, v in out.items()}


def layer(i, g):
    b, c, h, w, f, kh, kw, stride, pad = g
    oh, ow = (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1
    out = {}
    for kind, run, x_shape, bias in (
        ("conv", F.conv2d, (b, c, h, w), f),
        ("transposed", F.conv_transpose2d, (b, f, oh, ow), c),
    ):
        x = double(noise("x", *x_shape)).requires_grad_()
        weight = double(noise("w", f, c, kh, kw)).requires_grad_()
        offset = double(noise("bias", bias)).requires_grad_()
        y = torch.tanh(run(x, weight, offset, stride=stride, padding=pad))
        loss = (double(noise("scale", *y.shape)) * (y - double(noise("target", *y.shape))) ** 2).sum()
        loss.backward()
        for k, v in (("y", y.detach()), ("dx", x.grad), ("dw", weight.grad), ("dbias", offset.grad)):
            out[f"{i}/{kind}/{k}"] = v.numpy()
    return out


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    updates = {}
    for case_name, case in CASES.items():
        updates |= joint(case_name, case)
    path = ROOT / "agent/testdata/joint_update.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    flat = {k: np.ascontiguousarray(v, dtype=np.float32) for k, v in updates.items()}
    safetensors.numpy.save_file(flat, path, {"made_by": versions()})

    layers = {}
    for number, geometry in enumerate(LAYERS):
        layers |= layer(number, geometry)
    write_json(ROOT / "internal/ops/testdata/layers.json", layers)
    write_json(ROOT / "internal/kernel/testdata/kernels.json", kernels.answers())
