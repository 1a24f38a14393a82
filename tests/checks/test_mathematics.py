"""The checks of the chapter *mathematics* know right from wrong."""

import numpy as np
import pytest

from lenet_utils import reference
from lenet_utils.checks import mathematics as checks


def blocks(maps):
    return np.stack([maps[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=-1)


def wide(upstream):
    return upstream.repeat(2, axis=1).repeat(2, axis=2)


LOWER = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])


def output_size(side, kernel, stride=1, padding=0):
    return (side + 2 * padding - kernel) // stride + 1


def max_pool(maps):
    return blocks(maps).max(axis=-1)


def strided_correlation(images, kernels, stride=1, padding=0):
    margin = [(0, 0), (padding, padding), (padding, padding), (0, 0)]
    return reference.cross_correlate(np.pad(images, margin), kernels)[:, ::stride, ::stride]


def max_pool_gradient(maps, upstream):
    return wide(upstream) * (maps == wide(max_pool(maps)))


def cross_entropy_from_logits(logits, classes):
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return (log_sum - logits[np.arange(len(classes)), classes]).mean()


def two_layer_gradients(parameters, pictures, classes):
    p = parameters
    a1 = reference.cross_correlate(pictures, p["kernels1"]) + p["biases1"]
    x1 = reference.squash(a1)
    a2 = reference.subsample(x1, p["coefficients1"], p["shifts1"])
    x2 = reference.squash(a2)
    a3 = reference.cross_correlate(x2, p["kernels2"]) + p["biases2"]
    flat = reference.squash(a3).reshape(len(a3), -1)
    probabilities = reference.softmax(reference.dense(flat, p["weights"], p["output_biases"]))
    g = {}
    up = reference.softmax_cross_entropy_gradient(probabilities, classes)
    up, g["weights"], g["output_biases"] = reference.dense_gradients(flat, p["weights"], up)
    up = up.reshape(a3.shape) * reference.squash_derivative(a3)
    g["kernels2"] = reference.correlation_kernel_gradient(x2, up)
    g["biases2"] = up.sum(axis=(0, 1, 2))
    up = reference.correlation_image_gradient(up, p["kernels2"]) * reference.squash_derivative(a2)
    up, g["coefficients1"], g["shifts1"] = reference.subsample_gradients(x1, p["coefficients1"], up)
    up = up * reference.squash_derivative(a1)
    g["kernels1"] = reference.correlation_kernel_gradient(pictures, up)
    g["biases1"] = up.sum(axis=(0, 1, 2))
    return reference.cross_entropy(probabilities, classes), g


def spoiled(name, change):
    def answer(parameters, pictures, classes):
        loss, gradients = two_layer_gradients(parameters, pictures, classes)
        gradients[name] = change(gradients[name])
        return loss, gradients

    return answer


def without(name):
    def answer(parameters, pictures, classes):
        loss, gradients = two_layer_gradients(parameters, pictures, classes)
        del gradients[name]
        return loss, gradients

    return answer


def last_side(class_number):
    side = 1000
    for layer in checks.layers_of_class(class_number):
        side = output_size(side, *layer)
    return side


def check_output_size(answer):
    return checks.check_output_size(answer, last_side(2027), 2027)


RIGHT = [
    (checks.check_lower_edge, [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
    (checks.check_lower_edge, [[0, 0, 0], [0, 1, 0], [0, -1, 0]]),
    (checks.check_lower_edge, [[0, 1, 0], [0, 0, 0], [0, -1, 0]]),
    (check_output_size, output_size),
    (checks.check_max_pool, max_pool),
    (checks.check_strided_correlation, strided_correlation),
    (checks.check_max_pool_gradient, max_pool_gradient),
    (checks.check_cross_entropy_from_logits, cross_entropy_from_logits),
    (checks.check_two_layer_gradients, two_layer_gradients),
]

WRONG = [
    (checks.check_lower_edge, -LOWER, "upside down"),
    (checks.check_lower_edge, LOWER.T, "upright"),
    (checks.check_lower_edge, np.ones((3, 3)), "flat"),
    (checks.check_lower_edge, np.zeros((3, 3)), "gives nothing"),
    (checks.check_lower_edge, np.zeros((5, 5)), "(3, 3)"),
    (checks.check_lower_edge, 2 * LOWER, "in the text"),
    (checks.check_lower_edge, [[0, 1, 0], [0, -1, 0], [0, 0, 0]], "gives nothing"),
    (checks.check_lower_edge, [[0, -1, 0], [0, 2, 0], [0, -1, 0]], "lying stroke"),
    (check_output_size, lambda side, kernel, stride=1, padding=0: side - kernel, "28"),
    (check_output_size, lambda side, kernel, stride, padding: side - kernel + 1, "stride 2"),
    (
        check_output_size,
        lambda side, kernel, stride, padding: (side + padding - kernel) // stride + 1,
        "both sides",
    ),
    (
        check_output_size,
        lambda side, kernel, stride, padding: -(-(side + 2 * padding - kernel) // stride) + 1,
        "round down",
    ),
    (checks.check_max_pool, lambda maps: blocks(maps).mean(axis=-1), "largest"),
    (checks.check_max_pool, lambda maps: np.maximum(0, max_pool(maps)), "negative"),
    (checks.check_max_pool, lambda maps: max_pool(maps).max(axis=-1), "shape"),
    (checks.check_strided_correlation, lambda i, k, s, p: reference.cross_correlate(i, k), "padding=1"),
    (
        checks.check_strided_correlation,
        lambda i, k, s, p: reference.cross_correlate(np.pad(i, p), k)[:, ::s, ::s],
        "rows and columns only",
    ),
    (
        checks.check_strided_correlation,
        lambda i, k, s, p: strided_correlation(i, k, s, p)[:, ::-1],
        "differs",
    ),
    (
        checks.check_strided_correlation,
        lambda i, k, s, p: strided_correlation(i[:, s - 1 :, s - 1 :], k, s, p),
        "upper left",
    ),
    (checks.check_max_pool_gradient, lambda maps, up: wide(up) / 4, "average pooling"),
    (checks.check_max_pool_gradient, lambda maps, up: wide(up), "loser"),
    (checks.check_max_pool_gradient, lambda maps, up: max_pool_gradient(maps, 1 + 0 * up), "winners"),
    (checks.check_max_pool_gradient, lambda maps, up: up, "shape"),
    (
        checks.check_cross_entropy_from_logits,
        lambda z, y: reference.cross_entropy(reference.softmax(z), y),
        "finite|inf",
    ),
    (
        checks.check_cross_entropy_from_logits,
        lambda z, y: -(np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[np.arange(len(y)), y]).mean(),
        "nan|inf",
    ),
    (
        checks.check_cross_entropy_from_logits,
        lambda z, y: cross_entropy_from_logits(z, y) * len(y),
        "ordinary",
    ),
    (checks.check_cross_entropy_from_logits, lambda z, y: np.zeros(len(y)), "one number"),
    (checks.check_two_layer_gradients, lambda p, x, y: two_layer_gradients(p, x, y)[1], "two things"),
    (checks.check_two_layer_gradients, without("shifts1"), "shifts1"),
    (checks.check_two_layer_gradients, spoiled("weights", lambda g: 3 * g), "'weights'"),
    (checks.check_two_layer_gradients, spoiled("kernels1", lambda g: g[::-1, ::-1]), "'kernels1'"),
    (checks.check_two_layer_gradients, spoiled("biases2", lambda g: g.sum()), "'biases2'|shape"),
    (
        checks.check_two_layer_gradients,
        lambda p, x, y: (two_layer_gradients(p, x, y)[0] * len(y), {}),
        "forward pass",
    ),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_pass(check, answer, capsys):
    assert check(answer) is True, capsys.readouterr().out


@pytest.mark.parametrize(("check", "answer", "hint"), WRONG)
def test_wrong_answers_fail_with_a_hint(check, answer, hint, capsys):
    assert check(answer) is False
    said = capsys.readouterr().out
    assert any(word in said for word in hint.split("|")), said


@pytest.mark.parametrize("class_number", [2027, 2031])
def test_another_class_has_another_network(class_number, capsys):
    others = {last_side(number) for number in range(2000, 2100)}
    assert len(others) > 40
    assert checks.check_output_size(output_size, last_side(class_number), class_number) is True
    assert checks.check_output_size(output_size, last_side(class_number) + 1, class_number) is False
    assert "reads the one before" in capsys.readouterr().out
    assert checks.check_output_size(output_size, ..., class_number) is None
