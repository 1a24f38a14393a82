"""What the studies of the 1998 network share: one training, described by its settings and reported whole.

The paper leaves choices open; `Settings` names them all. `train` returns the fields of one recorded run, among them
the settings, so that a record says what it is a record of.
"""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import experiments
from lenet_utils import distortions
from lenet_utils.data import to_lenet_input
from lenet_utils.evaluation import classify, error_percent
from lenet_utils.losses import MaximumAPosteriori, MaximumLikelihood, SquaredError
from lenet_utils.models import lenet5_1998
from lenet_utils.optimizers import (
    CurvatureEstimation,
    StochasticDiagonalLevenbergMarquardt,
    curvatures,
)
from lenet_utils.paper import DEFAULT_COEFFICIENT, LEARNING_RATES
from lenet_utils.training import fit_online

HELD_OUT = 10_000
"""The last training digits, on which the search for open choices is judged instead of on test digits."""


@dataclass(frozen=True)
class Settings:
    """One way of completing the published description.

    j: the rubbish class's distance in Eq. 9; None takes Eq. 8.
    curvature: "swept", the paper's estimate, or "whole", the Gauss–Newton diagonal with nothing left out.
    initializer, output_curvature, update: see `lenet_utils.initializers` and `lenet_utils.optimizers`.
    coefficient: what the subsampling layers start with; None leaves that to `initializer`.
    gain: multiplies every η of the paper's schedule.
    order: one "fixed" random order for all passes, as appendix C says, or "shuffled" anew for each.
    codes: the output's centres: the paper's "bitmaps", or "random" signs.
    contrast: multiplies the inputs. The paper says that their variance is about 1; at 2.8 it is, at 1 it is 0.12.
    distorted: by how much of the ranges of `lenet_utils.distortions` each picture is distorted, afresh each time it
        is shown; 0 leaves it as it is.
    """

    j: float | None = 1.0
    initializer: str = "default"
    coefficient: float | None = DEFAULT_COEFFICIENT
    update: str = "first"
    output_curvature: str = "constant"
    gain: float = 1.0
    order: str = "fixed"
    codes: str = "bitmaps"
    contrast: float = 1.0
    distorted: float = 0.0
    curvature: str = "swept"


def build(settings: Settings, optimizer=None) -> keras.Model:
    """A fresh network, compiled as the settings say; with the second-order method, or with the optimizer given."""
    model = lenet5_1998(initializer=settings.initializer)
    if settings.coefficient is not None:
        for name in ("S2", "S4"):
            coefficient = model.get_layer(name).coefficient
            coefficient.assign(keras.ops.full_like(coefficient, settings.coefficient))
    if settings.codes == "random":
        model.layers[-1].centres.assign(random_codes())
    loss = MaximumLikelihood() if settings.j is None else MaximumAPosteriori(settings.j)
    return compiled(model, loss, optimizer)


def random_codes(seed: int = 1998) -> np.ndarray:
    """Ten targets of 84 cells, each +1 or −1 at random: no picture of anything."""
    return np.random.default_rng(seed).choice([-1.0, 1.0], (10, 84))


def compiled(model, loss, optimizer=None) -> keras.Model:
    """The model, ready to train with the second-order method or with the optimizer given."""
    model.compile(optimizer=optimizer or StochasticDiagonalLevenbergMarquardt(), loss=loss)
    return model


def split(data):
    """The training set in two: what a search trains on, and the held-out digits that judge it."""
    cut = len(data.x_train) - min(HELD_OUT, len(data.x_train) // 3)
    return (data.x_train[:cut], data.y_train[:cut]), (data.x_train[cut:], data.y_train[cut:])


def train(
    training_set,
    judged,
    settings: Settings,
    seed: int,
    folder: Path,
    model=None,
    passes: int = 20,
    watch: bool = True,
):
    """Train by the paper's schedule; nothing is decided by the digits that judge.

    Args:
        training_set, judged: (pictures, classes), uint8 pictures. The second, if given, judge the last pass.
        settings: the open choices.
        seed: of the weights, the order, the curvature samples and the distortions.
        folder: for the checkpoint.
        model: a function that returns a compiled network, instead of `build(settings)`.
        passes: how many of the paper's 20.
        watch: also look at the judged digits after every pass, for the curve.

    Returns:
        The fields of a recorded run, in which "test_error_percent" is the error on the judged digits; the network;
        and which of the judged digits it misreads.
    """
    keras.utils.set_random_seed(seed)
    model = model() if model else build(settings)
    x, y = settings.contrast * to_lenet_input(training_set[0]), training_set[1]
    if judged is not None:
        judged = settings.contrast * to_lenet_input(judged[0]), judged[1]
    history = learn(model, x, y, settings, seed, folder, passes, judged if watch else None)
    fields = {
        "train_error_percent": round(error_percent(model, x, y), 3),
        "seconds": round(sum(history["seconds"]), 1),
        "settings": asdict(settings),
        "curve": curve(history),
    }
    if judged is None:
        return fields, model, None
    misread = np.flatnonzero(classify(model, judged[0]) != judged[1])
    return {"test_error_percent": round(100 * len(misread) / len(judged[0]), 3), **fields}, model, misread


def learn(model, x, y, settings: Settings, seed: int, folder: Path, passes: int, judged=None) -> dict:
    """Show a compiled network what it reads, by the paper's schedule and the settings; return the history."""
    if settings.order == "fixed":
        order = np.random.default_rng(seed).permutation(len(x))
        x, y = x[order], y[order]
    schedule = Schedule([settings.gain * eta for eta in LEARNING_RATES])
    estimation = CurvatureEstimation(
        update=settings.update,
        output_curvature=settings.output_curvature,
        learning_rates=None,
        seed=seed,
        estimate={"swept": curvatures, "whole": whole_curvatures}[settings.curvature],
    )
    second_order = isinstance(model.optimizer, StochasticDiagonalLevenbergMarquardt)
    return fit_online(
        model,
        x,
        y,
        epochs=experiments.passes(passes),
        callbacks=[schedule, estimation] if second_order else [schedule],
        validation=judged,
        augment=distortion(settings.distorted),
        shuffle=settings.order == "shuffled",
        seed=seed,
        checkpoint=folder,
    )


def train_with_targets(build, x, y, distorted: float, seed: int, folder: Path, passes: int = 20):
    """Train a network of squashed outputs, such as LeNet-4, as `faithful` trains LeNet-5.

    Args:
        build: function that returns the network.
        x, y: what it reads, and classes.
        distorted: by how much of the ranges of `lenet_utils.distortions`.
        seed: of the weights, the one order of the digits, the curvature samples and the distortions.
        folder: for the checkpoint.

    Returns:
        The network, and the fields to record.
    """
    keras.utils.set_random_seed(seed)
    model = compiled(build(), SquaredError())
    history = learn(model, x, y, Settings(distorted=distorted), seed, folder, passes)
    return model, {
        "train_error_percent": round(history["error_percent"][-1], 3),
        "seconds": round(sum(history["seconds"]), 1),
        "curve": curve(history),
    }


def whole_curvatures(model, x, y=None, loss=None, top=None, signs: int = 2) -> list:
    """2 Σ_j (∂x_j/∂u_k)² of every weight, x_j the outputs of F6, averaged over pictures.

    The sweep of `curvatures` leaves out pairs of units and of places that share a weight. For random signs s_j the
    mean of (∂ Σ_j s_j x_j / ∂u_k)² is the sum over j with every such pair in it, so a few drawings for each of many
    pictures estimate it without a bias.
    """
    body, weights = keras.Model(model.inputs[0], model.get_layer("F6").output), model.trainable_weights

    @tf.function
    def squares(picture, sign):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(body(picture[None]) * sign)
        return [slope**2 for slope in tape.gradient(total, [weight.value for weight in weights])]

    generator, sums = np.random.default_rng(0), [np.zeros(weight.shape) for weight in weights]
    for picture in np.repeat(x, signs, axis=0):
        sign = generator.choice([-1, 1], (1, body.output_shape[-1])).astype("float32")
        for total, square in zip(sums, squares(tf.constant(picture), tf.constant(sign)), strict=True):
            total += square.numpy()
    return [keras.ops.convert_to_tensor(2 * total / (signs * len(x)), "float32") for total in sums]


def distortion(share: float, **others: float):
    """The paper's kinds of distortion, by a share of the default ranges, and others by name; None for nothing."""
    if not (share or any(others.values())):
        return None
    ranges = {name: share * getattr(distortions, name.upper()) for name in distortions.PAPER_KINDS}
    return partial(distortions.distort, **ranges, **others)


class Schedule(keras.callbacks.Callback):
    """Sets η before each pass."""

    def __init__(self, rates):
        super().__init__()
        self.rates = rates

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = self.rates[epoch]


def curve(history: dict) -> list[dict]:
    """One row a pass: errors in percent (while training, and on the judged digits), loss, rates, seconds."""
    names = {"error_percent": "train_error_percent", "validation_error_percent": "test_error_percent"}
    return [
        {
            "pass": number,
            **{
                names.get(k, k): float(f"{values[number - 1]:.5g}") for k, values in history.items() if values
            },
        }
        for number in range(1, len(history["loss"]) + 1)
    ]
