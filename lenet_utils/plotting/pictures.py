"""Images as sheets, on their way through a network, and as a classifier takes or mistakes them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects

from lenet_utils.plotting.style import (
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
)

_TITLE_HEIGHT = 0.25  # inches
_LEAST_FULL_SCALE = 5  # mistakes: a single one should not look like a catastrophe
_NAME_DISTANCE = 0.075  # between the names of two classes, as a fraction of the map's extent


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
    height = height or WIDTH / columns + (_TITLE_HEIGHT if titles is not None else 0)
    figure, grid = plt.subplots(rows, columns, figsize=(WIDTH, rows * height), squeeze=False)
    limits = {}
    if cmap is SIGNED:
        extreme = float(np.abs(images).max()) or 1.0
        limits = {"vmin": -extreme, "vmax": extreme}
    for axes in grid.flat:
        axes.axis("off")
    for number, (axes, image) in enumerate(zip(grid.flat, images, strict=False)):
        axes.imshow(image, cmap=cmap or DIGITS, **limits)
        if titles is not None:
            axes.set_title(titles[number], fontsize=10, loc="center", pad=3)
    return figure


def plot_mistakes(images, labels, probabilities, count: int = 21, columns: int = 7):
    """The misclassified images with the highest probability, highest first: "4→9 98%" is a 4 taken for a 9.

    Args:
        images: (N, height, width) or (N, height, width, channels).
        labels: the true classes, (N,).
        probabilities: the network's output, (N, classes).
        count: how many to show, if there are as many.

    Returns:
        The matplotlib figure, or None if there is no mistake to show.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    predicted, certainty = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    shown = wrong[np.argsort(-certainty[wrong], kind="stable")][:count]
    if len(shown) == 0:
        return None
    titles = [f"{labels[i]}→{predicted[i]} {100 * certainty[i]:.0f}%" for i in shown]
    return show_images(np.asarray(images)[shown], titles, columns=columns)


def plot_confusion_matrix(labels, predicted, names=None):
    """How often each class was taken for which: one row for each true class, one column for each predicted one.

    Only the mistakes are coloured; the far larger numbers on the diagonal would drown them.

    Args:
        labels, predicted: classes from 0 to N − 1, (images,).
        names: of the N classes; by default their numbers.

    Returns:
        The matplotlib figure.
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    classes = len(names) if names is not None else 1 + max(labels.max(), predicted.max())
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    wrong = counts * (1 - np.eye(classes, dtype=int))
    top = max(_LEAST_FULL_SCALE, wrong.max())
    figure, axes = plt.subplots(figsize=(WIDTH, WIDTH))
    axes.imshow(wrong, cmap=HEAT, vmin=0, vmax=top)
    for (row, column), count in np.ndenumerate(counts):
        style = {"fontsize": 10, "color": MUTED}
        if row != column:  # light letters where the cell is dark
            style = {"fontsize": 12, "color": PAPER if count > 0.55 * top else INK, "weight": "bold"}
        if row == column or count:
            axes.text(column, row, f"{count}", ha="center", va="center", **style)
    axes.set_xticks(range(classes), names, **({} if names is None else {"rotation": 90}))
    axes.set_yticks(range(classes), names)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=GRID)
    axes.tick_params(which="both", length=0)
    axes.set(xlabel="predicted", ylabel="true", title="Mistakes by pair of classes (grey: right)")
    return figure


def plot_scatter(axes, points, labels, size: float = 16) -> None:
    """Draw each point as the digit that it is, in its class's colour, and name each class where it is densest.

    Args:
        axes: where to draw; its ticks and frame are removed, because the directions of such maps have no unit.
        points: (N, 2).
        labels: from 0 to 9, (N,).
        size: of the small numerals, in points squared.
    """
    points, labels = np.asarray(points), np.asarray(labels)
    digits = np.unique(labels)
    for digit in digits:
        style = {"color": TEN_COLOURS[digit], "linewidths": 0, "alpha": 0.8}
        axes.scatter(*points[labels == digit].T, marker=f"${digit}$", s=size, **style)
    places = [_densest_point(points[labels == digit]) for digit in digits]
    outline = [patheffects.withStroke(linewidth=4, foreground=PAPER)]
    for digit, place in zip(digits, _keep_apart(places, np.ptp(points, axis=0)), strict=True):
        style = {"color": TEN_COLOURS[digit], "path_effects": outline, "zorder": 4}
        axes.text(*place, str(digit), fontsize=19, weight="bold", ha="center", va="center", **style)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _densest_point(group) -> np.ndarray:
    """The point of (N, 2) whose nearest quarter of the others is closest by."""
    distances = np.linalg.norm(group[:, None] - group[None], axis=-1)
    return group[np.sort(distances, axis=1)[:, len(group) // 4].argmin()]


def _keep_apart(places, span) -> np.ndarray:
    """Places of names, (N, 2), after those that lie on one another have moved apart."""
    places = np.array(places, dtype=float)
    for _ in range(30):
        apart = (places[:, None] - places[None]) / span
        length = np.linalg.norm(apart, axis=-1, keepdims=True)
        places += 0.3 * span * (apart / (length + 1e-9) * np.maximum(0, _NAME_DISTANCE - length)).sum(axis=1)
    return places


class _Sheet:
    """A column of layers, filled from above, for `show_activations`. All lengths are inches."""

    LEFT, FULL = 0.98, 5.02  # where the maps begin, after the layers' names, and how wide they are together
    HEIGHT = 8.0
    MAP_GAP, LAYER_GAP = 0.07, 0.2

    def __init__(self):
        self.figure = plt.figure(figsize=(WIDTH, self.HEIGHT), layout="none")
        self.y = 0.05

    def add_axes(self, x, y, width, height):
        """Axes whose upper left corner is at (x, y) from that of the figure."""
        box = (x / WIDTH, 1 - (y + height) / self.HEIGHT, width / WIDTH, height / self.HEIGHT)
        axes = self.figure.add_axes(box)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color=GRID, linewidth=0.8)
        return axes

    def end_layer(self, height, name, size):
        """Write a layer's name and size beside it, and go on below it."""
        middle = 1 - (self.y + height / 2) / self.HEIGHT
        self.figure.text(0.0, middle, name, weight="bold", va="bottom", fontsize=12)
        self.figure.text(0.0, middle - 0.004, size, color=MUTED, va="top", fontsize=10)
        self.y += height + self.LAYER_GAP

    def add_image(self, image, side):
        axes = self.add_axes(self.LEFT + (self.FULL - side) / 2, self.y, side, side)
        axes.imshow(np.squeeze(image), cmap=DIGITS)
        self.end_layer(side, "input", "32×32")

    def add_maps(self, name, maps, columns, share):
        """Feature maps, (height, width, maps); each takes the given share of its cell's width."""
        strongest, count = maps.max() or 1.0, maps.shape[-1]
        cell = (self.FULL + self.MAP_GAP) / columns  # a map and the gap beside it
        room = cell - self.MAP_GAP
        side = room * share
        for number in range(count):
            row, column = divmod(number, columns)
            x = self.LEFT + column * cell + (room - side) / 2
            axes = self.add_axes(x, self.y + row * (side + self.MAP_GAP), side, side)
            axes.imshow(maps[..., number], cmap=HEAT, vmin=0, vmax=strongest)
        height = -(-count // columns) * (side + self.MAP_GAP) - self.MAP_GAP
        self.end_layer(height, name, f"{count} maps\n{maps.shape[0]}×{maps.shape[1]}")

    def add_units(self, name, units, columns):
        """Single units as square cells, `columns` to a row."""
        units = np.ravel(units).reshape(-1, columns)
        height = self.FULL / columns * len(units)
        axes = self.add_axes(self.LEFT, self.y, self.FULL, height)
        axes.imshow(units, cmap=HEAT, vmin=0, vmax=units.max() or 1.0, aspect="auto")
        axes.set_xticks(np.arange(0.5, columns - 1), minor=True)
        axes.set_yticks(np.arange(0.5, len(units) - 1), minor=True)
        axes.grid(which="minor", color=PAPER, linewidth=1.2)
        axes.tick_params(which="both", length=0)
        self.end_layer(height, name, f"{units.size} units")

    def add_outputs(self, outputs, height):
        """One bar a class, the largest in orange."""
        axes = self.add_axes(self.LEFT, self.y, self.FULL, height)
        best = int(outputs.argmax())
        colours = [ORANGE if number == best else MUTED for number in range(len(outputs))]
        axes.bar(range(len(outputs)), outputs, width=0.62, color=colours)
        axes.set(ylim=(0, 1), xlim=(-0.5, len(outputs) - 0.5), xticks=range(len(outputs)))
        axes.tick_params(length=0, labelsize=11, labelcolor=INK)
        axes.get_xticklabels()[best].set(color=ORANGE, weight="bold")
        axes.spines[["left", "right", "top"]].set_visible(False)
        self.end_layer(height, "output", f"surest: {best},\n{100 * outputs[best]:.1f}%")


def show_activations(image, activations):
    """One image on its way through LeNet-5: every map of every layer, from the input to the outputs.

    Each layer has its own scale of darkness, from 0 (paper) to its largest activation. Taught in the chapter
    *inside-the-network*.

    Args:
        image: the input, (32, 32) or (32, 32, 1).
        activations: of each layer for this image: "C1", "S2", "C3" and "S4" of shape (height, width, maps), "C5"
            with 120 numbers, "F6" with 84, "output" with one a class.

    Returns:
        The matplotlib figure.
    """
    sheet = _Sheet()
    sheet.add_image(image, side=1.15)
    # Maps of the subsampling layers are smaller than those they come from: two thirds, lest they be too small to see.
    for name, columns, share in (("C1", 6, 1.0), ("S2", 6, 0.68), ("C3", 8, 1.0), ("S4", 8, 0.68)):
        sheet.add_maps(name, np.asarray(activations[name]), columns, share)
    for name, columns in (("C5", 30), ("F6", 28)):
        sheet.add_units(name, activations[name], columns)
    sheet.add_outputs(np.ravel(activations["output"]), height=0.5)
    return sheet.figure
