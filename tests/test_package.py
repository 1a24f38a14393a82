"""The package as a whole: it loads fast, loads nothing heavy, and its rooms are in order."""

import ast
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "lenet_utils"
FLOORS = re.findall(
    r"^\| `(\w+)`",
    (PACKAGE.parent / "CONTRIBUTING.md").read_text().split("ground floor first")[1],
    re.MULTILINE,
)
"""The rooms in the order of CONTRIBUTING.md, ground floor first: a module imports only from those before its own."""
ORACLE = {"serialization"}
"""Who may lean on `reference`, which is there to check the others; its shapes alone are taken."""
LINES_OF_A_ROOM = 350
LINES_OF_A_FUNCTION = 40


def test_light_modules_load_no_framework():
    light = ", ".join(f"lenet_utils{room}" for room in ("", ".paper", ".data", ".results", ".checks"))
    code = f"import sys, {light}; print([m for m in ('tensorflow', 'keras', 'torch', 'jax') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_importing_the_package_loads_nothing_but_python():
    code = (
        "import sys; before = set(sys.modules); import lenet_utils, lenet_utils.paper; "
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "['lenet_utils']\n"


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
    assert {room for room in rooms if not room.startswith("_")} == set(FLOORS)


def test_rooms_only_look_down():
    for path in sorted(PACKAGE.rglob("*.py")):
        room = room_of(path)
        below = set(FLOORS[: FLOORS.index(room)]) if room in FLOORS else set()
        below |= {room} if path.parent != PACKAGE else set()
        assert imported_modules(path) <= below, path.relative_to(PACKAGE)


def test_production_does_not_lean_on_the_oracle():
    users = {room_of(path) for path in PACKAGE.rglob("*.py") if "reference" in imported_modules(path)}
    assert users <= {"reference", "checks", *ORACLE}


def test_rooms_and_functions_are_small():
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        assert text.count("\n") <= LINES_OF_A_ROOM, path.relative_to(PACKAGE)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                doc = node.body[0] if ast.get_docstring(node) else None
                lines = node.end_lineno - node.lineno - (doc.end_lineno - doc.lineno + 1 if doc else 0)
                assert lines <= LINES_OF_A_FUNCTION, (
                    f"{path.relative_to(PACKAGE)}: {node.name} has {lines} lines"
                )


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
