"""Answers for the kernels: layers over odd sizes, the weighted loss and Adam.

golden.py writes them to internal/kernel/testdata/kernels.json, which
internal/kernel/golden_test.go holds every CPU level to. A result of more than
KEEP numbers is stored as its sketch.
"""

import numpy as np
import torch
import torch.nn.functional as F

from noise import double, noise, sketch

KEEP = 24

# Convolutions: B, C, H, W, F, KH, KW, stride, pad.
CONVS = [
    (1, 1, 1, 1, 1, 1, 1, 1, 0),
    (1, 3, 9, 7, 17, 3, 2, 1, 1),
    (2, 17, 7, 9, 3, 2, 3, 2, 0),
    (31, 1, 11, 5, 3, 5, 3, 3, 2),
    (33, 3, 6, 13, 1, 3, 5, 4, 1),
    (257, 1, 5, 7, 3, 3, 3, 2, 1),
    (257, 3, 4, 5, 1, 2, 2, 1, 0),
    (1, 130, 5, 4, 33, 3, 3, 1, 1),
    (2, 33, 6, 7, 130, 2, 3, 2, 1),
    (1, 130, 3, 5, 130, 1, 1, 1, 0),
    (31, 3, 9, 8, 17, 4, 4, 2, 3),
    (33, 17, 5, 6, 3, 3, 1, 5, 2),
    (2, 3, 13, 17, 5, 8, 6, 4, 2),
    (1, 17, 19, 3, 33, 7, 1, 3, 3),
    (257, 3, 6, 5, 17, 4, 3, 4, 3),
    (3, 2, 8, 31, 9, 1, 5, 1, 2),
    (2, 1, 12, 12, 1, 2, 2, 5, 0),
    (5, 33, 4, 4, 17, 4, 4, 1, 3),
    (7, 5, 15, 9, 3, 5, 5, 5, 3),
    (1, 3, 33, 65, 3, 3, 3, 2, 1),
    (2, 4, 10, 11, 33, 4, 2, 3, 0),
]

# Dense layers: B, In, Out.
DENSES = [
    (1, 1, 1),
    (1, 3, 17),
    (2, 17, 3),
    (31, 33, 1),
    (33, 130, 17),
    (257, 3, 33),
    (257, 130, 1),
    (2, 1, 130),
    (3, 4608, 5),
    (5, 64, 257),
    (33, 15, 49),
]

ACTS = {"none": lambda z: z, "relu": F.relu, "tanh": torch.tanh}

LOSSES = [1, 33, 1000, 16385, 40001]

# Adam: learning rate, betas, epsilon, tensors, and by step how large the gradients
# are. CLIPS are limits of the norm of both tensors' gradient.
LR, BETAS, EPS = 1e-2, (0.9, 0.999), 1e-5
SIZES = {"small": 17, "large": 20011}
SCALES = [1, 1e-3, 2, 2e-3, 0.5, 0]
CLIPS = {"none": 1e30, "half": 0.5}


def kept(values):
    return {k: v if v.size <= KEEP else sketch(v) for k, v in values.items()}


def layer(name, run, x_shape, w_shape, bias):
    """Runs a layer under the weighted loss with each activation."""
    out = {}
    for act, f in ACTS.items():
        x = double(noise("x", *x_shape)).requires_grad_()
        fan = np.sqrt(3 / (np.prod(w_shape) / w_shape[0]))
        w = double(noise("w", *w_shape) * fan).requires_grad_()
        offset = double(noise("bias", bias)).requires_grad_()
        y = f(run(x, w, offset))
        loss = (double(noise("scale", *y.shape)) * (y - double(noise("target", *y.shape))) ** 2).sum()
        loss.backward()
        results = {"y": y.detach(), "dx": x.grad, "dw": w.grad, "dbias": offset.grad, "loss": loss.detach()}
        out |= {f"{name}/{act}/{k}": v.numpy() for k, v in results.items()}
    return kept(out)


def conv(i, g):
    b, c, h, w, f, kh, kw, stride, pad = g
    # Rows and columns that no filter reaches belong to the transposed result too.
    lost = ((h + 2 * pad - kh) % stride, (w + 2 * pad - kw) % stride)
    oh, ow = (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1

    def forward(x, weight, bias):
        return F.conv2d(x, weight, bias, stride=stride, padding=pad)

    def transposed(x, weight, bias):
        return F.conv_transpose2d(x, weight, bias, stride=stride, padding=pad, output_padding=lost)

    return layer(f"conv {i}", forward, (b, c, h, w), (f, c, kh, kw), f) | layer(
        f"transposed {i}", transposed, (b, f, oh, ow), (f, c, kh, kw), c
    )


def mse(n):
    """The weighted loss and its gradient, and the same without weights."""
    out = {}
    for name, w in (("weights", double(noise("weights", n))), ("ones", torch.ones(n))):
        y = double(noise("y", n)).requires_grad_()
        loss = (w * (y - double(noise("target", n))) ** 2).sum() / 7
        loss.backward()
        out |= {f"mse {n}/{name}/loss": loss.detach().numpy(), f"mse {n}/{name}/dy": y.grad.numpy()}
    return kept(out)


def adam(clip):
    """What each step has moved the parameters by since the start."""
    params = {k: double(noise(k, n) / 8).requires_grad_() for k, n in SIZES.items()}
    before = {k: p.detach().clone() for k, p in params.items()}
    solver = torch.optim.Adam(params.values(), lr=LR, betas=BETAS, eps=EPS)
    out = {}
    for step, scale in enumerate(SCALES):
        for k, p in params.items():
            p.grad = double(noise(f"gradient {step} {k}", p.numel()) * scale)
        norm = torch.nn.utils.clip_grad_norm_(params.values(), CLIPS[clip])
        solver.step()
        out[f"adam {clip}/{step}/norm"] = norm.numpy()
        for k, p in params.items():
            out[f"adam {clip}/{step}/{k}"] = (p.detach() - before[k]).numpy()
    return kept(out)


def answers():
    values = {}
    for i, g in enumerate(CONVS):
        values |= conv(i, g)
    for i, (b, n, m) in enumerate(DENSES):
        values |= layer(f"dense {i}", F.linear, (b, n), (m, n), m)
    for n in LOSSES:
        values |= mse(n)
    for clip in CLIPS:
        values |= adam(clip)
    return values
