"""The chapters' notebooks as files: their shape, what they store, and that they teach what the package does."""

import ast
import inspect
import itertools
import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from lenet_utils import plotting
from scripts.chapters import list_chapters, read_chapter, tags_of
from scripts.listings import LISTINGS, with_listings
from scripts.set_address import pages, written_address
from tests.book.book_checks import MACHINE_PATH, MYST
from tests.book.conftest import ROOT

CHAPTERS = list_chapters()
DRAWING = {"subplots", "subplot_mosaic", "figure", "imshow", "plot", "bar", "barh", "scatter", "hist", "show"}
FIGURE_VERBS = {"show", "draw", "plot"}  # how the names of plotting's figures begin
NOT_DRAWING = {"plot_dots"}  # an SVG that names itself, and no image
LINES_A_CELL = 30
CHECKED = re.compile(r"(?:\w+ = )?(?:\w+\.)?(check_\w+)\(")
ASSERTED = re.compile(r"assert (?:\w+\.)?(check_\w+)\(")

pytestmark = pytest.mark.filterwarnings("error::nbformat.warnings.MissingIDFieldWarning")


def read(name: str) -> nbformat.NotebookNode:
    return read_chapter(name)


def tags(cell) -> set[str]:
    return tags_of(cell)


def code_cells(notebook, tag: str | None = None) -> list:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return cells if tag is None else [cell for cell in cells if tag in tags(cell)]


def prose(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def tree(source: str) -> ast.Module:
    """The syntax tree of a cell; IPython's magic lines become `pass`."""
    return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE))


def first_line(cell) -> str:
    return cell.source.strip().splitlines()[0] if cell.source.strip() else "(empty)"


@pytest.fixture(params=CHAPTERS)
def notebook(request):
    return read(request.param)


def test_the_book_lists_every_chapter():
    assert set(CHAPTERS) == {path.stem for path in (ROOT / "chapters").glob("[!_]*.ipynb")}


def test_is_a_valid_notebook_for_any_python_kernel(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_shape(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    text = prose(notebook)
    outside_code = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert len(re.findall(r"^# ", outside_code, re.MULTILINE)) == 1, "one title a chapter"
    for part in (
        "**After this chapter you can**",
        "**You need**",
        "**Time**",
        "## Summary",
        "## Further reading",
    ):
        assert part in text, f"the chapter lacks {part}"
    assert text.index("## Summary") < text.index("## Further reading")
    levels = [len(marks) for marks in re.findall(r"^(#+) ", outside_code, re.MULTILINE)]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), "a level of headings was skipped"


def test_setup_cell_is_the_template_s(notebook):
    (wanted,) = code_cells(read("_template"), "setup")
    (setup,) = code_cells(notebook, "setup")
    assert setup.source == wanted.source
    assert code_cells(notebook)[0] is setup
    assert f'ADDRESS = "{written_address() or ""}"' in setup.source


@pytest.mark.parametrize("name", CHAPTERS)
def test_exercises(name):
    notebook = read(name)
    titles = re.findall(
        r"^### Exercise (\d+) · (warm-up|steady|challenging|an evening): \S", prose(notebook), re.MULTILINE
    )
    assert [int(number) for number, _ in titles] == list(range(1, len(titles) + 1))
    assert len(titles) >= 4
    assert titles[0][1] == "warm-up"
    # History is read in an evening as it is.
    assert "an evening" in {difficulty for _, difficulty in titles} or name == "history"


def test_checks_are_asked_and_answered(notebook):
    """Every check that a stub calls is asserted by a folded solution, and by nothing that a reader sees."""
    asked, answered = set(), set()
    for cell in code_cells(notebook):
        statements = [ast.unparse(statement) for statement in tree(cell.source).body]
        if "solution" not in tags(cell):
            asked |= {found[1] for text in statements if (found := CHECKED.match(text))}
            continue
        assert "hide-cell" in tags(cell), f"a solution in plain sight: {first_line(cell)}"
        passed = {found[1] for text in statements if (found := ASSERTED.match(text))}
        assert passed or "check_" not in cell.source, (
            f"the solution does not pass its check: {first_line(cell)}"
        )
        answered |= passed
    assert asked == answered


def test_markdown_is_what_all_three_surfaces_show(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not MYST.search(cell.source), f"MyST in a notebook: {MYST.search(cell.source).group()}"
            assert "<img" not in cell.source or 'alt="' in cell.source
            assert not cell.get("attachments")


def test_outputs_are_stored_where_tests_check_them_and_nowhere_else(notebook):
    for cell in code_cells(notebook):
        if "nbval-check-output" in tags(cell):
            # nbval passes over a stored output without a number, and over a cell without an output.
            assert cell.outputs, f"no output to check: {first_line(cell)}"
            assert cell.execution_count, f"an output without execution count: {first_line(cell)}"
            assert {o.output_type for o in cell.outputs} <= {"stream", "execute_result", "display_data"}
            assert not any(o.get("name") == "stderr" for o in cell.outputs)
            assert not any("image/png" in o.get("data", {}) for o in cell.outputs), (
                "a figure depends on the machine"
            )
        else:
            assert not cell.outputs, f"a stored output that nothing checks: {first_line(cell)}"
            assert cell.execution_count is None


def test_some_outputs_are_checked(notebook):
    assert len(code_cells(notebook, "nbval-check-output")) >= 2


def drawn_in(cell, drawing_functions: set[str]) -> bool:
    """Does running this cell, not only defining its functions, draw?"""
    for statement in tree(cell.source).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            continue
        if any(draws(call, drawing_functions) for call in ast.walk(statement) if isinstance(call, ast.Call)):
            return True
    return False


def draws(call: ast.Call, drawing_functions: set[str]) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id in drawing_functions
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        if function.value.id == "plt":
            return function.attr in DRAWING
        if function.value.id == "plotting":
            return function.attr not in NOT_DRAWING and function.attr.split("_")[0] in FIGURE_VERBS
    return False


def functions_that_draw(notebook) -> set[str]:
    found: set[str] = set()
    for cell in code_cells(notebook):
        for definition in tree(cell.source).body:
            if isinstance(definition, ast.FunctionDef):
                calls = [node for node in ast.walk(definition) if isinstance(node, ast.Call)]
                if any(draws(call, found) for call in calls):
                    found.add(definition.name)
    return found


def test_figures_have_alternative_text(notebook):
    drawing = functions_that_draw(notebook)
    for cell in code_cells(notebook):
        if drawn_in(cell, drawing):
            text = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(text.split()) >= 4, f"a figure without alternative text: {first_line(cell)}"


def test_code_cells_are_short(notebook):
    for cell in code_cells(notebook):
        length = len(cell.source.splitlines())
        assert length <= LINES_A_CELL, f"{length} lines: {first_line(cell)}"


def test_no_path_of_a_machine(notebook):
    assert not MACHINE_PATH.findall(json.dumps(notebook))


# --- What a chapter teaches is what the package does


def definitions(module: ast.Module) -> dict[str, str]:
    """Functions and classes of a module or cell by name, as text without docstrings."""
    found = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for part in ast.walk(node):
                if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part) is not None:
                    part.body = part.body[1:] or [ast.Pass()]
                # Types are for whoever looks a function up; a chapter says them in words.
                if isinstance(part, ast.arg):
                    part.annotation = None
                elif isinstance(part, ast.FunctionDef):
                    part.returns = None
                    # Other forms of labels are for the package to meet; a chapter has its own.
                    part.decorator_list = [
                        one for one in part.decorator_list if ast.unparse(one) != "_labels_checked"
                    ]
            found[node.name] = ast.dump(node)
    return found


def package_modules() -> list[tuple[str, ast.Module]]:
    """What chapters import from, by room; a folder is one room of several files."""
    package = ROOT / "lenet_utils"
    files = [(path.relative_to(package).parts[0].removesuffix(".py"), path) for path in package.rglob("*.py")]
    return [(room, ast.parse(path.read_text())) for room, path in files if room != "checks"]


def package_definitions() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for room, module in package_modules():
        found.setdefault(room, {}).update(definitions(module))
    return found


def test_chapters_teach_what_the_package_does(notebook):
    package = package_definitions()
    for cell in code_cells(notebook):
        for tag in tags(cell):
            if tag.startswith("taught:"):
                module = tag.removeprefix("taught:")
                taught = definitions(tree(cell.source))
                assert taught, f"nothing is defined in the cell tagged {tag}: {first_line(cell)}"
                for name, code in taught.items():
                    assert name in package[module], f"lenet_utils.{module} has no {name}"
                    assert code == package[module][name], f"{name} differs from lenet_utils.{module}.{name}"


def signatures(module: ast.Module) -> set[tuple[str, str]]:
    """Name and arguments of each function of a module or cell."""
    return {(node.name, ast.unparse(node.args)) for node in module.body if isinstance(node, ast.FunctionDef)}


def test_nothing_of_the_package_is_defined_again_unnoticed(notebook):
    """A function of a chapter with name and arguments of the package's carries the tag that compares the two."""
    package = {signature: room for room, module in package_modules() for signature in signatures(module)}
    for cell in code_cells(notebook):
        if not {"exercise", "solution"} & tags(cell) and not any(
            tag.startswith("taught:") for tag in tags(cell)
        ):
            again = {s[0]: package[s] for s in signatures(tree(cell.source)) if s in package}
            assert not again, f"defined again without the tag taught:MODULE: {again}"


def test_definitions_are_compared_without_docstrings_only():
    one, same = "def f(x):\n    '''doc'''\n    return x + 1", "def f(x):\n    # reason\n    return (x + 1)"
    assert definitions(tree(one)) == definitions(tree(same))
    assert definitions(tree(one)) != definitions(tree("def f(x):\n    return x + 2"))
    assert definitions(tree(one)) != definitions(tree("def f(x, y=1):\n    return x + 1"))


def test_no_figure_of_the_package_escapes_the_rule_for_alternative_text():
    helpers = {"use_style", "label_line", "label_ends", "plain_log_axis", "plain_decades"}
    functions = {name for name in plotting.__all__ if inspect.isfunction(getattr(plotting, name))}
    assert {name for name in functions if name.split("_")[0] not in FIGURE_VERBS} == helpers
    assert functions >= NOT_DRAWING
    for name in functions - helpers - NOT_DRAWING:
        assert drawn_in(new_code_cell(f"plotting.{name}(data);"), set()), name


def test_a_figure_without_text_would_be_noticed():
    cell = new_code_cell("def picture():\n    plt.subplots()\n\n\npicture()")
    notebook = new_notebook(cells=[cell])
    assert functions_that_draw(notebook) == {"picture"}
    assert drawn_in(cell, {"picture"})
    assert not drawn_in(new_code_cell("def picture():\n    plt.subplots()"), {"picture"})


# --- The repository's address


@pytest.mark.parametrize("page", LISTINGS)
def test_listings_are_fresh(page):
    wanted = with_listings(page, ROOT, written_address())
    assert (ROOT / page).read_text() == wanted, f"{page} lags behind the chapters: make listings"


def test_no_other_address_stands_anywhere():
    address = written_address() or "https://github.com/OWNER/NAME"
    for path in (*ROOT.glob("*.md"), ROOT / "CITATION.cff", *ROOT.glob("chapters/*.ipynb")):
        for other in re.findall(r"https://github\.com/[\w.-]+/lenet-overview", path.read_text()):
            assert other == address, path.name
        for other in re.findall(r"https://[\w-]+\.github\.io/lenet-overview", path.read_text()):
            assert other == pages(address), path.name


# --- nbval does notice


@pytest.mark.parametrize(
    "stored, count, passes",
    [("42\n", 1, True), ("43\n", 1, False), ("42\n", None, False)],
    ids=["same", "changed", "unrun"],
)
def test_nbval_notices_a_changed_output(tmp_path, stored, count, passes):
    output = new_output("stream", name="stdout", text=stored)
    cell = new_code_cell("print(6 * 7)", execution_count=count, outputs=[output])
    cell.metadata["tags"] = ["nbval-check-output"]
    notebook = new_notebook(cells=[cell], metadata=read("_template").metadata)
    nbformat.write(notebook, tmp_path / "tiny.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-q", "tiny.ipynb"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert (run.returncode == 0) is passes, run.stdout


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
