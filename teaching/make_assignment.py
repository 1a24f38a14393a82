"""Turn a chapter into an assignment: `make assignment CHAPTER=mathematics CLASS=2031`, or `CHAPTER=all`.

Writes `_build/assignments/CLASS/CHAPTER/`: the student's notebook, the answer key, a table of points, and the
autograder for Otter-Grader, which Gradescope takes as it is and `make grade` runs without Docker. The chapter is the
only source: nothing of this is edited by hand, and nothing of it is committed. Hidden tests: `teaching/hidden/`.
"""

import argparse
import ast
import contextlib
import copy
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
from otter.generate import main as otter_generate
from tqdm import tqdm

from scripts.chapters import ROOT, list_chapters, read_chapter, tags_of
from scripts.set_address import pages, stated_address
from teaching.exercises import HEADING, Exercise, find_exercises, find_questions

CLASS = re.compile(r"^CLASS = (\d+)", re.MULTILINE)
OF_THE_BOOK = 2027
"""The class number in the chapters, whose answers the book prints."""
FOLDED = re.compile(r"\n*<details>.*?</details>\n*", re.DOTALL)
OTHER_CHAPTER = re.compile(r"\]\(([\w-]+)\.ipynb(#[^)]*)?\)")

ANSWER = "**Your answer:** *write here*"
ANSWER_IN_CODE = "# and, if it needs any, your code"
SUMMARY = (
    "**{points} points, about {minutes} minutes, for class {class_number}.** When the check of an exercise says ✓, "
    "half of its points are yours. The other half is for a test that you do not see: other sizes, other inputs, cases "
    "at the edge. Questions that no check asks about carry no points, unless it says so. Hand in this notebook and not "
    "the book's, which asks for another class's answers."
)
HAND_IN = "---\n\nTo hand in: save, and hand in this one file. Its name does not matter."


def make_answer_key(notebook: nbformat.NotebookNode, class_number: int) -> nbformat.NotebookNode:
    """A copy of the chapter with the class's own number: the answer key, which an autograder can read, too."""
    key, asked = copy.deepcopy(notebook), {each.check: each.arguments for each in find_exercises(notebook)}
    for cell in key.cells:
        if cell.cell_type == "code":
            cell.source = CLASS.sub(f"CLASS = {class_number}", cell.source)
        if "solution" in tags_of(cell):
            cell.source += rename_answers(find_questions(cell), asked)
    return key


def rename_answers(questions: list[tuple[str, list[str]]], asked: dict[str | None, list[str]]) -> str:
    """Lines that give a solution's answers the names that students give theirs."""
    pairs = [pair for check, names in questions for pair in zip(asked.get(check, []), names, strict=False)]
    lines = [f"{wanted} = {name}" for wanted, name in dict(pairs).items() if wanted != name]
    return "\n".join(["\n\n# The autograder asks for these names.", *lines]) if lines else ""


def select_exercises(key: nbformat.NotebookNode, numbers: list[int]) -> list[Exercise]:
    """The exercises with these numbers, or all of them where none is named.

    Raises:
        SystemExit: the chapter has no such exercise.
    """
    found = find_exercises(key)
    if missing := set(numbers) - {exercise.number for exercise in found}:
        raise SystemExit(f"there is no exercise {missing.pop()}; the chapter has 1 to {len(found)}.")
    return [exercise for exercise in found if not numbers or exercise.number in numbers]


def make_student_notebook(key: nbformat.NotebookNode, numbers: list[int] = ()) -> nbformat.NotebookNode:
    """What students get: no solution, nothing said about one, no output; a place for each open answer.

    Args:
        key: from `make_answer_key`.
        numbers: of the exercises that are set; all of them where none is named.
    """
    student, marked = (
        copy.deepcopy(key),
        {exercise.heading: exercise for exercise in select_exercises(key, numbers)},
    )
    cells, after_solution, left_out = [], False, False
    for cell in split_at_headings(student.cells):
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            left_out = bool(HEADING.match(cell.source)) and cell.source.partition("\n")[0] not in marked
        if "solution" in tags_of(cell) or left_out:
            after_solution = True
        elif cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cells.append(cell)
        elif cell.source.startswith("#") or not after_solution:
            after_solution = False
            heading = cell.source.partition("\n")[0]
            cell.source = OTHER_CHAPTER.sub(rf"]({pages(stated_address())}/chapters/\1.html\2)", cell.source)
            if heading == "## Exercises":
                cell.source = f"{heading}\n\n{summary_cell(key, list(marked.values()))}"
            cells += render_exercise(marked[heading], cell) if heading in marked else [cell]
    student.cells = [*cells, new_markdown_cell(HAND_IN)]
    return student


def summary_cell(key: nbformat.NotebookNode, asked: list[Exercise]) -> str:
    """What students should know before they begin."""
    numbers = {int(found[1]) for cell in key.cells for found in CLASS.finditer(cell.source)}
    return SUMMARY.format(
        points=sum(exercise.points for exercise in asked),
        minutes=sum(exercise.minutes for exercise in asked),
        class_number=min(numbers, default=OF_THE_BOOK),
    )


def split_at_headings(cells: list[nbformat.NotebookNode]) -> Iterator[nbformat.NotebookNode]:
    """The same cells, with nothing before a heading."""
    for cell in cells:
        parts = re.split(r"\n+(?=##+ )", cell.source) if cell.cell_type == "markdown" else []
        yield from map(new_markdown_cell, parts) if len(parts) > 1 else [cell]


def render_exercise(exercise: Exercise, cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """An exercise's text with its points and without what is folded away; where no check asks, room for the answer."""
    cell.source = FOLDED.sub("\n\n", cell.source).strip().replace(exercise.heading, render_heading(exercise))
    return [cell] if exercise.check else [cell, new_markdown_cell(ANSWER), new_code_cell(ANSWER_IN_CODE)]


def render_heading(exercise: Exercise) -> str:
    by = "" if exercise.check else "; your teacher marks it"
    return f"{exercise.heading} ({exercise.points} points, about {exercise.minutes} minutes{by})"


def render_test_file(chapter: str, exercise: Exercise, class_number: int, seconds: float) -> str:
    """One exercise as Otter's test file: the chapter's check, and the hidden test of the same name."""
    arguments = f"{exercise.check!r}, {exercise.arguments!r}, env, {class_number}, {seconds}"
    return f'''OK_FORMAT = False
from otter.test_files import test_case
from teaching.grading.running import run_check

name = "{exercise.name}"
points = {exercise.points}


@test_case(name="{exercise.name}, the check")
def check(env):
    run_check("lenet_utils.checks.{chapter.replace("-", "_")}", {arguments})


@test_case(name="{exercise.name}, further cases", hidden=True)
def further_cases(env):
    run_check("hidden_tests", {arguments})
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
    class_number: int,
    seconds: float,
    wheel: Path,
    zip_path: Path,
) -> None:
    """The zip that Otter and Gradescope take. It holds the package, so that it needs no address of a repository."""
    code = [cell for cell in key.cells if cell.cell_type == "code" and "solution" not in tags_of(cell)]
    settings = {
        "chapter": [[cell.id, cell.source] for cell in code],
        "stubs": [cell.id for cell in code if "exercise" in tags_of(cell)],
        "names": sorted({name for exercise in asked for name in exercise.arguments} - {"CLASS"}),
        "seconds": seconds,
    }
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("tests").mkdir()
        for exercise in asked:
            text = render_test_file(chapter, exercise, class_number, seconds)
            (Path("tests") / f"{exercise.name}.py").write_text(text)
        shutil.copy(find_hidden_tests(chapter, asked), "hidden_tests.py")
        shutil.copy(wheel, ".")
        Path("requirements.txt").write_text(f"/autograder/source/files/{wheel.name}\ntensorflow-cpu\n")
        Path("config.json").write_text(
            json.dumps({"plugins": [{"teaching.grading.plugin.Submission": settings}]})
        )
        otter_generate(
            output_path="autograder.zip",
            config="config.json",
            files=["hidden_tests.py", wheel.name],
            python_version=".".join(map(str, sys.version_info[:2])),
        )
        add_grader("autograder.zip")
        shutil.move("autograder.zip", zip_path)


def add_grader(zip_path: str) -> None:
    """Put `teaching.grading` beside the script that Gradescope starts, where Python looks for modules first."""
    with zipfile.ZipFile(zip_path, "a") as file:
        for path in sorted((ROOT / "teaching" / "grading").glob("*.py")):
            file.write(path, f"teaching/grading/{path.name}")


def write_assignment(
    chapter: str, class_number: int, seconds: float, wheel: Path, folder: Path, numbers: list[int] = ()
) -> Path:
    """Everything of one chapter for one class, in a folder of their names; of some of its exercises, or of all."""
    target = folder / str(class_number) / chapter
    shutil.rmtree(target, ignore_errors=True)
    for part in ("student", "instructor"):
        (target / part).mkdir(parents=True)
    key = make_answer_key(read_chapter(chapter), class_number)
    asked = select_exercises(key, numbers)
    nbformat.write(key, target / "instructor" / f"{chapter}.ipynb")
    nbformat.write(make_student_notebook(key, numbers), target / "student" / f"{chapter}.ipynb")
    with open(target / "points.csv", "w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerow(["exercise", "title", "difficulty", "minutes", "points", "marked by", "hidden test"])
        for each in asked:
            by = "autograder" if each.check else "hand"
            hidden = describe_hidden_test(chapter, each)
            table.writerow([each.name, each.title, each.difficulty, each.minutes, each.points, by, hidden])
    by_machine = [exercise for exercise in asked if exercise.check]
    write_autograder(chapter, key, by_machine, class_number, seconds, wheel, target / "autograder.zip")
    return target


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", help="a chapter's name, or all")
    parser.add_argument(
        "--class-number", type=int, default=OF_THE_BOOK, help="changes data and answers of an exercise"
    )
    parser.add_argument(
        "--seconds", type=float, default=60, help="for each cell of a student, and for each test"
    )
    parser.add_argument(
        "--exercises", default="", help="numbers of those that are set, such as 1,2; otherwise all"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "_build" / "assignments")
    options = parser.parse_args()
    names = list_chapters() if options.chapter == "all" else [options.chapter]
    if unknown := set(names) - set(list_chapters()):
        parser.error(
            f"there is no chapter {', '.join(unknown)}. There are: {', '.join(list_chapters())}, all"
        )
    if not re.fullmatch(r"(\d+(,\d+)*)?", options.exercises):
        parser.error(f"EXERCISES={options.exercises} should be numbers with commas between them, such as 1,2")
    numbers = [int(number) for number in options.exercises.split(",") if number]
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        for name in tqdm(names, desc="Assignments", unit="chapter", disable=len(names) == 1):
            target = write_assignment(
                name, options.class_number, options.seconds, wheel, options.output.resolve(), numbers
            )
    if options.class_number == OF_THE_BOOK:
        print(f"No class number, or {OF_THE_BOOK}: that is the book's own, with the answers that it prints.")
    print(f"Written: {target if len(names) == 1 else target.parent}")
    to_grade = f"make grade CHAPTER={names[0]} CLASS={options.class_number} SUBMISSIONS=folder"
    print(f"Hand out student/*.ipynb. To grade what comes back: {to_grade}")


if __name__ == "__main__":
    main()
