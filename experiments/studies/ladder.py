"""From the network of 1998 to today's LeNet-5, one change a rung.

Each rung keeps all changes below it. The first is the network as published, but trained in batches by Adam;
what comes before it, the same network with the method of 1998, is the study `lenet5_1998`. Every rung gets 20
epochs of all of MNIST's training digits, as published, and ends with the last. The chapter
*from-1998-to-today* plots this record.
"""

from experiments.recipes.common import scorer
from experiments.recipes.lenet5_today import RUNGS, train
from experiments.study import Study, Trial


def fit(images, labels, trial: Trial):
    model, fields = train(images, labels, RUNGS[trial.variant], trial)
    return scorer(model), fields


STUDY = Study(variants=RUNGS, fit=fit, seeds=5)
