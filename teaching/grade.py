"""Grade a folder of notebooks without Docker: `make grade CHAPTER=mathematics SUBMISSIONS=folder`.

Each submission is run by Otter-Grader in a process of its own, two at a time. `scores.csv` in the folder beside them
has one line a submission, and `results/` a text for each student, with what was said to each answer. Stopped and
started again, it goes on where it stopped; a notebook that changed, or a new autograder, is graded again.

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

from scripts.chapters import ROOT

NOT_THEIRS = re.compile(r"\.|__MACOSX$|results$")
"""Names of folders and files that no student handed in."""


def submissions(folder: Path) -> list[Path]:
    """All notebooks in the folder, at any depth."""
    found = (path.relative_to(folder) for path in folder.rglob("*.ipynb") if path.is_file())
    return sorted(path for path in found if not any(map(NOT_THEIRS.match, path.parts)))


def not_notebooks(folder: Path) -> list[Path]:
    """Files that somebody may have handed in, but that nothing can grade."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(
        path
        for path in found
        if path.suffix != ".ipynb"
        and path.name != "scores.csv"
        and not any(map(NOT_THEIRS.match, path.parts))
    )


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
    said = [line for lines in result["said"].values() for line in lines]
    if not result["scores"]:
        return {**result, "remark": remark}
    if not any(result["scores"].values()) and all(line.startswith("○") for line in said):
        result["remark"] = "nothing attempted, or not the notebook of this assignment"
    return result


def keep(result: dict, record: Path) -> None:
    """Write a result at once or not at all, whenever one is interrupted."""
    record.parent.mkdir(parents=True, exist_ok=True)
    unfinished = record.with_suffix(".part")
    unfinished.write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(record)


def report(result: dict, table: list[dict]) -> str:
    """What can be handed back: each exercise, its points, and what was said to a wrong answer."""
    lines = [result["remark"]] if result["remark"] else []
    for row in table:
        score = f"{result['scores'].get(row['exercise'], 0):g}" if row["marked by"] == "autograder" else "…"
        lines.append(f"{row['exercise']}, {row['title']}: {score} of {row['points']} points")
        lines += [f"    {said}" for said in dict.fromkeys(result["said"].get(row["exercise"], []))]
    return "\n".join(lines) + "\n"


def points_table(assignment: Path) -> list[dict]:
    with open(assignment / "points.csv", newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def write_scores(path: Path, table: list[dict], results: dict[Path, dict]) -> None:
    """One line a submission. What is marked by hand is left empty, and is not in the total."""
    names = [row["exercise"] for row in table]
    by_machine = [row["exercise"] for row in table if row["marked by"] == "autograder"]
    possible = sum(int(row["points"]) for row in table if row["marked by"] == "autograder")
    with open(path, "w", newline="", encoding="utf-8-sig") as file:  # so that Excel reads names with accents
        rows = csv.writer(file)
        rows.writerow(["submission", *names, "total", "possible", "remark"])
        for submission, result in sorted(results.items()):
            scores = {name: f"{result['scores'].get(name, 0):g}" for name in by_machine}
            total = f"{sum(result['scores'].get(name, 0) for name in by_machine):g}"
            rows.writerow(
                [submission, *(scores.get(name, "") for name in names), total, possible, result["remark"]]
            )


def graded_before(record: Path, now: str) -> dict | None:
    """The result that is kept, if it is one of the notebook and the autograder of now."""
    result = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
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
                text = report(results[submission], table)
                records[submission].with_suffix(".txt").write_text(text, encoding="utf-8")
                write_scores(output / "scores.csv", table, results)
                progress.update()
        finally:  # stopped with Ctrl+C, it ends what it is about, and begins no other
            pool.shutdown(cancel_futures=True)
    output.mkdir(parents=True, exist_ok=True)
    write_scores(output / "scores.csv", table, results)
    return results


def assignment_of(chapter: str, class_number: str | None, folder: Path) -> Path:
    """The folder that `make assignment` wrote for this chapter and class; the class may be left out if there is one.

    Raises:
        ValueError: there is none, or there are several; the message says what to do.
    """
    made = {path.parent.parent.name: path.parent for path in folder.glob(f"*/{chapter}/autograder.zip")}
    if class_number is None and len(made) > 1:
        raise ValueError(
            f"there are assignments for several classes: add CLASS={' or CLASS='.join(sorted(made))}"
        )
    wanted = class_number or next(iter(made), "2031")
    if wanted not in made:
        raise ValueError(f"there is no assignment yet. Run: make assignment CHAPTER={chapter} CLASS={wanted}")
    return made[wanted]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter")
    parser.add_argument("submissions", type=Path, help="a folder of notebooks")
    parser.add_argument("--class-number", help="needed if the chapter was set to several classes")
    parser.add_argument("--assignments", type=Path, default=ROOT / "_build" / "assignments")
    parser.add_argument("--output", type=Path, help="default: the folder of notebooks itself")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600, help="seconds for one whole submission")
    options = parser.parse_args()
    folder = options.submissions.expanduser()  # not every shell does that after SUBMISSIONS=
    output = (options.output or folder).expanduser()
    try:
        assignment = assignment_of(options.chapter, options.class_number, options.assignments)
    except ValueError as error:
        parser.error(str(error))
    if not submissions(folder):
        parser.error(f"there is no notebook in {folder}")
    results = grade_all(assignment, folder, output, options.jobs, options.limit)
    remarks = sum(bool(result["remark"]) for result in results.values())
    if others := not_notebooks(folder):
        print(f"Not looked at, as they are no notebooks: {', '.join(map(str, others))}")
    print(
        f"{len(results)} graded for class {assignment.parent.name}, {remarks} with a remark: {output / 'scores.csv'}"
    )


if __name__ == "__main__":
    main()
