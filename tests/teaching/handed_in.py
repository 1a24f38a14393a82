"""Notebooks as students hand them in, right, wrong and hostile, and how they are graded for real."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from scripts.chapters import ROOT, read_chapter, tags_of
from teaching.exercises import HEADING, find_exercises
from teaching.student_notebook import make_answer_key, make_student_notebook

CLASS = 2031
SECONDS = 5
"""For a statement, and for a test, in the assignments that tests make."""


def key_of(chapter):
    return make_answer_key(read_chapter(chapter), CLASS)


def exercise_cells(notebook):
    """The cells from the first exercise on."""
    first = next(n for n, cell in enumerate(notebook.cells) if HEADING.search(cell.source))
    return notebook.cells[first:]


def solved(chapter):
    """What a student hands in who has found the book's solutions: they follow the stubs, under their names."""
    notebook, answers = make_student_notebook(key_of(chapter)), solutions(key_of(chapter))
    for cell in notebook.cells:
        if "exercise" in tags_of(cell):
            cell.source += f"\n\n{answers.pop(0)}"
    assert answers == []
    return notebook


def solutions(key):
    """The code that answers each exercise which a check asks about."""
    found = []
    for cell in key.cells:
        if "exercise" in tags_of(cell):
            found.append("")
        elif "solution" in tags_of(cell):
            found[-1] += f"{cell.source}\n"
    return found


def stub(notebook, check):
    return next(cell for cell in notebook.cells if "exercise" in tags_of(cell) and check in cell.source)


def with_answer(check, source):
    """Solved, and below the stub of one exercise what takes the place of its answer."""
    notebook = solved("mathematics")
    stub(notebook, check).source += f"\n{source}"
    return notebook


def wrong():
    notebook = solved("mathematics")
    stub(notebook, "check_output_size").source += "\nlast_side = last_side + 1"
    return notebook


def another_class():
    """Its answer is right, for the class of the year before."""
    notebook = solved("mathematics")
    cell = stub(notebook, "check_output_size")
    cell.source = cell.source.replace(f"CLASS = {CLASS}", f"CLASS = {CLASS - 1}")
    return notebook


def crash():
    notebook = solved("mathematics")
    stub(notebook, "check_max_pool(").source += "\nmax_pool = lambda maps: 1 / 0"
    notebook.cells.append(new_code_cell("%no such magic\n???"))
    notebook.cells.insert(0, new_code_cell("raise SystemError('out of ink')"))
    return notebook


def loop():
    """Once when the test calls it, and once as soon as the cell runs."""
    notebook = solved("mathematics")
    stub(
        notebook, "check_cross_entropy"
    ).source += "\ndef cross_entropy_from_logits(*_):\n    while True:\n        print('round and round')"
    stub(
        notebook, "check_strided"
    ).source = "while True:\n    try:\n        strided_correlation = 1\n    except Exception:\n        pass"
    return notebook


def stripped():
    notebook = solved("mathematics")
    notebook.metadata, notebook.nbformat_minor = {}, 4
    for cell in notebook.cells:
        cell.metadata = {}
        del cell["id"]
    return notebook


def reordered():
    notebook = solved("mathematics")
    notebook.cells = exercise_cells(notebook)[::-1] + notebook.cells[: -len(exercise_cells(notebook))]
    return notebook


def leaves():
    notebook = solved("mathematics")
    stub(notebook, "check_lower_edge").source += "\nexit()"
    stub(
        notebook, "check_max_pool_gradient"
    ).source += "\nimport sys\n\n\ndef max_pool_gradient(maps, upstream):\n    sys.exit(0)"
    return notebook


def ends_the_process():
    notebook = solved("mathematics")
    stub(notebook, "check_max_pool(").source += "\nimport os\nmax_pool = os._exit(0)"
    return notebook


def explored():
    """What else stands in a notebook: timings, plots that take their time, notes, a package, no Python at
    all."""
    notebook = solved("mathematics")
    cell = stub(notebook, "check_max_pool(")
    cell.source = f"%%time\n{cell.source}"
    for source in (
        "import time\ntime.sleep(1000)",
        "!pip install torch",
        "%time digits.mean()",
        "to do: exercise 8",
    ):
        notebook.cells.append(new_code_cell(source))
    return notebook


def without_ids(notebook):
    """As an old version of Jupyter, or Colab, may save it."""
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        cell.pop("id", None)
    return notebook


def given_cell(notebook):
    """A cell of the chapter in which students have nothing to do."""
    return next(c for c in notebook.cells if c.cell_type == "code" and "sliding_window_view" in c.source)


def added_to_a_given_cell():
    """An import and a helper beside the chapter's own imports."""
    notebook = solved("mathematics")
    given_cell(notebook).source += (
        "\nimport itertools\n\n\ndef blocks(maps):\n    n, y, x, m = maps.shape\n"
        "    return maps.reshape(n, y // 2, 2, x // 2, 2, m)"
    )
    stub(
        notebook, "check_max_pool("
    ).source += "\ndef max_pool(maps):\n    assert itertools\n    return blocks(maps).max(axis=(2, 4))"
    return notebook


def answered_in_a_given_cell():
    """The whole answer beside the chapter's own imports, and the stub as it was."""
    notebook, untouched = solved("mathematics"), make_student_notebook(key_of("mathematics"))
    cell, original = stub(notebook, "check_max_pool("), stub(untouched, "check_max_pool(")
    given_cell(notebook).source += cell.source.removeprefix(original.source)
    cell.source = original.source
    return notebook


def answered_in_a_text_cell():
    notebook, untouched = solved("mathematics"), make_student_notebook(key_of("mathematics"))
    cell, original = stub(notebook, "check_max_pool("), stub(untouched, "check_max_pool(")
    answer, cell.source = cell.source.removeprefix(original.source), original.source
    notebook.cells.append(new_markdown_cell(f"My answer:\n{answer}"))
    return notebook


def pooling(*lines):
    """Solved, but for `max_pool`, which does something else."""
    body = "\n".join(f"    {line}" for line in lines)
    return with_answer("check_max_pool(", f"def max_pool(maps):\n{body}")


def greedy():
    """Five of seven answers that nothing interrupts; each would use up the time of the others."""
    notebook = solved("mathematics")
    for exercise in find_exercises(key_of("mathematics")):
        if exercise.number not in (2, 6):
            cell = stub(notebook, f"{exercise.check}(")
            cell.source += f"\n\n\ndef {exercise.arguments[0]}(*_):\n    return sum(range(10**13))"
    return notebook


HOSTILE = {
    "in C.ipynb": lambda: pooling("return sum(range(10**13))"),
    "deaf.ipynb": lambda: pooling(
        "import signal", "signal.signal(signal.SIGALRM, signal.SIG_IGN)", "while True: pass"
    ),
    "asleep.ipynb": lambda: pooling("import os", "os.system('sleep 4321')"),
    "yes.ipynb": lambda: pooling("import os", "os.system('yes')"),
    "segfault.ipynb": lambda: pooling("import ctypes", "ctypes.string_at(0)"),
    "memory.ipynb": lambda: pooling("heap = []", "while True: heap.append(np.ones(10**7))"),
    "memory of many.ipynb": lambda: pooling(
        "import os, time",
        "while True:",
        "    if os.fork() == 0: heap = np.ones(10**8); time.sleep(4321)",
        "    time.sleep(0.5)",
    ),
    "stderr.ipynb": lambda: pooling("import sys", "while True: print('x' * 200, file=sys.stderr)"),
    "display.ipynb": lambda: pooling("while True: display('x' * 10**5)"),
    "processes.ipynb": lambda: pooling(
        "import subprocess", "while True: subprocess.Popen(['sleep', '4321'], start_new_session=True)"
    ),
    "forks.ipynb": lambda: pooling("import os", "while True: os.fork()"),
}
"""Answers to exercise 3 that cost their own points, and nobody else's time."""


def assign(chapter, folder, *options, class_number=CLASS):
    """`make assignment`, for real; the folder that it writes, and what it says."""
    said = run("make_assignment", chapter, "--class-number", class_number, "--seconds", SECONDS,
               "--output", folder, *options)  # fmt: skip
    return Path(re.search(r"Written: (.+)", said)[1]), said


def hand_in(folder, notebooks):
    """Put notebooks, or texts in their place, into a folder."""
    for name, notebook in notebooks.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            notebook if isinstance(notebook, str) else nbformat.writes(notebook), encoding="utf-8"
        )


def run(script, *arguments, check=True):
    """One of the teachers' commands; what it says."""
    command = [sys.executable, "-m", f"teaching.{script}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout if check else done.stdout + done.stderr


def read_scores(path):
    """Each submission's points, exercise by exercise."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name.startswith("exercise")]
    for row in rows:
        assert float(row["total"]) == sum(float(row[name] or 0) for name in names)
    return {row["submission"]: [float(row[name] or 0) for name in names] for row in rows}
