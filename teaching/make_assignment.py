"""Turn a chapter into an assignment: `make assignment CHAPTER=mathematics CLASS=2031`, or `CHAPTER=all`.

Writes `_build/assignments/CLASS/CHAPTER/`, or with EXERCISES=3,6 `CLASS/CHAPTER-3-6/`: the student's
notebook, the answer key, a table of points, and the autograder for Otter-Grader, which Gradescope takes as it
is and `make grade` runs without Docker. The chapter is the only source: nothing of this is edited by hand,
and nothing of it is committed. Hidden tests: `teaching/hidden/`.
"""

import argparse
import csv
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from tqdm import tqdm

from scripts.chapters import ROOT, list_chapters, read_chapter
from scripts.set_address import stated_address
from teaching.autograder import build_wheel, describe_hidden_test, write_autograder
from teaching.exercises import Exercise
from teaching.student_notebook import (
    OF_THE_BOOK,
    find_missing,
    make_answer_key,
    make_student_notebook,
    select_exercises,
)


def name_assignment(chapter: str, numbers: Sequence[int]) -> str:
    """A chapter's name, with the numbers of the exercises where not all are set: two homeworks, two names."""
    return "-".join([chapter, *map(str, sorted(set(numbers)))])


def write_assignment(
    chapter: str, settings: dict, wheel: Path, folder: Path, numbers: Sequence[int] = ()
) -> Path:
    """Everything of one chapter for one class, in a folder of their names; of some of its exercises, or of
    all.

    Nothing that is there is touched before the new one is whole.

    Raises:
        SystemExit: the chapter has no such exercise, or one without a hidden test.
    """
    name = name_assignment(chapter, numbers)
    key = make_answer_key(read_chapter(chapter), settings["class_number"])
    asked = select_exercises(key, numbers)
    target = folder / str(settings["class_number"]) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
        new = Path(unfinished) / name
        for part in ("student", "instructor"):
            (new / part).mkdir(parents=True)
        nbformat.write(key, new / "instructor" / f"{name}.ipynb")
        student = make_student_notebook(key, numbers, settings["seconds"], chapter)
        nbformat.write(student, new / "student" / f"{name}.ipynb")
        write_points(new / "points.csv", chapter, asked)
        by_machine = [exercise for exercise in asked if exercise.check]
        write_autograder(chapter, key, by_machine, settings, wheel, new / "autograder.zip")
        shutil.rmtree(target, ignore_errors=True)
        new.replace(target)
    for exercise, missing in find_missing(key, asked).items():
        if missing:
            both = ",".join(map(str, sorted({*numbers, *missing})))
            print(
                f"{chapter}, {exercise} needs exercise {' and '.join(map(str, missing))}, which is not set. "
                f"The student's notebook says where to find it; EXERCISES={both} sets it, too."
            )
    return target


def write_points(path: Path, chapter: str, asked: list[Exercise]) -> None:
    """The table of points, for the teacher."""
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerow(["exercise", "title", "difficulty", "minutes", "points", "marked by", "hidden test"])
        for each in asked:
            by = "autograder" if each.check else "hand"
            hidden = describe_hidden_test(chapter, each)
            table.writerow([each.name, each.title, each.difficulty, each.minutes, each.points, by, hidden])


def read_class_number(text: str) -> int:
    """CLASS as a number: whole and positive, because data are drawn from it."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"CLASS={text} should be a whole number such as 2031")
    return int(text)


def read_exercises(text: str) -> list[int]:
    """EXERCISES as numbers."""
    if not re.fullmatch(r"(\d+(, ?\d+)*)?", text.strip()):
        raise argparse.ArgumentTypeError(
            f"EXERCISES={text} should be numbers with commas between them, such as 1,2"
        )
    return sorted({int(number) for number in re.findall(r"\d+", text)})


def read_seconds(text: str) -> float:
    """SECONDS as a number above 0."""
    if not re.fullmatch(r"\d+(\.\d+)?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"SECONDS={text} should be a number such as 60")
    return float(text)


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for, refused in words where it cannot be, before anything is written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", help="a chapter's name, or all")
    parser.add_argument(
        "--class-number",
        type=read_class_number,
        default=OF_THE_BOOK,
        help="changes data and answers of an exercise",
    )
    parser.add_argument(
        "--seconds", type=read_seconds, default=60.0, help="for each statement, and for each test"
    )
    parser.add_argument(
        "--limit",
        type=read_seconds,
        help="for one whole notebook; otherwise ten times the seconds of a statement",
    )
    parser.add_argument(
        "--exercises",
        type=read_exercises,
        default=[],
        help="numbers of those that are set, such as 1,2; otherwise all",
    )
    parser.add_argument("--output", type=Path, default=ROOT / "_build" / "assignments")
    options = parser.parse_args(arguments)
    names = list_chapters() if options.chapter == "all" else [options.chapter]
    if unknown := set(names) - set(list_chapters()):
        what = (
            f"there is no chapter {', '.join(unknown)}"
            if options.chapter
            else "say which chapter: CHAPTER=NAME"
        )
        parser.error(f"{what}. There are: {', '.join(list_chapters())}, all")
    for name in names:
        select_exercises(read_chapter(name), options.exercises)
    options.chapters = names
    return options


def main() -> None:
    options = read_options()
    settings = {
        "class_number": options.class_number,
        "seconds": options.seconds,
        "limit": options.limit or 10 * options.seconds,
    }
    names = options.chapters
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        for name in tqdm(names, desc="Assignments", unit="chapter", disable=len(names) == 1):
            target = write_assignment(name, settings, wheel, options.output.resolve(), options.exercises)
    if options.class_number == OF_THE_BOOK:
        print(f"No class number, or {OF_THE_BOOK}: that is the book's own, with the answers that it prints.")
    if not stated_address():
        print(
            "The book has no address yet. So the notebook for students has no links to it, and cannot install "
            "lenet_utils by itself. To set one: make address URL=https://github.com/YOU/YOUR-BOOK"
        )
    print(f"Written: {target if len(names) == 1 else target.parent}")
    to_grade = f"make grade CHAPTER={names[0]} CLASS={options.class_number} SUBMISSIONS=folder"
    if options.exercises:
        to_grade += f" EXERCISES={','.join(map(str, options.exercises))}"
    print(f"Hand out student/*.ipynb. To grade what comes back: {to_grade}")


if __name__ == "__main__":
    main()
