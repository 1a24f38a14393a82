"""Social cards: for each page a picture of 1,200 × 630 pixels with its title above a drawing of LeNet-5."""

import textwrap
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.plotting.style import BLUE, DIGITS, INK, MUTED, ORANGE, PAPER

BOOK = "LeNet: A Comprehensive Overview"
SIZE = (1200, 630)
# Layer, number of feature maps, their side in units: the network from left to right.
LAYERS = [("input", 1, 32), ("C1", 6, 28), ("S2", 6, 14), ("C3", 16, 10), ("S4", 16, 5), ("C5", 120, 1),
          ("F6", 84, 1), ("output", 10, 1)]  # fmt: skip
BASE, STEP = 150, 6  # where the maps stand, and how far the next one of a stack is moved
SCALE = 5.6  # pixels per unit


def write_title(axes, title: str) -> None:
    """The page's title in at most three lines, and below it the book's."""
    size, width = (44, 26) if len(title) > 26 else (54, 24)
    lines = textwrap.wrap(title, width)[:3]
    axes.text(60, 570, "\n".join(lines), fontsize=size, weight="bold", color=INK, va="top", linespacing=1.15)
    if title != BOOK:
        axes.text(60, 40, BOOK, fontsize=20, color=MUTED, va="bottom")


def draw_stack(axes, left: float, count: int, side: float, colour: str) -> float:
    """The maps of one layer, one behind the other; returns how far they reach to the right."""
    for number in reversed(range(count)):
        corner = (left + number * STEP, BASE + number * STEP * 0.6)
        axes.add_patch(Rectangle(corner, side, side, facecolor=PAPER, edgecolor=colour, linewidth=1.2))
    return left + side + (count - 1) * STEP


def draw_column(axes, left: float, count: int, colour: str) -> float:
    """The units of a layer without maps, as one column of cells; returns how far it reaches to the right."""
    height = 1.5 * count + 20
    axes.add_patch(Rectangle((left, BASE), 14, height, facecolor=PAPER, edgecolor=colour, linewidth=1.2))
    for number in range(1, count if count <= 10 else 0):
        level = BASE + height * number / count
        axes.plot([left, left + 14], [level, level], color=colour, linewidth=0.6)
    return left + 14


def draw_lenet(axes) -> None:
    """A digit at the left, the layers' maps to scale, and the ten outputs at the right."""
    digit, left = to_lenet_input(load_mnist("sample").x_test[:1])[0, :, :, 0], 60.0
    for number, (layer, count, units) in enumerate(LAYERS):
        side, colour = units * SCALE, ORANGE if layer.startswith("S") else BLUE
        right = (
            draw_stack(axes, left, count, side, colour)
            if units > 1
            else draw_column(axes, left, count, colour)
        )
        if number == 0:
            axes.imshow(digit, cmap=DIGITS, extent=(left, left + side, BASE, BASE + side), zorder=3)
        axes.text(left, BASE - 10, layer, fontsize=15, color=MUTED, va="top")
        left = right + 34


def draw_card(title: str, path: Path) -> None:
    """Write the card of a page with this title as a PNG file."""
    figure = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    draw_lenet(axes)
    write_title(axes, title)
    axes.set_xlim(0, SIZE[0])
    axes.set_ylim(0, SIZE[1])
    axes.set_aspect("auto")
    for text in axes.texts:
        text.set_family("serif")
    figure.savefig(path, facecolor=PAPER)
