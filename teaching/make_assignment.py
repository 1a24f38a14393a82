"""Turn a chapter into an assignment: `make assignment CHAPTER=mathematics CLASS=2031`, or `CHAPTER=all`.

Writes `_build/assignments/CLASS/CHAPTER/`, or with EXERCISES=3,6 `CLASS/CHAPTER-3-6/`: the student's notebook, the
answer key, a table of points, and the autograder for Otter-Grader, which Gradescope takes as it is and `make grade`
runs without Docker. The chapter is the only source: nothing of this is edited by hand, and nothing of it is committed.
Hidden tests: `teaching/hidden/`.
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
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
from otter.generate import main as otter_generate
from tqdm import tqdm

from scripts.chapters import ROOT, list_chapters, read_chapter, tags_of
from scripts.set_address import pages, stated_address
from teaching.exercises import HEADING, Exercise, find_exercises, find_questions
from teaching.grading.slicing import Cell

CLASS = re.compile(r"^CLASS = (\d+)", re.MULTILINE)
OF_THE_BOOK = 2027
"""The class number in the chapters, whose answers the book prints."""
FOLDED = re.compile(r"\n*<details>.*?</details>\n*", re.DOTALL)
OTHER_PAGE = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((\.\./)?([\w-]+)\.(?:ipynb|md)(#[^)]*)?\)")
"""A link to another page of the book, which is not beside a student's notebook."""
ADDRESS = re.compile(r'^ADDRESS = ".*"$', re.MULTILINE)
OTHER_EXERCISE = re.compile(r"\b[Ee]xercises? (\d+)\b(?! (?:of|in) \[)")

ANSWER = "**Your answer:** *write here*"
ANSWER_IN_CODE = "# and, if it needs any, your code"
SUMMARY = (
    "**{points} points, about {minutes} minutes, for class {class_number}.** When the check of an exercise says ✓, "
    "half of its points are yours. The other half is for a test that you do not see: other sizes, other inputs, cases "
    "at the edge. Questions that no check asks about carry no points, unless it says so. Hand in this notebook and not "
    "the book's, which asks for another class's answers.\n\n"
    "**How it is graded.** Your answers are run again on another computer: on the 5,000 digits that come with the "
    "package, even if you have all of MNIST, and without any file of yours. One statement, such as a training, may "
    "take {seconds:g} seconds."
)
NOT_SET = "*Exercise {numbers} is not part of this assignment. You find it in [the book]({page}).*"
HAND_IN = "---\n\nTo hand in: save, and hand in this one file. Its name does not matter."


def make_answer_key(notebook: nbformat.NotebookNode, class_number: int) -> nbformat.NotebookNode:
    """A copy of the chapter with the class's own number: the answer key, which an autograder can read, too."""
    key, asked = copy.deepcopy(notebook), {each.check: each.arguments for each in find_exercises(notebook)}
    for cell in key.cells:
        if cell.cell_type == "code":
            cell.source = CLASS.sub(f"CLASS = {class_number}", cell.source)
        if "setup" in tags_of(cell) and (address := stated_address()):
            cell.source = ADDRESS.sub(f'ADDRESS = "{address}"', cell.source)
        if "solution" in tags_of(cell):
            cell.source += rename_answers(find_questions(cell), asked)
    return key


def rename_answers(questions: list[tuple[str, list[str]]], asked: dict[str | None, list[str]]) -> str:
    """Lines that give a solution's answers the names that students give theirs."""
    pairs = [pair for check, names in questions for pair in zip(asked.get(check, []), names, strict=False)]
    lines = [f"{wanted} = {name}" for wanted, name in dict(pairs).items() if wanted != name]
    return "\n".join(["\n\n# The autograder asks for these names.", *lines]) if lines else ""


def select_exercises(key: nbformat.NotebookNode, numbers: Sequence[int]) -> list[Exercise]:
    """The exercises with these numbers, or all of them where none is named.

    Raises:
        SystemExit: the chapter has no such exercise.
    """
    found = find_exercises(key)
    if missing := set(numbers) - {exercise.number for exercise in found}:
        raise SystemExit(f"there is no exercise {missing.pop()}; the chapter has 1 to {len(found)}.")
    return [exercise for exercise in found if not numbers or exercise.number in numbers]


def make_student_notebook(
    key: nbformat.NotebookNode, numbers: Sequence[int] = (), seconds: float = 60, chapter: str = ""
) -> nbformat.NotebookNode:
    """What students get: no solution, nothing said about one, no output; a place for each open answer.

    Args:
        key: from `make_answer_key`.
        numbers: of the exercises that are set; all of them where none is named.
        seconds: that one statement may take when it is graded.
        chapter: its name, for a link to it in the book.
    """
    asked = {exercise.heading: exercise for exercise in select_exercises(key, numbers)}
    missing = find_missing(key, list(asked.values()))
    cells, after_solution, left_out = [], False, False
    for cell in split_at_headings(copy.deepcopy(key.cells)):
        heading = cell.source.partition("\n")[0]
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            left_out = bool(HEADING.match(cell.source)) and heading not in asked
        if "solution" in tags_of(cell) or left_out:
            after_solution = True
        elif cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cells.append(cell)
        elif cell.source.startswith("#") or not after_solution:
            after_solution = False
            if heading == "## Exercises":
                cell.source = f"{heading}\n\n{summary_cell(key, list(asked.values()), seconds)}"
            elif heading in asked and missing[asked[heading].name]:
                named = " and ".join(map(str, missing[asked[heading].name]))
                cell.source += f"\n\n{NOT_SET.format(numbers=named, page=f'{chapter}.ipynb')}"
            cell.source = OTHER_PAGE.sub(link_to_the_book, cell.source)
            cells += render_exercise(asked[heading], cell) if heading in asked else [cell]
    student = copy.deepcopy(key)
    student.cells = [*cells, new_markdown_cell(HAND_IN)]
    return student


def link_to_the_book(link: re.Match) -> str:
    """A link to another page of the book, as it must be where that page is not beside the notebook.

    It leads to the published book, or is only its text where the book has no address yet.
    """
    text, above, page, section = link.groups()
    address = stated_address()
    if not address:
        return text
    return f"[{text}]({pages(address)}/{'' if above else 'chapters/'}{page}.html{section or ''})"


def find_missing(key: nbformat.NotebookNode, asked: list[Exercise]) -> dict[str, list[int]]:
    """For each exercise that is set, the numbers of others that are not, but that its text or its stub needs."""
    missing, stubs, texts = {}, {}, {}
    number = 0
    for cell in split_at_headings(copy.deepcopy(key.cells)):
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            number = int(heading[1]) if (heading := HEADING.match(cell.source)) else 0
            texts[number] = cell.source
        elif "exercise" in tags_of(cell):
            stubs[number] = Cell(cell.source)
    for exercise in asked:
        spoken = {
            int(found)
            for found in OTHER_EXERCISE.findall(texts[exercise.number].replace(exercise.heading, ""))
        }
        stub = stubs.get(exercise.number)
        read = {other for other in stubs if stub and stub.reads_in_all & (stubs[other].binds - stub.binds)}
        missing[exercise.name] = sorted(
            (spoken | read) & texts.keys() - {each.number for each in asked} - {0}
        )
    return missing


def summary_cell(key: nbformat.NotebookNode, asked: list[Exercise], seconds: float = 60) -> str:
    """What students should know before they begin."""
    numbers = {int(found[1]) for cell in key.cells for found in CLASS.finditer(cell.source)}
    return SUMMARY.format(
        points=sum(exercise.points for exercise in asked),
        minutes=sum(exercise.minutes for exercise in asked),
        class_number=min(numbers, default=OF_THE_BOOK),
        seconds=seconds,
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
    """The zip that Otter and Gradescope take. It holds the package, so that it needs no address of a repository.

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
    """Put `teaching.grading` beside the script that Gradescope starts, where Python looks for modules first."""
    with zipfile.ZipFile(zip_path, "a") as file:
        for path in sorted((ROOT / "teaching" / "grading").glob("*.py")):
            file.write(path, f"teaching/grading/{path.name}")


def name_assignment(chapter: str, numbers: Sequence[int]) -> str:
    """A chapter's name, with the numbers of its exercises where some of them are set: two homeworks, two names."""
    return "-".join([chapter, *map(str, sorted(set(numbers)))])


def write_assignment(
    chapter: str, settings: dict, wheel: Path, folder: Path, numbers: Sequence[int] = ()
) -> Path:
    """Everything of one chapter for one class, in a folder of their names; of some of its exercises, or of all.

    Nothing that is there is touched before the new one is whole.

    Raises:
        SystemExit: the chapter has no such exercise, or one without a hidden test.
    """
    name = name_assignment(chapter, numbers)
    key = make_answer_key(read_chapter(chapter), settings["class_number"])
    asked = select_exercises(key, numbers)
    target = folder / str(settings["class_number"]) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
        new = Path(unfinished) / name
        for part in ("student", "instructor"):
            (new / part).mkdir(parents=True)
        nbformat.write(key, new / "instructor" / f"{name}.ipynb")
        student = make_student_notebook(key, numbers, settings["seconds"], chapter)
        nbformat.write(student, new / "student" / f"{name}.ipynb")
        write_points(new / "points.csv", chapter, asked)
        by_machine = [exercise for exercise in asked if exercise.check]
        write_autograder(chapter, key, by_machine, settings, wheel, new / "autograder.zip")
        shutil.rmtree(target, ignore_errors=True)
        new.replace(target)
    for exercise, missing in find_missing(key, asked).items():
        if missing:
            both = ",".join(map(str, sorted({*numbers, *missing})))
            print(
                f"{chapter}, {exercise} speaks of exercise {' and '.join(map(str, missing))}, which is not set. "
                f"The student's notebook says where to find it; EXERCISES={both} sets it, too."
            )
    return target


def write_points(path: Path, chapter: str, asked: list[Exercise]) -> None:
    """The table of points, for the teacher."""
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerow(["exercise", "title", "difficulty", "minutes", "points", "marked by", "hidden test"])
        for each in asked:
            by = "autograder" if each.check else "hand"
            hidden = describe_hidden_test(chapter, each)
            table.writerow([each.name, each.title, each.difficulty, each.minutes, each.points, by, hidden])


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


def read_class_number(text: str) -> int:
    """CLASS as a number: whole and positive, because data are drawn from it."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"CLASS={text} should be a whole number such as 2031")
    return int(text)


def read_exercises(text: str) -> list[int]:
    """EXERCISES as numbers."""
    if not re.fullmatch(r"(\d+(, ?\d+)*)?", text.strip()):
        raise argparse.ArgumentTypeError(
            f"EXERCISES={text} should be numbers with commas between them, such as 1,2"
        )
    return sorted({int(number) for number in re.findall(r"\d+", text)})


def read_seconds(text: str) -> float:
    """SECONDS as a number above 0."""
    if not re.fullmatch(r"\d+(\.\d+)?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"SECONDS={text} should be a number such as 60")
    return float(text)


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for, refused in words where it cannot be, before anything is written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", help="a chapter's name, or all")
    parser.add_argument(
        "--class-number",
        type=read_class_number,
        default=OF_THE_BOOK,
        help="changes data and answers of an exercise",
    )
    parser.add_argument(
        "--seconds", type=read_seconds, default=60.0, help="for each statement, and for each test"
    )
    parser.add_argument(
        "--limit",
        type=read_seconds,
        help="for one whole notebook; otherwise ten times the seconds of a statement",
    )
    parser.add_argument(
        "--exercises",
        type=read_exercises,
        default=[],
        help="numbers of those that are set, such as 1,2; otherwise all",
    )
    parser.add_argument("--output", type=Path, default=ROOT / "_build" / "assignments")
    options = parser.parse_args(arguments)
    names = list_chapters() if options.chapter == "all" else [options.chapter]
    if unknown := set(names) - set(list_chapters()):
        what = (
            f"there is no chapter {', '.join(unknown)}"
            if options.chapter
            else "say which chapter: CHAPTER=NAME"
        )
        parser.error(f"{what}. There are: {', '.join(list_chapters())}, all")
    for name in names:
        select_exercises(read_chapter(name), options.exercises)
    options.chapters = names
    return options


def main() -> None:
    options = read_options()
    settings = {
        "class_number": options.class_number,
        "seconds": options.seconds,
        "limit": options.limit or 10 * options.seconds,
    }
    names = options.chapters
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        for name in tqdm(names, desc="Assignments", unit="chapter", disable=len(names) == 1):
            target = write_assignment(name, settings, wheel, options.output.resolve(), options.exercises)
    if options.class_number == OF_THE_BOOK:
        print(f"No class number, or {OF_THE_BOOK}: that is the book's own, with the answers that it prints.")
    if not stated_address():
        print(
            "The book has no address yet, so that the notebook for students has no links to it, and cannot install "
            "lenet_utils by itself. Set one first, for example: make address URL=https://github.com/YOU/YOUR-BOOK"
        )
    print(f"Written: {target if len(names) == 1 else target.parent}")
    to_grade = f"make grade CHAPTER={names[0]} CLASS={options.class_number} SUBMISSIONS=folder"
    if options.exercises:
        to_grade += f" EXERCISES={','.join(map(str, options.exercises))}"
    print(f"Hand out student/*.ipynb. To grade what comes back: {to_grade}")


if __name__ == "__main__":
    main()
