"""Figure 9 again: LeNet-5's rivals of 1998, each trained on all of MNIST's training digits.

The classical rivals are those of `lenet_utils.rivals`; their few free choices were made on the last 10,000 training
digits after training on the others. The networks learn as LeNet-5 does in `faithful`: squashed units, targets of ±1,
half the squared error, one pattern at a time with the second-order rates, 20 passes. The paper does not say how it
trained them. LeNet-5's own rows are in `faithful` and `faithful_distorted`. Left out: the reduced-set and the virtual
SVM, local learning and boosting.
"""

from functools import partial

import keras
import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from experiments import faithful
from experiments.network_of_1998 import Schedule, compiled, curve, distortion
from lenet_utils.data import to_lenet_input
from lenet_utils.layers import FullyConnected
from lenet_utils.losses import SquaredError
from lenet_utils.models import classify, lenet1, lenet4
from lenet_utils.optimizers import CurvatureEstimation
from lenet_utils.paper import LEARNING_RATES
from lenet_utils.rivals import RIVALS, deslant, shrink
from lenet_utils.training import fit_pattern_by_pattern

PASSES = len(LEARNING_RATES)
DISTORTED = 0.5
"""By how much of `lenet_utils.distortions`' ranges, as in `faithful_distorted`."""


def perceptron(*hidden: int, side: int = 28) -> keras.Model:
    """Fully connected layers alone: side × side pixels, one or two hidden layers, ten outputs."""
    units = [FullyConnected(count, name=f"hidden{n}") for n, count in enumerate(hidden, 1)]
    return keras.Sequential(
        [
            keras.Input((side, side, 1), name="input"),
            keras.layers.Flatten(name="flatten"),
            *units,
            FullyConnected(10, name="output"),
        ],
        name="perceptron",
    )


def whole(pictures):
    """28 × 28, on the scale of LeNet-5's input."""
    return to_lenet_input(pictures)[:, 2:-2, 2:-2]


def upright(pictures):
    """20 × 20: deslanted, without the margin."""
    return whole(deslant(pictures))[:, 4:-4, 4:-4]


def small(pictures):
    """LeNet-1's input: the digit about 16 × 16, in the middle of 28 × 28."""
    smaller = shrink(pictures.astype("float32"), 22)
    return whole(np.pad(np.rint(smaller).astype(np.uint8), ((0, 0), (3, 3), (3, 3))))


NETWORKS = {
    "28×28-300-10": (partial(perceptron, 300), whole, 0),
    "28×28-300-10, distortions": (partial(perceptron, 300), whole, DISTORTED),
    "20×20-300-10, deslanted": (partial(perceptron, 300, side=20), upright, 0),
    "28×28-1000-10": (partial(perceptron, 1000), whole, 0),
    "28×28-1000-10, distortions": (partial(perceptron, 1000), whole, DISTORTED),
    "28×28-300-100-10": (partial(perceptron, 300, 100), whole, 0),
    "28×28-300-100-10, distortions": (partial(perceptron, 300, 100), whole, DISTORTED),
    "28×28-500-150-10": (partial(perceptron, 500, 150), whole, 0),
    "28×28-500-150-10, distortions": (partial(perceptron, 500, 150), whole, DISTORTED),
    "LeNet-1, 16×16": (lenet1, small, 0),
    "LeNet-4": (lenet4, to_lenet_input, 0),
}
"""Each network's row in figure 9: how it is made, what it reads, and by how much its digits are distorted."""

NEIGHBOURS = "LeNet-4, K-NN on the last layer"
VARIANTS = [*RIVALS, *NETWORKS, NEIGHBOURS]

load = faithful.load


def fit(x_train, y_train, variant: str, seed: int, folder):
    """Train one row of figure 9; see `experiments.__main__`."""
    if variant in RIVALS:
        return RIVALS[variant]().fit(x_train, y_train).predict, {}
    model, read, history = train(
        *NETWORKS["LeNet-4" if variant == NEIGHBOURS else variant], x_train, y_train, seed, folder
    )
    fields = {"train_error_percent": round(history["error_percent"][-1], 3), "curve": curve(history)}
    if variant != NEIGHBOURS:
        return lambda pictures: classify(model, read(pictures)), fields
    below = keras.Model(model.inputs, model.layers[-2].output)

    def last_layer(pictures):
        return below.predict(read(pictures), batch_size=100, verbose=0)

    neighbours = KNeighborsClassifier(3, algorithm="brute").fit(last_layer(x_train), y_train)
    return lambda pictures: neighbours.predict(last_layer(pictures)), fields


def train(build, read, distorted, x_train, y_train, seed, folder):
    """A network trained by the paper's schedule, what it reads, and its history."""
    keras.utils.set_random_seed(seed)
    model, order = compiled(build(), SquaredError()), np.random.default_rng(seed).permutation(len(x_train))
    x, y = read(x_train[order]), y_train[order]
    estimation = CurvatureEstimation(x, y, learning_rates=None, seed=seed)
    history = fit_pattern_by_pattern(
        model,
        x,
        y,
        passes=PASSES,
        callbacks=[Schedule(LEARNING_RATES), estimation],
        distort=distortion(distorted),
        shuffle=False,
        seed=seed,
        checkpoint=folder,
    )
    return model, read, history
