"""The address of the public repository: where it comes from, and how it is written where readers need it.

The pages take it from git's `origin`, so that a clone or a fork needs no setting. What is read outside a clone (the
setup cells of the chapters, the README's badges, CITATION.cff) has it written down: `make address` does that, and
the workflow address.yml calls it on the first push to a new home. `TAG=v1.1.0` sets the release that setup cells fetch.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from scripts.listings import write_listings  # noqa: E402

GITHUB = re.compile(
    r"(?:https://(?:[^@/]*@)?github\.com/|git@github\.com:|ssh://git@github\.com/)([\w-]+/[\w.-]+?)(?:\.git)?/?$"
)
ADDRESS = re.compile(r'(ADDRESS = \\")[^\\"]*(\\")')
TAG = re.compile(r"v\d[\w.]*")


def written_address(root: Path = ROOT) -> str | None:
    """The address that pyproject.toml states, if any."""
    if not (root / "pyproject.toml").exists():
        return None  # a small book, as in the tests of the build
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project.get("urls", {}).get("Repository")


def origin_address(root: Path = ROOT) -> str | None:
    """The address of git's `origin`, if that is on GitHub and `root` is the top of a checkout."""
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:  # no git
        return None
    return normalised(done.stdout.strip())


def stated_address(root: Path = ROOT) -> str | None:
    """The address that the pages lead to, "https://github.com/OWNER/NAME"; None where there is none yet."""
    return origin_address(root) or written_address(root)


def normalised(address: str) -> str | None:
    """ "https://github.com/OWNER/NAME" for every way to write that; None for whatever is not on GitHub."""
    found = GITHUB.match(address.strip())
    return f"https://github.com/{found[1]}" if found else None


def short(address: str) -> str:
    """ "OWNER/NAME", as Colab's links have it."""
    return address.removeprefix("https://github.com/")


def pages(address: str) -> str:
    """Where GitHub Pages shows the book of this repository."""
    owner, name = short(address).split("/")
    return f"https://{owner}.github.io/{name}"


def set_address(new: str, root: Path = ROOT) -> list[Path]:
    """Write the address wherever it is read outside a clone; return the files that changed.

    Raises:
        ValueError: it is not of the form https://github.com/OWNER/NAME, with or without ".git".
    """
    address = normalised(new)
    if address is None:
        raise ValueError(f"{new!r} is not of the form https://github.com/OWNER/NAME")
    before = {path: path.read_text(encoding="utf-8") for path in places(root)}
    replace(root / "pyproject.toml", r"(?:\n\[project\.urls\]\nRepository = .*\n)?(?=\n\[tool\.hatch)",
            f'\n[project.urls]\nRepository = "{address}"\n')  # fmt: skip
    replace(root / "CITATION.cff", r"(?:repository-code: .*\n)?(?=license:)", f"repository-code: {address}\n")
    replace(root / "teaching.md", r"(?<=git\+)https://github\.com/[\w-]+/[\w.-]+(?=@)", address)
    for chapter in root.glob("chapters/*.ipynb"):
        replace(chapter, ADDRESS, rf"\g<1>{address}\g<2>")
    write_listings(root, address)
    return [path for path, text in before.items() if path.read_text(encoding="utf-8") != text]


def places(root: Path) -> list[Path]:
    """The files in which an address may be written."""
    names = ["pyproject.toml", "CITATION.cff", "teaching.md", "README.md", "intro.md", "chapters/*.ipynb"]
    return sorted(path for name in names for path in root.glob(name))


def replace(path: Path, pattern: str | re.Pattern, new: str) -> None:
    """Replace the first match of a pattern in a file, if the file is there."""
    if path.exists():
        path.write_text(re.sub(pattern, new, path.read_text(encoding="utf-8"), count=1), encoding="utf-8")


def set_tag(new: str, root: Path = ROOT) -> list[Path]:
    """Let every line that installs the package name this tag; return the files that changed.

    Raises:
        ValueError: it is no tag such as v1.1.0.
    """
    if not TAG.fullmatch(new):
        raise ValueError(f"{new!r} is no tag such as v1.1.0")
    before = {path: path.read_text(encoding="utf-8") for path in places(root)}
    replace(root / "teaching.md", r"(git\+https://github\.com/[\w./-]+@)v\d[\w.]*", rf"\g<1>{new}")
    for chapter in root.glob("chapters/*.ipynb"):
        replace(chapter, r'(in \\")v\d[\w.]*(\\", \\"main\\":)', rf"\g<1>{new}\g<2>")
    return [path for path, text in before.items() if path.read_text(encoding="utf-8") != text]


def main() -> None:
    address, tags = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    try:
        changed = set_address(address or stated_address() or "")
        changed += [path for tag in tags for path in set_tag(tag)]
    except ValueError as error:
        sys.exit(f"{error}\nFor example: make address URL=https://github.com/OWNER/NAME")
    for path in sorted(set(changed)):
        print(f"changed {path.relative_to(ROOT)}")
    print(f"{len(set(changed))} files changed; all now name {written_address()}")


if __name__ == "__main__":
    main()
