"""From the machine of 1998 to today's LeNet-5, one change a rung.

Each rung keeps all changes below it. The first is the network as published, but trained in batches by Adam; what
comes before it, the same network with the method of 1998, is the study `faithful`. Every rung gets 20 passes over all
of MNIST's training digits, as published, and ends with the last. The sizes of changes (how much dropout, how far
digits are distorted) were not searched for. The chapter *from-1998-to-today* plots this record.
"""

from dataclasses import replace
from itertools import accumulate

from experiments import faithful
from experiments.network_of_today import Settings, scores, train

CHANGES = {
    "Adam, in batches of 128": {},
    "softmax and cross-entropy": {"output": "softmax"},
    "C3 reads all maps": {"c3": "all"},
    "max pooling": {"pooling": "max"},
    "ReLU": {"activation": "relu"},
    "He initialisation": {"initializer": "he"},
    "a falling rate": {"falling": True},
    "affine distortions": {"distorted": 0.5},
    "elastic distortions": {"elastic": 0.5},
    "averaged weights": {"average": 0.999},
    "batch normalisation": {"normalised": True},
    "dropout": {"dropout": 0.1},
}
"""What each rung changes in the settings of the rung below."""

RUNGS = dict(
    zip(CHANGES, accumulate(CHANGES.values(), lambda below, change: {**below, **change}), strict=True)
)

VARIANTS = list(CHANGES)
SEEDS = 5

load = faithful.load


def fit(x_train, y_train, variant: str, seed: int, folder):
    """Train one rung; see `experiments.__main__`."""
    model, fields = train(x_train, y_train, replace(Settings(), **RUNGS[variant]), seed, folder)
    return scores(model), fields
