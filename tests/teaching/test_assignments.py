"""From a chapter to scores: what students get and what must not be in it, and what is graded, for real, by Otter."""

import ast
import csv
import inspect
import json
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import import_module

import keras
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from lenet_utils.distortions import distort
from scripts.chapters import ROOT, list_chapters, read_chapter, tags_of
from teaching import grade, make_assignment
from teaching.exercises import HEADING, find_exercises
from teaching.grading import slicing, training_cache
from teaching.make_assignment import make_answer_key, make_student_notebook

CLASS = 2031


def key_of(chapter):
    return make_answer_key(read_chapter(chapter), CLASS)


def lines(cells):
    """What the cells say, line by line; `)` and `else:` and the like say nothing."""
    return {line.strip() for cell in cells for line in cell.source.splitlines() if len(line.strip()) > 7}


# What students get


@pytest.mark.parametrize("chapter", list_chapters())
def test_nothing_of_a_solution_and_no_output_reaches_the_students(chapter):
    key = key_of(chapter)
    for cell in (cell for cell in key.cells if cell.cell_type == "code"):
        cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="the answer is 42")], 1
    student = make_student_notebook(key)
    solutions = [cell for cell in key.cells if "solution" in tags_of(cell)]
    assert solutions
    rest = lines(cell for cell in key.cells if "solution" not in tags_of(cell))
    assert lines(student.cells) & (lines(solutions) - rest) == set()
    assert not re.search(
        r"\w_solution\b|<details>", "\n".join(cell.source for cell in exercise_cells(student))
    )
    assert "the answer is 42" not in nbformat.writes(student)
    assert [cell.metadata for cell in student.cells if "solution" in tags_of(cell)] == []


@pytest.mark.parametrize("chapter", list_chapters())
def test_what_students_read_stands_in_the_chapter(chapter):
    """So nothing of the hidden tests can, nor any answer to them."""
    key = key_of(chapter)
    published = lines(cell for cell in key.cells if "solution" not in tags_of(cell))
    headings = {exercise.heading for exercise in find_exercises(key)}
    ours = [make_assignment.ANSWER, make_assignment.ANSWER_IN_CODE, *make_assignment.HAND_IN.splitlines()]
    linked = lambda line: re.sub(r"\]\([^)]*?([\w-]+)\.(html|ipynb)", r"](\1", line)  # noqa: E731
    known = {linked(line) for line in published} | {
        *ours,
        make_assignment.summary_cell(key, find_exercises(key)),
    }
    added = {line for line in lines(make_student_notebook(key).cells) if linked(line) not in known}
    assert {re.sub(r" \(\d+ points, about .+?\)$", "", line) for line in added} == headings
    hidden = (ROOT / "teaching" / "hidden" / f"{chapter.replace('-', '_')}.py").read_text()
    assert (
        lines(make_student_notebook(key).cells) & {line.strip() for line in hidden.splitlines()} - published
        == set()
    )


@pytest.mark.parametrize("chapter", list_chapters())
def test_students_have_every_stub_and_the_setup(chapter):
    key, student = key_of(chapter), make_student_notebook(key_of(chapter))
    for tag in ("setup", "exercise"):
        assert [cell.source for cell in student.cells if tag in tags_of(cell)] == [
            cell.source for cell in key.cells if tag in tags_of(cell)
        ]
    assert "lenet_utils @ git+" in next(cell.source for cell in student.cells if "setup" in tags_of(cell))
    found = [heading[0] for cell in student.cells for heading in HEADING.finditer(cell.source)]
    assert found == [make_assignment.render_heading(exercise) for exercise in find_exercises(key)]
    assert f"for class {CLASS}" in next(
        c.source for c in student.cells if c.source.startswith("## Exercises")
    )
    nbformat.validate(student)


def test_some_of_the_exercises_can_be_set_and_then_the_others_are_nowhere(tmp_path):
    key = key_of("mathematics")
    student = make_student_notebook(key, [2, 4])
    found = [int(heading[1]) for cell in student.cells for heading in HEADING.finditer(cell.source)]
    assert found == [2, 4]
    assert "**6 points, about 30 minutes" in next(
        c.source for c in student.cells if "## Exercises" in c.source
    )
    assert sum("exercise" in tags_of(cell) for cell in student.cells) == 2
    after = [cell.source.partition("\n")[0] for cell in student.cells if cell.source.startswith("## ")]
    assert after[-2:] == ["## Exercises", "## Further reading"]
    with pytest.raises(SystemExit, match="no exercise 9; the chapter has 1 to 7"):
        make_student_notebook(key, [2, 9])

    said = run("make_assignment", "mathematics", "--exercises", "2,4", "--output", tmp_path)
    assert "the book's own" in said
    target = tmp_path / "2027" / "mathematics"
    assert [row["exercise"] for row in grade.points_table(target)] == ["exercise-2", "exercise-4"]
    with zipfile.ZipFile(target / "autograder.zip") as file:
        tests = {name for name in file.namelist() if "exercise-" in name}
    assert {re.search(r"exercise-\d", name)[0] for name in tests} == {"exercise-2", "exercise-4"}


def exercise_cells(notebook):
    """The cells from the first exercise on."""
    first = next(n for n, cell in enumerate(notebook.cells) if HEADING.search(cell.source))
    return notebook.cells[first:]


@pytest.mark.parametrize("chapter", list_chapters())
def test_a_chapter_asks_for_the_class_and_has_a_hidden_test_for_every_check(chapter):
    asked = [exercise for exercise in find_exercises(read_chapter(chapter)) if exercise.check]
    assert any("CLASS" in exercise.arguments for exercise in asked)
    assert make_assignment.find_hidden_tests(chapter, asked).exists()
    module = chapter.replace("-", "_")
    for exercise in asked:
        shown = getattr(import_module(f"lenet_utils.checks.{module}"), exercise.check)
        hidden = getattr(import_module(f"teaching.hidden.{module}"), exercise.check)
        asked_for = [list(inspect.signature(check).parameters) for check in (shown, hidden)]
        assert asked_for[0] == asked_for[1], exercise.check


def test_a_chapter_without_a_hidden_test_is_no_assignment(monkeypatch, tmp_path):
    asked = find_exercises(read_chapter("mathematics"))
    monkeypatch.setattr(make_assignment, "ROOT", tmp_path)
    with pytest.raises(
        SystemExit, match=r"hidden/mathematics.py has no hidden test .*check_lower_edge, check_max_pool"
    ):
        make_assignment.find_hidden_tests("mathematics", asked)


# Submissions


def solved(chapter):
    """What a student hands in who has found the book's solutions: they follow the stubs, under the stubs' names."""
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
    """What else stands in a notebook: timings, plots that take their time, notes, a package, no Python at all."""
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


POINTS = [2, 2, 4, 4, 6, 6, 10]
SUBMISSIONS = {
    "right.ipynb": (solved("mathematics"), POINTS),
    "answer key.ipynb": (key_of("mathematics"), POINTS),
    "untouched.ipynb": (make_student_notebook(key_of("mathematics")), [0] * 7),
    "explored.ipynb": (explored(), POINTS),
    "wrong.ipynb": (wrong(), [2, 0, 4, 4, 6, 6, 10]),
    "last year's.ipynb": (another_class(), [2, 0, 4, 4, 6, 6, 10]),
    "crash.ipynb": (crash(), [2, 2, 0, 4, 6, 6, 10]),
    "loop.ipynb": (loop(), [2, 2, 4, 0, 6, 0, 10]),
    "from colab/stripped.ipynb": (stripped(), POINTS),
    "Homework (1) final FINAL.ipynb": (reordered(), POINTS),
    "exit.ipynb": (leaves(), [2, 2, 4, 4, 0, 6, 10]),
    "end.ipynb": (ends_the_process(), [0] * 7),
    "empty.ipynb": ("", [0] * 7),
    "torn.ipynb": (nbformat.writes(solved("mathematics"))[:5000], [0] * 7),
    "no notebook.ipynb": ("[1, 2, 3]", [0] * 7),
}


REPORTS = {
    "right": "exercise-7, two convolutions: 10 of 10 points",
    "untouched": "nothing attempted, or not the notebook of this assignment\nexercise-1",
    "wrong": "exercise-2, how many places?: 0 of 2 points\n    ✗ Exercise 2, how many places? ",
    "last year's": f"(the notebook has CLASS = {CLASS - 1}; this class's number is {CLASS})",
    "loop": "exercise-6, scores of a thousand: 0 of 6 points\n    ✗ TimeExceededError: stopped after 5 seconds",
}
"""What each file of results must say."""


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["answer = 1\nother = 2"], ["answer = 1"]),
        (["answer = helper(2)", "def helper(x):\n    return factor * x", "factor = 3"], [0, 1, 2]),
        (["answer = []", "fill_up(answer)", "def fill_up(x):\n    x.append(1)"], [0, 1, 2]),
        (["def answer(x): ...", "print(answer(3))", "plot(answer)"], [0]),
        (["def answer(x): ...", "x: int = 3", "checks.check_it(answer)", "assert check_it(answer)"], [0]),
        (["answer = 1", "no Python", "from other import *"], [0, 1, 2]),
        (["import numpy as np", "answer = np.zeros(3)", "np.random.seed(0)", "answer[0] += 1"], [0, 1, 3]),
    ],
)
def test_of_a_students_statements_those_are_run_that_bear_on_the_answer(cells, kept):
    wanted = [cells[each] if isinstance(each, int) else each for each in kept]
    assert slicing.relevant_statements(cells, {"answer"}) == [
        statement.replace("def answer(x): ...", "def answer(x):\n    ...") for statement in wanted
    ]


@pytest.mark.parametrize(
    ("chapter", "kept"),
    [
        (["answer = 1", "other = 2", "answer = 3", "print(answer)"], [2]),
        (["factor = 2", "def answer(x):\n    return factor * x", "factor = 3"], [1, 2]),
        (["model = build()", "model.fit(x)", "model.predict(x)", "answer = model"], [0, 1, 3]),
        (["answer = x", "x = 1", "model.fit(x)", "import training\ntraining.fit(model, x)"], [0]),
        (["x = 1", "model.fit(x)", "training.fit(model, x)", "answer = x"], [0, 2, 3]),
        (["start = 1\nslow()", "start = 2\nanswer = start"], [1]),
        (["start = 1", "if True:\n    start = 2\nanswer = start"], [0, 1]),
        (["total = 1", "total += 2\nanswer = total"], [0, 1]),
        (["total = 1", "total = 0\ntotal += 2\nanswer = total"], [1]),
    ],
)
def test_of_a_chapters_cells_those_are_run_that_give_what_an_answer_needs(chapter, kept):
    assert slicing.backward_slice(chapter, {"answer"}) == [chapter[number] for number in kept]


class OwnLayer(keras.layers.Dense):
    """A student's, which may compute anything."""


def network(kind=keras.layers.Dense, first=0.5):
    start = keras.initializers.Constant(first)
    return keras.Sequential(
        [keras.Input((3,)), kind(2, kernel_initializer=start, name="only")], name="network"
    )


def test_the_same_training_is_made_once_for_all_submissions(tmp_path):
    trained = []

    def fit(model, x, y, epochs=10, validation=None, augment=None, loss="mse"):
        trained.append(epochs)
        model.set_weights([2 * weights for weights in model.get_weights()])
        return {"loss": [epochs]}

    once, x, y = training_cache.with_cache(fit, tmp_path), np.eye(3), np.arange(3)
    for again in (False, True):
        model = network()
        history = once(model, x, y, 4, validation=(x, y), augment=distort)
        assert history == {"loss": [4]}
        assert (model.get_weights()[0] == 1).all()
        assert model.compiled == again  # what was looked up can be evaluated, as what `fit` has compiled
    assert trained == [4]

    once(network(), x, y, epochs=5)  # for longer
    once(network(first=0.25), x, y, 4, validation=(x, y), augment=distort)  # from other weights
    once(network(), x + 1, y, 4, validation=(x, y), augment=distort)  # on other pictures
    assert trained == [4, 5, 4, 4]

    for own in (dict(model=network(OwnLayer)), dict(model=network(), augment=lambda x, generator: x)):
        for _ in range(2):  # nobody knows what they do
            once(**own, x=x, y=y, epochs=6)
    assert trained == [4, 5, 4, 4, 6, 6, 6, 6]


def run(script, *arguments):
    command = [sys.executable, "-m", f"teaching.{script}", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def make(chapter, folder):
    run("make_assignment", chapter, "--class-number", CLASS, "--seconds", 5, "--output", folder)
    return folder / str(CLASS) / chapter


def scores(path):
    """Each submission's points, exercise by exercise."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name.startswith("exercise")]
    for row in rows:
        assert float(row["total"]) == sum(float(row[name] or 0) for name in names)
    return {row["submission"]: [float(row[name] or 0) for name in names] for row in rows}


def test_a_bad_submission_costs_its_own_points_and_no_more(tmp_path, monkeypatch):
    """And a notebook is graded again if it changed, and only then."""
    assignment, folder = make("mathematics", tmp_path / "assignments"), tmp_path / "handed in"
    assert {path.name for path in (assignment / "student").iterdir()} == {"mathematics.ipynb"}
    for name, (notebook, _) in SUBMISSIONS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))
    (folder / "essay.pdf").touch()
    said = run("grade", "mathematics", folder, "--assignments", assignment.parent.parent)
    assert f"{len(SUBMISSIONS)} graded for class {CLASS}, 5 with a remark" in said
    assert "no notebooks: essay.pdf\n" in said
    assert scores(folder / "scores.csv") == {name: points for name, (_, points) in SUBMISSIONS.items()}
    report = {name: (folder / "results" / f"{name}.txt").read_text(encoding="utf-8") for name in REPORTS}
    assert {name: text in report[name] for name, text in REPORTS.items()} == dict.fromkeys(REPORTS, True), (
        report
    )
    assert all("<statement" not in text for text in report.values())

    again = []
    monkeypatch.setattr(
        grade, "grade", lambda path, *_: again.append(path.name) or {"scores": {}, "said": {}, "remark": ""}
    )
    (folder / "wrong.ipynb").write_text(nbformat.writes(solved("mathematics")))
    grade.grade_all(assignment, folder, folder)
    assert again == ["wrong.ipynb"]


def test_what_nobody_handed_in_is_not_graded(tmp_path):
    names = [
        "ann.ipynb",
        "b/.ipynb_checkpoints/ben-checkpoint.ipynb",
        "__MACOSX/._ann.ipynb",
        "b/ben.ipynb",
        "notes.txt",
    ]
    for name in [*names, "results/ann.ipynb"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.ipynb").mkdir()
    assert [str(path) for path in grade.submissions(tmp_path)] == ["ann.ipynb", "b/ben.ipynb"]
    assert [str(path) for path in grade.not_notebooks(tmp_path)] == ["notes.txt"]


def test_two_classes_do_not_get_into_each_others_way(tmp_path):
    with pytest.raises(ValueError, match="Run: make assignment CHAPTER=history CLASS=2031"):
        grade.assignment_of("history", None, tmp_path)
    for name in ("2031", "2032"):
        (tmp_path / name / "history").mkdir(parents=True)
        (tmp_path / name / "history" / "autograder.zip").touch()
        assert grade.assignment_of("history", name, tmp_path) == tmp_path / name / "history"
        if name == "2031":
            assert grade.assignment_of("history", None, tmp_path) == tmp_path / name / "history"
    with pytest.raises(ValueError, match="add CLASS=2031 or CLASS=2032"):
        grade.assignment_of("history", None, tmp_path)
    with pytest.raises(ValueError, match="Run: make assignment CHAPTER=history CLASS=2033"):
        grade.assignment_of("history", "2033", tmp_path)


def test_a_home_folder_that_the_shell_left_alone_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "handed in").mkdir()
    shutil.copy(ROOT / "chapters" / "history.ipynb", tmp_path / "handed in")
    (tmp_path / "2031" / "history").mkdir(parents=True)
    (tmp_path / "2031" / "history" / "autograder.zip").touch()
    asked = []
    monkeypatch.setattr(grade, "grade_all", lambda *arguments: asked.append(arguments[1]) or {})
    monkeypatch.setattr(sys, "argv", ["grade.py", "history", "~/handed in", "--assignments", str(tmp_path)])
    grade.main()
    assert asked == [tmp_path / "handed in"]


def test_the_same_autograder_made_anew_grades_nothing_again(tmp_path):
    one, other = (make("mathematics", tmp_path / name) / "autograder.zip" for name in ("one", "other"))
    prints = {grade.fingerprint(ROOT / "chapters" / "mathematics.ipynb", path) for path in (one, other)}
    assert len(prints) == 1


@pytest.mark.parametrize("chapter", [name for name in list_chapters() if name != "mathematics"])
def test_the_answer_key_of_a_chapter_earns_every_point_of_the_autograder(chapter, tmp_path):
    """Its answers stand below the stubs, which are as they were; in `solved` they stand in them."""
    assignment, folder = make(chapter, tmp_path), tmp_path / "handed in"
    folder.mkdir()
    shutil.copy(assignment / "instructor" / f"{chapter}.ipynb", folder / "key.ipynb")
    run("grade", chapter, folder, "--assignments", tmp_path, "--class-number", CLASS)
    table = grade.points_table(assignment)
    wanted = [int(row["points"]) if row["marked by"] == "autograder" else 0 for row in table]
    said = json.loads((folder / "results" / "key.json").read_text())["said"]
    assert scores(folder / "scores.csv") == {"key.ipynb": wanted}, said


# The guide


def said_of(chapter):
    """What the guide must say as the chapter says it: a line, the goals, and how each exercise's row begins."""
    opening = read_chapter(chapter).cells[0].source
    needs = re.search(r"\*\*You need\*\* (.+?)\s+·", opening, re.DOTALL)[1]
    needs = re.sub(r"\]\((.+?\.ipynb)", r"](chapters/\1", " ".join(needs.split()))
    goals = re.search(r"\*\*After this chapter you can\*\*\n\n(.+?)\n\n", opening, re.DOTALL)[1]
    minutes = sum(exercise.minutes for exercise in find_exercises(read_chapter(chapter)))
    reading = re.search(r"reading (\d+) minutes", opening)[1]
    rows = [
        f"| {e.number} · {e.title} ({e.difficulty}, {e.points} points) |"
        for e in find_exercises(read_chapter(chapter))
    ]
    line = f"**Needs** {needs} · **Minutes** {reading} to read, about {minutes} for the exercises"
    return line, goals, rows


def section_of(chapter):
    link = f"[the chapter](chapters/{chapter}.ipynb)"
    return next(part for part in re.split(r"\n##+ ", (ROOT / "teaching.md").read_text()) if link in part)


@pytest.mark.parametrize("chapter", list_chapters())
def test_the_guide_says_of_a_chapter_what_the_chapter_says(chapter):
    line, goals, rows = said_of(chapter)
    section = section_of(chapter)
    assert line in section
    assert goals in section
    found = [row for row in section.splitlines() if re.match(r"\| \d", row)]
    assert [row[: len(wanted)] for row, wanted in zip(found, rows, strict=True)] == rows


@pytest.mark.parametrize("chapter", list_chapters())
def test_what_the_guide_quotes_is_what_the_checks_answer(chapter):
    source = (ROOT / "lenet_utils" / "checks" / f"{chapter.replace('-', '_')}.py").read_text()
    texts = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    quoted = re.findall("“(.+?)”", section_of(chapter))
    assert quoted
    assert [quote for quote in quoted if not any(quote in str(text) for text in texts)] == []


def minutes_of(row):
    """What a row of a syllabus says, and what the chapters that it names say: minutes to read, and of the exercises."""
    named = re.findall(r"\(chapters/(.+?)\.ipynb\)", row)
    to_read = [
        int(re.search(r"reading (\d+) minutes", read_chapter(chapter).cells[0].source)[1])
        for chapter in named
    ]
    minutes = {exercise.number: exercise.minutes for exercise in find_exercises(read_chapter(named[0]))}
    said = [int(found) for found in re.findall(r"(\d+) min to read \|", row)]
    asked = re.findall(r"\| (\d[\d, ]*) \((\d+) min\)", row)
    by_exercises = [sum(minutes[int(number)] for number in numbers.split(", ")) for numbers, _ in asked]
    return said + [int(sum_) for _, sum_ in asked], [sum(to_read), *by_exercises]


def test_the_syllabi_say_how_long_it_takes():
    syllabi = (ROOT / "teaching.md").read_text().partition("### One week")[2].partition("## Marking")[0]
    rows = [row for row in syllabi.splitlines() if re.match(r"\| \d \|", row)]
    assert rows
    for row in rows:
        said, wanted = minutes_of(row)
        assert said == wanted, row


def test_the_guide_has_a_rubric_for_every_exercise_marked_by_hand():
    rubrics = (ROOT / "teaching.md").read_text().partition("## Marking by hand")[2].partition("\n## ")[0]
    by_hand = [
        e.title for chapter in list_chapters() for e in find_exercises(read_chapter(chapter)) if not e.check
    ]
    assert [title for title in by_hand if f"*{title}*" not in rubrics] == []
