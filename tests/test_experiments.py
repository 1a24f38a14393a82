"""Studies record every run with its origin, go on where they stopped, and never mix data."""

import json
import sys
import types
from types import SimpleNamespace

import numpy as np
import pytest

import experiments.__main__ as command
from experiments import record
from lenet_utils.records import load_record, provenance_line

calls = []


def tiny_run(data, variant, seed, folder):
    calls.append((variant, seed))
    if variant == "fails" and not (folder / "mended").exists():
        raise KeyboardInterrupt
    return {"test_error_percent": 1.5 + seed, "train_error_percent": 0.5, "curve": []}


@pytest.fixture
def study(monkeypatch, tmp_path):
    """A study of two variants that trains nothing."""
    data = SimpleNamespace(**{name: np.arange(4) for name in ("x_train", "y_train", "x_test", "y_test")})
    module = types.ModuleType("experiments.tiny")
    module.VARIANTS, module.load, module.run = ["one", "two"], lambda: data, tiny_run
    monkeypatch.setitem(sys.modules, "experiments.tiny", module)
    monkeypatch.setattr(command, "names", lambda: ["tiny"])
    monkeypatch.setattr(command, "CHECKPOINTS", tmp_path / "checkpoints")
    calls.clear()
    return module


def run(tmp_path, seeds=2):
    command.main(["tiny", "--seeds", str(seeds), "--results", str(tmp_path)])
    return json.loads((tmp_path / "tiny.json").read_text())


def test_a_record_has_every_run_and_its_origin(study, tmp_path):
    found = run(tmp_path)
    assert [(r["variant"], r["seed"]) for r in found["runs"]] == [
        ("one", 0),
        ("one", 1),
        ("two", 0),
        ("two", 1),
    ]
    assert found["study"] == "tiny"
    assert found["command"] == "python -m experiments tiny --seeds 2"
    assert all(
        {"test_error_percent", "train_error_percent", "seconds", "curve"} <= r.keys() for r in found["runs"]
    )
    wanted = {"commit", "data_sha256", "python", "tensorflow", "keras", "machine", "date"}
    assert wanted <= found["provenance"].keys()
    assert "seeds 2" in provenance_line(found)


def test_recorded_runs_are_not_repeated(study, tmp_path):
    run(tmp_path, seeds=1)
    calls.clear()
    assert len(run(tmp_path, seeds=3)["runs"]) == 6
    assert calls == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]


def test_an_interruption_loses_only_the_run_it_hits(study, tmp_path):
    study.VARIANTS = ["one", "fails"]
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, seeds=1)
    assert [r["variant"] for r in json.loads((tmp_path / "tiny.json").read_text())["runs"]] == ["one"]
    (tmp_path / "checkpoints" / "tiny" / "fails-0" / "mended").touch()
    assert [r["variant"] for r in run(tmp_path, seeds=1)["runs"]] == ["one", "fails"]
    assert calls.count(("one", 0)) == 1


def test_records_of_other_data_are_refused(study, tmp_path):
    run(tmp_path)
    study.load().x_train[0] = 99
    with pytest.raises(SystemExit, match="other data"):
        run(tmp_path)


def test_unknown_records_are_named():
    with pytest.raises(FileNotFoundError, match="pretrained_lenet5"):
        load_record("no_such_study")


@pytest.mark.parametrize("path", sorted(record.RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_stored_records_are_complete_and_come_from_committed_code(path):
    found = json.loads(path.read_text())
    assert found["study"] == path.stem
    assert found["runs"]
    assert len(found["provenance"]["commit"]) == 40, "recorded with uncommitted changes"
    for one in found["runs"]:
        assert one["curve"][-1]["epoch"] == len(one["curve"])
        assert 0 <= one["test_error_percent"] <= 100
