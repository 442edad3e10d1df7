"""What the peers' benchmarks have in common: running a program for its figures, rows, and the file they go to."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GLINT = str(ROOT / "glint")
OUT = ROOT / "bench" / "peers.json"


def last_line(out):
    """Returns the JSON object on the last line of what a program printed."""
    return json.loads(out.splitlines()[-1])


def figures(cmd):
    """Runs a program and returns its figures; what it says besides is shown only if it fails."""
    done = subprocess.run(cmd, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stderr}{' '.join(cmd)} ended with {done.returncode}")
    return last_line(done.stdout)


def row_of(name, mine, theirs, peer_name, unit):
    return {"name": name, "ours": mine, "peer": theirs, "peer_name": peer_name, "unit": unit, "ratio": mine / theirs}


def show(rows):
    print(f"{'':36}{'glint':>10}{'peer':>10}  {'':12}{'ratio':>6}")
    for r in rows:
        better = f" ({r['better']} is better)" if "better" in r else ""
        print(f"{r['name']:36}{r['ours']:10.3f}{r['peer']:10.3f}  {r['unit']:12}{r['ratio']:6.2f}  {r['peer_name']}{better}")


def is_training(name):
    """Says whether a row is of agents.py; all others are of peers.py."""
    return name.startswith("train ")


def replace(rows, training):
    """Writes one benchmark's rows in the place of its former ones and keeps the other's."""
    old = json.loads(OUT.read_text()) if OUT.exists() else []
    kept = [r for r in old if is_training(r["name"]) != training]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(kept + rows if training else rows + kept, indent=1) + "\n")
    print(f"written to {OUT.relative_to(ROOT)}", file=sys.stderr)
