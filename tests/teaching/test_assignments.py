"""From a chapter to an assignment: what students get, what must not be in it, and what is refused in
words."""

import inspect
import re
import zipfile
from importlib import import_module
from types import SimpleNamespace

import nbformat
import pytest

from scripts.chapters import ROOT, list_chapters, read_chapter, tags_of
from teaching import autograder, make_assignment, student_notebook
from teaching.exercises import HEADING, find_exercises
from teaching.grade import read_points, take_fingerprint
from teaching.make_assignment import make_student_notebook
from tests.teaching.handed_in import CLASS, assign, exercise_cells, key_of, run

ADDRESS = "https://github.com/someone/lenet-book"


def lines(cells):
    """What the cells say, line by line; `)` and `else:` and the like say nothing."""
    return {line.strip() for cell in cells for line in cell.source.splitlines() if len(line.strip()) > 7}


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
    ours = [student_notebook.ANSWER, student_notebook.ANSWER_IN_CODE, *student_notebook.HAND_IN.splitlines()]
    linked = lambda line: student_notebook.OTHER_PAGE.sub(student_notebook.link_to_the_book, line)  # noqa: E731
    summary = student_notebook.summary_cell(key, find_exercises(key))
    known = {linked(line) for line in published} | {*ours, *summary.splitlines()}
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
    assert found == [student_notebook.render_heading(exercise) for exercise in find_exercises(key)]
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

    target, said = assign("mathematics", tmp_path, "--exercises", "4,2", class_number=2027)
    assert "the book's own" in said and "SUBMISSIONS=folder EXERCISES=2,4\n" in said
    assert target == tmp_path / "2027" / "mathematics-2-4"
    assert {path.name for path in (target / "student").iterdir()} == {"mathematics-2-4.ipynb"}
    assert [row["exercise"] for row in read_points(target)] == ["exercise-2", "exercise-4"]
    with zipfile.ZipFile(target / "autograder.zip") as file:
        tests = {name for name in file.namelist() if "exercise-" in name}
    assert {re.search(r"exercise-\d", name)[0] for name in tests} == {"exercise-2", "exercise-4"}


@pytest.mark.parametrize("chapter", list_chapters())
def test_a_chapter_asks_for_the_class_and_has_a_hidden_test_for_every_check(chapter):
    asked = [exercise for exercise in find_exercises(read_chapter(chapter)) if exercise.check]
    assert any("CLASS" in exercise.arguments for exercise in asked)
    assert autograder.find_hidden_tests(chapter, asked).exists()
    module = chapter.replace("-", "_")
    for exercise in asked:
        shown = getattr(import_module(f"lenet_utils.checks.{module}"), exercise.check)
        hidden = getattr(import_module(f"teaching.hidden.{module}"), exercise.check)
        asked_for = [list(inspect.signature(check).parameters) for check in (shown, hidden)]
        assert asked_for[0] == asked_for[1], exercise.check


def test_a_chapter_without_a_hidden_test_is_no_assignment(monkeypatch, tmp_path):
    asked = find_exercises(read_chapter("mathematics"))
    monkeypatch.setattr(autograder, "ROOT", tmp_path)
    with pytest.raises(
        SystemExit, match=r"hidden/mathematics.py has no hidden test .*check_lower_edge, check_max_pool"
    ):
        autograder.find_hidden_tests("mathematics", asked)


@pytest.mark.parametrize("address", [ADDRESS, None])
def test_links_of_a_students_notebook_lead_to_the_book_or_are_text(monkeypatch, address):
    monkeypatch.setattr(student_notebook, "stated_address", lambda: address)
    for chapter in list_chapters():
        key = key_of(chapter)
        text = "\n".join(c.source for c in make_student_notebook(key).cells if c.cell_type == "markdown")
        targets = re.findall(r"\]\(([^)\s]+)\)", text)
        assert [t for t in targets if not t.startswith(("https://", "http://", "#", "data:", "<"))] == [], (
            chapter
        )
        if address:
            assert "https://someone.github.io/lenet-book/" in text
            setup = next(cell.source for cell in key.cells if "setup" in tags_of(cell))
            assert f'ADDRESS = "{ADDRESS}"' in setup
    link = student_notebook.OTHER_PAGE.sub(
        student_notebook.link_to_the_book,
        "[draw `a[0]`](../playground.md), [f](from-1998.ipynb#x), [p](https://a.b/c.md)",
    )
    book = "https://someone.github.io/lenet-book"
    wanted = (
        f"[draw `a[0]`]({book}/playground.html), [f]({book}/chapters/from-1998.html#x), [p](https://a.b/c.md)"
    )
    assert link == (wanted if address else "draw `a[0]`, f, [p](https://a.b/c.md)")


def test_students_read_how_it_is_graded():
    text = student_notebook.summary_cell(key_of("implementation"), [], 60)
    assert "on the 5,000 digits that come with the package, even if you have all of MNIST" in text
    assert "without any file of yours" in text and "such as a training run, may take 60 seconds" in text


def test_an_exercise_that_speaks_of_one_which_is_not_set_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(student_notebook, "stated_address", lambda: None)
    key = key_of("implementation")
    text = next(c.source for c in key.cells if c.source.startswith("### Exercise 5"))
    assert "exercise 2" in text
    asked = [exercise for exercise in find_exercises(key) if exercise.number == 5]
    assert student_notebook.find_missing(key, asked) == {"exercise-5": [2]}
    assert student_notebook.find_missing(key, find_exercises(key))["exercise-5"] == []
    student = make_student_notebook(key, [5], chapter="implementation")
    cell = next(c for c in student.cells if c.source.startswith("### Exercise 5"))
    assert "*Exercise 2 is not part of this assignment. You find it in the book.*" in cell.source
    assert "EXERCISES=2,5 sets it, too." in assign("implementation", tmp_path, "--exercises", "5")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mathematics", "--exercises", "3,9"], "there is no exercise 9; the chapter has 1 to 7."),
        (["mathematics", "--exercises", "3;4"], "EXERCISES=3;4 should be numbers with commas between them"),
        (["mathematics", "--class-number=-5"], "CLASS=-5 should be a whole number such as 2031"),
        (["mathematics", "--class-number", "2027a"], "CLASS=2027a should be a whole number such as 2031"),
        (["mathematics", "--seconds", "soon"], "SECONDS=soon should be a number such as 60"),
        (["mathematic"], "there is no chapter mathematic. There are: history, mathematics, "),
        ([""], "say which chapter: CHAPTER=NAME. There are: history, mathematics, "),
        (["all", "--exercises", "7"], "there is no exercise 7; the chapter has 1 to "),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_deleted(arguments, said, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        make_assignment.read_options([*arguments, "--output", str(tmp_path)])
    assert said in (stopped.value.code if isinstance(stopped.value.code, str) else capsys.readouterr().err)


def test_an_assignment_that_cannot_be_made_leaves_the_one_of_before(tmp_path, monkeypatch):
    wheel = tmp_path / "lenet_utils.whl"
    wheel.touch()
    settings = {"class_number": CLASS, "seconds": 5, "limit": 50}
    target = make_assignment.write_assignment("mathematics", settings, wheel, tmp_path)
    before = (target / "points.csv").read_bytes()
    monkeypatch.setattr(autograder, "add_grader", lambda path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_assignment.write_assignment("mathematics", settings, wheel, tmp_path)
    assert (target / "points.csv").read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["mathematics"]


def test_the_same_autograder_made_anew_grades_nothing_again(tmp_path):
    one, other = (assign("mathematics", tmp_path / name)[0] / "autograder.zip" for name in ("one", "other"))
    prints = {take_fingerprint(ROOT / "chapters" / "mathematics.ipynb", path) for path in (one, other)}
    assert len(prints) == 1


def test_a_grading_machine_installs_the_tensorflow_that_it_has():
    """`tensorflow-cpu` has no wheel for Linux on ARM."""
    wanted = autograder.render_requirements(SimpleNamespace(name="lenet_utils.whl")).splitlines()
    machines = {name.split("=")[0]: marker for name, _, marker in (line.partition(" ; ") for line in wanted)}
    assert machines["tensorflow-cpu"] == 'sys_platform == "linux" and platform_machine == "x86_64"'
    assert machines["tensorflow"] == 'sys_platform != "linux" or platform_machine != "x86_64"'
    assert {"/autograder/source/files/lenet_utils.whl", "psutil", "joblib"} <= machines.keys()


def test_a_book_without_an_address_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_assignment, "stated_address", lambda: None)
    monkeypatch.setattr("sys.argv", ["make_assignment", "mathematics", "--output", str(tmp_path)])
    make_assignment.main()
    assert "has no address yet" in capsys.readouterr().out
    assert run("make_assignment", "--help")
