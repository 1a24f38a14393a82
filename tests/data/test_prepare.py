"""Digits become the network's input, and what is no digit is rejected with a remedy."""

import numpy as np
import pytest

from lenet_utils.data import to_lenet_input


def test_a_digit_becomes_the_networks_input():
    digits = np.zeros((2, 28, 28), np.uint8)
    digits[1, 0, 27] = 255
    x = to_lenet_input(digits)
    assert x.shape == (2, 32, 32, 1) and x.dtype == np.float32
    assert np.all(x[0] == np.float32(-0.1))
    assert x[1, 2, 29, 0] == pytest.approx(1.175)
    assert (x[1] > 0).sum() == 1


def test_no_digits_at_all():
    assert to_lenet_input(np.zeros((0, 28, 28), np.uint8)).shape == (0, 32, 32, 1)


@pytest.mark.parametrize(
    ("images", "error", "remedy"),
    [
        (np.zeros((28, 28), np.uint8), ValueError, "image[None]"),
        (np.zeros((28, 28, 1), np.uint8), ValueError, "image[None, :, :, 0]"),
        (np.zeros((5, 28, 28, 1), np.uint8), ValueError, "images[..., 0]"),
        (np.zeros((5, 784), np.uint8), ValueError, "reshape(-1, 28, 28)"),
        (np.zeros((5, 32, 32), np.uint8), ValueError, "images[:, 2:30, 2:30]"),
        (np.zeros((5, 64, 64), np.uint8), ValueError, "resized first"),
        (np.ones((5, 28, 28), np.uint8), ValueError, "images * 255"),
        (np.full((5, 28, 28), 0.5), TypeError, "(images * 255).round()"),
        (np.full((5, 28, 28), 200.0), TypeError, "images.round()"),
        (np.full((5, 28, 28), 200), TypeError, "0 the background, 255 full ink"),
        (np.full((5, 28, 28), -0.1), TypeError, "use them as they are"),
        (np.full((5, 28, 28), 300), TypeError, "from 300 to 300"),
        (np.full((5, 28, 28), np.nan), TypeError, "float64"),
        (np.zeros((5, 28, 28), bool), TypeError, "bool"),
        ([["a"]], TypeError, "uint8"),
    ],
)
def test_other_pictures_are_refused_with_a_remedy(images, error, remedy):
    with pytest.raises(error) as raised:
        to_lenet_input(images)
    assert remedy in str(raised.value)
