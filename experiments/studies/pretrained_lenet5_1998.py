"""The weights that `lenet5_1998(weights="mnist")` loads: `lenet5_1998_distorted` on fewer digits."""

from experiments.recipes import pretrained
from experiments.recipes.lenet5_1998 import DISTORTED, train_and_watch
from experiments.study import Study, Trial


def run(data, trial: Trial) -> dict:
    model, fields = train_and_watch(data, DISTORTED, trial)
    pretrained.keep_weights(model, "lenet5_1998", trial)
    return {"sample_error_percent": pretrained.sample_error_percent(model), **fields}


STUDY = Study(variants=["lenet5_1998"], run=run, load=pretrained.load_outside_sample)
