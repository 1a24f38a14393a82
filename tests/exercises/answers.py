"""What is handed in to the checks: solutions and stubs of the chapters, and the shape of a table of other answers.

Solutions and stubs are taken from the chapter as an autograder takes what it needs: statement by statement, and no
more of them than the answer reads.
"""

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np

from scripts.chapters import list_chapters, read_chapter, tags_of
from teaching.exercises import find_exercises
from teaching.grading import slicing

OF_THE_BOOK = 2027
"""The class number in the chapters."""

GIVEN = {"small_solution": "from lenet_utils.models import lenet5\nsmall_solution = lenet5(weights='mnist')"}
"""In place of what a chapter trains for minutes."""


class HandedIn(tuple):
    """Several answers, `HandedIn([size, last_side])`, to a check that is asked about several.

    Those that are left out, and the class number, are the solution's.
    """


@dataclass
class Table:
    """What an exercise's check and hidden test have to say to answers other than the chapter's solution.

    Attributes:
        right: answers in other forms. Check and hidden test accept each, whatever they draw.
        wrong: mistakes, each with a piece of the hint that the check gives. Both refuse each, whatever they draw.
        fitted: answers that know what the check asks. The hidden test refuses each.

    An answer is what is handed in first, a value or a function, or it is `HandedIn`.
    """

    right: list = field(default_factory=list)
    wrong: list[tuple] = field(default_factory=list)
    fitted: list = field(default_factory=list)


def module_name(chapter: str) -> str:
    return chapter.replace("-", "_")


def module(chapter: str, hidden: bool = False):
    """The checks of a chapter, or its hidden tests."""
    return import_module(("teaching.hidden." if hidden else "lenet_utils.checks.") + module_name(chapter))


@cache
def exercises(chapter: str) -> dict:
    """The exercises of a chapter that have a check, by the name of the check."""
    return {each.check: each for each in find_exercises(read_chapter(chapter)) if each.check}


CONVERTED = [
    chapter for chapter in list_chapters() if Path(__file__).with_name(f"{module_name(chapter)}.py").exists()
]
"""Chapters that have a table; those that have none yet are in tests/checks and tests/teaching/test_hidden.py."""

CASES = [(chapter, check) for chapter in CONVERTED for check in exercises(chapter)]


@cache
def taken(chapter: str, check: str, tag: str, class_number: int = OF_THE_BOOK) -> tuple:
    """What the chapter's stub ("exercise") or solution ("solution") hands in to a check, with a class's number."""
    code = [cell for cell in read_chapter(chapter).cells if cell.cell_type == "code"]
    sources = [re.sub(r"^CLASS = \d+", f"CLASS = {class_number}", cell.source, flags=re.M) for cell in code]
    asks = re.compile(rf"(?:assert |\w+ = )?(?:\w+\.)?{check}\((.*)\)$", re.MULTILINE)
    number, names = next(
        (number, found[1].split(", "))
        for number, cell in enumerate(code)
        if tag in tags_of(cell) and (found := asks.search(ast.unparse(ast.parse(sources[number]))))
    )
    needed = [statement for source in sources[:number] for statement in without_checks(source)]
    needed += without_checks(sources[number]) + [GIVEN[name] for name in names if name in GIVEN]
    namespace = {"__name__": "answers"}
    for statement in slicing.backward_slice(needed, set(names)):
        exec(statement, namespace)
    return tuple(namespace[name] for name in names)


def without_checks(source: str) -> list[str]:
    """A cell's statements without its questions to a check."""
    return [ast.unparse(node) for node in slicing.remove_checks(source).body]


def handed_in(answer, solution: tuple) -> tuple:
    """All arguments of a check: the answer or answers, and for the rest the solution's."""
    answers = answer if isinstance(answer, HandedIn) else (answer,)
    return (*answers, *solution[len(answers) :])


def in_other_types(answer) -> list:
    """The same answer in the types that NumPy, Keras and plain Python give it: float32, tensors, lists, …"""
    return [_converted(answer, leaf, several) for leaf, several in FORMS.values()]


def _tensor(value):
    import tensorflow as tf

    return tf.constant(value)


FORMS = {
    "NumPy's arrays": (np.asarray, tuple),
    "float32": (lambda value: np.asarray(value, np.float32), tuple),
    "lists": (lambda value: np.asarray(value).tolist(), list),
    "lists of floats": (lambda value: np.asarray(value, float).tolist(), list),
    "tensors": (_tensor, tuple),
    "float32 tensors": (lambda value: _tensor(np.asarray(value, np.float32)), list),
}


def _converted(value, leaf, several):
    if callable(value) and not hasattr(value, "layers"):
        return lambda *arguments: _converted(value(*arguments), leaf, several)
    if isinstance(value, tuple):
        return several(_converted(part, leaf, several) for part in value)
    if isinstance(value, dict):
        return {key: _converted(part, leaf, several) for key, part in value.items()}
    numbers = isinstance(value, int | float | list | np.ndarray | np.number)
    return leaf(value) if numbers and not isinstance(value, bool) else value
