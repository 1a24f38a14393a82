"""What marks an exercise right or wrong: the frame that every chapter's checks share.

A check calls the reader's answer, says in one line what it found and returns True (right), False
(wrong) or None (not attempted yet). It never raises, so that "Run all" reaches the end of a chapter.
The checks themselves are in one module per chapter: `lenet_utils.checks.mathematics` and so on.

`attempt` asks the answer; `as_number`, `as_parts`, `as_array` and `as_model` read what came back, in
whatever type it came; `expect` and `expect_close` mark it.
"""

import functools
import inspect
import json
import numbers
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

__all__ = [
    "EXERCISES",
    "NotAttemptedError",
    "WrongError",
    "as_array",
    "as_model",
    "as_number",
    "as_parts",
    "attempt",
    "check_class_number",
    "class_generator",
    "exercise",
    "expect",
    "expect_close",
    "explain",
    "fresh",
]

EXERCISES = json.loads(Path(__file__).with_name("exercises.json").read_text(encoding="utf-8"))
"""Chapter -> name of a check -> number, title and difficulty of its exercise.

Written by `python -m teaching.exercises` from the chapters' headings, because a student has no chapters at hand.
"""

NO_INPUT = "the model does not know the shape of its images: begin with keras.Input((32, 32, 1))."
CHANGED = (
    "your function changes the arguments that it is given. Leave them as they are: "
    "write x = x - y in place of x -= y, or work on a copy."
)
NOTHING = "your function returns nothing: is there a return, in every branch?"
LONGEST = 200
"""Characters of an error's message that a verdict repeats."""

PLAIN = {"✓": "[right]", "✗": "[wrong]", "○": "[not attempted]"}
"""In place of the marks, where a console cannot show them."""


class NotAttemptedError(Exception):
    """The stub is as the book left it."""


class WrongError(Exception):
    """The answer is wrong; the message says how, without giving the answer away."""


# --- Asking the answer


def fresh() -> np.random.Generator:
    """A generator of other numbers at every call: an answer cannot be fitted to them."""
    return np.random.default_rng()


def class_generator(class_number: int) -> np.random.Generator:
    """A generator of the same numbers for everybody in a class.

    Raises:
        ValueError: from `check_class_number`.
    """
    return np.random.default_rng(check_class_number(class_number))


def check_class_number(value) -> int:
    """The class number, if it is one.

    Raises:
        ValueError: it is text, or no positive whole number.
    """
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"CLASS is {value!r}. It should be a positive whole number without quotation marks, such as 2027."
        )
    return int(value)


def attempt(answer, *arguments):
    """The reader's value, or what the reader's function returns for copies of these arguments.

    Raises:
        NotAttemptedError: the stub is untouched: `...`, None, or a function without a body.
        WrongError: a function is asked for and there is none, or it returns nothing, or it changes its arguments.
    """
    if answer is None or answer is Ellipsis:
        raise NotAttemptedError
    if not callable(answer):
        expect(not arguments, f"hand in a function, not a value of type {type(answer).__name__}.")
        return _filled_in(answer)
    given = _copy(arguments)
    try:
        value = answer(*given)
    except NotImplementedError:
        raise NotAttemptedError from None
    expect(value is not None or _is_stub(answer), NOTHING)
    expect(_same(given, arguments), CHANGED)
    return _filled_in(value)


def _filled_in(value):
    """The value, if no part of it is still `...`."""
    parts = value if isinstance(value, tuple | list) else [value]
    if value is None or any(part is Ellipsis for part in parts):
        raise NotAttemptedError
    return value


def _is_stub(answer: Callable) -> bool:
    """Whether a function has no body but `...` or a docstring: its bytecode is that of an empty function."""

    def dots(): ...

    def documented():
        """Nothing else."""
        ...

    code = getattr(answer, "__code__", None)
    return code is not None and code.co_code in (dots.__code__.co_code, documented.__code__.co_code)


def _copy(value):
    """Arrays, lists, tuples and dicts as copies, to any depth; models, functions and generators as they are."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return type(value)(map(_copy, value)) if type(value) in (list, tuple) else value


def _same(given, before) -> bool:
    """Whether what `_copy` made of `before` is still equal to it."""
    if isinstance(before, np.ndarray):
        return np.array_equal(given, before, equal_nan=before.dtype.kind == "f")
    if isinstance(before, dict):
        return given.keys() == before.keys() and all(_same(given[key], before[key]) for key in before)
    if type(before) in (list, tuple):
        return len(given) == len(before) and all(map(_same, given, before))
    return True


# --- Reading what came back


def as_array(value) -> np.ndarray:
    """An answer's numbers, whatever holds them: a list, a tuple, a tensor, an array of any number type.

    Raises:
        WrongError: they are text, not real, not numbers, or lists of different lengths.
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biufUSc":  # fractions, lists of tensors, bfloat16
            array = array.astype(float)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise WrongError(f"numbers are asked for, and this is a value of type {kind}.") from None
    expect(array.dtype.kind not in "US", "give a number, not text: leave the quotation marks out.")
    expect(array.dtype.kind != "c", "real numbers are asked for, and these are complex.")
    return array


def as_number(value, hint: str = "give one number.") -> int | float:
    """An answer that is one number, as Python's own, 17.0 as 17: from any number type, also an array without axes.

    Raises:
        WrongError: with this hint if it is several numbers; with another one if it is text or no number at all.
    """
    array = as_array(value)
    expect(array.ndim == 0, hint)
    number = array.item()
    return int(number) if isinstance(number, float) and number.is_integer() else number


def as_parts(value, count: int, hint: str) -> tuple:
    """An answer that is several things, as a tuple: from a tuple, a list, a tensor, or stacked in an array.

    Raises:
        WrongError: with this hint if it is not so many.
    """
    several = isinstance(value, list | tuple) or (hasattr(value, "__array__") and np.ndim(value) > 0)
    expect(several and len(value) == count, hint)
    return tuple(value)


def as_model(answer):
    """The Keras model that is handed in, or that the reader's function returns.

    Raises:
        WrongError: it is no model, or one that does not know its input.
    """
    import keras

    model = answer if isinstance(answer, keras.Model) else attempt(answer)
    expect(isinstance(model, keras.Model), "a Keras model is asked for, or a function that returns one.")
    expect(model.built and bool(model.layers), NO_INPUT)
    return model


# --- Marking it


def expect(condition: bool, hint: str) -> None:
    """Mark the answer wrong, with this hint, unless the condition holds."""
    if not condition:
        raise WrongError(hint)


def expect_close(
    value, wanted, hint: str, tolerance: float = 1e-5, *, mistakes: Mapping[str, object] | None = None
) -> None:
    """Mark the answer wrong unless it has the wanted shape and values.

    Whole numbers have to be equal, as 17 or as 17.0; other numbers within the tolerance, or within what
    float32 and float16 can hold if the answer comes as these.

    Args:
        value: a number or an array, in any type that `as_array` takes.
        wanted: the right one.
        hint: what to say to a wrong answer of which no more is known.
        tolerance: relative to each number, and absolute below 1.
        mistakes: hints for known mistakes, each with the value that it leads to. Where that is the right value, too,
            it counts as right.
    """
    value, wanted = as_array(value), np.asarray(wanted)
    if _is_close(value, wanted, tolerance):
        return
    for mistake, wrong in (mistakes or {}).items():
        expect(not _is_close(value, np.asarray(wrong), tolerance), mistake)
    expect(value.shape == wanted.shape, f"the shape is {value.shape}, it should be {wanted.shape}. {hint}")
    raise WrongError(hint)


def _is_close(value: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    if value.shape != wanted.shape:
        return False
    rounding = np.finfo(value.dtype).eps / 2 if value.dtype.kind == "f" else 0.0
    if wanted.dtype.kind in "biu":
        return np.allclose(value, wanted, rtol=rounding, atol=1e-6)
    coarse = 400 * rounding  # what some hundred roundings of float32 may add up to
    scale = max(1.0, np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)) * coarse
    return np.allclose(value, wanted, rtol=max(tolerance, coarse), atol=max(tolerance, scale))


# --- The verdict


def exercise(examine: Callable | None = None, *, asks: str = "") -> Callable:
    """Decorator that turns a function of the reader's answers into a check with a verdict.

    The function has the name of a check in a chapter, which gives the verdict the exercise's number and title. It
    returns normally if the answer is right and calls `expect` and its kin otherwise. Its argument `class_number`, if it
    has one, is looked at before it is called.

    Args:
        examine: the function.
        asks: in a hidden test, what it asks beyond the check.
    """
    if examine is None:
        return functools.partial(exercise, asks=asks)
    title = _title(examine.__name__) + (f" ({asks})" if asks else "")
    signature = inspect.signature(examine)

    @functools.wraps(examine)
    def check(*answers) -> bool | None:
        try:
            given = signature.bind(*answers).arguments
            if "class_number" in given:
                check_class_number(given["class_number"])
            examine(*answers)
        except NotAttemptedError:
            return _say("○", title, "not attempted yet")
        except WrongError as wrong:
            return _say("✗", title, str(wrong))
        except Exception as error:  # whatever the reader's code raises is a verdict, not a crash
            return _say("✗", title, explain(error))
        return _say("✓", title, "right")

    return check


def _title(check: str) -> str:
    for exercises in EXERCISES.values():
        if check in exercises:
            return f"Exercise {exercises[check]['number']}, {exercises[check]['title']}"
    return check.removeprefix("check_").replace("_", " ")  # one that is being written, and in no chapter yet


def _say(mark: str, title: str, verdict: str) -> bool | None:
    """Print the verdict in one line, whatever the console can show."""
    line = " ".join(f"{mark} {title}{'' if title[-1] in '?!' else ':'} {verdict}".split())
    try:
        print(line)
    except UnicodeEncodeError:
        encoding = getattr(sys.stdout, "encoding", None) or "ascii"
        print(line.replace(mark, PLAIN[mark]).encode(encoding, "replace").decode(encoding))
    return {"✓": True, "✗": False, "○": None}[mark]


def explain(error: Exception) -> str:
    """An error as a verdict: whose it is, its kind, and the first line of its message that says something."""
    text = re.sub(r"\x1b\[[\d;]*m|\{\{.*?\}\}", "", str(error))  # colours, and TensorFlow's names of nodes
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no more is said"]
    if re.search("no defined (in|out)put|never been called|not (yet )?been built", text):
        return NO_INPUT
    if isinstance(error, ValueError) and text.startswith("CLASS is "):
        return text
    says = lines[1] if len(lines) > 1 and lines[0].startswith("Exception encountered") else lines[0]
    says = says if len(says) <= LONGEST else says[: LONGEST - 1] + "…"
    whose = "your code raised" if _in_answer(error) else "the answer is not of the kind asked for:"
    return f"{whose} {type(error).__name__}: {says}"


def _in_answer(error: Exception) -> bool:
    """Whether an answer raised it when it was called, and not the check that looks at what came back."""
    return any(frame.f_code is attempt.__code__ for frame, _ in traceback.walk_tb(error.__traceback__))
