"""Gradescope's way: Otter-Grader runs the zip where there are the package and its requirements, and no
checkout."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest

from tests.teaching.handed_in import HOSTILE, assign

pytestmark = pytest.mark.slow


def make_machine(folder, autograder):
    """An environment with every package of this one except lenet_utils, which comes from the unpacked zip."""
    venv.create(folder / "environment", symlinks=True)
    (packages,) = (folder / "environment").glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(next(path for path in sys.path if path.endswith("site-packages")))
    for name in ("source", "submission", "results"):
        (folder / "autograder" / name).mkdir(parents=True)
    with zipfile.ZipFile(autograder) as file:
        file.extractall(folder / "autograder" / "source")
    with zipfile.ZipFile(next((folder / "autograder" / "source" / "files").glob("*.whl"))) as file:
        file.extractall(packages)
    (folder / "autograder" / "submission_metadata.json").write_text("{}")
    script = folder / "autograder" / "source" / "run_otter.py"
    script.write_text(script.read_text().replace('"/autograder"', repr(str(folder / "autograder"))))
    return script


def test_otter_grades_with_the_zip_and_the_package_alone(tmp_path):
    assignment, _ = assign("mathematics", tmp_path / "assignments")
    machine = tmp_path / "machine"
    script = make_machine(machine, assignment / "autograder.zip")
    handed_in = machine / "autograder" / "submission" / "homework.ipynb"
    nbformat.write(HOSTILE["asleep.ipynb"](), handed_in)
    python = machine / "environment" / "bin" / "python"
    shown = "import lenet_utils, sys; print(lenet_utils.__file__); import teaching"
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    found = subprocess.run([python, "-c", shown], cwd=machine, env=alone, capture_output=True, text=True)
    assert Path(found.stdout.strip()).is_relative_to(machine) and "No module named 'teaching'" in found.stderr
    done = subprocess.run([python, script], cwd=machine, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    results = json.loads((machine / "autograder" / "results" / "results.json").read_text())
    tests = {test["name"]: test for test in results["tests"] if "score" in test}
    assert [test["score"] for test in tests.values()] == [2, 2, 0, 4, 6, 6, 10]
    assert "AssertionError: ✗ stopped after 5 seconds" in tests["exercise-3"]["output"]
    assert {test["visibility"] for test in tests.values()} == {"hidden"}
