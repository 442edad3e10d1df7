"""Numbers that both sides of a golden make, and what is kept of large results."""

import json
import platform
import zlib

import numpy as np
import safetensors
import torch


def noise(name, *shape):
    """Returns numbers in [-1,1), a hash of the name and of each index."""
    n = int(np.prod(shape))
    h = np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(zlib.crc32(name.encode()))
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h.astype(np.float64) / 2**31 - 1).reshape(shape)


def double(x):
    """Rounds to float32, which is all the other side has."""
    return torch.from_numpy(x.astype(np.float32).astype(np.float64))


def sketch(x):
    """Returns the norm of x and its products with four patterns of noise."""
    flat = x.reshape(-1)
    return np.array([np.linalg.norm(flat)] + [flat @ noise(f"pattern {k}", flat.size) for k in range(4)])


def versions():
    """Says in one string what made a file, so that equal files are equal bytes."""
    return (
        f"scripts/golden/golden.py, python {platform.python_version()}, torch {torch.__version__}, "
        f"numpy {np.__version__}, safetensors {safetensors.__version__}"
    )


def write_json(path, values):
    """Writes arrays of numbers, rounded to what float32 holds, one array a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded = {k: [float(f"{x:.8g}") for x in np.asarray(v).reshape(-1)] for k, v in values.items()}
    rows = [f'"{k}": {json.dumps(v)}' for k, v in rounded.items()]
    path.write_text('{"made_by": %s, "values": {\n%s\n}}\n' % (json.dumps(versions()), ",\n".join(rows)))
