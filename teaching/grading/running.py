"""The process in which a student's code runs: `python -m teaching.grading.running job.json events.jsonl`.

It runs the chapter's cells, then the student's statements, then puts the answers to the checks, and notes
what it is about in a file, a line of JSON each, before it begins. So whatever ends this process, it is known
what did, and nothing that was found out before is lost. Who reads the notes, and ends what does not end, is
`supervising`.
"""

import contextlib
import io
import json
import linecache
import os
import re
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from teaching.grading import processes

OUTPUT_KEPT = 20_000
"""Characters: an endless loop may print for as long as it is allowed to run."""

LONGEST_MESSAGE = 200
"""Characters of an error, or of a verdict's reason: Keras prints whole arrays."""

COLOUR = re.compile(r"\x1b\[[\d;]*m")


class TimeExceededError(BaseException):
    """Student code ran for longer than allowed. No `except Exception` of that code catches it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeExceededError in the main thread after so many seconds, and again each second after that."""

    def stop(*_):
        raise TimeExceededError(f"stopped after {seconds:g} seconds")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class _TruncatedIO(io.StringIO):
    """The beginning of what is printed."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, OUTPUT_KEPT - self.tell())])
        return len(text)


class Notes:
    """The file in which this process notes what it is about."""

    def __init__(self, path: str) -> None:
        # It stays open, also when an answer has moved to another folder.
        self.file = open(path, "a", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
        os.set_inheritable(self.file.fileno(), False)
        self.process = os.getpid()

    def write(self, **note) -> None:
        if os.getpid() == self.process:  # and not a copy of it that an answer made with os.fork
            self.file.write(json.dumps(note) + "\n")
            self.file.flush()


def run_check(
    module: str, check: str, arguments: list[str], environment: dict, class_number: int, seconds: float
) -> tuple[bool | None, str]:
    """Put a student's answers to a check.

    Args:
        module: where the check is: the chapter's own, or the hidden ones that travel with the autograder.
        check: its name.
        arguments: names of the answers in the student's notebook; `CLASS` is the autograder's own number.
        environment: the student's names and values.
        class_number: what the class was given.
        seconds: for how long the check may run.

    Returns:
        Whether the answer is right (None: not attempted), and what the check said, in one line.
    """
    printed = _TruncatedIO()
    answers = [class_number if name == "CLASS" else environment.get(name, ...) for name in arguments]
    try:
        with quiet(printed), time_limit(seconds):
            right = getattr(import_module(module), check)(*answers)
    except BaseException as error:  # SystemExit and the time limit are verdicts, too
        return False, f"✗ {describe_error(error)}"
    verdict = find_verdict(printed.getvalue())
    theirs = environment.get("CLASS", class_number)
    if right is False and "CLASS" in arguments and theirs != class_number:
        verdict += f" (the notebook has CLASS = {theirs!r:.20}; this class's number is {class_number})"
    return right, verdict


def find_verdict(printed: str) -> str:
    """The line of a check's verdict, without what the answer printed and what an error adds below."""
    lines = [line for line in COLOUR.sub("", printed).splitlines() if line.strip()]
    marked = [line for line in lines if line.lstrip().startswith(("✓", "✗", "○"))]
    return shorten([*lines, *marked][-1]) if lines else "✗ the check gave no verdict"


def shorten(text: str) -> str:
    """The first line of a text, and no more of it than somebody will read."""
    line = " ".join((text.strip().splitlines() or [""])[0].split())
    return line if len(line) <= LONGEST_MESSAGE else f"{line[: LONGEST_MESSAGE - 1]}…"


def describe_error(error: BaseException) -> str:
    """An error in one line; that the time was up is said without the name of a class."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    message = COLOUR.sub("", message).strip()
    if isinstance(error, TimeExceededError):
        return message
    return shorten(f"{type(error).__name__}: {message}" if message else type(error).__name__)


def describe_statement(source: str) -> str:
    """The beginning of a statement, by which its author will recognise it."""
    return f"“{source.strip().partition(chr(10))[0][:60]}”"


@contextlib.contextmanager
def quiet(printed: io.StringIO | None = None) -> Iterator[None]:
    """Keep the beginning of what Python code prints, on either stream."""
    printed = _TruncatedIO() if printed is None else printed
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(_TruncatedIO()):
        yield


def execute(source: str, file: str, names: dict) -> None:
    """Run a cell or a statement, magic included."""
    # tf.function reads the source of what it compiles, and finds it here.
    linecache.cache[file] = len(source), None, source.splitlines(True), file
    with quiet():
        exec(compile(TransformerManager().transform_cell(source), file, "exec"), names)


def run_statements(statements: list[tuple[int, str]], names: dict, seconds: float, notes: Notes) -> None:
    """Run a student's statements one after the other; what fails for want of a name is tried again after the
    rest.

    So neither a crash nor the order of cells costs another answer its points.
    """
    waiting = list(statements)
    while waiting:
        without_name = []
        for number, source in waiting:
            notes.write(step=["statement", number])
            try:
                with time_limit(seconds):
                    execute(source, f"<statement {number}>", names)
                notes.write(statement=number, error=None)
            except BaseException as error:  # SystemExit and the time limit, too, end one statement only
                if isinstance(error, NameError):
                    without_name.append((number, source))
                cut = isinstance(error, TimeExceededError)
                text = f"{describe_error(error)}, in {describe_statement(source)}"
                notes.write(statement=number, error=text, cut=cut)
        if len(without_name) == len(waiting):
            break
        waiting = without_name


def ask_checks(job: dict, names: dict, notes: Notes) -> None:
    """Put each exercise to its check, then to its hidden test; an answer that is too slow is asked once."""
    module = job["module"].replace("-", "_")
    for exercise in job["exercises"]:
        for part, where in (("check", f"lenet_utils.checks.{module}"), ("hidden", "hidden_tests")):
            notes.write(step=["exercise", exercise["name"], part])
            right, text = run_check(
                where, exercise["check"], exercise["arguments"], names, job["class_number"], job["seconds"]
            )
            notes.write(exercise=exercise["name"], part=part, right=right, text=text)
            if text.startswith("✗ stopped after"):
                notes.write(exercise=exercise["name"], part="hidden", right=False, text=text)
                break


def set_up(job: dict) -> dict:
    """Run what an answer needs of the chapter, and import the checks; the names that this gives.

    A student has no part in this: whatever fails here is the fault of the machine that grades, or of the
    chapter.
    """
    shell = InteractiveShell.instance()
    names = shell.user_ns
    # IPython's own `exit` would end the process. `display` prints, and what is printed is cut.
    names.update(exit=sys.exit, quit=sys.exit, display=display, get_ipython=lambda: shell)
    for module in (f"lenet_utils.checks.{job['module'].replace('-', '_')}", "hidden_tests"):
        import_module(module)
    if any("training." in cell for cell in job["given"]):
        import_module("teaching.grading.training_cache").cache_fits()
    for number, cell in enumerate(job["given"]):
        execute(cell, f"<cell {number}>", names)
    return names


def main(job_path: str, notes_path: str) -> None:
    """Do a job; see the module."""
    processes.end_with_parent()
    job, notes = json.loads(Path(job_path).read_text(encoding="utf-8")), Notes(notes_path)
    notes.write(step=["setup"])
    try:
        names = set_up(job)
    except BaseException as error:
        notes.write(fault=describe_error(error))
        raise
    # From here on, nothing that is printed past Python reaches anybody, and memory has an end.
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    processes.limit_resources(job["memory"])
    run_statements(job["statements"], names, job["seconds"], notes)
    ask_checks(job, names, notes)
    notes.write(step=["done"])
    os._exit(0)  # a thread of the student's may still be running


if __name__ == "__main__":
    main(*sys.argv[1:])
