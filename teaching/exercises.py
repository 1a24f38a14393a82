"""What a chapter says of its exercises: number, title, difficulty, and what its check is asked about.

The heading and the stub of an exercise are the only source. Points and minutes follow from the difficulty.
`python -m teaching.exercises` writes what a check has to know of its exercise where an installed package
finds it; `make chapters` does so, too.
"""

import ast
import json
import re
from dataclasses import dataclass, field

import nbformat

from scripts.chapters import ROOT, list_chapters, read_chapter, tags_of

POINTS = {"warm-up": 2, "steady": 4, "challenging": 6, "an evening": 10}
"""Half for the check that the student has, half for the hidden test; an open exercise is marked by hand."""

MINUTES = {"warm-up": 10, "steady": 20, "challenging": 40, "an evening": 120}
"""What we expect an exercise to take; please tell us better."""

HEADING = re.compile(r"^### Exercise (\d+) · ([\w -]+): (.+)$", re.MULTILINE)
CHECK = re.compile(r"(?:\w+ = )?(?:\w+\.)?(check_\w+)\((.*)\)$")


@dataclass
class Exercise:
    """What a chapter says of one of its exercises."""

    heading: str
    number: int
    difficulty: str
    title: str
    check: str | None = None
    arguments: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"exercise-{self.number}"

    @property
    def points(self) -> int:
        return POINTS[self.difficulty]

    @property
    def minutes(self) -> int:
        return MINUTES[self.difficulty]


def find_exercises(notebook: nbformat.NotebookNode) -> list[Exercise]:
    """The exercises of a chapter, each with its check and the names that the check is asked about."""
    found: list[Exercise] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found += [Exercise(m[0], int(m[1]), m[2], m[3]) for m in HEADING.finditer(cell.source)]
        elif "exercise" in tags_of(cell):
            found[-1].check, found[-1].arguments = find_questions(cell)[-1]
    return found


def find_questions(cell: nbformat.NotebookNode) -> list[tuple[str, list[str]]]:
    """The calls of checks in a cell: the name of each check, and the names of its arguments."""
    nodes = [node.test if isinstance(node, ast.Assert) else node for node in ast.parse(cell.source).body]
    calls = [call for node in nodes if (call := CHECK.match(ast.unparse(node)))]
    return [(call[1], call[2].split(", ")) for call in calls]


LISTED = ROOT / "lenet_utils" / "checks" / "exercises.json"


def list_checked_exercises() -> dict[str, dict[str, dict]]:
    """Chapter -> check -> number, title and difficulty, of all exercises that have a check.

    Raises:
        ValueError: two exercises have checks of one name, by which a check finds its title.
    """
    listed: dict[str, dict[str, dict]] = {}
    for chapter in list_chapters():
        checked = [each for each in find_exercises(read_chapter(chapter)) if each.check]
        for name in {each.check for each in checked} & set().union(*listed.values()):
            raise ValueError(f"{name} checks an exercise of {chapter} and one of another chapter: rename it")
        listed[chapter] = {
            each.check: {"number": each.number, "title": each.title, "difficulty": each.difficulty}
            for each in checked
        }
    return listed


def write_list() -> None:
    """Bring lenet_utils/checks/exercises.json up to date with the chapters."""
    text = json.dumps(list_checked_exercises(), ensure_ascii=False, indent=1)
    LISTED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_list()
