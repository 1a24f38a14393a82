"""How much can a digit be damaged before it is misread? LeNet-5, then and now, and three of its rivals.

Each is trained on MNIST's training digits as they are, or distorted as in section III.B; every test digit is then
damaged in eight ways, by several amounts of each, on its 28 × 28 pixels, so that all see the same picture. The chapter
*pros-and-cons* plots this record beside the paper's claims.
"""

from dataclasses import replace

import numpy as np
from scipy.ndimage import grey_dilation, grey_erosion

from experiments import faithful, faithful_distorted, figure9, ladder, network_of_1998, network_of_today
from experiments.network_of_today import Settings, scores
from lenet_utils.distortions import transform
from lenet_utils.evaluation import misclassified_percent

MACHINES = {"LeNet-5 of 1998": faithful.SETTINGS, "LeNet-5 of 1998, distortions": faithful_distorted.SETTINGS}
TODAY = {
    "LeNet-5 of today": replace(Settings(), **ladder.RUNGS["a falling rate"]),
    "LeNet-5 of today, distortions": replace(Settings(), **ladder.RUNGS["affine distortions"]),
}
OF_FIGURE_9 = ["K-NN, Euclidean", "40 PCA + quadratic", "28×28-300-100-10"]
VARIANTS = [*MACHINES, *TODAY, *OF_FIGURE_9]
SEEDS = 3
ONE_SEED = {"K-NN, Euclidean", "40 PCA + quadratic"}
"""Their training draws nothing."""

load = faithful.load


def fit(x_train, y_train, variant: str, seed: int, folder):
    """Train one of them; see `experiments.__main__`."""
    if variant in MACHINES:
        fields, model, _ = network_of_1998.train((x_train, y_train), None, MACHINES[variant], seed, folder)
        return scores(model), {name: fields[name] for name in ("train_error_percent", "settings")}
    if variant in TODAY:
        model, fields = network_of_today.train(x_train, y_train, TODAY[variant], seed, folder)
        return scores(model), fields
    answer, fields = figure9.fit(x_train, y_train, variant, seed, folder)
    return answer, {name: value for name, value in fields.items() if name != "curve"}


def judge(answer, x_test, y_test) -> dict:
    """The error in percent after each damage: {"errors": {kind: [[amount, error], …]}}."""
    return {
        "errors": {
            kind: [
                [
                    amount,
                    round(misclassified_percent(answer(damage(x_test, amount)).argmax(axis=1), y_test), 3),
                ]
                for amount in amounts
            ]
            for kind, (damage, amounts) in DAMAGES.items()
        }
    }


def moved(pictures, **how) -> np.ndarray:
    """Digits under a planar map, (N, 28, 28) of uint8; what leaves the picture is lost."""
    changed = transform(pictures[..., None].astype("float32"), background=0.0, **how)
    return np.rint(changed[..., 0]).astype(np.uint8)


def stroke(pictures, pixels: float) -> np.ndarray:
    """Strokes made wider by so many pixels, or thinner: the largest or smallest value within half as far.

    Taken on pictures four times as fine, in steps of a quarter pixel on either side, along the axes and across in
    turn, so that corners become round.
    """
    fine = np.repeat(np.repeat(pictures, 4, axis=1), 4, axis=2)
    change = grey_dilation if pixels > 0 else grey_erosion
    cross = np.array([[[0, 1, 0], [1, 1, 1], [0, 1, 0]]], bool)
    for step in range(round(2 * abs(pixels))):
        fine = change(fine, footprint=cross if step % 2 else np.ones((1, 3, 3), bool))
    return np.rint(fine.reshape(len(pictures), 28, 4, 28, 4).mean(axis=(2, 4))).astype(np.uint8)


def flipped(pictures, probability: float) -> np.ndarray:
    """Each pixel turned into its negative with this probability."""
    hit = np.random.default_rng(0).random(pictures.shape) < probability
    return np.where(hit, 255 - pictures, pictures)


def covered(pictures, side: int) -> np.ndarray:
    """A square of paper laid over each digit, its corner anywhere where it covers some of the inner 20 × 20 pixels."""
    corners = np.random.default_rng(0).random((2, len(pictures)))
    top, left = np.floor(4 + corners * (21 - side)).astype(int)[:, :, None, None]
    row, column = np.mgrid[:28, :28]
    hidden = (row >= top) & (row < top + side) & (column >= left) & (column < left + side)
    return np.where(hidden, 0, pictures).astype(np.uint8)


DAMAGES = {
    "moved sideways, pixels": (lambda x, amount: moved(x, shift=(amount, 0)), [0, 1, 2, 3, 4, 5, 6, 8]),
    "moved down, pixels": (lambda x, amount: moved(x, shift=(0, amount)), [0, 1, 2, 3, 4, 5, 6, 8, 10]),
    "turned, degrees": (lambda x, amount: moved(x, rotation=amount), [-60, -45, -30, -15, 0, 15, 30, 45, 60]),
    "size, factor": (lambda x, amount: moved(x, scale=amount), [0.4, 0.5, 0.6, 0.7, 0.85, 1, 1.2, 1.4]),
    "squeezed, factor": (
        lambda x, amount: moved(x, squeeze=amount),
        [0.5, 0.6, 0.7, 0.85, 1, 1.2, 1.4, 1.7, 2],
    ),
    "stroke wider, pixels": (stroke, [-2, -1.5, -1, -0.5, 0, 1, 2, 3, 4]),
    "pixels flipped, probability": (flipped, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]),
    "covered square, pixels": (covered, [0, 4, 6, 8, 10, 12]),
}
"""Each kind of damage: a function of uint8 pictures and an amount, and the amounts."""
