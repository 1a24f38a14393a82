"""The layers of 1998: connected as the paper says, and carrying curvatures as their own derivatives would."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from lenet_utils import initializers, layers, paper
from lenet_utils.initializers import FanIn
from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling

TABLE = ((0,), (0, 2), (1,), (2, 1))


@pytest.fixture
def generator():
    return np.random.default_rng(1998)


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def close(one, other, tolerance=1e-5):
    np.testing.assert_allclose(array(one), array(other), rtol=tolerance, atol=tolerance)


def array(tensor):
    return np.asarray(ops.convert_to_tensor(tensor))


def normal(generator, *shape):
    return generator.normal(size=shape).astype("float32")


def shuffle_weights(layer, generator):
    """Give every weight of a layer a value of its own, biases and coefficients too."""
    for weight in layer.weights:
        weight.assign(generator.normal(scale=0.4, size=weight.shape))
    return layer


# --- The squashing function ---


def test_squashing_sends_1_to_1_and_stays_below_its_amplitude():
    close(layers.squash(np.array([1.0, -1.0, 0.0])), [1, -1, 0], 1e-4)
    close(layers.squash(np.array([50.0, -50.0])), [paper.SQUASH_AMPLITUDE, -paper.SQUASH_AMPLITUDE])


def test_the_slope_is_the_derivative_of_squashing():
    a, step = np.linspace(-3, 3, 13), 1e-5
    plus, minus = (array(layers.squash(a + s)) for s in (step, -step))
    close(layers.squash_derivative(a), (plus - minus) / (2 * step), 1e-6)


# --- Windows ---


@pytest.mark.parametrize(("side", "shape"), [(5, (2, 9, 7, 3)), (3, (1, 3, 6, 2)), (1, (2, 2, 2, 2))])
def test_col2im_is_the_transpose_of_im2col(side, shape, generator):
    maps = normal(generator, *shape)
    seen = array(layers.im2col(maps, side))
    assert seen.shape == (shape[0], shape[1] - side + 1, shape[2] - side + 1, side * side * shape[3])
    vectors = normal(generator, *seen.shape)
    back = array(layers.col2im(vectors, side))
    assert back.shape == shape
    assert (seen * vectors).sum() == pytest.approx((maps * back).sum(), rel=1e-4)


def test_a_window_lists_rows_then_columns_then_maps(generator):
    maps = normal(generator, 1, 6, 7, 2)
    close(array(layers.im2col(maps, 3))[0, 1, 2], maps[0, 1:4, 2:5].ravel(), 0)


# --- Weighted sums ---


@pytest.mark.parametrize(("side", "size"), [(5, (8, 11)), (3, (3, 4))])
def test_a_full_convolution_is_that_of_keras(side, size, generator):
    maps = normal(generator, 2, *size, 3)
    ours = Convolution(4, kernel_size=side)
    ours.build(maps.shape)
    shuffle_weights(ours, generator)
    theirs = ops.conv(maps, ours.kernel) + ours.bias
    close(ours(maps), layers.squash(theirs))
    close(ours.preactivation(maps), theirs)


def test_a_connection_has_the_kernel_at_its_place_in_the_table(generator):
    maps = normal(generator, 2, 7, 6, 3)
    layer = Convolution(4, TABLE, kernel_size=3, activation=None)
    layer.build(maps.shape)
    shuffle_weights(layer, generator)
    assert layer.kernel.shape == (3, 3, 6)
    kernel, bias = (array(weight) for weight in layer.weights)
    wanted, number = np.zeros((2, 5, 4, 4)) + bias, 0
    for m, read in enumerate(TABLE):
        for c in read:
            for i, j in np.ndindex(3, 3):
                wanted[..., m] += kernel[i, j, number] * maps[:, i : i + 5, j : j + 4, c]
            number += 1
    close(layer(maps), wanted)


@pytest.mark.parametrize(("table", "read"), [(paper.C3_TABLE, 6), (paper.LENET1_TABLE, 4)])
def test_an_input_map_moves_the_maps_that_read_it_and_no_others(table, read, generator):
    maps = normal(generator, 1, 6, 6, read)
    layer = Convolution(len(table), table)
    before = array(layer(maps))
    for c in range(read):
        shifted = maps.copy()
        shifted[..., c] += 0.5
        moved = np.flatnonzero((array(layer(shifted)) != before).any(axis=(0, 1, 2)))
        assert moved.tolist() == [m for m, seen in enumerate(table) if c in seen]


@pytest.mark.parametrize("size", [(6, 8), (7, 5)])
def test_subsampling_adds_four_and_leaves_out_an_odd_last_row_or_column(size, generator):
    maps = normal(generator, 2, *size, 3)
    layer = Subsampling()
    layer.build(maps.shape)
    shuffle_weights(layer, generator)
    coefficient, bias = (array(weight) for weight in layer.weights)
    rows, columns = size[0] // 2, size[1] // 2
    four = maps[:, : 2 * rows, : 2 * columns].reshape(2, rows, 2, columns, 2, 3).sum(axis=(2, 4))
    close(layer(maps), layers.squash(coefficient * four + bias))
    assert layer.compute_output_shape((None, *size, 3)) == (None, rows, columns, 3)


def test_two_subsampling_maps_may_read_the_same_map(generator):
    maps = normal(generator, 2, 4, 4, 3)
    twice, once = Subsampling(depth_multiplier=2), Subsampling()
    for layer in (twice, once):
        layer.build(maps.shape)
    shuffle_weights(twice, generator)
    for copy in (0, 1):
        for own, both in zip(once.weights, twice.weights, strict=True):
            own.assign(both[copy::2])
        close(once(maps), array(twice(maps))[..., copy::2])
    assert twice.compute_output_shape((None, 5, 4, 3)) == (None, 2, 2, 6)


def test_a_fully_connected_layer_is_a_matrix_and_a_bias(generator):
    x = normal(generator, 4, 7)
    layer = FullyConnected(3)
    layer.build(x.shape)
    shuffle_weights(layer, generator)
    close(layer(x), layers.squash(x @ array(layer.kernel) + array(layer.bias)))


# --- The output ---


def test_the_output_is_the_squared_distance_to_each_bitmap(generator):
    x = normal(generator, 5, 84)
    layer = EuclideanRBF()
    close(
        layer(x), [[((row - bitmap) ** 2).sum() for bitmap in np.array(paper.RBF_CENTRES)] for row in x], 1e-4
    )
    close(layer(np.array(paper.RBF_CENTRES)).numpy().diagonal(), np.zeros(10))
    assert layer.trainable_weights == [] and layer.centres.shape == (10, 84)


def test_the_centres_may_be_others_and_trained(generator):
    centres = normal(generator, 3, 5)
    layer = EuclideanRBF(centres, trainable=True)
    close(layer(centres[:1])[0, 0], 0)
    assert [weight.name for weight in layer.trainable_weights] == ["centres"]


# --- Fresh weights ---


@pytest.mark.parametrize(
    ("kind", "bound"), [("published", 2.4 / 50), ("lush", 50**-0.5), ("default", 50**-0.5)]
)
def test_fresh_weights_fill_their_range(kind, bound):
    weights = array(FanIn(kind, 50, seed=1)((50, 400)))
    assert 0.99 * bound < weights.max() <= bound and -bound <= weights.min() < -0.99 * bound
    assert abs(weights.mean()) < 0.02 * bound


def test_he_weights_have_the_variance_of_their_rule():
    assert array(FanIn("he", 50, seed=1)((50, 400))).var() == pytest.approx(2 / 50, rel=0.05)


def test_each_map_has_the_range_of_its_own_fan_in():
    layer = Convolution(16, paper.C3_TABLE, initializer="published")
    layer.build((None, 14, 14, 6))
    kernel, bias = (np.abs(array(weight)) for weight in layer.weights)
    for read, maps, connections in (
        (3, range(6), range(18)),
        (4, range(6, 15), range(18, 54)),
        (6, [15], range(54, 60)),
    ):
        bound = 2.4 / (25 * read)
        assert 0.98 * bound < kernel[..., connections].max() <= bound
        assert 0 < bias[maps].max() <= bound


def test_biases_and_coefficients_start_as_the_rule_says():
    starts = {}
    for initializer in initializers.INITIALIZERS:
        layer = Subsampling(initializer=initializer)
        layer.build((None, 8, 8, 200))
        starts[initializer] = [array(weight) for weight in layer.weights]
    for initializer, coefficient in initializers.COEFFICIENTS.items():
        assert set(starts[initializer][0]) == {np.float32(coefficient)} and not starts[initializer][1].any()
    assert initializers.COEFFICIENTS["lush"] == 1 / np.sqrt(4)
    for drawn in starts["published"]:
        assert 0.95 * 0.6 < np.abs(drawn).max() <= 0.6 and drawn.min() < 0 < drawn.max()


def test_a_seed_draws_the_same_weights_again():
    assert np.array_equal(FanIn("lush", 4, seed=3)((5,)), FanIn("lush", 4, seed=3)((5,)))
    assert not np.array_equal(FanIn("lush", 4)((5,)), FanIn("lush", 4)((5,)))
    again = FanIn.from_config(FanIn("published", [4, 9], seed=3).get_config())
    assert np.array_equal(again((5, 2)), FanIn("published", [4, 9], seed=3)((5, 2)))


# --- Curvatures ---


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: Convolution(3, kernel_size=2), (2, 4, 3, 2)),
        (lambda: Convolution(4, TABLE, kernel_size=2), (2, 3, 4, 3)),
        (lambda: Convolution(2, kernel_size=2, activation=None), (2, 3, 3, 2)),
        (lambda: Subsampling(), (2, 4, 6, 2)),
        (lambda: Subsampling(), (2, 5, 3, 2)),
        (lambda: Subsampling(depth_multiplier=2), (2, 4, 5, 3)),
        (lambda: FullyConnected(4), (3, 5)),
        (lambda: FullyConnected(4, activation=None), (3, 5)),
    ],
    ids=[
        "full",
        "table",
        "preactivation",
        "even",
        "odd",
        "multiplied",
        "connected",
        "connected, preactivation",
    ],
)
def test_a_curvature_goes_down_by_the_squares_of_the_layers_derivatives(layer, shape, generator):
    """ΣJ² times the curvature above, J by automatic differentiation: each output reads a weight once only."""
    layer, inputs = layer(), tf.constant(normal(generator, *shape))
    layer.build(shape)
    shuffle_weights(layer, generator)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
    upstream = generator.uniform(0.1, 2, outputs.shape).astype("float32")
    down, of_weights = layer.curvature(inputs, upstream)
    variables = [inputs, *(weight.value for weight in layer.trainable_weights)]
    for ours, variable in zip([down, *of_weights], variables, strict=True):
        jacobian = tape.jacobian(outputs, variable, experimental_use_pfor=False).numpy()
        wanted = np.tensordot(upstream, jacobian**2, axes=upstream.ndim)
        assert ours.shape == variable.shape
        close(ours, wanted, 1e-4)


# --- To disk and back ---


def test_layers_are_saved_with_all_their_settings(tmp_path, generator):
    model = keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            Convolution(3, ((0,), (1,), (0, 1)), kernel_size=2, initializer="he", name="C"),
            Subsampling(depth_multiplier=2, initializer="published", name="S"),
            keras.layers.Flatten(),
            FullyConnected(5, activation=None, initializer="published", name="F"),
            EuclideanRBF(normal(generator, 3, 5), trainable=True, name="output"),
        ]
    )
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    pictures = normal(generator, 2, 9, 9, 2)
    close(again(pictures), model(pictures), 0)
    assert [layer.get_config() for layer in again.layers] == [layer.get_config() for layer in model.layers]
    assert len(again.trainable_weights) == len(model.trainable_weights) == 7
    assert (again.get_layer("C").kernel_size, again.get_layer("S").depth_multiplier) == (2, 2)
    assert again.get_layer("F").activation is None and again.get_layer("F").initializer == "published"


# --- What does not fit ---


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: FanIn("glorot", 4),
            r"'glorot' is unknown; choose one of \('published', 'lush', 'default', 'he'\)",
        ),
        (lambda: Convolution(6, initializer="glorot"), "'glorot' is unknown"),
        (lambda: Subsampling(initializer="glorot"), "'glorot' is unknown"),
        (lambda: Convolution(16, TABLE), "table has 4 rows; a layer of 16 filters"),
        (
            lambda: Convolution(4, TABLE).build((None, 14, 14, 2)),
            "names channel 2, but the input has 2 channels",
        ),
        (lambda: EuclideanRBF().build((None, 80)), "have 84 cells, the layer below 80 units"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
