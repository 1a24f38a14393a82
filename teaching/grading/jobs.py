"""What of a notebook is run for the marks: the student's statements, and what they need of the chapter.

Cells are told apart by what they say and by their ids, never by tags or other metadata, which Colab may drop.
"""

import ast
import re
from dataclasses import dataclass, field

from teaching.grading.notebooks import SourceCell
from teaching.grading.slicing import Cell, backward_slice, remove_checks, select_statements, split_statements

INSTALLING = re.compile(r"^(\s*)[%!].*\b(pip|conda|mamba|apt|apt-get)\b.*$", re.MULTILINE)
"""Lines that fetch software. An autograder has what it needs, and often no network."""

TIMING = re.compile(r"^(\s*)%%?(time|capture)\b *", re.MULTILINE)
"""IPython's magic that only looks on while Python runs."""

CLASS = re.compile(r"CLASS = ")


@dataclass
class Job:
    """What is to be run and asked for one notebook.

    Attributes:
        given: cells of the chapter, in order.
        statements: the student's, in order; the ones not listed in `chosen` are never run.
        chosen: numbers of the statements that bear on an answer.
        own: for each exercise, the numbers of the statements that bear on its answers.
        blamed: for each exercise, those of `own` whose errors the student should hear of with this exercise.
        in_text: exercises whose answer stands in a text cell, where nothing is run.
    """

    given: list[str]
    statements: list[str]
    chosen: list[int]
    own: dict[str, set[int]] = field(default_factory=dict)
    blamed: dict[str, set[int]] = field(default_factory=dict)
    in_text: set[str] = field(default_factory=set)

    def is_opaque(self, number: int) -> bool:
        """Whether a statement is no Python, or magic, so that nobody knows what it bears on."""
        return Cell(self.statements[number]).opaque


def prepare_job(cells: list[SourceCell], settings: dict) -> Job:
    """Select what is run of a notebook.

    Args:
        cells: of the notebook that was handed in.
        settings: of the autograder, as `teaching.make_assignment` writes them: `chapter`, the code cells that
            the student was given, as pairs of id and source; `stubs`, the ids of those that are to be
            changed, or answered below; `exercises`, each with `name`, `check` and `arguments`.
    """
    given, stubs = dict(settings["chapter"]), set(settings["stubs"])
    statements = find_own_statements(cells, given, stubs)
    read = list(map(Cell, statements))
    asked = {each["name"]: set(each["arguments"]) - {"CLASS"} for each in settings["exercises"]}
    names = set().union(*asked.values())
    class_numbers = [number for number, each in enumerate(statements) if CLASS.match(each)]
    chosen = sorted({*class_numbers, *select_statements(read, names)})
    # A stub is nobody's answer. What else it says, such as the class's sizes, an answer below it may read.
    unanswered = set().union(*(Cell(given[stub]).binds for stub in stubs))
    wanted = (names - unanswered).union(*(read[number].reads_in_all for number in chosen))
    quiet = {stub: ast.unparse(remove_checks(given[stub])) for stub in stubs}
    job = Job(backward_slice(list({**given, **quiet}.values()), wanted), statements, chosen)
    for name, answers in asked.items():
        job.own[name] = {*class_numbers, *select_statements(read, answers)}
        job.blamed[name] = {
            number
            for number in job.own[name]
            if not read[number].opaque or _is_about(statements[number], answers, names)
        }
    text = "\n".join(cell.source for cell in cells if cell.kind != "code")
    job.in_text = {name for name, answers in asked.items() if any(_is_bound(each, text) for each in answers)}
    return job


def find_own_statements(cells: list[SourceCell], given: dict[str, str], stubs: set[str]) -> list[str]:
    """The statements of a notebook that the student wrote, in order.

    What was added to a cell of the chapter, or changed there, is the student's, too.
    """
    known = {_normalize(source) for source in given.values()}
    found: list[str] = []
    for cell in cells:
        if cell.kind != "code" or _normalize(cell.source) in known:
            continue
        statements = split_statements(TIMING.sub(r"\1", INSTALLING.sub(r"\1pass", cell.source)))
        if cell.id in given.keys() - stubs:
            original = set(split_statements(given[cell.id]))
            statements = [each for each in statements if each not in original]
        found += statements
    return found


def _normalize(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _is_about(statement: str, answers: set[str], names: set[str]) -> bool:
    """Whether text that is no Python speaks of these answers, or of none at all."""
    words = set(re.findall(r"\w+", statement))
    return bool(words & answers) or not words & names


def _is_bound(name: str, text: str) -> bool:
    return bool(re.search(rf"^\s*(def {name}\b|{name}\s*=[^=])", text, re.MULTILINE))
