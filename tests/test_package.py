"""The package as a whole: it loads fast, loads nothing heavy, and its rooms are in order."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "lenet_utils"
FLOORS = re.findall(
    r"^\| `(\w+)`",
    (PACKAGE.parent / "CONTRIBUTING.md").read_text().split("ground floor first")[1],
    re.MULTILINE,
)
"""The rooms in the order of CONTRIBUTING.md, ground floor first: a module imports only from those before its own."""
ORACLE = {"serialization"}
"""Who may lean on `reference`, which is there to check the others; its shapes alone are taken."""
OLD_FACES = {"records", "playground"}
"""Modules that only hand on names which have moved."""
LINES_OF_A_ROOM = 350
LINES_OF_A_FUNCTION = 40
LONG = {
    # Checks that try one case after the other, each with its own hint.
    *("check_field_of_s4", "check_keyhole_map", "check_integrated_gradients", "check_count_convolution"),
    *("check_strip_costs", "check_read_row", "check_rate", "check_fold"),
    "fit_online",  # its arguments alone take a third of it
    "draw_network",  # one drawing, from the top to the bottom
}
"""Functions that are longer, each for a reason."""


def test_light_modules_load_no_framework():
    light = ", ".join(f"lenet_utils{room}" for room in ("", ".paper", ".data", ".results", ".checks"))
    code = f"import sys, {light}; print([m for m in ('tensorflow', 'keras', 'torch', 'jax') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("imported", "libraries", "most"),
    [("lenet_utils, lenet_utils.paper", set(), 60), ("lenet_utils.data", {"numpy"}, 250)],
)
def test_the_import_loads_little(imported, libraries, most):
    """How many modules it takes, rather than seconds: a busy machine changes nothing about them."""
    code = (
        f"import sys; before = set(sys.modules); import {imported}; print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert len(loaded) < most
    others = {name.split(".")[0] for name in loaded} - sys.stdlib_module_names - {"lenet_utils"}
    assert others <= libraries


def imported_modules(path: Path) -> set[str]:
    """The rooms of the package that a file imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lenet_utils":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("lenet_utils.")}
    return found & set(FLOORS)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_room_stands_in_the_plan():
    rooms = {room_of(path) for path in PACKAGE.rglob("*.py")}
    assert {room for room in rooms if not room.startswith("_")} == {*FLOORS, *OLD_FACES}


def test_rooms_only_look_down():
    for path in sorted(PACKAGE.rglob("*.py")):
        room = room_of(path)
        below = set(FLOORS[: FLOORS.index(room)]) if room in FLOORS else set()
        below |= {room} if path.parent != PACKAGE else set()
        assert imported_modules(path) <= below, path.relative_to(PACKAGE)


def test_production_does_not_lean_on_the_oracle():
    users = {room_of(path) for path in PACKAGE.rglob("*.py") if "reference" in imported_modules(path)}
    assert users <= {"reference", "checks", *ORACLE}


def lines_of(function: ast.FunctionDef) -> int:
    """How long a function is without its docstring."""
    doc = function.body[0] if ast.get_docstring(function) else None
    return function.end_lineno - function.lineno + 1 - (doc.end_lineno - doc.lineno + 1 if doc else 0)


def test_rooms_and_functions_are_small():
    files = {path.relative_to(PACKAGE): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}
    assert [f"{path}" for path, text in files.items() if text.count("\n") > LINES_OF_A_ROOM] == []
    long = [
        f"{path}: {node.name}, {lines_of(node)} lines"
        for path, text in files.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and lines_of(node) > LINES_OF_A_FUNCTION
        and node.name not in LONG
    ]
    assert long == []


def test_every_public_function_says_what_it_does():
    silent = [
        f"{path.name}: {node.name}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
