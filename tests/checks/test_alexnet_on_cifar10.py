"""Right answers pass, and wrong answers fail with a hint."""

import numpy as np
import pytest

from lenet_utils.checks.alexnet_on_cifar10 import (
    check_dropout,
    check_mirror_and_shift,
    check_overlapping_pooling,
    check_parameters,
    check_signal_survives,
)


def right_dropout(x, rate, generator):
    return x * (generator.random(x.shape) >= rate) / (1 - rate)


def right_pooling(m):
    return np.lib.stride_tricks.sliding_window_view(m, (3, 3))[::2, ::2].max(axis=(2, 3))


def mirror_and_shift(pictures, generator, most=4, mirror=0.5, shift=True):
    side, made = pictures.shape[1], []
    padded = np.pad(pictures, ((0, 0), (most, most), (most, most), (0, 0)))
    for picture, one in zip(padded, generator.random(len(pictures)), strict=True):
        y, x = generator.integers(0, 2 * most + 1, 2) if shift else (most, most)
        cut = picture[y : y + side, x : x + side]
        made.append(cut[:, ::-1] if one < mirror else cut)
    return np.stack(made)


def convolution(i, o, k):
    return o * (i * k * k + 1)


def dense(i, o):
    return o * (i + 1)


FC6_OF_2027 = (256 * 30**2 + 1) * 4096  # 248 pixels, 246, 123, 61, 30


def counts_of_2027(convolution, dense, fc6=FC6_OF_2027):
    return check_parameters(convolution, dense, fc6, 2027)


def fc6_of_2027(answer):
    return counts_of_2027(convolution, dense, answer)


def test_fc6_of_one_class_is_wrong_for_another():
    assert check_parameters(convolution, dense, (256 * 34**2 + 1) * 4096, 2031) is True
    assert not any(check_parameters(convolution, dense, FC6_OF_2027, number) for number in range(2028, 2127))


def he_alexnet():
    import keras

    from lenet_utils.models import alexnet_cifar10

    model = alexnet_cifar10()
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(keras.initializers.HeNormal(0)(layer.kernel.shape))
    return model


def plain_alexnet():
    from lenet_utils.models import alexnet_cifar10

    return alexnet_cifar10()


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (counts_of_2027, (convolution, dense)),
        (check_dropout, (right_dropout,)),
        (check_overlapping_pooling, (right_pooling,)),
        (check_signal_survives, (he_alexnet,)),
        (check_mirror_and_shift, (mirror_and_shift,)),
    ],
)
def test_right(check, right):
    assert check(*right) is True


@pytest.mark.parametrize(
    ("check", "wrong", "hint"),
    [
        (counts_of_2027, (lambda i, o, k: o * i * k * k, dense), "who is missing"),
        (counts_of_2027, (convolution, lambda i, o: i * o), "who is missing"),
        (counts_of_2027, (lambda i, o, k: i * (o * k * k + 1), dense), "output maps"),
        (fc6_of_2027, (...,), "Now fc6"),
        (fc6_of_2027, ([1, 2],), "one number"),
        (fc6_of_2027, (dense(1024, 4096),), "is not fc6"),
        (fc6_of_2027, (dense(2304, 4096),), "32×32"),
        (fc6_of_2027, (256 * 30**2 * 4096,), "biases"),
        (fc6_of_2027, (dense(256 * 31**2, 4096),), "no padding"),
        (check_dropout, (lambda x, r, g: (g.random(x.shape) >= r) / (1 - r),), "scale"),
        (check_dropout, (lambda x, r, g: x * (g.random(x.shape) >= r),), "scaled"),
        (check_dropout, (lambda x, r, g: x * (g.random(x.shape) < r) / r,), "kept or lost"),
        (check_dropout, (lambda x, r, g: right_dropout(x, r, np.random.default_rng(0)),), "two calls"),
        (check_overlapping_pooling, (lambda m: m[: len(m) // 2 * 2, ::2],), "3×3"),
        (
            check_overlapping_pooling,
            (lambda m: np.lib.stride_tricks.sliding_window_view(m, (3, 3))[::2, ::2].mean(axis=(2, 3)),),
            "largest",
        ),
        (check_overlapping_pooling, (lambda m: right_pooling(m[:, : len(m)]),), "shape"),
        (check_signal_survives, (plain_alexnet,), "variance"),
        (check_signal_survives, (lambda: "a model",), "Keras model"),
        (check_mirror_and_shift, (lambda p, g, m: mirror_and_shift(p, g, m, mirror=0),), "mirrored"),
        (check_mirror_and_shift, (lambda p, g, m: mirror_and_shift(p, g, m, shift=False),), "shift"),
        (check_mirror_and_shift, (lambda p, g, m: p[:, ::-1],), "neither"),
        (
            check_mirror_and_shift,
            (lambda p, g, m: mirror_and_shift(g.permutation(p), g, m),),
            "its own picture",
        ),
    ],
)
def test_wrong_answers_fail_with_a_hint(check, wrong, hint, capsys):
    assert check(*wrong) is False
    assert hint in capsys.readouterr().out
