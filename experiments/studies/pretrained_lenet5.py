"""The weights that `lenet5(weights="mnist")` loads, and their errors on digits that they never saw."""

from experiments.recipes import pretrained
from experiments.study import Study, Trial
from lenet_utils.data import to_lenet_input
from lenet_utils.evaluation import error_percent


def run(data, trial: Trial) -> dict:
    model, fields = pretrained.train(data.x_train, data.y_train, trial)
    pretrained.keep_weights(model, "lenet5", trial)
    return {
        "test_error_percent": round(error_percent(model, to_lenet_input(data.x_test), data.y_test), 2),
        "sample_error_percent": pretrained.sample_error_percent(model),
        **fields,
    }


STUDY = Study(variants=["lenet5"], run=run, load=pretrained.load_outside_sample)
