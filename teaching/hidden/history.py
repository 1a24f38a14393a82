"""What the autograder asks beyond the checks of the chapter *history*: other cases, under the same names."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect


def _fresh():
    return np.random.default_rng()


@exercise(asks="weight by weight")
def check_shared_biases(answer, class_number) -> None:
    """Layer by layer: kernels and one bias for each map, then rows of weights with one bias for each unit."""
    units = 3 + class_number % 50
    h1 = sum(5 * 5 + 1 for _ in range(12))
    h2 = sum(8 * 5 * 5 + 1 for _ in range(12))
    h3 = sum(12 * 4 * 4 + 1 for _ in range(units))
    output = sum(units + 1 for _ in range(10))
    expect(
        attempt(answer) == h1 + h2 + h3 + output, f"it is another number with the {units} units of your H3."
    )


@exercise(asks="every table")
def check_kernels_in_table(answer) -> None:
    """Every table from one kernel for each map to all that there can be; the answer counts, so it is whole."""
    for kernels in range(12, 49):
        parameters = sum((4 * 26, 4 * 2, 25 * kernels + 12, 12 * 2, 10 * (12 * 4 * 4 + 1)))
        value = attempt(answer, parameters)
        expect(value == kernels, f"{parameters:,} parameters mean {kernels} kernels exactly.")


@exercise(asks="other digits")
def check_centred(answer) -> None:
    """Ink with gaps, dots in the corners, whole numbers: moved as it is, and the picture stays as it was."""
    generator = _fresh()
    pictures = []
    for row, column in ((0, 0), (0, 19), (19, 0), (19, 19), (10, 3)):
        dot = np.zeros((20, 20))
        dot[row, column] = 255
        pictures.append(dot)
    for _ in range(20):
        height, width = generator.integers(3, 14, 2)
        top, left = generator.integers(0, 21 - height), generator.integers(0, 21 - width)
        picture = np.zeros((20, 20))
        ink = generator.integers(0, 256, (height, width)) * (generator.random((height, width)) < 0.6)
        ink[height // 2, width // 2] = 200
        picture[top : top + height, left : left + width] = ink
        pictures.append(picture)
    for picture in pictures:
        given = picture.copy()
        value = np.asarray(attempt(answer, given))
        expect(np.array_equal(given, picture), "it changes the picture that it was given.")
        expect(value.shape == (28, 28), f"the result has the shape {value.shape}.")
        expect(np.array_equal(_ink(value), _ink(picture)), "the digit itself is not as it was.")
        for axis, name in ((1, "row"), (0, "column")):
            centre = np.average(np.arange(28), weights=value.sum(axis=axis))
            expect(
                abs(centre - 14) <= 0.5 + 1e-6, f"there is a digit whose middle is at {name} {centre:.2f}."
            )


def _ink(picture):
    """The smallest rectangle that holds all ink."""
    rows, columns = np.nonzero(picture)
    return picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] if len(rows) else picture


@exercise(asks="unit by unit")
def check_lenet4(answer) -> None:
    """Every size of the table, from one kernel for each map to all of 128."""
    for kernels in [16, 47, 128, *_fresh().integers(16, 129, 10).tolist()]:
        weights_of_c3 = 25 * kernels + 16
        full = 120 * (16 * 5 * 5 + 1) + 10 * (120 + 1)
        parameters = 4 * 26 + 8 * 2 + weights_of_c3 + 16 * 2 + full
        connections = 4 * 28**2 * 26 + 8 * 14**2 * 5 + 10**2 * weights_of_c3 + 16 * 5**2 * 5 + full
        found = tuple(attempt(answer, kernels))
        expect(found == (parameters, connections), f"with {kernels} kernels it is not {found}.")
