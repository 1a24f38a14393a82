"""Weights on their way in and out: to a file and back, and to the page on which one draws.

All by the names and shapes of `lenet_utils.reference.SHAPES`, such as "C1/kernel". Taught in
*the-1998-network*; what reads the exported file in a browser is `playground/network.js`.
"""

import base64
import json
from pathlib import Path

import keras
import numpy as np
from keras import ops

from lenet_utils.reference import SHAPES

_HERE = Path(__file__).with_name("weights")
WEIGHTS = {
    "lenet5": {"mnist": _HERE / "lenet5-mnist.npz"},
    "lenet5_1998": {"mnist": _HERE / "lenet5-1998-mnist.npz"},
}
"""Trained weights inside the package, by network and name; the studies `pretrained_*` made them."""

FORMAT = "weights of the LeNet-5 of 1998"
"""The first thing in the file that the playground reads."""


def save_weights(model: keras.Model, path: str | Path) -> Path:
    """Write a model's weights to a compressed .npz file: one float32 array under each weight's name."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **named_weights(model))
    return path


def named_weights(model: keras.Model) -> dict[str, np.ndarray]:
    """Name a model's weights: float32 arrays by names such as "C1/kernel", in the model's order."""
    # By way of a tensor: NumPy 2 warns of a Keras variable that is converted directly.
    tensors = {_name(weight): ops.convert_to_tensor(weight) for weight in model.weights}
    return {name: ops.convert_to_numpy(tensor).astype("float32") for name, tensor in tensors.items()}


def load_weights(model: keras.Model, path: str | Path) -> None:
    """Fill a model with the weights that `save_weights` wrote. Nothing is unpickled.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file, but one of Keras' own kinds, or the weights of another network; the message
            says how to read the first and which weights differ.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f'No weights at {path}. Known by name: "mnist".')
    if path.suffix in (".keras", ".h5", ".hdf5"):
        raise ValueError(_how_to_read(path))
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:
        raise ValueError(f"{path} is not a file that save_weights wrote: {error}") from error
    if differing := _differing(arrays, {name: array.shape for name, array in named_weights(model).items()}):
        raise ValueError(f"{path} holds the weights of another network; these differ: {differing}.")
    for weight in model.weights:
        weight.assign(arrays[_name(weight)])


def _how_to_read(path: Path) -> str:
    """What to do with a file that Keras wrote itself."""
    if path.name.endswith(".weights.h5"):
        return (
            f"{path} holds weights as Keras' own save_weights writes them. Build the network without weights, then "
            f"model.load_weights({str(path)!r}) reads them."
        )
    return (
        f"{path} is a whole model as model.save() writes it, not weights alone. After import lenet_utils.models, "
        f"keras.saving.load_model({str(path)!r}) reads it; lenet_utils.serialization.save_weights(model, path) "
        "writes the weights alone."
    )


def _name(weight) -> str:
    """ "C1/kernel": the layer's name and the weight's own, whatever the model around them is called."""
    return "/".join(weight.path.split("/")[-2:])


def export_weights(
    model: keras.Model,
    path: str | Path,
    source: str = "a network of my own",
    test_error_percent: float | None = None,
    refusals: list[dict] | None = None,
) -> Path:
    """Write the weights of a `lenet5_1998` for the playground, whose button "Load your own weights" reads them.

    The file is JSON: a header that says what it is, then all numbers as base64 of little-endian float32.
    Kernels of convolutions are written one after the other, (connections, 5, 5), for each map those of the
    maps it reads.

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
    if differing := _differing(arrays, SHAPES):
        raise ValueError(
            "The playground runs the network of 1998, with the weights of lenet5_1998(); "
            f"these differ: {', '.join(differing)}."
        )
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


def _differing(arrays: dict[str, np.ndarray], shapes: dict[str, tuple]) -> list[str]:
    """The names of the weights that are missing, unknown or of another shape."""
    found = {name: array.shape for name, array in arrays.items()}
    return sorted(name for name in shapes.keys() | found.keys() if shapes.get(name) != found.get(name))


def _is_convolution(name: str) -> bool:
    return name.startswith("C") and name.endswith("/kernel")


def _kernels_first(kernel: np.ndarray) -> np.ndarray:
    """(5, 5, maps read, maps written) or (5, 5, connections) → (connections, 5, 5), by the map that is written."""
    if kernel.ndim == 4:
        kernel = kernel.transpose(0, 1, 3, 2).reshape(*kernel.shape[:2], -1)
    return kernel.transpose(2, 0, 1)
