"""The look of every figure: colours, type, and how lines and axes are labelled.

Figures carry their own warm, light background, so that they look the same on a light page, on a dark page
and in print. The colours are Okabe and Ito's, which colour-blind readers can tell apart, darkened where
thin lines or letters need more contrast with the background.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import LogLocator, NullFormatter

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

TEN_COLOURS = [*COLOURS, INK, "#b01e35", "#6b8f00", "#7d5a50"]
"""For the ten classes, where each is also named: ten colours are more than every eye can tell apart."""

DIGITS = LinearSegmentedColormap.from_list("digits", [PAPER, INK])
"""Background to ink, for images of digits."""

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


def label_ends(axes, curves: dict, colours: dict, gap: float = 0.075) -> None:
    """Write the name of each curve to the right of its end, moved apart where the ends are close together.

    Args:
        curves: name to its values; all are drawn already and end at the right edge of the axes.
        colours: name to colour.
        gap: between two names, as a fraction of the axes' height.
    """
    to_fraction = axes.transData + axes.transAxes.inverted()
    heights = {name: to_fraction.transform((1, values[-1]))[1] for name, values in curves.items()}
    names = sorted(heights, key=heights.get)
    spread = np.array([heights[name] for name in names])
    for _ in range(200):  # push neighbours apart, a little at a time, until none are too close
        for lower, upper in zip(range(len(names) - 1), range(1, len(names)), strict=True):
            missing = gap - (spread[upper] - spread[lower])
            if missing > 0:
                spread[lower] -= missing / 2
                spread[upper] += missing / 2
    for name, height in zip(names, spread, strict=True):
        axes.annotate(
            name,
            (1.02, height),
            xycoords="axes fraction",
            va="center",
            color=colours[name],
            annotation_clip=False,
        )


def plain_log_axis(axis) -> None:
    """Ticks at 1, 2 and 5 of each decade of a logarithmic axis, written out: 0.02 and not 2×10⁻²."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def plain_decades(axis) -> None:
    """Ticks at the powers of ten of a logarithmic axis, written out: 0.001 and not 10⁻³."""
    # Not "{x:g}", which turns to 1e-05; three digits hide that a power of ten is not exact.
    axis.set_major_formatter(
        lambda value, _: np.format_float_positional(value, precision=3, fractional=False, trim="-")
    )
    axis.set_minor_formatter(NullFormatter())
