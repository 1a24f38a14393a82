"""The weights that `lenet5(weights="mnist")` loads.

Trained on the 55,000 training digits that are not in the embedded sample, so that both the sample and MNIST's
test set are held-out data for them. Settings were fixed before; the last epoch is what is kept.
"""

from dataclasses import replace

import keras
import numpy as np

from experiments import passes, quick
from lenet_utils import evaluation, training
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.models import lenet5
from lenet_utils.serialization import WEIGHTS, save_weights

VARIANTS = ["lenet5"]
EPOCHS = 12
BATCH_SIZE = 128
PEAK_LEARNING_RATE = 2e-3


def load():
    """All of MNIST, less the sample's 5,000 digits in the training set."""
    mnist, sample = load_mnist("full"), load_mnist("sample")
    shown = {picture.tobytes() for picture in np.concatenate([sample.x_train, sample.x_test])}
    kept = np.array([picture.tobytes() not in shown for picture in mnist.x_train])
    if kept.sum() != 55_000:
        raise SystemExit(f"{kept.sum()} training digits are outside the sample; there should be 55,000.")
    return replace(mnist, x_train=mnist.x_train[kept], y_train=mnist.y_train[kept])


def run(data, variant: str, seed: int, folder) -> dict:
    keras.utils.set_random_seed(seed)
    x, x_test = to_lenet_input(data.x_train), to_lenet_input(data.x_test)
    sample = load_mnist("sample")
    model = lenet5()
    history = training.fit(
        model,
        x,
        data.y_train,
        epochs=passes(EPOCHS),
        batch_size=BATCH_SIZE,
        learning_rate=PEAK_LEARNING_RATE,
        seed=seed,
        checkpoint=folder / "checkpoint",
    )
    if seed == 0 and not quick():
        save_weights(model, WEIGHTS["lenet5"]["mnist"])
    x_sample = to_lenet_input(np.concatenate([sample.x_train, sample.x_test]))
    y_sample = np.concatenate([sample.y_train, sample.y_test])
    return {
        "test_error_percent": round(evaluation.error_percent(model, x_test, data.y_test), 2),
        "train_error_percent": round(evaluation.error_percent(model, x, data.y_train), 2),
        "sample_error_percent": round(evaluation.error_percent(model, x_sample, y_sample), 2),
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "peak_learning_rate": PEAK_LEARNING_RATE,
        "curve": [{"epoch": e + 1, "loss": round(v, 5)} for e, v in enumerate(history["loss"])],
    }
