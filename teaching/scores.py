"""`scores.csv`, which the grader writes and the teacher writes in, too; and the texts for students.

A mark that the teacher enters stays: in a column that is marked by hand, in place of a mark of the
autograder's, in a column of their own. What the autograder wrote last is kept in `results/scores.json`, so
that the two can be told apart.
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

OURS = {"submission", "total", "possible", "remark"}
GONE = "no longer in the folder"


class ScoresError(Exception):
    """`scores.csv` cannot be used as it is; the message says what to do."""


def print_name(name: Path) -> str:
    """A submission's name as text: a name that is no UTF-8 has some of its letters replaced."""
    return os.fsencode(name.as_posix()).decode("utf-8", "replace")


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]], str]:
    """Columns and rows of a CSV file, and what stands between two cells, as any spreadsheet may have saved
    it.

    Raises:
        ScoresError: it has no column `submission`.
    """
    if not path.exists():
        return [], [], ","
    data = path.read_bytes()
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    head = text.partition("\n")[0]
    between = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=between)
    columns = [column for column in reader.fieldnames or [] if column]
    if columns and "submission" not in columns:
        raise ScoresError(
            f"{path} has no column “submission”, so that it is not the grader's. Move it away first."
        )
    rows = [{column: (row.get(column) or "").strip() for column in columns} for row in reader]
    return columns, rows, between


def check_scores(path: Path, table: list[dict]) -> None:
    """Refuse to write over the scores of another assignment.

    Raises:
        ScoresError: the file has exercises that this assignment has not.
    """
    columns, rows, _ = read_table(path)
    names = {row["exercise"] for row in table}
    others = [column for column in columns if re.fullmatch(r"exercise-\d+", column) and column not in names]
    if rows and others:
        raise ScoresError(
            f"{path} has the scores of another assignment ({', '.join(others)}). "
            "Put the notebooks of this one into a folder of their own."
        )


def read_marks(path: Path, table: list[dict]) -> dict[str, dict[str, str]]:
    """What the teacher entered in `scores.csv`: for each submission, by column."""
    columns, rows, _ = read_table(path)
    record = path.parent / "results" / "scores.json"
    written = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    by_machine = {row["exercise"] for row in table if row["marked by"] == "autograder"}
    marks: dict[str, dict[str, str]] = {}
    for row in rows:
        last = written.get(row["submission"], {})
        marks[row["submission"]] = {
            column: row[column]
            for column in columns
            if column not in OURS
            and row[column]
            and (column not in by_machine or (column in last and not is_same(row[column], last[column])))
        }
    return marks


def is_same(one: str, other: str) -> bool:
    """Whether two cells hold the same mark; a spreadsheet may have made 2.0 or 2,0 of 2."""
    return one == other or (read_number(one) is not None and read_number(one) == read_number(other))


def read_number(cell: str) -> float | None:
    """The number in a cell, with a point or a comma; None where there is none."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def add_up(
    table: list[dict], scores: dict[str, float], marks: dict[str, str]
) -> tuple[dict[str, str], float, int]:
    """A submission's cells, its total, and the points that could be had in what has been marked so far."""
    cells, total, possible = {}, 0.0, 0
    for row in table:
        name = row["exercise"]
        machine = f"{scores.get(name, 0):g}" if row["marked by"] == "autograder" else ""
        cells[name] = marks.get(name, machine)
        if cells[name]:
            total += read_number(cells[name]) or 0
            possible += int(row["points"])
    return cells, total, possible


def write_scores(path: Path, table: list[dict], results: dict[str, dict]) -> dict[str, dict[str, str]]:
    """Write one line a submission; what the teacher entered stays. What is not marked yet is not in the
    total.

    Args:
        path: of `scores.csv`.
        table: of points, from the assignment.
        results: by the submission's name: `scores`, and a `remark`.

    Returns:
        What the teacher entered, for each submission.

    Raises:
        ScoresError: the file cannot be written, because a spreadsheet holds it open.
    """
    columns, old, between = read_table(path)
    marks = read_marks(path, table)
    names = [row["exercise"] for row in table]
    own = [column for column in columns if column not in OURS and column not in names]
    rows, written = [], {}
    for name, result in sorted(results.items()):
        entered = marks.get(name, {})
        cells, total, possible = add_up(table, result["scores"], entered)
        written[name] = {
            exercise: f"{score:g}" for exercise, score in add_zeros(table, result["scores"]).items()
        }
        more = [entered.get(column, "") for column in own]
        rows.append([name, *cells.values(), f"{total:g}", possible, result["remark"], *more])
    for row in old:  # of a notebook that was taken away, but has marks that somebody entered
        if row["submission"] not in results and marks[row["submission"]]:
            cells = [row.get(column, "") for column in ["submission", *names, "total", "possible"]]
            rows.append([*cells, GONE, *(row.get(column, "") for column in own)])
    sheet = io.StringIO(newline="")
    csv.writer(sheet, delimiter=between).writerows(
        [["submission", *names, "total", "possible", "remark", *own], *rows]
    )
    try:
        write_whole(path, sheet.getvalue(), "utf-8-sig")  # so that Excel reads names with accents
    except PermissionError:
        raise ScoresError(
            f"{path} cannot be written. Close it where it is open, and run the same again."
        ) from None
    write_whole(path.parent / "results" / "scores.json", json.dumps(written, indent=1))
    return marks


def add_zeros(table: list[dict], scores: dict[str, float]) -> dict[str, float]:
    """The autograder's mark for each exercise that it marks."""
    return {
        row["exercise"]: scores.get(row["exercise"], 0) for row in table if row["marked by"] == "autograder"
    }


def write_whole(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write a file at once or not at all, whenever the writing is interrupted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(text.encode(encoding))
    unfinished.replace(path)


def render_report(title: str, name: str, table: list[dict], result: dict, marks: dict[str, str]) -> str:
    """What can be handed back: whose it is, the total, each exercise's points, and what was said to it."""
    cells, total, possible = add_up(table, result["scores"], marks)
    lines = [title, name, f"Total: {total:g} of {possible} points", ""]
    lines += [f"Remark: {result['remark']}", ""] if result["remark"] else []
    for row in table:
        exercise = row["exercise"]
        number = exercise.removeprefix("exercise-")
        mark = f"{cells[exercise] or '…'} of {row['points']} points"
        if exercise in marks:
            mark += ", marked by hand"
        elif not cells[exercise]:
            mark += ", to be marked by hand"
        lines.append(f"Exercise {number}, {row['title']}: {mark}")
        lines += [f"    {said}" for said in unique(result["said"].get(exercise, []))]
    return "\n".join(lines) + "\n"


def unique(texts: Iterable[str]) -> list[str]:
    """The same texts, each once."""
    return list(dict.fromkeys(texts))
