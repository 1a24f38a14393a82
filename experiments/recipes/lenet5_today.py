"""How today's LeNet-5 is trained: each part of network and training as in 1998, or as it is done now.

`Settings` names the parts; `build` makes the network that has them, `train` trains it in batches. `RUNGS`
goes from 1998 to today one part at a time, `BEST` is the best that was found for LeNet-5's own shape.
"""

from dataclasses import asdict, dataclass, replace
from itertools import accumulate

import keras
from keras import layers

from experiments.recipes.common import augmentation
from experiments.study import Trial
from lenet_utils import training
from lenet_utils.data import to_lenet_input
from lenet_utils.evaluation import error_percent
from lenet_utils.layers import Convolution, FullyConnected
from lenet_utils.losses import MaximumAPosteriori
from lenet_utils.models import lenet5_1998

CONSTANT_RATE = 1e-3
"""Keras' default for Adam."""


@dataclass(frozen=True)
class Settings:
    """One network and one training.

    Attributes:
        output: "distances" to the bitmaps with the loss of Eq. 9, or "softmax" with cross-entropy.
        c3: which feature maps C3 reads: those of the paper's "table", or "all".
        pooling: "trained" coefficients and biases, or the "max" of four.
        activation: 1.7159 tanh(2a/3), "squash", or "relu", or "silu": a times the logistic function of a.
        initializer: weights uniform in ± 1/√fan-in, "1998", or normal with variance 2/fan-in, "he".
        optimizer: "adam", or "momentum": stochastic gradient descent with Nesterov's momentum of 0.9.
        warmup_cosine: the rate rises for one epoch to `peak_learning_rate`, then falls to 0 along a cosine;
            else it stays at CONSTANT_RATE.
        distortion: by how much of the ranges of `lenet_utils.distortions` each image is distorted.
        rotation: the largest, in degrees.
        elastic: the root mean square displacement, in pixels.
        ema_momentum: of the exponential moving average of the weights that is kept in the end; 0 keeps the
            weights themselves.
        batch_normalization: before each activation, without factors of its own, which after a ReLU the next
            layer could undo.
        dropout: the share of the units of C5 and F6 that are silent.
        label_smoothing: how much of each label is spread evenly over all classes.
        weight_decay: by which share of itself, times the rate, every weight but biases shrinks at each step.
    """

    output: str = "distances"
    c3: str = "table"
    pooling: str = "trained"
    activation: str = "squash"
    initializer: str = "1998"
    optimizer: str = "adam"
    warmup_cosine: bool = False
    distortion: float = 0.0
    rotation: float = 0.0
    elastic: float = 0.0
    ema_momentum: float = 0.0
    batch_normalization: bool = False
    dropout: float = 0.0
    label_smoothing: float = 0.0
    weight_decay: float = 0.0
    epochs: int = 20
    batch_size: int = 128
    peak_learning_rate: float = 3e-3


CHANGES = {
    "Adam, in batches of 128": {},
    "softmax and cross-entropy": {"output": "softmax"},
    "C3 reads all maps": {"c3": "all"},
    "max pooling": {"pooling": "max"},
    "ReLU": {"activation": "relu"},
    "He initialisation": {"initializer": "he"},
    "a falling rate": {"warmup_cosine": True},
    "affine distortions": {"distortion": 0.5},
    "elastic distortions": {"elastic": 0.5},
    "averaged weights": {"ema_momentum": 0.999},
    "batch normalisation": {"batch_normalization": True},
    "dropout": {"dropout": 0.1},
}
"""What each rung of the ladder changes in the settings of the rung below.

How much (how much dropout, how far digits are distorted) was not searched for.
"""

RUNGS = {
    name: Settings(**changes)
    for name, changes in zip(
        CHANGES, accumulate(CHANGES.values(), lambda below, change: {**below, **change}), strict=True
    )
}
"""Each rung's settings, with all changes below it."""

BEST = Settings(
    output="softmax",
    c3="all",
    pooling="max",
    activation="silu",
    initializer="he",
    optimizer="momentum",
    warmup_cosine=True,
    peak_learning_rate=0.1,
    weight_decay=5e-4,
    distortion=0.7,
    rotation=7.0,
    elastic=0.4,
    ema_momentum=0.999,
    batch_normalization=True,
    dropout=0.1,
    epochs=120,
    batch_size=128,
)
"""Chosen on the last 10,000 training digits after training on the others."""


def build(settings: Settings) -> keras.Model:
    """A fresh network. Those that end in a softmax give the logits before it."""
    if settings.activation != "squash":
        return build_with_keras_layers(settings)
    replaced = []
    if settings.output == "softmax":
        replaced.append(FullyConnected(10, activation=None, name="output"))
    if settings.c3 == "all":
        replaced.append(Convolution(16, name="C3"))
    if settings.pooling == "max":
        replaced += [layers.MaxPooling2D(2, name=name) for name in ("S2", "S4")]
    return lenet5_1998(replace=tuple(replaced))


def build_with_keras_layers(settings: Settings) -> keras.Model:
    """The layers of `lenet_utils.models.lenet5`, with logits for outputs.

    The activation follows pooling. With ReLU nothing else comes out, because the largest of four stays the
    largest, and there is less to do; with SiLU, which falls before it rises, the order is a choice.
    """
    chain = [keras.Input((32, 32, 1), name="input")]
    chain += [*_block(layers.Conv2D, 6, 5, name="C1", pool="S2", settings=settings)]
    chain += [*_block(layers.Conv2D, 16, 5, name="C3", pool="S4", settings=settings)]
    chain += [*_block(layers.Conv2D, 120, 5, name="C5", settings=settings), layers.Flatten(name="flatten")]
    dropout = [layers.Dropout(settings.dropout) for _ in range(2 if settings.dropout else 0)]
    chain += [*dropout[:1], *_block(layers.Dense, 84, name="F6", settings=settings), *dropout[1:]]
    return keras.Sequential([*chain, layers.Dense(10, name="output")], name="lenet5_today")


def _block(kind, *sizes, name: str, settings: Settings, pool: str | None = None):
    """A layer with weights and what comes after it, in turn: pooling, normalization, activation."""
    # Uniform in ± 1/√fan-in has a variance of 1/3 of 1/fan-in.
    uniform = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    initializer = "he_normal" if settings.initializer == "he" else uniform
    yield kind(*sizes, kernel_initializer=initializer, use_bias=not settings.batch_normalization, name=name)
    if pool:
        yield layers.MaxPooling2D(2, name=pool)
    if settings.batch_normalization:
        # It subtracts every bias before it; its own shift takes the bias's place.
        yield layers.BatchNormalization(scale=False, name=f"{name}_normalised")
    yield layers.Activation(settings.activation, name=f"{name}_{settings.activation}")


def count_parameters(model: keras.Model) -> int:
    """The numbers that are needed to use a trained network.

    Normalization with a fixed mean and variance is a factor and a shift for each channel, which the layer
    before and its biases take in: of the four numbers that it keeps for a channel only one counts.
    """
    kept = sum(
        layer.moving_mean.shape[0] for layer in model.layers if isinstance(layer, layers.BatchNormalization)
    )
    return model.count_params() - 2 * kept


def train(images, labels, settings: Settings, trial: Trial):
    """Train as the settings say.

    Args:
        images: uint8 digits, (N, 28, 28).
        labels: class numbers, (N,).
        settings: the parts.
        trial: its seed is that of the weights, the order and the distortions.

    Returns:
        The network, and the fields of a recorded run.
    """
    keras.utils.set_random_seed(trial.seed)
    settings = replace(settings, epochs=trial.limit(settings.epochs))
    x, model = to_lenet_input(images), build(settings)
    history = training.fit(
        model,
        x,
        labels,
        epochs=settings.epochs,
        augment=augmentation(settings.distortion, rotation=settings.rotation, elastic=settings.elastic),
        batch_size=settings.batch_size,
        seed=trial.seed,
        checkpoint=trial.folder,
        optimizer=make_optimizer(settings, len(x)),
        loss=make_loss(settings),
    )
    return model, {
        "train_error_percent": round(error_percent(model, x, labels), 3),
        "parameters": count_parameters(model),
        "settings": asdict(settings),
        "seconds": round(sum(history["seconds"]), 1),
        "losses": [round(loss, 5) for loss in history["loss"]],
    }


def make_optimizer(settings: Settings, images: int) -> keras.optimizers.Optimizer:
    """The optimizer that the settings ask for, with its schedule for this many training images."""
    batches = -(-images // settings.batch_size)
    rate = CONSTANT_RATE
    if settings.warmup_cosine:
        rate = keras.optimizers.schedules.CosineDecay(
            settings.peak_learning_rate / 20,
            (settings.epochs - 1) * batches,
            warmup_target=settings.peak_learning_rate,
            warmup_steps=batches,
        )
    options = {"weight_decay": settings.weight_decay}
    if settings.ema_momentum:
        options |= {"use_ema": True, "ema_momentum": settings.ema_momentum}
    if settings.optimizer == "momentum":
        optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **options)
    else:
        optimizer = keras.optimizers.AdamW(rate, **options)
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta"])
    return optimizer


def make_loss(settings: Settings) -> keras.losses.Loss:
    """Eq. 9 for distances, cross-entropy for logits."""
    if settings.output == "distances":
        return MaximumAPosteriori(1.0)
    return SmoothedCrossEntropy(settings.label_smoothing)


class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of logits with smoothed labels: a share spread evenly over all (Szegedy et al., 2016)."""

    def __init__(self, smoothing: float = 0.0):
        super().__init__()
        self.smoothing = smoothing

    def call(self, y_true, y_pred):
        classes = y_pred.shape[-1]
        one_hot = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32"), classes)
        labels = (1 - self.smoothing) * one_hot + self.smoothing / classes
        return keras.ops.categorical_crossentropy(labels, y_pred, from_logits=True)
