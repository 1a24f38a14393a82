"""Figure 9 again: LeNet-5's rivals of 1998, each trained on all of MNIST's training digits.

The classical rivals are those of `lenet_utils.rivals`; their few free choices were made on the last 10,000 training
digits after training on the others. The networks learn as LeNet-5 does in `faithful`: squashed units, targets of ±1,
half the squared error, one pattern at a time with the second-order rates, 20 passes. The paper names that method for
those with one hidden layer, "10 to 20 passes" for all, and says no more; so all of them are trained a second time, as
it is done today. LeNet-5's own rows are the first seeds of `faithful` and `faithful_distorted`, once more, for what
figure 10 asks. Left out is local learning, which trains a small machine anew for each digit that is read.
The chapter *rivals* plots this record.
"""

from functools import partial

import keras
import numpy as np

import experiments
from experiments import boosting, faithful, faithful_distorted, network_of_1998
from experiments.network_of_1998 import distortion, train_with_targets
from experiments.network_of_today import scores
from lenet_utils import evaluation, training
from lenet_utils.data import to_lenet_input
from lenet_utils.layers import FullyConnected
from lenet_utils.losses import SoftmaxCrossEntropy
from lenet_utils.models import lenet1, lenet4
from lenet_utils.paper import LEARNING_RATES
from lenet_utils.rivals import BASELINES, NearestNeighbours, area_resize, deslant, inference_cost

PASSES = len(LEARNING_RATES)
DISTORTED = faithful_distorted.SETTINGS.distorted
"""By how much of `lenet_utils.distortions`' ranges."""


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


def whole(pictures):
    """28 × 28, on the scale of LeNet-5's input."""
    return to_lenet_input(pictures)[:, 2:-2, 2:-2]


def upright(pictures):
    """20 × 20: deslanted, without the margin."""
    return whole(deslant(pictures))[:, 4:-4, 4:-4]


def small(pictures):
    """LeNet-1's input: the digit about 16 × 16, in the middle of 28 × 28."""
    smaller = area_resize(pictures.astype("float32"), 22)
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

SQUASHED = {
    "linear, squashed units": (perceptron, whole, 0),
    "linear, deslanted, squashed units": (partial(perceptron, side=20), upright, 0),
}
"""The linear machines once more, with LeNet-5's units for sums: not rows of the figure, but what they may have been."""

NEIGHBOURS = "LeNet-4, K-NN on the last layer"
BOOSTED = "boosted LeNet-4, distortions"
TODAY = "{}, trained today"
AGAIN = {TODAY.format(name): name for name in NETWORKS}
"""The networks once more: softmax, cross-entropy, and the recipe of `training.fit`."""

LENET_5 = {"LeNet-5": faithful.SETTINGS, "LeNet-5, distortions": faithful_distorted.SETTINGS}
VARIANTS = [*BASELINES, *NETWORKS, *SQUASHED, NEIGHBOURS, *LENET_5, BOOSTED, *AGAIN]

load = faithful.load


def fit(x_train, y_train, variant: str, seed: int, folder):
    """Train one row of figure 9; see `experiments.__main__`."""
    if variant in BASELINES:
        rival = BASELINES[variant]().fit(x_train, y_train)
        work, kept = inference_cost(rival)
        return rival.decision_function, {"multiply_adds": work, "stored_numbers": kept}
    if variant in LENET_5:
        fields, model, _ = network_of_1998.train(
            (x_train, y_train), None, LENET_5[variant], seed, folder, passes=PASSES
        )
        return scores(model), fields
    if variant == BOOSTED:
        return boosting.fit(x_train, y_train, seed, folder, PASSES)
    if variant in AGAIN:
        return fit_today(*NETWORKS[AGAIN[variant]], x_train, y_train, seed, folder)
    build, read, distorted = (NETWORKS | SQUASHED)["LeNet-4" if variant == NEIGHBOURS else variant]
    model, fields = train_with_targets(build, read(x_train), y_train, distorted, seed, folder, PASSES)
    if variant != NEIGHBOURS:
        return scores(model, read), fields
    last_layer = scores(keras.Model(model.inputs[0], model.layers[-2].output), read)
    neighbours = NearestNeighbours(3).fit(last_layer(x_train), y_train)
    return lambda pictures: neighbours.decision_function(last_layer(pictures)), fields


def fit_today(build, read, distorted, x_train, y_train, seed, folder):
    """The same layers with a softmax at the end, trained as *implementation* trains LeNet-5, for as many passes."""
    keras.utils.set_random_seed(seed)
    model, x = build(output_activation=None), read(x_train)
    loss = SoftmaxCrossEntropy()
    training.fit(
        model,
        x,
        y_train,
        experiments.passes(PASSES),
        augment=distortion(distorted),
        seed=seed,
        checkpoint=folder,
        loss=loss,
    )
    return scores(model, read), {"train_error_percent": round(evaluation.error_percent(model, x, y_train), 3)}
