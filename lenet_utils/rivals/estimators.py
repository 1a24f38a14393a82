"""The baselines of section III.C as scikit-learn estimators: (N, pixels) → ten scores each."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.linear_model import RidgeClassifier
from sklearn.multiclass import OneVsOneClassifier
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.svm import SVC


class RadialBasis(TransformerMixin, BaseEstimator):
    """A layer of Gaussian units, as many for each class, whose centres are found by K-means (section III.C).

    Args:
        units: of each class.
        width: of the Gaussians, as a multiple of the mean distance from a centre to its nearest neighbour.
        seed: of K-means.
    """

    def __init__(self, units: int = 100, width: float = 1.0, seed: int = 0):
        self.units, self.width, self.seed = units, width, seed

    def fit(self, x, labels):
        found = [
            KMeans(min(self.units, (labels == digit).sum()), n_init=1, random_state=self.seed)
            .fit(x[labels == digit])
            .cluster_centers_
            for digit in np.unique(labels)
        ]
        self.centres_ = np.concatenate(found)
        apart, _ = NearestNeighbors(n_neighbors=2).fit(self.centres_).kneighbors(self.centres_)
        self.scale_ = self.width * apart[:, 1].mean()
        return self

    def transform(self, x):
        squares = (x**2).sum(axis=1)[:, None] + (self.centres_**2).sum(axis=1) - 2 * x @ self.centres_.T
        return np.exp(-squares / (2 * self.scale_**2))


class NearestNeighbours(KNeighborsClassifier):
    """K nearest neighbours by a search through all of them; a tie goes to the class of the nearest.

    Its scores are votes; of two classes with as many votes, the one with the nearer example is ahead, by less
    than one vote. An example that is not among the nearest `N_CANDIDATES` counts as being as far as the last
    of those.
    """

    N_CANDIDATES = 100

    def __init__(self, n_neighbors: int = 3):
        super().__init__(n_neighbors, algorithm="brute")

    def decision_function(self, x):
        many = min(self.N_CANDIDATES, self.n_samples_fit_)
        distances, found = self.kneighbors(x, many)
        labels = self._y[found]
        votes = (labels[:, : self.n_neighbors, None] == np.arange(len(self.classes_))).sum(axis=1)
        return votes + 0.999 / (1 + nearest_of_each(distances, labels, len(self.classes_)))

    def predict(self, x):
        return self.classes_[self.decision_function(x).argmax(axis=1)]


def nearest_of_each(distances: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """The smallest distance of each class, (N, classes).

    Args:
        distances: of some examples, (N, examples).
        labels: theirs, (N, examples). A class that is not among them gets the row's largest distance.
        classes: how many there are.
    """
    nearest = np.repeat(distances.max(axis=1, keepdims=True), classes, axis=1)
    for distance, label in zip(distances.T, labels.T, strict=True):
        rows = np.arange(len(distances))
        nearest[rows, label] = np.minimum(nearest[rows, label], distance)
    return nearest


class OneVsOne:
    """One-vs-one decision: a class's score is its smallest pairwise margin.

    The class that wins all nine pairs is the answer, as in a count of votes; but the smallest margin also
    says how certain the answer is. The paper adds up the nine margins instead (section III.C); a margin means
    little where neither class of the pair is the image's.
    """

    def decision_function(self, x):
        return smallest_margin(self.margins(x), len(self.classes_))

    def predict(self, x):
        return self.classes_[self.decision_function(x).argmax(axis=1)]


class PairwiseLinear(OneVsOne, OneVsOneClassifier):
    """One linear classifier for each pair of classes (section III.C)."""

    def __init__(self):
        super().__init__(RidgeClassifier())

    def margins(self, x):
        """(N, pairs): by how much the first of each two classes wins."""
        return -np.stack([classifier.decision_function(x) for classifier in self.estimators_], axis=1)


class PolynomialSVM(OneVsOne, ClassifierMixin, BaseEstimator):
    """A support vector classifier for each pair of classes: kernel (x · y)ᵈ, vectors of length 1.

    The same classifiers as one call of scikit-learn's SVC gives. Here each gets its kernel matrix from one
    matrix product, which takes a fraction of the time on all of MNIST.

    Args:
        degree: d.
        C: the penalty of an example on the wrong side.
    """

    def __init__(self, degree: int = 4, C: float = 10.0):
        self.degree, self.C = degree, C

    def fit(self, x, labels):
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        pairs = np.transpose(np.triu_indices(len(self.classes_), 1))
        weights, self.intercept_ = np.zeros((len(pairs), len(x)), "float32"), np.zeros(len(pairs))
        for pair, (one, other) in enumerate(pairs):
            rows = np.flatnonzero((numbers == one) | (numbers == other))
            classifier = SVC(kernel="precomputed", C=self.C, cache_size=1000)
            classifier.fit(self.kernel(x[rows], x[rows]), numbers[rows] == one)
            weights[pair, rows[classifier.support_]] = classifier.dual_coef_[0]
            self.intercept_[pair] = classifier.intercept_[0]
        self.support_ = np.flatnonzero(weights.any(axis=0))
        self.support_vectors_, self.weights_ = x[self.support_], weights[:, self.support_]
        return self

    def kernel(self, x, others):
        return (x @ others.T) ** self.degree

    def margins(self, x):
        """(N, pairs): by how much the first of each two classes wins."""
        return self.kernel(x, self.support_vectors_) @ self.weights_.T + self.intercept_


def smallest_margin(margins: np.ndarray, classes: int) -> np.ndarray:
    """The smallest margin of each class over its pairs; a class that loses a pair has a negative one.

    Args:
        margins: (N, classes · (classes − 1) / 2), for the pairs 0–1, 0–2, …, 1–2, … by how much the first
            wins.
        classes: three or more.

    Returns:
        (N, classes).
    """
    least = np.full((len(margins), classes), np.inf)
    for one, other, margin in zip(*np.triu_indices(classes, 1), margins.T, strict=True):
        least[:, one] = np.minimum(least[:, one], margin)
        least[:, other] = np.minimum(least[:, other], -margin)
    return least


class VirtualSVM(ClassifierMixin, BaseEstimator):
    """A support vector classifier trained again on its support vectors and on copies one pixel away.

    What a digit's class is does not change when it moves; the classifier learns that from the only examples
    that it keeps, its support vectors (Schölkopf, Burges and Vapnik, 1996).

    Args:
        classifier: function that returns an untrained pipeline whose last step is a `PolynomialSVM`.
    """

    SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, images, labels):
        support = self.classifier().fit(images, labels)[-1].support_
        moved = [np.roll(images[support], shift, axis=(1, 2)) for shift in self.SHIFTS]
        self.classifier_ = self.classifier().fit(
            np.concatenate(moved), np.tile(labels[support], len(self.SHIFTS))
        )
        self.classes_ = self.classifier_.classes_
        return self

    def predict(self, images):
        return self.classifier_.predict(images)

    def decision_function(self, images):
        return self.classifier_.decision_function(images)
