"""Right answers pass, and wrong answers fail with a hint."""

import math
from itertools import pairwise

import numpy as np
import pytest

from lenet_utils.checks.rivals import (
    check_k_votes,
    check_mcnemar_p,
    check_one_sided,
    check_perceptron_price,
    check_rejection_curve,
    check_slant,
    check_tangent,
)


def products(sizes):
    return sum(before * after for before, after in pairwise(sizes))


def right_price(sizes):
    return products(sizes), products(sizes) + sum(sizes[1:])


def right_slant(picture, across="column", middle=True, divide=True):
    rows, columns = np.indices(picture.shape)
    share = picture / picture.sum()
    if middle:
        rows, columns = rows - (share * rows).sum(), columns - (share * columns).sum()
    spread = (share * (rows if across == "column" else columns) ** 2).sum()
    return (share * rows * columns).sum() / (spread if divide else 1)


def right_votes(distances, labels, k, by_nearest=True):
    answers = []
    for row in distances:
        votes = np.bincount(labels[row.argsort()[:k]], minlength=10)
        tied = np.flatnonzero(votes == votes.max())
        nearest = [row[labels == c].min() for c in tied]
        answers.append(tied[np.argmin(nearest)] if by_nearest else tied[0])
    return np.array(answers)


def split(a, b, included=0, sides=2):
    n, few = a + b, min(a, b)
    return sides * sum(math.comb(n, i) for i in range(few + 1 - included)) / 2**n


def right_p(a, b):
    return min(1.0, split(a, b))


def p_of_2027(answer):
    return check_mcnemar_p(answer, (25, 42), 2027)


def split_of_2027(uneven):
    return check_mcnemar_p(right_p, uneven, 2027)


def test_the_split_of_one_class_is_wrong_for_another():
    assert check_mcnemar_p(right_p, (26, 45), 2031) is True
    assert check_mcnemar_p(right_p, np.array([25, 42]), 2027) is True
    assert not any(check_mcnemar_p(right_p, (25, 42), number) for number in range(2028, 2128))


def right_curve(scores, labels, by="lead", percent=100, turned=False, of_all=False):
    second, best = np.sort(scores, axis=1)[:, -2:].T
    certainty = {"lead": best - second, "best": best, "doubt": second - best}[by]
    misread = (scores.argmax(axis=1) != labels)[np.argsort(-certainty)]
    kept = np.arange(1, len(labels) + 1)
    curve = percent * misread.cumsum() / (len(labels) if of_all else kept)
    return curve if turned else curve[::-1]


def right_tangent(picture, u, v):
    down, right = np.gradient(picture)
    return u * right + v * down


def exchanged_tangent(picture, u, v):
    return right_tangent(picture, v, u)


def right_distance(point, basis, others):
    apart = others - point
    return (apart**2).sum(axis=1) - ((apart @ basis.T) ** 2).sum(axis=1)


RIGHT = [
    (check_perceptron_price, right_price),
    (check_slant, right_slant),
    (check_k_votes, right_votes),
    (p_of_2027, right_p),
    (check_rejection_curve, right_curve),
    (check_tangent, right_tangent),
    (check_one_sided, right_distance),
]


@pytest.mark.parametrize(("check", "right"), RIGHT)
def test_right(check, right):
    for _ in range(5):  # inputs are drawn anew each time
        assert check(right) is True


def test_untouched_pair():
    assert check_perceptron_price(lambda sizes: (..., ...)) is None


@pytest.mark.parametrize(
    ("check", "wrong", "hint"),
    [
        (check_perceptron_price, products, "two numbers"),
        (check_perceptron_price, lambda sizes: (right_price(sizes)[1],) * 2, "multiplies nothing"),
        (check_perceptron_price, lambda sizes: (products(sizes),) * 2, "biases have to be kept"),
        (check_perceptron_price, lambda sizes: (products(sizes), products(sizes) + sum(sizes)), "input's"),
        (check_perceptron_price, lambda sizes: (math.prod(sizes), 1), "add their products"),
        (check_perceptron_price, lambda sizes: (sum(sizes), 1), "each unit"),
        (check_perceptron_price, lambda sizes: (products(sizes), 7), "is not right"),
        (check_slant, lambda picture: right_slant(picture, across="row"), "predicts the row"),
        (check_slant, lambda picture: -right_slant(picture), "sign"),
        (check_slant, lambda picture: right_slant(picture, divide=False), "divide"),
        (check_slant, lambda picture: right_slant(picture, middle=False), "middle"),
        (check_slant, lambda picture: picture.sum(axis=0), "one number"),
        (check_slant, lambda picture: 0.5, "should be"),
        (check_slant, lambda picture: right_slant(picture) if picture.max() <= 1 else 255.0, "however dark"),
        (check_k_votes, lambda d, labels, k: right_votes(-d, labels, k), "farthest"),
        (check_k_votes, lambda d, labels, k: right_votes(d, labels, 1), "nearest alone"),
        (check_k_votes, lambda d, labels, k: right_votes(d, labels, k, by_nearest=False), "a tie"),
        (check_k_votes, lambda d, labels, k: right_votes(d, labels, k)[:, None], "shape"),
        (check_k_votes, lambda d, labels, k: right_votes(d, labels, 2 * k - 1), "are off"),
        (p_of_2027, split, "no probability"),
        (p_of_2027, lambda a, b: split(a, b, sides=1), "one side"),
        (p_of_2027, lambda a, b: split(a, b, included=1), "includes"),
        (p_of_2027, lambda a, b: math.comb(a + b, a) / 2 ** (a + b), "this split alone"),
        (p_of_2027, lambda a, b: 0.5, "coins"),
        (split_of_2027, ..., "Now split 67"),
        (split_of_2027, 25, "two numbers"),
        (split_of_2027, (18, 32), "the 67 digits"),
        (split_of_2027, (42, 25), "smaller number first"),
        (split_of_2027, (26, 41), "too even"),
        (split_of_2027, (24, 43), "more even"),
        (check_rejection_curve, lambda s, y: right_curve(s, y, percent=1), "fraction"),
        (check_rejection_curve, lambda s, y: right_curve(s, y, turned=True), "turned round"),
        (check_rejection_curve, lambda s, y: right_curve(s, y, by="doubt"), "least certain"),
        (check_rejection_curve, lambda s, y: right_curve(s, y, by="best"), "second best"),
        (check_rejection_curve, lambda s, y: right_curve(s, y, of_all=True), "kept, not by all"),
        (check_rejection_curve, lambda s, y: right_curve(s, y)[:-1], "shape"),
        (check_rejection_curve, lambda s, y: right_curve(s, y) + 1, "are off"),
        (check_tangent, exchanged_tangent, "exchanged"),
        (check_tangent, lambda p, u, v: -right_tangent(p, u, v), "sign"),
        (check_tangent, lambda p, u, v: p + right_tangent(p, u, v), "only the derivative"),
        (check_tangent, lambda p, u, v: sum(np.gradient(p)), "how far"),
        (check_tangent, lambda p, u, v: right_tangent(p, u, v).ravel(), "shape"),
        (check_tangent, lambda p, u, v: u * v, "chain rule"),
        (check_one_sided, lambda p, b, o: np.sqrt(right_distance(p, b, o)), "root"),
        (check_one_sided, lambda p, b, o: ((o - p) ** 2).sum(axis=1), "plain"),
        (check_one_sided, lambda p, b, o: (((o - p) @ b.T) ** 2).sum(axis=1), "what is left"),
        (check_one_sided, lambda p, b, o: right_distance(0 * p, b, o), "from the point"),
        (check_one_sided, lambda p, b, o: right_distance(p, b, o)[0], "shape"),
        (check_one_sided, lambda p, b, o: right_distance(p, b, o) + 1, "Pythagoras"),
    ],
)
def test_wrong(check, wrong, hint, capsys):
    assert check(wrong) is False
    assert hint in capsys.readouterr().out
