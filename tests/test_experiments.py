"""Studies record every run with its origin, go on where they stopped, and never mix data."""

import hashlib
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import types
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments import __main__ as command
from experiments import record, runner, studies
from experiments.recipes import baselines, boosting, lenet5_1998, lenet5_today, pretrained
from experiments.recipes.lenet5_1998 import Settings
from experiments.recipes.lenet5_today import Settings as Today
from experiments.studies import ablation_1998, figure9, robustness, search_1998, speedrun, training_size
from experiments.study import Study, Trial
from lenet_utils import distortions, paper, records, results
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.distortions import distort
from lenet_utils.evaluation import classify, scores
from lenet_utils.initializers import COEFFICIENTS
from lenet_utils.layers import EuclideanRBF, FullyConnected, Subsampling
from lenet_utils.losses import MaximumAPosteriori, MaximumLikelihood
from lenet_utils.models import lenet5_1998 as build_lenet5_1998
from lenet_utils.optimizers import CurvatureEstimation, StochasticDiagonalLevenbergMarquardt, curvatures
from lenet_utils.paper import RBF_CENTRES
from lenet_utils.results import load_record, provenance_line
from lenet_utils.rivals import BASELINES
from lenet_utils.serialization import WEIGHTS

calls = []


def tiny_run(data, trial):
    calls.append((trial.variant, trial.seed))
    if trial.variant == "fails" and not (trial.folder / "mended").exists():
        raise KeyboardInterrupt
    return {"test_error_percent": 1.5 + trial.seed, "train_error_percent": 0.5, "curve": []}


@pytest.fixture
def study(monkeypatch, tmp_path):
    """A study of two variants that trains nothing; `declare` changes what it says of itself."""
    data = SimpleNamespace(**{name: np.arange(4) for name in ("x_train", "y_train", "x_test", "y_test")})
    module = types.ModuleType("experiments.studies.tiny")
    module.STUDY = Study(variants=["one", "two"], run=tiny_run, load=lambda: data)

    def declare(**changes):
        module.STUDY = replace(module.STUDY, **changes)

    module.declare = declare
    monkeypatch.setitem(sys.modules, "experiments.studies.tiny", module)
    monkeypatch.setattr(runner, "study_names", lambda: ["tiny"])
    monkeypatch.setattr(runner, "CHECKPOINTS", tmp_path / "checkpoints")
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
    assert calls == [("one", 1), ("two", 1), ("one", 2), ("two", 2)], (
        "a seed for every variant, then the next"
    )


def test_a_study_knows_how_many_seeds_it_takes(study, tmp_path):
    study.declare(seeds=3)
    command.main(["tiny", "--results", str(tmp_path)])
    assert len(calls) == 6
    found = json.loads((tmp_path / "tiny.json").read_text())
    assert found["command"] == "python -m experiments tiny --seeds 3"


def test_all_runs_every_study_and_a_name_may_have_dashes(study, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "experiments.studies.tiny_too", study)
    monkeypatch.setattr(runner, "study_names", lambda: ["tiny", "tiny_too"])
    command.main(["tiny-too", "--results", str(tmp_path)])
    assert [path.name for path in tmp_path.glob("*.json")] == ["tiny_too.json"]
    command.main(["all", "--results", str(tmp_path)])
    assert (tmp_path / "tiny.json").exists() and len(calls) == 4


def test_an_interruption_loses_only_the_run_it_hits(study, tmp_path):
    study.declare(variants=["one", "fails"])
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, seeds=1)
    assert [r["variant"] for r in json.loads((tmp_path / "tiny.json").read_text())["runs"]] == ["one"]
    (tmp_path / "checkpoints" / "tiny" / "fails-0" / "mended").touch()
    assert [r["variant"] for r in run(tmp_path, seeds=1)["runs"]] == ["one", "fails"]
    assert calls.count(("one", 0)) == 1


def test_records_of_other_data_are_refused(study, tmp_path):
    run(tmp_path)
    study.STUDY.load().x_train[0] = 99
    with pytest.raises(SystemExit, match="other data"):
        run(tmp_path)


def test_unknown_records_are_named():
    with pytest.raises(FileNotFoundError, match="pretrained_lenet5"):
        load_record("no_such_study")


def test_a_record_is_found_under_its_former_name_with_a_warning():
    for former, name in results.FORMER_NAMES.items():
        with pytest.warns(DeprecationWarning, match=f"is now {name!r}"):
            assert load_record(former)["study"] == name


def test_the_records_old_module_hands_on_its_functions_with_a_warning():
    for name in ("load_record", "provenance_line"):
        with pytest.warns(DeprecationWarning, match=f"is now lenet_utils.results.{name}"):
            assert getattr(records, name) is getattr(results, name)


@pytest.mark.parametrize("distribution", ["tensorflow", "tensorflow_cpu", "tf_nightly"])
def test_the_version_of_tensorflow_is_recorded_whatever_its_distribution_is_called(
    distribution, tmp_path, monkeypatch
):
    info = tmp_path / f"{distribution}-9.8.7.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 9.8.7\n")
    (info / "top_level.txt").write_text("tensorflow\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    origin = record.provenance("digest")
    assert origin["tensorflow"] == "9.8.7"
    assert origin["keras"] == "unknown", "no distribution brings it here: say so and go on"


def test_a_new_record_leaves_the_code_as_committed(tmp_path, monkeypatch):
    for name in ("lenet_utils/results/one.json", "lenet_utils/models.py", "experiments/studies/one.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--no-verify", "-m", "one"]):
        subprocess.run([*git, *arguments], check=True)
    monkeypatch.setattr(record, "ROOT", tmp_path)
    (tmp_path / "lenet_utils/results/one.json").write_text("2\n")
    assert len(record.commit()) == 40
    for name in ("lenet_utils/models.py", "experiments/studies/one.py"):
        (tmp_path / name).write_text("2\n")
        assert record.commit().endswith("+changes")
        (tmp_path / name).write_text("1\n")
        assert len(record.commit()) == 40


@pytest.mark.parametrize("path", sorted(record.RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_stored_records_are_complete_and_come_from_committed_code(path):
    found = json.loads(path.read_text())
    assert found["study"] == path.stem
    assert found["runs"]
    assert len(found["provenance"]["commit"]) == 40, "recorded with uncommitted changes"
    for one in found["runs"]:
        for last in one.get("curve", [])[-1:]:  # a nearest neighbour has no curve
            assert last["epoch"] == len(one["curve"])
        # A record has the error on test digits or, where no test digit was read, on held-out training digits.
        (error,) = {"test_error_percent", "validation_error_percent"} & one.keys()
        assert 0 <= one[error] <= 100
        assert (error == "validation_error_percent") == (path.stem == "search_1998")


# --- What a study declares ---


def test_the_studies_are_the_modules_that_declare_one(tmp_path, monkeypatch):
    modules = {path.stem for path in Path(studies.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(runner.study_names()) == modules
    for name in modules:
        assert isinstance(runner.find_study(name), Study)
    (tmp_path / "one_more.py").write_text(
        "from experiments.study import Study\n\nSTUDY = Study(['a'], fit=print)\n"
    )
    (tmp_path / "no_study.py").write_text("'A helper.'\n")
    monkeypatch.setattr(studies, "__path__", [*studies.__path__, str(tmp_path)])
    assert set(runner.study_names()) == modules | {"one_more"}


def test_to_list_the_studies_loads_nothing_heavy():
    code = (
        "import sys; from experiments import runner; assert len(runner.study_names()) >= 13; "
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=record.ROOT)


def test_studies_lean_on_recipes_and_never_on_each_other():
    """And recipes lean on no study: nothing points upward."""
    for path in Path(studies.__file__).parent.glob("*.py"):
        assert not re.search(r"(from|import) experiments[. ]*(import )?studies", path.read_text()), path.name
    for path in Path(boosting.__file__).parent.glob("*.py"):
        assert not re.search(r"experiments\.?( import )?(studies|runner|record)", path.read_text()), path.name


def test_every_record_is_of_a_study_and_of_its_variants():
    for path in record.RESULTS.glob("*.json"):
        study = runner.find_study(path.stem)
        found = [run["variant"] for run in load_record(path.stem)["runs"]]
        assert list(dict.fromkeys(found)) == list(study.variants), path.stem


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"fit": print, "run": print},
        {"run": print, "evaluate": print},
        {"fit": print, "deterministic": {"three"}},
        {"fit": print, "variants": ["one", "one"]},
    ],
)
def test_a_study_that_contradicts_itself_is_rejected(fields):
    with pytest.raises(ValueError, match=r"either fit or run|reports all fields itself|has its own name"):
        Study(**{"variants": ["one", "two"], **fields})


def test_the_example_of_a_study_in_contributing_is_one():
    text = (record.ROOT / "CONTRIBUTING.md").read_text()
    (code,) = re.findall(r"```python\n([^`]*\bSTUDY = .*?)```", text, re.DOTALL)
    names = {}
    exec(code, names)
    assert isinstance(names["STUDY"], Study) and names["STUDY"].fit is names["fit"]


def test_a_study_is_found_under_the_name_it_was_recorded_under():
    assert command.read_options(["faithful"]).study == "lenet5_1998"
    assert command.read_options(["faithful-search"]).study == "search_1998"


# --- The test set is handed out once; runs may go to other machines ---


def test_a_fit_sees_no_test_digit_and_is_evaluated_once(study, tmp_path):
    looks = []

    def fit(images, labels, trial):
        assert (len(images), len(labels)) == (4, 4)
        return lambda images: looks.append(len(images)) or np.array([0, 1, 2, 0]), {"curve": []}

    study.declare(run=None, fit=fit)
    found = run(tmp_path, seeds=1)["runs"]
    assert [(one["test_error_percent"], one["misclassified"]) for one in found] == [(25.0, [3])] * 2
    assert looks == [4, 4], "one look a run"


def test_scores_are_evaluated_by_the_largest_and_by_what_must_be_rejected(study, tmp_path):
    def fit(*_):
        return lambda images: np.eye(4)[[0, 1, 2, 0]] * [[1], [2], [3], [0.5]], {"curve": []}

    study.declare(variants=["one"], run=None, fit=fit)
    (one,) = run(tmp_path, seeds=1)["runs"]
    assert (one["test_error_percent"], one["misclassified"]) == (25.0, [3])
    assert one["rejected_percent"] == 25.0, "the one that is misclassified is the least certain"


def test_a_study_may_ask_more_of_the_test_digits(study, tmp_path):
    study.declare(
        run=None,
        fit=lambda *_: (lambda images: images, {"curve": []}),
        evaluate=lambda answer, images, labels: {"asked": [int(answer(images)[2]), len(labels)]},
    )
    assert [one["asked"] for one in run(tmp_path, seeds=1)["runs"]] == [[2, 4]] * 2


def test_a_variant_may_take_one_seed(study, tmp_path):
    study.declare(deterministic={"two"})
    run(tmp_path, seeds=3)
    assert calls == [("one", 0), ("two", 0), ("one", 1), ("one", 2)]


def test_dask_needs_an_address_and_an_address_dask(capsys):
    for arguments in (["--backend", "dask"], ["--scheduler", "tcp://127.0.0.1:1"]):
        with pytest.raises(SystemExit):
            command.main(["lenet5_1998", *arguments])
        assert "belong together" in capsys.readouterr().err


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr("distributed.Client", mock_failure)
    with pytest.raises(SystemExit, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        command.main(["lenet5_1998", "--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"])


def mock_failure(address, **options):
    raise OSError("timed out")


SLOW_STUDY = """
import os, time
from types import SimpleNamespace
import numpy as np
from experiments.study import Study

def load():
    return SimpleNamespace(**{name: np.arange(4) for name in ("x_train", "y_train", "x_test", "y_test")})

def fit(images, labels, trial):
    time.sleep(1)
    return lambda images: images, {"process": os.getpid(), "curve": []}

STUDY = Study(variants=["one", "two", "three"], fit=fit, load=load)
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_dask_cluster_that_loses_a_worker_loses_no_run(tmp_path, monkeypatch):
    """A real scheduler and two worker processes; one is killed in the middle of its run."""
    from distributed import Client, LocalCluster, WorkerPlugin

    folder = tmp_path / "studies"
    folder.mkdir()
    (folder / "slow.py").write_text(SLOW_STUDY)

    class HasTheStudy(WorkerPlugin):  # what a checkout on another machine would have
        def setup(self, worker):
            importlib.import_module("experiments.studies").__path__.append(str(folder))

    monkeypatch.setattr(studies, "__path__", [*studies.__path__, str(folder)])
    monkeypatch.setattr(runner, "CHECKPOINTS", tmp_path / "checkpoints")
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(HasTheStudy())
        # What takes seconds to import is there before the time runs, here and on the workers.
        for import_it in (importlib.import_module, partial(client.run, importlib.import_module)):
            import_it("lenet_utils.evaluation")
        runner.study_names()
        victim = min(client.run(os.getpid).values())
        timer = threading.Timer(2.5, os.kill, (victim, signal.SIGKILL))
        timer.start()
        arguments = ["slow", "--seeds", "3", "--results", str(tmp_path)]
        command.main([*arguments, "--backend", "dask", "--scheduler", cluster.scheduler_address])
        assert not timer.is_alive(), "all was over before the worker was killed"
    found = json.loads((tmp_path / "slow.json").read_text())["runs"]
    assert [(one["variant"], one["seed"]) for one in found] == [
        (variant, seed) for variant in ("one", "two", "three") for seed in range(3)
    ]
    assert len({one["process"] for one in found}) >= 2


# --- Figure 9 ---


def test_figure_9_has_rows_of_the_paper_and_never_the_same_twice():
    linear = set(baselines.LINEAR_NETWORKS)
    rows = set(figure9.STUDY.variants) - set(figure9.RETRAINED) - linear
    assert rows == set(paper.TEST_ERROR_PERCENT) - {"LeNet-4, local learning"}
    assert set(figure9.RETRAINED.values()) < rows
    assert {name.removesuffix(", squashed units") for name in linear} < rows
    assert len(set(figure9.STUDY.variants)) == len(figure9.STUDY.variants)
    tables = (BASELINES, baselines.NETWORKS, baselines.LINEAR_NETWORKS, figure9.RETRAINED)
    assert sum(map(len, tables)) + 4 == len(figure9.FITS), "no table has a row of another one"


def test_networks_of_figure_9_read_what_they_are_given():
    digits = load_mnist("sample").x_train[:3]
    for name, (build, prepare, distortion) in baselines.NETWORKS.items():
        shown, model = prepare(digits), build()
        assert shown.dtype == np.float32 and shown.shape[1:] == model.input_shape[1:], name
        assert (distortion > 0) == name.endswith("distortions"), name
        sizes = [int(part) for part in name.split(",")[0].split("-")[1:] if part.isdigit()]
        if "×" in name.split("-")[0]:
            widths = [shown[0].size, *sizes]
            assert model.count_params() == sum((a + 1) * b for a, b in pairwise(widths)), name


def test_lenet_1_sees_the_digit_at_sixteen_pixels():
    digits = load_mnist("sample").x_train[:200]
    seen = baselines.shrink_16(digits)[..., 0] > paper.INPUT_BACKGROUND + 0.3
    sides = np.maximum(seen.any(axis=1).sum(axis=1), seen.any(axis=2).sum(axis=1))
    assert 15 <= np.median(sides) <= 17


@pytest.mark.parametrize(
    "variant",
    [
        "linear",
        "linear, deslanted, squashed units",
        "virtual SVM, polynomial 9, distortions",
        "28×28-300-10, distortions",
        pytest.param("LeNet-4, K-NN on the last layer", marks=pytest.mark.slow),
        pytest.param("LeNet-5", marks=pytest.mark.slow),
        pytest.param("boosted LeNet-4, distortions", marks=pytest.mark.slow),
        "28×28-300-100-10, distortions, trained today",
        "LeNet-1, 16×16, trained today",
        "LeNet-4, trained today",
    ],
)
def test_a_row_of_figure_9_is_trained_and_reads(variant, tmp_path):
    digits, trial = load_mnist("sample"), Trial(variant, folder=tmp_path, dry_run=True)
    answer, fields = figure9.fit(digits.x_train[:600], digits.y_train[:600], trial)
    given = answer(digits.x_test[:200])
    assert given.shape == (200, 10)
    assert (given.argmax(axis=1) != digits.y_test[:200]).mean() < 0.5
    if variant in BASELINES:
        assert fields["multiply_adds"] > 0 and fields["stored_numbers"] > 0
    else:
        assert 0 < fields["train_error_percent"] < 60


def test_the_search_for_hard_digits_finds_as_many_as_are_wanted(monkeypatch):
    x, y = np.arange(40.0)[:, None], np.arange(40) % 10
    monkeypatch.setattr(boosting, "augmentation", lambda share: lambda images, generator: images)
    hard, easy = boosting.search(x, y, lambda x, y: x[:, 0] % 4 == 0, 12, seed=0)
    assert len(hard[0]) == len(easy[0]) == 12
    assert (hard[0] % 4 == 0).all() and (easy[0] % 4 != 0).all()
    for images, labels in (hard, easy):
        np.testing.assert_array_equal(images[:, 0] % 10, labels)
    few, _ = boosting.search(x, y, lambda x, y: x[:, 0] == 5, 12, seed=0, rounds=2)
    assert len(few[0]) == 2, "two rounds, one in each"


# --- Today's network ---


def parts(settings):
    return {layer.name: layer for layer in lenet5_today.build(settings).layers}


def test_each_rung_changes_one_thing_and_keeps_the_rest():
    rungs = list(lenet5_today.RUNGS.values())
    for below, above in pairwise(rungs):
        assert sum(a != b for a, b in zip(asdict(below).values(), asdict(above).values(), strict=True)) == 1
    assert rungs[0] == Today() and len(rungs) >= 10


def test_the_rungs_build_what_they_say():
    built = {name: parts(settings) for name, settings in lenet5_today.RUNGS.items()}
    kinds = {name: [type(layer).__name__ for layer in layers.values()] for name, layers in built.items()}
    assert "EuclideanRBF" in kinds["Adam, in batches of 128"]
    assert "EuclideanRBF" not in kinds["softmax and cross-entropy"]
    assert built["softmax and cross-entropy"]["C3"].table == paper.C3_TABLE
    assert built["C3 reads all maps"]["C3"].table is None
    assert kinds["C3 reads all maps"].count("Subsampling") == 2
    assert kinds["max pooling"].count("MaxPooling2D") == 2 and "Activation" not in kinds["max pooling"]
    assert kinds["ReLU"].count("Activation") == 4
    assert kinds["batch normalisation"].count("BatchNormalization") == 4
    assert kinds["dropout"].count("Dropout") == 2


@pytest.mark.parametrize("initializer, deviation", [("1998", 1 / np.sqrt(3)), ("he", np.sqrt(2))])
def test_first_weights_have_the_spread_they_should(initializer, deviation):
    kernel = parts(Today(activation="relu", initializer=initializer))["C5"].kernel.numpy()
    assert kernel.std() * np.sqrt(400) == pytest.approx(deviation, rel=0.03)


def test_a_normalised_network_needs_as_many_numbers_as_one_with_biases():
    """Folded into the layer before, normalisation leaves LeNet-5's 61,706 parameters and the same answers."""
    model = lenet5_today.build(lenet5_today.BEST)
    assert lenet5_today.count_parameters(model) == 61_706
    assert lenet5_today.count_parameters(lenet5_today.build(Today(activation="relu"))) == 61_706
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            maps = layer.moving_mean.shape[0]
            layer.moving_mean.assign(np.linspace(-1, 1, maps))
            layer.moving_variance.assign(np.linspace(0.5, 2, maps))
            layer.beta.assign(np.linspace(-0.2, 0.3, maps))
    plain = lenet5_today.build(replace(lenet5_today.BEST, batch_normalization=False))
    for layer in plain.layers:
        if layer.weights:
            name = layer.name
            weights = [weight.numpy() for weight in model.get_layer(name).weights]
            if name != "output":
                norm = model.get_layer(f"{name}_normalised")
                factor = 1 / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
                weights = [weights[0] * factor, norm.beta.numpy() - norm.moving_mean.numpy() * factor]
            layer.set_weights(weights)
    x = to_lenet_input(load_mnist("sample").x_test[:50])
    np.testing.assert_allclose(model.predict(x, verbose=0), plain.predict(x, verbose=0), atol=1e-3)


def test_the_rate_rises_for_an_epoch_and_falls_to_nothing():
    rate = lenet5_today.make_optimizer(Today(warmup_cosine=True, epochs=5), 1280)._learning_rate
    values = [float(rate(step)) for step in (0, 10, 30, 50)]
    assert values == pytest.approx([3e-3 / 20, 3e-3, 1.5e-3, 0], rel=1e-3, abs=1e-9)
    constant = lenet5_today.make_optimizer(Today(), 1280)
    assert float(constant.learning_rate) == pytest.approx(lenet5_today.CONSTANT_RATE)


def test_method_averaging_and_decay_reach_the_optimizer():
    adam = lenet5_today.make_optimizer(Today(ema_momentum=0.99, weight_decay=0.01), 1280)
    assert (type(adam).__name__, adam.use_ema, adam.ema_momentum, adam.weight_decay) == (
        "AdamW",
        True,
        0.99,
        0.01,
    )
    sgd = lenet5_today.make_optimizer(Today(optimizer="momentum"), 1280)
    assert (type(sgd).__name__, sgd.momentum, sgd.nesterov, sgd.use_ema) == ("SGD", 0.9, True, False)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_labels_are_smoothed_evenly(smoothing):
    logits, right = np.array([[2.0, 0.0, -1.0]], "float32"), np.array([1])
    logarithms = logits - np.log(np.exp(logits).sum())
    wanted = -((1 - smoothing) * logarithms[0, 1] + smoothing * logarithms.mean())
    loss = lenet5_today.SmoothedCrossEntropy(smoothing)(right, logits)
    assert float(loss) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{}, {"output": "softmax", "activation": "relu", "ema_momentum": 0.9, "batch_normalization": True}],
)
def test_networks_of_today_learn_and_their_largest_score_wins(settings, tmp_path):
    digits = load_mnist("sample")
    settings = Today(**settings, epochs=8, batch_size=16)
    model, fields = lenet5_today.train(
        digits.x_train[:1000], digits.y_train[:1000], settings, Trial(folder=tmp_path)
    )
    given = scores(model, to_lenet_input(digits.x_test[:300]))
    assert (given.argmax(axis=1) != digits.y_test[:300]).mean() < 0.3
    assert fields["losses"][-1] < fields["losses"][0] and fields["settings"]["epochs"] == 8
    assert len(fields["losses"]) == 8 and fields["seconds"] > 0
    assert fields["parameters"] <= 61_706


def test_fewer_digits_are_the_first_ones(shown, tmp_path):
    digits = load_mnist("sample")
    x, y = (np.concatenate([part] * 5) for part in (digits.x_train, digits.y_train))
    training_size.fit(x, y, Trial("15,000 digits", 3, tmp_path))
    assert (len(shown[0].images), shown[0].seed, shown[0].validation) == (15_000, 3, None)
    order = np.random.default_rng(3).permutation(15_000)
    np.testing.assert_array_equal(shown[0].labels, y[:15_000][order])


# --- The speedrun ---


def few():
    digits = load_mnist("sample")
    return replace(
        digits,
        x_train=digits.x_train[:600],
        y_train=digits.y_train[:600],
        x_test=digits.x_test[:200],
        y_test=digits.y_test[:200],
    )


@pytest.mark.parametrize(
    ("variant", "shares"), [("LeNet-5", (1, 0.3, 0.3, 0.3)), ("LeNet-5, three whole epochs", (1, 1, 1))]
)
def test_the_speedrun_counts_the_whole_training_and_nothing_else(monkeypatch, variant, shares):
    clock, asked = iter(range(0, 1000, 10)), []
    monkeypatch.setattr(speedrun.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(speedrun, "fit_compiled", lambda model, x, y, **recipe: asked.append(recipe))
    found = speedrun.run(few(), Trial(variant, 4))
    assert found["seconds"] == 10 and found["recipe"]["shares"] == shares
    assert asked == [found["recipe"] | {"seed": 4}]


def test_the_example_stops_at_the_goal_and_its_looks_at_the_test_digits_are_not_counted(monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(speedrun.time, "perf_counter", lambda: next(clock))
    data = few()
    wrong = iter([9, 4, 1, 0])

    def answers(model, x):
        given = data.y_test.copy()
        given[: next(wrong)] = 255
        return given

    monkeypatch.setattr(speedrun, "classify", answers)
    found = speedrun.run(data, Trial(speedrun.EXAMPLE))
    assert [step["test_error_percent"] for step in found["curve"]] == [4.5, 2.0, 0.5]
    assert [step["seconds"] for step in found["curve"]] == [20, 30, 40], "ten to prepare, ten for each epoch"
    assert (found["seconds"], found["test_error_percent"]) == (40, 0.5)


def test_timed_runs_wait_for_each_other(study, tmp_path, monkeypatch):
    asked = []
    parallel = runner.joblib.Parallel
    monkeypatch.setattr(runner.joblib, "Parallel", lambda **o: asked.append(o.get("n_jobs")) or parallel(**o))
    study.declare(timed=True)
    command.main(["tiny", "--seeds", "1", "--jobs", "2", "--results", str(tmp_path)])
    assert asked == [1]


# --- Robustness ---


def test_every_damage_has_an_amount_that_does_nothing_and_others_that_do():
    digits = load_mnist("sample").x_test[:20]
    for kind, (damage, amounts) in robustness.DAMAGES.items():
        harmless = 1 if "factor" in kind else 0
        np.testing.assert_array_equal(damage(digits, harmless), digits, err_msg=kind)
        for amount in set(amounts) - {harmless}:
            damaged = damage(digits, amount)
            assert damaged.dtype == np.uint8 and damaged.shape == digits.shape, (kind, amount)
            assert (damaged != digits).any(axis=(1, 2)).mean() > 0.5, (kind, amount)


def test_a_stroke_becomes_as_much_wider_as_it_says():
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[0, 4:24, 12:16] = 255
    for pixels in (-2, -1, 1, 3):
        width = robustness.widen_strokes(bar, pixels)[0, 14].sum() / 255
        assert width == pytest.approx(4 + pixels, abs=0.01)


def test_a_square_covers_what_it_should():
    ink = np.full((3000, 28, 28), 255, np.uint8)
    hidden = robustness.cover(ink, 8) == 0
    assert (hidden.sum(axis=(1, 2)) == 64).all()
    assert not hidden[:, :4].any() and not hidden[:, 24:].any() and not hidden[:, :, :4].any()
    assert hidden.any(axis=0)[4:24, 4:24].all()


def test_robustness_reports_the_error_after_every_damage(monkeypatch):
    monkeypatch.setattr(robustness, "DAMAGES", {"gone": (lambda x, amount: x * (1 - amount), [0, 1])})
    images = np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((3, 2, 2), np.uint8)
    found = robustness.evaluate(lambda x: np.eye(3)[x[:, 0, 0]], images, np.arange(3))
    assert found == {"errors": {"gone": [[0, 0.0], [1, pytest.approx(66.667)]]}}


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param("LeNet-5 of 1998", marks=pytest.mark.slow),
        "LeNet-5 of today, distortions",
        "40 PCA + quadratic",
    ],
)
def test_what_robustness_compares_is_trained(variant, tmp_path):
    digits, trial = load_mnist("sample"), Trial(variant, folder=tmp_path, dry_run=True)
    answer, _ = robustness.fit(digits.x_train[:1000], digits.y_train[:1000], trial)
    assert (answer(digits.x_test[:200]).argmax(axis=1) != digits.y_test[:200]).mean() < 0.6


# --- The network of 1998 ---

HELD_OUT = 20


class PoisonedTestSet:
    """Sixty digits to train on; whoever looks at a test digit is stopped."""

    def __init__(self):
        digits = load_mnist("sample")
        self.x_train, self.y_train = digits.x_train[:60], digits.y_train[:60]

    def __getattr__(self, name):
        raise AssertionError(f"looked at {name}")


def tiny_network(initializer="default"):
    return keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            Subsampling(initializer=initializer, name="S2"),
            Subsampling(initializer=initializer, name="S4"),
            keras.layers.Flatten(),
            FullyConnected(84, initializer=initializer),
            EuclideanRBF(),
        ]
    )


@pytest.fixture
def tiny(monkeypatch):
    """A small network instead of LeNet-5; twenty digits held out."""
    monkeypatch.setattr(lenet5_1998, "lenet5_1998", tiny_network)
    monkeypatch.setattr(search_1998, "HELD_OUT", HELD_OUT)


class Calls(list):
    def __init__(self):
        super().__init__()
        self.evaluated = []


@pytest.fixture
def shown(monkeypatch):
    """What every training is called with; none takes place.

    `evaluated` collects the images that the network is evaluated on; it takes each for a 0.
    """
    calls = Calls()

    def fit(model, images, labels, **options):
        calls.append(SimpleNamespace(model=model, images=images, labels=labels, **options))
        epochs = options["epochs"]
        return {"loss": [1.0] * epochs, "seconds": [2.0] * epochs, "validation_error_percent": [5.0] * epochs}

    def answers(model, images):
        calls.evaluated.append(images)
        return np.zeros(len(images), int)

    monkeypatch.setattr(lenet5_1998, "fit_online", fit)
    monkeypatch.setattr(lenet5_1998, "classify", answers)
    monkeypatch.setattr(lenet5_1998, "error_percent", lambda model, images, labels: 5.0)
    monkeypatch.setattr(
        search_1998, "error_percent", lambda model, x, y: 100 * (answers(model, x) != y).mean()
    )
    return calls


def train(settings, seed=0, epochs=2, **options):
    digits = load_mnist("sample")
    return lenet5_1998.train(
        digits.x_train[:60],
        digits.y_train[:60],
        settings,
        Trial(seed=seed),
        epochs=epochs,
        validation=(digits.x_test[:9], digits.y_test[:9]),
        **options,
    )


def coefficients(model):
    return np.concatenate([model.get_layer(name).coefficient.numpy() for name in ("S2", "S4")])


def test_settings_decide_the_network_and_its_loss():
    base = lenet5_1998.build(Settings())
    assert isinstance(base.loss, MaximumAPosteriori) and base.loss.j == Settings().j
    assert base.name == "lenet5_1998" and set(coefficients(base)) == {np.float32(COEFFICIENTS["default"])}
    assert set(coefficients(lenet5_1998.build(Settings(initializer="lush", coefficient=None)))) == {0.5}
    other = lenet5_1998.build(Settings(j=None, coefficient=0.25))
    assert isinstance(other.loss, MaximumLikelihood) and set(coefficients(other)) == {0.25}
    assert lenet5_1998.build(Settings(j=20.0)).loss.j == 20
    published = coefficients(lenet5_1998.build(Settings(initializer="published", coefficient=None)))
    assert len(set(published)) == 22


def test_settings_decide_how_it_is_trained(tiny, shown):
    train(Settings(), epochs=20)
    train(Settings(update="largest", output_curvature="exact", gain=2.0, distortion=1.0), seed=7, epochs=3)
    rates = []
    for call in shown:
        schedule, estimation = call.callbacks
        assert isinstance(estimation, CurvatureEstimation) and estimation.learning_rates is None
        schedule.set_model(call.model)
        for number in (1, 2):
            schedule.on_epoch_begin(number)
            rates.append(float(call.model.optimizer.learning_rate))
    assert rates == pytest.approx([5e-4, 2e-4, 1e-3, 4e-4])
    assert [call.epochs for call in shown] == [20, 3]
    assert [(call.callbacks[1].update, call.callbacks[1].output_curvature) for call in shown] == [
        ("first", "constant"),
        ("largest", "exact"),
    ]
    plain, distorted = (call.augment for call in shown)
    pictures = to_lenet_input(load_mnist("sample").x_test[:3])
    assert plain is None and np.array_equal(distorted(pictures, 1), distort(pictures, 1))
    assert [(call.seed, call.callbacks[1].seed) for call in shown] == [(0, 0), (7, 7)]


def test_settings_decide_the_codes_the_contrast_and_how_far_to_distort(tiny, shown):
    train(Settings())
    train(Settings(codes="random", contrast=2.0, distortion=0.5))
    plain, other = shown
    np.testing.assert_allclose(2 * plain.images, other.images)
    assert all(call.callbacks[1].images is None for call in shown), "fit_online lends it what it trains on"
    np.testing.assert_allclose(2 * plain.validation[0], other.validation[0])
    codes = other.model.layers[-1].centres.numpy()
    assert np.array_equal(plain.model.layers[-1].centres, np.array(RBF_CENTRES))
    assert set(codes.ravel()) == {-1, 1} and 0.3 < (codes == np.array(RBF_CENTRES)).mean() < 0.7
    pictures = to_lenet_input(load_mnist("sample").x_test[:3])
    half = {name: getattr(distortions, name.upper()) / 2 for name in distortions.PAPER_KINDS}
    assert np.array_equal(other.augment(pictures, 1), distort(pictures, 1, **half))
    assert not np.array_equal(other.augment(pictures, 1), distort(pictures, 1))


def test_one_order_for_all_epochs_is_random_but_the_same_in_each(tiny, shown):
    train(Settings(order="shuffled"))
    train(Settings(order="fixed"))
    train(Settings(order="fixed"), seed=1)
    own, fixed, another = shown
    assert [call.shuffle for call in shown] == [True, False, False]
    assert own.labels.tolist() != fixed.labels.tolist() != another.labels.tolist()
    assert sorted(own.images.sum(axis=(1, 2, 3))) == sorted(fixed.images.sum(axis=(1, 2, 3)))
    right = {image.tobytes(): label for image, label in zip(own.images, own.labels, strict=True)}
    assert [right[image.tobytes()] for image in fixed.images] == fixed.labels.tolist()
    assert fixed.callbacks[1].images is None, "fit_online lends it what it trains on, in this order"


def test_a_training_reports_its_settings_and_a_row_an_epoch(tiny):
    settings = Settings(j=3.0)
    model, fields = train(settings)
    _, again = train(settings)
    assert fields["settings"] == asdict(settings)
    assert [row["epoch"] for row in fields["curve"]] == [1, 2]
    wanted = {
        "epoch",
        "loss",
        "train_error_percent",
        "validation_error_percent",
        "lowest_rate",
        "highest_rate",
        "seconds",
    }
    assert all(row.keys() == wanted for row in fields["curve"])
    assert fields["curve"][1]["loss"] < fields["curve"][0]["loss"]
    digits = load_mnist("sample")
    wrong = model.predict(to_lenet_input(digits.x_test[:9]), verbose=0).argmin(axis=1) != digits.y_test[:9]
    assert fields["curve"][-1]["validation_error_percent"] == pytest.approx(100 * wrong.mean(), rel=1e-4)
    for one in (fields, again):
        for timed in (one, *one["curve"]):
            del timed["seconds"]
    assert again == fields, "a seed repeats itself"


def test_the_test_set_is_looked_at_after_every_epoch_and_what_is_misclassified_in_the_end_named(tiny):
    digits = load_mnist("sample")
    data = replace(
        digits,
        x_train=digits.x_train[:60],
        y_train=digits.y_train[:60],
        x_test=digits.x_test[:9],
        y_test=digits.y_test[:9],
    )
    model, fields = lenet5_1998.train_and_watch(data, Settings(), Trial(dry_run=True))
    wrong = model.predict(to_lenet_input(data.x_test), verbose=0).argmin(axis=1) != data.y_test
    assert fields["curve"][-1]["test_error_percent"] == pytest.approx(100 * wrong.mean(), rel=1e-4)
    assert "validation_error_percent" not in fields["curve"][-1] and len(fields["curve"]) == 2
    assert fields["test_error_percent"] == pytest.approx(100 * wrong.mean(), abs=0.001)
    assert fields["misclassified"] == np.flatnonzero(wrong).tolist()


def test_another_network_and_plain_sgd_can_be_trained(tiny, shown):
    def build():
        return lenet5_1998.compile_model(tiny_network(), MaximumLikelihood(), keras.optimizers.SGD())

    train(Settings(gain=3.0), build_model=build)
    (call,) = shown
    (schedule,) = call.callbacks
    schedule.set_model(call.model)
    schedule.on_epoch_begin(19)
    assert float(call.model.optimizer.learning_rate) == pytest.approx(3e-5)
    assert isinstance(call.model.loss, MaximumLikelihood)


def test_the_held_out_digits_are_the_last_of_the_training_set(tiny):
    data = PoisonedTestSet()
    (x, y), (x_held_out, y_held_out) = search_1998.split(data)
    assert len(x_held_out) == HELD_OUT
    assert np.array_equal(np.concatenate([x, x_held_out]), data.x_train)
    assert np.array_equal(np.concatenate([y, y_held_out]), data.y_train)


def test_the_search_never_looks_at_a_test_digit(tiny, tmp_path):
    trial = Trial("j = 10", folder=tmp_path, dry_run=True)
    found = search_1998.run(PoisonedTestSet(), trial)
    assert len(found["curve"]) == 2
    assert 0 <= found["validation_error_percent"] <= 100
    assert not {"validation_error_percent", "test_error_percent"} & found["curve"][-1].keys()
    assert "test_error_percent" not in found
    assert found["settings"] == asdict(replace(lenet5_1998.SETTINGS, j=10.0))


def test_each_variant_of_the_search_is_evaluated_on_held_out_digits_alone(tiny, shown):
    data, base = PoisonedTestSet(), asdict(lenet5_1998.SETTINGS)
    for variant in search_1998.STUDY.variants:
        shown.clear(), shown.evaluated.clear()
        found = search_1998.run(data, Trial(variant))
        assert found["validation_error_percent"] == 100 * np.mean(data.y_train[-HELD_OUT:] != 0), variant
        (call,) = shown
        assert len(call.images) == len(data.x_train) - HELD_OUT and call.validation is None, variant
        (evaluated,) = shown.evaluated
        assert len(evaluated) == HELD_OUT, variant
        trained, held_out = ({image.tobytes() for image in x} for x in (call.images, evaluated))
        assert not trained & held_out, variant
        second_order = isinstance(call.model.optimizer, StochasticDiagonalLevenbergMarquardt)
        assert second_order == (variant not in search_1998.SGD_GAINS), variant
        assert (found["settings"] == base) == (variant in ("base", "plain SGD, rates × 1")), variant


def test_the_gauss_newton_diagonal_is_the_squared_gradients_of_f6():
    """Against every output's own gradient, image by image; and larger than the layerwise estimate."""
    keras.utils.set_random_seed(3)
    model, x = build_lenet5_1998(), to_lenet_input(load_mnist("sample").x_train[:4])
    found = lenet5_1998.gauss_newton_diagonal(model, x, signs=60)
    body, weights = keras.Model(model.inputs[0], model.get_layer("F6").output), model.trainable_weights
    with tf.GradientTape() as tape:
        outputs = body(x)  # (4, 84)
    jacobian = tape.jacobian(outputs, [weight.value for weight in weights])  # (4, 84, …) each
    sums = [2 * (gradients.numpy() ** 2).sum(axis=(0, 1)) / len(x) for gradients in jacobian]
    for one, other, weight in zip(found, sums, weights, strict=True):
        share = keras.ops.convert_to_numpy(one).sum() / other.sum()
        assert share == pytest.approx(1, abs=0.15), weight.path
    layerwise = curvatures(model, x, np.arange(4), MaximumLikelihood())
    assert keras.ops.convert_to_numpy(layerwise[0]).mean() < 0.4 * keras.ops.convert_to_numpy(found[0]).mean()


@pytest.mark.parametrize("name", ["lenet5_1998", "lenet5_1998_distorted"])
def test_the_studies_of_1998_name_the_digits_they_misclassify(name, tiny, shown, monkeypatch):
    monkeypatch.setattr(lenet5_1998, "classify", classify)
    digits = load_mnist("sample")
    data = replace(digits, x_test=digits.x_test[:40], y_test=digits.y_test[:40])
    found = runner.find_study(name).run(data, Trial(name))
    (call,) = shown
    assert len(call.images) == len(data.x_train) and np.array_equal(call.validation[1], data.y_test)
    distances = call.model.predict(to_lenet_input(data.x_test), verbose=0)
    assert found["misclassified"] == np.flatnonzero(distances.argmin(axis=1) != data.y_test).tolist() != []
    assert found["test_error_percent"] == pytest.approx(100 * len(found["misclassified"]) / 40, abs=0.005)
    assert {row["test_error_percent"] for row in found["curve"]} == {5.0}
    distorted = name == "lenet5_1998_distorted"
    assert (call.augment is not None) == distorted == bool(found["settings"]["distortion"])


def test_every_part_can_be_replaced():
    """The network can be built, gives one answer a digit, and its curvatures go down to the input."""
    names = [layer.name for layer in build_lenet5_1998().layers]
    x, y = to_lenet_input(load_mnist("sample").x_train[:3]), np.arange(3)
    for part, build in ablation_1998.PARTS.items():
        model = build()
        assert [layer.name for layer in model.layers] == names, part
        assert model(x).shape == (3, 10), part
        found = curvatures(model, x, y, model.loss)
        assert [h.shape for h in found] == [tuple(w.shape) for w in model.trainable_weights], part


def test_a_part_is_replaced_and_its_settings_with_it(tiny, shown):
    digits = load_mnist("sample")
    for part in ablation_1998.PARTS:
        shown.clear()
        answer, fields = ablation_1998.fit(digits.x_train[:60], digits.y_train[:60], Trial(part))
        (call,) = shown
        assert call.validation is None and answer(digits.x_test[:3]).shape == (3, 10), part
        settings = replace(lenet5_1998.SETTINGS, **ablation_1998.OTHER_SETTINGS.get(part, {}))
        assert fields["settings"] == asdict(settings), part
        assert call.shuffle == (part == "a new order for each epoch"), part
        assert (len(call.callbacks) == 1) == (part == "plain SGD"), part


@pytest.mark.parametrize("name", ["lenet5", "lenet5_1998"])
def test_pretrained_weights_are_written_where_the_package_looks(name, tiny, shown, monkeypatch):
    written = []
    monkeypatch.setattr(pretrained, "save_weights", lambda model, path: written.append((model.name, path)))
    module = importlib.import_module(f"experiments.studies.pretrained_{name}")
    for where in (pretrained, module):
        monkeypatch.setattr(where, "error_percent", lambda *arguments: 1.0, raising=False)
    monkeypatch.setattr(pretrained.training, "fit", lambda *arguments, **options: {"loss": [1.0]})
    digits = load_mnist("sample")
    data = SimpleNamespace(
        x_train=digits.x_train[:20],
        y_train=digits.y_train[:20],
        x_test=digits.x_test[:20],
        y_test=digits.y_test[:20],
    )
    for trial in (Trial(name, seed=1), Trial(name, seed=0, dry_run=True), Trial(name, seed=0)):
        run = module.run(data, trial)
        assert {"test_error_percent", "train_error_percent", "sample_error_percent", "curve"} <= run.keys()
    assert [path for _, path in written] == [WEIGHTS[name]["mnist"]]


# --- All of it, once, on few digits ---


def digests() -> dict:
    """What a dry run must leave alone: the trained weights of the package, and the records."""
    files = [path for named in WEIGHTS.values() for path in named.values()]
    files += sorted(record.RESULTS.glob("*.json"))
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_every_study_can_be_run_on_few_digits():
    """`make results QUICK=1`: every study there is, from the first command to the last record."""
    before = digests()
    shutil.rmtree(runner.DRY_RUNS, ignore_errors=True)
    run = subprocess.run(
        [sys.executable, "-m", "experiments", "all", "--quick", "--jobs", "2"],
        cwd=record.ROOT,
        env=os.environ | {"LENET_DATA": "sample"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    for name in runner.study_names():
        found = json.loads((runner.DRY_RUNS / f"{name}.json").read_text())
        assert tuple(one["variant"] for one in found["runs"]) == runner.find_study(name).variants
        assert found["command"] == f"python -m experiments {name} --quick"
    assert digests() == before
