"""LeNet-5 of 1998 as published: 20 epochs of MNIST, one digit at a time, with its own second-order method.

What the paper leaves open is settled by `search_1998` on held-out training digits; here the test set is
looked at after every epoch, decides nothing, and the last epoch is what is reported. The chapter
*the-1998-network* plots this record beside the paper's figures 5 and 8.
"""

from experiments.recipes.lenet5_1998 import SETTINGS, train_and_watch
from experiments.study import Study, Trial


def run(data, trial: Trial) -> dict:
    _, fields = train_and_watch(data, SETTINGS, trial)
    return fields


STUDY = Study(variants=["lenet5_1998"], run=run, seeds=5)
