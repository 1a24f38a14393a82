"""A right answer passes, and typical mistakes get their hint."""

import numpy as np
import pytest

from lenet_utils.checks import history


def centre(picture):
    """The exercise's solution, kept apart from the chapter's."""
    rows, columns = np.indices(picture.shape)
    shift = [int(np.floor(14 - np.average(index, weights=picture) + 0.5)) for index in (rows, columns)]
    frame = np.zeros((60, 60))
    frame[16 + shift[0] : 36 + shift[0], 16 + shift[1] : 36 + shift[1]] = picture
    return frame[16:44, 16:44]


def lenet4(kernels):
    return 49_498 + 25 * kernels, 142_306 + 2_500 * kernels


def corner(picture):
    frame = np.zeros((28, 28))
    frame[:20, :20] = picture
    return frame


def one_bias_a_map(parameters):
    return history.check_shared_biases(parameters, 2027)


RIGHT = [
    (one_bias_a_map, 8_824),
    (history.check_kernels_in_table, lambda parameters: (parameters - 2_078) // 25),
    (history.check_centred, centre),
    (history.check_lenet4, lenet4),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right(check, answer):
    assert check(answer) is True


@pytest.mark.parametrize(
    ("check", "answer", "hint"),
    [
        (one_bias_a_map, 9_760, "its own bias"),
        (one_bias_a_map, 8_800, "one bias"),
        (one_bias_a_map, 9_004, "H2 has twelve"),
        (one_bias_a_map, 1, "Start from"),
        (one_bias_a_map, [8_824], "one number"),
        (lambda value: history.check_shared_biases(value, 2031), 8_824, "class 2031 has 34"),
        (history.check_kernels_in_table, lambda total: (total - 2_066) / 25, "biases"),
        (history.check_kernels_in_table, lambda total: (total - 2_046) / 25, "subsampling"),
        (history.check_kernels_in_table, lambda total: [total], "one number"),
        (history.check_kernels_in_table, lambda total: total // 25, "Take away everything"),
        (history.check_centred, lambda picture: np.pad(picture, 4), "centre of mass"),
        (history.check_centred, corner, "centre of mass"),
        (history.check_centred, lambda picture: picture, "shape"),
        (
            history.check_centred,
            lambda picture: np.pad(centre(picture)[:0:-1, :0:-1], ((1, 0), (1, 0))),
            "turn",
        ),
        (history.check_centred, lambda picture: np.zeros((28, 28)), "ink was lost"),
        (history.check_centred, lambda picture: np.full((28, 28), picture.sum() / 784), "whole pixels"),
        (
            history.check_lenet4,
            lambda kernels: (lenet4(kernels)[0] - 8, lenet4(kernels)[1] - 3_920),
            "eight maps",
        ),
        (history.check_lenet4, lambda kernels: (lenet4(kernels)[0] - 16, lenet4(kernels)[1]), "bias"),
        (history.check_lenet4, lambda kernels: (lenet4(kernels)[0], 1), "every unit"),
        (history.check_lenet4, lambda kernels: (1, 2), "one by one"),
        (history.check_lenet4, lambda kernels: 5, "two numbers"),
    ],
)
def test_wrong(check, answer, hint, capsys):
    assert check(answer) is False
    assert hint in capsys.readouterr().out
