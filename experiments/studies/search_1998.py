"""What completes the published description? One open choice at a time, evaluated on held-out training digits.

The paper does not say how large j of Eq. 9 is, with which coefficients the subsampling layers start, or how
its curvatures stay usable when units saturate; and its own rule for the initial weights does not train. This
study trains on the first 50,000 training digits for the first 8 epochs, by which little more changes, and
reports the error on the other 10,000, a validation error: no test digit takes part. With what it finds,
`lenet5_1998` is run once on the test set. The chapter *the-1998-network* plots this record.
"""

from dataclasses import replace

import keras

from experiments.recipes.lenet5_1998 import SETTINGS, build, prepare, train
from experiments.study import Study, Trial
from lenet_utils.evaluation import error_percent

EPOCHS = 8
HELD_OUT = 10_000
"""How many of the last training digits choices are evaluated on."""

CHOICES = {
    "base": {},
    "Eq. 8": {"j": None},
    "j = 10": {"j": 10.0},
    "j = 100": {"j": 100.0},
    "j = 100, exact curvature": {"j": 100.0, "output_curvature": "exact"},
    "curvatures re-estimated": {"update": "latest"},
    "curvatures re-estimated, rates × 0.25": {"update": "latest", "gain": 0.25},
    "curvatures: largest so far": {"update": "largest"},
    "Gauss–Newton diagonal": {"curvature": "gauss_newton_diagonal"},
    "Gauss–Newton diagonal, re-estimated": {"curvature": "gauss_newton_diagonal", "update": "latest"},
    "published initial weights": {"initializer": "published", "coefficient": None},
    "coefficients 0.5": {"coefficient": 0.5},
    "coefficients 0.6": {"coefficient": 0.6},
    "coefficients 1": {"coefficient": 1.0},
    "a new order for each epoch": {"order": "shuffled"},
    "random codes for the bitmaps": {"codes": "random"},
    "inputs of variance 1": {"contrast": 2.8},
    "distortions": {"distortion": 1.0},
    "distortions, ranges × 0.5": {"distortion": 0.5},
    "distortions, ranges × 0.3": {"distortion": 0.3},
    "rates doubled": {"gain": 2.0},
    "rates halved": {"gain": 0.5},
}
"""One departure from the base each."""

SGD_GAINS = {"plain SGD, rates × 0.2": 0.2, "plain SGD, rates × 0.5": 0.5, "plain SGD, rates × 1": 1.0}
"""For `ablation_1998`: which multiple of the paper's η one rate for all weights should be."""


def split(data):
    """The training set in two: what a choice is trained on, and the held-out digits it is evaluated on.

    Returns:
        (images, labels) twice.
    """
    cut = len(data.x_train) - min(HELD_OUT, len(data.x_train) // 3)
    return (data.x_train[:cut], data.y_train[:cut]), (data.x_train[cut:], data.y_train[cut:])


def run(data, trial: Trial) -> dict:
    (images, labels), (held_out_images, held_out_labels) = split(data)
    plain_sgd = trial.variant in SGD_GAINS
    choice = {"gain": SGD_GAINS[trial.variant]} if plain_sgd else CHOICES[trial.variant]
    settings = replace(SETTINGS, **choice)
    optimizer = keras.optimizers.SGD() if plain_sgd else None
    model, fields = train(images, labels, settings, trial, lambda: build(settings, optimizer), epochs=EPOCHS)
    error = error_percent(model, prepare(held_out_images, settings), held_out_labels)
    return {"validation_error_percent": round(error, 3), **fields}


STUDY = Study(variants=[*CHOICES, *SGD_GAINS], run=run)
