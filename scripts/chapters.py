"""The one list of the book's chapters, from `_toc.yml`, for scripts, tests and the teachers' tools."""

from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent


def list_chapters(root: Path = ROOT) -> list[str]:
    """The names of the chapters in the book's order, without folder and suffix."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = [page["file"] for part in contents["parts"] for page in part["chapters"]]
    return [file.removeprefix("chapters/") for file in files if file.startswith("chapters/")]


def read_chapter(name: str, root: Path = ROOT) -> nbformat.NotebookNode:
    """A chapter's notebook as it is stored."""
    return nbformat.read(root / "chapters" / f"{name}.ipynb", as_version=4)


def tags_of(cell: nbformat.NotebookNode) -> set[str]:
    """The tags of a cell, such as `exercise` and `solution`."""
    return set(cell.metadata.get("tags", []))
