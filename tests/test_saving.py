"""A whole model, saved today, is read in another session; files with former settings are read, too."""

import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

from lenet_utils import models
from lenet_utils.initializers import FanIn
from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling
from lenet_utils.losses import MaximumAPosteriori, SquaredError
from lenet_utils.optimizers import CurvatureEstimation, StochasticDiagonalLevenbergMarquardt

IMAGES = np.random.default_rng(0).uniform(-0.1, 1.175, (6, 10, 10, 1)).astype("float32")
LABELS = np.arange(6) % 3

# What a reader does the next day: nothing but this import, then the file; then training goes on.
TOMORROW = """
import sys, warnings
import keras, numpy as np
import lenet_utils.models
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)  # Keras' own
images, labels = np.load(sys.argv[1]), np.arange(6) % 3
found = {}
for path in sys.argv[3:]:
    model = keras.saving.load_model(path)
    found[path + " before"] = model.predict(images, verbose=0)
    if getattr(model, "optimizer", None) is not None:
        model.fit(images, labels, batch_size=3, shuffle=False, verbose=0)
        found[path + " after"] = model.predict(images, verbose=0)
np.savez(sys.argv[2], **found)
"""


def small_network():
    """Every layer of the package in one network, each weight with a value of its own."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((10, 10, 1)),
            Convolution(2, kernel_size=3, initializer="published", name="C1"),
            Subsampling(depth_multiplier=2, initializer="published", name="S2"),
            Convolution(3, ((0, 1), (2,), (0, 3)), kernel_size=3, name="C3"),
            keras.layers.Flatten(name="flatten"),
            FullyConnected(4, activation=None, initializer="lush", name="F6"),
            EuclideanRBF(np.eye(3, 4), name="output"),
        ],
        name="small",
    )


def trained():
    model = small_network()
    model.compile(StochasticDiagonalLevenbergMarquardt(mu=0.5), MaximumAPosteriori(j=2.0))
    model.fit(IMAGES, LABELS, batch_size=3, callbacks=[CurvatureEstimation(IMAGES, LABELS)], verbose=0)
    return model


def tomorrow(tmp_path, *files) -> dict[str, np.ndarray]:
    """What a new Python process makes of saved models, by file name."""
    np.save(tmp_path / "images.npy", IMAGES)
    command = [sys.executable, "-c", TOMORROW, tmp_path / "images.npy", tmp_path / "found.npz", *files]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    return {
        name.removeprefix(f"{tmp_path}/"): array for name, array in np.load(tmp_path / "found.npz").items()
    }


def test_a_model_is_read_in_another_session_and_goes_on_learning(tmp_path):
    untrained, model = small_network(), trained()
    files = [tmp_path / name for name in ("fresh.keras", "fresh.h5", "trained.keras", "trained.h5")]
    for path in files:
        (untrained if path.stem == "fresh" else model).save(path)
    found = tomorrow(tmp_path, *files)
    assert len(found) == 6
    before = model.predict(IMAGES, verbose=0)
    model.fit(IMAGES, LABELS, batch_size=3, shuffle=False, verbose=0)
    after = model.predict(IMAGES, verbose=0)
    assert np.abs(after - before).max() > 1e-3
    for kind in ("keras", "h5"):
        np.testing.assert_array_equal(found[f"fresh.{kind} before"], untrained.predict(IMAGES, verbose=0))
        np.testing.assert_array_equal(found[f"trained.{kind} before"], before)
        np.testing.assert_allclose(found[f"trained.{kind} after"], after, rtol=1e-5)


def test_an_optimizer_without_curvatures_has_none_after_an_h5_file_either(tmp_path):
    model = small_network()
    model.compile(StochasticDiagonalLevenbergMarquardt(0.25), SquaredError())
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.h5")
    again = keras.saving.load_model(tmp_path / "model.h5")
    assert float(again.optimizer.learning_rate) == 0.25
    with pytest.raises(RuntimeError, match="No curvatures yet"):
        again.fit(IMAGES, LABELS, verbose=0)


# --- Files with former settings ---


def with_former_settings(path):
    """Rewrite a .keras file as it was written when settings had other names."""
    former = {
        "initializer": "initial",
        "filters": "maps",
        "kernel_size": "side",
        "depth_multiplier": "copies",
    }

    def rewrite(config):
        if isinstance(config, list):
            return [rewrite(part) for part in config]
        if not isinstance(config, dict):
            return config
        found = {key: rewrite(value) for key, value in config.items()}
        if str(found.get("registered_name")).startswith("lenet_utils>") and "activation" in found["config"]:
            settings = {former.get(key, key): value for key, value in found["config"].items()}
            settings["squashed"] = settings.pop("activation") == "squash"
            settings["initial"] = {"default": "working"}.get(settings["initial"], settings["initial"])
            found["config"] = settings
        return found

    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["config.json"] = json.dumps(rewrite(json.loads(parts["config.json"])))
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return parts["config.json"]


def test_a_file_with_former_settings_is_read(tmp_path):
    model = small_network()
    model.save(tmp_path / "model.keras")
    config = with_former_settings(tmp_path / "model.keras")
    assert '"maps": 2' in config and '"initial": "working"' in config and '"squashed": false' in config
    assert '"filters"' not in config and '"initializer"' not in config
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0))
    assert [layer.get_config() for layer in again.layers] == [layer.get_config() for layer in model.layers]


def test_a_former_rule_for_fresh_weights_is_known():
    assert FanIn.from_config({"kind": "working", "fan_in": 4, "seed": 1}).kind == "default"


# --- What is no file of weights ---


@pytest.mark.parametrize("build", [models.lenet5, models.lenet5_1998])
def test_a_whole_model_instead_of_weights_is_told_apart(build, tmp_path):
    model = build()
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        with pytest.raises(ValueError, match=rf"whole model.*load_model\('.*{name}'\)"):
            build(weights=tmp_path / name)
    model.save_weights(tmp_path / "mine.weights.h5")
    with pytest.raises(ValueError, match=r"model\.load_weights\('.*mine\.weights\.h5'\)"):
        build(weights=str(tmp_path / "mine.weights.h5"))
    with pytest.raises(FileNotFoundError, match="No weights at"):
        build(weights=tmp_path / "missing.keras")
