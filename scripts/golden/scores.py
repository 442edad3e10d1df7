"""Computes with rliable and statsmodels what internal/stats is held to.

    python3 -m venv /tmp/golden
    /tmp/golden/bin/pip install -r scripts/golden/requirements.txt
    /tmp/golden/bin/python scripts/golden/scores.py

It writes internal/stats/testdata/rliable.json, which
internal/stats/golden_test.go reads, in some three minutes; torch is not needed.

Each case has arms x and y, [runs][tasks], whose rows are paired by seed, and z, y
without its last two runs, which is paired with nothing. Beside the values there
are, of each resampled figure, the quantiles LEVELS of rliable's own bootstrap
distribution: 2.5 % and 97.5 % are its interval, the levels beside them bound
what another bootstrap of finitely many resamples may find.
"""

import importlib.metadata
import itertools
import json
import pathlib
import platform

import numpy as np
from rliable import library, metrics
from statsmodels.stats.power import TTestPower

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPS = 40000
LEVELS = [2, 2.5, 3, 97, 97.5, 98]
TAUS = [-1, 0, 0.25, 0.5, 0.75, 1, 1.5, 9]


def arms(rng, runs, levels, decimals):
    """Returns x and y with what a seed does to both and to all tasks."""
    seed = rng.normal(0, 0.3, (runs, 1))
    x, y = (np.array(levels) + gain + seed + rng.normal(0, 0.15, (runs, len(levels))) for gain in (0.1, 0))
    return np.round(x, decimals), np.round(y, decimals)


def bands(figure, *matrices, together=True):
    """Returns quantiles of a figure, or of several at once, over resamples."""
    kind = library.StratifiedBootstrap if together else library.StratifiedIndependentBootstrap
    np.random.seed(1)  # rliable draws from here whatever random_state it is given
    results = kind(*matrices).apply(figure, REPS)
    return np.percentile(results, LEVELS, axis=0).T.tolist()


def difference(statistic):
    return lambda x, y: statistic(x) - statistic(y)


def seeds(x, y):
    """Returns the size of a sample for a paired t test of x against y, by statsmodels."""
    d = x.mean(axis=1) - y.mean(axis=1)
    effect = d.mean() / d.std(ddof=1)
    return next(n for n in itertools.count(2) if TTestPower().power(effect, n, 0.05) >= 0.8)


def answers(x, y):
    z = y[:-2]
    statistics = {"mean": metrics.aggregate_mean, "iqm": metrics.aggregate_iqm}
    out = {"x": x.tolist(), "y": y.tolist(), "z": z.tolist(), "seeds": seeds(x, y)}
    for name, f in statistics.items():
        out[name] = {"value": f(x), "bands": bands(f, x)[0]}
        out["paired " + name] = {"value": difference(f)(x, y), "bands": bands(difference(f), x, y)[0]}
    f = metrics.probability_of_improvement
    out["improvement"] = {"value": f(x, z), "bands": bands(f, x, z, together=False)[0]}
    out["profile"] = library.score_distributions(x, TAUS).tolist()
    return out


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    cases = {
        "one task": answers(*arms(rng, 10, [0.6], 3)),
        "three tasks": answers(*arms(rng, 7, [0.2, 0.5, 1.6], 3)),
        "ties": answers(*arms(rng, 5, [0.5, 0.8], 0)),
    }
    names = ("rliable", "arch", "numpy", "scipy", "statsmodels")
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names)
    made_by = f"scripts/golden/scores.py, python {platform.python_version()}, {versions}"
    rows = [f'"{c}": {{\n' + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in a.items()) + "\n}" for c, a in cases.items()]
    head = f'"made_by": {json.dumps(made_by)}, "reps": {REPS}, "taus": {json.dumps(TAUS)}'
    path = ROOT / "internal/stats/testdata/rliable.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{%s, \"cases\": {\n%s\n}}\n" % (head, ",\n".join(rows)))
