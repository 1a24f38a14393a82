"""What did each idea of 1998 buy? The faithful network with one part at a time replaced by today's.

Everything else stays as in `faithful`, whose runs are the base: data, passes, seeds, schedule. "plain SGD" has one
rate for all weights, the paper's schedule times SGD_GAIN, the best of three on held-out training digits
(`faithful_search`). The settings of a record are those of everything that is not exchanged.
"""

from dataclasses import replace

import keras
from keras import layers, ops

from experiments import faithful
from experiments.network_of_1998 import build, compiled, train
from lenet_utils.layers import Convolution, FullyConnected
from lenet_utils.losses import MaximumAPosteriori, SoftmaxCrossEntropy
from lenet_utils.models import lenet5_1998

SGD_GAIN = 1.0
BASE = faithful.SETTINGS
EQ_9 = MaximumAPosteriori(BASE.j)


class AveragePooling(layers.AveragePooling2D):
    """Today's S2 and S4: the mean of four, nothing to train and no squashing."""

    def __init__(self, **options):
        super().__init__(2, **options)

    def curvature(self, inputs, upstream):
        quarter = upstream / 16  # (1/4)²
        return ops.repeat(ops.repeat(quarter, 2, axis=1), 2, axis=2), []


def with_layers(*others, loss=EQ_9) -> keras.Model:
    """The network of 1998 with other layers in the places of those of their names."""
    return compiled(lenet5_1998(replace=others), loss)


PARTS = {
    "a new order for each pass": lambda: build(BASE),
    "Eq. 8 instead of Eq. 9": lambda: build(replace(BASE, j=None)),
    "softmax for the RBF output": lambda: with_layers(
        FullyConnected(10, activation=None, name="output"), loss=SoftmaxCrossEntropy()
    ),
    "random codes for the bitmaps": lambda: build(replace(BASE, codes="random")),
    "dense C3": lambda: with_layers(Convolution(16, name="C3")),
    "average pooling": lambda: with_layers(AveragePooling(name="S2"), AveragePooling(name="S4")),
    "He initialisation": lambda: build(replace(BASE, initializer="he")),
    "plain SGD": lambda: build(BASE, keras.optimizers.SGD()),
}
"""Each exchange as a function that returns a fresh compiled network."""

OTHERWISE = {"plain SGD": {"gain": SGD_GAIN}, "a new order for each pass": {"order": "shuffled"}}
"""What an exchange changes beside the network."""

VARIANTS = list(PARTS)
SEEDS = 5


load = faithful.load


def run(data, variant: str, seed: int, folder) -> dict:
    settings = replace(BASE, **OTHERWISE.get(variant, {}))
    training_set, test = (data.x_train, data.y_train), (data.x_test, data.y_test)
    fields, *_ = train(training_set, test, settings, seed, folder, PARTS[variant], watch=False)
    return fields
