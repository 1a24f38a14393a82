"""What did each idea of 1998 buy? LeNet-5 of 1998 with one part at a time replaced by today's.

Everything else stays as in `lenet5_1998`, whose runs are the base: data, epochs, seeds, schedule. "plain SGD"
has one rate for all weights, the paper's schedule times SGD_GAIN, the best of three on held-out training
digits (`search_1998`). The settings of a record are those of everything that is not replaced. The chapter
*the-1998-network* plots this record.
"""

from dataclasses import replace

import keras
from keras import layers, ops

from experiments.recipes.common import scorer
from experiments.recipes.lenet5_1998 import SETTINGS, build, compile_model, train
from experiments.study import Study, Trial
from lenet_utils.layers import Convolution, FullyConnected
from lenet_utils.losses import MaximumAPosteriori, SoftmaxCrossEntropy
from lenet_utils.models import lenet5_1998

SGD_GAIN = 1.0
EQ_9 = MaximumAPosteriori(SETTINGS.j)


class AveragePooling(layers.AveragePooling2D):
    """Today's S2 and S4: the mean of four, nothing to train and no squashing."""

    def __init__(self, **options):
        super().__init__(2, **options)

    def curvature(self, inputs, upstream):
        quarter = upstream / 16  # (1/4)²
        return ops.repeat(ops.repeat(quarter, 2, axis=1), 2, axis=2), []


def build_with(*replaced, loss=EQ_9) -> keras.Model:
    """The network of 1998 with other layers in the places of those of their names."""
    return compile_model(lenet5_1998(replace=replaced), loss)


PARTS = {
    "a new order for each epoch": lambda: build(SETTINGS),
    "Eq. 8 instead of Eq. 9": lambda: build(replace(SETTINGS, j=None)),
    "softmax for the RBF output": lambda: build_with(
        FullyConnected(10, activation=None, name="output"), loss=SoftmaxCrossEntropy()
    ),
    "random codes for the bitmaps": lambda: build(replace(SETTINGS, codes="random")),
    "dense C3": lambda: build_with(Convolution(16, name="C3")),
    "average pooling": lambda: build_with(AveragePooling(name="S2"), AveragePooling(name="S4")),
    "He initialisation": lambda: build(replace(SETTINGS, initializer="he")),
    "plain SGD": lambda: build(SETTINGS, keras.optimizers.SGD()),
}
"""For each replacement a function that returns a fresh compiled network."""

OTHER_SETTINGS = {"plain SGD": {"gain": SGD_GAIN}, "a new order for each epoch": {"order": "shuffled"}}
"""What a replacement changes beside the network."""


def fit(images, labels, trial: Trial):
    settings = replace(SETTINGS, **OTHER_SETTINGS.get(trial.variant, {}))
    model, fields = train(images, labels, settings, trial, PARTS[trial.variant])
    return scorer(model), fields


STUDY = Study(variants=PARTS, fit=fit, seeds=5)
