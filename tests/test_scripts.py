"""The scripts behind make: the Python they accept, the address they set, the numbers they read."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

from scripts import build_book, set_address, set_up
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


def made_again(folder: Path) -> bool:
    """Whether make would set up .venv in this folder."""
    done = subprocess.run(["make", "-n", "lint"], cwd=folder, capture_output=True, text=True, check=True)
    return "scripts/set_up.py" in done.stdout


def test_a_folder_that_was_moved_is_set_up_anew(tmp_path):
    folder = tmp_path / "a book"
    for part in ("scripts", ".venv"):
        (folder / part).mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "pyproject.toml", "scripts/set_up.py"):
        shutil.copy(ROOT / name, folder / name)
    assert made_again(folder), "there is no .venv/ready yet"
    (folder / ".venv" / "ready").write_text(f"{folder}\n")
    assert not made_again(folder)
    folder = folder.rename(tmp_path / "another place")
    assert made_again(folder)


def test_nothing_of_the_reader_s_settings_sends_packages_elsewhere(monkeypatch):
    for name in ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONPATH"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example.org/simple")
    environment = set_up.environment()
    assert environment["PIP_USER"] == "0"
    assert not {"PIP_TARGET", "PIP_PREFIX", "PYTHONPATH"} & set(environment)
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example.org/simple"


def test_every_pin_has_a_hash_and_uv_is_pinned():
    pins = re.findall(r"^[\w.-]+==.*(?:\n +.*)*", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert len(pins) > 100
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert set_up.pinned("uv").startswith("uv==")


def test_pip_installs_where_uv_cannot_be_had(monkeypatch):
    commands = []
    monkeypatch.setattr(set_up, "has_uv", lambda: False)
    monkeypatch.setattr(set_up, "run", lambda *command: commands.append(command))
    set_up.install("-r", "requirements.txt")
    monkeypatch.setattr(set_up, "has_uv", lambda: True)
    set_up.install("-r", "requirements.txt")
    pip, uv = commands
    assert pip[:2] == ("-m", "pip") and uv[:3] == ("-m", "uv", "pip") and pip[-2:] == uv[-2:]


def test_the_newest_versions_keep_the_look():
    text = set_up.unpinned("jupyter-book==1.0.4\nkeras\ntensorflow==2.21.0 ; sys_platform != 'linux'\n")
    assert text == "jupyter-book==1.0.4\nkeras\ntensorflow ; sys_platform != 'linux'\n"


def test_line_ends_are_those_that_make_and_bash_read():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = ["Makefile", ".ci/run", "chapters/history.ipynb"]
    command = ["git", "-C", ROOT, "check-attr", "eol", "--", *names]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.count("eol: lf") == len(names)


@pytest.fixture
def checkout(tmp_path):
    """A copy of what an address is written into."""
    for name in ("pyproject.toml", "CITATION.cff", "README.md", "intro.md", "teaching.md", "_toc.yml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    return tmp_path


def test_an_address_is_written_everywhere_and_can_be_changed(checkout):
    for new in ("https://github.com/some-one/some.book.git", "git@github.com:other/book.git"):
        set_address.set_address(new, checkout)
    address = "https://github.com/other/book"
    assert set_address.written_address(checkout) == address
    assert f"repository-code: {address}\n" in (checkout / "CITATION.cff").read_text()
    readme = (checkout / "README.md").read_text()
    assert "https://other.github.io/book/playground.html" in readme
    for path in checkout.glob("chapters/[!_]*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        setup = next(cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", []))
        assert f'ADDRESS = "{address}"' in setup.source
        assert f"https://colab.research.google.com/github/other/book/blob/main/chapters/{path.name}" in readme
    assert f"git+{address}@" in (checkout / "teaching.md").read_text()
    assert not [p for p in checkout.rglob("*.*") if p.is_file() and "some.book" in p.read_text()]
    assert set_address.set_address(address, checkout) == [], "a second time changes nothing"


def test_the_pages_take_the_address_of_origin(checkout):
    assert set_address.stated_address(checkout) == set_address.written_address(checkout)
    subprocess.run(["git", "init", "--quiet", checkout], check=True)
    subprocess.run(["git", "-C", checkout, "remote", "add", "origin", "git@github.com:a/b.git"], check=True)
    assert set_address.stated_address(checkout) == "https://github.com/a/b"
    subprocess.run(["git", "-C", checkout, "remote", "set-url", "origin", "/srv/book"], check=True)
    assert set_address.stated_address(checkout) == set_address.written_address(checkout)


def test_without_an_address_no_button_leads_nowhere():
    config = {"repository": {"branch": "main"}, "launch_buttons": {"colab_url": "…"}, "html": {}}
    build_book.state_address(config, "https://github.com/a/b")
    assert config["repository"]["url"] == "https://github.com/a/b" and config["launch_buttons"]
    build_book.state_address(config, None)
    assert not config["launch_buttons"] and not config["html"]["use_repository_button"]


def test_nothing_that_a_reader_sees_waits_for_an_address():
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("chapters/*.ipynb"),
        ROOT / "CITATION.cff",
        ROOT / "_config.yml",
    ):
        assert "ADDRESS_NOT_SET" not in path.read_text(), path.name


def test_the_tag_is_set_wherever_the_package_is_installed(checkout):
    changed = {path.name for path in set_address.set_tag("v2.0.1", checkout)}
    assert changed == {"teaching.md", *(path.name for path in (ROOT / "chapters").glob("*.ipynb"))}
    for path in checkout.glob("chapters/*.ipynb"):
        assert 'for version in \\"v2.0.1\\", \\"main\\":' in path.read_text()
    with pytest.raises(ValueError, match="no tag such as"):
        set_address.set_tag("latest", checkout)


def test_the_release_of_the_setup_cells_is_the_package_s_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f'\\"v{version}\\", \\"main\\"' in (ROOT / "chapters" / "_template.ipynb").read_text()
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()


@pytest.mark.parametrize("address", ["", "github.com/a/b", "https://github.com/a", "https://example.org/a/b"])
def test_an_address_that_is_none_is_refused(address, checkout):
    with pytest.raises(ValueError, match="OWNER/NAME"):
        set_address.set_address(address, checkout)


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
