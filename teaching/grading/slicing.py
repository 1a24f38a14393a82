"""Which statements of a notebook bear on an answer, and which cells of a chapter these need.

Names are followed through the syntax tree: who binds a name, who reads it, who may change its value. Nothing
is run.
"""

import ast
import re
import symtable
from functools import cache

from IPython.core.inputtransformer2 import TransformerManager

ASKS_A_CHECK = re.compile(r"(assert |\w+ = )?(\w+\.)?check_\w+\(")
"""A cell's own question to the check of its exercise, which the autograder asks for itself."""

CHANGING = re.compile(
    "fit|train|learn|compile|build|assign|apply|append|extend|update|add|insert|pop|set|load|sort|fill|step|use_"
)
"""How functions and methods begin that change what they are given, or what they belong to."""

ONLY_LEARNS = re.compile(r"(?!training\.)\w+\.fit$")
"""Keras' and scikit-learn's `fit`, which changes what it belongs to, and not the images."""


def relevant_statements(sources: list[str], names: set[str]) -> list[str]:
    """Those of a student's statements that have to do with these names, in the order in which they stand.

    Args:
        sources: the student's code cells.
        names: of the answers.
    """
    statements = [statement for source in sources for statement in split_statements(source)]
    return [statements[number] for number in select_statements(list(map(Cell, statements)), names)]


def select_statements(cells: list["Cell"], names: set[str]) -> list[int]:
    """The numbers of those statements that have to do with these names; in which order they stand is no
    matter.

    Kept are statements that bind a name which is wanted, and those that read one of the student's own values,
    for they may change it; and then what these want. Plots and trials of a function that is finished stay
    out, and so does whatever they would cost. What cannot be read as Python is kept, and complains when it is
    run.
    """
    values = set().union(*(cell.binds - cell.constant for cell in cells))
    wanted, kept = set(names), [False] * len(cells)
    touched = [cell.binds | cell.changes | cell.reads & values for cell in cells]
    while (
        more := [c.opaque or bool(names & wanted) for c, names in zip(cells, touched, strict=True)]
    ) != kept:
        kept = more
        wanted = wanted.union(*(cell.reads_in_all for cell, keep in zip(cells, kept, strict=True) if keep))
    return [number for number, keep in enumerate(kept) if keep]


def backward_slice(sources: list[str], wanted: set[str]) -> list[str]:
    """Those of a chapter's cells, in order, that give these names the values which they have at its end.

    Followed backwards from where a name is read to the last cell that binds it, and on the way to every cell
    that may
    have changed its value: by assigning to an item or attribute, or by a function or method that does so by
    its name.
    """
    cells = [Cell(source) for source in sources]
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


class Cell:
    """Which names a cell reads when it runs, binds, and may change; what its definitions read when called."""

    def __init__(self, source: str) -> None:
        code = to_python(source)
        table = symtable.symtable(code, "<cell>", "exec")
        symbols = table.get_symbols()
        self.binds = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
        self.reads = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
        self.definitions: dict[str, set[str]] = {}
        for inner in table.get_children():
            if inner.get_name() in self.binds:
                self.definitions[inner.get_name()] = _find_globals(inner)
            else:  # a comprehension, which runs at once, or a lambda
                self.reads |= _find_globals(inner)
        imported = {symbol.get_name() for symbol in symbols if symbol.is_imported()}
        self.constant = imported | self.definitions.keys()
        self.tree = ast.parse(code)
        self.changes = _find_changed(self.tree)
        self.opaque = not code or "get_ipython()" in code or "import *" in code

    @property
    def reads_first(self) -> set[str]:
        """What it reads or changes before it has bound it itself."""
        read: set[str] = set()
        bound: set[str] = set()
        for node in self.tree.body:
            part = Cell(ast.unparse(node))
            read |= (part.reads | part.changes) - bound
            if not isinstance(node, ast.If | ast.For | ast.While | ast.Try | ast.With):
                bound |= part.binds
        return read

    @property
    def reads_in_all(self) -> set[str]:
        return self.reads.union(*self.definitions.values())


def _find_globals(table: symtable.SymbolTable) -> set[str]:
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return own.union(*map(_find_globals, table.get_children()))


def _find_changed(tree: ast.Module) -> set[str]:
    """Names whose values a cell may change, as it says outside of its definitions."""
    found: set[str] = set()
    waiting = list(tree.body)
    while waiting:
        match waiting.pop():
            case ast.FunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.AugAssign(target=target) as node:
                found |= _find_base(target)
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()) as node:
                found |= _find_base(node)
            case ast.Call(func=function, args=arguments) as node:
                called = ast.unparse(function)
                if CHANGING.match(called.rpartition(".")[2]):
                    given = [] if ONLY_LEARNS.match(called) else map(_find_base, arguments)
                    found = found.union(_find_base(function), *given)
            case node:
                pass
        waiting += ast.iter_child_nodes(node)
    return found


def _find_base(node: ast.AST) -> set[str]:
    """The name at the bottom of `a.b[c].d`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


@cache
def to_python(source: str) -> str:
    """A cell with IPython's magic as Python; nothing where it is no Python, or nested too deeply."""
    try:
        code = TransformerManager().transform_cell(source)
        ast.unparse(compile(code, "<cell>", "exec", ast.PyCF_ONLY_AST))
        compile(code, "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return code


def split_statements(source: str) -> list[str]:
    """A cell's statements, but for its questions to a check; the whole of it where it is no Python."""
    return [ast.unparse(node) for node in remove_checks(source).body] if to_python(source) else [source]


def remove_checks(source: str) -> ast.Module:
    """The syntax tree of a cell without its questions to a check."""
    tree = ast.parse(to_python(source))
    tree.body = [node for node in tree.body if not ASKS_A_CHECK.match(ast.unparse(node))]
    return tree
