"""Networks as figures: their layers, connections, receptive fields, and shares of the work."""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from lenet_utils.plotting.style import COLOURS, DIGITS, MUTED, ORANGE, PAPER, WIDTH

# Geometry of `draw_network`: the rows' x runs from 0 to a span in pixels of the input's size.
_ROW_GAP, _STRIP = 0.34, 0.2  # inches: between two rows, for the words; the height of a strip of single units
_MOST_MAPS = 16  # in one row
_MOST_NUMBERED = 20  # units of a strip whose cells are numbered
_EDGES = (0.01, 0.99)  # of a strip, as fractions of the span


class _Row(NamedTuple):
    """The input or a layer, as a row of `draw_network`."""

    name: str
    maps: int
    height: int
    width: int
    label: str
    work: str


class _Drawn(NamedTuple):
    """Where a row was drawn: x of its maps' middles, y of its upper edge, x at which lines point at a strip."""

    centres: np.ndarray
    top: float
    target: float


def draw_network(table, maps=None):
    """A network drawn from its layer table, from the image down to the answer, every map to scale.

    One row a layer. An orange square is the window of one unit; lines lead from it to that unit in the row below.
    A layer of single units is a strip with one cell a unit. The chapter *architecture* uses it.

    Args:
        table: what `anatomy.layer_table` returns.
        maps: None, or the activations for one image: (height, width, maps) or (units,) arrays by the layers' names,
            and "input" for the image. `anatomy.feature_maps` has them for many images.

    Returns:
        The matplotlib figure. Of a layer with more maps than fit, the first are shown.
    """
    rows = _network_rows(table)
    width = rows[0].width
    # Room for six maps as wide as the input (C1), or for sixteen of those that are less than half as wide (C3).
    span = 1.03 * max(6 * width, _MOST_MAPS * table.width[table.width < width / 2].max())
    unit = WIDTH / span  # inches a pixel
    gap, strip = _ROW_GAP / unit, _STRIP / unit
    heights = [row.height if row.height > 1 else strip for row in rows]
    tops = np.cumsum([0.75 * gap, *(height + gap for height in heights[:-1])])
    bottom = tops[-1] + heights[-1] + 0.2 * gap
    figure, axes = plt.subplots(figsize=(WIDTH, bottom * unit))
    drawn = []
    for row, top in zip(rows, tops, strict=True):
        array = None if maps is None else np.asarray(maps[row.name], float)
        draw = _draw_map_row if row.height > 1 else _draw_strip
        drawn.append(draw(axes, row, array, top, span, strip))
        _describe_row(axes, row, len(drawn[-1].centres), top - 0.42 * gap, span)
    _draw_windows(axes, table, rows, drawn, span, strip)
    axes.set(xlim=(0, span), ylim=(bottom, 0), aspect="equal")
    axes.axis("off")
    return figure


def _network_rows(table) -> list[_Row]:
    height, width, channels = table.attrs["input_shape"]
    rows = [_Row("input", channels, height, width, f"input {channels}@{height}×{width}", "")]
    for name, layer in table.iterrows():
        size = f"{layer.maps}@{layer.height}×{layer.width}" if layer.height > 1 else f"{layer.maps} units"
        work = f"{layer.kind} · {layer.parameters:,} parameters" if layer.parameters else layer.kind
        rows.append(_Row(name, layer.maps, layer.height, layer.width, f"{name}  {size}", work))
    return rows


def _draw_map_row(axes, row, array, top, span, strip) -> _Drawn:
    """A row of maps, evenly spread."""
    shown = min(row.maps, _MOST_MAPS, int(span / (1.06 * row.width)))
    centres = (np.arange(shown) + 0.5) * span / shown
    for number, centre in enumerate(centres):
        box = (centre - row.width / 2, centre + row.width / 2, top + row.height, top)
        _draw_map(axes, None if array is None else array[..., number], box, array)
    return _Drawn(centres, top, span / 2)


def _draw_strip(axes, row, array, top, span, strip) -> _Drawn:
    """A strip with one cell for each unit; a few units are numbered."""
    left, right = _EDGES
    image = np.zeros((1, row.maps)) if array is None else array.reshape(1, -1)
    _draw_map(axes, image, (left * span, right * span, top + strip, top), array)
    middles = (left + (right - left) * (np.arange(row.maps) + 0.5) / row.maps) * span
    if row.maps <= _MOST_NUMBERED:
        for cell, middle in enumerate(middles):
            dark = array is not None and array.ravel()[cell] > 0.5 * array.max()
            style = {"ha": "center", "va": "center", "fontsize": 10, "color": PAPER if dark else MUTED}
            axes.text(middle, top + strip / 2, cell, **style)
    # A unit of a strip is pointed at by its cell: the strongest, or, of an empty strip, the middle one.
    pointed = row.maps // 2 if array is None else int(np.argmax(array))
    return _Drawn(np.array([span / 2]), top, middles[pointed])


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


def _describe_row(axes, row, shown, y, span):
    """A layer's name and size at the left, above its maps, and what it does at the right."""
    more = f" ({shown} shown)" if 1 < shown < row.maps else ""
    style = {"va": "center", "bbox": {"facecolor": PAPER, "edgecolor": "none", "pad": 1}, "zorder": 4}
    axes.text(_EDGES[0] * span, y, row.label + more, weight="bold", **style)
    axes.text(_EDGES[1] * span, y, row.work, color=MUTED, fontsize=10, ha="right", **style)


def _draw_windows(axes, table, rows, drawn, span, strip):
    """For one unit a layer, the window through which it looks at the row above."""
    fields = [1, *(np.max(side) for side in table.receptive_field)]
    jumps = [1, *(np.max(side) for side in table.jump)]
    for number in range(1, len(rows)):
        above, row, (centres, top, target) = rows[number - 1], rows[number], drawn[number]
        chosen = min(len(centres) - 1, 1 + len(centres) // 4)
        aim = (target, top)
        if row.height > 1:
            aim = (centres[chosen] - row.width / 2 + row.width // 2 + 0.5, top + row.height // 2 + 0.5)
        if above.height == 1:
            boxes = [(_EDGES[0] * span, drawn[number - 1].top, (_EDGES[1] - _EDGES[0]) * span, strip)]
        else:
            side = 1 + (fields[number] - fields[number - 1]) // jumps[number - 1]
            y, x = _window_corner(above, row, side, jumps[number] // jumps[number - 1])
            boxes = [
                (
                    centre - above.width / 2 + x,
                    drawn[number - 1].top + y,
                    min(side, above.width),
                    min(side, above.height),
                )
                for number_above, centre in enumerate(drawn[number - 1].centres)
                if number_above == chosen or not ("pooling" in row.work or "subsampling" in row.work)
            ]
        for box in boxes:
            _draw_window(axes, box, aim, framed=above.height > 1)
        if row.height > 1:
            axes.plot(*aim, "s", color=ORANGE, markersize=2.2, zorder=3)


def _window_corner(above, row, side, stride) -> tuple[int, int]:
    """Upper left corner, (row, column) of the layer above, of what the middle unit of a map sees there."""
    corner = []
    for before, after in ((above.height, row.height), (above.width, row.width)):
        padding = max((after - 1) * stride + side - before, 0) // 2 * (after > 1)
        start = max(after // 2 * stride - padding, 0) if row.height > 1 else 0
        corner.append(min(start, before - min(side, before)))
    return tuple(corner)


def _draw_window(axes, box, aim, framed):
    """A square, (left, top, width, height), and two lines from its lower corners to the unit that looks through it."""
    left, top, width, height = box
    if framed:
        square = {"fill": False, "edgecolor": ORANGE, "linewidth": 1.1, "zorder": 3}
        axes.add_patch(plt.Rectangle((left, top), width, height, **square))
    for corner in (left, left + width):
        line = {"color": ORANGE, "linewidth": 0.6, "alpha": 0.55, "zorder": 2}
        axes.plot([corner, aim[0]], [top + height, aim[1]], **line)


# `draw_connection_table`: one column a map, one row a source; lengths in cells.
_DOT, _NO_DOT = 0.34, 0.07  # radii in the table, where a source is seen and where not
_RING, _RING_DOT, _RING_NO_DOT = 0.4, 0.1, 0.05  # radii below it


def draw_connection_table(table, sources: int = 6):
    """Which maps of the layer before each map sees: as a table, and below it as figures on a ring.

    Args:
        table: for each map, the numbers of the maps that it sees; `paper.C3_TABLE`.
        sources: how many maps the layer before has. On the ring the last is a neighbour of the first.

    Returns:
        The matplotlib figure. The chapter *architecture* uses it for C3.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, WIDTH * (sources + 4) / (len(table) + 1.3)))
    groups = [_neighbourhood(seen, sources) for seen in table]
    for column, (seen, group) in enumerate(zip(table, groups, strict=True)):
        _draw_connections(axes, column, seen, sources, COLOURS[group])
    middle = {"ha": "center", "va": "center"}
    for row in range(sources):
        axes.text(-0.75, row, row, fontsize=10, color=MUTED, **middle)
    axes.text((len(table) - 1) / 2, -1.6, "map of C3", **middle)
    axes.text(-1.35, (sources - 1) / 2, "map of S2", rotation=90, **middle)
    for group, words in enumerate(("three neighbours", "four neighbours", "two pairs", "all")):
        columns = [column for column, other in enumerate(groups) if other == group]
        if columns:
            style = {"fontsize": 10, "color": COLOURS[group], "weight": "bold"} | middle
            axes.text(np.mean(columns), sources + 1.6, words, **style)
    axes.set(xlim=(-1.7, len(table) - 0.4), ylim=(sources + 2, -2), aspect="equal")
    axes.axis("off")
    return figure


def _draw_connections(axes, column, seen, sources, colour):
    """One map's column of the table, and its polygon on the ring below."""
    for row in range(sources):
        size, face = (_DOT, colour) if row in seen else (_NO_DOT, MUTED)
        axes.add_patch(plt.Circle((column, row), size, color=face, linewidth=0))
    angles = np.pi / 2 - 2 * np.pi * np.arange(sources) / sources
    ring = np.array([column, sources + 0.6]) + _RING * np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    for start, end in ((a, b) for a in seen for b in seen if a < b):
        axes.plot(*ring[[start, end]].T, color=colour, linewidth=0.9)
    for number, point in enumerate(ring):
        size, face = (_RING_DOT, colour) if number in seen else (_RING_NO_DOT, MUTED)
        axes.add_patch(plt.Circle(point, size, color=face))
    axes.text(column, -0.85, column, ha="center", va="center", fontsize=10, color=MUTED)


def _neighbourhood(seen, sources):
    """0, 1, 2, 3 for three neighbours, four neighbours, another choice, all: the groups of Table I."""
    if len(seen) == sources:
        return 3
    gaps = sum((number + 1) % sources not in seen for number in seen)
    return {(1, 3): 0, (1, 4): 1}.get((gaps, len(seen)), 2)


def draw_receptive_fields(image, boxes):
    """An image with the squares that single units see of it, each under its layer's name.

    Args:
        image: (height, width).
        boxes: dict of (top, left, height, width) in pixels by the layers' names, as `anatomy.receptive_box` returns
            them.

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
    axes.set(xlim=(-0.6, side + 7.5), ylim=(side - 0.3, -0.6))  # room at the right for the names
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
        heights = np.arange(len(part)) + 0.36 * (number - 0.5)  # two bars of 0.33, side by side
        axes.barh(heights, part[name], 0.33, color=colour)
        for height, value in zip(heights, part[name], strict=True):
            axes.text(value + 1, height, f"{value:.1f}%", va="center", fontsize=10, color=colour)
        words = {"multiply_adds": "share of the multiply–adds"}.get(name, f"share of the {name}")
        axes.text(100, len(part) - 1.2 + 0.5 * number, words, color=colour, weight="bold", ha="right")
    axes.set(yticks=range(len(part)), yticklabels=part.index, xlim=(0, 102), xticks=[])
    axes.invert_yaxis()
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelsize=11)
    return figure
