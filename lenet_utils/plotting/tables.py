"""Tables as the book shows them: text at the left, numbers at the right, few digits."""

from collections.abc import Callable
from html import escape
from numbers import Integral, Number, Real

import pandas as pd


class FormattedTable:
    """A table that a notebook shows as HTML and everything else as text."""

    def __init__(self, text: str, html: str):
        self._text, self._html = text, html

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return self._html


def format_table(table: pd.DataFrame, formats: str | Callable | dict | None = None) -> FormattedTable:
    """A DataFrame for display: columns of text aligned left, columns of numbers right, one row of headings.

    Args:
        table: a column is one of numbers if all its values are numbers or missing. The index's name stands in
            the corner; a column with several levels of headings has them in one cell.
        formats: how numbers are written: a format string such as "{:.1f}", a function from number to string,
            or a dict of these by column. By default whole numbers have separators ("61,706") and others two
            decimals.

    Returns:
        What a cell may end with, or `display` takes. Minus signs are as long as plus signs; missing is "–".
    """
    numeric = [_is_numeric(table.iloc[:, place]) for place in range(table.shape[1])]
    cells = []
    for place, name in enumerate(table.columns):
        form = formats.get(name) if isinstance(formats, dict) else formats
        cells.append([_cell(value, form) for value in table.iloc[:, place]])
    heads = [", ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in table.columns]
    corner = "" if table.index.name is None else str(table.index.name)
    rows = [_row_label(label) for label in table.index]
    text = pd.DataFrame(dict(enumerate(cells)), index=pd.Index(rows)).set_axis(heads, axis=1)
    return FormattedTable(text.to_string(), _as_html(corner, heads, rows, cells, numeric))


def _is_numeric(column: pd.Series) -> bool:
    return all(isinstance(value, Number) and not isinstance(value, bool) for value in column.dropna())


def _cell(value, form: str | Callable | None) -> str:
    if value is None or value is pd.NA or value != value:  # NaN is the number that is not itself
        return "–"
    if not isinstance(value, Number):
        return str(value)
    if form is None:
        form = "{:,}" if isinstance(value, Integral) else "{:,.2f}"
    return (form.format(value) if isinstance(form, str) else form(value)).replace("-", "−")


def _row_label(label) -> str:
    """Numbers as short as they go: 0.1 and 100, and no separators, because such a number is a name."""
    return f"{label:g}" if isinstance(label, Real) and not isinstance(label, Integral) else str(label)


def _as_html(corner: str, heads: list, rows: list, cells: list, numeric: list) -> str:
    """One line a row; styles stand in the cells, because Colab and Jupyter have style sheets of their own."""
    sides = [f'style="text-align: {"right" if number else "left"}"' for number in numeric]
    first = f'<th style="text-align: left">{escape(corner)}</th>' if corner else "<td></td>"
    titles = [f"<th {side}>{escape(head)}</th>" for side, head in zip(sides, heads, strict=True)]
    lines = ['<table class="dataframe">', f"<thead><tr>{first}{''.join(titles)}</tr></thead>", "<tbody>"]
    for label, *values in zip(rows, *cells, strict=True):
        row = [f"<td {side}>{escape(value)}</td>" for side, value in zip(sides, values, strict=True)]
        lines.append(f'<tr><th scope="row" style="text-align: left">{escape(label)}</th>{"".join(row)}</tr>')
    return "\n".join([*lines, "</tbody>", "</table>"])
