"""What a study leaves behind: one JSON file with every run and where it came from."""

import datetime
import hashlib
import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

import numpy as np

from lenet_utils import results

ROOT = Path(__file__).resolve().parent.parent
RESULTS = results.RECORDS


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 over the raw bytes of the arrays, in the order given."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def commit() -> str:
    """The commit that the code stands at, marked "+changes" where the working tree differs from it."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        code = ["lenet_utils", ":(exclude)lenet_utils/results/*.json", "experiments/*.py"]
        changed = git("status", "--porcelain", "--untracked-files=no", "--", *code)
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown: not a git checkout"


def processor() -> str:
    """The processor's own name where the system tells it, else its family."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def provenance(data_sha256: str) -> dict:
    """What someone needs to run the study again: code, data, versions, machine, date."""
    return {
        "commit": commit(),
        "data_sha256": data_sha256,
        "python": platform.python_version(),
        "tensorflow": version_of("tensorflow"),
        "keras": version_of("keras"),
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "date": datetime.date.today().isoformat(),
    }


def version_of(package: str) -> str:
    """The version of an installed package, whatever its distribution is called; "unknown" without one.

    TensorFlow comes as tensorflow, tensorflow-cpu, tf-nightly, …: all bring a package `tensorflow`.
    """
    for distribution in (package, *packages_distributions().get(package, ())):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return "unknown"


def read(path: Path, study: str, command: str, origin: dict) -> dict:
    """The record so far, or a new one.

    Runs are kept only while they belong to the same data: a record on other data is an error, because
    mixing the two would make its averages meaningless.
    """
    if not path.exists():
        return {"study": study, "command": command, "runs": [], "provenance": origin}
    record = json.loads(path.read_text())
    if record["provenance"]["data_sha256"] != origin["data_sha256"]:
        raise SystemExit(f"{path} was recorded on other data. Move it away, or use the data it names.")
    return record


def write(path: Path, record: dict) -> None:
    """Replace the file in one step, so that an interruption never leaves half a record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(record, indent=1) + "\n")
    draft.replace(path)
