"""Numbers as figures: training curves, timelines, and rows of dots over a logarithmic axis."""

import textwrap
from html import escape

import matplotlib.pyplot as plt
import numpy as np

from lenet_utils.plotting.style import BLUE, GRID, INK, MUTED, ORANGE, PAPER, WIDTH, plain_log_axis


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
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
    epochs = np.arange(1, len(history["loss"]) + 1)
    lines = [("", "training", BLUE), ("validation_", "validation", ORANGE)]
    lines = [line for line in lines if f"{line[0]}error_percent" in history]
    for prefix, _, colour in lines:
        accuracy = 100 - np.asarray(history[prefix + "error_percent"], float)
        for axes, values in zip((left, right), (accuracy, history[prefix + "loss"]), strict=True):
            axes.plot(epochs, values, "o-", color=colour, markersize=3)
    for axes, title in zip((left, right), ("Accuracy, %", "Loss, cross-entropy"), strict=True):
        axes.set(xlabel="epoch", title=title)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="y")
    # Accuracies start low and end high, so the lower right corner is free.
    for number, (_, label, colour) in enumerate(lines):
        left.text(0.97, 0.2 - 0.1 * number, label, color=colour, ha="right", transform=left.transAxes)
    right.set_yscale("log")
    plain_log_axis(right.yaxis)
    return figure


# x of a timeline's parts, as fractions of its width.
_ERAS_END = 0.055
_BEND = (
    0.075,
    0.125,
)  # where the line from a year to its label leaves the year's height and reaches the label's
_LINE_END = 0.14
_YEAR = 0.15
_HEADLINE = 0.265


def plot_timeline(events, eras, height: float = 11.6):
    """Years down the left, to scale; what happened, spread out on the right, in its era's colour.

    Args:
        events: (year, headline, one line of detail), in the order of the years.
        eras: (first year, last year, name, colour); they should cover every event.
        height: of the figure in inches; about 0.45 an event keeps the lines apart.

    Returns:
        The matplotlib figure. The chapter *history* uses it.
    """
    first, last = eras[0][0], eras[-1][1]
    gap = (last - first) / max(len(events) - 0.5, 1)  # years between two labels that just do not touch
    figure, axes = plt.subplots(figsize=(WIDTH, height))
    for start, end, name, colour in eras:
        axes.fill_betweenx([start, end], 0, _ERAS_END, color=colour, linewidth=0)
        style = {"rotation": 90, "ha": "center", "va": "center", "color": PAPER, "weight": "bold"}
        axes.text(_ERAS_END / 2, (start + end) / 2, name, **style)
    heights = _spread_labels([event[0] for event in events], gap, first, last)
    for (year, headline, detail), place in zip(events, heights, strict=True):
        colour = next(era[3] for era in reversed(eras) if era[0] <= year)
        line = [_ERAS_END, *_BEND, _LINE_END], [year, year, place, place]
        axes.plot(*line, color=colour, linewidth=1.2)
        axes.text(_YEAR, place, f"{year}", va="center", color=colour, weight="bold", fontsize=12)
        style = {"va": "center", "color": INK, "weight": "bold", "fontsize": 12.5}
        axes.text(_HEADLINE, place - 0.2 * gap, headline, **style)
        axes.text(_HEADLINE, place + 0.22 * gap, detail, va="center", color=MUTED, fontsize=11)
    axes.set(xlim=(0, 1), ylim=(last + 0.5, first - 0.7))
    axes.axis("off")
    return figure


def _spread_labels(years, gap: float, first: float, last: float) -> np.ndarray:
    """Heights of labels, near their years and at least about `gap` from one another, between `first` and `last`."""
    places = np.array(years, dtype=float)
    for _ in range(500):  # push neighbours apart, a little at a time, until no two labels touch
        overlap = np.clip(gap - np.diff(places), 0, None) / 2
        places += 0.5 * (np.append(0, overlap) - np.append(overlap, 0))
        places = np.clip(places, first + gap * 0.2, last - gap * 0.35)
    return places


# A row of dots in units of its drawing, which is 500 wide: names, then dots, then the first two kinds' numbers.
_DRAWING_WIDTH = 500
_NAMES_END = 196
_DOTS = (210, 380)
_POINTS = (420, 471)  # x of the decimal points
_HEAD, _PITCH, _LINE, _FOOT = 44, 24, 16, 50
_LONGEST_NAME = 24  # letters; a longer name takes two lines


def plot_dots(table, colours: dict, label: str, ticks, notes: dict | None = None, title: str = "") -> str:
    """Rows of dots over one logarithmic axis, drawn as SVG, so that a pointer on a row can show more of it.

    Args:
        table: a DataFrame of numbers, one row a name, one column a kind of dot; NaN draws no dot, and a number
            beyond the axis an arrow at its end.
        colours: column → colour. The numbers of the first two also stand at the end of the row.
        label: what a screen reader says of the whole.
        ticks: values of the axis; the first and the last are its ends. If the first is 0, the axis is linear up to
            the second, and logarithmic from there.
        notes: name → a line that appears when the pointer rests on its row.
        title: of the axis, with the unit.

    Returns:
        HTML with one SVG and nothing to fetch: `display(HTML(plot_dots(...)))`. It is as wide as its place, at most
        38 em. The chapter *rivals* uses it.
    """
    parts, top = [], _HEAD
    for name, row in table.iterrows():
        lines = textwrap.wrap(str(name), _LONGEST_NAME)
        tall = _PITCH + _LINE * (len(lines) - 1)
        known = {column: row[column] for column in colours if row[column] == row[column]}
        note = (notes or {}).get(name) or ", ".join(f"{column} {value:g}" for column, value in known.items())
        parts.append(f"<g><title>{escape(f'{name}: {note}')}</title>")
        # What the pointer meets anywhere in the row.
        parts.append(f'<rect x="4" y="{top}" width="{_DRAWING_WIDTH - 8}" height="{tall}" fill="#0000"/>')
        middle = top + tall / 2
        for number, line in enumerate(lines):
            parts.append(_text(_NAMES_END, middle + 5 + _LINE * (number - (len(lines) - 1) / 2), line, INK))
        parts += _draw_dots(known, colours, middle, ticks)
        for column, x in zip(colours, _POINTS, strict=False):
            if column in known:
                parts += _write_number(x, middle + 5, known[column], colours[column])
        parts.append("</g>")
        top += tall
    frame = [f'<rect width="{_DRAWING_WIDTH}" height="{top + _FOOT}" rx="6" fill="{PAPER}"/>']
    frame += _draw_ticks(ticks, top, title) + _write_heads(colours)
    return (
        f'<svg viewBox="0 0 {_DRAWING_WIDTH} {top + _FOOT}" role="img" aria-label="{escape(label)}" '
        f'style="width:100%;max-width:38em;color:{INK};font:14px sans-serif;font-variant-numeric:tabular-nums">'
        f"{''.join(frame + parts)}</svg>"
    )


def _text(x, y, words, colour, anchor="end", more="") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" text-anchor="{anchor}"{more}>{escape(words)}</text>'
    )


def _write_number(x, y, value, colour) -> list[str]:
    """A number whose decimal point is at x, with one decimal, or two where it has them."""
    whole, decimals = f"{value:.2f}".removesuffix("0").split(".")
    return [_text(x, y, whole, colour), _text(x, y, f".{decimals}", colour, "start")]


def _write_heads(colours: dict) -> list[str]:
    """The kinds of dots: the first two above their numbers, the others, which have none, above the dots."""
    bold, y = ' font-weight="bold"', _HEAD - 18
    heads = [
        _text(x, y, kind, colours[kind], "middle", bold) for kind, x in zip(colours, _POINTS, strict=False)
    ]
    for number, kind in enumerate(list(colours)[2:]):
        heads.append(_text(_DOTS[0] + 150 * number, y, f"◆ {kind}", colours[kind], "start", bold))
    return heads


def _draw_ticks(ticks, bottom, title) -> list[str]:
    parts = []
    for tick in ticks:
        x = _place(tick, ticks)
        parts.append(f'<path d="M{x:.1f} {_HEAD - 6}V{bottom}" stroke="{GRID}"/>')
        parts.append(_text(x, bottom + 18, f"{tick:g}", MUTED, "middle"))
    return [*parts, _text(sum(_DOTS) / 2, bottom + 39, title, MUTED, "middle")]


def _place(value: float, ticks) -> float:
    """x of a value: logarithmic between the ends of the axis, and linear below the second tick if the first is 0.

    Beyond an end of the axis, that end.
    """
    value = min(max(value, ticks[0]), ticks[-1])
    left, right = _DOTS
    first = ticks[0]
    if first == 0:
        first, zero = ticks[1], left
        left += (right - left) / (len(ticks) - 1)  # as wide as another step, if the steps are about even
        if value < first:
            return zero + (left - zero) * value / first
    return left + (right - left) * np.log(value / first) / np.log(ticks[-1] / first)


def _draw_dots(values: dict, colours: dict, y, ticks) -> list[str]:
    """The marks of one row over the line that joins them."""
    places = {kind: _place(value, ticks) for kind, value in values.items()}
    parts = []
    if places:
        low, high = min(places.values()), max(places.values())
        parts.append(f'<path d="M{low:.1f} {y}H{high:.1f}" stroke="{MUTED}"/>')
    for kind, x in reversed(places.items()):  # the first kind, a ring, is drawn last
        order = list(colours).index(kind)
        side = int(values[kind] > ticks[-1]) - int(values[kind] < ticks[0])
        fill = "none" if order == 0 else colours[kind]
        shape = _mark(x, y, order, side)
        parts.append(f'<path d="{shape}" fill="{fill}" stroke="{colours[kind]}" stroke-width="2"/>')
    return parts


def _mark(x, y, order: int, side: int) -> str:
    """The outline of a ring, a disc or a diamond, because colour alone should not tell the kinds apart.

    Args:
        order: of the kind of dot.
        side: −1 or 1 where the value lies beyond the left or the right end of the axis: an arrow points there.
    """
    if side:
        return f"M{x:.1f} {y - 5}l{8 * side} 5l{-8 * side} 5z"
    if order == 2:
        return f"M{x - 6:.1f} {y}l6-6 6 6-6 6z"
    radius = 6 if order == 0 else 4
    arc = f"a{radius} {radius} 0 1 0"
    return f"M{x - radius:.1f} {y}{arc} {2 * radius} 0{arc}-{2 * radius} 0z"
