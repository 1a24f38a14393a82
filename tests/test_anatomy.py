"""Layer tables against the paper, against Keras' own counts, and against what gradients say."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from lenet_utils import paper
from lenet_utils.anatomy import feature_maps, layer_table, receptive_box
from lenet_utils.models import alexnet_cifar10, lenet1, lenet4, lenet5, lenet5_1998


@pytest.fixture(scope="module")
def table():
    return layer_table(lenet5())


def test_sizes_are_the_papers(table):
    assert list(table.index) == [layer.name for layer in paper.LENET5]
    for layer in paper.LENET5:
        row = table.loc[layer.name]
        assert (row.maps, row.height, row.width) == (layer.maps, layer.side, layer.side)


def test_counts_are_the_papers_where_the_layer_is(table):
    for layer in paper.LENET5:
        if layer.name in ("C1", "C5", "F6"):
            assert table.parameters[layer.name] == layer.parameters
            assert table.connections[layer.name] == layer.connections


def test_totals(table):
    assert table.attrs["totals"] == {
        "parameters": 61_706,
        "connections": 429_342,
        "multiply_adds": 416_520,
    }
    assert table.attrs["input_shape"] == (32, 32, 1)
    assert lenet5().count_params() == 61_706


def test_todays_network_differs_from_the_papers_by_1706_parameters(table):
    published = {layer.name: layer.parameters for layer in paper.LENET5}
    difference = {name: table.parameters[name] - published[name] for name in published}
    assert difference == {"C1": 0, "S2": -12, "C3": 900, "S4": -32, "C5": 0, "F6": 0, "output": 850}


def assert_layer_by_layer(table, layers):
    assert list(table.index) == [layer.name for layer in layers]
    for layer, row in zip(layers, table.itertuples(), strict=True):
        assert (row.kind, row.maps, row.height, row.width) == (layer.kind, layer.maps, layer.side, layer.side)
        assert (row.parameters, row.connections) == (layer.parameters, layer.connections)


def test_the_network_of_1998_is_the_papers_layer_by_layer():
    table = layer_table(lenet5_1998())
    assert_layer_by_layer(table, paper.LENET5)
    assert table.attrs["totals"]["parameters"] == paper.TRAINABLE_PARAMETERS
    assert table.attrs["totals"]["connections"] == paper.CONNECTIONS
    assert list(table.receptive_field) == [5, 6, 14, 16, 32, 32, 32]
    assert list(table.jump) == [1, 2, 2, 4, 4, 4, 4]


def test_lenet1_is_its_papers_layer_by_layer():
    table = layer_table(lenet1())
    assert_layer_by_layer(table, paper.LENET1)
    assert table.attrs["totals"]["parameters"] == paper.LENET1_TOTAL_PARAMETERS
    assert table.attrs["totals"]["connections"] == paper.LENET1_TOTAL_CONNECTIONS
    assert list(table.receptive_field) == [5, 6, 14, 16, 28]


def test_lenet4_has_the_papers_maps_and_its_connections():
    table = layer_table(lenet4())
    assert tuple(table.maps) == paper.LENET4_MAPS
    assert list(table.height) == [28, 14, 10, 5, 1, 1]
    totals = table.attrs["totals"]
    assert (totals["parameters"], totals["connections"]) == (50_698, 262_306)
    assert totals["connections"] == pytest.approx(paper.LENET4_CONNECTIONS, rel=0.01)
    assert table.parameters["C5"] == 48_120 > paper.LENET4_PARAMETERS


def test_larger_pictures_give_the_network_of_1998_a_field_of_answers():
    table = layer_table(lenet5_1998(input_shape=(40, 48, 1)))
    assert table.loc["output", ["height", "width", "maps"]].tolist() == [3, 5, 10]
    assert table.attrs["totals"]["parameters"] == paper.TRAINABLE_PARAMETERS
    for name in ("F6", "output"):
        one = {layer.name: layer.connections for layer in paper.LENET5}[name]
        assert table.connections[name] == 3 * 5 * one


def test_receptive_fields(table):
    assert list(table.receptive_field) == [5, 6, 14, 16, 32, 32, 32]
    assert list(table.jump) == [1, 2, 2, 4, 4, 4, 4]


@pytest.mark.parametrize(
    "model",
    [
        lambda: lenet5(pooling="max"),
        lambda: lenet5(input_shape=(48, 40, 3), classes=7),
        alexnet_cifar10,
        lenet1,
        lenet4,
    ],
)
def test_parameters_are_those_that_keras_counts(model):
    model = model()
    table = layer_table(model)
    assert table.attrs["totals"]["parameters"] == model.count_params()
    for name, row in table.iterrows():
        assert row.parameters == model.get_layer(name).count_params()


def test_max_pooling_is_named():
    assert layer_table(lenet5(pooling="max")).kind["S2"] == "max pooling 2×2"


def test_a_field_that_is_not_square_is_a_pair():
    table = layer_table(lenet5(input_shape=(48, 40, 1)))
    assert table.receptive_field["F6"] == (48, 40)
    assert table.receptive_field["C5"] == 32


def test_alexnet_gets_no_row_for_dropout_or_flatten():
    table = layer_table(alexnet_cifar10())
    assert "dropout6" not in table.index and "flatten" not in table.index
    assert table.loc["conv2", ["height", "width", "maps"]].tolist() == [15, 15, 256]
    assert table.connections["conv1"] == 30 * 30 * 96 * (27 + 1)


def various():
    return keras.Sequential(
        [
            keras.Input((23, 20, 2)),
            layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="strided"),
            layers.BatchNormalization(name="norm"),
            layers.Activation("relu"),
            layers.ZeroPadding2D(1),
            layers.Conv2D(6, 3, dilation_rate=2, groups=2, name="dilated"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(3, name="output"),
        ]
    )


def test_strides_groups_dilation_and_normalisation():
    table = layer_table(various())
    assert table.connections["strided"] == 12 * 10 * 4 * 9 * 2
    assert table.parameters["norm"] == 8  # the moving averages are not trained
    assert table.multiply_adds["dilated"] == 10 * 8 * 6 * 9 * 2
    assert table.receptive_field["dilated"] == 3 + 2 * 4
    assert table.kind["mean"] == "global average pooling"
    assert table.connections["mean"] == 10 * 8 * 6


@pytest.mark.parametrize("layer", ["strided", "dilated"])
def test_receptive_boxes_are_where_gradients_come_from(layer):
    model = various()
    for row, column in ((0, 0), (4, 3), (7, 6)):
        box = receptive_box(model, layer, row, column)
        part = keras.Model(model.inputs[0], model.get_layer(layer).output)
        pictures = tf.constant(np.random.default_rng(1).normal(size=(64, 23, 20, 2)), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            answer = tf.reduce_sum(part(pictures)[:, row, column])
        seen = np.abs(tape.gradient(answer, pictures)).max(axis=(0, 3)) > 0
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        top, left, height, width = box
        assert top <= rows[0] and rows[-1] < top + height
        assert left <= columns[0] and columns[-1] < left + width
        if (row, column) == (4, 3):  # far from every edge the box is tight; at an edge a tap may meet padding
            assert (rows[0], rows[-1] + 1 - top) == (top, height)
            assert (columns[0], columns[-1] + 1 - left) == (left, width)


def test_receptive_box_of_lenet():
    assert receptive_box(lenet5(), "C3", 2, 3) == (4, 6, 14, 14)
    with pytest.raises(ValueError, match="10×10 units"):
        receptive_box(lenet5(), "C3", 10, 0)
    with pytest.raises(ValueError, match="it has C1, S2"):
        receptive_box(lenet5(), "C9", 0, 0)


def test_an_open_input_size_can_be_named():
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(6, 5, name="C1")])
    with pytest.raises(ValueError, match="input_shape="):
        layer_table(model)
    assert layer_table(model, (40, 64, 1)).loc["C1", ["height", "width"]].tolist() == [36, 60]


def test_an_input_size_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="F6 has weights for 120 inputs"):
        layer_table(lenet5(), (40, 40, 1))


def test_a_model_without_sizes_is_refused():
    with pytest.raises(ValueError, match="not built"):
        layer_table(keras.Sequential([layers.Conv2D(6, 5)]))


def test_a_model_that_branches_is_refused():
    inputs = keras.Input((8, 8, 1))
    one, other = layers.Conv2D(2, 3, name="one")(inputs), layers.Conv2D(2, 3, name="other")(inputs)
    with pytest.raises(ValueError, match="no chain"):
        layer_table(keras.Model(inputs, layers.Add()([one, other])))


def test_a_functional_chain_is_read():
    inputs = keras.Input((8, 8, 1))
    outputs = layers.Dense(2, name="b")(layers.Flatten()(layers.Conv2D(2, 3, name="a")(inputs)))
    table = layer_table(keras.Model(inputs, outputs))
    assert list(table.index) == ["a", "b"]
    assert table.receptive_field["b"] == 8


def test_an_unknown_layer_is_refused_and_told_how_to_describe_itself():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2DTranspose(2, 3, name="up")])
    with pytest.raises(ValueError, match=r"up, a Conv2DTranspose.*anatomy"):
        layer_table(model)


class Twice(layers.Layer):
    def call(self, maps):
        return maps[:, ::2, ::2]

    def anatomy(self, input_shape, output_shape):
        units = int(np.prod(output_shape[1:]))
        return {"kind": "every second", "connections": units, "multiply_adds": 0, "stride": (2, 2)}


def test_a_layer_may_describe_itself():
    model = keras.Sequential([keras.Input((9, 9, 1)), Twice(name="twice"), layers.Conv2D(1, 3, name="C")])
    table = layer_table(model)
    assert table.loc["twice", ["kind", "height", "connections", "jump"]].tolist() == [
        "every second",
        5,
        25,
        2,
    ]
    assert table.receptive_field["C"] == 5


def test_feature_maps_are_the_layers_outputs():
    model = lenet5()
    pictures = np.random.default_rng(0).normal(size=(3, 32, 32, 1)).astype("float32")
    maps = feature_maps(model, pictures)
    assert list(maps) == ["input", *layer_table(model).index]
    assert maps["C3"].shape == (3, 10, 10, 16) and maps["F6"].shape == (3, 84)
    assert np.allclose(maps["output"], model.predict(pictures, verbose=0), atol=1e-5)
