"""The checks of the chapter *the-1998-network*: right answers pass, wrong ones fail with a hint."""

import numpy as np
import pytest

from lenet_utils.checks import the_1998_network as checks
from lenet_utils.reference import maximum_a_posteriori, rbf_centres


def hint_of(check, answer, capsys) -> str:
    assert check(answer) is False
    return capsys.readouterr().out


# Exercise 1


def read_distances(distances, threshold):
    return np.where(distances.min(axis=1) > threshold, -1, distances.argmin(axis=1))


def test_read_distances():
    assert checks.check_read_distances(read_distances) is True


def changes_its_argument(distances, threshold):
    distances[distances > threshold] = np.inf
    return distances.argmin(axis=1)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda y, t: y.argmax(axis=1), "farthest"),
        (lambda y, t: y.argmin(axis=1), "−1 belongs"),
        (lambda y, t: np.where(y.min(axis=1) < t, -1, y.argmin(axis=1)), "nothing is beyond"),
        (lambda y, t: np.where(y > t, -1, 0), "40 answers"),
        (changes_its_argument, "changes the arguments"),
    ],
)
def test_read_distances_wrong(answer, hint, capsys):
    assert hint in hint_of(checks.check_read_distances, answer, capsys)


# Exercise 2


def rubbish(distances, j):
    scores = np.concatenate([-distances, np.full((len(distances), 1), -j)], axis=1)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers[:, -1] / powers.sum(axis=1)


def test_rubbish():
    assert checks.check_rubbish(rubbish) is True


def naive(distances, j):
    return np.exp(-j) / (np.exp(-j) + np.exp(-distances).sum(axis=1))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (naive, "every power is 0"),
        (lambda y, j: rubbish(-y, -j), "a sign"),
        (lambda y, j: 1 - rubbish(y, j), "*not* rubbish"),
        (lambda y, j: np.exp(-j) / np.exp(-y).sum(axis=1), "add up to 1"),
        (lambda y, j: np.exp(-y) / (np.exp(-j) + np.exp(-y).sum()), "six probabilities"),
    ],
)
def test_rubbish_wrong(answer, hint, capsys):
    assert hint in hint_of(checks.check_rubbish, answer, capsys)


# Exercise 3


def test_pooling_curvature():
    assert checks.check_pooling_curvature(lambda up: up.repeat(2, 1).repeat(2, 2) / 16) is True


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda up: up.repeat(2, 1).repeat(2, 2) / 4, "how a gradient goes back"),
        (lambda up: up.repeat(2, 1).repeat(2, 2), "only a quarter"),
        (lambda up: np.tile(up, (1, 2, 2, 1)) / 16, "neighbours"),
        (lambda up: up / 16, "every input"),
        (lambda up: up.repeat(2, 1).repeat(2, 2) / 2, "values are off"),
    ],
)
def test_pooling_curvature_wrong(answer, hint, capsys):
    assert hint in hint_of(checks.check_pooling_curvature, answer, capsys)


# Exercise 4


def test_top_curvature():
    assert checks.check_top_curvature(lambda x, c, j: sum(checks._top_curvature(x, c, j))) is True


def test_top_curvature_is_the_second_derivative():
    """Against second differences of equation 9, whichever class is right."""
    generator, nudge = np.random.default_rng(0), 1e-3
    x = 0.5 * (rbf_centres()[[6]] + rbf_centres()[[8]]) + generator.normal(0, 0.1, (1, 84))

    def loss(x, right):
        y = ((x[:, None] - rbf_centres()) ** 2).sum(axis=2)
        return maximum_a_posteriori(y, np.array([right]), 12.0).value[0]

    wanted = sum(checks._top_curvature(x, rbf_centres(), 12.0))[0]
    for cell in (0, 30, 61):
        step = nudge * np.eye(84)[[cell]]
        for right in (6, 3):
            second = (loss(x + step, right) - 2 * loss(x, right) + loss(x - step, right)) / nudge**2
            assert second == pytest.approx(wanted[cell], rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x, c, j: np.full_like(x, 2.0), "equation 8"),
        (lambda x, c, j: np.add(*checks._top_curvature(x, c, j)[:2]), "themselves are curved"),
        (lambda x, c, j: np.add(*checks._top_curvature(x, c, j)[::2]), "square of a mean"),
        (lambda x, c, j: sum(checks._top_curvature(x, c, j)) / 2, "second difference"),
        (lambda x, c, j: sum(checks._top_curvature(x, c, j)).mean(axis=0), "the shape is"),
    ],
)
def test_top_curvature_wrong(answer, hint, capsys):
    assert hint in hint_of(checks.check_top_curvature, answer, capsys)


# Exercise 5


def far_codes(class_number=2027):
    digit, given = checks.given_code(class_number)
    square = np.array([[1.0]])
    for _ in range(4):
        square = np.block([[square, square], [square, -square]])
    codes = np.tile(square[:10, 1:], 6)[:, :84]
    return codes * codes[digit] * given


def codes_of_2027(answer):
    return checks.check_codes(answer, 2027)


def with_the_given_code(codes):
    """These codes, but for the one that is given."""
    digit, given = checks.given_code(2027)
    codes = codes.copy()
    codes[digit] = given
    return codes


def test_codes():
    assert codes_of_2027(far_codes) is True
    assert codes_of_2027(far_codes()) is True
    assert checks.check_codes(far_codes(2031), 2031) is True


def test_the_codes_of_one_class_are_wrong_for_another():
    assert not any(checks.check_codes(far_codes(), number) for number in range(2000, 2027))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda: with_the_given_code(rbf_centres()), "differ in 18 cells"),
        (rbf_centres, "its code"),
        (lambda: np.eye(10, 84), "+1 or −1"),
        (lambda: far_codes().T, "should be (10, 84)"),
        (lambda: with_the_given_code(np.ones((10, 84))), "differ in 0 cells"),
    ],
)
def test_codes_wrong(answer, hint, capsys):
    assert hint in hint_of(codes_of_2027, answer, capsys)
