"""Each chapter alone, as Colab opens it: an environment without lenet_utils, nothing beside the notebook.

The setup cell runs unchanged: git is told to find the public repository's address in a local repository (pip does not
take an address of the form git+file:///… after a package's name).
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.chapters import list_chapters, read_chapter
from tests.book.conftest import ROOT

CHAPTERS = list_chapters()
ADDRESS = "https://github.com/reader/lenet-overview"
RELEASE = re.compile(r'in "(v[\d.]+)", "main":')

BEFORE = """
from importlib import metadata, util
assert util.find_spec("lenet_utils") is None, "this environment was to be without lenet_utils"
packages_before_setup = {package.name: package.version for package in metadata.distributions()}
"""
LATER = """
import pathlib
assert util.find_spec("lenet_utils"), "the setup cell did not install lenet_utils: see its output above"
left = [path.name for path in pathlib.Path().iterdir()]
assert not left, f"the setup cell left files beside the notebook: {left}"
"""
AFTER = """
import lenet_utils, sys
assert lenet_utils.__file__.startswith(sys.prefix), lenet_utils.__file__
packages_now = {package.name: package.version for package in metadata.distributions()}
assert packages_now.pop("lenet_utils")
assert packages_now == packages_before_setup, "installing lenet_utils changed other packages"
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with what the working tree would publish, and the tag that the setup cell asks for."""
    folder = tmp_path_factory.mktemp("published") / "lenet-overview"
    for name in ("lenet_utils", "experiments"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    git = ["git", "-C", str(folder), "-c", "user.name=Reader", "-c", "user.email=reader@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--no-verify", "--message", "published"], check=True)
    subprocess.run([*git, "branch", "-M", "main"], check=True)
    subprocess.run([*git, "tag", RELEASE.search(setup_cell(read("_template")).source)[1]], check=True)
    return folder


def read(name: str) -> nbformat.NotebookNode:
    """A chapter as it is published at ADDRESS."""
    notebook = read_chapter(name)
    setup = setup_cell(notebook)
    setup.source = re.sub('ADDRESS = ".*"', f'ADDRESS = "{ADDRESS}"', setup.source)
    return notebook


def setup_cell(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", []))


def needed_packages() -> set[str]:
    """The distributions that Colab and the setup cell bring: what lenet_utils declares, TensorFlow, Jupyter, pip.

    A package that the book's own environment has and lenet_utils does not declare is not among them, so that a chapter
    that needs it fails here as it would fail there.
    """
    waiting, found = (
        ["lenet_utils[tensorflow]", "tensorflow-cpu", "ipykernel", "pip", "hatchling", "editables"],
        set(),
    )
    while waiting:
        wanted = Requirement(waiting.pop())
        try:
            package = metadata.distribution(wanted.name)
        except metadata.PackageNotFoundError:  # of another system, or TensorFlow under its other name
            continue
        if (name := canonicalize_name(wanted.name)) in found:
            continue
        found.add(name)
        for line in package.requires or ():
            other = Requirement(line)
            extras = wanted.extras or {""}
            if other.marker is None or any(other.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(line.split(";")[0])
    return found - {"lenet-utils"}


def make_environment(folder: Path) -> Path:
    """An environment with the packages that Colab has and no lenet_utils; returns its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = folder / "packages"
    packages.mkdir()
    for name in needed_packages():
        for file in metadata.distribution(name).files or ():
            top = file.parts[0]
            source = Path(sysconfig.get_paths()["purelib"]) / top
            if top != ".." and source.exists() and not (packages / top).exists() and top != "__pycache__":
                (packages / top).symlink_to(source)
    (own,) = folder.glob("lib/python*/site-packages")
    (own / "packages.pth").write_text(f"{packages}\n")
    return folder / "bin" / "python"


def register_kernel(python: Path, folder: Path, name: str) -> None:
    """Let Jupyter find a kernel that runs this Python."""
    place = folder / "kernels" / name
    place.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (place / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": name, "language": "python"})
    )


@pytest.fixture
def kernel(tmp_path, tmp_path_factory, monkeypatch, repository):
    """The name of a kernel whose home is empty, and whose pip can fetch nothing but the repository."""
    register_kernel(make_environment(tmp_path / "env"), tmp_path / "jupyter", "as-in-colab")
    for name in ("PYTHONPATH", "LENET_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    variables = {
        "JUPYTER_PATH": tmp_path / "jupyter",
        "HOME": home,
        "KERAS_HOME": home / "keras",
        "LENET_DATA": "sample",
        "MPLCONFIGDIR": tmp_path_factory.getbasetemp() / "matplotlib",  # its list of fonts takes long to make
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this as "build with the packages at hand"
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    return "as-in-colab"


def what_it_reaches_for(notebook) -> list[str]:
    """What a chapter could miss here that a checkout has: its imports, and its calls for data, records and weights.

    The rest of its code runs under nbval already. With LENET_COLAB=whole all of it runs here too.
    """
    code = [c for c in notebook.cells if c.cell_type == "code" and "setup" not in c.metadata.get("tags", [])]
    nodes = [node for cell in code for node in ast.walk(ast.parse(cell.source))]
    imports = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    calls = [ast.unparse(node) for node in nodes if isinstance(node, ast.Call)]
    wanted = re.compile(r"load_mnist\(.*\)|load_record\(.*\)|lenet5\(weights='mnist'\)")
    # A table of pandas with a style needs jinja2, which pandas does not declare.
    style = ["import jinja2"] * any(
        isinstance(node, ast.Attribute) and node.attr == "style" for node in nodes
    )
    return [*imports, *style, *(call for call in calls if wanted.fullmatch(call))]


@pytest.mark.colab
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_runs_alone(name, kernel, tmp_path):
    notebook = read(name)
    if os.environ.get("LENET_COLAB") != "whole":
        notebook.cells = [setup_cell(notebook), new_code_cell("\n".join(what_it_reaches_for(notebook)))]
    place, setup = next((i, c) for i, c in enumerate(notebook.cells) if "setup" in c.metadata.get("tags", []))
    notebook.cells[place : place + 1] = [new_code_cell(BEFORE), setup, new_code_cell(LATER)]
    again = new_code_cell(setup.source)
    notebook.cells += [new_code_cell(AFTER), again]
    alone = tmp_path / "alone"
    alone.mkdir()
    resources = {"metadata": {"path": str(alone)}}
    NotebookClient(notebook, timeout=600, kernel_name=kernel, resources=resources).execute()
    assert setup.outputs, "the first run of the setup cell installs the package"
    assert not again.outputs, "the second run of the setup cell installs nothing"


def run_setup(kernel: str, folder: Path, *before: str) -> nbformat.NotebookNode:
    """Run the setup cell alone, after these lines."""
    notebook = read("_template")
    setup = setup_cell(notebook)
    notebook.cells = [*(new_code_cell(line) for line in before), setup]
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, kernel_name=kernel, resources=resources).execute()
    return notebook


@pytest.mark.colab
def test_setup_takes_the_branch_where_there_is_no_release_yet(kernel, tmp_path, repository):
    release = RELEASE.search(setup_cell(read("_template")).source)[1]
    git = ["git", "-C", str(repository), "tag"]
    subprocess.run([*git, "--delete", release], check=True, capture_output=True)
    try:
        run_setup(kernel, tmp_path)
    finally:
        subprocess.run([*git, release], check=True)


@pytest.mark.colab
@pytest.mark.parametrize(
    ("before", "said"),
    [
        (
            "import os; os.environ['GIT_CONFIG_COUNT'] = '0'",
            "lenet_utils is missing and could not be fetched",
        ),
        ("import os; os.environ['PATH'] = ''", "lenet_utils is missing and could not be fetched"),
        (
            "import importlib.util as u; find = u.find_spec\n"
            "u.find_spec = lambda name: None if name == 'tensorflow' else find(name)",
            "This chapter needs TensorFlow",
        ),
    ],
    ids=["no network", "no git", "no TensorFlow"],
)
def test_setup_says_in_one_sentence_what_is_missing(kernel, tmp_path, before, said):
    with pytest.raises(CellExecutionError) as stopped:
        run_setup(kernel, tmp_path, before)
    assert stopped.value.evalue.startswith(said)


def test_environment_is_without_the_package(tmp_path):
    python = make_environment(tmp_path / "env")
    command = [python, "-E", "-c", "import numpy, pandas, lenet_utils"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "No module named 'lenet_utils'" in run.stderr
    assert sys.prefix not in str(python)
