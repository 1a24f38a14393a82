"""The methods that LeNet-5 was compared with in 1998, as scikit-learn estimators (section III.C, figure 9).

Each reads digits as `lenet_utils.data` gives them, (N, 28, 28) of uint8, and has `fit(pictures, labels)`,
`predict(pictures)` and `decision_function(pictures)`, ten scores a digit, of which the largest is the answer. Names are
those of `paper.TEST_ERROR_PERCENT`. `cost` counts what figures 11 and 12 count. Taught in *rivals*.
"""

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import RidgeClassifier
from sklearn.multiclass import OneVsOneClassifier
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, PolynomialFeatures
from sklearn.svm import SVC

from lenet_utils._renamed import renamed


def ink(pictures: np.ndarray) -> np.ndarray:
    """Pictures as rows of numbers from 0 to 1: (N, rows, columns) → (N, rows · columns)."""
    return pictures.reshape(len(pictures), -1).astype("float32") / 255


def deslant(pictures: np.ndarray) -> np.ndarray:
    """Upright digits: each row shifted sideways by whole pixels until the digit's principal axis is vertical.

    The slant is the regression of column on row, cov(column, row) / var(row), over the ink (section III.A, where a
    pixel is ink or not; here it counts by its darkness).

    Args:
        pictures: (N, rows, columns), 0 the background.

    Returns:
        The same shape and type. Ink that leaves the picture is lost; an empty picture or a single row stays.
    """
    rows, columns = (np.arange(size) for size in pictures.shape[1:])
    mass = pictures.sum(axis=(1, 2), dtype=float).clip(min=1e-9)
    by_row, by_column = pictures.sum(axis=2, dtype=float), pictures.sum(axis=1, dtype=float)
    middle = (by_row @ rows / mass)[:, None], (by_column @ columns / mass)[:, None]
    from_middle = rows - middle[0], columns - middle[1]
    spread = (by_row * from_middle[0] ** 2).sum(axis=1)
    together = np.einsum("nrc,nr,nc->n", pictures.astype(float), *from_middle, optimize=True)
    slant = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 1e-9)
    source = columns + np.rint(slant[:, None] * from_middle[0]).astype(int)[:, :, None]
    inside = (source >= 0) & (source < len(columns))
    return np.take_along_axis(pictures, source.clip(0, len(columns) - 1), axis=2) * inside


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


class Nearest(KNeighborsClassifier):
    """K nearest neighbours by a search through all of them; a tie goes to the class of the nearest.

    Its scores are votes; of two classes with as many votes, the one with the nearer example is ahead, by less than one
    vote. An example that is not among the nearest `LOOKED_AT` counts as being as far as the last of those.
    """

    LOOKED_AT = 100

    def __init__(self, n_neighbors: int = 3):
        super().__init__(n_neighbors, algorithm="brute")

    def decision_function(self, x):
        many = min(self.LOOKED_AT, self.n_samples_fit_)
        distances, found = self.kneighbors(x, many)
        labels = self._y[found]
        votes = (labels[:, : self.n_neighbors, None] == np.arange(len(self.classes_))).sum(axis=1)
        return votes + 0.999 / (1 + nearest_of_each(distances, labels, len(self.classes_)))

    def predict(self, x):
        return self.classes_[self.decision_function(x).argmax(axis=1)]


def nearest_of_each(distances: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """The smallest distance of each class, (N, classes), out of those of some examples, (N, examples), and their
    labels; of a class that is not among them, the largest distance there is.
    """
    nearest = np.repeat(distances.max(axis=1, keepdims=True), classes, axis=1)
    for distance, label in zip(distances.T, labels.T, strict=True):
        rows = np.arange(len(distances))
        nearest[rows, label] = np.minimum(nearest[rows, label], distance)
    return nearest


class Duels:
    """What machines for two classes each say of ten: a class is worth what its closest duel is worth.

    Who wins all nine duels is the answer, as where victories are counted; by how little says how certain that is,
    which their number does not. The paper adds up the nine margins (section III.C), whose size is worth little where
    a machine never saw the class.
    """

    def decision_function(self, x):
        return weakest_duel(self.margins(x), len(self.classes_))

    def predict(self, x):
        return self.classes_[self.decision_function(x).argmax(axis=1)]


class PairwiseLinear(Duels, OneVsOneClassifier):
    """One linear machine for each pair of classes (section III.C)."""

    def __init__(self):
        super().__init__(RidgeClassifier())

    def margins(self, x):
        """(N, pairs): by how much the first of each two classes wins."""
        return -np.stack([machine.decision_function(x) for machine in self.estimators_], axis=1)


class PolynomialSVM(Duels, ClassifierMixin, BaseEstimator):
    """A support vector machine for each pair of classes, with the kernel (x · y)ᵈ, for vectors of length 1.

    The same machines as scikit-learn's SVC makes of one call, but each is handed its kernel as one product of
    matrices, which on all of MNIST takes a fraction of the time.

    Args:
        degree: d.
        C: what an example on the wrong side costs.
    """

    def __init__(self, degree: int = 4, C: float = 10.0):
        self.degree, self.C = degree, C

    def fit(self, x, labels):
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        pairs = np.transpose(np.triu_indices(len(self.classes_), 1))
        weights, self.intercept_ = np.zeros((len(pairs), len(x)), "float32"), np.zeros(len(pairs))
        for pair, (one, other) in enumerate(pairs):
            rows = np.flatnonzero((numbers == one) | (numbers == other))
            machine = SVC(kernel="precomputed", C=self.C, cache_size=1000)
            machine.fit(self.kernel(x[rows], x[rows]), numbers[rows] == one)
            weights[pair, rows[machine.support_]] = machine.dual_coef_[0]
            self.intercept_[pair] = machine.intercept_[0]
        self.support_ = np.flatnonzero(weights.any(axis=0))
        self.support_vectors_, self.weights_ = x[self.support_], weights[:, self.support_]
        return self

    def kernel(self, x, others):
        return (x @ others.T) ** self.degree

    def margins(self, x):
        """(N, pairs): by how much the first of each two classes wins."""
        return self.kernel(x, self.support_vectors_) @ self.weights_.T + self.intercept_


def weakest_duel(margins: np.ndarray, classes: int) -> np.ndarray:
    """Of each class, by how much it wins the duel that it comes nearest to losing.

    Args:
        margins: (N, classes · (classes − 1) / 2), for the pairs 0–1, 0–2, …, 1–2, … by how much the first wins.
        classes: three or more.

    Returns:
        (N, classes).
    """
    least = np.full((len(margins), classes), np.inf)
    for one, other, margin in zip(*np.triu_indices(classes, 1), margins.T, strict=True):
        least[:, one] = np.minimum(least[:, one], margin)
        least[:, other] = np.minimum(least[:, other], -margin)
    return least


class TangentDistance(ClassifierMixin, BaseEstimator):
    """Nearest neighbour, where the distance allows for small shifts, turns and the like (Simard et al., 1993).

    Each picture stands for the plane of what it becomes under seven small deformations: two shifts, scaling,
    rotation, two ways of squeezing, and a change of the stroke's thickness. The distance of two pictures is that of
    their planes. It is computed for the nearest `candidates` of each class by the ordinary distance, so that every
    class has one. The score is its negative logarithm: by which factor the second class is farther than the best says
    how certain an answer is (on 5,000 held-out training digits 3.8% had to be turned away for an error of half a
    percent, and 7.5% by the difference of the distances).

    Args:
        side: pictures are made this small first, as in the paper.
        blur: standard deviation in pixels of the Gaussian that makes them smooth enough to be differentiated.
        candidates: how many neighbours of each class are looked at closely.
    """

    def __init__(self, side: int = 16, blur: float = 0.5, candidates: int = 40):
        self.side, self.blur, self.candidates = side, blur, candidates

    def fit(self, pictures, labels):
        self.points_, self.tangents_ = self.planes(pictures)
        self.classes_, self.labels_ = np.unique(labels, return_inverse=True)
        self.members_ = [np.flatnonzero(self.labels_ == label) for label in range(len(self.classes_))]
        self.searches_ = [
            NearestNeighbors(n_neighbors=min(self.candidates, len(members)), algorithm="brute").fit(
                self.points_[members]
            )
            for members in self.members_
        ]
        return self

    def nearest(self, points):
        """Places in the training set, (N, candidates · classes), of the nearest of each class by the plain distance."""
        found = [search.kneighbors(points, return_distance=False) for search in self.searches_]
        return np.concatenate(
            [members[near] for members, near in zip(self.members_, found, strict=True)], axis=1
        )

    def decision_function(self, pictures):
        points, tangents = self.planes(pictures)
        near = self.nearest(points)
        distances = [
            plane_distances(point, basis, self.points_[candidates], self.tangents_[candidates])
            for point, basis, candidates in zip(points, tangents, near, strict=True)
        ]
        nearest = nearest_of_each(np.array(distances), self.labels_[near], len(self.classes_))
        return -np.log(nearest + 1e-9)  # a digit's own copy is at distance 0

    def predict(self, pictures):
        return self.classes_[self.decision_function(pictures).argmax(axis=1)]

    def planes(self, pictures):
        """The pictures as points (N, pixels), and an orthonormal basis of each one's plane (N, 7, pixels)."""
        small = shrink(pictures.astype("float32") / 255, self.side)
        smooth = gaussian_filter(small, (0, self.blur, self.blur))
        down, right = np.gradient(smooth, axis=(1, 2))
        y, x = np.indices(smooth.shape[1:]) - (self.side - 1) / 2
        ways = [down, right, x * right + y * down, x * down - y * right]
        ways += [x * right - y * down, y * right + x * down, right**2 + down**2]
        basis, _ = np.linalg.qr(np.stack(ways, axis=-1).reshape(len(small), -1, len(ways)))
        return smooth.reshape(len(small), -1), basis.transpose(0, 2, 1).astype("float32")


class VirtualSVM(ClassifierMixin, BaseEstimator):
    """A support vector machine trained again on its support vectors and copies of them, moved by one pixel.

    What a digit's class is does not change when it moves; the machine learns that from the only examples that it
    keeps, its support vectors (Schölkopf, Burges and Vapnik, 1996).

    Args:
        machine: function that returns an untrained pipeline whose last step is a `PolynomialSVM`.
    """

    SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))

    def __init__(self, machine):
        self.machine = machine

    def fit(self, pictures, labels):
        support = self.machine().fit(pictures, labels)[-1].support_
        moved = [np.roll(pictures[support], shift, axis=(1, 2)) for shift in self.SHIFTS]
        self.machine_ = self.machine().fit(np.concatenate(moved), np.tile(labels[support], len(self.SHIFTS)))
        self.classes_ = self.machine_.classes_
        return self

    def predict(self, pictures):
        return self.machine_.predict(pictures)

    def decision_function(self, pictures):
        return self.machine_.decision_function(pictures)


def shrink(pictures, side):
    """Pictures made side × side; each new pixel is the mean of the old ones that it covers."""
    size = pictures.shape[1]
    starts = np.arange(side)[:, None] * size / side
    covered = np.minimum(starts + size / side, np.arange(size) + 1) - np.maximum(starts, np.arange(size))
    share = covered.clip(min=0) * side / size
    return np.einsum("ir,nrc,jc->nij", share, pictures, share, optimize=True).astype("float32")


def plane_distances(point, basis, points, bases, give=1e-2):
    """Squared distances of one plane from others: what is left of the difference outside both planes.

    With orthonormal rows A and B, min over α, β of |r − Aᵀα − Bᵀβ|² is |r|² − vᵀ M⁻¹ v, where v = (Ar, Br) and
    M = ((I, ABᵀ), (BAᵀ, I)); `give` on M's diagonal keeps the planes from being followed too far.
    """
    apart = points - point
    mine, theirs = apart @ basis.T, np.einsum("nkp,np->nk", bases, apart)
    both, ways = np.einsum("kp,nlp->nkl", basis, bases), len(basis)
    gram = np.tile(np.eye(2 * ways) * (1 + give), (len(points), 1, 1))
    gram[:, :ways, ways:], gram[:, ways:, :ways] = both, both.transpose(0, 2, 1)
    v = np.concatenate([mine, theirs], axis=1)
    return (apart**2).sum(axis=1) - (v * np.linalg.solve(gram, v[..., None])[..., 0]).sum(axis=1)


def on_ink(*steps, before=()) -> Pipeline:
    """Steps of a pipeline on rows of pixels, after whatever is done to the pictures."""
    return make_pipeline(*map(FunctionTransformer, (*before, ink)), *steps)


def polynomial_svm(degree: int) -> Pipeline:
    """A support vector machine that reads digits as vectors of length 1."""
    return on_ink(Normalizer(), PolynomialSVM(degree))


RIVALS = {
    "linear": lambda: on_ink(RidgeClassifier()),
    "linear, deslanted": lambda: on_ink(RidgeClassifier(), before=[deslant]),
    "pairwise linear": lambda: on_ink(PairwiseLinear()),
    "K-NN, Euclidean": lambda: on_ink(Nearest(3)),
    "K-NN, deslanted": lambda: on_ink(Nearest(3), before=[deslant]),
    "40 PCA + quadratic": lambda: on_ink(
        PCA(40, random_state=0), PolynomialFeatures(2), RidgeClassifier(solver="lsqr")
    ),
    "1000 RBF + linear": lambda: on_ink(RadialBasis(100), RidgeClassifier(alpha=1e-3)),
    "SVM, polynomial 4": lambda: polynomial_svm(4),
    # Vectors drawn at random where the paper computed them: 800 need as much work as the paper's.
    "reduced-set SVM, polynomial 5": lambda: on_ink(
        Normalizer(),
        Nystroem("poly", degree=5, gamma=1, coef0=0, n_components=800, random_state=0),
        RidgeClassifier(alpha=1e-3),
    ),
    "virtual SVM, polynomial 9, distortions": lambda: VirtualSVM(lambda: polynomial_svm(9)),
    "tangent distance, 16×16": TangentDistance,
}
"""Each rival's row in figure 9, and a function that returns it, untrained."""


def _matrix_cost(matrix, *others) -> tuple[int, int]:
    return matrix.size, matrix.size + sum(other.size for other in others)


def _svm_cost(machine) -> tuple[int, int]:
    # A support vector has a weight in the duels of its class that it matters to.
    work = machine.support_vectors_.size + np.count_nonzero(machine.weights_)
    return work, work + machine.intercept_.size


def _tangent_cost(estimator) -> tuple[int, int]:
    # Of each candidate: its difference along both planes' directions, and the directions along each other.
    ways, pixels = estimator.tangents_.shape[1:]
    planes = sum(search.n_neighbors for search in estimator.searches_) * (2 * ways + ways**2) * pixels
    return estimator.points_.size + planes, estimator.points_.size + estimator.tangents_.size


COSTS = {
    RidgeClassifier: lambda part: _matrix_cost(part.coef_, part.intercept_),
    PCA: lambda part: _matrix_cost(part.components_, part.mean_),
    PolynomialFeatures: lambda part: (part.n_features_in_ * (part.n_features_in_ + 1) // 2, 0),
    RadialBasis: lambda part: _matrix_cost(part.centres_),
    # Its second matrix and the linear layer after it are one product, counted there.
    Nystroem: lambda part: _matrix_cost(part.components_),
    Nearest: lambda part: _matrix_cost(part._fit_X),
    PolynomialSVM: _svm_cost,
    TangentDistance: _tangent_cost,
}
"""Of each trained part that multiplies: how many products are added up, and how many numbers are kept."""


def cost(estimator) -> tuple[int, int]:
    """What one answer of a trained rival takes, and what must be kept for it (figures 11 and 12).

    Only products of two numbers that are added up are counted, as in the paper: nothing for a kernel's power, an
    exponential, a search for the largest, or the straightening of digits.

    Returns:
        Multiply–accumulate operations a digit; stored numbers.
    """
    if isinstance(estimator, VirtualSVM):
        return cost(estimator.machine_)
    parts = getattr(estimator, "estimators_", None) or (
        estimator[:] if isinstance(estimator, Pipeline) else None
    )
    if parts is not None:
        works, kept = zip(*map(cost, parts), strict=True)
        return sum(works), sum(kept)
    work, kept = COSTS.get(type(estimator), lambda part: (0, 0))(estimator)
    return int(work), int(kept)


__getattr__ = renamed(__name__, {"rejected_percent": "lenet_utils.evaluation.rejected_percent"})
