"""How the weights that ship with the package are trained: on the 55,000 training digits outside the sample.

So both the embedded sample and MNIST's test set are held-out data for them. The last epoch is what is kept.
"""

from dataclasses import replace

import keras
import numpy as np

from experiments.study import Trial, full_mnist
from lenet_utils import training
from lenet_utils.data import Dataset, load_mnist, to_lenet_input
from lenet_utils.evaluation import error_percent
from lenet_utils.models import lenet5
from lenet_utils.serialization import WEIGHTS, save_weights

EPOCHS = 12
BATCH_SIZE = 128
PEAK_LEARNING_RATE = 2e-3
"""Of today's LeNet-5; fixed before it was trained."""


def load_outside_sample() -> Dataset:
    """All of MNIST, less the sample's 5,000 digits in the training set."""
    mnist, sample = full_mnist(), load_mnist("sample")
    known = {image.tobytes() for image in np.concatenate([sample.x_train, sample.x_test])}
    kept = np.array([image.tobytes() not in known for image in mnist.x_train])
    if kept.sum() != 55_000:
        raise SystemExit(f"{kept.sum()} training digits are outside the sample; there should be 55,000.")
    return replace(mnist, x_train=mnist.x_train[kept], y_train=mnist.y_train[kept])


def train(images, labels, trial: Trial):
    """Train today's LeNet-5, `lenet5()`, by the recipe of `lenet_utils.training.fit`.

    Args:
        images: uint8 digits, (N, 28, 28).
        labels: class numbers, (N,).
        trial: its seed is that of the weights and the order.

    Returns:
        The network, and the fields of a recorded run.
    """
    keras.utils.set_random_seed(trial.seed)
    model, x = lenet5(), to_lenet_input(images)
    history = training.fit(
        model,
        x,
        labels,
        epochs=trial.limit(EPOCHS),
        batch_size=BATCH_SIZE,
        learning_rate=PEAK_LEARNING_RATE,
        seed=trial.seed,
        checkpoint=trial.folder and trial.folder / "checkpoint",
    )
    return model, {
        "train_error_percent": round(error_percent(model, x, labels), 2),
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "peak_learning_rate": PEAK_LEARNING_RATE,
        "curve": [{"epoch": n, "loss": round(loss, 5)} for n, loss in enumerate(history["loss"], 1)],
    }


def sample_error_percent(model) -> float:
    """The error on all 5,000 digits of the embedded sample."""
    sample = load_mnist("sample")
    x = to_lenet_input(np.concatenate([sample.x_train, sample.x_test]))
    return round(error_percent(model, x, np.concatenate([sample.y_train, sample.y_test])), 2)


def keep_weights(model, name: str, trial: Trial) -> None:
    """Write the first seed's weights to where `lenet_utils` looks for them; not in a dry run."""
    if trial.seed == 0 and not trial.dry_run:
        save_weights(model, WEIGHTS[name]["mnist"])
