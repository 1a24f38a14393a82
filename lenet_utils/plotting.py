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
        text, (x[-1], y[-1]), xytext=(6, 0), textcoords="offset points", va="center", color=colour, **placement
    )
