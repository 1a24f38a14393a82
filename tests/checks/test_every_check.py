"""Every check of every chapter: an untouched stub is not attempted yet, and a crash is a verdict.

`check_small_and_good` is handed a trained model and not a function; `test_implementation` has these tests for it.
"""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest

from lenet_utils import checks
from tests.exercises.answers import CONVERTED

CHAPTERS = [
    module.name
    for module in pkgutil.iter_modules(checks.__path__)
    if module.name.replace("_", "-") not in CONVERTED
]
CHECKS = [
    pytest.param(check, id=f"{chapter}-{name}")
    for chapter in CHAPTERS
    for name, check in vars(import_module(f"lenet_utils.checks.{chapter}")).items()
    if name.startswith("check_") and name != "check_small_and_good"
]


def hand_in(check, answer):
    """The verdict on this one answer, given as often as the exercise asks for one; by class 2027 where it asks that."""
    names = inspect.signature(check).parameters
    return check(*(2027 if name == "class_number" else answer for name in names))


def test_every_chapter_has_checks():
    """Where none were found, the tests below would be skipped."""
    assert {check.id.split("-")[0] for check in CHECKS} == set(CHAPTERS) != set()


@pytest.mark.parametrize("check", CHECKS)
def test_an_untouched_stub_is_not_attempted_yet(check, capsys):
    for stub in (..., None, lambda *_: ..., lambda *_: None):
        assert hand_in(check, stub) is None
        assert "not attempted yet" in capsys.readouterr().out


@pytest.mark.parametrize("check", CHECKS)
def test_a_crash_and_an_absurd_answer_are_verdicts_and_nobody_blames_a_crash(check, capsys):
    def crash(*_):
        raise RuntimeError("out of ink")

    assert hand_in(check, crash) is False
    assert "RuntimeError: out of ink" in capsys.readouterr().out
    for absurd in ("nonsense", [], {}, (1, "a"), np.zeros((2, 3)), np.zeros((2, 3, 4, 5)), object()):
        for answer in (absurd, lambda *_, absurd=absurd: absurd):
            assert hand_in(check, answer) is False, absurd
            assert "your code raised" not in capsys.readouterr().out, absurd
