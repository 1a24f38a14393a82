"""What completes the published description? One open choice at a time, judged by held-out training digits.

The paper does not say how large j of Eq. 9 is, with which coefficients the subsampling layers start, or how its
curvatures stay usable when units saturate; and its own rule for the initial weights does not train. This study
trains on the first 50,000 training digits and judges by the other 10,000: no test digit takes part. What it finds,
`faithful` then runs once on the test set. "test_error_percent" is here the error on those 10,000.
"""

from dataclasses import replace

from experiments.network_of_1998 import Settings, split, train
from lenet_utils.data import load_mnist

BASE = Settings()

CHOICES = {
    "base": {},
    "Eq. 8": {"j": None},
    "j = 0.1": {"j": 0.1},
    "j = 5": {"j": 5.0},
    "j = 20": {"j": 20.0},
    "j = 100": {"j": 100.0},
    "curvatures re-estimated": {"keep": "latest"},
    "curvatures: largest so far": {"keep": "largest"},
    "exact curvature of Eq. 9": {"top": "exact"},
    "published initial weights": {"initial": "published"},
    "coefficients 0.6": {"coefficient": 0.6},
    "coefficients 0.25": {"coefficient": 0.25},
    "one order for all passes": {"order": "fixed"},
    "rates doubled": {"gain": 2.0},
    "rates halved": {"gain": 0.5},
}
"""One departure from the base each."""

VARIANTS = list(CHOICES)


def load():
    return load_mnist("full")


def run(data, variant: str, seed: int, folder) -> dict:
    training_set, held_out = split(data)
    fields, _ = train(training_set, held_out, replace(BASE, **CHOICES[variant]), seed, folder)
    return {"test_error_percent": fields["curve"][-1]["test_error_percent"], **fields}
