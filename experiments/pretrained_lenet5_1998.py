"""The weights that `lenet5_1998(weights="mnist")` loads: `faithful_distorted` on fewer digits.

Trained on the 55,000 training digits that are not in the embedded sample, so that both the sample and MNIST's
test set are held-out data for them. The last pass is what is kept.
"""

import numpy as np

from experiments import faithful_distorted, pretrained_lenet5, quick
from experiments.network_of_1998 import train
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.evaluation import error_percent
from lenet_utils.serialization import WEIGHTS, save_weights

VARIANTS = ["lenet5_1998"]

load = pretrained_lenet5.load


def run(data, variant: str, seed: int, folder) -> dict:
    test, sample = (data.x_test, data.y_test), load_mnist("sample")
    fields, model, _ = train((data.x_train, data.y_train), test, faithful_distorted.SETTINGS, seed, folder)
    if seed == 0 and not quick():
        save_weights(model, WEIGHTS["lenet5_1998"]["mnist"])
    x_sample = to_lenet_input(np.concatenate([sample.x_train, sample.x_test]))
    y_sample = np.concatenate([sample.y_train, sample.y_test])
    return {
        "sample_error_percent": round(error_percent(model, x_sample, y_sample), 2),
        **fields,
    }
