"""Every figure style in one place: colours, type, and the figures that several chapters share.

Figures carry their own warm, light background, so that they look the same on a light page, on a dark page
and in print. The colours are Okabe and Ito's, which colour-blind readers can tell apart, darkened where
thin lines or letters need more contrast with the background.
"""

from html import escape

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects
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


def mistakes(pictures, labels, probabilities, count: int = 21, columns: int = 7):
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


def timeline(events, eras, height: float = 11.6):
    """Years down the left, to scale; what happened, spread out on the right, in its era's colour.

    Args:
        events: (year, headline, one line of detail), in the order of the years.
        eras: (first year, last year, name, colour); they should cover every event.
        height: of the figure in inches; about 0.45 an event keeps the lines apart.

    Returns:
        The matplotlib figure. The history chapter uses it.
    """
    first, last = eras[0][0], eras[-1][1]
    years = np.array([event[0] for event in events], dtype=float)
    gap = (last - first) / max(len(events) - 0.5, 1)
    places = years.copy()
    for _ in range(500):  # push neighbours apart, a little at a time, until no two labels touch
        overlap = np.clip(gap - np.diff(places), 0, None) / 2
        places += 0.5 * (np.append(0, overlap) - np.append(overlap, 0))
        places = np.clip(places, first + gap * 0.2, last - gap * 0.35)
    figure, axes = plt.subplots(figsize=(WIDTH, height))
    for start, end, name, colour in eras:
        axes.fill_betweenx([start, end], 0, 0.055, color=colour, linewidth=0)
        axes.text(
            0.0275, (start + end) / 2, name, rotation=90, ha="center", va="center", color=PAPER, weight="bold"
        )
    for (year, headline, detail), place in zip(events, places, strict=True):
        colour = next(era[3] for era in reversed(eras) if era[0] <= year)
        axes.plot([0.055, 0.075, 0.125, 0.14], [year, year, place, place], color=colour, linewidth=1.2)
        axes.text(0.15, place, f"{year}", va="center", color=colour, weight="bold", fontsize=12)
        axes.text(0.265, place - 0.2 * gap, headline, va="center", color=INK, weight="bold", fontsize=12.5)
        axes.text(0.265, place + 0.22 * gap, detail, va="center", color=MUTED, fontsize=11)
    axes.set(xlim=(0, 1), ylim=(last + 0.5, first - 0.7))
    axes.axis("off")
    return figure


def show_activations(picture, activations):
    """One picture on its way through LeNet-5: every map of every layer, from the input to the outputs.

    Each layer has its own scale of darkness, from 0 (paper) to its strongest answer. Taught in the chapter
    *inside-the-network*.

    Args:
        picture: the input, shape (32, 32) or (32, 32, 1).
        activations: what each layer gave for this picture: "C1", "S2", "C3" and "S4" of shape
            (height, width, maps), "C5" with 120 numbers, "F6" with 84, "output" with one a class.

    Returns:
        The matplotlib figure.
    """
    left, full, gap, height = 0.98, 5.02, 0.07, 8.0
    figure = plt.figure(figsize=(WIDTH, height), layout="none")

    def place(x, y, width, tall):
        """Axes at (x, y) inches from the upper left corner."""
        axes = figure.add_axes((x / WIDTH, 1 - (y + tall) / height, width / WIDTH, tall / height))
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color=GRID, linewidth=0.8)
        return axes

    def name(y, tall, title, size):
        middle = 1 - (y + tall / 2) / height
        figure.text(0.0, middle, title, weight="bold", va="bottom", fontsize=12)
        figure.text(0.0, middle - 0.004, size, color=MUTED, va="top", fontsize=10)

    y = 0.05
    place(left + (full - 1.15) / 2, y, 1.15, 1.15).imshow(np.squeeze(picture), cmap=DIGITS)
    name(y, 1.15, "input", "32×32")
    y += 1.15 + 0.2
    for layer, columns, share in (("C1", 6, 1.0), ("S2", 6, 0.68), ("C3", 8, 1.0), ("S4", 8, 0.68)):
        maps = np.asarray(activations[layer])
        strongest, count = maps.max() or 1.0, maps.shape[-1]
        cell = (full + gap) / columns  # a map and the gap beside it
        side = (cell - gap) * share
        rows = -(-count // columns)
        for number in range(count):
            row, column = divmod(number, columns)
            x = left + column * cell + (cell - gap - side) / 2
            axes = place(x, y + row * (side + gap), side, side)
            axes.imshow(maps[..., number], cmap=HEAT, vmin=0, vmax=strongest)
        tall = rows * (side + gap) - gap
        name(y, tall, layer, f"{count} maps\n{maps.shape[0]}×{maps.shape[1]}")
        y += tall + 0.2
    for layer, columns in (("C5", 30), ("F6", 28)):
        units = np.ravel(activations[layer]).reshape(-1, columns)
        tall = full / columns * len(units)
        axes = place(left, y, full, tall)
        axes.imshow(units, cmap=HEAT, vmin=0, vmax=units.max() or 1.0, aspect="auto")
        axes.set_xticks(np.arange(0.5, columns - 1), minor=True)
        axes.set_yticks(np.arange(0.5, len(units) - 1), minor=True)
        axes.grid(which="minor", color=PAPER, linewidth=1.2)
        axes.tick_params(which="both", length=0)
        name(y, tall, layer, f"{units.size} units")
        y += tall + 0.2
    outputs = np.ravel(activations["output"])
    axes = place(left, y, full, 0.5)
    best = int(outputs.argmax())
    colours = [ORANGE if number == best else MUTED for number in range(len(outputs))]
    axes.bar(range(len(outputs)), outputs, width=0.62, color=colours)
    axes.set(ylim=(0, 1), xlim=(-0.5, len(outputs) - 0.5), xticks=range(len(outputs)))
    axes.tick_params(length=0, labelsize=11, labelcolor=INK)
    axes.get_xticklabels()[best].set(color=ORANGE, weight="bold")
    axes.spines[["left", "right", "top"]].set_visible(False)
    name(y, 0.5, "output", f"surest: {best},\n{100 * outputs[best]:.1f}%")
    return figure


def draw_network(table, maps=None):
    """A network drawn from its layer table, from the picture down to the answer, every map to scale.

    One row a layer. An orange square is the window of one unit; lines lead from it to that unit in the row
    below. A layer of single units is a strip with one cell a unit. The chapter *architecture* uses it.

    Args:
        table: what `anatomy.layer_table` returns.
        maps: None, or what each layer makes of one picture: (height, width, maps) or (units,) arrays by the
            layers' names, and "input" for the picture. `anatomy.feature_maps` has them for many pictures.

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
                picture = None if array is None else array[..., number]
            else:
                box = (0.01 * span, 0.99 * span, top + strip, top)
                picture = np.zeros((1, count)) if array is None else array.reshape(1, -1)
            _draw_map(axes, picture, box, array)
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


def _draw_map(axes, picture, box, array):
    """One map in its frame. A layer's maps share one scale; its largest per cent is as dark as it gets."""
    left, right, bottom, top = box
    if picture is not None:
        limits = {"vmin": 0, "vmax": 1}
        if array is not None:
            limits = {"vmin": array.min(), "vmax": max(np.quantile(array, 0.99), array.min() + 1e-6)}
        axes.imshow(picture, extent=box, cmap=DIGITS, aspect="auto", **limits)
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


def connection_table(table, sources: int = 6):
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


def receptive_fields(picture, boxes):
    """A picture with the squares that single units see of it, each under its layer's name.

    Args:
        picture: (height, width).
        boxes: dict of (top, left, height, width) in pixels by the layers' names, as `anatomy.receptive_box`
            returns them.

    Returns:
        The matplotlib figure.
    """
    side = len(picture)
    figure, axes = plt.subplots(figsize=(WIDTH, 0.76 * WIDTH))
    axes.imshow(picture, cmap=DIGITS, alpha=0.5)
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


def shares(table, columns=("parameters", "multiply_adds")):
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


def scatter_digits(axes, points, labels, size: float = 16) -> None:
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


def dot_rows(table, colours: dict, label: str, ticks, notes: dict | None = None) -> str:
    """Rows of dots over one logarithmic axis, drawn as SVG, so that a pointer on a row can show more of it.

    Args:
        table: a DataFrame of positive numbers, one row a name, one column a kind of dot; NaN draws no dot; beyond the
            axis it sits at its end.
        colours: column → colour. The numbers of the first two also stand at the end of the row.
        label: what a screen reader says of the whole.
        ticks: values of the axis; the first and the last are its ends.
        notes: name → a line that appears when the pointer rests on its row.

    Returns:
        HTML with one SVG and nothing to fetch: `display(HTML(dot_rows(...)))`. It is as wide as its place, at
        most 38 em. The chapter *rivals* uses it.
    """
    left, right, top, pitch = 228, 402, 44, 24
    low, high = np.log([ticks[0], ticks[-1]])
    bottom = top + pitch * len(table)

    def place(value):
        return left + (right - left) * (np.log(np.clip(value, ticks[0], ticks[-1])) - low) / (high - low)

    def text(x, y, words, colour, anchor="end", more=""):
        return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" text-anchor="{anchor}"{more}>{escape(words)}</text>'

    parts = [f'<rect width="500" height="{bottom + 34}" rx="6" fill="{PAPER}"/>']
    for tick in ticks:
        x = place(tick)
        parts.append(f'<path d="M{x:.1f} {top - 6}V{bottom}" stroke="{GRID}"/>')
        parts.append(text(x, bottom + 20, f"{tick:g}", MUTED, "middle"))
    ends = (*zip(colours, (452, 494), strict=False),)
    for column, x in ends:
        parts.append(text(x, top - 18, column, colours[column], more=' font-weight="bold"'))
    for number, column in enumerate(list(colours)[2:]):
        parts.append(
            text(
                left + 150 * number, top - 18, f"◆ {column}", colours[column], "start", ' font-weight="bold"'
            )
        )
    for number, (name, row) in enumerate(table.iterrows()):
        y = top + pitch * (number + 0.5)
        known = [(column, row[column]) for column in colours if row[column] == row[column]]
        xs = [place(value) for _, value in known]
        note = (notes or {}).get(name) or ", ".join(f"{column} {value:g}" for column, value in known)
        parts.append(f"<g><title>{escape(f'{name}: {note}')}</title>")
        parts.append(f'<rect x="4" y="{y - pitch / 2}" width="492" height="{pitch}" fill="#0000"/>')
        parts.append(text(left - 12, y + 5, name, INK))
        if xs:
            parts.append(f'<path d="M{min(xs):.1f} {y}H{max(xs):.1f}" stroke="{MUTED}"/>')
        for column, value in reversed(known):
            # The first kind is a ring, drawn last, and the third a diamond: colour alone should not tell them apart.
            x, kind = place(value), list(colours).index(column)
            fill, radius = ("none", 6) if kind == 0 else (colours[column], 4)
            arc = f"a{radius} {radius} 0 1 0"
            circle = f"M{x - radius:.1f} {y}{arc} {2 * radius} 0{arc}-{2 * radius} 0z"
            shape = f"M{x - 6:.1f} {y}l6-6 6 6-6 6z" if kind == 2 else circle
            parts.append(f'<path d="{shape}" fill="{fill}" stroke="{colours[column]}" stroke-width="2"/>')
        parts += [
            text(x, y + 5, f"{row[column]:.3g}", colours[column])
            for column, x in ends
            if row[column] == row[column]
        ]
        parts.append("</g>")
    return (
        f'<svg viewBox="0 0 500 {bottom + 34}" role="img" aria-label="{escape(label)}" '
        f'style="width:100%;max-width:38em;color:{INK};font:14px sans-serif">{"".join(parts)}</svg>'
    )
