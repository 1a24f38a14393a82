"""How boosted LeNet-4 is trained: three networks, each later one on digits that the earlier ones find hard.

Drucker, Schapire and Simard (1993), as the paper sketches it in section III.C: the first network learns as
usual; the second from digits of which the first misclassifies half; the third from digits on which the first
two disagree. The three networks' outputs are added. An endless supply of distorted digits makes this
possible: a good network errs rarely.
"""

from dataclasses import replace

import numpy as np

from experiments.recipes import lenet5_1998
from experiments.recipes.common import augmentation, scorer
from experiments.study import Trial
from lenet_utils.data import to_lenet_input
from lenet_utils.evaluation import classify
from lenet_utils.models import lenet4

DISTORTION = lenet5_1998.DISTORTED.distortion
MAX_ROUNDS = 40
"""How many times all training digits are distorted, at most, in the search for hard ones."""


def train(images, labels, trial: Trial, epochs: int = lenet5_1998.EPOCHS):
    """Train the three networks.

    Args:
        images: uint8 digits, (N, 28, 28).
        labels: class numbers, (N,).
        trial: the later networks' seeds are 1000 and 2000 more than its seed.
        epochs: of each network.

    Returns:
        The three networks, and the fields of a recorded run: those of the first network's training, and how
        many digits it misclassified and how many the first two disagreed on.
    """
    x, rounds = to_lenet_input(images), trial.limit(MAX_ROUNDS)

    def train_one(number, x, labels, distortion):
        folder = trial.folder and trial.folder / str(number)
        own = replace(trial, seed=trial.seed + 1000 * number, folder=folder)
        return lenet5_1998.train_with_targets(lenet4, x, labels, distortion, own, epochs)

    first, fields = train_one(0, x, labels, DISTORTION)
    half = len(x) // 2
    wrong, right = search(x, labels, lambda x, y: classify(first, x) != y, half, trial.seed, rounds)
    second, _ = train_one(1, *join(wrong, right), 0)
    disputed, _ = search(
        x, labels, lambda x, y: classify(first, x) != classify(second, x), len(x), trial.seed + 1, rounds
    )
    third, _ = train_one(2, *disputed, 0)
    return (first, second, third), {
        **fields,
        "misclassified_by_first": len(wrong[0]),
        "disagreed_on": len(disputed[0]),
    }


def scorer_of_all(networks):
    """A function from uint8 images to the added scores of the networks, (N, 10)."""
    return lambda images: sum(scorer(network)(images) for network in networks)


def search(images, labels, hard, wanted: int, seed: int, rounds: int = MAX_ROUNDS):
    """Distort digits until enough of them are hard.

    Args:
        images: what a network reads, (N, 32, 32, 1).
        labels: class numbers, (N,).
        hard: function of images and labels that says which are, (N,) of bool.
        wanted: how many hard digits are enough.
        seed: of the distortions.
        rounds: how many times all digits are distorted at most.

    Returns:
        The hard digits, (images, labels), and as many of the others.
    """
    augment, found, others = augmentation(DISTORTION), [], []
    for number in range(rounds):
        shown = augment(images, np.random.default_rng([seed, number]))
        chosen = hard(shown, labels)
        found.append((shown[chosen], labels[chosen]))
        # A few of every round are enough: there are many more of these.
        easy = np.flatnonzero(~chosen)[: 2 * chosen.sum()]
        others.append((shown[easy], labels[easy]))
        if sum(len(hard_labels) for _, hard_labels in found) >= wanted:
            break
    found, others = join(*found), join(*others)
    count = min(wanted, len(found[1]))
    return tuple(part[:count] for part in found), tuple(part[:count] for part in others)


def join(*sets):
    """Images and labels of several sets, one after the other."""
    return tuple(np.concatenate(parts) for parts in zip(*sets, strict=True))
