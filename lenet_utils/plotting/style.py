"""The look of every figure: colours, colour maps, type, the names at the ends of lines, logarithmic axes.

Figures carry their own warm, light background, so that they look the same on a light page, on a dark page and
in print. The colours are Okabe and Ito's, which colour-blind readers can tell apart, darkened where thin
lines or letters need more contrast with the background.
"""

import warnings

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

_LABEL_OFFSET = 6  # points between the end of a line and its name
_LABEL_PITCH = 1.3  # lines of text, from the middle of one name to that of the next

for _map in (DIGITS, SIGNED, HEAT):
    plt.colormaps.register(_map, force=True)


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


def label_line(axes, x, y, name: str, colour, **style) -> None:
    """Write a line's name at its end, in its colour, instead of in a legend.

    The names of lines that end close together are moved apart. Call it when the limits of the axes are set.

    Args:
        axes: where the line is drawn.
        x, y: the line's points, of which the last is its end.
        name: may have several lines of text.
        colour: the line's.
        style: what matplotlib's `Axes.annotate` takes, such as `weight="bold"`.
    """
    style = {"va": "center", "color": colour, "annotation_clip": False, "gid": "name of a line"} | style
    axes.annotate(name, (x[-1], y[-1]), xytext=(_LABEL_OFFSET, 0), textcoords="offset points", **style)
    named = [text for text in axes.texts if text.get_gid() == "name of a line"]
    _move_apart([text for text in named if text.xy[0] == x[-1]])


def _move_apart(labels) -> None:
    """Shift annotations up or down until no two overlap; each starts from the end of its line."""
    points_a_pixel = 72 / labels[0].figure.dpi
    heights = [label.axes.convert_yunits(label.xy[1]) for label in labels]  # the x may be a category's name
    ends = labels[0].axes.transData.transform([(1, height) for height in heights])[:, 1] * points_a_pixel
    tall = np.array([label.get_fontsize() * (1 + label.get_text().count("\n")) for label in labels])
    order = np.argsort(ends, kind="stable")
    heights = ends[order]
    gaps = _LABEL_PITCH * (tall[order][1:] + tall[order][:-1]) / 2
    for _ in range(200):  # push neighbours apart, a little at a time, until none are too close
        for lower, gap in enumerate(gaps):
            missing = max(gap - (heights[lower + 1] - heights[lower]), 0)
            heights[lower : lower + 2] += -missing / 2, missing / 2
    for number, height in zip(order, heights, strict=True):
        labels[number].xyann = (_LABEL_OFFSET, height - ends[number])


def plain_log_axis(axis, steps=(1, 2, 5)) -> None:
    """Number a logarithmic axis in full: 0.02 and not 2×10⁻².

    Args:
        axis: `axes.xaxis` or `axes.yaxis`.
        steps: which multiples of each power of ten have a tick; (1,) for the powers alone.
    """
    axis.set_major_locator(LogLocator(subs=steps))
    # Not "{x:g}", which turns to 1e-05; three digits hide that a power of ten is not exact.
    axis.set_major_formatter(
        lambda value, _: np.format_float_positional(value, precision=3, fractional=False, trim="-")
    )
    axis.set_minor_formatter(NullFormatter())


def label_ends(axes, curves: dict, colours: dict, gap: float | None = None) -> None:
    """Deprecated: call `label_line` for each line. `gap` has no effect: names know their height."""
    warnings.warn("plotting.label_ends is now plotting.label_line.", DeprecationWarning, stacklevel=2)
    for name, values in curves.items():
        label_line(axes, [axes.get_xlim()[1]], values, name, colours[name])


def plain_decades(axis) -> None:
    """Deprecated: call `plain_log_axis` with `steps=(1,)`."""
    warnings.warn("plotting.plain_decades is now plain_log_axis.", DeprecationWarning, stacklevel=2)
    plain_log_axis(axis, steps=(1,))
