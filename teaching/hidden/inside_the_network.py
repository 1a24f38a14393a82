"""What the autograder asks beyond the checks of the chapter *inside-the-network*: other cases, under the same names."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close
from lenet_utils.checks.inside_the_network import pixel_of_class


def _fresh():
    return np.random.default_rng()


@exercise(asks="pixel by pixel")
def check_field_of_s4(answer, units, class_number) -> None:
    """Every unit, walked back to its pixels through S4, C3, S2 and C1; and the units that meet the class's pixel."""
    pixels = {}
    for unit in range(5):
        places = {unit}
        for stride, window in ((2, 2), (1, 5), (2, 2), (1, 5)):
            places = {stride * place + step for place in places for step in range(window)}
        pixels[unit] = sorted(places)
    for i in range(5):
        for j in range(5):
            found = tuple(attempt(part) for part in attempt(answer, i, j))
            wanted = pixels[i][0], pixels[j][0], len(pixels[i])
            expect(found == wanted, f"the field of unit ({i}, {j}) is not {found}.")
    row, column = pixel_of_class(class_number)
    seeing = {(i, j) for i in range(5) for j in range(5) if row in pixels[i] and column in pixels[j]}
    given = {tuple(np.asarray(pair).tolist()) for pair in attempt(units)}
    expect(given == seeing, f"these are not the units that see the pixel at ({row}, {column}).")


@exercise(asks="other pictures and scores")
def check_keyhole_map(answer) -> None:
    """Keyholes of one pixel and of the whole picture, a score that is no sum, colours, and the stub's defaults."""
    generator = _fresh()
    cases = [((6, 9, 1), 1), ((5, 5, 1), 5), ((8, 3, 1), 2), ((7, 6, 3), 4), ((13, 15, 1), None)]
    for shape, side in cases:
        picture = generator.normal(size=shape).astype("float32")
        background = -0.1 if side is None else float(np.float32(generator.normal()))
        weights = generator.normal(size=shape)

        def score(pictures, weights=weights):
            return np.tanh((np.asarray(pictures) ** 2 * weights).sum(axis=(1, 2, 3)))

        given = picture.copy()
        value = attempt(answer, score, given, *(() if side is None else (side, background)))
        expect(np.array_equal(given, picture), "it changes the picture that it was given.")
        side = side or 10
        wanted = np.empty((shape[0] - side + 1, shape[1] - side + 1))
        for i, j in np.ndindex(wanted.shape):
            view = np.full(shape, background)
            view[i : i + side, j : j + side] = picture[i : i + side, j : j + side]
            wanted[i, j] = score(view[None])[0]
        expect_close(
            value,
            wanted,
            f"for a picture of shape {shape} and a keyhole of {side} the map is off.",
            tolerance=1e-4,
        )


@exercise(asks="of a wave")
def check_integrated_gradients(answer) -> None:
    """One step and two are sums of one gradient and two; many are an integral that is known; nothing is changed."""
    generator = _fresh()
    for shape in ((4,), (3, 5), (6, 6, 1)):
        weights, picture, baseline = generator.normal(size=(3, *shape))

        def gradient(z, weights=weights):
            return weights * np.cos((weights * z).sum())

        way, given = picture - baseline, (picture.copy(), baseline.copy())
        middle = attempt(answer, gradient, *given, 1)
        expect_close(middle, way * gradient(baseline + way / 2), "one step has its gradient in the middle.")
        quarters = gradient(baseline + way / 4) + gradient(baseline + 3 * way / 4)
        twice = attempt(answer, gradient, *given, 2)
        expect_close(twice, way * quarters / 2, "two steps have theirs at a quarter and at three.")
        start, end = (weights * baseline).sum(), (weights * picture).sum()
        wanted = way * weights * (np.sin(end) - np.sin(start)) / (end - start)
        many = attempt(answer, gradient, *given, 1_000)
        expect_close(many, wanted, "many steps do not come near to the integral.", tolerance=1e-3)
        same = np.array_equal(given[0], picture) and np.array_equal(given[1], baseline)
        expect(same, "it changes the picture or the baseline that it was given.")


@exercise(asks="that answers as the large one")
def check_remove_units(answer) -> None:
    """The large network, whose removed units say nothing but their means, and the small one: all kept, some, none."""
    generator = _fresh()
    for inputs, units, outputs, share in ((3, 5, 2, 1.0), (120, 84, 10, 0.3), (6, 8, 4, 0.6), (4, 7, 3, 0.0)):
        kernel, next_kernel = generator.normal(size=(inputs, units)), generator.normal(size=(units, outputs))
        bias, next_bias = generator.normal(size=units), generator.normal(size=outputs)
        means = generator.uniform(0, 3, units)
        keep = generator.random(units) < share
        arrays = kernel, bias, next_kernel, next_bias, means, keep
        given = [array.copy() for array in arrays]
        small = [np.asarray(array) for array in attempt(answer, *given)]
        expect(all(map(np.array_equal, given, arrays)), "it changes the arrays that it was given.")
        left = int(keep.sum())
        shapes = [(inputs, left), (left,), (left, outputs), (outputs,)]
        expect(
            [array.shape for array in small] == shapes, f"with {left} of {units} units left a shape is wrong."
        )
        x = generator.normal(size=(9, inputs))
        large = np.where(keep, np.maximum(x @ kernel + bias, 0), means) @ next_kernel + next_bias
        found = np.maximum(x @ small[0] + small[1], 0) @ small[2] + small[3]
        expect_close(found, large, f"with {left} of {units} units left it answers otherwise.")
