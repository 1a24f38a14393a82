"""LeNet-5 of 1998 with distortions: every digit distorted afresh each time it is shown, 20 epochs of 60,000.

The paper shows 60,000 digits and 540,000 distorted ones, in 20 passes of 60,000 presentations (section
III.B). Reported as in `lenet5_1998`. The chapter *the-1998-network* plots this record.
"""

from experiments.recipes.lenet5_1998 import DISTORTED, train_and_watch
from experiments.study import Study, Trial


def run(data, trial: Trial) -> dict:
    _, fields = train_and_watch(data, DISTORTED, trial)
    return fields


STUDY = Study(variants=["lenet5_1998_distorted"], run=run, seeds=5)
