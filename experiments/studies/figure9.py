"""Figure 9 again: what LeNet-5 was compared with in 1998, each trained on all of MNIST's training digits.

The few free choices of the classical ones were made on the last 10,000 training digits after training on the
others. LeNet-5's own rows are the first seeds of `lenet5_1998` and `lenet5_1998_distorted`, once more, for
what figure 10 asks. Left out is local learning, which trains a small classifier anew for each digit that is
read. How each row is trained stands in `recipes.baselines`. The chapter *rivals* plots this record.
"""

from functools import partial

from experiments.recipes import boosting, lenet5_1998
from experiments.recipes.baselines import (
    LINEAR_NETWORKS,
    NETWORKS,
    fit_classical,
    fit_neighbours,
    fit_network,
    fit_retrained,
)
from experiments.recipes.common import scorer
from experiments.study import Study, Trial
from lenet_utils.rivals import BASELINES


def fit_lenet5(settings: lenet5_1998.Settings, images, labels, trial: Trial):
    """Train LeNet-5 as the other networks."""
    model, fields = lenet5_1998.train(images, labels, settings, trial)
    return scorer(model), fields


def fit_boosted(images, labels, trial: Trial):
    """Train the three networks of boosted LeNet-4."""
    networks, fields = boosting.train(images, labels, trial)
    return boosting.scorer_of_all(networks), fields


NEIGHBOURS = "LeNet-4, K-NN on the last layer"
RETRAINED = {f"{name}, trained today": name for name in NETWORKS}
"""The networks once more: softmax, cross-entropy, and the recipe of `lenet_utils.training.fit`."""

FITS = {
    **{name: partial(fit_classical, name) for name in BASELINES},
    **{name: partial(fit_network, network) for name, network in (NETWORKS | LINEAR_NETWORKS).items()},
    NEIGHBOURS: partial(fit_neighbours, NETWORKS["LeNet-4"]),
    "LeNet-5": partial(fit_lenet5, lenet5_1998.SETTINGS),
    "LeNet-5, distortions": partial(fit_lenet5, lenet5_1998.DISTORTED),
    "boosted LeNet-4, distortions": fit_boosted,
    **{again: partial(fit_retrained, NETWORKS[name]) for again, name in RETRAINED.items()},
}
"""For each row a function of (images, labels, trial) that trains it."""


def fit(images, labels, trial: Trial):
    return FITS[trial.variant](images, labels, trial)


STUDY = Study(variants=FITS, fit=fit)
