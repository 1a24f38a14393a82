"""What the package accepts as images and labels; of anything else it says what is wrong and how to mend it.

Every function that takes labels hands them to `class_numbers` first. NumPy alone.
"""

import numpy as np


def class_numbers(labels, images: int | None = None, classes: int | None = None) -> np.ndarray:
    """Labels as whole numbers in an array of shape (N,), which is what everything here works with.

    A pandas column becomes an array, because labels[n] would otherwise look for the row *called* n, which
    after a shuffle is another image's.

    Args:
        labels: class numbers from 0: an array, list, tuple, pandas column or tensor, shape (N,) or (N, 1).
        images: how many labels there should be, if that is known.
        classes: how many classes there are, if that is known.

    Returns:
        int64, shape (N,).

    Raises:
        ValueError: text, one-hot rows, missing or broken numbers, numbers outside 0 … classes - 1, or as many
            labels as there are no images. The message says what to do.
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        raise ValueError(one_hot_labels(labels.shape))
    if labels.ndim != 1:
        raise ValueError(
            f"labels have the shape {labels.shape}. Class numbers (N,), please: one for each image."
        )
    if images is not None and len(labels) != images:
        raise ValueError(another_number_of_labels(len(labels), images))
    labels = _whole_numbers(labels)
    _check_range(labels, classes)
    return labels


def one_hot_labels(shape: tuple) -> str:
    """What to say of labels with a row for each image."""
    return (
        f"labels have the shape {shape}: a row for each image. Class numbers (N,), please: "
        "labels.argmax(axis=1)."
    )


def another_number_of_labels(labels: int, images: int) -> str:
    """What to say of too many or too few labels."""
    return (
        f"The number of labels, {labels}, is not the number of images, {images}: each image needs one label."
    )


def _whole_numbers(labels: np.ndarray) -> np.ndarray:
    """The labels as int64; ValueError for text, NaN and fractions."""
    if labels.dtype.kind in "biu":
        return labels.astype(np.int64)
    if any(isinstance(label, str | bytes) for label in labels[:1].tolist()) or labels.dtype.kind in "SU":
        raise ValueError(
            f"labels are text, such as {labels.tolist()[0]!r}. Class numbers, please: labels.astype(int) for "
            "digits; np.unique(labels, return_inverse=True)[1] numbers other words."
        )
    try:
        numbers = labels.astype(float) if labels.dtype.kind in "fO" else None
    except (TypeError, ValueError):
        numbers = None
    if numbers is None:
        raise ValueError(f"labels are of type {labels.dtype}. Class numbers, please: 0, 1, 2, …")
    if not np.isfinite(numbers).all():
        index = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise ValueError(
            f"The label of image {index} is {numbers[index]}: it is missing. Leave out the images without a "
            "label: keep = np.isfinite(labels), then images[keep] and labels[keep]."
        )
    if (numbers != np.floor(numbers)).any():
        index = int(np.flatnonzero(numbers != np.floor(numbers))[0])
        raise ValueError(
            f"The label of image {index} is {numbers[index]:g}. Class numbers are whole: 0, 1, 2, …"
        )
    return numbers.astype(np.int64)


def _check_range(labels: np.ndarray, classes: int | None) -> None:
    """ValueError for numbers that are no class's."""
    if not len(labels):
        return
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest >= 0 and (classes is None or highest < classes):
        return
    expected = "from 0" if classes is None else f"from 0 to {classes - 1}"
    if classes is not None and (lowest, highest) == (1, classes):
        raise ValueError(f"labels go from 1 to {classes}. Classes are counted {expected} here: labels - 1.")
    index = int(np.flatnonzero((labels < 0) | (labels >= (classes or np.inf)))[0])
    raise ValueError(
        f"The label of image {index} is {labels[index]}. Classes are counted {expected} here. Leave out images "
        "that belong to none of them, or number the classes anew: np.unique(labels, return_inverse=True)[1]."
    )


def image_array(images, of_one: tuple[int | None, ...] | None = None) -> np.ndarray:
    """Images as one array, (N, …), that a network can read.

    Args:
        images: an array, tensor, or a list of images of one shape.
        of_one: the shape of one image, None for a side of any length; None if it is not known.

    Raises:
        ValueError: one image instead of a batch, images of several shapes, or of another shape than `of_one`.
    """
    try:
        images = np.asarray(images)
    except ValueError:
        images = np.empty((), object)
    if images.dtype.kind not in "biuf":
        raise ValueError(
            "images should be numbers in one array of shape (N, …): all of one shape, and nothing but images."
        )
    if images.ndim == 0:
        raise ValueError("images is a single number; an array of shape (N, …) is asked for.")
    if of_one is None or _fits(images.shape[1:], of_one):
        return images
    # Keras, too, adds the axis of a single channel, or takes it away, but not in every call.
    if of_one[-1] == 1 and _fits(images.shape[1:], of_one[:-1]):
        return images[..., None]
    if images.shape[-1] == 1 and _fits(images.shape[1:-1], of_one):
        return images[..., 0]
    wanted = ", ".join(["N", *("any" if side is None else str(side) for side in of_one)])
    message = f"images have the shape {images.shape}; this network reads ({wanted})."
    if _fits(images.shape, of_one):
        message += " This is one image; a batch of one is images[None]."
    elif images.shape[-2:] == (28, 28) or images.shape[-3:] == (28, 28, 1):
        message += " lenet_utils.data.to_lenet_input(digits) makes 32×32 of digits of 28×28."
    raise ValueError(message)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, s) for s, w in zip(shape, wanted, strict=True))
