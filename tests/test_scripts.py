"""The scripts behind make: the Python they accept, the address they set, the numbers they read."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scripts import build_book, set_address
from scripts.check_python import complaint
from scripts.measure import result

ROOT = Path(__file__).resolve().parent.parent


def test_a_python_that_is_too_old_or_too_new_is_told_which_is_needed():
    assert complaint((3, 11, 7)) is None
    assert complaint((3, 13, 0)) is None
    for version in ((3, 8, 10), (2, 7, 18), (3, 14, 0)):
        assert "3.11, 3.12 or 3.13" in complaint(version)


def test_make_stops_on_an_old_python_and_says_so(tmp_path):
    old = tmp_path / "python3.8"
    old.write_text(
        f'#!/bin/sh\nexec {sys.executable!r} -c "from scripts.check_python import complaint; import sys;'
        'sys.exit(complaint((3, 8)))"\n'
    )
    old.chmod(0o755)
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    done = subprocess.run(
        ["make", "book", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "needs Python 3.11" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_address_is_set_everywhere(tmp_path):
    for name in ("pyproject.toml", "_config.yml", "README.md", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    old = set_address.stated_address(tmp_path)
    new = "https://github.com/some-one/some.book"
    changed = {path.name for path in set_address.set_address(new, tmp_path)}
    assert {"pyproject.toml", "_config.yml", "README.md", "CITATION.cff", "mathematics.ipynb"} <= changed
    assert set_address.stated_address(tmp_path) == new
    left = [p for p in tmp_path.rglob("*.*") if p.is_file() and set_address.short(old) in p.read_text()]
    assert left == []
    assert "https://some-one.github.io/some.book" in (tmp_path / "README.md").read_text()
    nbformat.read(tmp_path / "chapters" / "mathematics.ipynb", as_version=4)


def test_the_tag_is_set_wherever_the_package_is_installed(tmp_path):
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    shutil.copy(ROOT / "teaching.md", tmp_path)
    changed = {path.name for path in set_address.set_tag("v2.0.1", tmp_path)}
    assert changed == {"teaching.md", *(path.name for path in (ROOT / "chapters").glob("*.ipynb"))}
    for path in tmp_path.rglob("*.*"):
        assert set(re.findall(r"git\+https:[^\s\"\\]+@(v[\w.]+)", path.read_text())) <= {"v2.0.1"}
    with pytest.raises(ValueError, match="no tag such as"):
        set_address.set_tag("latest", tmp_path)


@pytest.mark.parametrize("address", ["", "github.com/a/b", "https://github.com/a", "https://example.org/a/b"])
def test_an_address_that_is_none_is_refused(address, tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with pytest.raises(ValueError, match="OWNER/NAME"):
        set_address.set_address(address, tmp_path)


def test_results_are_read_from_tagged_cells():
    cell = nbformat.v4.new_code_cell("…", metadata={"tags": ["result:test-error"]})
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="epoch 3\ntest error: 2.95%\n")]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert result(notebook, "test-error") == 2.95
    with pytest.raises(LookupError):
        result(notebook, "training-seconds")
    cell.outputs = []
    with pytest.raises(LookupError):
        result(notebook, "test-error")


def test_make_help_names_every_command():
    text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for goal in ("book", "test", "serve", "results", "measure", "address", "clean"):
        assert f"make {goal}" in text


def test_the_readme_lists_every_chapter_with_a_badge():
    text = (ROOT / "README.md").read_text()
    for path in (ROOT / "chapters").glob("[!_]*.ipynb"):
        assert f"(chapters/{path.name})" in text
        address = set_address.short(set_address.stated_address())
        assert f"colab.research.google.com/github/{address}/blob/main/chapters/{path.name}" in text


@pytest.mark.parametrize(
    "line, harmless",
    [
        ("I0000 00:00:1.2 9 port.cc:153] oneDNN custom operations are on.", True),
        (
            "E0000 00:00:1.2 9 util.cc:131] oneDNN supports DT_INT32 only on platforms with AVX-512. Falling back",
            True,
        ),
        ("E0000 00:00:1.2 9 cuda.cc:1] Unable to register a factory", False),
        ("UserWarning: mind the gap", False),
    ],
)
def test_start_up_lines_are_told_from_warnings(line, harmless):
    assert bool(build_book.START_UP_LINES.match(line)) is harmless
