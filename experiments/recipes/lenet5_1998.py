"""How LeNet-5 of 1998 is trained: one digit at a time, by the paper's schedule and its second-order method.

The paper leaves choices open; `Settings` names them all, `SETTINGS` is how the studies complete the
description. Taught in *the-1998-network*.
"""

from dataclasses import asdict, dataclass, replace

import keras
import numpy as np
import tensorflow as tf

from experiments.recipes.common import augmentation
from experiments.study import Trial
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

EPOCHS = len(LEARNING_RATES)
"""As many as the paper's schedule has rates for: 20."""


@dataclass(frozen=True)
class Settings:
    """One way of completing the published description.

    Attributes:
        j: the rubbish class's distance in Eq. 9; None takes Eq. 8.
        initializer, output_curvature, update: see `lenet_utils.initializers` and `lenet_utils.optimizers`.
        coefficient: what the subsampling layers start with; None leaves that to `initializer`.
        gain: multiplies every η of the paper's schedule.
        order: one "fixed" random order for all epochs, as appendix C says, or "shuffled" anew for each.
        codes: the output's centres: the paper's "bitmaps", or "random" codes of ±1.
        contrast: multiplies the inputs. The paper says that their variance is about 1; at 2.8 it is, at 1 it
            is 0.12.
        distortion: by how much of the ranges of `lenet_utils.distortions` each image is distorted, afresh
            each time it is shown; 0 leaves it as it is.
        curvature: "layerwise", the paper's estimate, which carries second derivatives from layer to layer, or
            "gauss_newton_diagonal", the whole diagonal with nothing left out.
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
    distortion: float = 0.0
    curvature: str = "layerwise"


SETTINGS = Settings()
"""What the studies train by: chosen by `search_1998` on held-out training digits."""

DISTORTED = replace(SETTINGS, distortion=0.5)
"""The same with distorted digits.

The paper does not give its ranges. Of three shares of those of `lenet_utils.distortions`, a half did best on
held-out training digits, by little and in one run each.
"""


def build(settings: Settings, optimizer=None) -> keras.Model:
    """A fresh network, compiled as the settings say, with the second-order method or the optimizer given."""
    model = lenet5_1998(initializer=settings.initializer)
    if settings.coefficient is not None:
        for name in ("S2", "S4"):
            coefficient = model.get_layer(name).coefficient
            coefficient.assign(keras.ops.full_like(coefficient, settings.coefficient))
    if settings.codes == "random":
        model.layers[-1].centres.assign(random_codes())
    loss = MaximumLikelihood() if settings.j is None else MaximumAPosteriori(settings.j)
    return compile_model(model, loss, optimizer)


def random_codes(seed: int = 1998) -> np.ndarray:
    """Ten random codes, (10, 84) of +1 and −1, in the place of the bitmaps: no picture of anything."""
    return np.random.default_rng(seed).choice([-1.0, 1.0], (10, 84))


def compile_model(model, loss, optimizer=None) -> keras.Model:
    """The model, ready to train with the second-order method or with the optimizer given."""
    model.compile(optimizer=optimizer or StochasticDiagonalLevenbergMarquardt(), loss=loss)
    return model


def prepare(images, settings: Settings) -> np.ndarray:
    """What the network reads, (N, 32, 32, 1): uint8 images as prepared in 1998, times the contrast."""
    return settings.contrast * to_lenet_input(images)


def train(
    images, labels, settings: Settings, trial: Trial, build_model=None, epochs: int = EPOCHS, validation=None
):
    """Train by the paper's schedule and the settings.

    Args:
        images: uint8 digits, (N, 28, 28).
        labels: class numbers, (N,).
        settings: the open choices.
        trial: its seed is that of the weights, the order, the curvature samples and the distortions.
        build_model: function that returns a compiled network, instead of `build(settings)`.
        epochs: how many of the paper's 20.
        validation: (images, labels) that are only looked at, after every epoch, for the curve.

    Returns:
        The network, and the fields of a recorded run.
    """
    keras.utils.set_random_seed(trial.seed)
    model = build_model() if build_model else build(settings)
    x = prepare(images, settings)
    if validation is not None:
        validation = prepare(validation[0], settings), validation[1]
    history = follow_schedule(model, x, labels, settings, trial, epochs, validation)
    return model, {
        "train_error_percent": round(error_percent(model, x, labels), 3),
        "seconds": round(sum(history["seconds"]), 1),
        "settings": asdict(settings),
        "curve": curve(history),
    }


def train_and_watch(data, settings: Settings, trial: Trial):
    """Train, and look at the test set after every epoch, for the curve; nothing is decided by it.

    Returns:
        The network, and the fields to record: those of `train`, the error on the test set and which of its
        digits are misclassified after the last epoch.
    """
    model, fields = train(data.x_train, data.y_train, settings, trial, validation=(data.x_test, data.y_test))
    # Here it is known which digits `train` was given to look at.
    names = {"validation_error_percent": "test_error_percent"}
    fields["curve"] = [{names.get(k, k): value for k, value in row.items()} for row in fields["curve"]]
    misclassified = np.flatnonzero(classify(model, prepare(data.x_test, settings)) != data.y_test)
    error = round(100 * len(misclassified) / len(data.y_test), 3)
    return model, {"test_error_percent": error, **fields, "misclassified": misclassified.tolist()}


def train_with_targets(build_model, images, labels, distortion: float, trial: Trial, epochs: int = EPOCHS):
    """Train a network of squashed outputs, such as LeNet-4, as `train` trains LeNet-5, with targets of ±1.

    Args:
        build_model: function that returns the network.
        images: what it reads, (N, rows, columns, 1).
        labels: class numbers, (N,).
        distortion: by how much of the ranges of `lenet_utils.distortions`.
        trial: its seed is that of the weights, the order, the curvature samples and the distortions.
        epochs: how many of the paper's 20.

    Returns:
        The network, and the fields of a recorded run.
    """
    keras.utils.set_random_seed(trial.seed)
    model = compile_model(build_model(), SquaredError())
    history = follow_schedule(model, images, labels, Settings(distortion=distortion), trial, epochs)
    return model, {
        "train_error_percent": round(history["error_percent"][-1], 3),
        "seconds": round(sum(history["seconds"]), 1),
        "curve": curve(history),
    }


def follow_schedule(
    model, images, labels, settings: Settings, trial: Trial, epochs: int, validation=None
) -> dict:
    """Show a compiled network what it reads, by the paper's schedule and the settings; return the history."""
    if settings.order == "fixed":
        order = np.random.default_rng(trial.seed).permutation(len(images))
        images, labels = images[order], labels[order]
    callbacks = [Schedule([settings.gain * eta for eta in LEARNING_RATES])]
    if isinstance(model.optimizer, StochasticDiagonalLevenbergMarquardt):
        estimation = CurvatureEstimation(
            update=settings.update,
            output_curvature=settings.output_curvature,
            learning_rates=None,
            seed=trial.seed,
            estimate=ESTIMATES[settings.curvature],
        )
        callbacks.append(estimation)
    return fit_online(
        model,
        images,
        labels,
        epochs=trial.limit(epochs),
        callbacks=callbacks,
        validation=validation,
        augment=augmentation(settings.distortion),
        shuffle=settings.order == "shuffled",
        seed=trial.seed,
        checkpoint=trial.folder,
    )


def gauss_newton_diagonal(
    model, images, labels=None, loss=None, output_curvature=None, signs: int = 2
) -> list:
    """The Gauss–Newton diagonal h_kk = 2 Σ_j (∂x_j/∂u_k)² of every weight u_k, by Hutchinson's estimator.

    x_j are the outputs of F6, 2 is the second derivative of their squared distance (Eq. 8), and the sum is
    averaged over images. `lenet_utils.optimizers.curvatures`, which goes from layer to layer, leaves out
    pairs of units and of places that share a weight. Hutchinson's estimator leaves out nothing: for random
    signs s_j the mean of (∂ Σ_j s_j x_j / ∂u_k)² is Σ_j (∂x_j/∂u_k)², so a few drawings for each of many
    images estimate it without a bias.

    Args:
        model: the network of 1998.
        images: what it reads, (N, 32, 32, 1).
        labels, loss, output_curvature: not used; they make this a function like `curvatures`.
        signs: how many drawings for each image.

    Returns:
        A list of tensors, shaped and ordered like `model.trainable_weights`, none negative.
    """
    body, weights = keras.Model(model.inputs[0], model.get_layer("F6").output), model.trainable_weights

    @tf.function
    def squares(image, sign):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(body(image[None]) * sign)
        return [gradient**2 for gradient in tape.gradient(total, [weight.value for weight in weights])]

    generator, sums = np.random.default_rng(0), [np.zeros(weight.shape) for weight in weights]
    for image in np.repeat(images, signs, axis=0):
        sign = generator.choice([-1, 1], (1, body.output_shape[-1])).astype("float32")
        for total, square in zip(sums, squares(tf.constant(image), tf.constant(sign)), strict=True):
            total += square.numpy()
    return [keras.ops.convert_to_tensor(2 * total / (signs * len(images)), "float32") for total in sums]


ESTIMATES = {"layerwise": curvatures, "gauss_newton_diagonal": gauss_newton_diagonal}
"""What estimates the curvatures, by the settings' word for it."""


class Schedule(keras.callbacks.Callback):
    """Sets η before each epoch."""

    def __init__(self, rates):
        super().__init__()
        self.rates = rates

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = self.rates[epoch]


def curve(history: dict) -> list[dict]:
    """One row per epoch: its number, loss, errors in percent, seconds, lowest and highest rate."""
    names = {"error_percent": "train_error_percent"}
    return [
        {
            "epoch": number + 1,
            **{names.get(k, k): float(f"{values[number]:.5g}") for k, values in history.items() if values},
        }
        for number in range(len(history["loss"]))
    ]
