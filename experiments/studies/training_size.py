"""How much do more digits help? LeNet-5 of 1998 with 15,000 and with 30,000 training digits (figure 6).

Everything else as in `lenet5_1998`, which has the 60,000. The first digits of MNIST's training file are
taken. The chapter *rivals* plots this record.
"""

from experiments.recipes.common import scorer
from experiments.recipes.lenet5_1998 import SETTINGS, train
from experiments.study import Study, Trial

SIZES = {"15,000 digits": 15_000, "30,000 digits": 30_000}


def fit(images, labels, trial: Trial):
    size = SIZES[trial.variant]
    model, fields = train(images[:size], labels[:size], SETTINGS, trial)
    return scorer(model), fields


STUDY = Study(variants=SIZES, fit=fit, seeds=5)
