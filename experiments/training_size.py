"""How much do more digits help? LeNet-5 of 1998 with 15,000 and with 30,000 training digits (figure 6).

Everything else as in `faithful`, which has the 60,000. The first digits of MNIST's training file are taken. The
chapter *rivals* plots this record.
"""

from experiments import faithful
from experiments.network_of_1998 import train
from experiments.network_of_today import scores

SIZES = {"15,000 digits": 15_000, "30,000 digits": 30_000}
VARIANTS = list(SIZES)
SEEDS = 5

load = faithful.load


def fit(x_train, y_train, variant: str, seed: int, folder):
    """Train on the first digits; see `experiments.__main__`."""
    part = slice(SIZES[variant])
    fields, model, _ = train((x_train[part], y_train[part]), None, faithful.SETTINGS, seed, folder)
    return scores(model), fields
