"""What was handed in: the notebooks of a folder, at any depth, and those in ZIP files."""

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from teaching.grading.notebooks import LARGEST_NOTEBOOK

NOT_THEIRS = re.compile(r"\.|__MACOSX$")
"""How folders and files begin that no student handed in."""

LARGEST_ARCHIVE = 1_000_000_000
"""Bytes that may come out of one ZIP file."""


@dataclass
class Collected:
    """What was found in a folder.

    Attributes:
        notebooks: by name, relative to the folder (`all.zip/ann.ipynb` in an archive): the file.
        others: names of files that nothing can grade, each with the reason.
    """

    notebooks: dict[Path, Path] = field(default_factory=dict)
    others: dict[Path, str] = field(default_factory=dict)


def collect(folder: Path, unpacked: Path) -> Collected:
    """Find what was handed in.

    Args:
        folder: with notebooks, ZIP files, and folders of those.
        unpacked: an empty folder, for what is in the ZIP files.
    """
    found = Collected()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        # `results` and `scores.csv` are the grader's own.
        if path.is_file() and name.parts[0] != "results" and name != Path("scores.csv"):
            add_file(found, name, path, unpacked, depth=2)
    return found


def add_file(found: Collected, name: Path, path: Path, unpacked: Path, depth: int) -> None:
    """Add a file, or what is in it."""
    if any(NOT_THEIRS.match(part) for part in name.parts):
        return
    if path.suffix.lower() == ".ipynb":
        found.notebooks[name] = path
    elif path.suffix.lower() == ".zip" and depth:
        try:
            add_archive(found, name, path, unpacked, depth - 1)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError) as error:
            found.others[name] = f"cannot be unpacked: {error}"
    else:
        found.others[name] = "no notebook"


def add_archive(found: Collected, name: Path, path: Path, unpacked: Path, depth: int) -> None:
    """Add what is in a ZIP file."""
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if sum(member.file_size for member in members) > LARGEST_ARCHIVE:
            raise ValueError("it is larger than a gigabyte")
        for number, member in enumerate(members):
            parts = [
                part for part in PurePosixPath(member.filename.replace("\\", "/")).parts if part.strip("./")
            ]
            inner = name.joinpath(*parts)
            if Path(member.filename).suffix.lower() == ".ipynb" and member.file_size > LARGEST_NOTEBOOK:
                found.others[inner] = "too large"
                continue
            target = (
                unpacked
                / f"{len(found.notebooks)}-{len(found.others)}-{number}{Path(member.filename).suffix}"
            )
            with archive.open(member) as source:
                target.write_bytes(source.read(member.file_size + 1))
            add_file(found, inner, target, unpacked, depth)
