"""What the three engines do with images and labels before they train."""

from contextlib import contextmanager

import keras
import numpy as np

from lenet_utils._inputs import class_numbers
from lenet_utils.evaluation import input_images, number_of_classes
from lenet_utils.optimizers import CurvatureEstimation


def training_data(model: keras.Model, images, labels, validation=None):
    """Images, labels and validation as arrays that fit the model and each other.

    Args:
        model: the network that reads them.
        images, labels: of the training set.
        validation: None, or a pair of both.

    Returns:
        Images, labels (N,), and None or the validation pair.

    Raises:
        ValueError: what does not fit, and how to mend it.
    """
    images = input_images(model, images)
    if not len(images):
        raise ValueError("There are no images to learn from.")
    labels = class_numbers(labels, len(images), number_of_classes(model))
    if validation is None:
        return images, labels, None
    try:
        validation_images, validation_labels = validation
    except (TypeError, ValueError):
        raise ValueError("validation should be a pair: images and labels.") from None
    return images, labels, training_data(model, validation_images, validation_labels)[:2]


@contextmanager
def lend_data(callbacks, images: np.ndarray, labels: np.ndarray):
    """For the time of a training, give the data to each `CurvatureEstimation()` that was made without any."""
    without = [one for one in callbacks if isinstance(one, CurvatureEstimation) and one.images is None]
    for callback in without:
        callback.images, callback.labels = images, labels
    try:
        yield
    finally:
        # A callback that is used again gets the data of its next training.
        for callback in without:
            callback.images = callback.labels = None


def need_tensorflow(name: str, instead: str) -> None:
    """RuntimeError, in words, where Keras runs on another backend."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"{name} is written with TensorFlow, and Keras runs on {backend} here. Set "
            f"KERAS_BACKEND=tensorflow before Keras is imported, or use {instead}."
        )
