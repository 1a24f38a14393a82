"""Weights of the 1998 network as a file that the book's playground reads: a page on which one draws digits.

Taught in *the-1998-network*; the other half, which runs in the browser, is `playground/network.js`.
"""

import base64
import json
from pathlib import Path

import keras
import numpy as np

from lenet_utils.models import lenet5_1998, named_weights

FORMAT = "weights of the LeNet-5 of 1998"


def export_weights(
    model: keras.Model,
    path: str | Path,
    source: str = "a network of my own",
    test_error_percent: float | None = None,
    refusals: list[dict] | None = None,
) -> Path:
    """Write the weights of a `lenet5_1998` for the playground, whose button "Load your own weights" reads them.

    The file is JSON: a header that says what it is, then all numbers as base64 of little-endian float32. Kernels
    of convolutions are written one after the other, (connections, 5, 5), for each map those of the maps it reads.

    Args:
        model: a network with the weights of `lenet_utils.models.lenet5_1998`, trained in whatever way.
        path: of the file, such as "mine.json".
        source: where the weights come from, in a few words; the page shows it.
        test_error_percent: on MNIST's test digits, if you have measured it.
        refusals: what `lenet_utils.evaluation.rejection_curve` returned, for the page's slider.

    Returns:
        The path.

    Raises:
        ValueError: the weights of another network; the message says which differ.
    """
    arrays = named_weights(model)
    _check_shapes(arrays)
    arrays = {
        name: _kernels_first(array) if _is_convolution(name) else array for name, array in arrays.items()
    }
    numbers = np.concatenate([array.ravel() for array in arrays.values()]).astype("<f4")
    if not np.isfinite(numbers).all():
        raise ValueError("Some of the weights are not finite numbers: the training has diverged.")
    file = {
        "format": FORMAT,
        "source": source,
        "test_error_percent": test_error_percent,
        "refusals": refusals or [],
        "shapes": {name: array.shape for name, array in arrays.items()},
        "numbers": base64.b64encode(numbers.tobytes()).decode(),
    }
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(file))
    return path


def _check_shapes(arrays: dict[str, np.ndarray]) -> None:
    found = {name: array.shape for name, array in arrays.items()}
    wanted = {name: array.shape for name, array in named_weights(lenet5_1998()).items()}
    differing = sorted(n for n in wanted.keys() | found.keys() if wanted.get(n) != found.get(n))
    if differing:
        raise ValueError(
            "The playground runs the network of 1998, with the weights of lenet5_1998(); "
            f"these differ: {', '.join(differing)}."
        )


def _is_convolution(name: str) -> bool:
    return name.startswith("C") and name.endswith("/kernel")


def _kernels_first(kernel: np.ndarray) -> np.ndarray:
    """(5, 5, maps read, maps written) or (5, 5, connections) → (connections, 5, 5), by the map that is written."""
    if kernel.ndim == 4:
        kernel = kernel.transpose(0, 1, 3, 2).reshape(*kernel.shape[:2], -1)
    return kernel.transpose(2, 0, 1)
