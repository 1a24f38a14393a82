"""Grade a folder of notebooks without Docker: `make grade CHAPTER=mathematics SUBMISSIONS=folder`.

Each submission is run by Otter-Grader in a process of its own, two at a time. `scores.csv` in the folder beside them
has one line a submission, and `results/` what Otter says to each answer. Stopped and started again, it goes on where
it stopped; a notebook that changed, or a new autograder, is graded again.

This runs students' code as you, on your machine. For strangers' code use the same zip in a container: Gradescope, or
`otter grade`.
"""

import argparse
import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
NOT_THEIRS = re.compile(r"\.|__MACOSX$|results$")
"""Names of folders and files that no student handed in."""


def submissions(folder: Path) -> list[Path]:
    """All notebooks in the folder, at any depth."""
    found = (path.relative_to(folder) for path in folder.rglob("*.ipynb") if path.is_file())
    return sorted(path for path in found if not any(map(NOT_THEIRS.match, path.parts)))


def fingerprint(submission: Path, autograder: Path) -> str:
    """The same for the same notebook and the same autograder, whenever that was made."""
    with zipfile.ZipFile(autograder) as file:
        parts = sorted(f"{member.filename} {member.CRC}" for member in file.infolist())
    return hashlib.sha256("\n".join(parts).encode() + submission.read_bytes()).hexdigest()


def run_otter(submission: Path, autograder: Path, folder: str, memory: str, limit: float) -> str:
    """Let Otter write `results.json` into the folder; what it says if it does not, in one line."""
    command = [sys.executable, "-m", "otter", "run", "--no-logo"]
    command += ["-a", str(autograder.resolve()), "-o", folder, str(submission.resolve())]
    alone = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **alone, "PYTHONPATH": path, "LENET_GRADING_MEMORY": memory},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"ended after {limit:g} seconds"
    return (errors.strip().splitlines() or ["the notebook ended its own process"])[-1][:200]


def grade(submission: Path, autograder: Path, memory: str, limit: float) -> dict:
    """Scores by exercise, and a remark where there are none.

    Args:
        submission: a notebook.
        autograder: the zip.
        memory: a folder for the trainings that submissions have in common.
        limit: seconds after which the whole process is ended.
    """
    result = {"fingerprint": fingerprint(submission, autograder), "scores": {}, "said": {}, "remark": ""}
    with tempfile.TemporaryDirectory() as folder:
        remark = run_otter(submission, autograder, folder, memory, limit)
        answer = Path(folder) / "results.json"
        tests = json.loads(answer.read_text())["tests"] if answer.exists() else []
    for test in tests:
        if "max_score" in test:
            result["scores"][test["name"]] = test["score"]
            result["said"][test["name"]] = re.findall(r"AssertionError: (.*)", test["output"])
    return result if result["scores"] else {**result, "remark": remark}


def keep(result: dict, record: Path) -> None:
    """Write a result at once or not at all, whenever one is interrupted."""
    record.parent.mkdir(parents=True, exist_ok=True)
    unfinished = record.with_suffix(".part")
    unfinished.write_text(json.dumps(result, indent=1))
    unfinished.replace(record)


def points_table(assignment: Path) -> list[dict]:
    with open(assignment / "points.csv", newline="") as file:
        return list(csv.DictReader(file))


def write_scores(path: Path, table: list[dict], results: dict[Path, dict]) -> None:
    """One line a submission. What is marked by hand is left empty, and is not in the total."""
    names = [row["exercise"] for row in table]
    by_machine = [row["exercise"] for row in table if row["marked by"] == "autograder"]
    possible = sum(int(row["points"]) for row in table if row["marked by"] == "autograder")
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["submission", *names, "total", "possible", "remark"])
        for submission, result in sorted(results.items()):
            scores = {name: result["scores"].get(name, 0) for name in by_machine}
            total = round(sum(scores.values()), 3)
            rows.writerow(
                [submission, *(scores.get(name, "") for name in names), total, possible, result["remark"]]
            )


def graded_before(record: Path, now: str) -> dict | None:
    """The result that is kept, if it is one of the notebook and the autograder of now."""
    result = json.loads(record.read_text()) if record.exists() else {}
    return result if result.get("fingerprint") == now else None


def grade_all(
    assignment: Path, folder: Path, output: Path, jobs: int = 2, limit: float = 600
) -> dict[Path, dict]:
    """Grade every notebook in the folder; write `scores.csv`, and one file a submission, as they are done."""
    autograder, table, found = assignment / "autograder.zip", points_table(assignment), submissions(folder)
    records = {each: output / "results" / each.with_suffix(".json") for each in found}
    before = {each: graded_before(records[each], fingerprint(folder / each, autograder)) for each in found}
    results = {each: result for each, result in before.items() if result}
    waiting = [each for each in found if each not in results]
    progress = tqdm(total=len(found), initial=len(results), desc="Grading", unit="notebook")
    with progress, tempfile.TemporaryDirectory() as memory, ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(grade, folder / each, autograder, memory, limit): each for each in waiting}
        try:
            for done in as_completed(running):
                submission = running[done]
                results[submission] = done.result()
                keep(results[submission], records[submission])
                write_scores(output / "scores.csv", table, results)
                progress.update()
        finally:  # stopped with Ctrl+C, it ends what it is about, and begins no other
            pool.shutdown(cancel_futures=True)
    output.mkdir(parents=True, exist_ok=True)
    write_scores(output / "scores.csv", table, results)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter")
    parser.add_argument("submissions", type=Path, help="a folder of notebooks")
    parser.add_argument("--assignments", type=Path, default=ROOT / "_build" / "assignments")
    parser.add_argument("--output", type=Path, help="default: the folder of notebooks itself")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600, help="seconds for one whole submission")
    options = parser.parse_args()
    assignment, output = options.assignments / options.chapter, options.output or options.submissions
    if not (assignment / "autograder.zip").exists():
        parser.error(f"there is no assignment yet. Run: make assignment CHAPTER={options.chapter}")
    if not submissions(options.submissions):
        parser.error(f"there is no notebook in {options.submissions}")
    results = grade_all(assignment, options.submissions, output, options.jobs, options.limit)
    remarks = sum(bool(result["remark"]) for result in results.values())
    print(f"{len(results)} graded, {remarks} with a remark: {output / 'scores.csv'}")


if __name__ == "__main__":
    main()
