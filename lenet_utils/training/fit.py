"""Train in batches with Keras: today's recipe, checkpoints, augmentation. Taught in *implementation*."""

from pathlib import Path

import keras
import numpy as np

from lenet_utils._inputs import class_numbers, image_array
from lenet_utils.evaluation import accuracy_metric
from lenet_utils.training import logs
from lenet_utils.training.data import lend_data, training_data

BATCH_SIZE = 64
PEAK_LEARNING_RATE = 3e-3
UPDATES = 900
MIN_EPOCHS = 6
"""Found by training on nine tenths of a training set and looking at the rest; no test digit took part."""


class AugmentedBatches(keras.utils.PyDataset):
    """Batches of images, each drawn once an epoch in a new order and freshly augmented.

    Args:
        images: (N, height, width, channels).
        labels: class numbers, (N,).
        augment: function of (images, NumPy random generator) that returns as many images; or None.
        batch_size: how many images at a time.
        seed: the order and the augmentation of an epoch depend on the seed and the epoch's number alone.
    """

    def __init__(self, images, labels, augment=None, batch_size: int = BATCH_SIZE, seed: int = 0):
        super().__init__()
        self.images = image_array(images)
        self.labels = class_numbers(labels, len(self.images))
        self.augment, self.batch_size, self.seed = augment, batch_size, seed
        self.begin(0)

    def __len__(self):
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images = self.images[chosen]
        if self.augment is not None:
            images = self.augment(images, np.random.default_rng([self.seed, self.epoch, index]))
        return images, self.labels[chosen]

    def begin(self, epoch: int) -> None:
        """Draw the order of an epoch, by its number: a resumed training sees what it would have seen."""
        self.epoch = epoch
        self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.images))


def epochs_for(images: int, updates: int = UPDATES) -> int:
    """How many epochs to train: enough for `updates` batches, and at least MIN_EPOCHS.

    Few images make few batches an epoch and need more epochs; many images, few. Taught in *implementation*.

    Args:
        images: how many images the network trains on.
        updates: how many batches, each of which changes the weights once, it should see at the least.
    """
    batches = -(-images // BATCH_SIZE)
    return max(MIN_EPOCHS, -(-updates // batches))


def fit(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int = 10,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    augment=None,
    batch_size: int = BATCH_SIZE,
    learning_rate: float = PEAK_LEARNING_RATE,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    loss: keras.losses.Loss | str = "sparse_categorical_crossentropy",
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
) -> dict[str, list[float]]:
    """Train a classifier with Adam, cross-entropy and a learning rate that falls to 0 along a cosine.

    The recipe of the chapter *implementation*; nothing in it is chosen by test images. *from-1998-to-today*
    exchanges its parts.

    Args:
        model: gives (N, classes) probabilities, or whatever `loss` asks for. It is compiled here, always.
        images: (N, height, width, channels).
        labels: class numbers, (N,).
        epochs: how often each image is shown.
        validation: images and labels that are only looked at, once an epoch.
        augment: None, or a function of (images, generator), applied afresh each time an image is shown.
        batch_size: how many images a step.
        learning_rate: where the cosine starts; of no use with an `optimizer`.
        seed: fixes the order of the images and their augmentation.
        checkpoint: a folder. A training that was interrupted goes on from its last finished epoch when the
            same call is made again, and ends as if it had not been interrupted.
        optimizer: one of Keras', with its rate and whatever else it does, instead of Adam and the cosine.
        loss: of the labels and the model's outputs.
        callbacks: of Keras, an `EpochLog`, or a `CurvatureEstimation()`, which gets the images and labels
            from here.

    Returns:
        The history, as `lenet_utils.training` describes it: "loss", "error_percent", "seconds" and, with
        validation, "validation_loss", "validation_error_percent", one value an epoch, those before an
        interruption included.

    Raises:
        ValueError: images or labels of another form; the message says how to mend it.
    """
    images, labels, validation = training_data(model, images, labels, validation)
    if optimizer is None:
        steps = epochs * -(-len(images) // batch_size)
        optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps))
    model.compile(optimizer=optimizer, loss=loss, metrics=[accuracy_metric(model)])
    batches = AugmentedBatches(images, labels, augment, batch_size, seed)
    # A folder of its own, because it is removed when training ends.
    unfinished = None if checkpoint is None else Path(checkpoint) / "unfinished"
    log = logs.EpochLog(unfinished and unfinished / "epochs.json")
    order = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: batches.begin(epoch + 1))
    hooks = [*callbacks, log, logs.Progress(), order]
    if unfinished is not None:
        # Last, so that it is never newer than the log. Two copies, because one may be half-written.
        hooks.append(keras.callbacks.BackupAndRestore(str(unfinished), double_checkpoint=True))
    with lend_data(callbacks, images, labels):
        model.fit(
            batches, epochs=epochs, validation_data=validation, shuffle=False, callbacks=hooks, verbose=0
        )
    # TensorFlow keeps every dataset it was given; dozens of training runs should not keep their images.
    batches.images = batches.labels = None
    return logs.history_of(log.epochs)
