"""How the baselines of figure 9 are trained: the classical ones of `lenet_utils.rivals`, and the networks.

The networks learn as LeNet-5 does in `recipes.lenet5_1998`: squashed units, targets of ±1, half the squared
error, one digit at a time with the second-order rates, 20 epochs. The paper names that method for those with
one hidden layer, "10 to 20 passes" for all, and says no more; so `fit_retrained` trains them a second time,
as it is done today.

Each `fit_…` takes (…, images, labels, trial), uint8 images (N, 28, 28), and returns what
`experiments.study.Study` asks of a fit: a function from uint8 images to scores, and the fields to record.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import keras
import numpy as np

from experiments.recipes.common import augmentation, scorer
from experiments.recipes.lenet5_1998 import DISTORTED, EPOCHS, train_with_targets
from experiments.study import Trial
from lenet_utils import training
from lenet_utils.data import to_lenet_input
from lenet_utils.evaluation import error_percent
from lenet_utils.layers import FullyConnected
from lenet_utils.losses import SoftmaxCrossEntropy
from lenet_utils.models import lenet1, lenet4
from lenet_utils.rivals import BASELINES, NearestNeighbours, area_resize, deslant, inference_cost

DISTORTION = DISTORTED.distortion


def perceptron(*hidden: int, side: int = 28, output_activation: str | None = "squash") -> keras.Model:
    """Fully connected layers alone: side × side pixels, up to two hidden layers, ten outputs."""
    units = [FullyConnected(count, name=f"hidden{n}") for n, count in enumerate(hidden, 1)]
    return keras.Sequential(
        [
            keras.Input((side, side, 1), name="input"),
            keras.layers.Flatten(name="flatten"),
            *units,
            FullyConnected(10, activation=output_activation, name="output"),
        ],
        name="perceptron",
    )


def crop_28(images) -> np.ndarray:
    """The whole digit, (N, 28, 28, 1), on the scale of LeNet-5's input."""
    return to_lenet_input(images)[:, 2:-2, 2:-2]


def deslant_20(images) -> np.ndarray:
    """The digit upright and without the margin, (N, 20, 20, 1)."""
    return crop_28(deslant(images))[:, 4:-4, 4:-4]


def shrink_16(images) -> np.ndarray:
    """LeNet-1's input, (N, 28, 28, 1): the digit about 16 × 16 pixels large, in the middle of 28 × 28."""
    smaller = area_resize(images.astype("float32"), 22)
    return crop_28(np.pad(np.rint(smaller).astype(np.uint8), ((0, 0), (3, 3), (3, 3))))


class Network(NamedTuple):
    """A network of figure 9: how it is built, how its images are prepared, by how much they are distorted."""

    build: Callable[..., keras.Model]
    prepare: Callable[[np.ndarray], np.ndarray]
    distortion: float = 0.0


NETWORKS = {
    "28×28-300-10": Network(partial(perceptron, 300), crop_28),
    "28×28-300-10, distortions": Network(partial(perceptron, 300), crop_28, DISTORTION),
    "20×20-300-10, deslanted": Network(partial(perceptron, 300, side=20), deslant_20),
    "28×28-1000-10": Network(partial(perceptron, 1000), crop_28),
    "28×28-1000-10, distortions": Network(partial(perceptron, 1000), crop_28, DISTORTION),
    "28×28-300-100-10": Network(partial(perceptron, 300, 100), crop_28),
    "28×28-300-100-10, distortions": Network(partial(perceptron, 300, 100), crop_28, DISTORTION),
    "28×28-500-150-10": Network(partial(perceptron, 500, 150), crop_28),
    "28×28-500-150-10, distortions": Network(partial(perceptron, 500, 150), crop_28, DISTORTION),
    "LeNet-1, 16×16": Network(lenet1, shrink_16),
    "LeNet-4": Network(lenet4, to_lenet_input),
}
"""Each network's row in figure 9."""

LINEAR_NETWORKS = {
    "linear, squashed units": Network(perceptron, crop_28),
    "linear, deslanted, squashed units": Network(partial(perceptron, side=20), deslant_20),
}
"""The linear classifiers with LeNet-5's units: not rows of the figure, but what they may have been."""


def fit_classical(name: str, images, labels, trial: Trial):
    """Fit one of `lenet_utils.rivals`; record what an answer costs beside its error."""
    classifier = BASELINES[name]().fit(images, labels)
    macs, parameters = inference_cost(classifier)
    return classifier.decision_function, {"multiply_adds": macs, "stored_numbers": parameters}


def fit_network(network: Network, images, labels, trial: Trial):
    """Train a network of figure 9 as in 1998."""
    model, fields = _train_as_in_1998(network, images, labels, trial)
    return scorer(model, network.prepare), fields


def fit_neighbours(network: Network, images, labels, trial: Trial):
    """Train a network as in 1998; then let the three nearest neighbours on its last hidden layer answer."""
    model, fields = _train_as_in_1998(network, images, labels, trial)
    last_layer = scorer(keras.Model(model.inputs[0], model.layers[-2].output), network.prepare)
    neighbours = NearestNeighbours(3).fit(last_layer(images), labels)
    return lambda shown: neighbours.decision_function(last_layer(shown)), fields


def fit_retrained(network: Network, images, labels, trial: Trial):
    """Train the same layers with a softmax at the end, as *implementation* trains LeNet-5."""
    keras.utils.set_random_seed(trial.seed)
    model, x = network.build(output_activation=None), network.prepare(images)
    training.fit(
        model,
        x,
        labels,
        trial.limit(EPOCHS),
        augment=augmentation(network.distortion),
        seed=trial.seed,
        checkpoint=trial.folder,
        loss=SoftmaxCrossEntropy(),
    )
    fields = {"train_error_percent": round(error_percent(model, x, labels), 3)}
    return scorer(model, network.prepare), fields


def _train_as_in_1998(network: Network, images, labels, trial: Trial):
    return train_with_targets(network.build, network.prepare(images), labels, network.distortion, trial)
