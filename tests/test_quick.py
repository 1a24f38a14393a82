"""`--quick`: studies from the command to the record, on few digits.

Not all of them, which `make results QUICK=1` does in some ten minutes: one that has data of its own, one that must run
alone, and one that would replace weights of the package.
"""

import hashlib
import importlib
import json
import os
import subprocess
import sys

import pytest

from experiments import __main__ as command
from experiments import record
from lenet_utils.models import WEIGHTS


def digests() -> dict:
    """What a rehearsal must leave alone: the trained weights of the package, and the records."""
    files = [path for named in WEIGHTS.values() for path in named.values()]
    files += sorted(record.RESULTS.glob("*.json"))
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("name", ["alexnet_on_cifar10", "speedrun", "pretrained_lenet5_1998"])
def test_a_rehearsal_leaves_weights_and_records_alone(name):
    before = digests()
    run = subprocess.run(
        [sys.executable, "-m", "experiments", name, "--quick", "--jobs", "2"],
        cwd=record.ROOT,
        env=os.environ | {"LENET_DATA": "sample"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads((command.REHEARSAL / f"{name}.json").read_text())
    assert [one["variant"] for one in found["runs"]] == importlib.import_module(
        f"experiments.{name}"
    ).VARIANTS
    assert found["command"] == f"python -m experiments {name} --quick"
    assert digests() == before
