"""What marks an exercise right or wrong: the frame that every chapter's checks share.

A check calls the reader's answer, says in one line what it found and returns True (right), False
(wrong) or None (not attempted yet). It never raises, so that "Run all" reaches the end of a chapter.
The checks themselves are in one module a chapter: `lenet_utils.checks.mathematics` and so on.
"""

import functools
import traceback
from collections.abc import Callable

import numpy as np

__all__ = ["NotAttemptedError", "WrongError", "attempt", "exercise", "expect", "expect_close"]


class NotAttemptedError(Exception):
    """The stub is as the book left it."""


class WrongError(Exception):
    """The answer is wrong; the message says how, without giving the answer away."""


def attempt(answer, *arguments):
    """The reader's value, or what the reader's function returns for these arguments.

    Raises:
        NotAttemptedError: the stub is untouched: `...`, None, or a function that returns either.
    """
    try:
        value = answer(*arguments) if callable(answer) else answer
    except NotImplementedError:
        raise NotAttemptedError from None
    if value is None or value is Ellipsis:
        raise NotAttemptedError
    return value


def expect(condition: bool, hint: str) -> None:
    """Mark the answer wrong, with this hint, unless the condition holds."""
    if not condition:
        raise WrongError(hint)


def expect_close(value, wanted, hint: str, tolerance: float = 1e-5) -> None:
    """Mark the answer wrong unless it is an array (or number) of the wanted shape and values."""
    value, wanted = np.asarray(value), np.asarray(wanted)
    if value.shape != wanted.shape:
        raise WrongError(f"the shape is {value.shape}, it should be {wanted.shape}. {hint}")
    if not np.issubdtype(value.dtype, np.number) and value.dtype != bool:
        raise WrongError(f"the values are of type {value.dtype}, they should be numbers. {hint}")
    if not np.allclose(value, wanted, rtol=tolerance, atol=tolerance):
        raise WrongError(hint)


def exercise(title: str) -> Callable:
    """Decorator that turns a function of the reader's answer into a check with a verdict.

    The function returns normally if the answer is right and calls `expect` and its kin otherwise.
    """

    def decorate(examine: Callable) -> Callable:
        @functools.wraps(examine)
        def check(*answers) -> bool | None:
            try:
                examine(*answers)
            except NotAttemptedError:
                print(f"○ {title}: not attempted yet")
                return None
            except WrongError as wrong:
                print(f"✗ {title}: {wrong}")
                return False
            except Exception as error:  # whatever the reader's code raises is a verdict, not a crash
                whose = (
                    "your code raised" if _in_answer(error) else "the answer is not of the kind asked for:"
                )
                print(f"✗ {title}: {whose} {type(error).__name__}: {error}")
                return False
            print(f"✓ {title}: right")
            return True

        return check

    return decorate


def _in_answer(error: Exception) -> bool:
    """Whether an answer raised it when it was called, and not the check that looks at what came back."""
    return any(frame.f_code is attempt.__code__ for frame, _ in traceback.walk_tb(error.__traceback__))
