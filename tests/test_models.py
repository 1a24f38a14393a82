"""The networks have the published sizes, and weights travel to disk and back without a pickle."""

import numpy as np
import pytest

from lenet_utils import models
from lenet_utils.data import load_mnist, to_lenet_input


def test_parameter_counts():
    assert models.lenet5().count_params() == 61_706
    assert models.lenet5(pooling="max", activation="tanh").count_params() == 61_706
    assert models.alexnet_cifar10().count_params() == 29_585_290


def test_alexnet_is_the_network_of_the_recipe():
    plan = [
        (type(layer).__name__, tuple(layer.output.shape[1:])) for layer in models.alexnet_cifar10().layers
    ]
    assert plan == [
        ("Conv2D", (30, 30, 96)),
        ("MaxPooling2D", (15, 15, 96)),
        ("Conv2D", (15, 15, 256)),
        ("MaxPooling2D", (7, 7, 256)),
        ("Conv2D", (7, 7, 384)),
        ("Conv2D", (7, 7, 384)),
        ("Conv2D", (7, 7, 256)),
        ("MaxPooling2D", (3, 3, 256)),
        ("Flatten", (2304,)),
        ("Dense", (4096,)),
        ("Dropout", (4096,)),
        ("Dense", (4096,)),
        ("Dropout", (4096,)),
        ("Dense", (10,)),
    ]


def test_trained_weights_read_the_sample():
    digits = load_mnist("sample")
    model = models.lenet5(weights="mnist")
    right = model.predict(to_lenet_input(digits.x_test), verbose=0).argmax(axis=1) == digits.y_test
    assert right.mean() > 0.98


def test_weights_go_to_disk_and_back(tmp_path):
    one = models.lenet5()
    path = models.save_weights(one, tmp_path / "weights.npz")
    other = models.lenet5(weights=path)
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_bad_weights_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="No weights at"):
        models.lenet5(weights=tmp_path / "missing.npz")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ValueError, match="not a file that save_weights wrote"):
        models.lenet5(weights=broken)
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, **{"C1/kernel": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(ValueError, match="not a file that save_weights wrote"):
        models.lenet5(weights=pickled)
    foreign = models.save_weights(models.lenet5(classes=3), tmp_path / "foreign.npz")
    with pytest.raises(ValueError, match=r"another network.*output/bias"):
        models.lenet5(weights=foreign)
    with pytest.raises(ValueError, match="activation"):
        models.lenet5(weights="mnist", activation="tanh")


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match="too small"):
        models.lenet5(input_shape=(28, 28, 1))
    with pytest.raises(ValueError, match="'average', 'max'"):
        models.lenet5(pooling="median")
