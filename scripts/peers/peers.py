"""Times glint and its peers in turn, in one run, on the same threads.

    make bench-peers

It prints a table of medians and writes bench/peers.json: a list of name, ours, peer,
peer_name, unit and ratio (ours over peer). Every figure is the median over rounds;
in a round each side runs once, in a process of its own. Rows of agents.py stay.

    python scripts/peers/peers.py [--glint ./glint] [--rounds 3] [--threads 2]
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

from report import GLINT, figures, last_line, replace, row_of, show

MODES = ("eager", "channels_last", "compile")
STEPS, ACTS = (32, 256), (1, 8, 16, 32)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--glint", default=GLINT)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--peer", nargs=3, metavar=("WHAT", "BATCH", "MODE"), help="time one peer and print milliseconds")
    args = p.parse_args()
    if args.peer:
        what, batch, mode = args.peer
        print(json.dumps(time_opencv() if what == "detect" else time_torch(what, int(batch), mode, args.threads)))
        return
    rows = []
    for what, batches in (("step", STEPS), ("act", ACTS)):
        for batch in batches:
            rows.append(compare(args, what, batch))
    rows.append(compare_detector(args))
    rows.append(scaling(args))
    show(rows)
    replace(rows + layers(args), training=False)


def ours(args, what, batch, threads):
    return figures([args.glint, "bench", what, "--batch", str(batch), "--threads", str(threads), "--json"])


def peer(args, what, batch, mode):
    cmd = [sys.executable, __file__, "--threads", str(args.threads), "--peer", what, str(batch), mode]
    done = subprocess.run(cmd, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{what} {batch} {mode}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return last_line(done.stdout)


def compare(args, what, batch):
    mine, shares, theirs = [], [], {m: [] for m in MODES}
    for _ in range(args.rounds):
        r = ours(args, what, batch, args.threads)
        mine.append(r["median_ms"])
        shares.append(r["peak_share"])
        for mode in MODES:
            t = peer(args, what, batch, mode)
            if t is not None:
                theirs[mode].append(t)
    medians = {f"PyTorch {m}": statistics.median(t) for m, t in theirs.items() if t}
    best = min(medians, key=medians.get)
    row = row_of(f"{what} batch {batch}", statistics.median(mine), medians[best], best, "ms")
    return row | {"peak_share": statistics.median(shares), "peers": medians, "threads": args.threads}


def compare_detector(args):
    mine, theirs = [], []
    for _ in range(args.rounds):
        mine.append(ours(args, "detect", 64, 1)["us_per_sample"])
        theirs.append(peer(args, "detect", 1, "-"))
    return row_of("detect", statistics.median(mine), statistics.median(theirs), "OpenCV filter2D", "us a plane")


def scaling(args):
    one, two = [], []
    for _ in range(args.rounds):
        one.append(ours(args, "step", 32, 1)["median_ms"])
        two.append(ours(args, "step", 32, 2)["median_ms"])
    return row_of("step batch 32, 2 threads against 1", statistics.median(two), statistics.median(one), "glint, 1 thread", "ms")


def layers(args):
    """Prints the table of the update's layers and returns its rows, each beside the cores' limit in the same run."""
    r = figures([args.glint, "bench", "ops", "--threads", str(args.threads), "--seconds", "8", "--json"])
    print(f"\n{'layer, batch 32':44}{'ms':>8}{'GFLOP/s':>9}{'of peak':>9}")
    for op in r["ops"]:
        print(f"{op['name']:44}{op['median_ms']:8.3f}{op['gflops']:9.1f}{100 * op['peak_share']:8.0f}%")
    return [row_of(op["name"], op["gflops"], r["peak_gflops"], "multiply-adds out of registers", "GFLOP/s") for op in r["ops"]]


def median_ms(f, seconds=2.0):
    for _ in range(5):
        f()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        t = time.perf_counter()
        f()
        times.append((time.perf_counter() - t) * 1e3)
    return statistics.median(times)


def time_torch(what, batch, mode, threads):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model, forward = network(torch, mode)
    obs = torch.randint(0, 256, (batch, 4, 64, 144), dtype=torch.uint8)
    f = step(torch, model, forward, obs) if what == "step" else act(torch, model, forward, obs)
    if mode == "compile":
        f = f(torch.compile)
    else:
        f = f(lambda g: g)
    return median_ms(f)


def network(torch, mode):
    nn, F = torch.nn, torch.nn.functional
    m = nn.ModuleDict({
        "conv1": nn.Conv2d(4, 16, 8, 4, 2), "conv2": nn.Conv2d(16, 32, 4, 2, 1), "code": nn.Linear(4608, 64),
        "expand": nn.Linear(64, 4608), "deconv1": nn.ConvTranspose2d(32, 16, 4, 2, 1),
        "deconv2": nn.ConvTranspose2d(16, 4, 8, 4, 2), "actor": nn.Linear(64, 14), "critic": nn.Linear(64, 1),
    })
    layout = torch.channels_last if mode == "channels_last" else torch.contiguous_format
    m = m.to(memory_format=layout)
    mean = torch.full((4, 64, 144), 60.0)

    def forward(obs):
        x = ((obs.float() - mean) / 255).contiguous(memory_format=layout)
        h = F.relu(m["conv2"](F.relu(m["conv1"](x))))
        return x, torch.tanh(m["code"](h.flatten(1)))

    return m, forward


def step(torch, m, forward, obs):
    F, batch = torch.nn.functional, len(obs)
    weights = torch.where(torch.rand(obs.shape) < 1 / 64, 10.0, 1.0)
    action, adv, returns = torch.randint(0, 14, (batch, 1)), torch.randn(batch), torch.randn(batch)
    old = torch.full((batch,), -2.64)
    adam = torch.optim.Adam(m.parameters(), lr=1e-3, fused=True)

    def loss():
        x, z = forward(obs)
        y = F.relu(m["expand"](z)).view(-1, 32, 8, 18)
        y = m["deconv2"](F.relu(m["deconv1"](y)))
        logp = F.log_softmax(m["actor"](z), 1)
        ratio = (logp.gather(1, action)[:, 0] - old).exp()
        policy = -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
        entropy = -(logp.exp() * logp).sum(1).mean()
        value = ((m["critic"](z)[:, 0] - returns) ** 2).mean() / 2
        return policy - 5e-4 * entropy + 0.5 * value + 50 * (weights * (y - x) ** 2).sum() / x.numel()

    def prepare(compiled):
        f = compiled(loss)

        def update():
            adam.zero_grad()
            f().backward()
            torch.nn.utils.clip_grad_norm_(m.parameters(), 0.5)
            adam.step()

        return update

    return prepare


def act(torch, m, forward, obs):
    def think():
        _, z = forward(obs)
        return m["actor"](z), m["critic"](z)

    def prepare(compiled):
        f = compiled(think)

        def run():
            with torch.inference_mode():
                logits, _ = f()
                torch.multinomial(logits.softmax(1), 1)

        return run

    return prepare


def time_opencv():
    """Returns microseconds for the detector's kernel and threshold on one plane."""
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    plane = np.zeros((64, 144), np.uint8)
    for x0, y0, x1, y1 in ((20, 28, 30, 54), (22, 20, 28, 27), (70, 28, 80, 54), (72, 20, 78, 27), (121, 31, 125, 32), (120, 32, 124, 33)):
        plane[y0:y1, x0:x1] = 160
    kernel = np.full((8, 13), -4 / (13 * 8 - 6 * 4), np.float32)
    kernel[2:6, 3:9] = 0
    kernel[3:5, 4:8] = 1 / 8

    def detect(depth):
        lit = (plane > 63).astype(depth)
        response = cv2.filter2D(lit, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)
        return cv2.threshold(response, 0.7, 1, cv2.THRESH_BINARY)

    return min(median_ms(lambda: detect(depth), 1.0) for depth in (np.uint8, np.float32)) * 1e3


main()
