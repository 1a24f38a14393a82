"""Figures of one chapter each: the timeline of *history*, the rows of dots of *rivals*."""

from html import escape

import matplotlib.pyplot as plt
import numpy as np

from lenet_utils.plotting.style import GRID, INK, MUTED, PAPER, WIDTH


def plot_timeline(events, eras, height: float = 11.6):
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


def plot_dots(table, colours: dict, label: str, ticks, notes: dict | None = None, title: str = "") -> str:
    """Rows of dots over one logarithmic axis, drawn as SVG, so that a pointer on a row can show more of it.

    Args:
        table: a DataFrame of positive numbers, one row per name, one column per kind of dot. NaN draws no dot; for a
            value beyond the axis an arrow stands at the axis' end.
        colours: column → colour. The numbers of the first two also stand at the end of the row.
        label: what a screen reader says of the whole.
        ticks: values of the axis; the first and the last are its ends.
        notes: name → a line that appears when the pointer rests on its row.
        title: of the axis.

    Returns:
        HTML with one SVG and nothing to fetch: `display(HTML(plot_dots(...)))`. It is as wide as its place, at
        most 38 em. The chapter *rivals* uses it.
    """
    bottom = _TOP + _PITCH * len(table)
    height = bottom + (50 if title else 34)
    parts = [f'<rect width="{_WIDE}" height="{height}" rx="6" fill="{PAPER}"/>']
    for tick in ticks:
        x = _on_axis(tick, ticks)
        parts.append(f'<path d="M{x:.1f} {_TOP - 6}V{bottom}" stroke="{GRID}"/>')
        parts.append(_text(x, bottom + 20, f"{tick:g}", MUTED, "middle"))
    if title:
        parts.append(_text((_LEFT + _RIGHT) / 2, bottom + 38, title, MUTED, "middle"))
    parts += _column_heads(colours)
    for number, (name, row) in enumerate(table.iterrows()):
        parts += _row(name, row, _TOP + _PITCH * (number + 0.5), colours, ticks, (notes or {}).get(name))
    return (
        f'<svg viewBox="0 0 {_WIDE} {height}" role="img" aria-label="{escape(label)}" '
        f'style="width:100%;max-width:38em;color:{INK};font:14px sans-serif">{"".join(parts)}</svg>'
    )


# Units of the drawing: its width, where the axis begins and ends, where the rows begin, how far apart they are, and
# where the numbers of the first two columns end.
_WIDE, _LEFT, _RIGHT, _TOP, _PITCH = 500, 228, 396, 44, 24
_ENDS = (448, 492)


def _on_axis(value: float, ticks) -> float:
    """Where a value stands on the logarithmic axis; beyond its ends, at the end."""
    low, high = np.log([ticks[0], ticks[-1]])
    return _LEFT + (_RIGHT - _LEFT) * (np.log(np.clip(value, ticks[0], ticks[-1])) - low) / (high - low)


def _text(x, y, words, colour, anchor="end", more="") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" text-anchor="{anchor}"{more}>{escape(words)}</text>'
    )


def _column_heads(colours: dict) -> list[str]:
    """The first two columns above their numbers, the others with their mark above the dots."""
    bold, names = ' font-weight="bold"', list(colours)
    heads = [
        _text(x, _TOP - 18, name, colours[name], more=bold) for name, x in zip(names, _ENDS, strict=False)
    ]
    for number, name in enumerate(names[2:]):
        heads.append(_text(_LEFT + 150 * number, _TOP - 18, f"◆ {name}", colours[name], "start", bold))
    return heads


def _row(name: str, row, y: float, colours: dict, ticks, note: str | None) -> list[str]:
    """One name, its dots and the line between them, its first two numbers, and the note for the pointer."""
    known = [(column, row[column]) for column in colours if row[column] == row[column]]
    note = note or ", ".join(f"{column} {value:g}" for column, value in known)
    parts = [f"<g><title>{escape(f'{name}: {note}')}</title>"]
    parts.append(f'<rect x="4" y="{y - _PITCH / 2}" width="{_WIDE - 8}" height="{_PITCH}" fill="#0000"/>')
    parts.append(_text(_LEFT - 12, y + 5, name, INK))
    if known:
        xs = [_on_axis(value, ticks) for _, value in known]
        parts.append(f'<path d="M{min(xs):.1f} {y}H{max(xs):.1f}" stroke="{MUTED}"/>')
    for column, value in reversed(known):  # the first kind, a ring, is drawn last
        parts.append(_dot(value, y, list(colours).index(column), colours[column], ticks))
    for column, x in zip(colours, _ENDS, strict=False):
        if row[column] == row[column]:
            parts.append(_text(x, y + 5, _number(row[column]), colours[column]))
    return [*parts, "</g>"]


def _number(value: float) -> str:
    """Three digits that count, those behind the point included: 0.80, 6.00, 14.2, 125."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _dot(value: float, y: float, kind: int, colour: str, ticks) -> str:
    """The mark of a value: a ring, a disc, a diamond, because colour alone should not tell them apart.

    An arrow stands where the value lies beyond the axis.
    """
    x = _on_axis(value, ticks)
    radius = 6 if kind == 0 else 4
    arc = f"a{radius} {radius} 0 1 0"
    shape = f"M{x - radius:.1f} {y}{arc} {2 * radius} 0{arc}-{2 * radius} 0z"
    if kind == 2:
        shape = f"M{x - 6:.1f} {y}l6-6 6 6-6 6z"
    if not ticks[0] <= value <= ticks[-1]:
        way = 8 if value > ticks[-1] else -8
        shape = f"M{x:.1f} {y - 5}l{way} 5l{-way} 5z"
    fill = "none" if kind == 0 else colour
    return f'<path d="{shape}" fill="{fill}" stroke="{colour}" stroke-width="2"/>'
