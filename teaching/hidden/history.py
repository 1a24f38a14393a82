"""What the autograder asks beyond the checks of the chapter *history*: other cases, under the same names."""

import numpy as np

from lenet_utils.checks import as_array, as_number, as_parts, attempt, exercise, expect, expect_close, fresh
from lenet_utils.checks.history import centre_of_mass, same_ink, units_of_class


@exercise(asks="weight by weight")
def check_shared_biases(answer, class_number) -> None:
    """Layer by layer: kernels and one bias for each map, then rows of weights with one bias for each unit."""
    units = units_of_class(class_number)
    h1 = sum(5 * 5 + 1 for _ in range(12))
    h2 = sum(8 * 5 * 5 + 1 for _ in range(12))
    h3 = sum(12 * 4 * 4 + 1 for _ in range(units))
    output = sum(units + 1 for _ in range(10))
    hint = f"it is another number with the {units} units of your H3."
    expect_close(as_number(attempt(answer)), h1 + h2 + h3 + output, hint)


@exercise(asks="every table")
def check_kernels_in_table(answer) -> None:
    """Every table from one kernel for each map to all that there can be; the answer counts, so it is whole."""
    for kernels in range(12, 49):
        parameters = sum((4 * 26, 4 * 2, 25 * kernels + 12, 12 * 2, 10 * (12 * 4 * 4 + 1)))
        hint = f"{parameters:,} parameters mean {kernels} kernels exactly."
        expect_close(as_number(attempt(answer, parameters)), kernels, hint)


@exercise(asks="other digits")
def check_centred(answer) -> None:
    """Ink with gaps, dots in the corners, whole numbers from 0 to 255: moved as it is."""
    generator = fresh()
    images = []
    for row, column in ((0, 0), (0, 19), (19, 0), (19, 19), (10, 3)):
        dot = np.zeros((20, 20), dtype=np.uint8)
        dot[row, column] = 255
        images.append(dot)
    for _ in range(20):
        height, width = generator.integers(3, 14, 2)
        top, left = generator.integers(0, 21 - height), generator.integers(0, 21 - width)
        ink = generator.integers(0, 256, (height, width)) * (generator.random((height, width)) < 0.6)
        ink[height // 2, width // 2] = 200
        image = np.zeros((20, 20), dtype=np.uint8)
        image[top : top + height, left : left + width] = ink
        images.append(image)
    for image in images:
        value = as_array(attempt(answer, image))
        expect(value.shape == (28, 28), f"the result has the shape {value.shape}.")
        expect(same_ink(value, image), "the digit itself is not as it was.")
        for centre, name in zip(centre_of_mass(value), ("row", "column"), strict=True):
            hint = f"there is a digit whose middle is at {name} {centre:.2f}."
            expect(abs(centre - 14) <= 0.5 + 1e-6, hint)


@exercise(asks="unit by unit")
def check_lenet4(answer) -> None:
    """Every size of the table, from one kernel for each map to all of 128."""
    for kernels in [16, 47, 128, *fresh().integers(16, 129, 10).tolist()]:
        weights_of_c3 = 25 * kernels + 16
        full = 120 * (16 * 5 * 5 + 1) + 10 * (120 + 1)
        parameters = 4 * 26 + 8 * 2 + weights_of_c3 + 16 * 2 + full
        connections = 4 * 28**2 * 26 + 8 * 14**2 * 5 + 10**2 * weights_of_c3 + 16 * 5**2 * 5 + full
        found = as_parts(attempt(answer, kernels), 2, "return two numbers.")
        hint = f"with {kernels} kernels it is not {found}."
        expect_close([as_number(part) for part in found], [parameters, connections], hint)
