"""The tables of `teaching.md` that follow from the chapters, made by `make listings`.

What a chapter needs, its goals, how long it takes, and its exercises with their points come from the chapter.
Where students stumble is written by hand, in the second column, and stays.
"""

import re
from pathlib import Path

import nbformat

from scripts.chapters import ROOT, list_chapters, read_chapter
from teaching.exercises import find_exercises

PAGE = "teaching.md"


def render_chapters(root: Path = ROOT, address: str | None = None) -> str:
    """One section per chapter."""
    text = (root / PAGE).read_text(encoding="utf-8")
    return "\n\n".join(render_chapter(name, root, find_stumbles(text, name)) for name in list_chapters(root))


def render_chapter(name: str, root: Path, stumbles: dict[int, str]) -> str:
    """A chapter's section: what it needs, its minutes, its goals, and one row per exercise."""
    notebook = read_chapter(name, root)
    opening = notebook.cells[0].source
    title = re.search(r"^# ([^:,\n]+)", opening, re.MULTILINE)[1]
    needs = re.search(r"\*\*You need\*\* (.+?)\s+·", opening, re.DOTALL)[1]
    needs = re.sub(r"\]\((.+?\.ipynb)", r"](chapters/\1", " ".join(needs.split()))
    goals = re.search(r"\*\*After this chapter you can\*\*\n\n(.+?)\n\n", opening, re.DOTALL)[1]
    exercises = find_exercises(notebook)
    rows = [
        f"| {each.number} · {each.title} ({each.difficulty}, {each.points} points) | "
        f"{stumbles.get(each.number, '—')} |"
        for each in exercises
    ]
    minutes = sum(each.minutes for each in exercises)
    return "\n".join(
        [
            f"### {title}\n",
            f"**Needs** {needs} · **Minutes** {find_reading_minutes(notebook)} to read, about {minutes} for the "
            f"exercises · [the chapter](chapters/{name}.ipynb)\n",
            f"After it, students can\n\n{goals}\n",
            "| exercise | where students stumble, and what the check answers |",
            "|---|---|",
            *rows,
        ]
    )


def find_stumbles(text: str, name: str) -> dict[int, str]:
    """What stands in the second column of a chapter's table, by the number of the exercise."""
    link = f"[the chapter](chapters/{name}.ipynb)"
    section = next((part for part in re.split(r"\n##+ ", text) if link in part), "")
    return {
        int(row[1]): row[2] for row in re.finditer(r"^\| (\d+) · [^|]+ \| (.*) \|$", section, re.MULTILINE)
    }


def find_reading_minutes(notebook: nbformat.NotebookNode) -> int:
    """What a chapter says of the time that reading it takes."""
    return int(re.search(r"reading (\d+) minutes", notebook.cells[0].source)[1])


def render_syllabi(root: Path = ROOT, address: str | None = None) -> str:
    """The syllabi as they are, with the minutes that follow from the chapters."""
    text = (root / PAGE).read_text(encoding="utf-8")
    part = re.search(r"<!-- syllabi: [^\n]+-->\n(.*?)<!-- end of syllabi -->", text, re.DOTALL)[1]
    return "\n".join(update_minutes(line, root) for line in part.strip().splitlines())


def update_minutes(row: str, root: Path) -> str:
    """A row of a syllabus: minutes to read all chapters named there, and of exercises of the first."""
    named = [name for name in re.findall(r"\(chapters/(.+?)\.ipynb\)", row) if name in list_chapters(root)]
    if not named:
        return row
    reading = sum(find_reading_minutes(read_chapter(name, root)) for name in named)
    row = re.sub(r"\d+ min to read", f"{reading} min to read", row)
    minutes = {each.number: each.minutes for each in find_exercises(read_chapter(named[0], root))}

    def add(found: re.Match) -> str:
        return f"{found[1]} ({sum(minutes[int(number)] for number in found[1].split(', '))} min)"

    row = re.sub(r"(?<=\| )(\d+(?:, \d+)*) \(\d+ min\)", add, row)

    def whole(found: re.Match) -> str:
        exercises = find_exercises(read_chapter(found[1].lower().replace(" ", "-"), root))
        return f"{found[1]}, whole ({sum(each.minutes for each in exercises)} min)"

    return re.sub(r"(?<=\| )([\w -]+), whole \(\d+ min\)", whole, row)


LISTINGS = {"chapters": render_chapters, "syllabi": render_syllabi}
