"""The checks of the history chapter: the sizes of the early networks, and how MNIST was centred."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close

BESIDE_TABLE = 4 * 26 + 4 * 2 + 12 + 12 * 2 + 10 * 193
"""LeNet-1's parameters outside the kernels of its table: C1, S2, twelve biases, S4 and the output."""


@exercise
def check_shared_biases(answer, class_number) -> None:
    """The parameters of the 1989 network, with a single bias for each map of H1 and H2 and the class's own H3."""
    value = attempt(answer)
    expect(np.ndim(value) == 0, "give one number.")
    units = 3 + class_number % 50
    right = 12 * (25 + 1) + 12 * (200 + 1) + units * (192 + 1) + 10 * (units + 1)
    expect(value != right + 768 + 192 - 24, "every unit still has its own bias. How many do H1 and H2 lose?")
    expect(value != right - 24, "every map still has one bias: H1 keeps twelve, and so does H2.")
    expect(value != right + 192 - 12, "that is H1 alone; H2 has twelve maps, too.")
    expect(value != 8_824 or units == 30, f"that is with 30 units in H3; class {class_number} has {units}.")
    expect(
        value == right,
        f"with {units} units in H3 it is not {value}. Start from the network of the chapter: "
        "H1 has 768 units in 12 maps, H2 has 192 in 12, and each unit has its own bias.",
    )


@exercise
def check_kernels_in_table(answer) -> None:
    """`answer(parameters)`: how many 5×5 kernels C3's table holds, given the parameters of all of LeNet-1."""
    for kernels in np.random.default_rng().integers(12, 49, size=4).tolist():
        value = attempt(answer, BESIDE_TABLE + 25 * kernels)
        expect(np.ndim(value) == 0, "return one number.")
        hint = (
            f"a table with {kernels} kernels gives {BESIDE_TABLE + 25 * kernels:,} parameters, "
            f"for which you answer {value}. "
        )
        expect(
            not np.isclose(value, kernels + 12 / 25),
            hint + "Did you take away the biases of the twelve C3 maps?",
        )
        expect(
            not np.isclose(value, kernels + 32 / 25),
            hint + "Did you take away the two parameters of each subsampling map?",
        )
        expect(
            np.isclose(value, kernels),
            hint + "Take away everything that is not a kernel of C3, then divide by the size of one kernel.",
        )


@exercise
def check_centred(answer) -> None:
    """`answer(picture)`: a 20×20 picture moved by whole pixels into 28×28, its centre of mass at (14, 14)."""
    generator = np.random.default_rng()
    for _ in range(5):
        corner, size = generator.integers(0, 8, 2), generator.integers(6, 13, 2)
        picture = np.zeros((20, 20))
        picture[corner[0] : corner[0] + size[0], corner[1] : corner[1] + size[1]] = generator.uniform(
            0.1, 1, size
        )
        value = np.asarray(attempt(answer, picture.copy()))
        expect(value.shape == (28, 28), f"the result has the shape {value.shape}, it should be (28, 28).")
        expect(
            np.isclose(value.sum(), picture.sum()),
            "ink was lost or added: the result's pixels do not sum to the picture's.",
        )
        expect_close(
            np.sort(value[value > 0]),
            np.sort(picture[picture > 0]),
            "move the picture by whole pixels only; its values must not change.",
        )
        expect(
            np.array_equal(_ink(value), _ink(picture)),
            "the ink is all there, but it is another picture: move it, and neither turn nor mirror it.",
        )
        centre = [np.average(np.arange(28), weights=value.sum(axis)) for axis in (1, 0)]
        expect(
            max(abs(np.array(centre) - 14)) <= 0.5 + 1e-6,
            f"the centre of mass is at row {centre[0]:.2f}, column {centre[1]:.2f}; "
            "both should be within half a pixel of 14 (the middle of the frame is not what counts).",
        )


def _ink(picture):
    """The smallest rectangle that holds all ink."""
    rows, columns = np.nonzero(picture)
    return picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


@exercise
def check_lenet4(answer) -> None:
    """`answer(kernels)`: parameters and connections of LeNet-4 with that many kernels in C3's table."""
    for kernels in np.random.default_rng().integers(16, 129, size=3).tolist():
        value = attempt(answer, kernels)
        expect(np.shape(value) == (2,), "return two numbers: the parameters, then the connections.")
        parameters, connections = 49_498 + 25 * kernels, 142_306 + 2_500 * kernels
        hint = f"with {kernels} kernels you count {value[0]:,} parameters and {value[1]:,} connections. "
        expect(
            value[0] != parameters - 8 and value[1] != connections - 3_920,
            hint + "S2 has eight maps, although C1 has four.",
        )
        expect(
            value[0] != parameters - 16,
            hint + "Each of the sixteen C3 maps has a bias as well as its kernels.",
        )
        expect(
            value[0] == parameters,
            hint + "The parameters are not right. Go through the six layers one by one.",
        )
        expect(
            value[1] == connections,
            hint + "The parameters are right, the connections are not: every unit of a map counts its own.",
        )
