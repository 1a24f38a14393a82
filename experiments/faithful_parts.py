"""What did each idea of 1998 buy? The faithful network with one part at a time replaced by today's.

Everything else stays as in `faithful`, whose runs are the base: data, passes, seeds, schedule. "plain SGD" has one
rate for all weights, the paper's schedule times SGD_GAIN, the best of three on held-out training digits
(`faithful_search`). The settings of a record are those of everything that is not exchanged.
"""

from dataclasses import replace

import keras
from keras import layers, ops

from experiments import faithful
from experiments.network_of_1998 import build, compiled, random_codes, train
from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling
from lenet_utils.losses import MaximumAPosteriori, MaximumLikelihood, SoftmaxCrossEntropy
from lenet_utils.paper import C3_TABLE

SGD_GAIN = 1.0
EQ_9 = MaximumAPosteriori(faithful.SETTINGS.j)


class AveragePooling(layers.AveragePooling2D):
    """Today's S2 and S4: the mean of four, nothing to train and no squashing."""

    def __init__(self, **options):
        super().__init__(2, **options)

    def curvature(self, inputs, upstream):
        quarter = upstream / 16  # (1/4)²
        return ops.repeat(ops.repeat(quarter, 2, axis=1), 2, axis=2), []


def chain(subsampling=Subsampling, table=C3_TABLE, output=None, initial="working") -> keras.Model:
    """The network of 1998 with some parts exchanged: `lenet5_1998` where nothing is."""
    return keras.Sequential(
        [
            keras.Input((32, 32, 1), name="input"),
            Convolution(6, initial=initial, name="C1"),
            subsampling(name="S2"),
            Convolution(16, table, initial=initial, name="C3"),
            subsampling(name="S4"),
            Convolution(120, initial=initial, name="C5"),
            layers.Flatten(name="flatten"),
            FullyConnected(84, initial=initial, name="F6"),
            output or EuclideanRBF(name="output"),
        ],
        name="lenet5_1998_but_one_part",
    )


def softmax_output():
    return FullyConnected(10, squashed=False, name="output")


PARTS = {
    "a new order for each pass": lambda: build(faithful.SETTINGS),
    "Eq. 8 instead of Eq. 9": lambda: compiled(chain(), MaximumLikelihood()),
    "softmax for the RBF output": lambda: compiled(chain(output=softmax_output()), SoftmaxCrossEntropy()),
    "random codes for the bitmaps": lambda: compiled(
        chain(output=EuclideanRBF(random_codes(), name="output")), EQ_9
    ),
    "dense C3": lambda: compiled(chain(table=None), EQ_9),
    "average pooling": lambda: compiled(chain(subsampling=AveragePooling), EQ_9),
    "He initialisation": lambda: compiled(chain(initial="he"), EQ_9),
    "plain SGD": lambda: build(faithful.SETTINGS, keras.optimizers.SGD()),
}
"""Each exchange as a function that returns a fresh compiled network."""

OTHERWISE = {"plain SGD": {"gain": SGD_GAIN}, "a new order for each pass": {"order": "shuffled"}}
"""What an exchange changes beside the network."""

VARIANTS = list(PARTS)
SEEDS = 5


load = faithful.load


def run(data, variant: str, seed: int, folder) -> dict:
    settings = replace(faithful.SETTINGS, **OTHERWISE.get(variant, {}))
    training_set, test = (data.x_train, data.y_train), (data.x_test, data.y_test)
    fields, *_ = train(training_set, test, settings, seed, folder, PARTS[variant], watch=False)
    return fields
