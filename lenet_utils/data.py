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
