"""How much damage until a digit is misclassified? LeNet-5, then and now, and three of its baselines.

Each is trained on MNIST's training digits as they are, or distorted as in section III.B; every test digit is
then damaged in eight ways, by several amounts of each, on its 28 × 28 pixels, so that all see the same image.
The chapter *pros-and-cons* plots this record beside the paper's claims.
"""

from functools import partial

import numpy as np
from scipy.ndimage import grey_dilation, grey_erosion

from experiments.recipes import lenet5_1998, lenet5_today
from experiments.recipes.baselines import NETWORKS, fit_classical, fit_network
from experiments.recipes.common import scorer
from experiments.study import Study, Trial
from lenet_utils.distortions import transform
from lenet_utils.evaluation import misclassified_percent


def fit_1998(settings: lenet5_1998.Settings, images, labels, trial: Trial):
    """Train LeNet-5 of 1998."""
    model, fields = lenet5_1998.train(images, labels, settings, trial)
    return scorer(model), {name: fields[name] for name in ("train_error_percent", "settings")}


def fit_today(settings: lenet5_today.Settings, images, labels, trial: Trial):
    """Train today's LeNet-5."""
    model, fields = lenet5_today.train(images, labels, settings, trial)
    return scorer(model), fields


def fit_perceptron(images, labels, trial: Trial):
    """Train the network of figure 9 with two hidden layers."""
    answer, fields = fit_network(NETWORKS["28×28-300-100-10"], images, labels, trial)
    return answer, {name: value for name, value in fields.items() if name != "curve"}


FITS = {
    "LeNet-5 of 1998": partial(fit_1998, lenet5_1998.SETTINGS),
    "LeNet-5 of 1998, distortions": partial(fit_1998, lenet5_1998.DISTORTED),
    "LeNet-5 of today": partial(fit_today, lenet5_today.RUNGS["a falling rate"]),
    "LeNet-5 of today, distortions": partial(fit_today, lenet5_today.RUNGS["affine distortions"]),
    "K-NN, Euclidean": partial(fit_classical, "K-NN, Euclidean"),
    "40 PCA + quadratic": partial(fit_classical, "40 PCA + quadratic"),
    "28×28-300-100-10": fit_perceptron,
}
"""For each of what is compared a function of (images, labels, trial) that trains it."""


def fit(images, labels, trial: Trial):
    return FITS[trial.variant](images, labels, trial)


def evaluate(answer, images, labels) -> dict:
    """The error in percent after each damage: {"errors": {kind: [[amount, error], …]}}."""

    def error(damaged) -> float:
        return round(misclassified_percent(answer(damaged).argmax(axis=1), labels), 3)

    return {
        "errors": {
            kind: [[amount, error(damage(images, amount))] for amount in amounts]
            for kind, (damage, amounts) in DAMAGES.items()
        }
    }


def move(images, **how) -> np.ndarray:
    """Digits under a planar map, (N, 28, 28) of uint8; what leaves the image is lost."""
    changed = transform(images[..., None].astype("float32"), background=0.0, **how)
    return np.rint(changed[..., 0]).astype(np.uint8)


def widen_strokes(images, pixels: float) -> np.ndarray:
    """Strokes made wider by so many pixels, or thinner: the largest or smallest value within half as far.

    Taken on images four times as fine, in steps of a quarter pixel on either side, along the axes and across
    in turn, so that corners become round.
    """
    fine = np.repeat(np.repeat(images, 4, axis=1), 4, axis=2)
    change = grey_dilation if pixels > 0 else grey_erosion
    cross = np.array([[[0, 1, 0], [1, 1, 1], [0, 1, 0]]], bool)
    for step in range(round(2 * abs(pixels))):
        fine = change(fine, footprint=cross if step % 2 else np.ones((1, 3, 3), bool))
    return np.rint(fine.reshape(len(images), 28, 4, 28, 4).mean(axis=(2, 4))).astype(np.uint8)


def flip_pixels(images, probability: float) -> np.ndarray:
    """Each pixel turned into its negative with this probability."""
    hit = np.random.default_rng(0).random(images.shape) < probability
    return np.where(hit, 255 - images, images)


def cover(images, side: int) -> np.ndarray:
    """A square of paper laid over each digit, where it covers some of the inner 20 × 20 pixels."""
    corners = np.random.default_rng(0).random((2, len(images)))
    top, left = np.floor(4 + corners * (21 - side)).astype(int)[:, :, None, None]
    row, column = np.mgrid[:28, :28]
    hidden = (row >= top) & (row < top + side) & (column >= left) & (column < left + side)
    return np.where(hidden, 0, images).astype(np.uint8)


DAMAGES = {
    "moved sideways, pixels": (lambda x, amount: move(x, shift=(amount, 0)), [0, 1, 2, 3, 4, 5, 6, 8]),
    "moved down, pixels": (lambda x, amount: move(x, shift=(0, amount)), [0, 1, 2, 3, 4, 5, 6, 8, 10]),
    "turned, degrees": (lambda x, amount: move(x, rotation=amount), [-60, -45, -30, -15, 0, 15, 30, 45, 60]),
    "size, factor": (lambda x, amount: move(x, scale=amount), [0.4, 0.5, 0.6, 0.7, 0.85, 1, 1.2, 1.4]),
    "squeezed, factor": (
        lambda x, amount: move(x, squeeze=amount),
        [0.5, 0.6, 0.7, 0.85, 1, 1.2, 1.4, 1.7, 2],
    ),
    "stroke wider, pixels": (widen_strokes, [-2, -1.5, -1, -0.5, 0, 1, 2, 3, 4]),
    "pixels flipped, probability": (flip_pixels, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]),
    "covered square, pixels": (cover, [0, 4, 6, 8, 10, 12]),
}
"""Each kind of damage: a function of uint8 images and an amount, and the amounts."""

STUDY = Study(
    variants=FITS,
    fit=fit,
    seeds=3,
    deterministic={"K-NN, Euclidean", "40 PCA + quadratic"},
    evaluate=evaluate,
)
