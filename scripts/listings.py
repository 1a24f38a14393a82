"""The tables of chapters in README.md, intro.md and teaching.md, made from the chapters themselves: `make listings`.

A chapter says what it is about in its metadata (`description`), and what it needs and how long it takes in its first
cell. The tables stand between two marks in each page; a test holds them to what this script makes.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from scripts.chapters import list_chapters, read_chapter  # noqa: E402
from teaching import guide  # noqa: E402

BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
COLAB = "https://colab.research.google.com/github/{}/blob/main/chapters/{}.ipynb"


def head_of(name: str, root: Path = ROOT) -> dict[str, str]:
    """What a chapter says of itself: title, description, time ("35 + 4" minutes), needs (links to chapters)."""
    notebook = read_chapter(name, root)
    head = notebook.cells[0].source
    title = re.search(r"^# (.+)$", head, re.MULTILINE)[1].split(":")[0]
    needs = head.split("**You need**")[1].split("**Time**")[0]
    chapters = re.findall(r"\((?:[\w-]+)\.ipynb\)", needs)
    time = head.split("**Time**")[1]
    reading, running = (
        re.search(r"reading (\d+) minutes", time)[1],
        re.findall(r"(?<![\w-])\d+", time.split("running")[1]),
    )
    return {
        "title": title,
        "description": notebook.metadata.description,
        "needs": ", ".join(name_of(chapter[1:-7], root) for chapter in chapters)
        or "Python",  # and school mathematics
        "time": f"{reading} + {max(running, key=int, default='1')}",
    }


def name_of(chapter: str, root: Path = ROOT) -> str:
    """A chapter's title within a sentence: "the network of 1998" and "architecture", but "LeNet-5 against …"."""
    title = re.search(r"^# ([^:,\n]+)", read_chapter(chapter, root).cells[0].source, re.MULTILINE)[1]
    return title if title.startswith(("LeNet", "AlexNet")) else title[0].lower() + title[1:]


def readme_table(root: Path, address: str | None) -> str:
    """One row per chapter; with an address, each has a badge that opens it in Colab."""
    lines = ["| chapter | what it is about | minutes | you need |", "|---|---|---|---|"]
    if address:
        lines = [lines[0] + " run it |", lines[1] + "---|"]
    for name in list_chapters(root):
        head = head_of(name, root)
        row = f"| [{head['title']}](chapters/{name}.ipynb) | {head['description']} | {head['time']} | {head['needs']} |"
        lines.append(row + (f" {BADGE}[{name}] |" if address else ""))
    if address:
        owner_and_name = address.removeprefix("https://github.com/")
        lines += ["", *(f"[{name}]: {COLAB.format(owner_and_name, name)}" for name in list_chapters(root))]
    return "\n".join(lines)


def intro_table(root: Path, address: str | None) -> str:
    """One row per chapter, without badges: the page has a button for that."""
    rows = ((name, head_of(name, root)) for name in list_chapters(root))
    lines = (f"| [{head['title']}](chapters/{name}.ipynb) | {head['description']} |" for name, head in rows)
    return "\n".join(["| chapter | what it is about |", "|---|---|", *lines])


def online(root: Path, address: str | None) -> str:
    """Where the book can be read, if it has an address."""
    if not address:
        return "`make book` makes the pages on your own computer; `make serve` shows them."
    owner, name = address.removeprefix("https://github.com/").split("/")
    book = f"https://{owner}.github.io/{name}"
    draw = f"**Draw a digit and watch the network of 1998 read it:** <{book}/playground.html>"
    return f"**Read it online:** <{book}>\n\n{draw}"


LISTINGS = {
    "README.md": {"online": online, "chapters": readme_table},
    "intro.md": {"chapters": intro_table},
    guide.PAGE: guide.LISTINGS,
}


def with_listings(page: str, root: Path, address: str | None) -> str:
    """The text of a page with its listings made anew."""
    text = (root / page).read_text(encoding="utf-8")
    for name, make in LISTINGS[page].items():
        marks = re.compile(
            rf"(<!-- {name}: made by `make listings` -->\n).*?(<!-- end of {name} -->)", re.DOTALL
        )
        made = make(root, address)
        text = marks.sub(lambda found, made=made: f"{found[1]}\n{made}\n\n{found[2]}", text)
    return text


def write_listings(root: Path, address: str | None) -> None:
    """Write the listings of every page that has some."""
    for page in LISTINGS:
        if (root / page).exists():
            (root / page).write_text(with_listings(page, root, address), encoding="utf-8")


if __name__ == "__main__":
    from scripts.set_address import written_address

    write_listings(ROOT, written_address())
