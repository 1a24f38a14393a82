"""An old keras.json changes no answer, or is named."""

import json
import os
import subprocess
import sys

import pytest

ERRORS = """
import numpy as np
from lenet_utils import models
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.evaluation import error_percent
digits = load_mnist("sample")
images, labels = to_lenet_input(digits.x_test)[:200], digits.y_test[:200]
print([error_percent(build(weights="mnist"), images, labels) for build in (models.lenet5, models.lenet5_1998)])
print([tuple(build()(np.zeros((1, *shape), "float32")).shape) for build, shape in (
    (models.lenet1, (28, 28, 1)), (models.lenet4, (32, 32, 1)), (models.alexnet_cifar10, (32, 32, 3)))])
"""


def run(home, code, **settings):
    """Run code in a new process whose keras.json has these settings."""
    home.mkdir()
    usual = {
        "backend": "tensorflow",
        "floatx": "float32",
        "epsilon": 1e-07,
        "image_data_format": "channels_last",
    }
    (home / "keras.json").write_text(json.dumps(usual | settings))
    environment = {**os.environ, "KERAS_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)


def test_channels_first_changes_no_answer(tmp_path):
    usual = run(tmp_path / "usual", ERRORS)
    old = run(tmp_path / "old", ERRORS, image_data_format="channels_first")
    assert usual.returncode == old.returncode == 0, old.stderr[-2000:]
    assert old.stdout == usual.stdout and usual.stdout.count("(1, 10)") == 3


@pytest.mark.parametrize("floatx", ["float16", "float64"])
def test_another_kind_of_number_is_named_with_its_file(floatx, tmp_path):
    found = run(tmp_path / "home", "import lenet_utils.models", floatx=floatx)
    assert found.returncode != 0
    said = found.stderr.strip().splitlines()[-1]
    assert said.startswith(f"ImportError: Keras computes in {floatx} here")
    assert str(tmp_path / "home" / "keras.json") in said and 'set_floatx("float32")' in said
