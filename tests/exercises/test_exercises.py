"""Every exercise: its solution is right, its stub is no answer, other right answers pass and mistakes get their hint.

One item per exercise. The answers are in the chapter and in the chapter's table, `tests/exercises/CHAPTER.py`. Checks
and hidden tests draw their inputs: each answer is tried with several seeds, as many as LENET_SEEDS says.
"""

import ast
import inspect
import itertools
import os
import traceback
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from lenet_utils import checks
from tests.exercises.answers import (
    CASES,
    CONVERTED,
    OF_THE_BOOK,
    exercises,
    handed_in,
    in_other_types,
    module,
    module_name,
    taken,
)

SEEDS = int(os.environ.get("LENET_SEEDS", 3))
OTHER_CLASSES = (2031, 1, 7_040_125)
CASES = [pytest.param(*case, id="-".join(case)) for case in CASES]
ABSURD = [
    "nonsense",
    [],
    {},
    (1, "a"),
    np.zeros((2, 3)),
    np.zeros((2, 3, 4, 5)),
    np.full((3, 1), np.nan),
    object(),
]


@pytest.fixture
def seeded(monkeypatch):
    """A function that lets checks and hidden tests draw the same numbers again."""
    make = np.random.default_rng

    def set_seed(number):
        numbers = itertools.count(1_000_000 * number)
        monkeypatch.setattr(
            np.random, "default_rng", lambda seed=None: make(next(numbers) if seed is None else seed)
        )

    return set_seed


@pytest.fixture
def marked(capsys):
    """A function that has answers marked, by a check and its hidden test: two verdicts, and what the check said."""

    def mark(chapter, check, answers):
        verdict = getattr(module(chapter), check)(*answers)
        said = capsys.readouterr().out
        hidden = getattr(module(chapter, hidden=True), check)(*answers)
        return (verdict, hidden), said + capsys.readouterr().out

    return mark


def table_of(chapter, check):
    solution = taken(chapter, check, "solution")
    table = getattr(import_module(f"tests.exercises.{module_name(chapter)}"), check)(*solution)
    table.right += [solution[0], *in_other_types(solution[0])]
    return solution, table


@pytest.mark.parametrize(("chapter", "check"), CASES)
def test_an_exercise(chapter, check, marked, seeded):
    class_number = "CLASS" in exercises(chapter)[check].arguments
    stub = taken(chapter, check, "exercise")
    assert marked(chapter, check, stub)[0] == (None, None)

    solution, table = table_of(chapter, check)
    for number in (OF_THE_BOOK, *(OTHER_CLASSES if class_number else ())):
        verdicts, said = marked(chapter, check, taken(chapter, check, "solution", number))
        assert verdicts == (True, True), said
    for number in (
        (2026, 2028, 2031) if class_number else ()
    ):  # the book's answer is worth nothing to another class
        assert marked(chapter, check, (*solution[:-1], number))[0] == (False, False)

    assert len(table.right) >= 10
    for seed in range(SEEDS):
        seeded(seed)
        for place, answer in enumerate(table.right):
            verdicts, said = marked(chapter, check, handed_in(answer, solution))
            assert verdicts == (True, True), f"seed {seed}, right answer {place}: {said}"
        for answer, hint in table.wrong:
            verdicts, said = marked(chapter, check, handed_in(answer, solution))
            assert verdicts == (False, False), f"seed {seed}, {hint!r} expected: {said}"
            assert hint in said.splitlines()[0], f"seed {seed}: {said}"
        for place, answer in enumerate(table.fitted):
            verdicts, said = marked(chapter, check, handed_in(answer, solution))
            assert verdicts[1] is False, f"seed {seed}, fitted answer {place}: {said}"


@pytest.mark.parametrize(("chapter", "check"), CASES)
def test_what_is_no_answer(chapter, check, marked):
    """Untouched stubs of any form, crashes and absurd values, for the first answer and for all answers."""
    solution = taken(chapter, check, "solution")
    ours = [*taken(chapter, check, "exercise")]

    def verdicts_on(answer):
        everywhere = [answer if part is ... or inspect.isfunction(part) else part for part in ours]
        for answers in ([answer, *solution[1:]], everywhere):
            yield marked(chapter, check, answers)

    for untouched in (..., None, lambda *_: ..., lambda *_: None):
        assert all(verdicts == (None, None) for verdicts, _ in verdicts_on(untouched))
    for verdicts, said in verdicts_on(crash):
        assert verdicts == (False, False)
        assert "your code raised RuntimeError: out of ink" in said
    for absurd in ABSURD:
        for answer in (absurd, lambda *_, absurd=absurd: absurd):
            for verdicts, said in verdicts_on(answer):
                assert verdicts == (False, False), (absurd, said)
                assert "your code raised" not in said, (absurd, said)


def crash(*_):
    raise RuntimeError("out of ink")


@pytest.mark.parametrize(("chapter", "check"), CASES)
def test_every_hint_is_for_a_mistake_of_the_table(chapter, check):
    """No `expect` of a check, and no known mistake of an `expect_close`, that no wrong answer reaches."""
    solution, table = table_of(chapter, check)
    reached = set()
    for answer, _ in table.wrong:
        try:
            getattr(module(chapter), check).__wrapped__(*handed_in(answer, solution))
        except checks.WrongError as error:
            reached |= places_of(error, Path(module(chapter).__file__))
        except Exception:  # a crash is a mistake, too; the frame has the words for it
            continue
    hints = hints_of(check, Path(module(chapter).__file__))
    assert [hint for hint in hints if hint not in reached] == []


def places_of(error, file):
    """The lines of the checks' module that an error came through, and the number of the known mistake, if it is one."""
    frames = list(traceback.walk_tb(error.__traceback__))
    lines = [line for frame, line in frames if Path(frame.f_code.co_filename) == file]
    known = [frame.f_locals for frame, _ in frames if frame.f_code is checks.expect_close.__code__]
    mistake = [list(values["mistakes"]).index(values["mistake"]) for values in known if "wrong" in values]
    plain = known and not (mistake and str(error) == list(known[0]["mistakes"])[mistake[0]])
    return {(line, None if plain or not mistake else mistake[0]) for line in lines}


def hints_of(check, file):
    """The line of each `expect` and `expect_close` of a check; for the latter's known mistakes also their numbers."""
    function = next(node for node in ast.parse(file.read_text()).body if getattr(node, "name", "") == check)
    for node in ast.walk(function):
        name = getattr(getattr(node, "func", None), "id", "")
        if name in ("expect", "expect_close"):
            yield node.lineno, None
            mistakes = [keyword.value for keyword in node.keywords if keyword.arg == "mistakes"]
            for number in range(len(mistakes[0].keys) if mistakes else 0):
                yield node.lineno, number


@pytest.mark.parametrize("chapter", CONVERTED)
def test_a_chapter_has_all_its_checks(chapter):
    """Check, hidden test and table for every exercise, and for nothing else; and one that takes the class number."""
    names = exercises(chapter).keys()
    table = import_module(f"tests.exercises.{module_name(chapter)}")
    for place in (module(chapter), module(chapter, hidden=True), table):
        assert {name for name in vars(place) if name.startswith("check_")} - {"check_class_number"} == names
    assert any("CLASS" in exercise.arguments for exercise in exercises(chapter).values())


def test_classes_differ_in_more_than_their_number():
    """The public answer is of little use to another class: mathematics draws a network for each."""
    mathematics = module("mathematics")
    assert len({mathematics._last_side(1000, mathematics.layers_of_class(n)) for n in range(2000, 2100)}) > 40
