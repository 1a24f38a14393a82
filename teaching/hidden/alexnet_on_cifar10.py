"""What the autograder asks beyond the checks of the chapter *alexnet-on-cifar10*: other cases, under the same names."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close


def _fresh():
    return np.random.default_rng()


@exercise(asks="in layers of any size")
def check_parameters(convolution_parameters, dense_parameters, parameters_of_fc6, class_number) -> None:
    """Random layers, AlexNet's of 2012 among them; the class's picture followed through the layers."""
    generator = _fresh()
    for maps_in, maps_out, kernel in [(3, 96, 11), (1, 1, 1), *generator.integers(1, 400, (20, 3)).tolist()]:
        one_map = kernel * kernel * maps_in + 1
        found = attempt(convolution_parameters, maps_in, maps_out, kernel)
        expect(
            found == maps_out * one_map,
            f"a {kernel}×{kernel} convolution, {maps_in} to {maps_out} maps, is off.",
        )
    for units_in, units_out in [(9216, 4096), (1, 1), *generator.integers(1, 5_000, (20, 2)).tolist()]:
        found = attempt(dense_parameters, units_in, units_out)
        expect(
            found == units_in * units_out + units_out, f"a layer from {units_in} to {units_out} units is off."
        )
    side = 32 + 8 * (class_number % 100)
    side -= 2  # conv1, without padding
    for _pooling in range(3):
        side = len(range(0, side - 1, 2))
    wanted = 4096 * (256 * side * side) + 4096
    expect(attempt(parameters_of_fc6) == wanted, "that is not fc6's number for your class's pictures.")


@exercise(asks="on any numbers")
def check_dropout(answer) -> None:
    """Numbers of either sign in one axis and in four, no dropout at all, and the same generator twice."""
    generator = _fresh()
    for shape in ((20_000,), (8, 10, 10, 20)):
        x = generator.normal(size=shape)
        for rate in (0.0, 0.1, 0.75):
            given, seed = x.copy(), int(generator.integers(1 << 30))
            dropped = np.asarray(attempt(answer, given, rate, np.random.default_rng(seed)))
            expect(np.array_equal(given, x), "it changes the numbers that it was given.")
            expect(dropped.shape == shape, f"the shape is {dropped.shape}, it should stay {shape}.")
            silent = dropped == 0
            expect(abs(silent.mean() - rate) < 0.03, f"at a rate of {rate} {silent.mean():.0%} are silent.")
            expect_close(
                dropped, np.where(silent, 0, x / (1 - rate)), "the survivors are not x / (1 − rate)."
            )
            again = attempt(answer, given, rate, np.random.default_rng(seed))
            expect_close(again, dropped, "the same generator, started anew, silences others.")
    expect(attempt(answer, x, 0.5, np.random.default_rng(1)) is not x, "it hands the input itself back.")


@exercise(asks="other maps")
def check_overlapping_pooling(answer) -> None:
    """The smallest map, oblong ones, values below zero, whole numbers; window by window."""
    generator = _fresh()
    for shape in ((3, 3), (4, 3), (5, 12), (21, 6), (32, 32)):
        for feature_map in (-1 - generator.random(shape), generator.integers(-9, 9, shape)):
            given = feature_map.copy()
            value = attempt(answer, given)
            expect(np.array_equal(given, feature_map), "it changes the map that it was given.")
            wanted = np.empty([(side - 1) // 2 for side in shape])
            for row, column in np.ndindex(wanted.shape):
                window = feature_map[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
                wanted[row, column] = max(window.ravel().tolist())
            expect_close(value, wanted, f"a map of shape {shape} comes out wrong.")


@exercise(asks="layer by layer")
def check_signal_survives(answer) -> None:
    """Each kernel's variance is He's, two inputs' worth; the biases are 0, the layers AlexNet's."""
    import keras

    from lenet_utils.models import alexnet_cifar10

    model = attempt(answer)
    expect(isinstance(model, keras.Model), "the function should return a Keras model.")
    kinds = [[type(layer).__name__ for layer in network.layers] for network in (model, alexnet_cifar10())]
    expect(kinds[0] == kinds[1], "its layers are not those of alexnet_cifar10().")
    with_kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
    for layer in with_kernels[:-1]:
        kernel = np.asarray(layer.kernel)
        variance = float(kernel.var()) * np.prod(kernel.shape[:-1])
        expect(
            abs(variance - 2) < 0.2,
            f"{layer.name}: its kernel's variance, times the inputs of a unit, is {variance:.2f}.",
        )
        expect(not np.asarray(layer.bias).any(), f"the biases of {layer.name} do not start at 0.")
    probabilities = np.asarray(model(_fresh().random((2, 32, 32, 3)).astype("float32")))
    expect_close(probabilities.sum(axis=1), np.ones(2), "it does not answer with probabilities.")


@exercise(asks="each from its own")
def check_mirror_and_shift(answer) -> None:
    """Pictures that differ, of one colour and of three, shifted not at all and far; the limit left out is 4."""
    generator = _fresh()
    for most, side, colours in ((0, 5, 3), (1, 6, 1), (3, 7, 3), (None, 9, 1)):
        pictures = generator.integers(1, 1 << 20, (300, side, side, colours)).astype("float64")
        given, seed = pictures.copy(), int(generator.integers(1 << 30))
        limit = () if most is None else (most,)
        made = np.asarray(attempt(answer, given, np.random.default_rng(seed), *limit))
        expect(np.array_equal(given, pictures), "it changes the pictures that it was given.")
        expect(made.shape == pictures.shape, f"the shape is {made.shape}, it should stay {pictures.shape}.")
        again = attempt(answer, given, np.random.default_rng(seed), *limit)
        expect(np.array_equal(made, again), "the same generator, started anew, makes other pictures.")
        most = 4 if most is None else most
        found = set()
        for picture, result in zip(pictures, made, strict=True):
            both = np.pad([picture, picture[:, ::-1]], ((0, 0), (most, most), (most, most), (0, 0)))
            cuts = {
                one[y : y + side, x : x + side].tobytes(): (turned, y, x)
                for turned, one in enumerate(both)
                for y in range(2 * most + 1)
                for x in range(2 * most + 1)
            }
            found.add(cuts.get(result.astype("float64").tobytes()))
        expect(None not in found, f"a result is not its own picture, shifted by at most {most}.")
        seen = [{case[axis] for case in found} for axis in range(3)]
        expect(
            [len(values) for values in seen] == [2, 2 * most + 1, 2 * most + 1],
            f"of 300 pictures none was mirrored, or none shifted by each step up to {most}.",
        )
