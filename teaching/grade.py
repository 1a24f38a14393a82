"""Grade a folder of notebooks without Docker: `make grade CHAPTER=mathematics CLASS=2031 SUBMISSIONS=folder`.

Each notebook is run in processes of its own, two notebooks at a time. `scores.csv` in the folder beside them has one
line a notebook, and `results/` a text for each student. Stopped and started again, it goes on where it stopped; a
notebook that changed, or a new autograder, is graded again. Marks that the teacher enters in `scores.csv` stay.

This runs students' code as you, on your machine. For strangers' code use the same zip in a container: Gradescope, or
`otter grade`.
"""

import argparse
import contextlib
import csv
import hashlib
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from scripts.chapters import ROOT, list_chapters
from teaching import scores
from teaching.grading import processes, supervising
from teaching.make_assignment import name_assignment, read_exercises
from teaching.scores import print_name, write_whole
from teaching.submissions import collect

PATIENCE = 60.0
"""Seconds after all its limits when a grading that has not ended by itself is ended."""

ENVIRONMENT = ("numpy", "keras", "tensorflow", "tensorflow-cpu")
"""Packages whose version may change a mark."""


class FaultError(Exception):
    """The machine that grades is at fault; the message says how."""


@dataclass
class Autograder:
    """An assignment's autograder, unpacked.

    Attributes:
        assignment: the folder that `make assignment` wrote.
        folder: an empty one; it gets the zip, the package, and the trainings that submissions have in common.
        memory: gigabytes that one notebook may use.
        running: the gradings that are going on.
    """

    assignment: Path
    folder: Path
    memory: float = processes.MEMORY
    running: set[subprocess.Popen] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        with zipfile.ZipFile(self.assignment / "autograder.zip") as file:
            file.extractall(self.folder / "source")
        for wheel in (self.folder / "source" / "files").glob("*.whl"):
            with zipfile.ZipFile(wheel) as file:
                file.extractall(self.folder / "packages")
        (self.folder / "cache").mkdir()
        config = json.loads((self.folder / "source" / "otter_config.json").read_text(encoding="utf-8"))
        (self.settings,) = config["plugins"][0].values()

    def grade(self, notebook: Path) -> dict:
        """What the grader found out about one notebook; a remark where it found nothing."""
        limit = supervising.SETUP + self.settings["limit"] + PATIENCE
        for _ in range(2):
            if self.stopped.is_set():
                break
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                found = self.grade_once(notebook, Path(folder), limit)
            if found:
                return found
        remark = "the grader could not grade this: look at it by hand"
        return {"verdicts": {}, "fault": "", "remark": remark, "seconds": 0}

    def grade_once(self, notebook: Path, folder: Path, limit: float) -> dict | None:
        """The result of one process that grades; None if it leaves none."""
        paths = [self.folder / "source" / "files", self.folder / "packages"]
        process = supervising.start_grading(
            notebook, folder, self.settings, paths, self.folder / "cache", self.memory, self.folder / "source"
        )
        self.running.add(process)
        try:
            if self.stopped.is_set():
                processes.end_process(process)
            process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            processes.end_process(process)
        finally:
            self.running.discard(process)
        answer = folder / "result.json"
        return json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None

    def stop(self) -> None:
        """End all gradings that are going on, with everything that they started; begin no other."""
        self.stopped.set()
        for process in list(self.running):
            processes.end_process(process)


def take_fingerprint(notebook: Path, autograder: Path, memory: float = processes.MEMORY) -> str:
    """The same for the same notebook, autograder, packages and memory, whenever that autograder was made."""
    with zipfile.ZipFile(autograder) as file:
        parts = sorted(f"{member.filename} {member.CRC}" for member in file.infolist())
    parts += [sys.version.split()[0], f"{memory:g} GB"]
    for package in ENVIRONMENT:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            parts.append(f"{package} {importlib.metadata.version(package)}")
    return hashlib.sha256("\n".join(parts).encode() + notebook.read_bytes()).hexdigest()


def grade(notebook: Path, autograder: Autograder, table: list[dict]) -> dict:
    """Scores by exercise, what was said to each, and a remark where the notebook as a whole needs one.

    Raises:
        FaultError: the answer key cannot be graded on this machine, either.
    """
    found = autograder.grade(notebook)
    remark = found["remark"]
    if found["fault"]:
        check_machine(autograder, found["fault"])
        remark = f"could not be graded ({found['fault']}): look at it by hand"
    points = {row["exercise"]: int(row["points"]) for row in table}
    result = {"scores": {}, "said": {}, "remark": remark, "seconds": found["seconds"]}
    for exercise, parts in found["verdicts"].items():
        right = [part["right"] is True for part in parts.values()]
        result["scores"][exercise] = points[exercise] * sum(right) / len(right)
        result["said"][exercise] = [part["text"] for part in parts.values() if part["right"] is not True]
    return result


def check_machine(autograder: Autograder, fault: str) -> None:
    """Grade the answer key, which is right.

    Raises:
        FaultError: that fails, too, so that no student is at fault.
    """
    (key,) = (autograder.assignment / "instructor").glob("*.ipynb")
    again = autograder.grade(key)
    if again["fault"] and not autograder.stopped.is_set():
        raise FaultError(
            f"The answer key cannot be graded here, either: {again['fault']} (first seen as: {fault})"
        )


def read_result(record: Path, fingerprint: str) -> dict | None:
    """The result that is kept, if it is one of the notebook and the autograder of now."""
    result = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    return result if result.get("fingerprint") == fingerprint else None


def keep_result(result: dict, record: Path, fingerprint: str) -> None:
    """Write a result. One with a remark, or without scores, is graded again the next time."""
    known = fingerprint if result["scores"] and not result["remark"] else ""
    write_whole(record, json.dumps({"fingerprint": known, **result}, indent=1, ensure_ascii=False))


def read_points(assignment: Path) -> list[dict]:
    """The assignment's table of points."""
    text = (assignment / "points.csv").read_text(encoding="utf-8-sig")
    head, *rows = csv.reader(text.splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def grade_all(
    assignment: Path, folder: Path, output: Path, jobs: int = 2, memory: float = processes.MEMORY
) -> dict[str, dict]:
    """Grade every notebook in the folder; write `scores.csv`, and one file a notebook, as they are done.

    Raises:
        FaultError: this machine cannot grade. What was graded before is kept.
        scores.ScoresError: `scores.csv` is another assignment's, or cannot be written.
    """
    table = read_points(assignment)
    scores.check_scores(output / "scores.csv", table)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        for name in ("unpacked", "autograder"):
            (Path(temporary) / name).mkdir()
        found = collect(folder, Path(temporary) / "unpacked").notebooks
        autograder = Autograder(assignment, Path(temporary) / "autograder", memory)
        prints = {
            name: take_fingerprint(path, assignment / "autograder.zip", memory)
            for name, path in found.items()
        }
        records = {name: output / "results" / name.with_suffix(".json") for name in found}
        known = {name: read_result(records[name], prints[name]) for name in found}
        results = {name: result for name, result in known.items() if result}
        waiting = {name: path for name, path in found.items() if name not in results}
        progress = tqdm(total=len(found), initial=len(results), desc="Grading", unit="notebook")
        with progress, contextlib.closing(run_all(autograder, table, waiting, jobs)) as graded:
            for name, result in graded:
                results[name] = result
                keep_result(result, records[name], prints[name])
                write_results(output, assignment, table, results)
                progress.update()
    write_results(output, assignment, table, results)
    return {print_name(name): result for name, result in results.items()}


def run_all(autograder: Autograder, table: list[dict], waiting: dict[Path, Path], jobs: int):
    """Grade notebooks, some at a time, and give each result as it comes.

    However this ends, with Ctrl+C too, it ends all that it has started, and begins nothing more.
    """
    with ThreadPoolExecutor(jobs) as pool:
        try:
            running = {pool.submit(grade, path, autograder, table): name for name, path in waiting.items()}
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            autograder.stop()
            pool.shutdown(cancel_futures=True)


def write_results(output: Path, assignment: Path, table: list[dict], results: dict[Path, dict]) -> None:
    """Write `scores.csv`, and the text for each student."""
    names = {print_name(name): name for name in results}
    marks = scores.write_scores(
        output / "scores.csv", table, {name: results[path] for name, path in names.items()}
    )
    title = f"{assignment.name}, class {assignment.parent.name}"
    for name, path in names.items():
        text = scores.render_report(title, name, table, results[path], marks.get(name, {}))
        write_whole(output / "results" / path.with_suffix(".txt"), text)


def find_common_remark(results: dict[str, dict]) -> str:
    """The remark that every notebook has, if there are three or more: nobody believes that."""
    remarks = Counter(result["remark"] for result in results.values())
    remark, times = remarks.most_common(1)[0] if remarks else ("", 0)
    return remark if times == len(results) >= 3 else ""


def find_assignment(chapter: str, class_number: str | None, folder: Path, exercises: str = "") -> Path:
    """The folder that `make assignment` wrote for this chapter, class and exercises.

    Args:
        chapter: its name.
        class_number: may be left out where there is only one.
        folder: of all assignments.
        exercises: numbers such as "3,6", or "all"; may be left out where there is only one choice.

    Raises:
        ValueError: there is none, or there are several; the message says what to do.
    """
    made = [
        path.parent
        for path in sorted(folder.glob(f"*/{chapter}*/autograder.zip"))
        if re.fullmatch(rf"{re.escape(chapter)}(-\d+)*", path.parent.name)
    ]
    classes = sorted({path.parent.name for path in made})
    if class_number is None and len(classes) > 1:
        raise ValueError(f"there are assignments for several classes: add CLASS={' or CLASS='.join(classes)}")
    wanted = class_number or next(iter(classes), "2031")
    found = [path for path in made if path.parent.name == wanted]
    if exercises:
        numbers = [] if exercises == "all" else read_exercises(exercises)
        found = [path for path in found if path.name == name_assignment(chapter, numbers)]
    if not found:
        command = f"make assignment CHAPTER={chapter} CLASS={wanted}"
        command += f" EXERCISES={exercises}" if exercises not in ("", "all") else ""
        raise ValueError(f"there is no assignment yet. Run: {command}")
    if len(found) > 1:
        choices = [path.name.removeprefix(chapter).strip("-").replace("-", ",") for path in found]
        choices = [f"EXERCISES={choice or 'all'}" for choice in choices]
        raise ValueError(f"there are several assignments of this chapter: add {' or '.join(choices)}")
    return found[0]


def check_folder(folder: Path) -> None:
    """Refuse a folder in which no student's notebook is to be found, or in which nothing may be written.

    Raises:
        ValueError: with the reason.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    place = folder.resolve()
    if place == ROOT or place in ROOT.parents or place.is_relative_to(ROOT / "chapters"):
        raise ValueError(
            f"{folder} is where the book is. Put the notebooks to grade into a folder of their own"
        )


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for, refused in words where it cannot be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter")
    parser.add_argument("submissions", help="a folder of notebooks")
    parser.add_argument("--class-number", help="needed if the chapter was set to several classes")
    parser.add_argument(
        "--exercises", default="", help="needed if several assignments were made of the chapter"
    )
    parser.add_argument("--assignments", type=Path, default=ROOT / "_build" / "assignments")
    parser.add_argument("--output", type=Path, help="default: the folder of notebooks itself")
    parser.add_argument("--jobs", type=int, default=2, help="notebooks at a time")
    parser.add_argument(
        "--memory", type=float, default=processes.MEMORY, help="gigabytes that one notebook may use"
    )
    options = parser.parse_args(arguments)
    usage = "make grade CHAPTER=mathematics CLASS=2031 SUBMISSIONS=~/handed-in"
    if not options.chapter or not options.submissions:
        parser.error(f"say which chapter, and in which folder the notebooks are, for example: {usage}")
    if options.chapter not in list_chapters():
        parser.error(f"there is no chapter {options.chapter}. There are: {', '.join(list_chapters())}")
    if options.jobs < 1 or options.memory <= 0:
        parser.error("JOBS and MEMORY are numbers above 0")
    options.folder = Path(options.submissions).expanduser()  # not every shell does that after SUBMISSIONS=
    options.output = (options.output or options.folder).expanduser()
    try:
        options.assignment = find_assignment(
            options.chapter, options.class_number, options.assignments, options.exercises
        )
        check_folder(options.folder)
    except (ValueError, argparse.ArgumentTypeError) as error:
        parser.error(str(error))
    return options


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory() as unpacked:
        found = collect(options.folder, Path(unpacked))
        if not found.notebooks:
            sys.exit(f"There is no notebook in {options.folder}.")
    processes.adopt_orphans()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        results = grade_all(options.assignment, options.folder, options.output, options.jobs, options.memory)
    except KeyboardInterrupt:
        sys.exit("Stopped. The same command goes on where this one stopped.")
    except (FaultError, scores.ScoresError) as error:
        sys.exit(
            f"{'The fault is here, and not in the notebooks. ' if isinstance(error, FaultError) else ''}{error}"
        )
    finally:
        processes.end_family(os.getpid())
    for name, why in found.others.items():
        print(f"Not looked at: {print_name(name)} ({why})")
    remarks = sum(bool(result["remark"]) for result in results.values())
    path = options.output / "scores.csv"
    print(
        f"{len(results)} graded for class {options.assignment.parent.name}, {remarks} with a remark: {path}"
    )
    if remark := find_common_remark(results):
        sys.exit(
            f"Every notebook has the same remark ({remark}). Perhaps the fault is here: are chapter and class right?"
        )


if __name__ == "__main__":
    main()
