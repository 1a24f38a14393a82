"""What a training run shows and remembers of its epochs: the progress line, the log, the history."""

import json
import math
import sys
import time
from pathlib import Path

import keras
from tqdm import tqdm

OURS = {
    "loss": "loss",
    "accuracy": "error_percent",
    "seconds": "seconds",
    "val_loss": "validation_loss",
    "val_accuracy": "validation_error_percent",
}
"""The history's names, by Keras' names."""


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


class EpochLog(keras.callbacks.Callback):
    """Keeps each epoch's figures and seconds, in a file if one is named, which outlives an interruption.

    Put it before Keras' BackupAndRestore, as `fit` does with callbacks of yours: a checkpoint is then never
    newer than the log's last line.

    Args:
        path: a JSON file, or None. What is in it of earlier epochs is kept, and read to `epochs`, a list with
            one dictionary an epoch: "epoch", "seconds" (validation not counted) and Keras' figures.
    """

    def __init__(self, path: str | Path | None = None):
        super().__init__()
        self.path = None if path is None else Path(path)
        self.epochs = json.loads(self.path.read_text()) if self.path and self.path.exists() else []

    def on_epoch_begin(self, epoch, logs=None):
        self.start, self.seconds = time.perf_counter(), None

    def on_test_begin(self, logs=None):
        # Keras looks at the validation images before it calls on_epoch_end.
        self.seconds = time.perf_counter() - self.start

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self.start if self.seconds is None else self.seconds
        figures = {name: float(value) for name, value in (logs or {}).items()}
        # A checkpoint may be older than the log: what comes again replaces what was there.
        self.epochs = [*self.epochs[:epoch], {"epoch": epoch + 1, **figures, "seconds": seconds}]
        if self.path is not None:
            self._write()

    def _write(self):
        """Replace the file in one step, so that an interruption never leaves half of one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(self.epochs))
        draft.replace(self.path)


def history_of(epochs: list[dict]) -> dict[str, list[float]]:
    """The history of `lenet_utils.training`, a list of each figure, from a dictionary for each epoch."""
    known = {name for line in epochs for name in line} & OURS.keys()
    columns = {name: [line.get(name, math.nan) for line in epochs] for name in OURS if name in known}
    return {
        OURS[name]: [100 * (1 - value) for value in values] if "accuracy" in name else values
        for name, values in columns.items()
    }
