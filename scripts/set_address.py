"""Write the address of the public repository everywhere it stands: `make address URL=https://github.com/OWNER/NAME`.

pyproject.toml holds the address; this replaces it there and in every copy, and tests hold the copies to it. With
`TAG=v1.1.0` the lines that install the package, in setup cells and on the page for teachers, name that tag.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = ["pyproject.toml", "_config.yml", "CITATION.cff", "*.md", "chapters/*.ipynb", ".github/**/*.yml"]


def stated_address(root: Path = ROOT) -> str:
    """The address that pyproject.toml states."""
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]["urls"]["Repository"]


def short(address: str) -> str:
    """ "OWNER/NAME", as Colab's links have it."""
    return address.removeprefix("https://github.com/")


def pages(address: str) -> str:
    """Where GitHub Pages shows the book of this repository."""
    owner, name = short(address).split("/")
    return f"https://{owner}.github.io/{name}"


def set_address(new: str, root: Path = ROOT) -> list[Path]:
    """Replace the address in every place; return the files that changed."""
    if not re.fullmatch(r"https://github\.com/[A-Za-z0-9_-]+/[A-Za-z0-9._-]+", new):
        raise ValueError(f"{new!r} is not of the form https://github.com/OWNER/NAME")
    old, changed = stated_address(root), []
    for path in sorted({path for pattern in PLACES for path in root.glob(pattern)}):
        text = path.read_text()
        fresh = text.replace(pages(old), pages(new)).replace(short(old), short(new))
        if fresh != text:
            path.write_text(fresh)
            changed.append(path)
    return changed


def set_tag(new: str, root: Path = ROOT) -> list[Path]:
    """Let every line that installs the package name this tag; return the files that changed."""
    if not re.fullmatch(r"v\d[\w.]*", new):
        raise ValueError(f"{new!r} is no tag such as v1.1.0")
    changed = []
    for path in sorted({path for pattern in PLACES for path in root.glob(pattern)}):
        text = path.read_text()
        fresh = re.sub(r"(git\+https://github\.com/[\w./-]+@)v\d[\w.]*", rf"\g<1>{new}", text)
        if fresh != text:
            path.write_text(fresh)
            changed.append(path)
    return changed


def main() -> None:
    try:
        changed = set_address(sys.argv[1].removesuffix("/") if len(sys.argv) > 1 else "")
        changed = sorted({*changed, *(path for tag in sys.argv[2:] for path in set_tag(tag))})
    except ValueError as error:
        sys.exit(f"{error}\nFor example: make address URL=https://github.com/OWNER/NAME")
    for path in changed:
        print(f"changed {path.relative_to(ROOT)}")
    print(f"{len(changed)} files now name {stated_address()}")


if __name__ == "__main__":
    main()
