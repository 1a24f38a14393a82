"""An assignment's autograder: the zip for Otter-Grader and Gradescope, and how `make grade` runs it."""

import ast
import contextlib
import hashlib
import importlib.metadata
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from otter.generate import main as otter_generate

from scripts.chapters import ROOT, tags_of
from teaching.exercises import Exercise
from teaching.grading import processes, supervising

PATIENCE = 60.0
"""Seconds after all its limits when a grading that has not ended by itself is ended."""

ENVIRONMENT = ("numpy", "keras", "tensorflow", "tensorflow-cpu")
"""Packages whose version may change a mark."""


def render_test_file(exercise: Exercise) -> str:
    """One exercise as Otter's test file: it hands on what `teaching.grading` has found out."""
    return f'''OK_FORMAT = False
from otter.test_files import test_case

name = "{exercise.name}"
points = {exercise.points}


def hand_on(verdict):
    if verdict["right"] is not True:
        raise AssertionError(verdict["text"])


@test_case(name="{exercise.name}, the check")
def check(env):
    hand_on(env["VERDICTS"][name]["check"])


@test_case(name="{exercise.name}, further cases", hidden=True)
def further_cases(env):
    hand_on(env["VERDICTS"][name]["hidden"])
'''


def find_hidden_tests(chapter: str, asked: list[Exercise]) -> Path:
    """The file of a chapter's hidden tests.

    Raises:
        SystemExit: there is none, or it has none for one of the exercises.
    """
    path = ROOT / "teaching" / "hidden" / f"{chapter.replace('-', '_')}.py"
    wanted = {exercise.check for exercise in asked}
    if path.exists():
        wanted -= {
            node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
        }
    if wanted:
        raise SystemExit(f"{path.relative_to(ROOT)} has no hidden test {', '.join(sorted(wanted))}")
    return path


def write_autograder(
    chapter: str,
    key: nbformat.NotebookNode,
    asked: list[Exercise],
    settings: dict,
    wheel: Path,
    zip_path: Path,
) -> None:
    """The zip that Otter and Gradescope take. It holds the package, so it needs no repository's address.

    Args:
        chapter: its name.
        key: from `make_answer_key`.
        asked: the exercises that a check marks.
        settings: `class_number`, `seconds` and `limit`, which travel with it.
        wheel: the package.
        zip_path: where to put the zip.
    """
    code = [cell for cell in key.cells if cell.cell_type == "code" and "solution" not in tags_of(cell)]
    settings = {
        **settings,
        "module": chapter.replace("-", "_"),
        "chapter": [[cell.id, cell.source] for cell in code],
        "stubs": [cell.id for cell in code if "exercise" in tags_of(cell)],
        "exercises": [
            {"name": each.name, "check": each.check, "arguments": each.arguments} for each in asked
        ],
    }
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("tests").mkdir()
        for exercise in asked:
            (Path("tests") / f"{exercise.name}.py").write_text(render_test_file(exercise), encoding="utf-8")
        shutil.copy(find_hidden_tests(chapter, asked), "hidden_tests.py")
        shutil.copy(wheel, ".")
        Path("requirements.txt").write_text(render_requirements(wheel), encoding="utf-8")
        Path("config.json").write_text(
            json.dumps({"plugins": [{"teaching.grading.plugin.Submission": settings}]}), encoding="utf-8"
        )
        otter_generate(
            output_path="autograder.zip",
            config="config.json",
            files=["hidden_tests.py", wheel.name],
            python_version=".".join(map(str, sys.version_info[:2])),
        )
        add_grader("autograder.zip")
        shutil.move("autograder.zip", zip_path)


def render_requirements(wheel: Path) -> str:
    """What a machine that grades installs; TensorFlow has not the same name on every machine."""
    wanted = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    tensorflow = [line for line in wanted if line.startswith("tensorflow")]
    return "\n".join([f"/autograder/source/files/{wheel.name}", "joblib", "psutil", *tensorflow, ""])


def add_grader(zip_path: str) -> None:
    """Put `teaching.grading` beside the script that Gradescope starts, where Python looks first."""
    with zipfile.ZipFile(zip_path, "a") as file:
        for path in sorted((ROOT / "teaching" / "grading").glob("*.py")):
            file.write(path, f"teaching/grading/{path.name}")


def describe_hidden_test(chapter: str, exercise: Exercise) -> str:
    """The first line of the hidden test's docstring, for the teacher to whom a student complains."""
    if not exercise.check:
        return ""
    tree = ast.parse(find_hidden_tests(chapter, [exercise]).read_text())
    functions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == exercise.check
    ]
    return (ast.get_docstring(functions[0]) or "").partition("\n\n")[0].replace("\n", " ")


def build_wheel(folder: Path) -> Path:
    """lenet_utils as it is in this checkout, for the machine that grades."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@dataclass
class Autograder:
    """An assignment's autograder, unpacked.

    Attributes:
        assignment: the folder that `make assignment` wrote.
        folder: an empty one; it gets the zip, the package, and the trainings that submissions have in common.
        memory: gigabytes that one notebook may use.
        running: the gradings that are going on.
    """

    assignment: Path
    folder: Path
    memory: float = processes.MEMORY
    running: set[subprocess.Popen] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        with zipfile.ZipFile(self.assignment / "autograder.zip") as file:
            file.extractall(self.folder / "source")
        for wheel in (self.folder / "source" / "files").glob("*.whl"):
            with zipfile.ZipFile(wheel) as file:
                file.extractall(self.folder / "packages")
        (self.folder / "cache").mkdir()
        config = json.loads((self.folder / "source" / "otter_config.json").read_text(encoding="utf-8"))
        (self.settings,) = config["plugins"][0].values()

    def grade(self, notebook: Path) -> dict:
        """What the grader found out about one notebook; a remark where it found nothing."""
        limit = supervising.SETUP + self.settings["limit"] + PATIENCE
        for _ in range(2):
            if self.stopped.is_set():
                break
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                found = self.grade_once(notebook, Path(folder), limit)
            if found:
                return found
        remark = "the grader could not grade this: look at it by hand"
        return {"verdicts": {}, "fault": "", "remark": remark, "seconds": 0}

    def grade_once(self, notebook: Path, folder: Path, limit: float) -> dict | None:
        """The result of one process that grades; None if it leaves none."""
        paths = [self.folder / "source" / "files", self.folder / "packages"]
        process = supervising.start_grading(
            notebook, folder, self.settings, paths, self.folder / "cache", self.memory, self.folder / "source"
        )
        self.running.add(process)
        try:
            if self.stopped.is_set():
                processes.end_process(process)
            process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            processes.end_process(process)
        finally:
            self.running.discard(process)
        answer = folder / "result.json"
        return json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None

    def stop(self) -> None:
        """End all gradings that are going on, with everything that they started; begin no other."""
        self.stopped.set()
        for process in list(self.running):
            processes.end_process(process)


def take_fingerprint(notebook: Path, autograder: Path, memory: float = processes.MEMORY) -> str:
    """The same for the same notebook, autograder, packages and memory, whenever that autograder was made."""
    with zipfile.ZipFile(autograder) as file:
        parts = sorted(f"{member.filename} {member.CRC}" for member in file.infolist())
    parts += [sys.version.split()[0], f"{memory:g} GB"]
    for package in ENVIRONMENT:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            parts.append(f"{package} {importlib.metadata.version(package)}")
    return hashlib.sha256("\n".join(parts).encode() + notebook.read_bytes()).hexdigest()
