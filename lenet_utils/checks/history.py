"""Checks of the exercises in the chapter *history*: sizes of the early networks, and how MNIST was centred."""

import numpy as np

from lenet_utils.checks import (
    as_array,
    as_number,
    as_parts,
    attempt,
    check_class_number,
    exercise,
    expect,
    expect_close,
    fresh,
)

OUTSIDE_TABLE = 4 * 26 + 4 * 2 + 12 + 12 * 2 + 10 * 193
"""LeNet-1's parameters outside the kernels of C3's table: C1, S2, twelve biases, S4 and the output."""


@exercise
def check_shared_biases(answer, class_number) -> None:
    """The parameters of the network of 1989 with one bias per map of H1 and H2, and with the class's own H3."""
    value = as_number(attempt(answer), "give one number: the parameters alone, without the connections.")
    units = units_of_class(class_number)
    h1, h2 = 12 * (25 + 1), 12 * (200 + 1)
    wanted = h1 + h2 + units * (192 + 1) + 10 * (units + 1)
    expect_close(
        value,
        wanted,
        f"with {units} units in H3 it is not {value}. Start from the network of the chapter: "
        "H1 has 768 units in 12 maps, H2 has 192 in 12, and each unit has its own bias.",
        mistakes={
            "every unit still has its own bias. How many do H1 and H2 lose?": wanted + 768 + 192 - 24,
            "every map still has one bias: H1 keeps twelve, and so does H2.": wanted - 24,
            "that is H1 alone; H2 has twelve maps, too.": wanted + 192 - 12,
            f"that is with 30 units in H3; class {class_number} has {units}.": 8_824,
        },
    )


def units_of_class(class_number: int) -> int:
    """The units that a class gives to H3 of the network of 1989: 3 to 52, and 30 for the book's class 2027."""
    return 3 + check_class_number(class_number) % 50


@exercise
def check_kernels_in_table(answer) -> None:
    """`answer(parameters)`: how many 5×5 kernels C3's table holds, given the parameters of all of LeNet-1."""
    for kernels in fresh().integers(12, 49, size=4).tolist():
        parameters = OUTSIDE_TABLE + 25 * kernels
        value = as_number(attempt(answer, parameters), "return one number.")
        told = (
            f"a table with {kernels} kernels gives {parameters:,} parameters, for which you answer {value}. "
        )
        expect_close(
            value,
            kernels,
            told + "Take away everything that is not a kernel of C3, then divide by the size of one kernel.",
            mistakes={
                told + "Did you take away the biases of the twelve C3 maps?": kernels + 12 / 25,
                told + "Did you take away the two parameters of each subsampling map?": kernels + 32 / 25,
            },
        )


@exercise
def check_centred(answer) -> None:
    """`answer(image)`: a 20×20 image moved by whole pixels into 28×28, its centre of mass at (14, 14)."""
    generator = fresh()
    for _ in range(5):
        top, left = generator.integers(0, 8, 2)
        height, width = generator.integers(6, 13, 2)
        image = np.zeros((20, 20), dtype=np.uint8)
        image[top : top + height, left : left + width] = generator.integers(30, 256, (height, width))
        value = as_array(attempt(answer, image))
        expect(value.shape == (28, 28), f"the result has the shape {value.shape}, it should be (28, 28).")
        expect(
            np.isclose(value.sum(dtype=float), image.sum()),
            "ink was lost or added: the result's pixels do not sum to the image's.",
        )
        expect(
            same_values(value[value != 0], image[image != 0]),
            "move the image by whole pixels only; its values must not change.",
        )
        expect(
            same_ink(value, image),
            "the ink is all there, but it is another image: move it, and neither turn nor mirror it.",
        )
        row, column = centre_of_mass(value)
        expect(
            max(abs(row - 14), abs(column - 14)) <= 0.5 + 1e-6,
            f"the centre of mass is at row {row:.2f}, column {column:.2f}; "
            "both should be within half a pixel of 14 (the middle of the frame is not what counts).",
        )


def same_values(found: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether both hold the same numbers, in whatever order."""
    return found.size == wanted.size and np.allclose(np.sort(found, axis=None), np.sort(wanted, axis=None))


def same_ink(found: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether the smallest rectangles that hold all ink are equal."""
    found, wanted = crop(found), crop(wanted)
    return found.shape == wanted.shape and np.allclose(found, wanted)


def crop(image: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(image)
    return image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] if len(rows) else image


def centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    """Row and column, in pixels."""
    rows, columns = np.indices(image.shape)
    return float(np.average(rows, weights=image)), float(np.average(columns, weights=image))


@exercise
def check_lenet4(answer) -> None:
    """`answer(kernels)`: parameters and connections of LeNet-4 with that many kernels in C3's table."""
    for kernels in fresh().integers(16, 129, size=3).tolist():
        hint = "return two numbers: the parameters, then the connections."
        found = as_parts(attempt(answer, kernels), 2, hint)
        parameters, connections = (as_number(part, hint) for part in found)
        told = f"with {kernels} kernels you count {parameters:,} parameters and {connections:,} connections. "
        s2 = told + "S2 has eight maps, although C1 has four."
        wanted = 49_498 + 25 * kernels
        expect_close(
            parameters,
            wanted,
            told + "The parameters are not right. Go through the six layers one by one.",
            mistakes={
                s2: wanted - 8,
                told + "Each of the sixteen C3 maps has a bias as well as its kernels.": wanted - 16,
            },
        )
        wanted = 142_306 + 2_500 * kernels
        expect_close(
            connections,
            wanted,
            told + "The parameters are right, the connections are not: every unit of a map counts its own.",
            mistakes={s2: wanted - 3_920},
        )
