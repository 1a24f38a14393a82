"""Who wins, how often a network is wrong, and what to reject."""

import keras
import numpy as np
import pytest

from lenet_utils import evaluation
from lenet_utils.evaluation import rejected_percent, rejection_curve
from lenet_utils.layers import EuclideanRBF

ANY = np.zeros((2, 1))
"""What `Outputs` is shown."""
X = np.random.default_rng(0).random((30, 8, 8, 1), dtype=np.float32)
Y = np.arange(30) % 3


class Outputs:
    """A network that gives what it is told, behind an output layer that says what it means."""

    name = "outputs"

    def __init__(self, outputs, last):
        self.outputs, self.layers = np.array(outputs), [last]

    def predict(self, pictures, **options):
        return self.outputs


def test_the_smallest_distance_and_the_largest_score_win():
    outputs = [[3.0, 1.0, 2.0], [9.0, 9.0, 8.0]]
    assert evaluation.classify(Outputs(outputs, EuclideanRBF()), ANY).tolist() == [1, 2]
    assert evaluation.classify(Outputs(outputs, keras.layers.Dense(3)), ANY).tolist() == [0, 0]


def test_what_is_far_from_everything_is_no_digit():
    distances = Outputs([[3.0, 1.0, 2.0], [9.0, 9.0, 8.0]], EuclideanRBF())
    assert evaluation.classify(distances, ANY, reject_above=5).tolist() == [1, -1]
    assert evaluation.classify(distances, ANY, reject_above=8).tolist() == [1, 2]
    field = Outputs([[[[3.0, 1.0], [7.0, 9.0]]]], EuclideanRBF())
    assert evaluation.classify(field, ANY, reject_above=5).tolist() == [[[1, -1]]]
    with pytest.raises(ValueError, match="outputs gives scores, not distances"):
        evaluation.classify(Outputs([[1.0, 2.0]], keras.layers.Dense(2)), ANY, reject_above=1)


def test_the_error_is_the_share_that_is_wrong():
    class Always:
        """Gives 1 for class 0 and 0 for the others: the largest score there, or the largest distance."""

        def __init__(self, last):
            self.layers = [last]

        def predict(self, x, **options):
            return np.eye(3)[np.zeros(len(x), int)]

    assert evaluation.error_percent(Always(keras.layers.Dense(3)), X, Y) == pytest.approx(200 / 3)
    assert evaluation.error_percent(Always(EuclideanRBF()), X, np.ones(30)) == 0


def test_rejection_takes_the_least_certain_first():
    # Margins 0, 1, …, 9, class 0 always the answer; the digits with margins 1 and 5 are misread.
    scores = np.stack([np.arange(10.0), np.zeros(10)], axis=1)
    labels = np.array([0, 1, 0, 0, 0, 1, 0, 0, 0, 0])
    assert rejected_percent(scores, labels, error_percent=0) == pytest.approx(60)
    assert rejected_percent(scores, labels, error_percent=12.5) == pytest.approx(20)  # one of eight
    assert rejected_percent(scores, labels, error_percent=20) == 0
    assert rejected_percent(scores, np.ones(10, int), error_percent=0.5) == 100


def test_rejection_curve_counts():
    distances = np.full((4, 10), 100.0)
    distances[[0, 1, 2, 3], [7, 7, 1, 2]] = [0.5, 2.0, 2.5, 70.0]
    curve = rejection_curve(distances, labels=np.array([7, 7, 3, 2]))  # the third is misread
    by_threshold = {row.pop("threshold"): row for row in curve}
    assert by_threshold[1] == {"refused_percent": 75, "error_percent": 0}
    assert by_threshold[2] == {"refused_percent": 50, "error_percent": 0}
    assert by_threshold[3] == {"refused_percent": 25, "error_percent": pytest.approx(33.333)}
    assert by_threshold[60] == by_threshold[3]


def test_rejection_curve_without_anything_left():
    distances = np.full((2, 10), 500.0)
    assert {
        (row["refused_percent"], row["error_percent"]) for row in rejection_curve(distances, np.zeros(2))
    } == {(100, 0)}
