"""The best that LeNet-5's own shape can do: 61,706 parameters, one network, nothing done at test time but one pass.

All choices were made on the last 10,000 training digits after training on the others; the runs recorded here train on
all 60,000 and keep the last epoch. The chapter *from-1998-to-today* plots this record.
"""

from experiments import faithful
from experiments.network_of_today import Settings, scores, train

SETTINGS = Settings(
    output="softmax",
    c3="all",
    pooling="max",
    activation="silu",
    initializer="he",
    method="momentum",
    falling=True,
    peak=0.1,
    decay=5e-4,
    distorted=0.7,
    rotation=7.0,
    elastic=0.4,
    average=0.999,
    normalised=True,
    dropout=0.1,
    epochs=120,
    batch_size=128,
)

VARIANTS = ["modern"]
SEEDS = 5

load = faithful.load


def fit(x_train, y_train, variant: str, seed: int, folder):
    """Train once; see `experiments.__main__`."""
    model, fields = train(x_train, y_train, SETTINGS, seed, folder)
    return scores(model), fields
