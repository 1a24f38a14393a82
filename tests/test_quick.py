"""`make results QUICK=1`: every study there is, from the first command to the last record, on few digits."""

import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from experiments import __main__ as command
from experiments import record
from lenet_utils.serialization import WEIGHTS


def digests() -> dict:
    """What a rehearsal must leave alone: the trained weights of the package, and the records."""
    files = [path for named in WEIGHTS.values() for path in named.values()]
    files += sorted(record.RESULTS.glob("*.json"))
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.timeout(1500)
def test_every_study_can_be_rehearsed():
    before = digests()
    shutil.rmtree(command.REHEARSAL, ignore_errors=True)
    run = subprocess.run(
        [sys.executable, "-m", "experiments", "all", "--quick", "--jobs", "2"],
        cwd=record.ROOT,
        env=os.environ | {"LENET_DATA": "sample"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    for name in command.names():
        found = json.loads((command.REHEARSAL / f"{name}.json").read_text())
        variants = importlib.import_module(f"experiments.{name}").VARIANTS
        assert [one["variant"] for one in found["runs"]] == list(variants)
        assert found["command"] == f"python -m experiments {name} --quick"
    assert digests() == before
