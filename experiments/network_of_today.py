"""What the studies of today's LeNet-5 share: its parts, each as published in 1998 or as it is done now.

`Settings` names the parts; `build` makes the network that has them, `train` trains it in batches.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
from keras import layers

import experiments
from experiments.network_of_1998 import distortion
from lenet_utils import evaluation, training
from lenet_utils.data import to_lenet_input
from lenet_utils.layers import Convolution, FullyConnected
from lenet_utils.losses import MaximumAPosteriori
from lenet_utils.models import lenet5_1998

CONSTANT_RATE = 1e-3
"""Keras' default for Adam."""


@dataclass(frozen=True)
class Settings:
    """One network and one training.

    output: "distances" to the bitmaps with the loss of Eq. 9, or "softmax" with cross-entropy.
    c3: which maps C3 reads: those of the paper's "table", or "all".
    pooling: "trained" coefficients and biases, or the "max" of four.
    activation: 1.7159 tanh(2a/3), "squash", or "relu", or "silu": a times the logistic function of a.
    initializer: weights uniform in ± 1/√fan-in, "1998", or normal with variance 2/fan-in, "he".
    method: "adam", or "momentum": stochastic gradients with Nesterov's momentum of 0.9.
    falling: the rate rises for one epoch to `peak`, then falls to 0 along a cosine; else it stays at CONSTANT_RATE.
    distorted: by how much of the ranges of `lenet_utils.distortions` each picture is distorted.
    rotation: the largest, in degrees.
    elastic: the root mean square displacement, in pixels.
    average: the momentum of the running mean of the weights that is kept in the end; 0 keeps the weights themselves.
    normalised: batch normalisation before each activation, without factors of its own, which after a ReLU the next
        layer could undo.
    dropout: how many of a hundred units of C5 and F6 are silent, as a fraction.
    smoothing: how much of each label is spread evenly over all classes.
    decay: by which share of itself, times the rate, every weight but biases shrinks at each step.
    """

    output: str = "distances"
    c3: str = "table"
    pooling: str = "trained"
    activation: str = "squash"
    initializer: str = "1998"
    method: str = "adam"
    falling: bool = False
    distorted: float = 0.0
    rotation: float = 0.0
    elastic: float = 0.0
    average: float = 0.0
    normalised: bool = False
    dropout: float = 0.0
    smoothing: float = 0.0
    decay: float = 0.0
    epochs: int = 20
    batch_size: int = 128
    peak: float = 3e-3


def build(settings: Settings) -> keras.Model:
    """A fresh network. Those that end in a softmax give the scores before it."""
    if settings.activation != "squash":
        return build_of_today(settings)
    others = []
    if settings.output == "softmax":
        others.append(FullyConnected(10, activation=None, name="output"))
    if settings.c3 == "all":
        others.append(Convolution(16, name="C3"))
    if settings.pooling == "max":
        others += [layers.MaxPooling2D(2, name=name) for name in ("S2", "S4")]
    return lenet5_1998(replace=tuple(others))


def build_of_today(settings: Settings) -> keras.Model:
    """The layers of `lenet_utils.models.lenet5`, with scores for outputs.

    The activation follows pooling. With ReLU nothing else comes out, because the largest of four stays the largest,
    and there is less to do; with SiLU, which falls before it rises, the order is a choice.
    """
    chain = [keras.Input((32, 32, 1), name="input")]
    chain += [*part(layers.Conv2D, 6, 5, name="C1", pool="S2", settings=settings)]
    chain += [*part(layers.Conv2D, 16, 5, name="C3", pool="S4", settings=settings)]
    chain += [*part(layers.Conv2D, 120, 5, name="C5", settings=settings), layers.Flatten(name="flatten")]
    silence = [layers.Dropout(settings.dropout) for _ in range(2 if settings.dropout else 0)]
    chain += [*silence[:1], *part(layers.Dense, 84, name="F6", settings=settings), *silence[1:]]
    return keras.Sequential([*chain, layers.Dense(10, name="output")], name="lenet5_today")


def part(kind, *sizes, name: str, settings: Settings, pool: str | None = None):
    """A layer with weights and what comes after it, in turn: pooling, normalisation, activation."""
    # Uniform in ± 1/√fan-in has a variance of 1/3 of 1/fan-in.
    uniform = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    initializer = "he_normal" if settings.initializer == "he" else uniform
    yield kind(*sizes, kernel_initializer=initializer, use_bias=not settings.normalised, name=name)
    if pool:
        yield layers.MaxPooling2D(2, name=pool)
    if settings.normalised:
        # It subtracts every bias before it; its own shift takes the bias's place.
        yield layers.BatchNormalization(scale=False, name=f"{name}_normalised")
    yield layers.Activation(settings.activation, name=f"{name}_{settings.activation}")


def parameters(model: keras.Model) -> int:
    """The numbers that are needed to use a trained network.

    Normalisation with a fixed mean and variance is a factor and a shift for each map, which the layer before and its
    biases take in: of the four numbers that it keeps for a map only one counts.
    """
    kept = sum(
        layer.moving_mean.shape[0] for layer in model.layers if isinstance(layer, layers.BatchNormalization)
    )
    return model.count_params() - 2 * kept


def train(x_train, y_train, settings: Settings, seed: int, folder: Path):
    """Train on uint8 digits as the settings say; return the network and the fields to record."""
    keras.utils.set_random_seed(seed)
    settings = replace(settings, epochs=experiments.passes(settings.epochs))
    x, model = to_lenet_input(x_train), build(settings)
    history = training.fit(
        model,
        x,
        y_train,
        epochs=settings.epochs,
        augment=distortion(settings.distorted, rotation=settings.rotation, elastic=settings.elastic),
        batch_size=settings.batch_size,
        seed=seed,
        checkpoint=folder,
        optimizer=optimizer(settings, len(x)),
        loss=loss(settings),
    )
    fields = {
        "train_error_percent": round(evaluation.error_percent(model, x, y_train), 3),
        "parameters": parameters(model),
        "settings": asdict(settings),
        "seconds": round(sum(history["seconds"]), 1),
        "losses": [round(loss, 5) for loss in history["loss"]],
    }
    return model, fields


def optimizer(settings: Settings, pictures: int) -> keras.optimizers.Optimizer:
    """The method, with whatever of today's additions the settings ask for."""
    batches = -(-pictures // settings.batch_size)
    rate = CONSTANT_RATE
    if settings.falling:
        rate = keras.optimizers.schedules.CosineDecay(
            settings.peak / 20,
            (settings.epochs - 1) * batches,
            warmup_target=settings.peak,
            warmup_steps=batches,
        )
    options = {"weight_decay": settings.decay}
    if settings.average:
        options |= {"use_ema": True, "ema_momentum": settings.average}
    if settings.method == "momentum":
        chosen = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **options)
    else:
        chosen = keras.optimizers.AdamW(rate, **options)
    chosen.exclude_from_weight_decay(var_names=["bias", "beta"])
    return chosen


def loss(settings: Settings) -> keras.losses.Loss:
    """Eq. 9 for distances, cross-entropy for scores."""
    if settings.output == "distances":
        return MaximumAPosteriori(1.0)
    return SmoothedCrossEntropy(settings.smoothing)


class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of scores, with a share of every label spread evenly over all classes (Szegedy et al., 2016)."""

    def __init__(self, smoothing: float = 0.0):
        super().__init__()
        self.smoothing = smoothing

    def call(self, y_true, y_pred):
        classes = y_pred.shape[-1]
        right = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32"), classes)
        labels = (1 - self.smoothing) * right + self.smoothing / classes
        return keras.ops.categorical_crossentropy(labels, y_pred, from_logits=True)


def scores(model: keras.Model, read=to_lenet_input):
    """A function from images to `evaluation.scores` of them.

    Args:
        model: any network of this book.
        read: function from uint8 pictures to the network's input.
    """
    return lambda images: evaluation.scores(model, read(images))
