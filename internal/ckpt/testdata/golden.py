"""Writes golden.safetensors with the format's reference implementation.

Made with safetensors 0.8.0 and NumPy 2.4.6 on Python 3.11.
"""

import numpy as np
from safetensors.numpy import save_file

save_file(
    {
        "encoder.weight": np.arange(-6, 6, dtype=np.float32).reshape(2, 3, 2) / 8,
        "bias": np.float32([1e-30, -0.0, 3.4028235e38]),
        "scalar": np.array(np.pi, dtype=np.float32),
        "empty": np.zeros((0, 4), dtype=np.float32),
        "näme \"quoted\"": np.float32([[1]]),
    },
    "golden.safetensors",
    metadata={"format": "pt", "step": "7"},
)
