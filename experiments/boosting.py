"""Boosted LeNet-4: three networks, of which each later one learns from digits that the earlier ones find hard.

Drucker, Schapire and Simard (1993), as the paper sketches it in section III.C: the first network learns as usual; the
second from digits of which the first misreads half; the third from digits on which the first two disagree. The three
networks' outputs are added. An endless supply of distorted digits makes this possible: a good network errs rarely.
"""

import numpy as np

import experiments
from experiments import faithful_distorted
from experiments.network_of_1998 import distortion, train_with_targets
from lenet_utils.data import to_lenet_input
from lenet_utils.evaluation import classify
from lenet_utils.models import lenet4

DISTORTED = faithful_distorted.SETTINGS.distorted
LOTS = 40
"""How many times all training digits are distorted, at most, in the search for hard ones."""


def fit(x_train, y_train, seed: int, folder, passes: int = 20):
    """Train three LeNet-4; return the function from pictures to added scores, and the fields to record."""
    x, y = to_lenet_input(x_train), y_train

    def trained(number, x, y, distorted):
        place = folder / str(number)
        return train_with_targets(lenet4, x, y, distorted, seed + 1000 * number, place, passes)

    first, fields = trained(0, x, y, DISTORTED)
    half = len(x) // 2
    wrong, right = search(x, y, lambda x, y: classify(first, x) != y, half, seed)
    second, _ = trained(1, *joined(wrong, right), 0)
    apart, _ = search(x, y, lambda x, y: classify(first, x) != classify(second, x), len(x), seed + 1)
    third, _ = trained(2, *apart, 0)

    def scores(pictures):
        shown = to_lenet_input(pictures)
        return sum(model.predict(shown, batch_size=500, verbose=0) for model in (first, second, third))

    return scores, {**fields, "misread_by_first": len(wrong[0]), "disagreed_on": len(apart[0])}


def search(x, y, hard, wanted: int, seed: int):
    """Distort digits until `wanted` are hard or LOTS are used up: the hard ones, and as many of the others."""
    distort, found, others = distortion(DISTORTED), [], []
    for lot in range(experiments.passes(LOTS)):
        shown = distort(x, np.random.default_rng([seed, lot]))
        chosen = hard(shown, y)
        found.append((shown[chosen], y[chosen]))
        # A few of every lot are enough: there are many more of these.
        easy = np.flatnonzero(~chosen)[: 2 * chosen.sum()]
        others.append((shown[easy], y[easy]))
        if sum(map(len, (labels for _, labels in found))) >= wanted:
            break
    found, others = joined(*found), joined(*others)
    many = min(wanted, len(found[1]))
    return tuple(part[:many] for part in found), tuple(part[:many] for part in others)


def joined(*sets):
    """Pictures and classes of several sets, one after the other."""
    return tuple(np.concatenate(parts) for parts in zip(*sets, strict=True))
