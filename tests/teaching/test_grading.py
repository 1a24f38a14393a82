"""The parts of grading: what is collected, refused and kept, who is at fault, and what is said to
students."""

import csv
import json
import os
import shutil
import sys
import threading
import zipfile

import nbformat
import numpy as np
import pytest

from scripts.chapters import ROOT
from teaching import autograder as autograders
from teaching import grade, scores
from teaching.grading import jobs, notebooks, processes, progress, running, supervising
from teaching.submissions import collect
from tests.teaching.handed_in import CLASS, assign, hand_in, solved

TABLE = [
    {"exercise": "exercise-1", "title": "one", "points": "2", "marked by": "autograder"},
    {"exercise": "exercise-2", "title": "two", "points": "4", "marked by": "hand"},
]


def result(score, remark="", **said):
    return {"scores": {"exercise-1": score}, "said": said, "remark": remark}


# What was handed in


def test_what_nobody_handed_in_is_not_graded(tmp_path):
    folder, unpacked = tmp_path / "handed in", tmp_path / "unpacked"
    names = [
        "ann.ipynb",
        "b/.ipynb_checkpoints/ben-checkpoint.ipynb",
        "__MACOSX/._ann.ipynb",
        "b/ben.IPYNB",
        "b/results/cleo.ipynb",
        "notes.txt",
        "results/ann.ipynb",
        "scores.csv",
    ]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "folder.ipynb").mkdir()
    found = collect(folder, unpacked)
    assert [str(name) for name in found.notebooks] == ["ann.ipynb", "b/ben.IPYNB", "b/results/cleo.ipynb"]
    assert {str(name): why for name, why in found.others.items()} == {"notes.txt": "no notebook"}


def test_notebooks_in_archives_are_found_and_nothing_is_written_elsewhere(tmp_path):
    folder, unpacked = tmp_path / "handed in", tmp_path / "unpacked"
    folder.mkdir()
    unpacked.mkdir()
    inner = tmp_path / "ben.zip"
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("homework.ipynb", "ben")
    with zipfile.ZipFile(folder / "course.zip", "w") as file:
        file.writestr("ann/homework.ipynb", "ann")
        file.writestr("../../escaped.ipynb", "out")
        file.writestr("__MACOSX/ann/._homework.ipynb", "")
        file.writestr("essay.pdf", "")
        file.write(inner, "ben.zip")
    (folder / "torn.zip").write_text("PK")
    found = collect(folder, unpacked)
    assert {str(name): path.read_text() for name, path in found.notebooks.items()} == {
        "course.zip/ann/homework.ipynb": "ann",
        "course.zip/escaped.ipynb": "out",
        "course.zip/ben.zip/homework.ipynb": "ben",
    }
    assert all(path.parent == unpacked for path in found.notebooks.values())
    assert {str(name): why for name, why in found.others.items()} == {
        "course.zip/essay.pdf": "no notebook",
        "torn.zip": "cannot be unpacked: File is not a zip file",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ('{"cells": [', "the file is torn"),
        ("[" * 100_000, "the file is torn"),
        ("[1, 2]", "the file is no notebook"),
        ('{"cells": [{"source": "x"}]}', "the file is no notebook"),
        ('{"nbformat": 2, "worksheets": 3}', "the file is no notebook"),
        (
            json.dumps({"cells": [{"cell_type": "code", "source": "1\n" * 600_000}]}),
            "a million characters of code",
        ),
    ],
)
def test_what_is_no_notebook_is_told_in_words(text, said, tmp_path):
    (tmp_path / "handed in.ipynb").write_text(text)
    with pytest.raises(notebooks.UnreadableError, match=said):
        notebooks.read_cells(tmp_path / "handed in.ipynb")


def test_old_notebooks_and_lists_of_lines_are_read(tmp_path):
    path = tmp_path / "old.ipynb"
    lines = {"cells": [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}], "nbformat": 4}
    path.write_text(json.dumps(lines), encoding="utf-8-sig")
    assert notebooks.read_cells(path) == [notebooks.SourceCell("code", "a = 1\nb = 2")]
    old = nbformat.v3.new_notebook(
        worksheets=[nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell("a = 1")])]
    )
    path.write_text(json.dumps(old))
    assert [cell.source for cell in notebooks.read_cells(path)] == ["a = 1"]


def test_what_is_added_to_a_given_cell_is_the_students():
    given = {"a": "import numpy as np\nsize = 3", "stub": "def answer(): ..."}
    cell = notebooks.SourceCell
    with_ids = [
        cell("code", "import numpy as np\nimport math\nsize = 3\nhelp = 4", "a"),
        cell("markdown", "def answer(): pass"),
        cell("code", "def answer(): ...", "stub"),
        cell("code", "answer = help", "new"),
    ]
    assert jobs.find_own_statements(with_ids, given, {"stub"}) == ["import math", "help = 4", "answer = help"]
    unchanged = [cell("code", "import numpy as np  \nsize = 3\n", "another id")]
    assert jobs.find_own_statements(unchanged, given, {"stub"}) == []


# What is said


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [
        ("training…\n✗ one: wrong\n  • kwargs=<class 'inspect._empty'>\n", "✗ one: wrong"),
        ("✓ not mine\n\x1b[31m○ one: not attempted yet\x1b[0m\n", "○ one: not attempted yet"),
        ("nothing with a mark\nanother line", "another line"),
        ("", "✗ the check gave no verdict"),
        (f"✗ one: {'0.123 ' * 1000}", f"✗ one: {'0.123 ' * 1000}"[:199] + "…"),
    ],
)
def test_of_what_a_check_prints_one_line_is_kept(printed, verdict):
    assert running.find_verdict(printed) == verdict


def test_an_error_is_told_in_one_short_line():
    assert running.describe_error(ValueError("first\nsecond\nthird")) == "ValueError: first"
    assert running.describe_error(KeyError()) == "KeyError"
    assert len(running.describe_error(ValueError("x" * 10_000))) == running.LONGEST_MESSAGE
    assert (
        running.describe_error(running.TimeExceededError("stopped after 5 seconds"))
        == "stopped after 5 seconds"
    )


def test_no_assert_of_ours_carries_a_verdict(monkeypatch):
    """With PYTHONOPTIMIZE=1 an `assert` does nothing."""
    text = (ROOT / "teaching" / "autograder.py").read_text(encoding="utf-8")
    assert "raise AssertionError(verdict" in text
    assert not [
        path for path in (ROOT / "teaching" / "grading").glob("*.py") if "    assert " in path.read_text()
    ]


def graded(statements, blamed, errors, in_text=()):
    job = jobs.Job([], statements, [], {"exercise-1": set()}, {"exercise-1": blamed}, set(in_text))
    return progress.Grading({}, job, errors=errors)


def test_a_training_that_was_cut_is_told_with_a_wrong_answer_too():
    """And another exercise's error is not told."""
    cut = "stopped after 60 seconds, in “training.fit(small, x, y, 90)”"
    found = graded(["", ""], {0}, {0: cut, 1: "SyntaxError: …"})
    assert progress.explain(found, "exercise-1", False) == f" (errors in the notebook: {cut})"
    assert progress.explain(found, "exercise-1", None) == f" (errors in the notebook: {cut})"
    assert progress.explain(found, "exercise-1", True) == ""
    in_text = graded([""], set(), {}, ["exercise-1"])
    assert progress.explain(in_text, "exercise-1", None).startswith(" (there is code for it in a text cell")


# What is kept


def test_what_a_teacher_enters_stays(tmp_path):
    path = tmp_path / "scores.csv"
    scores.write_scores(
        path, TABLE, {"ann.ipynb": result(1), "ben.ipynb": result(2), "cleo.ipynb": result(0)}
    )
    assert path.read_text(encoding="utf-8-sig").splitlines()[1] == "ann.ipynb,1,,1,2,"
    for between, encoding in ((";", "cp1252"), ("\t", "utf-16"), (",", "utf-8")):  # as spreadsheets save it
        rows = [
            ["submission", "exercise-1", "exercise-2", "total", "possible", "remark", "who"],
            ["ann.ipynb", "1,0", "3,5", "1", "2", "", "Zoë"],
            ["ben.ipynb", "1", "", "2", "2", "", ""],  # one point less than the autograder's
            ["gone.ipynb", "", "4", "4", "4", "", ""],
            ["cleo.ipynb", "0", "excused", "0", "2", "", ""],
        ]
        with open(path, "w", newline="", encoding=encoding) as file:
            csv.writer(file, delimiter=between).writerows(rows)
        now = {"ann.ipynb": result(1), "ben.ipynb": result(2), "cleo.ipynb": result(2)}
        marks = scores.write_scores(path, TABLE, now)
        assert marks["ann.ipynb"] == {"exercise-2": "3,5", "who": "Zoë"}
        assert marks["ben.ipynb"] == {"exercise-1": "1"}
        with open(path, newline="", encoding="utf-8-sig") as file:
            now = list(csv.reader(file, delimiter=between))
        assert now == [
            ["submission", "exercise-1", "exercise-2", "total", "possible", "remark", "who"],
            ["ann.ipynb", "1", "3,5", "4.5", "6", "", "Zoë"],
            ["ben.ipynb", "1", "", "1", "2", "", ""],
            ["cleo.ipynb", "2", "excused", "2", "6", "", ""],
            ["gone.ipynb", "", "4", "4", "4", scores.GONE, ""],
        ]
        scores.write_scores(path, TABLE, {"cleo.ipynb": result(0)})
        path.unlink()
        scores.write_scores(
            path, TABLE, {"ann.ipynb": result(1), "ben.ipynb": result(2), "cleo.ipynb": result(0)}
        )


def test_scores_of_another_assignment_are_not_written_over(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("submission,exercise-1,exercise-7,total\nann.ipynb,1,10,11\n")
    with pytest.raises(scores.ScoresError, match=r"the scores of another assignment \(exercise-7\)"):
        scores.check_scores(path, TABLE)
    path.write_text("name,mark\nann,1\n")
    with pytest.raises(scores.ScoresError, match="no column “submission”"):
        scores.check_scores(path, TABLE)


def test_a_report_says_whose_it_is_and_what_is_still_to_come():
    said = {
        "exercise-1": ["✗ one: it is 'worse', not 'better'", "✗ one: it is 'worse', not 'better'", "○ two"]
    }
    text = scores.render_report("history, class 2031", "ann.ipynb", TABLE, result(1, **said), {})
    assert text == (
        "history, class 2031\nann.ipynb\nTotal: 1 of 2 points\n\nExercise 1, one: 1 of 2 points\n"
        "    ✗ one: it is 'worse', not 'better'\n    ○ two\nExercise 2, two: … of 4 points, to be marked by hand\n"
    )
    text = scores.render_report("history, class 2031", "ann.ipynb", TABLE, result(1), {"exercise-2": "3"})
    assert "Total: 4 of 6 points" in text and "two: 3 of 4 points, marked by hand" in text


def test_a_result_is_kept_for_the_same_notebook_autograder_and_machine_and_not_if_something_was_wrong(
    tmp_path, monkeypatch
):
    notebook, autograder, record = (tmp_path / name for name in ("a.ipynb", "autograder.zip", "a.json"))
    notebook.write_text("one")
    with zipfile.ZipFile(autograder, "w") as file:
        file.writestr("hidden_tests.py", "first")
    before = autograders.take_fingerprint(notebook, autograder)
    grade.keep_result(result(2), record, before)
    assert grade.read_result(record, before)["scores"] == {"exercise-1": 2}
    for bad in (result(0, "nothing attempted"), {"scores": {}, "said": {}, "remark": ""}):
        grade.keep_result(bad, record, before)
        assert grade.read_result(record, before) is None
    assert autograders.take_fingerprint(notebook, autograder, memory=1) != before
    monkeypatch.setattr(autograders.importlib.metadata, "version", lambda name: "99")
    assert autograders.take_fingerprint(notebook, autograder) != before


# What the machine is blamed for


class Fake:
    """An autograder that finds what it is told to, by the notebook's name."""

    def __init__(self, folder, found):
        self.assignment, self.found, self.stopped = folder, found, threading.Event()
        (folder / "instructor").mkdir(exist_ok=True)
        (folder / "instructor" / "key.ipynb").touch()

    def grade(self, path):
        fault = self.found[path.stem]
        verdict = {"check": {"right": True, "text": "✓"}, "hidden": {"right": False, "text": "✗ edge"}}
        return {
            "verdicts": {} if fault else {"exercise-1": verdict},
            "fault": fault,
            "remark": "",
            "seconds": 1,
        }

    def stop(self):
        self.stopped.set()


def test_a_fault_of_the_machine_stops_the_run_and_one_of_a_notebook_does_not(tmp_path):
    one = grade.grade(tmp_path / "ann.ipynb", Fake(tmp_path, {"ann": ""}), TABLE)
    assert one == {
        "scores": {"exercise-1": 1},
        "said": {"exercise-1": ["✗ edge"]},
        "remark": "",
        "seconds": 1,
    }
    odd = grade.grade(tmp_path / "ann.ipynb", Fake(tmp_path, {"ann": "no file", "key": ""}), TABLE)
    assert odd["scores"] == {} and odd["remark"] == "could not be graded (no file): look at it by hand"
    broken = Fake(tmp_path, {"ann": "No module named 'keras'", "key": "No module named 'keras'"})
    with pytest.raises(
        grade.FaultError, match="answer key cannot be graded here, either: No module named 'keras'"
    ):
        list(grade.run_all(broken, TABLE, {tmp_path / "ann.ipynb": tmp_path / "ann.ipynb"}, 1))
    assert broken.stopped.is_set()


def test_a_remark_that_every_notebook_has_is_the_machines():
    remark = supervising.NOTHING_ATTEMPTED
    assert grade.find_common_remark({name: result(0, remark) for name in "abc"}) == remark
    assert grade.find_common_remark({name: result(0, remark) for name in "ab"}) == ""
    assert (
        grade.find_common_remark({"a": result(0, remark), "b": result(0, remark), "c": result(0, "torn")})
        == ""
    )
    assert grade.find_common_remark({name: result(1) for name in "abc"}) == ""


def test_a_package_that_is_missing_costs_no_student_anything(tmp_path):
    """For real: the autograder's own copy of the package cannot be imported."""
    assignment, _ = assign("mathematics", tmp_path)
    folder, source = tmp_path / "handed in", tmp_path / "source"
    hand_in(folder, {"right.ipynb": solved("mathematics")})
    with zipfile.ZipFile(assignment / "autograder.zip") as file:
        file.extractall(source)
    wheel = next((source / "files").glob("*.whl"))
    with zipfile.ZipFile(wheel, "a") as file:
        file.writestr("matplotlib/__init__.py", "raise ImportError('matplotlib is broken')")
    shutil.make_archive(str(assignment / "autograder"), "zip", source)
    with pytest.raises(grade.FaultError, match="ImportError: matplotlib is broken"):
        grade.grade_all(assignment, folder, folder)
    assert not (folder / "results").exists() or not list((folder / "results").glob("right.*"))


def test_numbers_and_environment_of_processes(tmp_path, monkeypatch):
    for name in ("PYTHONSTARTUP", "KERAS_BACKEND", "LENET_DATA_DIR", "TF_XLA_FLAGS"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    environment = processes.make_environment(tmp_path, [tmp_path / "a", tmp_path / "b"])
    assert environment["SOMETHING_ELSE"] == "kept" and environment["LENET_DATA"] == "sample"
    assert environment["PYTHONPATH"] == os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")])
    assert environment["KERAS_BACKEND"] == "tensorflow"
    assert not {"PYTHONSTARTUP", "LENET_DATA_DIR", "TF_XLA_FLAGS"} & environment.keys()
    assert processes.use_of([processes.psutil.Process()]) > 0.01


# What is asked for


def make_up(folder, *names):
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "autograder.zip").touch()


def test_two_classes_and_two_homeworks_do_not_get_into_each_others_way(tmp_path):
    find = grade.find_assignment
    with pytest.raises(ValueError, match="Run: make assignment CHAPTER=history CLASS=2031"):
        find("history", None, tmp_path)
    make_up(tmp_path, "2031/history", "2031/the-history-of-ink", "2031/history-of-ink")
    assert (
        find("history", "2031", tmp_path) == find("history", None, tmp_path) == tmp_path / "2031" / "history"
    )
    make_up(tmp_path, "2032/history")
    assert find("history", "2032", tmp_path) == tmp_path / "2032" / "history"
    with pytest.raises(ValueError, match="add CLASS=2031 or CLASS=2032"):
        find("history", None, tmp_path)
    with pytest.raises(ValueError, match="Run: make assignment CHAPTER=history CLASS=2033"):
        find("history", "2033", tmp_path)
    make_up(tmp_path, "2031/history-3-6")
    with pytest.raises(ValueError, match="add EXERCISES=all or EXERCISES=3,6"):
        find("history", "2031", tmp_path)
    assert find("history", "2031", tmp_path, "6,3") == tmp_path / "2031" / "history-3-6"
    assert find("history", "2031", tmp_path, "all") == tmp_path / "2031" / "history"
    with pytest.raises(ValueError, match="Run: make assignment CHAPTER=history CLASS=2031 EXERCISES=1,2"):
        find("history", "2031", tmp_path, "1,2")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["history", ""], "say which chapter, and in which folder the notebooks are"),
        (["", "folder"], "say which chapter, and in which folder the notebooks are"),
        (["histery", "folder"], "there is no chapter histery"),
        (["history", "{root}"], "is where the book is"),
        (["history", "{root}/chapters"], "is where the book is"),
        (["history", "{root}/.."], "is where the book is"),
        (["history", "nowhere"], "there is no folder nowhere"),
        (["history", "{folder}", "--jobs", "0"], "JOBS and MEMORY are numbers above 0"),
        (["history", "{folder}", "--exercises", "a"], "EXERCISES=a should be numbers"),
    ],
)
def test_what_cannot_be_graded_is_refused_in_words(arguments, said, tmp_path, capsys):
    make_up(tmp_path / "assignments", "2031/history")
    arguments = [each.format(root=ROOT, folder=tmp_path) for each in arguments]
    with pytest.raises(SystemExit):
        grade.read_options([*arguments, "--assignments", str(tmp_path / "assignments")])
    assert said in capsys.readouterr().err


def leave_the_tests_alone(monkeypatch):
    """The command ends every process that it finds below it; here, that would be other tests' processes."""
    for name in ("adopt_orphans", "end_family"):
        monkeypatch.setattr(processes, name, lambda *_: None)


def test_a_home_folder_that_the_shell_left_alone_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "handed in").mkdir()
    shutil.copy(ROOT / "chapters" / "history.ipynb", tmp_path / "handed in")
    make_up(tmp_path, "2031/history")
    asked = []
    leave_the_tests_alone(monkeypatch)
    monkeypatch.setattr(grade, "grade_all", lambda *arguments: asked.append(arguments[1]) or {})
    monkeypatch.setattr(sys, "argv", ["grade", "history", "~/handed in", "--assignments", str(tmp_path)])
    grade.main()
    assert asked == [tmp_path / "handed in"]


def test_an_empty_folder_is_told(tmp_path, monkeypatch):
    make_up(tmp_path, "2031/history")
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(
        sys, "argv", ["grade", "history", str(tmp_path / "empty"), "--assignments", str(tmp_path)]
    )
    with pytest.raises(SystemExit, match="There is no notebook in"):
        grade.main()


def test_the_class_number_of_the_autograder_counts():
    """Whatever the notebook says; and the number that it says is told, cut if it is none."""
    asked = dict(
        module="tests.teaching.test_grading", arguments=["answer", "CLASS"], class_number=CLASS, seconds=5
    )
    right, text = running.run_check(check="check_sum", environment={"answer": CLASS + 1}, **asked)
    assert right is True
    right, text = running.run_check(check="check_sum", environment={"answer": 5, "CLASS": "x" * 99}, **asked)
    assert right is False
    assert text == f"✗ wrong (the notebook has CLASS = '{'x' * 19}; this class's number is {CLASS})"


def check_sum(answer, class_number):
    right = bool(np.isclose(answer, class_number + 1))
    print("✓ right" if right else "✗ wrong")
    return right
