"""The networks have the published sizes, and weights travel to disk and back without a pickle."""

import keras
import numpy as np
import pytest

from lenet_utils import evaluation, models, paper
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.initializers import INITIALIZERS
from lenet_utils.layers import Convolution
from lenet_utils.losses import MaximumAPosteriori, SquaredError
from lenet_utils.optimizers import StochasticDiagonalLevenbergMarquardt
from lenet_utils.serialization import save_weights


def test_parameter_counts():
    assert models.lenet5().count_params() == 61_706
    assert models.lenet5(pooling="max", activation="tanh").count_params() == 61_706
    assert models.alexnet_cifar10().count_params() == 29_585_290
    assert models.lenet1().count_params() == paper.LENET1_TOTAL_PARAMETERS
    assert models.lenet4().count_params() == 50_698
    trained = sum(np.prod(weight.shape) for weight in models.lenet5_1998().trainable_weights)
    assert trained == paper.TRAINABLE_PARAMETERS
    assert models.lenet5_1998().count_params() == paper.TRAINABLE_PARAMETERS + 840  # the fixed bitmaps


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
    path = save_weights(one, tmp_path / "weights.npz")
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
    foreign = save_weights(models.lenet5(classes=3), tmp_path / "foreign.npz")
    with pytest.raises(ValueError, match=r"another network.*output/bias"):
        models.lenet5(weights=foreign)
    with pytest.raises(ValueError, match="activation"):
        models.lenet5(weights="mnist", activation="tanh")


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match="too small"):
        models.lenet5(input_shape=(28, 28, 1))
    with pytest.raises(ValueError, match="'average', 'max'"):
        models.lenet5(pooling="median")


# --- The networks of 1998 and before ---

PICTURES = np.random.default_rng(0).uniform(-0.1, 1.175, (3, 32, 32, 1)).astype("float32")


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    return models.lenet5_1998()


def test_the_network_of_1998_gives_distances_to_the_bitmaps(network):
    distances = network.predict(PICTURES, verbose=0)
    f6 = keras.Model(network.inputs[0], network.get_layer("F6").output).predict(PICTURES, verbose=0)
    assert np.abs(f6).max() <= paper.SQUASH_AMPLITUDE
    wanted = ((f6[:, None] - np.array(paper.RBF_CENTRES)) ** 2).sum(axis=2)
    np.testing.assert_allclose(distances, wanted, rtol=1e-5)


def test_c3_reads_by_table_i_and_the_output_is_fixed(network):
    assert network.get_layer("C3").table == paper.C3_TABLE
    assert models.lenet1().get_layer("H3").table == paper.LENET1_TABLE
    assert [w.path.split("/")[-2:] for w in network.non_trainable_weights] == [["output", "centres"]]


def test_another_layer_takes_the_place_of_that_of_its_name(network):
    other = models.lenet5_1998(replace=(Convolution(16, name="C3"),))
    assert [layer.name for layer in other.layers] == [layer.name for layer in network.layers]
    assert other.get_layer("C3").table is None
    more = 25 * (6 * 16 - sum(map(len, paper.C3_TABLE)))
    assert other.count_params() == network.count_params() + more


def test_a_layer_of_an_unknown_name_replaces_nothing():
    with pytest.raises(ValueError, match="No layer of LeNet-5 is called C4"):
        models.lenet5_1998(replace=(Convolution(16, name="C4"),))


def test_a_larger_picture_is_read_at_every_place_as_alone(network):
    larger = models.lenet5_1998(input_shape=(40, 44, 1))
    larger.set_weights(network.get_weights())
    picture = np.random.default_rng(1).uniform(-0.1, 1.175, (1, 40, 44, 1)).astype("float32")
    field = larger.predict(picture, verbose=0)
    assert field.shape == (1, 3, 4, 10)
    for row, column in np.ndindex(3, 4):
        alone = picture[:, 4 * row :, 4 * column :][:, :32, :32]
        np.testing.assert_allclose(field[:, row, column], network.predict(alone, verbose=0), rtol=1e-4)


@pytest.mark.parametrize(
    ("build", "inputs"), [(models.lenet5_1998, 120), (models.lenet1, 192), (models.lenet4, 120)]
)
def test_fresh_weights_are_those_of_the_name(build, inputs):
    keras.utils.set_random_seed(0)
    largest = {}
    for initializer in INITIALIZERS:
        drawn = [layer for layer in build(initializer=initializer).layers if hasattr(layer, "initializer")]
        assert {layer.initializer for layer in drawn} == {initializer}
        largest[initializer] = np.abs(drawn[-1].kernel.numpy()).max()
    assert 0.95 * 2.4 / inputs < largest["published"] <= 2.4 / inputs
    for initializer in ("lush", "default"):
        assert 0.95 / np.sqrt(inputs) < largest[initializer] <= 1 / np.sqrt(inputs)
    assert largest["he"] > 2.5 / np.sqrt(inputs)
    assert {layer.initializer for layer in build().layers if hasattr(layer, "initializer")} == {"default"}


def test_each_map_of_lenet4s_third_layer_reads_three_others():
    table = models.LENET4_TABLE
    assert len(table) == len({frozenset(read) for read in table}) == 16
    assert {len(set(read)) for read in table} == {3}
    assert np.bincount(np.ravel(table)).tolist() == [6] * 8
    assert models.lenet4().get_layer("C3").table == table
    assert models.lenet4().get_layer("S2").depth_multiplier == 2


@pytest.mark.parametrize(("build", "side"), [(models.lenet1, 28), (models.lenet4, 32)])
def test_the_smaller_networks_learn_scores(build, side):
    keras.utils.set_random_seed(0)
    digits = load_mnist("sample")
    margin = (32 - side) // 2
    x = to_lenet_input(digits.x_train[:300])[:, margin : margin + side, margin : margin + side]
    model = build()
    assert evaluation.classify(model, x[:2]).shape == (2,)
    assert np.abs(model.predict(x, verbose=0)).max() <= paper.SQUASH_AMPLITUDE
    model.compile(keras.optimizers.SGD(0.01), SquaredError())
    model.fit(x, digits.y_train[:300], batch_size=5, epochs=3, verbose=0)
    assert (evaluation.classify(model, x) == digits.y_train[:300]).mean() > 0.8


def test_the_network_of_1998_is_saved_whole(network, tmp_path):
    network.compile(StochasticDiagonalLevenbergMarquardt(), MaximumAPosteriori(j=2.0))
    network.optimizer.build(network.trainable_variables)
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(again.predict(PICTURES, verbose=0), network.predict(PICTURES, verbose=0))
    assert again.loss.j == 2 and isinstance(again.optimizer, StochasticDiagonalLevenbergMarquardt)
    path = save_weights(again, tmp_path / "weights.npz")
    other = models.lenet5_1998(weights=path)
    np.testing.assert_array_equal(other.predict(PICTURES, verbose=0), network.predict(PICTURES, verbose=0))


def test_what_does_not_fit_the_networks_of_1998_is_named(tmp_path):
    with pytest.raises(ValueError, match="too small"):
        models.lenet5_1998(input_shape=(28, 28, 1))
    for build in (models.lenet5_1998, models.lenet1, models.lenet4):
        with pytest.raises(ValueError, match="'glorot' is unknown"):
            build(initializer="glorot")
    with pytest.raises(FileNotFoundError, match="No weights at"):
        models.lenet5_1998(weights=tmp_path / "missing.npz")
    foreign = save_weights(models.lenet5(), tmp_path / "foreign.npz")
    with pytest.raises(ValueError, match=r"another network.*S2/coefficient"):
        models.lenet5_1998(weights=foreign)
