"""The rivals of figure 9: each part by what it must do, all of them on real digits."""

import numpy as np
import pytest

from lenet_utils import paper
from lenet_utils.data import load_mnist
from lenet_utils.rivals import RIVALS, RadialBasis, TangentDistance, deslant, ink, plane_distances, shrink


@pytest.fixture(scope="module")
def digits():
    return load_mnist("sample")


def slanted_bar(slant: float) -> np.ndarray:
    """A bar that leans: its column at row r is 14 + slant · (r − 13.5)."""
    picture = np.zeros((28, 28), np.uint8)
    for row in range(4, 24):
        column = round(14 + slant * (row - 13.5))
        picture[row, column - 1 : column + 2] = 255
    return picture


@pytest.mark.parametrize("slant", [-0.5, 0.3, 0.7])
def test_deslanting_makes_a_leaning_bar_upright(slant):
    (upright,) = deslant(slanted_bar(slant)[None])
    assert upright.dtype == np.uint8 and upright.sum() == slanted_bar(slant).sum()
    assert upright.any(axis=0).sum() <= 5  # three pixels wide, but for rounding


def test_deslanting_leaves_what_is_upright_or_has_no_slant():
    flat = np.zeros((28, 28), np.uint8)
    flat[14, 3:20] = 255
    pictures = np.array([slanted_bar(0), flat, np.zeros((28, 28), np.uint8)])
    np.testing.assert_array_equal(deslant(pictures), pictures)


def test_deslanting_takes_away_the_slant_of_real_digits(digits):
    def slants(pictures):
        rows = np.arange(28) - (pictures.sum(axis=2) @ np.arange(28) / pictures.sum(axis=(1, 2)))[:, None]
        columns = np.arange(28) - (pictures.sum(axis=1) @ np.arange(28) / pictures.sum(axis=(1, 2)))[:, None]
        together = np.einsum("nrc,nr,nc->n", pictures.astype(float), rows, columns)
        return together / (pictures.sum(axis=2) * rows**2).sum(axis=1)

    pictures = digits.x_train[:200]
    assert np.abs(slants(deslant(pictures))).mean() < 0.2 * np.abs(slants(pictures)).mean()


def test_radial_basis_units_answer_most_to_their_own_centres(digits):
    x = ink(digits.x_train[:500])
    basis = RadialBasis(units=3).fit(x, digits.y_train[:500])
    assert basis.transform(x).shape == (500, 30)
    answers = basis.transform(basis.centres_)
    np.testing.assert_allclose(np.diag(answers), 1, atol=1e-3)
    assert (answers.argmax(axis=1) == np.arange(30)).all()


def test_shrinking_keeps_the_mean_and_an_even_grey():
    pictures = np.random.default_rng(0).random((3, 28, 28), dtype=np.float32)
    np.testing.assert_allclose(shrink(pictures, 16).mean(axis=(1, 2)), pictures.mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(shrink(np.ones((1, 28, 28), np.float32), 16), 1, rtol=1e-6)


def test_distance_of_planes_is_the_least_over_all_deformations():
    generator = np.random.default_rng(1)
    point, others = generator.normal(size=30), generator.normal(size=(5, 30))
    basis = np.linalg.qr(generator.normal(size=(30, 3)))[0].T
    bases = np.array([np.linalg.qr(generator.normal(size=(30, 3)))[0].T for _ in range(5)])
    found = plane_distances(point, basis, others, bases, give=0)
    for n in range(5):
        directions = np.concatenate([basis, bases[n]]).T
        _, (rest,), *_ = np.linalg.lstsq(directions, others[n] - point, rcond=None)
        assert found[n] == pytest.approx(rest)


def test_tangent_distance_forgives_a_small_turn_more_than_the_plain_one(digits):
    from lenet_utils.distortions import transform

    (turned,) = transform(digits.x_train[:1, :, :, None] / np.float32(255), rotation=8, background=0)
    turned = (255 * turned[None, ..., 0].clip(0, 1)).astype(np.uint8)
    machine = TangentDistance().fit(digits.x_train[:50], digits.y_train[:50])
    (point,), (basis,) = machine.planes(turned)
    near = plane_distances(point, basis, machine.points_, machine.tangents_)
    plain = ((machine.points_ - point) ** 2).sum(axis=1)
    assert near[0] < 0.5 * plain[0] and near.argmin() == 0


def test_rivals_are_rows_of_figure_9():
    assert set(RIVALS) <= set(paper.TEST_ERROR_PERCENT)


@pytest.mark.parametrize("name", RIVALS)
def test_rival_learns_to_read(digits, name):
    """On 1,000 digits every one reads far better than chance; a mistake in its parts would show."""
    rival = RIVALS[name]().fit(digits.x_train[:1000], digits.y_train[:1000])
    answers = rival.predict(digits.x_test[:300])
    assert answers.shape == (300,)
    assert (answers != digits.y_test[:300]).mean() < 0.25
