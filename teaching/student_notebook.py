"""A chapter as a notebook for students, and as the answer key."""

import copy
import re
from collections.abc import Iterator, Sequence

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from scripts.chapters import tags_of
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
    "**{points} points, about {minutes} minutes, for class {class_number}.** When the check of an exercise "
    "says ✓, half of its points are yours. The other half is for a test that you do not see: other sizes, other "
    "inputs, cases at the edge. Questions that no check asks about carry no points, unless it says so. Hand in "
    "this notebook and not the book's, which asks for another class's answers.\n\n"
    "**How it is graded.** Your answers are run again on another computer: on the 5,000 digits that come with "
    "the package, even if you have all of MNIST, and without any file of yours. One statement, such as a "
    "training run, may take {seconds:g} seconds."
)
NOT_SET = "*Exercise {numbers} is not part of this assignment. You find it in [the book]({page}).*"
HAND_IN = "---\n\nTo hand in: save, and hand in this one file. Its name does not matter."


def make_answer_key(notebook: nbformat.NotebookNode, class_number: int) -> nbformat.NotebookNode:
    """The answer key: a copy of the chapter with the class's number, which an autograder can read, too."""
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
    """For each exercise that is set, the numbers of others that its text or stub needs, and that are not."""
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
    """An exercise's text with its points, without what is folded; where no check asks, room to answer."""
    cell.source = FOLDED.sub("\n\n", cell.source).strip().replace(exercise.heading, render_heading(exercise))
    return [cell] if exercise.check else [cell, new_markdown_cell(ANSWER), new_code_cell(ANSWER_IN_CODE)]


def render_heading(exercise: Exercise) -> str:
    by = "" if exercise.check else "; your teacher marks it"
    return f"{exercise.heading} ({exercise.points} points, about {exercise.minutes} minutes{by})"
