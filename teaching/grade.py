"""Grade a folder of notebooks without Docker: `make grade CHAPTER=mathematics CLASS=2031 SUBMISSIONS=folder`.

Each notebook is run in processes of its own, two notebooks at a time. `scores.csv` in the folder beside them
has one line a notebook, and `results/` a text for each student. Stopped and started again, it goes on where
it stopped; a notebook that changed, or a new autograder, is graded again. Marks that the teacher enters in
`scores.csv` stay.

This runs students' code as you, on your machine. For strangers' code use the same zip in a container:
Gradescope, or `otter grade`.
"""

import argparse
import contextlib
import csv
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tqdm import tqdm

from scripts.chapters import ROOT, list_chapters
from teaching import scores
from teaching.assignments import check_folder, find_assignment
from teaching.autograder import Autograder, take_fingerprint
from teaching.grading import processes
from teaching.scores import print_name, write_whole
from teaching.submissions import collect


class FaultError(Exception):
    """The machine that grades is at fault; the message says how."""


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


def run_all(
    autograder: Autograder, table: list[dict], waiting: dict[Path, Path], jobs: int
) -> Iterator[tuple[Path, dict]]:
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
        whose = "The fault is here, and not in the notebooks. " if isinstance(error, FaultError) else ""
        sys.exit(f"{whose}{error}")
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
            f"Every notebook has the same remark ({remark}). The fault may be here: are chapter and class right?"
        )


if __name__ == "__main__":
    main()
