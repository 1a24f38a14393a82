"""What the autograder asks beyond the checks of the chapter *architecture*: other cases, under the same names."""

import numpy as np

from lenet_utils import paper
from lenet_utils.checks import attempt, exercise, expect
from lenet_utils.checks.architecture import table_of_class


def _fresh():
    return np.random.default_rng()


def _model(answer):
    import keras

    model = answer if isinstance(answer, keras.Model) else attempt(answer)
    expect(isinstance(model, keras.Model), "return a Keras model.")
    return model


@exercise(asks="forward again")
def check_input_side(answer) -> None:
    """From the side that is answered, forward through LeNet-5: nothing is left over, and n×n units remain."""
    for n in [3, *_fresh().integers(10, 300, 20).tolist()]:
        side = given = attempt(answer, n)
        for layer, window, halve in (("C1", 4, 2), ("C3", 4, 2), ("C5", 4, 1)):
            side = side - window
            expect(side % halve == 0, f"a picture of side {given} leaves a pixel over after {layer}.")
            side //= halve
        expect(side == n, f"a picture of side {given} gives C5 maps of {side}×{side}, not {n}×{n}.")


@exercise(asks="unit by unit")
def check_count_convolution(answer, connections_of_c3, class_number) -> None:
    """A window of one pixel, one as large as the map, LeNet-5's layers; the class's C3 counted unit by unit."""
    rows = {row.name: row for row in paper.LENET5}
    for name, side, maps_in in (("C1", 32, 1), ("C5", 5, 16)):
        wanted = rows[name].parameters, rows[name].connections
        found = tuple(attempt(part) for part in attempt(answer, side, maps_in, rows[name].maps, 5))
        expect(found == wanted, f"{name} is not the paper's.")
    for _ in range(20):
        side, maps_in, maps_out = _fresh().integers(1, 60, 3).tolist()
        for kernel in (1, side, 1 + side // 2):
            one_unit = maps_in * kernel * kernel + 1
            wanted = maps_out * one_unit, maps_out * one_unit * (side - kernel + 1) ** 2
            found = attempt(answer, side, maps_in, maps_out, kernel)
            expect(
                tuple(found) == wanted,
                f"for maps of {side}×{side}, from {maps_in} to {maps_out}, and a window of {kernel} it is off.",
            )
    units = [25 * len(seen) + 1 for seen in table_of_class(class_number) for _ in range(10 * 10)]
    expect(
        attempt(connections_of_c3) == sum(units), f"this is not C3 with the table of class {class_number}."
    )


@exercise(asks="tap by tap")
def check_padding_connections(answer) -> None:
    """Windows of one pixel, and windows wider than the picture; each tap is looked up."""
    for side, kernel, maps in ((5, 1, 3), (1, 3, 2), (2, 5, 1), (4, 7, 7), *_cases()):
        places = np.arange(side)[:, None] + np.arange(kernel) - kernel // 2
        inside = (places >= 0) & (places < side)
        wanted = maps * sum(
            int((~(down[:, None] & right)).sum()) for down in inside for right in inside
        )  # a tap is a pixel if it is one in both directions
        found = attempt(answer, side, kernel, maps)
        expect(found == wanted, f"for side {side}, kernel {kernel} and {maps} maps there are {wanted}.")


def _cases():
    generator = _fresh()
    for _ in range(5):
        # Half a window is never wider than the picture, so that one formula does for all.
        yield (
            int(generator.integers(8, 20)),
            2 * int(generator.integers(1, 4)) + 1,
            int(generator.integers(2, 9)),
        )


@exercise(asks="tried on pictures")
def check_small_kernels(answer) -> None:
    """Its weights counted one by one; the pixels in the corners reach the last convolution; ten finite outputs."""
    import keras

    model = _model(answer)
    expect(
        sum(int(np.prod(weight.shape)) for weight in model.weights) < 61_706,
        "its weights, counted one by one, are not fewer than LeNet-5's.",
    )
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    expect(len(convolutions) > 0, "there is no convolution in it.")
    pictures = _fresh().normal(size=(32, 32, 32, 1)).astype("float32")
    answers = np.asarray(model(pictures))
    expect(
        answers.shape == (32, 10) and bool(np.isfinite(answers).all()), "it does not answer with ten numbers."
    )
    expect(float(answers.std(axis=0).max()) > 0, "it answers the same to every picture.")
    last = keras.Model(model.inputs[0], convolutions[-1].output)
    before = np.asarray(last(pictures))
    expect(before.shape[1:3] == (1, 1), "the last convolution's maps are not of 1×1.")
    for row, column in ((0, 0), (0, 31), (31, 0), (31, 31)):
        other = pictures.copy()
        other[:, row, column] += 10
        expect(
            not np.array_equal(np.asarray(last(other)), before),
            f"the last convolution does not notice the pixel at ({row}, {column}).",
        )


@exercise(asks="its values")
def check_network_of_1998(answer) -> None:
    """What the paper's functions do to random values: squashing everywhere, sums, wires and squared distances."""
    import keras

    model = _model(answer)
    generator = _fresh()
    trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    expect(trained == paper.TRAINABLE_PARAMETERS, f"{trained:,} weights can be trained, not 60,000.")
    pictures = 1e4 * generator.normal(size=(4, 32, 32, 1)).astype("float32")
    started_with = model.get_weights()
    _make_large(model)  # so that every layer saturates, whatever its weights start with
    for below, above in (("C1", "S2"), ("S2", "C3"), ("C3", "S4"), ("S4", "C5"), ("F6", "output")):
        values = np.asarray(keras.Model(model.inputs[0], model.get_layer(above).input)(pictures))
        largest = float(np.abs(values).max())
        expect(largest < 1.716, f"{below} gives values up to {largest:.3g}; it should squash them.")
        expect(
            below in ("S4", "F6") or largest > 1.7, f"{below} saturates at {largest:.3g}, not at A = 1.7159."
        )
    model.set_weights(started_with)
    _subsampling_is_a_squashed_line(model.get_layer("S2"), generator)
    _wires_are_the_papers(model.get_layer("C3"), generator)
    codes = np.where(np.array([[list(row) for row in glyph] for glyph in paper.RBF_BITMAPS]) == "#", 1, -1)
    codes = codes.reshape(10, 84)
    units = generator.normal(size=(7, 84)).astype("float32")
    wanted = ((units[:, None] - codes) ** 2).sum(axis=-1)
    found = np.asarray(model.get_layer("output")(units))
    expect(
        found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-3),
        "between the bitmaps the outputs are not squared distances.",
    )


def _make_large(model) -> None:
    """Coefficients and biases of 1 in the subsampling layers, and a hundred times the weights of the others."""
    for name in ("C1", "S2", "C3", "S4", "C5", "F6"):
        layer = model.get_layer(name)
        subsampling = name.startswith("S")
        layer.set_weights([np.ones_like(w) if subsampling else 100 * w for w in layer.get_weights()])


def _subsampling_is_a_squashed_line(layer, generator) -> None:
    """Before it is squashed, a unit of S2 is a straight line in the sum of its four inputs."""
    maps = 0.05 * generator.normal(size=(1, 28, 28, 6)).astype("float32")
    lines = []
    for factor in (0, 1, 2, 3):
        values = np.asarray(layer(factor * maps), dtype=float) / paper.SQUASH_AMPLITUDE
        lines.append(np.arctanh(np.clip(values, -1 + 1e-9, 1 - 1e-9)) / paper.SQUASH_SLOPE)
    first, second, third = np.diff(lines, axis=0)
    expect(
        np.allclose(first, second, atol=1e-3) and np.allclose(second, third, atol=1e-3),
        "S2 is not A·tanh(S·(coefficient · sum + bias)).",
    )


def _wires_are_the_papers(layer, generator) -> None:
    """All maps of S2 but one are replaced; a map of C3 stays as it was where Table I gives it that one alone."""
    maps = generator.normal(size=(1, 14, 14, 6)).astype("float32")
    before = np.asarray(layer(maps))
    for target, seen in enumerate(paper.C3_TABLE):
        other = generator.normal(size=maps.shape).astype("float32")
        other[..., list(seen)] = maps[..., list(seen)]
        after = np.asarray(layer(other))
        expect(
            np.allclose(after[..., target], before[..., target], atol=1e-5),
            f"map {target} of C3 looks at maps of S2 that Table I does not give it.",
        )
        for source in seen:
            other = maps.copy()
            other[..., source] += generator.normal(size=(1, 14, 14))
            changed = np.abs(np.asarray(layer(other)) - before)[..., target].max()
            expect(changed > 1e-6, f"map {target} of C3 does not look at map {source} of S2.")
