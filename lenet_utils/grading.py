"""What an autograder does with a notebook that a student hands in; Otter-Grader does the rest.

Otter runs whole notebooks, and a chapter takes a minute or more. `Submission` is a plugin of Otter's that takes
seconds: it keeps the student's statements that have to do with the answers, puts before them what they need of the
chapter, and gives each a time limit. `ask` is what Otter's test files call. Students need nothing of this: it is
imported where one grades, with the extra `lenet_utils[teaching]`.
"""

import ast
import contextlib
import inspect
import io
import json
import linecache
import os
import re
import signal
import symtable
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from pathlib import Path

import joblib
import numpy as np
from IPython import get_ipython
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_notebook
from otter.plugins import AbstractOtterPlugin

__all__ = ["Submission", "answering", "ask", "needed", "remember", "remembered", "run", "time_limit"]

INSTALLING = re.compile(r"^(\s*)[%!].*\b(pip|conda|mamba|apt|apt-get)\b.*$", re.MULTILINE)
"""Lines that fetch software. An autograder has what it needs, and often no network."""

TIMING = re.compile(r"^(\s*)%%?(time|capture)\b *", re.MULTILINE)
"""IPython's magic that only looks on while Python runs."""

ASKS_A_CHECK = re.compile(r"(assert |\w+ = )?(\w+\.)?check_\w+\(")
"""A cell's own question to the check of its exercise, which the autograder asks for itself."""

CHANGING = re.compile(
    "fit|train|learn|compile|build|assign|apply|append|extend|update|add|insert|pop|set|load|sort|fill|step|use_"
)
"""How functions and methods begin that change what they are given, or what they belong to."""

ONLY_LEARNS = re.compile(r"(?!training\.)\w+\.fit$")
"""Keras' and scikit-learn's `fit`, which changes what it belongs to, and none of the pictures that it is given."""

CLASS = re.compile(r"CLASS = ")

TROUBLE = "_errors_of_cells"

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


class _Beginning(io.StringIO):
    """What is printed, as far as it is worth keeping."""

    def write(self, text: str) -> int:
        return super().write(text[: max(0, OUTPUT_KEPT - self.tell())])


def ask(
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
    said = _Beginning()
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
    if right is None and environment.get(TROUBLE):
        verdict += f" (errors in the notebook: {'; '.join(dict.fromkeys(environment[TROUBLE]))})"
    assert right is True, verdict


def run(statements: list[str], seconds: float) -> None:
    """Run a student's statements one after the other; what fails for want of a name is tried again after the rest.

    So neither a crash nor the order of cells costs another answer its points.
    """
    names = get_ipython().user_ns
    # IPython's own would end the process, and all later answers with it.
    names["exit"] = names["quit"] = sys.exit
    names[TROUBLE], waiting = [], list(enumerate(statements))
    while waiting:
        without_name = []
        for number, source in waiting:
            file = f"<statement {number}>"
            # tf.function reads the source of what it compiles, and finds it here.
            linecache.cache[file] = len(source), None, source.splitlines(True), file
            try:
                with contextlib.redirect_stdout(_Beginning()), time_limit(seconds):
                    exec(compile(TransformerManager().transform_cell(source), file, "exec"), names)
            except BaseException as error:  # SystemExit and the time limit, too, end one statement only
                if isinstance(error, NameError):
                    without_name.append((number, source))
                names[TROUBLE].append(_told(error, source))
        if len(without_name) == len(waiting):
            break
        waiting = without_name


def _told(error: BaseException, source: str) -> str:
    """An error in one line, with the beginning of the statement that its author will recognise."""
    message = error.msg if isinstance(error, SyntaxError) else error
    return f"{type(error).__name__}: {message}, in “{source.strip().partition(chr(10))[0][:60]}”"


def remember() -> None:
    """Let `training.fit` train a chapter's own network once for all submissions that need it.

    In the folder that the environment variable LENET_GRADING_MEMORY names; without it, nothing is remembered.
    """
    from lenet_utils import training  # takes seconds, which chapters without a network need not wait for

    if folder := os.environ.get("LENET_GRADING_MEMORY"):
        training.fit = remembered(training.fit, Path(folder))


def remembered(fit: Callable, folder: Path) -> Callable:
    """The same as `training.fit`, but a training that was made before is looked up.

    The same are trainings of a network with the same layers and first weights on the same pictures in the same way.
    With layers or functions of a student's own, whose names do not say what they do, each is made anew.

    Args:
        fit: `training.fit`.
        folder: where to keep weights and figures.
    """

    @wraps(fit)
    def once(*arguments, **options):
        call = inspect.signature(fit).bind(*arguments, **options).arguments
        model = call.pop("model")
        if not all(map(_of_the_book, [*map(type, model.layers), *call.values()])):
            return fit(model, **call)
        layers = re.sub(r'"name": "[^"]*"', "", model.to_json())  # Keras numbers what has no name of its own
        record = folder / joblib.hash([layers, model.get_weights(), dict(call)])
        if not record.exists():
            history = fit(model, **call)
            unfinished = record.with_suffix(f".{os.getpid()}")
            joblib.dump((model.get_weights(), history), unfinished)
            unfinished.replace(record)
            return history
        weights, history = joblib.load(record)
        model.set_weights(weights)
        model.compile("adam", call.get("loss", "sparse_categorical_crossentropy"), metrics=["accuracy"])
        return history

    return once


def _of_the_book(value) -> bool:
    """Whether a value says all about itself: data, or a class or function of Keras' or of lenet_utils."""
    if isinstance(value, tuple):
        return all(map(_of_the_book, value))
    if callable(value):
        return getattr(value, "__module__", "").startswith(("keras.", "lenet_utils."))
    return isinstance(value, np.ndarray | int | float | str | None)


class Submission(AbstractOtterPlugin):
    """Otter plugin: of a notebook that was handed in, run what is the student's, and what that needs.

    Cells are told apart by what they say and by their ids, never by tags or other metadata, which Colab may drop.
    Its settings, in `otter_config.json`: `chapter`, the code cells that the student was given, as pairs of id and
    source; `stubs`, the ids of those that are to be changed, or answered below; `names`, which the checks are asked
    about; `seconds` for each of the student's statements.
    """

    def before_execution(self, notebook):
        """The notebook that Otter runs in place of the one handed in."""
        os.environ["LENET_DATA"] = "sample"  # the same digits, and quickly, wherever one grades
        given, names = dict(self.plugin_config["chapter"]), set(self.plugin_config["names"])
        stubs, known = set(self.plugin_config["stubs"]), {_plain(source) for source in given.values()}
        theirs = [
            TIMING.sub(r"\1", INSTALLING.sub(r"\1pass", cell.source))
            for cell in notebook.cells
            if cell.cell_type == "code"
            and cell.get("id") not in given.keys() - stubs
            and _plain(cell.source) not in known
        ]
        class_number = [each for source in theirs for each in _statements(source) if CLASS.match(each)]
        answers = class_number + answering(theirs, names)
        # A stub is nobody's answer. What else it says, such as the class's sizes, an answer below it may read.
        unanswered = set().union(*(_Cell(given[stub]).binds for stub in stubs))
        wanted = (names - unanswered).union(*(_Cell(answer).reads_in_all for answer in answers))
        quiet = {stub: ast.unparse(_without_checks(given[stub])) for stub in stubs}
        cells = needed(list({**given, **quiet}.values()), wanted)
        if any("training." in cell for cell in cells):
            cells.insert(0, "from lenet_utils import grading\n\ngrading.remember()")
        arguments = f"json.loads({json.dumps(json.dumps(answers))}), {self.plugin_config['seconds']}"
        cells.append(f"import json\nfrom lenet_utils import grading\n\ngrading.run({arguments})")
        return new_notebook(cells=[new_code_cell(cell) for cell in cells])


def answering(sources: list[str], names: set[str]) -> list[str]:
    """Those of a student's statements that have to do with these names; in which order they stand is no matter.

    Kept are statements that bind a name which is wanted, and those that read one of the student's own values, for
    they may change it; and then what these want. Plots and trials of a function that is finished stay out, and so
    does whatever they would cost. What cannot be read as Python is kept, and complains when it is run.
    """
    statements = [statement for source in sources for statement in _statements(source)]
    cells = [_Cell(statement) for statement in statements]
    values = set().union(*(cell.binds - cell.constant for cell in cells))
    wanted, kept = set(names), [False] * len(cells)
    touched = [cell.binds | cell.changes | cell.reads & values for cell in cells]
    while (
        more := [c.opaque or bool(names & wanted) for c, names in zip(cells, touched, strict=True)]
    ) != kept:
        kept = more
        wanted = wanted.union(*(cell.reads_in_all for cell, keep in zip(cells, kept, strict=True) if keep))
    return [statement for statement, keep in zip(statements, kept, strict=True) if keep]


def needed(sources: list[str], wanted: set[str]) -> list[str]:
    """Those of a chapter's cells, in order, that give these names the values which they have at its end.

    Followed backwards from where a name is read to the last cell that binds it, and on the way to every cell that may
    have changed its value: by assigning to an item or attribute, or by a function or method that does so by its name.
    """
    cells = [_Cell(source) for source in sources]
    chosen: set[int] = set()
    seen: set[tuple[str, int]] = set()
    waiting = [(name, len(cells)) for name in wanted]
    while waiting:
        name, end = waiting.pop()
        if (name, end) in seen:
            continue
        seen.add((name, end))
        binding = next((n for n in reversed(range(end)) if name in cells[n].binds), None)
        if binding is None:
            continue
        # What a function reads, it reads when it is called; everything else is read where it stands.
        waiting += [(inner, end) for inner in cells[binding].definitions.get(name, ())]
        changing = [] if name in cells[binding].constant else range(binding + 1, end)
        for number in (binding, *(n for n in changing if name in cells[n].changes)):
            cell = cells[number]
            chosen.add(number)
            waiting += [(inner, number) for inner in cell.reads_first]
            waiting += [(inner, number + 1) for inner in cell.reads & cell.binds]
    return [sources[number] for number in sorted(chosen)]


class _Cell:
    """Which names a cell reads when it runs, binds, and may change; what its definitions read when called."""

    def __init__(self, source: str) -> None:
        code = _python(source)
        table = symtable.symtable(code, "<cell>", "exec")
        symbols = table.get_symbols()
        self.binds = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
        self.reads = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
        self.definitions: dict[str, set[str]] = {}
        for inner in table.get_children():
            if inner.get_name() in self.binds:
                self.definitions[inner.get_name()] = _globals_of(inner)
            else:  # a comprehension, which runs at once, or a lambda
                self.reads |= _globals_of(inner)
        imported = {symbol.get_name() for symbol in symbols if symbol.is_imported()}
        self.constant = imported | self.definitions.keys()
        self.tree = ast.parse(code)
        self.changes = _changed(self.tree)
        self.opaque = not code or "get_ipython()" in code or "import *" in code

    @property
    def reads_first(self) -> set[str]:
        """What it reads or changes before it has bound it itself."""
        read: set[str] = set()
        bound: set[str] = set()
        for node in self.tree.body:
            part = _Cell(ast.unparse(node))
            read |= (part.reads | part.changes) - bound
            if not isinstance(node, ast.If | ast.For | ast.While | ast.Try | ast.With):
                bound |= part.binds
        return read

    @property
    def reads_in_all(self) -> set[str]:
        return self.reads.union(*self.definitions.values())


def _globals_of(table: symtable.SymbolTable) -> set[str]:
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return own.union(*map(_globals_of, table.get_children()))


def _changed(tree: ast.Module) -> set[str]:
    """Names whose values a cell may change, as it says outside of its definitions."""
    found: set[str] = set()
    waiting = list(tree.body)
    while waiting:
        match waiting.pop():
            case ast.FunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.AugAssign(target=target) as node:
                found |= _base(target)
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()) as node:
                found |= _base(node)
            case ast.Call(func=function, args=arguments) as node:
                called = ast.unparse(function)
                if CHANGING.match(called.rpartition(".")[2]):
                    given = [] if ONLY_LEARNS.match(called) else map(_base, arguments)
                    found = found.union(_base(function), *given)
            case node:
                pass
        waiting += ast.iter_child_nodes(node)
    return found


def _base(node: ast.AST) -> set[str]:
    """The name at the bottom of `a.b[c].d`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _plain(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _python(source: str) -> str:
    """A cell with IPython's magic as Python; nothing where it is no Python at all."""
    code = TransformerManager().transform_cell(source)
    try:
        compile(code, "<cell>", "exec")
    except (SyntaxError, ValueError):
        return ""
    return code


def _statements(source: str) -> list[str]:
    """A cell's statements, but for its questions to a check; the whole of it where it is no Python."""
    return [ast.unparse(node) for node in _without_checks(source).body] if _python(source) else [source]


def _without_checks(source: str) -> ast.Module:
    tree = ast.parse(_python(source))
    tree.body = [node for node in tree.body if not ASKS_A_CHECK.match(ast.unparse(node))]
    return tree
