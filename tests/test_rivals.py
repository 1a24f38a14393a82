"""The rivals of figure 9: each part by what it must do, all of them on real digits."""

import itertools

import numpy as np
import pytest
from sklearn.svm import SVC

from lenet_utils import paper
from lenet_utils.data import load_mnist
from lenet_utils.rivals import (
    BASELINES,
    NearestNeighbours,
    RadialBasis,
    TangentDistance,
    VirtualSVM,
    area_resize,
    deslant,
    inference_cost,
    ink,
    nearest_of_each,
    plane_distances,
    polynomial_svm,
    smallest_margin,
)


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
    np.testing.assert_allclose(
        area_resize(pictures, 16).mean(axis=(1, 2)), pictures.mean(axis=(1, 2)), rtol=1e-5
    )
    np.testing.assert_allclose(area_resize(np.ones((1, 28, 28), np.float32), 16), 1, rtol=1e-6)


def test_distance_of_planes_is_the_least_over_all_deformations():
    generator = np.random.default_rng(1)
    point, others = generator.normal(size=30), generator.normal(size=(5, 30))
    basis = np.linalg.qr(generator.normal(size=(30, 3)))[0].T
    bases = np.array([np.linalg.qr(generator.normal(size=(30, 3)))[0].T for _ in range(5)])
    found = plane_distances(point, basis, others, bases, ridge=0)
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


def test_planes_are_compared_with_the_nearest_of_each_class(digits):
    labels = digits.y_train[:400].astype(int)
    machine = TangentDistance(candidates=3).fit(digits.x_train[:400], labels)
    points, _ = machine.planes(digits.x_test[:5])
    near = machine.nearest(points)
    assert near.shape == (5, 30)
    np.testing.assert_array_equal(
        np.sort(labels[near], axis=1), np.repeat(np.arange(10), 3)[None].repeat(5, axis=0)
    )
    plain = ((machine.points_[None] - points[:, None]) ** 2).sum(axis=2)
    for row, found in zip(plain, near, strict=True):
        for digit in range(10):
            of_class = np.flatnonzero(labels == digit)
            assert set(of_class[row[of_class].argsort()[:3]]) == set(found[labels[found] == digit])
    scores = machine.decision_function(digits.x_test[:5])
    assert len(np.unique(scores[0])) == 10
    assert np.isfinite(machine.decision_function(digits.x_train[:1])).all()
    assert machine.predict(digits.x_train[:20]).tolist() == labels[:20].tolist()


def test_rivals_are_rows_of_figure_9():
    assert set(BASELINES) <= set(paper.TEST_ERROR_PERCENT)


@pytest.mark.parametrize("name", BASELINES)
def test_rival_learns_to_read(digits, name):
    """On 1,000 digits every one reads far better than chance; a mistake in its parts would show."""
    rival = BASELINES[name]().fit(digits.x_train[:1000], digits.y_train[:1000])
    answers, scores = rival.predict(digits.x_test[:300]), rival.decision_function(digits.x_test[:300])
    assert answers.shape == (300,) and scores.shape == (300, 10)
    assert (answers != digits.y_test[:300]).mean() < 0.25
    np.testing.assert_array_equal(scores.argmax(axis=1), answers)


COUNTED = {
    "linear": (7840, 7850),
    "linear, deslanted": (7840, 7850),
    "pairwise linear": (45 * 784, 45 * 785),
    "K-NN, Euclidean": (300 * 784, 300 * 784),
    "40 PCA + quadratic": (40 * 784 + 820 + 861 * 10, 40 * 784 + 784 + 8620),
    "tangent distance, 16×16": (
        300 * 256 + 298 * (14 + 49) * 256,
        300 * 256 * 8,
    ),  # of one class there are 42
}


@pytest.mark.parametrize("name", COUNTED)
def test_costs_are_counted_as_in_figures_11_and_12(digits, name):
    assert inference_cost(BASELINES[name]().fit(digits.x_train[:300], digits.y_train[:300])) == COUNTED[name]


def test_kernels_and_centres_cost_what_they_keep(digits):
    x, y = digits.x_train[:1000], digits.y_train[:1000]
    machine = polynomial_svm(4).fit(x, y)
    many, weights = len(machine[-1].support_), np.count_nonzero(machine[-1].weights_)
    assert many <= weights <= 9 * many  # each class has nine duels
    assert inference_cost(machine) == (many * 784 + weights, many * 784 + weights + 45)
    virtual = VirtualSVM(lambda: polynomial_svm(4)).fit(x, y)
    assert inference_cost(virtual) == inference_cost(virtual.classifier_) > inference_cost(machine)
    assert inference_cost(BASELINES["reduced-set SVM, polynomial 5"]().fit(x, y)) == (
        800 * 794,
        800 * 794 + 10,
    )
    centres = len(RadialBasis(100).fit(ink(x), y).centres_)
    assert inference_cost(BASELINES["1000 RBF + linear"]().fit(x, y)) == (centres * 794, centres * 794 + 10)


def test_the_virtual_machine_learns_from_moved_support_vectors(digits, monkeypatch):
    shown = []

    def machine():
        pipeline = polynomial_svm(2)
        fit = pipeline.fit
        pipeline.fit = lambda pictures, labels: shown.append((pictures, labels)) or fit(pictures, labels)
        return pipeline

    x, y = digits.x_train[:200], digits.y_train[:200]
    VirtualSVM(machine).fit(x, y)
    (_, _), (moved, labels) = shown
    support = polynomial_svm(2).fit(x, y)[-1].support_
    assert len(moved) == 5 * len(support)
    np.testing.assert_array_equal(moved[: len(support)], x[support])
    np.testing.assert_array_equal(moved[len(support), :, 1:], x[support[0], :, :-1])  # one pixel to the right
    np.testing.assert_array_equal(labels, np.tile(y[support], 5))


def test_votes_come_first_and_the_nearest_settles_a_tie():
    points, labels = np.array([[0.0], [1.0], [1.5], [5.0], [6.0]]), np.array([7, 4, 4, 9, 9])
    machine = NearestNeighbours(3).fit(points, labels)
    np.testing.assert_array_equal(
        machine.predict([[0.1], [5.4]]), [4, 9]
    )  # two votes beat one nearer example
    np.testing.assert_array_equal(NearestNeighbours(2).fit(points, labels).predict([[0.1], [0.9]]), [7, 4])


def test_the_nearest_of_each_class():
    distances, labels = np.array([[3.0, 1.0, 2.0]]), np.array([[0, 2, 0]])
    np.testing.assert_array_equal(nearest_of_each(distances, labels, 4), [[2, 3, 1, 3]])


def test_a_class_is_worth_what_its_closest_duel_is_worth():
    # 0 beats 1 by 3 and 2 by 1; 1 beats 2 by 2. Then, as votes cannot, each beats one other.
    margins = np.array([[3.0, 1, 2], [1, -2, 3]])
    assert smallest_margin(margins, 3).tolist() == [[1, -3, -2], [-2, -1, -3]]


@pytest.mark.parametrize("name", ["pairwise linear", "SVM, polynomial 4"])
def test_who_wins_all_duels_is_the_answer_and_by_how_little_is_its_lead(name, digits):
    machine = BASELINES[name]().fit(digits.x_train[:1000], digits.y_train[:1000])
    read = machine[:-1].transform(digits.x_test[:200])
    margins, answers = machine[-1].margins(read), machine.predict(digits.x_test[:200])
    wins = np.zeros((200, 10), int)
    for pair, (one, other) in enumerate(itertools.combinations(range(10), 2)):
        both = np.isin(digits.y_train[:1000], (one, other))
        np.add.at(wins, (np.arange(200), np.where(margins[:, pair] > 0, one, other)), 1)
        # The sign is the first's: on the digits that it learned from, it is nearly always right.
        learned = machine[-1].margins(machine[:-1].transform(digits.x_train[:1000][both]))[:, pair] > 0
        assert (learned == (digits.y_train[:1000][both] == one)).mean() > 0.98
    champion = wins.max(axis=1) == 9
    assert champion.mean() > 0.8
    assert (wins.argmax(axis=1) == answers)[champion].all()
    assert (machine.decision_function(digits.x_test[:200]).max(axis=1) > 0).tolist() == champion.tolist()


@pytest.mark.parametrize("degree", [4, 9])
def test_the_support_vector_machines_are_those_of_scikit_learn(degree, digits):
    x, labels = digits.x_train[:1000], digits.y_train[:1000]
    ours = polynomial_svm(degree).fit(x, labels)
    rows, others = (ours[:-1].transform(pictures) for pictures in (x, digits.x_test[:200]))
    theirs = SVC(kernel="poly", degree=degree, gamma=1, C=10, decision_function_shape="ovo").fit(rows, labels)
    # Their solver stops at the same tolerance, from numbers of single precision here and of double there.
    assert ours[-1].margins(others) == pytest.approx(theirs.decision_function(others), abs=5e-3)
    assert len(np.setxor1d(ours[-1].support_, theirs.support_)) < 0.01 * len(theirs.support_)
