"""Make .venv with the pinned requirements and this package: what `make` does before anything else.

uv installs from requirements.txt, whose hashes it checks; where uv cannot be had, pip does the same, more slowly.
`--newest` takes the newest version of whatever the look of the book does not depend on, `--oldest` the oldest
versions that pyproject.toml promises: the weekly workflow runs the tests on both.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
READY = ROOT / ".venv" / "ready"
# These pins are what the pages were looked at with, so that the newest versions are not wanted of them.
LOOK = ("jupyter-book", "sphinx-book-theme", "pydata-sphinx-theme")


def environment() -> dict[str, str]:
    """The reader's environment without what would send packages elsewhere than to .venv."""
    elsewhere = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PYTHONPATH", "PYTHONHOME"}
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    if "PIP_INDEX_URL" in kept:  # uv does not read pip's variables
        kept.setdefault("UV_DEFAULT_INDEX", kept["PIP_INDEX_URL"])
    # "user = true" in a pip.conf counts as well, and only this overrules it.
    return {**kept, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "VIRTUAL_ENV": str(ROOT / ".venv")}


def run(*command: str | Path) -> str:
    """Run a command of .venv's Python in silence; return what it printed.

    Raises:
        SystemExit: it failed; the message ends with its last lines.
    """
    arguments = [str(PYTHON), *map(str, command)]
    done = subprocess.run(arguments, cwd=ROOT, env=environment(), capture_output=True, text=True)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise SystemExit(f"\nThis failed: {' '.join(arguments)}\n{said}")
    return done.stdout


def make_environment() -> None:
    """An empty .venv; a half-made or moved one is replaced."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", ROOT / ".venv"], capture_output=True, text=True
    )
    if made.returncode:
        raise SystemExit(
            f"{made.stdout}{made.stderr}\nPython cannot make a virtual environment here. On Debian, Ubuntu and WSL: "
            "sudo apt install python3-venv. Then run the same command again."
        )


def pinned(name: str) -> str:
    """The lines of requirements.txt that pin one package, with its hashes."""
    text = (ROOT / "requirements.txt").read_text()
    return re.search(rf"^{re.escape(name)}==.*(?:\n +.*)*", text, re.MULTILINE)[0]


def has_uv() -> bool:
    """Put the pinned uv into .venv; False where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(pinned("uv") + "\n")
        try:
            run(
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--require-hashes",
                "--only-binary=:all:",
                "-r",
                wanted,
            )
        except SystemExit:
            return False
    return True


def install(*arguments: str | Path) -> None:
    """Install by uv if there is one and it succeeds, else by pip."""
    if has_uv():
        try:
            run("-m", "uv", "pip", "install", "--quiet", *arguments)
            return
        except SystemExit as failure:
            print(f"uv could not install them, so pip does.{failure}", flush=True)
    run("-m", "pip", "install", "--quiet", *arguments)


def unpinned(requirements: str) -> str:
    """requirements.in with the pins of the book's look alone."""
    lines = requirements.splitlines()
    return (
        "\n".join(line if line.startswith(LOOK) else re.sub(r"==[^\s;]+", "", line) for line in lines) + "\n"
    )


def oldest_of_the_package() -> str:
    """The lower bounds of pyproject.toml as pins, one a line."""
    command = [
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--no-annotate",
        "--resolution",
        "lowest-direct",
    ]
    found = run(*command, "--extra", "tensorflow", "pyproject.toml")
    direct = re.findall(r'^ +"([\w-]+)>=', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    return "".join(
        line for line in found.splitlines(keepends=True) if line.split("==")[0] in {*direct, "tensorflow"}
    )


def install_versions(which: str) -> None:
    """What requirements.in names in other versions than the pinned ones: the "newest" or the "oldest"."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, bounds = Path(folder) / "requirements.in", Path(folder) / "bounds.txt"
        text = unpinned((ROOT / "requirements.in").read_text())
        if which == "oldest":
            text = re.sub(r"^tensorflow.*\n", "", text, flags=re.MULTILINE)
            text += "tensorflow\n"
        wanted.write_text(text)
        if not has_uv():
            raise SystemExit("Other versions than the pinned ones need uv, which could not be installed.")
        bounds.write_text(oldest_of_the_package() if which == "oldest" else "")
        run("-m", "uv", "pip", "install", "--quiet", "-r", wanted, "--constraint", bounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--newest", dest="which", action="store_const", const="newest", help="newest versions"
    )
    choice.add_argument(
        "--oldest", dest="which", action="store_const", const="oldest", help="oldest versions"
    )
    which, started = parser.parse_args().which, time.perf_counter()
    print(
        f"Set up .venv with the {which or 'pinned'} requirements, once (half a minute; minutes without uv) … ",
        end="",
    )
    sys.stdout.flush()
    make_environment()
    if which:
        install_versions(which)
    else:
        install("--require-hashes", "-r", "requirements.txt")
    install("--no-deps", "--no-build-isolation", "--editable", ".")
    READY.write_text(f"{ROOT}\n")
    print(f"done in {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
