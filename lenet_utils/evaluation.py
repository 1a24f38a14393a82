"""What a trained network says of images: scores, classes, errors, and what to reject.

The one place that knows who wins: behind an output layer of distances (`EuclideanRBF`) the *smallest* output,
behind any other the largest. Everything here works with scores, of which the largest wins, always.
"""

import warnings
from functools import wraps

import keras
import numpy as np

from lenet_utils._inputs import class_numbers, image_array
from lenet_utils.layers import EuclideanRBF
from lenet_utils.losses import NearestIsRight
from lenet_utils.paper import INPUT_SIDE

BATCH_SIZE = 100
"""Images that are read at a time: few enough for the largest network of the book, AlexNet."""

FAR_FROM_PREPARED = 50.0
"""No input of the network of 1998 is as far from 0: prepared ink is 1.175."""

THRESHOLDS = range(1, 61)
"""The distances between which the slider of the playground moves."""


def smallest_wins(model: keras.Model) -> bool:
    """Whether the model's outputs are distances, of which the smallest is the answer."""
    return isinstance(model.layers[-1], EuclideanRBF)


def scores(model: keras.Model, images) -> np.ndarray:
    """Scores of the classes, of which the largest is the answer: the outputs, or minus the distances.

    Args:
        model: any network of this book.
        images: what the model reads, (N, rows, columns, channels).

    Returns:
        (N, classes); for a network that reads larger images (N, rows, columns, classes).

    Raises:
        ValueError: one image instead of a batch, images of another shape than the network's, or digits that
            `to_lenet_input` has not prepared for the network of 1998.
    """
    return _scores(model, input_images(model, images))


def classify(model: keras.Model, images, reject_above: float | None = None) -> np.ndarray:
    """The class of each image: the smallest distance wins after an RBF layer, else the largest score.

    Taught in *the-1998-network*.

    Args:
        model: any network of this book.
        images: what the model reads, (N, rows, columns, channels).
        reject_above: for networks of distances: an image whose smallest distance is larger gets −1.

    Returns:
        Classes, (N,) integers; for larger images (N, rows, columns).

    Raises:
        ValueError: images that do not fit (see `scores`), or `reject_above` for a network whose outputs are
            not distances.
    """
    if reject_above is not None and not smallest_wins(model):
        raise ValueError(f"{model.name} gives scores, not distances: there is nothing to be too far away.")
    found = _scores(model, input_images(model, images))
    answers = found.argmax(axis=-1)
    if reject_above is not None:
        answers[-found.max(axis=-1) > reject_above] = -1
    return answers


def misclassified_percent(answers: np.ndarray, labels) -> float:
    """How many of a hundred answers are not the label.

    Args:
        answers: classes, (N,), of `classify` or of any other classifier.
        labels: class numbers, (N,).
    """
    answers = np.asarray(answers)
    if answers.ndim != 1:
        raise ValueError(
            f"answers have the shape {answers.shape}; one class for each image is asked for, (N,)."
        )
    labels = class_numbers(labels, images=len(answers))
    if not len(labels):
        raise ValueError("There are no images: an error of nothing is no number.")
    return 100 * float((answers != labels).mean())


def error_percent(model: keras.Model, images, labels) -> float:
    """How many of a hundred images the model misclassifies.

    Args:
        model: any network of this book.
        images: what the model reads, (N, rows, columns, channels).
        labels: class numbers, (N,).

    Raises:
        ValueError: images or labels of another form; the message says how to mend it.
    """
    images = input_images(model, images)
    labels = class_numbers(labels, len(images), number_of_classes(model))
    return misclassified_percent(_scores(model, images).argmax(axis=-1), labels)


def _labels_checked(function):
    """Let a function of (scores, labels) begin with `class_numbers`; chapters teach what comes then."""

    @wraps(function)
    def checked(scores, labels, *rest, **options):
        scores = np.asarray(scores)
        return function(scores, class_numbers(labels, *scores.shape), *rest, **options)

    return checked


@_labels_checked
def rejected_percent(scores: np.ndarray, labels: np.ndarray, error_percent: float = 0.5) -> float:
    """How many of a hundred digits to reject so that at most `error_percent` of the rest are misclassified.

    Rejected first are those whose best score is least ahead of the second best (section III.D, figure 10).
    Taught in *rivals*.

    Args:
        scores: (N, classes), the largest is the answer.
        labels: (N,).
    """
    second, best = np.sort(scores, axis=1)[:, -2:].T
    misclassified = (scores.argmax(axis=1) != labels)[np.argsort(second - best, kind="stable")]
    kept = np.arange(1, len(labels) + 1)
    allowed = kept[100 * misclassified.cumsum() <= error_percent * kept]
    return 100 * (1 - (allowed[-1] if len(allowed) else 0) / len(labels))


@_labels_checked
def rejection_curve(distances: np.ndarray, labels: np.ndarray) -> list[dict]:
    """What it does to real digits to reject every answer beyond a distance, for each of `THRESHOLDS`.

    Args:
        distances: (N, 10), of digits that have trained nothing.
        labels: (N,).

    Returns:
        For each threshold a row of the playground's file: the share of digits rejected ("refused_percent")
        and the error among the others, in percent (0 if there are none).
    """
    nearest, wrong = distances.min(axis=1), distances.argmin(axis=1) != labels
    curve = []
    for threshold in THRESHOLDS:
        kept = nearest <= threshold
        error = wrong[kept].mean() if kept.any() else 0.0
        curve.append(
            {
                "threshold": threshold,
                "refused_percent": round(100 * float(1 - kept.mean()), 3),
                "error_percent": round(100 * float(error), 3),
            }
        )
    return curve


def accuracy_metric(model: keras.Model) -> keras.metrics.Metric:
    """The share of right answers as a Keras metric, "accuracy", for `compile`, whichever output wins."""
    kind = NearestIsRight if smallest_wins(model) else keras.metrics.SparseCategoricalAccuracy
    return kind(name="accuracy")


def number_of_classes(model: keras.Model) -> int | None:
    """How many outputs the model has; None if it is not built yet."""
    shape = getattr(model, "output_shape", None)
    return shape[-1] if isinstance(shape, tuple) else None


def input_images(model: keras.Model, images) -> np.ndarray:
    """Images as an array that the model can read.

    Raises:
        ValueError: images that do not fit; the message says what is wrong with them (see `scores`).
    """
    shape = getattr(model, "input_shape", None)
    images = image_array(images, shape[1:] if isinstance(shape, tuple) else None)
    # Only here is it known what an input looks like: other networks may well read 0 … 255 or 0 … 1.
    if smallest_wins(model) and images.size and images.shape[1:] and images.shape[1] >= INPUT_SIDE:
        _check_values(images)
    return images


def _scores(model, images):
    if not len(images):
        return np.zeros((0, *model.output_shape[1:]), "float32")
    outputs = model.predict(images, batch_size=BATCH_SIZE, verbose=0)
    return -outputs if smallest_wins(model) else outputs


def _check_values(images: np.ndarray) -> None:
    """Say it if images for the network of 1998 are still pixels.

    Prepared images have a background of −0.1 and ink of 1.175, or a small multiple of both; noise and
    distortions change that little. Pixels have many zeros and nothing below, or values that no multiple
    explains.
    """
    lowest, highest = images.min(), images.max()
    if images.dtype.kind != "f" or max(-lowest, highest) > FAR_FROM_PREPARED:
        raise ValueError(
            f"images go from {lowest:g} to {highest:g} and are {images.dtype}: these are pixels. The network of "
            "1998 reads a background of −0.1 and ink of 1.175, which lenet_utils.data.to_lenet_input makes of "
            "uint8 digits."
        )
    if lowest == 0 < highest <= 1 and (images == 0).mean() > 1 / 3:
        warnings.warn(
            "These images go from 0 to 1, with a background of 0. The network of 1998 reads a background of −0.1 "
            "and ink of 1.175, which lenet_utils.data.to_lenet_input makes of uint8 digits. If it has learned from "
            "images like these, all is well.",
            stacklevel=4,
        )
