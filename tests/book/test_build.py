"""The build is strict: each fault of a small book fails it, and the message names the chapter and the cell."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
REFERENCES = "# References\n\n```{bibliography}\n:all:\n```\n"


def small_book(folder: Path, code: str = "print(1 + 1)", text: str = "Some text.") -> Path:
    """A book of a root page and one chapter, with the real configuration."""
    (folder / "chapters").mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "references.bib").write_text("@misc{one, title={A book}, author={Writer, A.}, year={1998}}\n")
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: chapters/small\n  - file: references\n"
    )
    (folder / "intro.md").write_text("# A small book\n\nSee [the chapter](chapters/small.ipynb).\n")
    (folder / "references.md").write_text(REFERENCES)
    cells = [nbformat.v4.new_markdown_cell(f"# Small\n\n{text}"), nbformat.v4.new_code_cell(code)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "chapters" / "small.ipynb")
    return folder


def build(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "build_book.py"), "--root", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(300)
def test_a_sound_book_builds_and_says_how_far_it_is_and_is_not_run_twice(tmp_path):
    progress = "for n in range(3):\n    print(f'\\rstep {n}', end='', flush=True)"
    book = small_book(tmp_path / "a book", code=f"print(1 + 1)\n{progress}")
    done = build(book)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[1/1] small" in done.stdout
    page = (book / "_build/html/chapters/small.html").read_text()
    assert "step 2" in page
    assert "step 1" not in page, "of a progress line only the last state should be left"
    assert "Executing notebook" not in done.stdout, "the page builder did not find the executed chapter"
    assert "1 unchanged" in build(book).stdout
    (book / "lenet_utils").mkdir()
    (book / "lenet_utils" / "changed.py").write_text("A change in the package runs every chapter again.\n")
    assert "0 unchanged" in build(book).stdout


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"code": "1 / 0"}, ["small.ipynb", "cell 1", "In [1]", "ZeroDivisionError"]),
        ({"code": "import warnings; warnings.warn('old')"}, ["small.ipynb", "cell 1", "warns", "old"]),
        ({"text": "See [nothing](nowhere.ipynb)."}, ["small.ipynb", "nowhere.ipynb"]),
        ({"text": "See [no such section](#nowhere)."}, ["small.ipynb", "nowhere"]),
    ],
    ids=["exception", "warning", "dead link", "missing label"],
)
def test_a_fault_fails_the_build_and_is_named(tmp_path, fault, complaint):
    done = build(small_book(tmp_path, **fault))
    assert done.returncode != 0
    for part in complaint:
        assert part in done.stdout + done.stderr


def test_an_unlisted_page_fails_the_build(tmp_path):
    book = small_book(tmp_path)
    shutil.copy(book / "chapters" / "small.ipynb", book / "chapters" / "stray.ipynb")
    done = build(book)
    assert done.returncode != 0
    assert "stray" in done.stdout + done.stderr
