"""The package as a whole: it loads fast, loads nothing heavy, and its rooms are in order."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "lenet_utils"
# Ground floor first, as CONTRIBUTING.md draws it: a module imports only from those before it.
FLOORS = [
    "_renamed",
    "_inputs",
    "paper",
    "results",
    "records",
    "data",
    "distortions",
    "reference",
    "rivals",
    "layers",
    "losses",
    "optimizers",
    "models",
    "playground",
    "evaluation",
    "anatomy",
    "training",
    "plotting",
    "checks",
]


@pytest.mark.parametrize(
    "module",
    ["lenet_utils", "lenet_utils.paper", "lenet_utils.data", "lenet_utils.results", "lenet_utils.checks"],
)
def test_light_modules_do_not_load_tensorflow(module):
    code = f"import sys, {module}; assert not {{'tensorflow', 'keras', 'torch', 'jax'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


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


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_rooms_only_look_down(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        assert imported_modules(path) == set()
        return
    assert room in FLOORS, f"{room} stands in no place of the plan: add it to FLOORS and to CONTRIBUTING.md"
    below = set(FLOORS[: FLOORS.index(room)]) | ({room} if path.parent != PACKAGE else set())
    assert imported_modules(path) <= below


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
