"""Figures of images and of what a classifier makes of them: sheets, mistakes, confusion, training."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects

from lenet_utils.plotting.style import (
    BLUE,
    DIGITS,
    GRID,
    HEAT,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    SIGNED,
    TEN_COLOURS,
    WIDTH,
    plain_log_axis,
)


def show_images(images, titles=None, columns: int = 10, cmap=None, height: float | None = None):
    """A sheet of small images, `columns` to a row, each under its own title.

    Args:
        images: (N, height, width), (N, height, width, 1) or, in colour, (N, height, width, 3).
        titles: N strings, or None.
        cmap: None for digits (dark ink), or for example `plotting.SIGNED`, which is centred on 0.
        height: of one row in inches; by default the column's width, plus room for a title.

    Returns:
        The matplotlib figure.
    """
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = height or WIDTH / columns + (0.25 if titles is not None else 0)
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * height), squeeze=False)
    limits = {}
    if cmap is SIGNED:
        extreme = float(np.abs(images).max()) or 1.0
        limits = {"vmin": -extreme, "vmax": extreme}
    for place in axes.flat:
        place.axis("off")
    for number, (place, image) in enumerate(zip(axes.flat, images, strict=False)):
        place.imshow(image, cmap=cmap or DIGITS, **limits)
        if titles is not None:
            place.set_title(titles[number], fontsize=10, loc="center", pad=3)
    return figure


def plot_training_curves(history: dict):
    """Accuracy and loss of training and validation, epoch by epoch, side by side.

    Args:
        history: what `lenet_utils.training.fit` returns, or Keras' own `History.history` with "accuracy", "loss"
            and, if there are any, "val_accuracy" and "val_loss"; one value an epoch.

    Returns:
        The matplotlib figure. The loss has a logarithmic axis: small differences late in training show.
    """
    if "accuracy" in history:
        names = {"accuracy": "error_percent", "val_accuracy": "validation_error_percent"}
        errors = {
            names[name]: 100 - 100 * np.asarray(history[name]) for name in names.keys() & history.keys()
        }
        history = {"loss": history["loss"], "validation_loss": history.get("val_loss"), **errors}
    figure, places = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
    epochs = np.arange(1, len(history["loss"]) + 1)
    lines = [("", "training", BLUE), ("validation_", "validation", ORANGE)]
    lines = [line for line in lines if f"{line[0]}error_percent" in history]
    for prefix, _, colour in lines:
        accuracy = 100 - np.asarray(history[prefix + "error_percent"], float)
        for axes, values in zip(places, (accuracy, history[prefix + "loss"]), strict=True):
            axes.plot(epochs, values, "o-", color=colour, markersize=3)
    for axes, title in zip(places, ("Accuracy, %", "Loss, cross-entropy"), strict=True):
        axes.set(xlabel="epoch", title=title)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="y")
    # Accuracies start low and end high, so the lower right corner is free.
    for place, (_, label, colour) in enumerate(lines):
        places[0].text(
            0.97, 0.2 - 0.1 * place, label, color=colour, ha="right", transform=places[0].transAxes
        )
    places[1].set_yscale("log")
    plain_log_axis(places[1].yaxis)
    return figure


def plot_confusion_matrix(labels, predicted, names=None):
    """Which class was taken for which: one row a true class, one column a predicted one.

    Only the mistakes are coloured; the far larger numbers on the diagonal would drown them.

    Args:
        labels, predicted: classes 0 … N - 1, shape (images,).
        names: of the N classes; by default their numbers.

    Returns:
        The matplotlib figure.
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    classes = len(names) if names is not None else 1 + max(labels.max(), predicted.max())
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    mistakes = counts * (1 - np.eye(classes, dtype=int))
    top = max(5, mistakes.max())  # one mistake should not look like a catastrophe
    figure, axes = plt.subplots(figsize=(WIDTH, WIDTH))
    axes.imshow(mistakes, cmap=HEAT, vmin=0, vmax=top)
    for (row, column), count in np.ndenumerate(counts):
        if row == column:
            axes.text(column, row, f"{count}", ha="center", va="center", fontsize=10, color=MUTED)
        elif count:
            colour = PAPER if count > 0.55 * top else INK
            axes.text(
                column, row, f"{count}", ha="center", va="center", fontsize=12, color=colour, weight="bold"
            )
    axes.set_xticks(range(classes))
    axes.set_yticks(range(classes))
    if names is not None:
        axes.set_xticklabels(names, rotation=90)
        axes.set_yticklabels(names)
    axes.set_xticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=GRID)
    axes.tick_params(which="both", length=0)
    axes.set(xlabel="predicted", ylabel="true", title="Mistakes by pair of classes (grey: right)")
    return figure


def plot_mistakes(images, labels, probabilities, count: int = 21, columns: int = 7):
    """The mistakes of which the network was surest, the surest first: "4→9 98%" is a four read as a nine.

    Args:
        images: shape (N, height, width) or (N, height, width, channels).
        labels: classes, shape (N,).
        probabilities: the network's output, shape (N, classes).
        count: how many to show, if there are as many.

    Returns:
        The matplotlib figure, or None if there is no mistake to show.
    """
    predicted, certainty = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    shown = wrong[np.argsort(-certainty[wrong], kind="stable")][:count]
    if len(shown) == 0:
        return None
    titles = [f"{labels[i]}→{predicted[i]} {100 * certainty[i]:.0f}%" for i in shown]
    return show_images(np.asarray(images)[shown], titles, columns=columns)


def plot_scatter(axes, points, labels, size: float = 16) -> None:
    """Draw each point as the digit that it is, in its class's colour, and name each class where it is densest.

    Args:
        axes: where to draw; its ticks and frame are removed, because the directions of such maps have no unit.
        points: (N, 2); labels: (N,), from 0 to 9.
        size: of the small numerals, in points squared.
    """
    points, labels = np.asarray(points), np.asarray(labels)
    digits, names = np.unique(labels), []
    for digit in digits:
        group = points[labels == digit]
        axes.scatter(*group.T, marker=f"${digit}$", s=size, color=TEN_COLOURS[digit], linewidths=0, alpha=0.8)
        # The densest place: the point whose nearest quarter of its own class is closest by.
        distances = np.linalg.norm(group[:, None] - group[None], axis=-1)
        names.append(group[np.sort(distances, axis=1)[:, len(group) // 4].argmin()])
    names, span = np.array(names, dtype=float), np.ptp(points, axis=0)
    for _ in range(30):  # names that lie on one another move apart
        apart = (names[:, None] - names[None]) / span
        length = np.linalg.norm(apart, axis=-1, keepdims=True)
        names += 0.3 * span * (apart / (length + 1e-9) * np.maximum(0, 0.075 - length)).sum(axis=1)
    outline = [patheffects.withStroke(linewidth=4, foreground=PAPER)]
    for digit, place in zip(digits, names, strict=True):
        style = {"color": TEN_COLOURS[digit], "path_effects": outline, "zorder": 4}
        axes.text(*place, str(digit), fontsize=19, weight="bold", ha="center", va="center", **style)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
