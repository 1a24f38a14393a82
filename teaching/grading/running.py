"""Run a student's statements and put the answers to the checks, each within a time limit."""

import contextlib
import io
import linecache
import signal
import sys
from collections.abc import Iterator
from importlib import import_module

from IPython import get_ipython
from IPython.core.inputtransformer2 import TransformerManager

CELL_ERRORS = "_errors_of_cells"

OUTPUT_KEPT = 2_000
"""Characters: an endless loop may print for as long as it is allowed to run."""


class TimeExceededError(BaseException):
    """Student code ran for longer than allowed. No `except Exception` of that code catches it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeExceededError in the main thread after so many seconds, and again each second after that."""

    def stop(*_):
        raise TimeExceededError(f"stopped after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _TruncatedIO(io.StringIO):
    """What is printed, as far as it is worth keeping."""

    def write(self, text: str) -> int:
        return super().write(text[: max(0, OUTPUT_KEPT - self.tell())])


def run_check(
    module: str, check: str, arguments: list[str], environment: dict, class_number: int, seconds: float
) -> None:
    """Put a student's answers to a check, as a test file of Otter's does.

    Args:
        module: where the check is: the chapter's own, or the hidden ones that travel with the autograder.
        check: its name.
        arguments: names of the answers in the student's notebook; `CLASS` is the autograder's own number.
        environment: the student's names and values.
        class_number: what the class was given.
        seconds: for how long the check may run.

    Raises:
        AssertionError: the answer is wrong, missing or too slow; the message is the check's.
    """
    said = _TruncatedIO()
    answers = [class_number if name == "CLASS" else environment.get(name, ...) for name in arguments]
    try:
        with contextlib.redirect_stdout(said), time_limit(seconds):
            right = getattr(import_module(module), check)(*answers)
    except BaseException as error:  # SystemExit and the time limit are verdicts, too
        raise AssertionError(f"✗ {type(error).__name__}: {error}") from None
    verdict = (said.getvalue().strip().splitlines() or ["no verdict"])[-1]
    theirs = environment.get("CLASS", class_number)
    if right is False and "CLASS" in arguments and theirs != class_number:
        verdict += f" (the notebook has CLASS = {theirs!r}; this class's number is {class_number})"
    if right is None and environment.get(CELL_ERRORS):
        verdict += f" (errors in the notebook: {'; '.join(dict.fromkeys(environment[CELL_ERRORS]))})"
    assert right is True, verdict


def run_statements(statements: list[str], seconds: float) -> None:
    """Run a student's statements one after the other; what fails for want of a name is tried again after the rest.

    So neither a crash nor the order of cells costs another answer its points.
    """
    names = get_ipython().user_ns
    # IPython's own would end the process, and all later answers with it.
    names["exit"] = names["quit"] = sys.exit
    names[CELL_ERRORS], waiting = [], list(enumerate(statements))
    while waiting:
        without_name = []
        for number, source in waiting:
            file = f"<statement {number}>"
            # tf.function reads the source of what it compiles, and finds it here.
            linecache.cache[file] = len(source), None, source.splitlines(True), file
            try:
                with contextlib.redirect_stdout(_TruncatedIO()), time_limit(seconds):
                    exec(compile(TransformerManager().transform_cell(source), file, "exec"), names)
            except BaseException as error:  # SystemExit and the time limit, too, end one statement only
                if isinstance(error, NameError):
                    without_name.append((number, source))
                names[CELL_ERRORS].append(_describe(error, source))
        if len(without_name) == len(waiting):
            break
        waiting = without_name


def _describe(error: BaseException, source: str) -> str:
    """An error in one line, with the beginning of the statement that its author will recognise."""
    message = error.msg if isinstance(error, SyntaxError) else error
    return f"{type(error).__name__}: {message}, in “{source.strip().partition(chr(10))[0][:60]}”"
