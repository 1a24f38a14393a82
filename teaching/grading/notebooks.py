"""Read a notebook that was handed in, whatever state it is in.

nbformat would do, too, but takes a second or more to be imported; it is asked only for notebooks of before
2015.
"""

import json
from dataclasses import dataclass
from pathlib import Path

LARGEST_NOTEBOOK, LONGEST_CODE = 50_000_000, 1_000_000
"""Bytes of a file, and characters of its code, beyond which it is no notebook of this book."""


class UnreadableError(Exception):
    """What was handed in is no notebook; the message says so in plain words."""


@dataclass(frozen=True)
class SourceCell:
    """A cell without outputs: `kind` is "code", "markdown" or "raw"; Colab and old Jupyters give no `id`."""

    kind: str
    source: str
    id: str | None = None


def read_cells(path: Path) -> list[SourceCell]:
    """The cells of a notebook.

    Raises:
        UnreadableError: it is none.
    """
    size = path.stat().st_size
    if size == 0:
        raise UnreadableError("the file is empty: ask for it again")
    if size > LARGEST_NOTEBOOK:
        raise UnreadableError(
            f"the file is larger than {LARGEST_NOTEBOOK // 10**6} MB: ask for it without outputs"
        )
    try:
        notebook = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableError("the file is torn, or no notebook: ask for it again") from None
    try:
        cells = list(map(make_cell, upgrade(notebook)["cells"]))
    except Exception:  # whatever a file may lack
        raise UnreadableError("the file is no notebook: ask for the .ipynb file") from None
    if sum(len(cell.source) for cell in cells if cell.kind == "code") > LONGEST_CODE:
        raise UnreadableError("the file has more than a million characters of code")
    return cells


def make_cell(cell: dict) -> SourceCell:
    """A cell of the file, in which a text may be a list of its lines."""
    source = cell["source"]
    return SourceCell(
        cell["cell_type"], source if isinstance(source, str) else "".join(source), cell.get("id")
    )


def upgrade(notebook: dict) -> dict:
    """The notebook in format 4, which has been Jupyter's since 2015."""
    if notebook.get("nbformat", 4) >= 4:
        return notebook
    import nbformat

    return nbformat.convert(nbformat.from_dict(notebook), 4)
