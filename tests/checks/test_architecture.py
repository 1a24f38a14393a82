"""The checks of the chapter *architecture*: right answers, typical mistakes, nonsense."""

import keras
import numpy as np
from keras import layers

from lenet_utils import paper
from lenet_utils.checks import architecture as checks
from lenet_utils.models import lenet5


def test_input_side(capsys):
    assert checks.check_input_side(lambda n: 4 * (n - 1) + 32) is True
    for wrong, hint in (
        (lambda n: 32 * n, "overlap"),
        (lambda n: 4 * n + 27, "today's 32"),
        (lambda n: 31 + n, "layer by layer"),
        (lambda n: [4 * n + 28], "one number"),
    ):
        assert checks.check_input_side(wrong) is False
        assert hint in capsys.readouterr().out


def count(side, maps_in, maps_out, kernel):
    parameters = maps_out * (maps_in * kernel**2 + 1)
    return parameters, parameters * (side - kernel + 1) ** 2


CLASS = 2027
CONNECTIONS_OF_C3 = sum(2_500 * len(seen) + 100 for seen in checks.table_of_class(CLASS))


def test_a_class_has_a_table_of_its_own():
    """The very numbers: a student's machine and the one that grades must draw the same table."""
    table = checks.table_of_class(CLASS)
    assert table[:3] == [(4,), (5,), (1, 3, 5)]
    assert {source for seen in table for source in seen} == set(range(6))
    assert checks.table_of_class(CLASS + 1) != table


def test_count_convolution(capsys):
    assert checks.check_count_convolution(count, CONNECTIONS_OF_C3, CLASS) is True
    assert checks.check_count_convolution(lambda *arguments: (..., ...), ..., CLASS) is None
    table = checks.table_of_class(CLASS)
    for wrong, hint in (
        (..., "Now count C3"),
        (CONNECTIONS_OF_C3 // 100, "those are C3's parameters"),
        (CONNECTIONS_OF_C3 - 100 * len(table), "biases, too"),
        (15_100 * len(table), "not every map sees all six"),
        ([CONNECTIONS_OF_C3], "one number"),
        (151_600, "table of class 2027"),
    ):
        assert checks.check_count_convolution(count, wrong, CLASS) is False
        assert hint in capsys.readouterr().out

    def places(side, kernel):
        return (side - kernel + 1) ** 2

    for wrong, hint in (
        (lambda s, i, o, k: (o * i * k * k, 0), "has a bias"),
        (lambda s, i, o, k: (o * (k * k + 1), 0), "*all* the maps"),
        (lambda s, i, o, k: (o * i * k * k + o * places(s, k), 0), "shared"),
        (lambda s, i, o, k: (count(s, i, o, k)[0], count(s, i, o, k)[0] * s * s), "no padding"),
        (lambda s, i, o, k: (count(s, i, o, k)[0], o * i * k * k * places(s, k)), "a bias brings"),
        (lambda s, i, o, k: count(s, i, o, k)[0], "two numbers"),
    ):
        assert checks.check_count_convolution(wrong, CONNECTIONS_OF_C3, CLASS) is False
        assert hint in capsys.readouterr().out


def test_padding_connections_agrees_with_a_convolution_of_ones():
    def answer(side, kernel, maps):
        ones = np.ones((1, side, side, 1), "float32")
        real = keras.ops.conv(ones, np.ones((kernel, kernel, 1, 1), "float32"), padding="same")
        return maps * ((side * kernel) ** 2 - int(np.asarray(real).sum()))

    assert checks.check_padding_connections(answer) is True


def test_padding_connections(capsys):
    def outside(side, kernel):
        return (kernel // 2) * (kernel // 2 + 1)

    def real(side, kernel):
        return (side * kernel - outside(side, kernel)) ** 2

    for wrong, hint in (
        (lambda s, k, m: m * real(s, k), "do bring a pixel"),
        (lambda s, k, m: (s * k) ** 2 - real(s, k), "all the maps"),
        (lambda s, k, m: m * 2 * outside(s, k) * s * k, "twice"),
        (lambda s, k, m: 0, "one axis first"),
    ):
        assert checks.check_padding_connections(wrong) is False
        assert hint in capsys.readouterr().out


def small(maps=((6, 6), (16, 16), (32, 120)), kernel=3, padding="valid", dilation=1):
    model = keras.Sequential([keras.Input((32, 32, 1))])
    for first, second in maps:
        model.add(layers.Conv2D(first, kernel, padding=padding, dilation_rate=dilation))
        model.add(layers.Conv2D(second, kernel, padding=padding))
        if second != maps[-1][1]:
            model.add(layers.AveragePooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dense(84))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def test_small_kernels(capsys):
    assert checks.check_small_kernels(small) is True
    assert checks.check_small_kernels(small()) is True
    for wrong, hint in (
        (lenet5, "3×3 is the largest"),
        (lambda: small(maps=((6, 6), (16, 16), (120, 120))), "fewer"),
        (lambda: small(maps=((6, 6), (16, 16))), "not 32"),
        (lambda: small(padding="same"), "Leave out the padding"),
        (lambda: small(maps=((6, 6), (16, 120)), dilation=2), "dilated"),
    ):
        assert checks.check_small_kernels(wrong) is False
        said = capsys.readouterr().out
        assert hint in said or (hint == "fewer" and "parameters" in said)


def squash(a):
    return 1.7159 * keras.ops.tanh(2 * a / 3)


class Subsampling(layers.Layer):
    order = np.ones(4, "float32")

    def build(self, shape):
        self.coefficient = self.add_weight(shape=(shape[-1],), initializer="ones")
        self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros")

    def call(self, maps):
        corners = [maps[:, i::2, j::2] * w for (i, j), w in zip(np.ndindex(2, 2), self.order, strict=True)]
        return squash(self.coefficient * sum(corners) + self.bias)

    def anatomy(self, input_shape, output_shape):
        units = int(np.prod(output_shape[1:]))
        facts = {"kind": "subsampling", "connections": 5 * units, "multiply_adds": units}
        return {**facts, "window": (2, 2), "stride": (2, 2)}


class LopsidedSubsampling(Subsampling):
    order = np.array([4, 0, 0, 0], "float32")


class TableConvolution(layers.Layer):
    def __init__(self, table, **named):
        super().__init__(**named)
        self.table = table

    def build(self, shape):
        self.kernels = [self.add_weight(shape=(5, 5, len(seen), 1)) for seen in self.table]
        self.bias = self.add_weight(shape=(16,), initializer="zeros")

    def call(self, maps):
        picked = [keras.ops.take(maps, seen, axis=-1) for seen in self.table]
        sums = [keras.ops.conv(*pair) for pair in zip(picked, self.kernels, strict=True)]
        return squash(keras.ops.concatenate(sums, axis=-1) + self.bias)

    def anatomy(self, input_shape, output_shape):
        weights = 25 * sum(map(len, self.table))
        facts = {"kind": "convolution", "connections": 100 * (weights + 16), "multiply_adds": 100 * weights}
        return {**facts, "window": (5, 5)}


class Distances(layers.Layer):
    power = 2

    def __init__(self, codes, **named):
        super().__init__(**named)
        self.codes = np.asarray(codes, "float32")

    def call(self, units):
        return keras.ops.sum(keras.ops.abs(units[:, None] - self.codes) ** self.power, axis=-1)

    def anatomy(self, input_shape, output_shape):
        return {"kind": "RBF", "connections": 840, "multiply_adds": 840}


class CityBlockDistances(Distances):
    power = 1


class Scores(Distances):
    def call(self, units):
        return units @ self.codes.T


GLYPHS = np.array([[list(row) for row in glyph] for glyph in paper.RBF_BITMAPS])
CODES = np.where(GLYPHS == "#", 1, -1).reshape(10, 84)


def network(subsampling=Subsampling, table=paper.C3_TABLE, output=Distances):
    return keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation=squash, name="C1"),
            subsampling(name="S2"),
            TableConvolution(table, name="C3"),
            subsampling(name="S4"),
            layers.Conv2D(120, 5, activation=squash, name="C5"),
            layers.Flatten(),
            layers.Dense(84, activation=squash, name="F6"),
            output(CODES, name="output"),
        ]
    )


def test_network_of_1998(capsys):
    assert checks.check_network_of_1998(network) is True
    capsys.readouterr()
    rotated = (*paper.C3_TABLE[1:6], paper.C3_TABLE[0], *paper.C3_TABLE[6:])
    for wrong, hint in (
        (lenet5, "S2 has 0 parameters, in the paper 12"),
        (lambda: small(), "no layer is called C1"),
        (lambda: network(table=rotated), "Table I says otherwise"),
        (lambda: network(subsampling=LopsidedSubsampling), "it adds them"),
        (lambda: network(output=CityBlockDistances), "not squared"),
        (lambda: network(output=Scores), "should be 0"),
    ):
        assert checks.check_network_of_1998(wrong) is False
        assert hint in capsys.readouterr().out
