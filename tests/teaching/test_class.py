"""A class hands in: every right mark is there at the end, whatever else was handed in, and nothing is left
running."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import nbformat
import psutil
import pytest

from scripts.chapters import ROOT, list_chapters
from teaching import grade
from teaching.grading.supervising import GRACE
from tests.teaching import handed_in
from tests.teaching.handed_in import (
    CLASS,
    HOSTILE,
    SECONDS,
    assign,
    hand_in,
    key_of,
    read_scores,
    run,
    solved,
)

pytestmark = pytest.mark.slow

POINTS = [2, 2, 4, 4, 6, 6, 10]
WITHOUT_3 = [2, 2, 0, 4, 6, 6, 10]
SUBMISSIONS = {
    "right.ipynb": (lambda: solved("mathematics"), POINTS),
    "answer key.ipynb": (lambda: key_of("mathematics"), POINTS),
    "untouched.ipynb": (lambda: handed_in.make_student_notebook(key_of("mathematics")), [0] * 7),
    "explored.ipynb": (handed_in.explored, POINTS),
    "wrong.ipynb": (handed_in.wrong, [2, 0, 4, 4, 6, 6, 10]),
    "last year's.ipynb": (handed_in.another_class, [2, 0, 4, 4, 6, 6, 10]),
    "crash.ipynb": (handed_in.crash, WITHOUT_3),
    "loop.ipynb": (handed_in.loop, [2, 2, 4, 0, 6, 0, 10]),
    "from colab/stripped.ipynb": (handed_in.stripped, POINTS),
    "Homework (1) final FINAL.ipynb": (handed_in.reordered, POINTS),
    "exit.ipynb": (handed_in.leaves, [2, 2, 4, 4, 0, 6, 10]),
    "end.ipynb": (handed_in.ends_the_process, POINTS),  # in a statement after the answer, which stands
    "empty.ipynb": (lambda: "", [0] * 7),
    "torn.ipynb": (lambda: nbformat.writes(solved("mathematics"))[:5000], [0] * 7),
    "no notebook.ipynb": (lambda: "[1, 2, 3]", [0] * 7),
    "given.ipynb": (handed_in.added_to_a_given_cell, POINTS),
    "given, no ids.ipynb": (lambda: handed_in.without_ids(handed_in.added_to_a_given_cell()), POINTS),
    "answer in given.ipynb": (handed_in.answered_in_a_given_cell, POINTS),
    # The book's answer to exercise 5 calls the one to exercise 3.
    "text.ipynb": (handed_in.answered_in_a_text_cell, [2, 2, 0, 4, 0, 6, 10]),
    "greedy.ipynb": (handed_in.greedy, [0, 2, 0, 0, 0, 6, 0]),
    **{name: (make, WITHOUT_3) for name, make in HOSTILE.items()},
}
"""What is handed in, and what it is worth."""

REPORTS = {
    "right": "Total: 34 of 34 points\n\nExercise 1, ",
    "untouched": "Remark: nothing attempted, or not the notebook of this assignment\n\nExercise 1, ",
    "wrong": "Exercise 2, how many places?: 0 of 2 points\n    ✗ Exercise 2, how many places? ",
    "last year's": f"(the notebook has CLASS = {CLASS - 1}; this class's number is {CLASS})",
    "loop": f"Exercise 6, scores of a thousand: 0 of 6 points\n    ✗ stopped after {SECONDS} seconds",
    "torn": "Remark: the file is torn, or no notebook: ask for it again",
    "empty": "Remark: the file is empty: ask for it again",
    "no notebook": "Remark: the file is no notebook: ask for the .ipynb file",
    "text": "(there is code for it in a text cell, where nothing is run: make it a code cell)",
    "in C": f"Exercise 3, max pooling: 0 of 4 points\n    ✗ stopped after {SECONDS} seconds\nExercise 4",
    "segfault": "    ✗ it crashed Python (SIGSEGV)\nExercise 4",
    # For which of its excesses it is stopped depends on how busy the machine is.
    "memory": "Exercise 3, max pooling: 0 of 4 points\n    ✗ ",
    **dict.fromkeys(
        ("memory of many", "processes", "forks"), "Exercise 3, max pooling: 0 of 4 points\n    ✗ stopped"
    ),
}
"""What the file of results for each must say."""


def left_over():
    """Processes that students' code started, and that are still there."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "4321" in command or command[:1] == ["yes"] or "teaching.grading.running" in command:
            found.append(command)
    return found


def enter(path, marks, comment=()):
    """Marks, and comments, that a teacher types into `scores.csv`."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update(marks.get(row["submission"], {}))
        if comment:
            row["comment"] = dict(comment).get(row["submission"], "")
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def check_class(tmp_path, submissions):
    """Hand in, grade, enter marks by hand, set and grade a second homework, grade a late one: nothing is
    lost."""
    assignments, folder = tmp_path / "assignments", tmp_path / "handed in"
    assignment, _ = assign("mathematics", assignments)
    hand_in(folder, {name: make() for name, (make, _) in submissions.items()})
    with zipfile.ZipFile(folder / "course.zip", "w") as file:
        file.writestr("ann/homework.ipynb", nbformat.writes(solved("mathematics")))
        file.writestr("__MACOSX/ann/._homework.ipynb", "")
    unusual = os.fsdecode(b"m\xfcller.ipynb")
    (folder / unusual).write_text(nbformat.writes(solved("mathematics")))
    (folder / "essay.pdf").touch()
    wanted = {name: points for name, (_, points) in submissions.items()}
    wanted |= {"course.zip/ann/homework.ipynb": POINTS, "m\ufffdller.ipynb": POINTS}

    said = run("grade", "mathematics", folder, "--assignments", assignments)
    remarks = sum(points == [0] * 7 for points in wanted.values())
    assert f"{len(wanted)} graded for class {CLASS}, {remarks} with a remark" in said
    assert "Not looked at: essay.pdf (no notebook)\n" in said
    assert read_scores(folder / "scores.csv") == wanted
    assert left_over() == []

    enter(folder / "scores.csv", {"in C.ipynb": {"exercise-3": "2,5"}}, {"right.ipynb": "well done"})
    second, _ = assign("mathematics", assignments, "--exercises", "6,3")
    assert second.name == "mathematics-3-6"
    assert (assignment / "autograder.zip").exists()
    other = tmp_path / "second homework"
    hand_in(other, {"right.ipynb": solved("mathematics"), "wrong.ipynb": HOSTILE["in C.ipynb"]()})
    run("grade", "mathematics", other, "--assignments", assignments, "--exercises", "3,6")
    assert read_scores(other / "scores.csv") == {"right.ipynb": [4, 6], "wrong.ipynb": [0, 6]}

    graded = {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*.json")}
    hand_in(folder, {"late.ipynb": solved("mathematics")})
    started = time.time_ns()
    run("grade", "mathematics", folder, "--assignments", assignments, "--exercises", "all")
    again = {path.stem for path in (folder / "results").rglob("*.json") if path.stat().st_mtime_ns > started}
    without = {
        path.stem for path in graded if '"remark": ""' not in path.read_text() and path.stem != "scores"
    }
    assert again - {"scores"} == without | {"late"}
    with open(folder / "scores.csv", newline="", encoding="utf-8-sig") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert rows["in C.ipynb"]["exercise-3"] == "2,5" and float(rows["in C.ipynb"]["total"]) == 32.5
    assert rows["right.ipynb"]["comment"] == "well done"
    assert rows["late.ipynb"]["total"] == "34"
    assert {name: float(row["total"]) for name, row in rows.items()} == {
        "late.ipynb": 34.0,
        **{name: sum(points) + 2.5 * (name == "in C.ipynb") for name, points in wanted.items()},
    }
    return folder


def test_a_small_class(tmp_path):
    """A right notebook, one that cannot be stopped, one that crashes, one that is torn, and one in a ZIP
    file."""
    names = ["right.ipynb", "in C.ipynb", "segfault.ipynb", "torn.ipynb"]
    folder = check_class(tmp_path, {name: SUBMISSIONS[name] for name in names})
    report = (folder / "results" / "in C.txt").read_text(encoding="utf-8")
    assert report.startswith(f"mathematics, class {CLASS}\nin C.ipynb\nTotal: 32.5 of 34 points\n")
    assert "Exercise 3, max pooling: 2,5 of 4 points, marked by hand\n" in report


def test_a_class_of_thirty(tmp_path):
    """Each file of results says what it must; no notebook took more than its time."""
    assert len(SUBMISSIONS) >= 30
    folder = check_class(tmp_path, SUBMISSIONS)
    said = {name: (folder / "results" / f"{name}.txt").read_text(encoding="utf-8") for name in REPORTS}
    said["in C"] = said["in C"].replace("2,5 of 4 points, marked by hand", "0 of 4 points")
    assert {name: text in said[name] for name, text in REPORTS.items()} == dict.fromkeys(REPORTS, True), said
    assert all("<statement" not in text and "Traceback" not in text for text in said.values())
    records = [json.loads(path.read_text()) for path in (folder / "results").glob("[!s]*.json")]
    assert max(record["seconds"] for record in records) < 10 * SECONDS + GRACE


@pytest.mark.parametrize("chapter", [name for name in list_chapters() if name != "mathematics"])
def test_the_answer_key_of_a_chapter_earns_every_point_of_the_autograder(chapter, tmp_path):
    """Its answers stand below the stubs, which are as they were; in `solved` they stand in them."""
    (assignment, _), folder = assign(chapter, tmp_path), tmp_path / "handed in"
    folder.mkdir()
    shutil.copy(assignment / "instructor" / f"{chapter}.ipynb", folder / "key.ipynb")
    run("grade", chapter, folder, "--assignments", tmp_path, "--class-number", CLASS)
    table = grade.read_points(assignment)
    wanted = [int(row["points"]) if row["marked by"] == "autograder" else 0 for row in table]
    said = json.loads((folder / "results" / "key.json").read_text(encoding="utf-8"))["said"]
    assert read_scores(folder / "scores.csv") == {"key.ipynb": wanted}, said


def test_an_answer_is_told_which_limit_it_went_beyond(tmp_path):
    """With so much time that it is not the time."""
    names = ["memory of many.ipynb", "processes.ipynb"]
    folder = tmp_path / "handed in"
    run("make_assignment", "mathematics", "--seconds", 60, "--output", tmp_path)
    hand_in(folder, {name: HOSTILE[name]() for name in names})
    run("grade", "mathematics", folder, "--assignments", tmp_path, "--memory", 1.5)
    said = {path.stem: path.read_text(encoding="utf-8") for path in (folder / "results").glob("*.txt")}
    assert "✗ stopped: it used more than 1.5 GB of memory" in said["memory of many"]
    assert "✗ stopped: it started more than 100 processes" in said["processes"]
    assert left_over() == []


def test_stopping_ends_everything_and_the_same_command_goes_on(tmp_path):
    assign("mathematics", tmp_path, "--seconds", 20)  # for time to stop it
    folder = tmp_path / "handed in"
    hand_in(folder, {"asleep.ipynb": HOSTILE["asleep.ipynb"](), "right.ipynb": solved("mathematics")})
    command = [sys.executable, "-m", "teaching.grade", "mathematics", folder, "--assignments", tmp_path]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 60
    while not any("4321" in command for command in left_over()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert "The same command goes on where this one stopped." in said
    assert left_over() == []
    run("grade", "mathematics", folder, "--assignments", tmp_path)
    assert read_scores(folder / "scores.csv") == {"asleep.ipynb": WITHOUT_3, "right.ipynb": POINTS}


def test_settings_of_the_teachers_own_change_no_mark(tmp_path, monkeypatch):
    """Switched-off assertions, other modules on the path, another backend, an old keras.json."""
    other = tmp_path / "another project"
    other.mkdir()
    (other / "numpy.py").write_text("raise ImportError('this is another numpy')")
    keras = tmp_path / "keras"
    keras.mkdir()
    settings = {"backend": "theano", "image_data_format": "channels_first", "floatx": "float16"}
    (keras / "keras.json").write_text(json.dumps(settings))
    assign("mathematics", tmp_path)
    folder = tmp_path / "handed in"
    hand_in(folder, {name: SUBMISSIONS[name][0]() for name in ("right.ipynb", "untouched.ipynb")})
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    monkeypatch.setenv("KERAS_HOME", str(keras))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("JUPYTER_PATH", str(other))
    run("grade", "mathematics", folder, "--assignments", tmp_path)
    assert read_scores(folder / "scores.csv") == {"right.ipynb": POINTS, "untouched.ipynb": [0] * 7}
    home = tmp_path / "home"
    home.mkdir()
    environment = grade.processes.make_environment(home, [other])
    assert environment["PYTHONPATH"] == str(other) and "PYTHONOPTIMIZE" not in environment
    assert environment["KERAS_HOME"] == environment["HOME"] == str(home)
