"""LeNet-5 of 1998 as published: 20 passes over MNIST, one digit at a time, with its own second-order method.

What the paper leaves open is settled by `faithful_search` on held-out training digits; here the test set is looked at
after every pass, decides nothing, and the last pass is what is reported. The chapter *the-1998-network* plots this
record beside the paper's figures 5 and 8.
"""

from experiments.network_of_1998 import Settings, train
from lenet_utils.data import load_mnist

VARIANTS = ["faithful"]
SEEDS = 5
SETTINGS = Settings()


def load():
    return load_mnist("full")


def run(data, variant: str, seed: int, folder, settings: Settings = SETTINGS) -> dict:
    test = (data.x_test, data.y_test)
    fields, _, misread = train((data.x_train, data.y_train), test, settings, seed, folder)
    return {**fields, "misread": misread.tolist()}
