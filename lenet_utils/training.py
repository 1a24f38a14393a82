"""Train a network and see how far it is: the recipe, the progress line, the checkpoint."""

import sys
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

BATCH_SIZE = 64
PEAK_LEARNING_RATE = 3e-3
UPDATES = 900
PASSES = 6
"""Found by training on nine tenths of a training set and looking at the rest; no test digit took part."""


class Progress(keras.callbacks.Callback):
    """One line that says how far training is, which epoch it is in, and the latest figures."""

    def on_train_begin(self, logs=None):
        total = self.params["epochs"] * (self.params["steps"] or 0)
        self.line = tqdm(total=total or None, file=sys.stdout, mininterval=0.5, unit="batch")

    def on_epoch_begin(self, epoch, logs=None):
        self.line.set_description(f"epoch {epoch + 1} of {self.params['epochs']}", refresh=False)
        # After a resumed training the line starts where training does.
        self.line.n = epoch * (self.params["steps"] or 0)

    def on_train_batch_end(self, batch, logs=None):
        self.line.update()

    def on_epoch_end(self, epoch, logs=None):
        self.line.set_postfix({name: f"{value:.4f}" for name, value in (logs or {}).items()})

    def on_train_end(self, logs=None):
        self.line.close()


class DistortedDigits(keras.utils.PyDataset):
    """Batches of pictures, each drawn once an epoch in a new order and freshly distorted.

    Args:
        x: pictures, shape (N, height, width, channels).
        y: classes, shape (N,).
        distort: function of (pictures, NumPy random generator) that returns as many pictures.
        seed: the order and the distortions of an epoch depend on the seed and the epoch's number alone.
    """

    def __init__(self, x, y, distort, batch_size=BATCH_SIZE, seed=0):
        super().__init__()
        self.x, self.y, self.distort = x, y, distort
        self.batch_size, self.seed = batch_size, seed
        self.begin(0)

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        generator = np.random.default_rng([self.seed, self.epoch, index])
        return self.distort(self.x[chosen], generator), self.y[chosen]

    def begin(self, epoch: int) -> None:
        """Draw the order of an epoch. Called with its number, so that a resumed training sees what it would have."""
        self.epoch = epoch
        self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.x))


def epochs_for(pictures: int, updates: int = UPDATES) -> int:
    """How many epochs to train: enough for `updates` batches, and at least PASSES.

    Few pictures make few batches a pass and need more passes; many pictures, few. Taught in *implementation*.

    Args:
        pictures: how many pictures the network trains on.
        updates: how many batches, each of which changes the weights once, it should see at the least.
    """
    batches = -(-pictures // BATCH_SIZE)
    return max(PASSES, -(-updates // batches))


def fit(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    epochs: int = 10,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    distort=None,
    batch_size: int = BATCH_SIZE,
    learning_rate: float = PEAK_LEARNING_RATE,
    seed: int = 0,
    checkpoint: str | Path | None = None,
) -> keras.callbacks.History:
    """Train a classifier with Adam, cross-entropy and a learning rate that falls to 0 along a cosine.

    The recipe of the chapter *implementation*; nothing in it is chosen by test images.

    Args:
        model: gives (N, classes) probabilities. It is compiled here.
        x: pictures, shape (N, height, width, channels); y: classes, shape (N,).
        epochs: passes over the training set.
        validation: pictures and classes that are only looked at, once an epoch.
        distort: None, or a function of (pictures, generator), applied afresh each time a picture is shown.
        learning_rate: where the cosine starts.
        seed: fixes the order of the pictures and their distortions.
        checkpoint: a folder. A training that was interrupted goes on from its last finished epoch when the same
            call is made again, and ends as if it had not been interrupted.

    Returns:
        Keras' History; `history.history` has "accuracy", "loss" and, with validation, "val_accuracy",
        "val_loss", one value an epoch (of those after the interruption, if there was one).
    """
    steps = epochs * -(-len(x) // batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    batches = DistortedDigits(x, y, distort or _unchanged, batch_size, seed)
    callbacks = [
        Progress(),
        keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.begin(epoch + 1)),
    ]
    if checkpoint is not None:
        # A folder of its own, because it is removed when training ends. Two copies, because one may be half-written.
        unfinished = str(Path(checkpoint) / "unfinished")
        callbacks.append(keras.callbacks.BackupAndRestore(unfinished, double_checkpoint=True))
    return model.fit(
        batches, epochs=epochs, validation_data=validation, shuffle=False, callbacks=callbacks, verbose=0
    )


def _unchanged(pictures, generator):
    return pictures


def error_percent(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """How many of a hundred pictures the model gets wrong (largest output against class y)."""
    return 100 * float((model.predict(x, batch_size=100, verbose=0).argmax(axis=1) != y).mean())
