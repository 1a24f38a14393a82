"""AlexNet and LeNet-5 on CIFAR-10, ten epochs each: what does the capacity buy?

The chapter *alexnet-on-cifar10* plots this record. The test set serves as validation set, as in the recipe
that the chapter follows: nothing is chosen by it, and the last epoch is what is reported.
Batches of 128: the recipe names no size, and on a CPU 128 takes half the time of Keras' default of 32.

The recipe says "Adam" and no rate. With Keras' default of 0.001 the AlexNet does not start to learn: its
*training* loss stays at ln 10, guessing. The variant `alexnet-default-rate` records that, for one epoch.
`alexnet` uses 0.0003, the first lower rate that was tried; test images had no part in it.
"""

from types import SimpleNamespace

import keras
import numpy as np

from experiments.study import Study, Trial
from lenet_utils import training
from lenet_utils.data import load_cifar10
from lenet_utils.models import alexnet_cifar10, lenet5

EPOCHS = {"lenet5": 10, "alexnet": 10, "alexnet-default-rate": 1}
LEARNING_RATE = {"lenet5": 1e-3, "alexnet": 3e-4, "alexnet-default-rate": 1e-3}
BATCH_SIZE = 128
SHOWN_IMAGES = 10


def load_noise():
    """Images of nothing, for a dry run: there is no sample of CIFAR-10."""
    images = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), np.uint8)
    labels = np.arange(200) % 10
    return SimpleNamespace(
        x_train=images[:150], y_train=labels[:150], x_test=images[150:], y_test=labels[150:]
    )


def build(variant: str) -> keras.Model:
    """The variant's network, for 32 × 32 pixels of three colours."""
    return lenet5(input_shape=(32, 32, 3)) if variant == "lenet5" else alexnet_cifar10()


def run(data, trial: Trial) -> dict:
    variant, folder = trial.variant, trial.folder
    keras.utils.set_random_seed(trial.seed)
    x_train, x_test = (x.astype("float32") / 255 for x in (data.x_train, data.x_test))
    model = build(variant)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE[variant]),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    log = training.EpochLog(folder / "epochs.json")
    # The log comes first: a checkpoint is never newer than the log's last line.
    resume = keras.callbacks.BackupAndRestore(folder / "checkpoint", delete_checkpoint=False)
    model.fit(
        x_train,
        data.y_train,
        batch_size=BATCH_SIZE,
        epochs=trial.limit(EPOCHS[variant]),
        validation_data=(x_test, data.y_test),
        callbacks=[log, resume],
        verbose=2,
    )
    probabilities = model.predict(x_test, batch_size=500, verbose=0)
    predicted = probabilities.argmax(axis=1)
    _, train_accuracy = model.evaluate(x_train, data.y_train, batch_size=500, verbose=0)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (data.y_test, predicted), 1)
    return {
        "test_error_percent": round(100 * float((predicted != data.y_test).mean()), 2),
        "train_error_percent": round(100 * (1 - float(train_accuracy)), 2),
        "parameters": model.count_params(),
        "batch_size": BATCH_SIZE,
        "learning_rate": LEARNING_RATE[variant],
        "seconds": round(sum(epoch["seconds"] for epoch in log.epochs), 1),
        "curve": [{name: round(value, 5) for name, value in epoch.items()} for epoch in log.epochs],
        "confusion": confusion.tolist(),
        "shown": [
            {"index": i, "class": int(data.y_test[i]), "probabilities": p.round(4).tolist()}
            for i, p in enumerate(probabilities[:SHOWN_IMAGES].astype(float))
        ],
    }


STUDY = Study(variants=EPOCHS, run=run, load=load_cifar10, load_few=load_noise)
