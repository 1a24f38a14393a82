"""Every figure style in one place: colours, type, and the figures that several chapters share.

Figures carry their own warm, light background, so that they look the same on a light page, on a dark page
and in print. The colours are Okabe and Ito's, which colour-blind readers can tell apart, darkened where
thin lines or letters need more contrast with the background.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

PAPER = "#fbf8f1"
INK = "#22262e"
MUTED = "#5f6570"
GRID = "#e4ded1"
BLUE = "#0a6cae"
ORANGE = "#c4570a"
GREEN = "#00805c"
PURPLE = "#a1437f"
GOLD = "#9a6a00"
SKY = "#3d96cc"
COLOURS = [BLUE, ORANGE, GREEN, PURPLE, GOLD, SKY]

DIGITS = LinearSegmentedColormap.from_list("digits", [PAPER, INK])
"""Background to ink, for pictures of digits."""

SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "#f7f4ec", ORANGE])
"""Negative blue, zero pale, positive orange: weights, activations, gradients. Centre it on 0."""

HEAT = LinearSegmentedColormap.from_list("heat", [PAPER, "#f2c14e", ORANGE, "#6d1f0c"])
"""None to much, for counts and confusion."""

WIDTH = 6.0
"""Width of a figure in inches: at this width 11-point letters stay legible on a phone."""


def use_style() -> None:
    """Give every figure that follows the book's look. Called once, at the top of a chapter."""
    plt.rcParams.update(
        {
            "figure.figsize": (WIDTH, 3.4),
            "figure.dpi": 170,
            "figure.facecolor": PAPER,
            "savefig.facecolor": PAPER,
            "figure.constrained_layout.use": True,
            "axes.facecolor": PAPER,
            "axes.edgecolor": MUTED,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "axes.titlesize": 12,
            "axes.titlelocation": "left",
            "axes.labelsize": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": False,
            "grid.color": GRID,
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "text.color": INK,
            "font.size": 11,
            "lines.linewidth": 2,
            "legend.frameon": False,
            "image.cmap": "digits",
            "image.interpolation": "nearest",
        }
    )


for _map in (DIGITS, SIGNED, HEAT):
    plt.colormaps.register(_map, force=True)


def show_pictures(pictures, titles=None, columns: int = 10, cmap=None, height: float | None = None):
    """A sheet of small pictures, `columns` to a row, each under its own title.

    Args:
        pictures: (N, height, width), (N, height, width, 1) or, in colour, (N, height, width, 3).
        titles: N strings, or None.
        cmap: None for digits (dark ink), or for example `plotting.SIGNED`, which is centred on 0.
        height: of one row in inches; by default the column's width, plus room for a title.

    Returns:
        The matplotlib figure.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height = height or WIDTH / columns + (0.25 if titles is not None else 0)
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * height), squeeze=False)
    limits = {}
    if cmap is SIGNED:
        extreme = float(np.abs(pictures).max()) or 1.0
        limits = {"vmin": -extreme, "vmax": extreme}
    for place in axes.flat:
        place.axis("off")
    for number, (place, picture) in enumerate(zip(axes.flat, pictures, strict=False)):
        place.imshow(picture, cmap=cmap or DIGITS, **limits)
        if titles is not None:
            place.set_title(titles[number], fontsize=10, loc="center", pad=3)
    return figure


def label_line(axes, x, y, text, colour, **placement) -> None:
    """Write a line's name at its end, in its colour, instead of in a legend."""
    axes.annotate(
        text,
        (x[-1], y[-1]),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        **placement,
    )


def training_curves(history: dict):
    """Accuracy and loss of training and validation, epoch by epoch, side by side.

    Args:
        history: Keras' `History.history`: "accuracy", "loss" and, if there are any, "val_accuracy" and
            "val_loss", one value an epoch, accuracies between 0 and 1.

    Returns:
        The matplotlib figure. The loss has a logarithmic axis: small differences late in training show.
    """
    figure, places = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
    epochs = np.arange(1, len(history["loss"]) + 1)
    for axes, name, factor in ((places[0], "accuracy", 100), (places[1], "loss", 1)):
        ends = []
        for key, label, colour in ((name, "training", BLUE), (f"val_{name}", "validation", ORANGE)):
            if key in history:
                values = factor * np.asarray(history[key], float)
                axes.plot(epochs, values, "o-", color=colour, markersize=3)
                ends.append((values[-1], label, colour))
        # Halfway up both panels are empty; the names stand there in the order in which the lines end.
        for place, (_, label, colour) in enumerate(sorted(ends, reverse=True)):
            height = 0.6 - 0.1 * place
            axes.text(0.97, height, label, color=colour, ha="right", transform=axes.transAxes)
        axes.set(xlabel="epoch", title="Accuracy, %" if factor == 100 else "Loss, cross-entropy")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="y")
    places[1].set_yscale("log")
    return figure


def confusion_matrix(labels, predicted, names=None):
    """Which class was taken for which: one row a true class, one column a predicted one.

    Only the mistakes are coloured; the far larger numbers on the diagonal would drown them.

    Args:
        labels, predicted: classes 0 … N - 1, shape (pictures,).
        names: of the N classes; by default their numbers.

    Returns:
        The matplotlib figure.
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    classes = len(names) if names is not None else 1 + max(labels.max(), predicted.max())
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    mistakes = counts * (1 - np.eye(classes, dtype=int))
    top = max(1, mistakes.max())
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
    axes.set_xticks(range(classes), names, rotation=0 if names is None else 90)
    axes.set_yticks(range(classes), names)
    axes.set_xticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=GRID)
    axes.tick_params(which="both", length=0)
    axes.set(xlabel="predicted", ylabel="true", title="Mistakes by pair of classes (grey: right)")
    return figure


def mistakes(pictures, labels, probabilities, count: int = 24, columns: int = 8):
    """The mistakes of which the network was surest, the surest first: "4→9 98%" is a four read as a nine.

    Args:
        pictures: shape (N, height, width) or (N, height, width, channels).
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
    return show_pictures(np.asarray(pictures)[shown], titles, columns=columns)
