"""Grade one notebook, whatever is in it: start the process in which it runs, watch it, and end it.

`start_grading` starts `python -m teaching.grading.supervising FOLDER`, which leaves `result.json` in that
folder. First all is run in one process. What does not end, grows without end or ends its own process costs
only the exercise, or the statement, that did: without that, the rest is run again. When half of the time is
gone, each exercise that has no verdict yet gets a process and a fair part of the rest for itself, so that
none can use up another's time.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from teaching.grading import processes
from teaching.grading.jobs import prepare_job
from teaching.grading.notebooks import UnreadableError, read_cells
from teaching.grading.progress import PARTS, SETUP, End, Grading, blame, explain, take_note

FOLDER = Path(__file__).resolve().parent.parent.parent
"""Where Python finds `teaching.grading`: the autograder's zip, unpacked."""

GRACE = 3.0
"""Seconds after its limit when a statement, or a test, is ended with its process."""

NOTHING_ATTEMPTED = "nothing attempted, or not the notebook of this assignment"


class FaultError(Exception):
    """The machine that grades is at fault, or the chapter, and no student."""


def grade_notebook(request: dict) -> dict:
    """The verdicts on one notebook, by exercise and part; a remark where it is no notebook, or nothing was
    attempted.

    Raises:
        FaultError: the machine, or the chapter, is at fault.
    """
    try:
        cells = read_cells(Path(request["submission"]))
        grading = Grading(request, prepare_job(cells, request["settings"]))
    except UnreadableError as error:
        return {"verdicts": {}, "fault": "", "remark": str(error), "seconds": 0}
    run_together(grading)
    run_apart(grading)
    verdicts = {name: {} for name in grading.job.own}
    for name in verdicts:
        for part in PARTS:
            used_up = (False, f"✗ not asked: the notebook had used up its {request['limit']:g} seconds")
            right, text = grading.verdicts.get((name, part), used_up)
            verdicts[name][part] = {"right": right, "text": text + explain(grading, name, right)}
    attempted = not verdicts or any(
        part["right"] is not None for parts in verdicts.values() for part in parts.values()
    )
    remark = "" if attempted else NOTHING_ATTEMPTED
    seconds = round(request["limit"] - grading.time_until(1), 1)
    return {"verdicts": verdicts, "fault": "", "remark": remark, "seconds": seconds}


def run_together(grading: Grading) -> None:
    """Run all that is left in one process, again and again where something ends that; for half of the time."""
    while grading.undecided() and grading.time_until(0.5) > 0:
        statements = [number for number in grading.job.chosen if number not in grading.banned]
        seconds = grading.request["settings"]["seconds"]
        run_once(
            grading, grading.undecided(), statements, seconds, time.monotonic() + grading.time_until(0.5)
        )


def run_apart(grading: Grading) -> None:
    """Give each exercise that is left a process, with its own statements; the suspicious ones come last."""
    grading.banned |= set(grading.errors) - grading.done
    grading.banned |= {
        number
        for number in grading.job.chosen
        if number not in grading.done and grading.job.is_opaque(number)
    }
    left = sorted(grading.undecided(), key=lambda each: len(grading.job.own[each["name"]] & grading.banned))
    for position, exercise in enumerate(left):
        end = time.monotonic() + grading.time_until(1) / (len(left) - position)
        while exercise in grading.undecided() and (rest := end - time.monotonic()) > 0:
            statements = sorted(grading.job.own[exercise["name"]] - grading.banned)
            seconds = min(grading.request["settings"]["seconds"], rest / 3)
            run_once(grading, [exercise], statements, seconds, end)


def run_once(
    grading: Grading, exercises: list[dict], statements: list[int], seconds: float, deadline: float
) -> None:
    """Run statements and ask for exercises in a new process, and blame what ended it.

    Raises:
        FaultError: the chapter's own cells do not run.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        job = {
            **{name: grading.request["settings"][name] for name in ("module", "class_number")},
            "given": grading.job.given,
            "statements": [(number, grading.job.statements[number]) for number in statements],
            "exercises": exercises,
            "seconds": seconds,
            "memory": grading.request["memory"],
        }
        (home / "job.json").write_text(json.dumps(job), encoding="utf-8")
        (home / "notes.jsonl").touch()
        worker = start_worker(grading.request, home)
        try:
            with open(home / "notes.jsonl", encoding="utf-8", errors="replace") as notes:
                end = watch(worker, notes, grading, seconds, deadline)
        finally:
            processes.end_family(os.getpid())
            worker.wait()
            processes.bury_the_dead()
        if end.step == ("setup",):
            last = (home / "stderr").read_text(errors="replace").strip().splitlines()[-1:]
            raise FaultError(end.fault or end.reason or "".join(last) or "Python does not start")
    blame(grading, end, worker.returncode)


def start_worker(request: dict, home: Path) -> subprocess.Popen:
    """Start the process in which students' code runs, in an empty folder of its own."""
    (home / "work").mkdir()
    environment = processes.make_environment(home, request["paths"])
    environment["LENET_GRADING_CACHE"] = request["cache"]
    with open(home / "stderr", "wb") as errors:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "teaching.grading.running",
                str(home / "job.json"),
                str(home / "notes.jsonl"),
            ],
            cwd=home / "work",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )


def watch(worker: subprocess.Popen, notes: TextIO, grading: Grading, seconds: float, deadline: float) -> End:
    """Follow a process until it ends, has used too much of something, or its time is over."""
    end, since, rounds = End(), time.monotonic(), 0
    while True:
        ended = worker.poll() is not None
        for note in read_notes(notes):
            take_note(grading, end, note)
            if "step" in note:
                since = time.monotonic()
                if grading.started is None and end.step != ("setup",):
                    grading.started = since
                    deadline = since + grading.time_until(0.5)
        if ended or end.step == ("done",):
            return end
        limit = SETUP if end.step == ("setup",) else seconds
        if end.step != ("setup",) and time.monotonic() > deadline:
            end.reason = "time"
        elif time.monotonic() - since > limit + GRACE:
            end.reason = f"stopped after {limit:g} seconds"
        elif rounds % 5 == 0:
            end.reason = find_excess(grading.request["memory"])
        if end.reason:
            return end
        rounds += 1
        time.sleep(0.05)


def read_notes(notes: TextIO) -> Iterator[dict]:
    """The whole lines that were written since."""
    while True:
        position, line = notes.tell(), notes.readline()
        if not line.endswith("\n"):
            notes.seek(position)
            return
        try:
            yield dict(json.loads(line))
        except (ValueError, TypeError):
            continue


def find_excess(memory: float) -> str:
    """What the processes of a notebook have too much of, in words; empty if nothing."""
    family = processes.find_family(os.getpid())
    if len(family) > processes.PROCESSES:
        return f"stopped: it started more than {processes.PROCESSES} processes"
    if processes.use_of(family) > memory:
        return f"stopped: it used more than {memory:g} GB of memory"
    return ""


def start_grading(
    submission: Path,
    folder: Path,
    settings: dict,
    paths: list[Path],
    cache: Path | None = None,
    memory: float = processes.MEMORY,
    source: Path = FOLDER,
) -> subprocess.Popen:
    """Start the process that grades one notebook, and leaves `result.json` in the folder.

    Args:
        submission: the notebook.
        folder: an empty one, for whatever is needed on the way.
        settings: of the autograder; see `jobs.prepare_job`. Besides `module`, `class_number`, `seconds` for
            each statement and each test, and `limit`, the seconds for all of them.
        paths: where `hidden_tests` and `lenet_utils` are, if Python does not find them by itself.
        cache: a folder for the trainings that submissions have in common.
        memory: gigabytes that the notebook may use.
        source: where `teaching.grading` is; the autograder's own, unpacked, or this one.
    """
    home = folder / "home"
    home.mkdir()
    (folder / "cache").mkdir()
    request = {
        "submission": str(submission.resolve()),
        "settings": settings,
        "limit": settings["limit"],
        "paths": [str(path.resolve()) for path in (source, *paths)],
        "cache": str((cache or folder / "cache").resolve()),
        "memory": memory,
    }
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "teaching.grading.supervising", str(folder.resolve())],
        cwd=home,
        env=processes.make_environment(home, request["paths"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(folder: Path) -> None:
    """Grade the notebook that `request.json` names; whatever happens, no process is left behind."""
    processes.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    processes.end_with_parent(signal.SIGTERM)
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    try:
        result = grade_notebook(request)
    except FaultError as error:
        result = {"verdicts": {}, "fault": str(error), "remark": "", "seconds": 0}
    finally:
        processes.end_family(os.getpid())
    unfinished = folder / "result.part"
    unfinished.write_text(json.dumps(result), encoding="utf-8")
    unfinished.replace(folder / "result.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
