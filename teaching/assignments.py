"""Find the assignment that is meant, and the folder of its notebooks; what cannot be is refused in words."""

import re
from pathlib import Path

from scripts.chapters import ROOT
from teaching.make_assignment import name_assignment, read_exercises


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
