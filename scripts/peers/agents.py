"""Times whole trainings of glint and of Stable-Baselines3 in turn, on one game and the same cores. Linux only.

    make bench-agents

It prints agent steps a second (more is better), where glint's time goes and how idle the
cores are meanwhile, and writes the rows that begin with "train" of bench/peers.json.
glint trains encoder, decoder, actor and critic, with one autoencoder sample a step or
more; the peer trains actor and critic alone, by the settings of its zoo. Before the
rounds the peer's settings are tried, and the fastest is compared with glint on as many
environments.

    python scripts/peers/agents.py [--seconds 60] [--rounds 2] [--trial 20] [--threads 2]

    python scripts/peers/agents.py --score --minutes 30 --episodes 100 [--seed 1]

trains the peer's PPO for some minutes, plays full games, and prints the un-clipped
scores as JSON, to stand beside those of glint eval.
"""

import argparse
import importlib.metadata
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import report

GAME, STICKY = "ALE/KungFuMaster-v5", 0.25
PEER = {"a2c": {"envs": (8, 16), "n_steps": 5}, "ppo": {"envs": (8,), "n_steps": 128, "batch": 256, "epochs": 4}}
OURS = {"a2c": {}, "ppo": {"horizon": 128, "minibatch": 256, "epochs": 4}}
# So short that nearly all of the time goes to the phase with all three heads.
PRETRAIN = {"steps": 2000, "updates": 100}
PHASES = ("env", "preprocess", "act", "learn", "save", "wait")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--glint", default=report.GLINT)
    p.add_argument("--seconds", type=float, default=60, help="of training, each side and round")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--trial", type=float, default=20, help="seconds for each setting of the peer that is tried")
    p.add_argument("--threads", type=int, default=2, help="of glint, and at most of torch")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--score", action="store_true", help="train the peer's PPO and print its scores")
    p.add_argument("--minutes", type=float, default=30, help="of training before --score")
    p.add_argument("--episodes", type=int, default=100, help="full games of --score")
    p.add_argument("--peer", help="train one setting of the peer and print its speed")
    args = p.parse_args()
    if args.seconds < 10:
        p.error("--seconds is below 10: too short to measure glint's phases")
    if args.peer:
        import baselines

        print(json.dumps(baselines.speed(json.loads(args.peer))))
    elif args.score:
        print(json.dumps(score(args)))
    else:
        rows = [compare(args, algo) for algo in PEER]
        report.show(rows)
        show_inside(rows)
        report.replace(rows, training=True)


def compare(args, algo):
    trials = try_peer(args, algo)
    best = fastest(trials)
    rounds = []
    for _ in range(args.rounds):
        mine = train_glint(args, algo, best["envs"])
        theirs = train_peer(best | {"seconds": args.seconds})
        say(f"{algo}: glint {mine['steps_per_s']:.0f}, peer {theirs['steps_per_s']:.0f} steps/s")
        rounds.append({"ours": mine["steps_per_s"], "peer": theirs["steps_per_s"]} | mine["inside"])
    mine, theirs = (statistics.median(r[side] for r in rounds) for side in ("ours", "peer"))
    row = report.row_of(f"train {algo.upper()}, steps/s", mine, theirs, f"Stable-Baselines3, {named(best)}", "steps/s")
    versions = {p: importlib.metadata.version(p) for p in ("stable-baselines3", "torch", "gymnasium", "ale-py")}
    return row | {
        "better": "higher", "rounds": rounds,
        "settings": {
            "seconds": args.seconds, "envs": best["envs"], "sticky": STICKY,
            "ours": OURS[algo] | {"threads": args.threads, "pretrain": PRETRAIN},
            "peer": PEER[algo] | {"envs": best["envs"], "vec": best["vec"], "threads": best["threads"]}, "versions": versions,
        },
        "trials": {named(t): t["steps_per_s"] for t in trials},
    }


def try_peer(args, algo):
    """Returns the peer's settings, each with its speed in a short training."""
    trials = []
    for envs, vec, threads in itertools.product(PEER[algo]["envs"], ("dummy", "subproc"), sorted({1, args.threads})):
        setup = {"algo": algo, "game": GAME, "sticky": STICKY, "envs": envs, "vec": vec, "threads": threads, "seed": args.seed}
        trials.append(setup | {"steps_per_s": train_peer(setup | {"seconds": args.trial})["steps_per_s"]})
        say(f"{algo}, tried {named(setup)}: {trials[-1]['steps_per_s']:.0f} steps/s")
    return trials


def fastest(trials):
    return max(trials, key=lambda t: t["steps_per_s"])


def named(setup):
    return f"{setup['envs']} environments, {setup['vec']}, torch threads {setup['threads']}"


def train_peer(setup):
    return report.figures([sys.executable, __file__, "--peer", json.dumps(setup)])


def train_glint(args, algo, envs):
    """Returns the result of a training, with the shares of its phases and how idle the cores were."""
    with tempfile.TemporaryDirectory() as folder:
        config, run = pathlib.Path(folder, "config.toml"), pathlib.Path(folder, "run")
        config.write_text(toml("agent", {"ae_per_step": 1.0} | OURS[algo]) + toml("agent.pretrain", PRETRAIN))
        cmd = [
            args.glint, "train", "--env", "gym:" + GAME, "--algo", algo, "--config", str(config), "--out", str(run), "--json",
            "--envs", str(envs), "--minutes", str(args.seconds / 60), "--threads", str(args.threads),
            "--sticky", str(STICKY), "--seed", str(args.seed),
        ]
        result, ticks = watch(cmd)
        if not result["ae_per_step"] >= 1:
            sys.exit(f"glint trained on {result['ae_per_step']} autoencoder samples a step; 1 or more are to be compared")
        start, end, shares = phases(run / "timing.jsonl")
    inside = {"ae_per_step": result["ae_per_step"], "phases": shares, "idle": idle(ticks, start, end)}
    return result | {"inside": inside}


def toml(table, settings):
    return f"[{table}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())


def watch(cmd):
    """Runs a program and returns its figures, and the cores' ticks twice a second."""
    ticks = []
    with subprocess.Popen(cmd, stdout=subprocess.PIPE, text=True) as p:
        while p.poll() is None:
            ticks.append((time.time(), cores()))
            time.sleep(0.5)
        out = p.stdout.read()
    if p.returncode != 0:
        sys.exit(f"{' '.join(cmd)} ended with {p.returncode}")
    return report.last_line(out), ticks


def cores():
    """Returns the ticks that each usable core idled, and all of its ticks."""
    ticks = {}
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *counts = line.split()
        if name[:3] == "cpu" and name != "cpu" and int(name[3:]) in os.sched_getaffinity(0):
            user, nice, system, idling, iowait, irq, softirq, steal = map(int, counts[:8])
            ticks[name] = (idling + iowait, user + nice + system + idling + iowait + irq + softirq + steal)
    return ticks


def idle(ticks, start, end):
    """Returns the share of the time from start to end that each core idled."""
    during = [sample for at, sample in ticks if start <= at <= end]
    first, last = during[0], during[-1]
    return {core: (last[core][0] - first[core][0]) / (last[core][1] - first[core][1]) for core in first}


def phases(timing):
    """Returns when the phase with all three heads began and ended, and the times over the wall clock within. Play and learning overlap."""
    rows = [json.loads(line) for line in timing.read_text().splitlines()]
    first = next((i for i, r in enumerate(rows) if r["values"]["phase/act"] > 0), None)
    if first is None:
        sys.exit("glint did not come to 1,000 steps with all three heads; give more --seconds")
    start, end = rows[first - 1]["time"], rows[-1]["time"]
    shares = {p: sum(r["values"]["phase/" + p] for r in rows[first:]) / (end - start) for p in PHASES}
    return start, end, shares


def show_inside(rows):
    """Prints the means over rounds of where glint's time goes and how idle the cores are."""
    for what, title in (("phases", "share of glint's time"), ("idle", "share idle while glint trains")):
        keys = rows[0]["rounds"][0][what]
        print(f"\n{title:36}" + "".join(f"{key:>12}" for key in keys))
        for r in rows:
            means = [statistics.mean(one[what][key] for one in r["rounds"]) for key in keys]
            print(f"{r['name']:36}" + "".join(f"{100 * m:10.1f} %" for m in means))


def score(args):
    import baselines

    best = fastest(try_peer(args, "ppo")) | {"seconds": 60 * args.minutes}
    say(f"training for {args.minutes:g} minutes, then {args.episodes} games: {named(best)}")
    return {"agent": f"Stable-Baselines3 PPO, {named(best)}", "game": GAME, "sticky": STICKY, "seed": args.seed} | baselines.score(best, args.episodes)


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
