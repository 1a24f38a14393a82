"""Drawings of a network: its layers, its connections, what its units see, where its parameters are."""

import math

import matplotlib.pyplot as plt
import numpy as np

from lenet_utils.plotting.style import COLOURS, DIGITS, GRID, HEAT, INK, MUTED, ORANGE, PAPER, WIDTH


def show_activations(image, activations):
    """One image on its way through LeNet-5: every feature map of every layer, from the input to the outputs.

    Each layer has its own scale of darkness, from 0 (paper) to its strongest activation. Taught in the chapter
    *inside-the-network*.

    Args:
        image: the input, shape (32, 32) or (32, 32, 1).
        activations: what each layer gave for this image: "C1", "S2", "C3" and "S4" of shape
            (height, width, channels), "C5" with 120 numbers, "F6" with 84, "output" with one per class.

    Returns:
        The matplotlib figure.
    """
    sheet = _Sheet(height=8.0)
    sheet.axes(_LEFT + (_FULL - 1.15) / 2, 1.15, 1.15).imshow(np.squeeze(image), cmap=DIGITS)
    sheet.end_row(1.15, "input", "32×32")
    for layer, columns, share in (("C1", 6, 1.0), ("S2", 6, 0.68), ("C3", 8, 1.0), ("S4", 8, 0.68)):
        _draw_feature_maps(sheet, layer, np.asarray(activations[layer]), columns, share)
    for layer, columns in (("C5", 30), ("F6", 28)):
        _draw_units(sheet, layer, np.ravel(activations[layer]).reshape(-1, columns))
    _draw_outputs(sheet, np.ravel(activations["output"]))
    return sheet.figure


# Inches: where the drawings begin beside the layers' names, how wide they are, and the gap between two.
_LEFT, _FULL, _GAP = 0.98, 5.02, 0.07
_BETWEEN_LAYERS = 0.2


class _Sheet:
    """A figure that is filled from the top, in inches: axes side by side, then the next row."""

    def __init__(self, height: float):
        self.height, self.y = height, 0.05
        self.figure = plt.figure(figsize=(WIDTH, height), layout="none")

    def axes(self, x: float, width: float, height: float, below: float = 0.0):
        """Framed axes at x inches, `below` inches under the top of the current row."""
        bottom = 1 - (self.y + below + height) / self.height
        axes = self.figure.add_axes((x / WIDTH, bottom, width / WIDTH, height / self.height))
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color=GRID, linewidth=0.8)
        return axes

    def end_row(self, height: float, title: str, size: str) -> None:
        """Write a layer's name and size beside the current row, and go on to the next one."""
        middle = 1 - (self.y + height / 2) / self.height
        self.figure.text(0.0, middle, title, weight="bold", va="bottom", fontsize=12)
        self.figure.text(0.0, middle - 0.004, size, color=MUTED, va="top", fontsize=10)
        self.y += height + _BETWEEN_LAYERS


def _draw_feature_maps(sheet: _Sheet, layer: str, maps: np.ndarray, columns: int, share: float) -> None:
    """The channels of a layer, `columns` to a row, each as wide as `share` of its cell."""
    strongest, count = maps.max() or 1.0, maps.shape[-1]
    cell = (_FULL + _GAP) / columns  # a map and the gap beside it
    side = (cell - _GAP) * share
    for number in range(count):
        row, column = divmod(number, columns)
        x = _LEFT + column * cell + (cell - _GAP - side) / 2
        axes = sheet.axes(x, side, side, below=row * (side + _GAP))
        axes.imshow(maps[..., number], cmap=HEAT, vmin=0, vmax=strongest)
    rows = math.ceil(count / columns)
    sheet.end_row(rows * (side + _GAP) - _GAP, layer, f"{count} maps\n{maps.shape[0]}×{maps.shape[1]}")


def _draw_units(sheet: _Sheet, layer: str, units: np.ndarray) -> None:
    """The units of a fully connected layer, (rows, columns), as a strip of cells."""
    height = _FULL / units.shape[1] * len(units)
    axes = sheet.axes(_LEFT, _FULL, height)
    axes.imshow(units, cmap=HEAT, vmin=0, vmax=units.max() or 1.0, aspect="auto")
    axes.set_xticks(np.arange(0.5, units.shape[1] - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(units) - 1), minor=True)
    axes.grid(which="minor", color=PAPER, linewidth=1.2)
    axes.tick_params(which="both", length=0)
    sheet.end_row(height, layer, f"{units.size} units")


def _draw_outputs(sheet: _Sheet, outputs: np.ndarray) -> None:
    """The probabilities of the classes as bars; the largest one stands out."""
    axes = sheet.axes(_LEFT, _FULL, 0.5)
    best = int(outputs.argmax())
    colours = [ORANGE if number == best else MUTED for number in range(len(outputs))]
    axes.bar(range(len(outputs)), outputs, width=0.62, color=colours)
    axes.set(ylim=(0, 1), xlim=(-0.5, len(outputs) - 0.5), xticks=range(len(outputs)))
    axes.tick_params(length=0, labelsize=11, labelcolor=INK)
    axes.get_xticklabels()[best].set(color=ORANGE, weight="bold")
    axes.spines[["left", "right", "top"]].set_visible(False)
    sheet.end_row(0.5, "output", f"surest: {best},\n{100 * outputs[best]:.1f}%")


def draw_network(table, maps=None):
    """A network drawn from its layer table, from the image down to the answer, every map to scale.

    One row a layer. An orange square is the window of one unit; lines lead from it to that unit in the row
    below. A layer of single units is a strip with one cell a unit. The chapter *architecture* uses it.

    Args:
        table: what `anatomy.layer_table` returns.
        maps: None, or what each layer makes of one image: (height, width, maps) or (units,) arrays by the
            layers' names, and "input" for the image. `anatomy.feature_maps` has them for many images.

    Returns:
        The matplotlib figure. Of a layer with more maps than fit, the first are shown.
    """
    height, width, channels = table.attrs["input_shape"]
    rows = [("input", channels, height, width, f"input {channels}@{height}×{width}", "")]
    for name, layer in table.iterrows():
        size = f"{layer.maps}@{layer.height}×{layer.width}" if layer.height > 1 else f"{layer.maps} units"
        work = f"{layer.kind} · {layer.parameters:,} parameters" if layer.parameters else layer.kind
        rows.append((name, layer.maps, layer.height, layer.width, f"{name}  {size}", work))
    span = 1.03 * max(6 * width, 16 * table.width[table.width < width / 2].max())
    unit = WIDTH / span  # inches a pixel
    gap, strip = 0.34 / unit, 0.2 / unit
    heights = [row[2] if row[2] > 1 else strip for row in rows]
    tops = np.cumsum([0.75 * gap, *(height + gap for height in heights[:-1])])
    figure, axes = plt.subplots(figsize=(WIDTH, (tops[-1] + heights[-1] + 0.2 * gap) * unit))
    places = []
    for (name, count, height, width, label, work), top in zip(rows, tops, strict=True):
        shown = min(count, 16, int(span / (1.06 * width))) if height > 1 else 1
        centres = (np.arange(shown) + 0.5) * span / shown
        array = None if maps is None else np.asarray(maps[name], float)
        for number, centre in enumerate(centres):
            if height > 1:
                box = (centre - width / 2, centre + width / 2, top + height, top)
                image = None if array is None else array[..., number]
            else:
                box = (0.01 * span, 0.99 * span, top + strip, top)
                image = np.zeros((1, count)) if array is None else array.reshape(1, -1)
            _draw_map(axes, image, box, array)
        if height == 1 and count <= 20:
            for cell in range(count):
                middle = (0.01 + 0.98 * (cell + 0.5) / count) * span
                dark = array is not None and array.ravel()[cell] > 0.5 * array.max()
                style = {"ha": "center", "va": "center", "fontsize": 10, "color": PAPER if dark else MUTED}
                axes.text(middle, top + strip / 2, cell, **style)
        more = f" ({shown} shown)" if 1 < shown < count else ""
        style = {"va": "center", "bbox": {"facecolor": PAPER, "edgecolor": "none", "pad": 1}, "zorder": 4}
        axes.text(0.01 * span, top - 0.42 * gap, label + more, weight="bold", **style)
        axes.text(0.99 * span, top - 0.42 * gap, work, color=MUTED, fontsize=10, ha="right", **style)
        # A unit of a strip is pointed at by its cell: the strongest, or, of an empty strip, the middle one.
        cell = count // 2 if array is None else int(np.argmax(array)) if height == 1 else 0
        places.append((centres, top, (0.01 + 0.98 * (cell + 0.5) / count) * span))
    _draw_windows(axes, table, rows, places, span, strip)
    axes.set(xlim=(0, span), ylim=(tops[-1] + heights[-1] + 0.2 * gap, 0), aspect="equal")
    axes.axis("off")
    return figure


def _draw_map(axes, image, box, array):
    """One map in its frame. A layer's maps share one scale; its largest per cent is as dark as it gets."""
    left, right, bottom, top = box
    if image is not None:
        limits = {"vmin": 0, "vmax": 1}
        if array is not None:
            limits = {"vmin": array.min(), "vmax": max(np.quantile(array, 0.99), array.min() + 1e-6)}
        axes.imshow(image, extent=box, cmap=DIGITS, aspect="auto", **limits)
    frame = {"fill": False, "edgecolor": MUTED, "linewidth": 0.6}
    axes.add_patch(plt.Rectangle((left, top), right - left, bottom - top, **frame))


def _draw_windows(axes, table, rows, places, span, strip):
    """For one unit a layer, the window through which it looks at the row above."""
    fields = [1, *(np.max(side) for side in table.receptive_field)]
    jumps = [1, *(np.max(side) for side in table.jump)]
    for below in range(1, len(rows)):
        (_, _, high, wide, _, _), (_, _, height, width, _, work) = rows[below - 1], rows[below]
        (above, top, _), (centres, base, cell) = places[below - 1], places[below]
        if height > 1:
            chosen = min(len(centres) - 1, 1 + len(centres) // 4)
            row, column = height // 2, width // 2
            target = (centres[chosen] - width / 2 + column + 0.5, base + row + 0.5)
        else:
            target = (cell, base)
        if high == 1:
            boxes = [(0.01 * span, top, 0.98 * span, strip)]
        else:
            side = 1 + (fields[below] - fields[below - 1]) // jumps[below - 1]
            stride = jumps[below] // jumps[below - 1]
            padding = [
                max((after - 1) * stride + side - before, 0) // 2 * (after > 1)
                for after, before in ((height, high), (width, wide))
            ]
            corner = (max(row * stride - padding[0], 0), max(column * stride - padding[1], 0))
            corner = (0, 0) if height == 1 else corner
            sources = [above[chosen]] if "pooling" in work or "subsampling" in work else above
            spot = (min(corner[1], wide - min(side, wide)), min(corner[0], high - min(side, high)))
            boxes = [
                (centre - wide / 2 + spot[0], top + spot[1], min(side, wide), min(side, high))
                for centre in sources
            ]
        for left, upper, extent, depth in boxes:
            if high > 1:
                square = {"fill": False, "edgecolor": ORANGE, "linewidth": 1.1, "zorder": 3}
                axes.add_patch(plt.Rectangle((left, upper), extent, depth, **square))
            for corner in (left, left + extent):
                line = {"color": ORANGE, "linewidth": 0.6, "alpha": 0.55, "zorder": 2}
                axes.plot([corner, target[0]], [upper + depth, target[1]], **line)
        if height > 1:
            axes.plot(*target, "s", color=ORANGE, markersize=2.2, zorder=3)


def draw_connection_table(table, sources: int = 6):
    """Which maps of the layer before each map sees: as a table, and below it as figures on a ring.

    Args:
        table: for each map, the numbers of the maps that it sees; `paper.C3_TABLE`.
        sources: how many maps the layer before has. On the ring the last is a neighbour of the first.

    Returns:
        The matplotlib figure. The chapter *architecture* uses it for C3.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, WIDTH * (sources + 4) / (len(table) + 1.3)))
    angles = np.pi / 2 - 2 * np.pi * np.arange(sources) / sources
    ring = np.stack([np.cos(angles), -np.sin(angles)], axis=1) * 0.4
    for column, seen in enumerate(table):
        colour = COLOURS[_neighbourhood(seen, sources)]
        for row in range(sources):
            size = 0.34 if row in seen else 0.07
            face = colour if row in seen else MUTED
            axes.add_patch(plt.Circle((column, row), size, color=face, linewidth=0))
        centre = np.array([column, sources + 0.6])
        for start, end in ((a, b) for a in seen for b in seen if a < b):
            axes.plot(*(centre + ring[[start, end]]).T, color=colour, linewidth=0.9)
        for number, point in enumerate(centre + ring):
            inside = number in seen
            axes.add_patch(plt.Circle(point, 0.1 if inside else 0.05, color=colour if inside else MUTED))
        axes.text(column, -0.85, column, ha="center", va="center", fontsize=10, color=MUTED)
    for row in range(sources):
        axes.text(-0.75, row, row, ha="center", va="center", fontsize=10, color=MUTED)
    axes.text((len(table) - 1) / 2, -1.6, "map of C3", ha="center", va="center")
    axes.text(-1.35, (sources - 1) / 2, "map of S2", ha="center", va="center", rotation=90)
    for group, words in enumerate(("three neighbours", "four neighbours", "two pairs", "all")):
        columns = [n for n, seen in enumerate(table) if _neighbourhood(seen, sources) == group]
        if columns:
            style = {"ha": "center", "va": "center", "fontsize": 10, "color": COLOURS[group]}
            axes.text(np.mean(columns), sources + 1.6, words, weight="bold", **style)
    axes.set(xlim=(-1.7, len(table) - 0.4), ylim=(sources + 2, -2), aspect="equal")
    axes.axis("off")
    return figure


def _neighbourhood(seen, sources):
    """0, 1, 2, 3 for three neighbours, four neighbours, another choice, all: the groups of Table I."""
    if len(seen) == sources:
        return 3
    gaps = sum((number + 1) % sources not in seen for number in seen)
    return {(1, 3): 0, (1, 4): 1}.get((gaps, len(seen)), 2)


def draw_receptive_fields(image, boxes):
    """A image with the squares that single units see of it, each under its layer's name.

    Args:
        image: (height, width).
        boxes: dict of (top, left, height, width) in pixels by the layers' names, as `anatomy.receptive_box`
            returns them.

    Returns:
        The matplotlib figure.
    """
    side = len(image)
    figure, axes = plt.subplots(figsize=(WIDTH, 0.76 * WIDTH))
    axes.imshow(image, cmap=DIGITS, alpha=0.5)
    named = zip(COLOURS, np.linspace(0.1, 0.9, len(boxes)) * side, boxes.items(), strict=False)
    for number, (colour, label, (name, (top, left, height, width))) in enumerate(named):
        inset = 0.14 * (len(boxes) - number)  # keeps squares that share an edge apart
        corner = (left - 0.5 + inset, top - 0.5 + inset)
        size = (width - 2 * inset, height - 2 * inset)
        axes.add_patch(plt.Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=2.2))
        edge = (left + width - 0.5 - inset, np.clip(label, top + 0.5, top + height - 1.5))
        line = {"arrowstyle": "-", "color": colour, "linewidth": 1, "relpos": (0, 0.5)}
        style = {"color": colour, "va": "center", "weight": "bold", "arrowprops": line}
        axes.annotate(f"{name}  {height}×{width}", edge, (side + 1, label), annotation_clip=False, **style)
    axes.set(xlim=(-0.6, side + 7.5), ylim=(side - 0.3, -0.6))
    axes.axis("off")
    return figure


def plot_shares(table, columns=("parameters", "multiply_adds")):
    """Where a network keeps its parameters and where it does its work: bars of per cent, layer by layer.

    Args:
        table: what `anatomy.layer_table` returns; layers with nothing in both columns are left out.

    Returns:
        The matplotlib figure.
    """
    part = 100 * table[list(columns)] / table[list(columns)].sum()
    part = part[part.max(axis=1) > 0]
    figure, axes = plt.subplots(figsize=(WIDTH, 0.55 * len(part) + 0.5))
    for number, (name, colour) in enumerate(zip(columns, COLOURS, strict=False)):
        places = np.arange(len(part)) + 0.36 * (number - 0.5)
        axes.barh(places, part[name], 0.33, color=colour)
        for place, value in zip(places, part[name], strict=True):
            axes.text(value + 1, place, f"{value:.1f}%", va="center", fontsize=10, color=colour)
        words = {"multiply_adds": "share of the multiply–adds"}.get(name, f"share of the {name}")
        axes.text(100, len(part) - 1.2 + 0.5 * number, words, color=colour, weight="bold", ha="right")
    axes.set(yticks=range(len(part)), yticklabels=part.index, xlim=(0, 102), xticks=[])
    axes.invert_yaxis()
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelsize=11)
    return figure
