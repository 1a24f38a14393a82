"""The methods that LeNet-5 was compared with in 1998, as scikit-learn estimators (section III.C, figure 9).

Each reads digits as `lenet_utils.data` gives them, (N, 28, 28) of uint8, and has `fit(pictures, labels)` and
`predict(pictures)`. Names are those of `paper.TEST_ERROR_PERCENT`.
"""

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeClassifier
from sklearn.multiclass import OneVsOneClassifier
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, PolynomialFeatures
from sklearn.svm import SVC


def ink(pictures: np.ndarray) -> np.ndarray:
    """Pictures as rows of numbers from 0 to 1: (N, rows, columns) → (N, rows · columns)."""
    return pictures.reshape(len(pictures), -1).astype("float32") / 255


def deslant(pictures: np.ndarray) -> np.ndarray:
    """Upright digits: each row shifted sideways by whole pixels until the digit's principal axis is vertical.

    The slant is the regression of column on row, cov(column, row) / var(row), over the ink (section III.C).

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


class TangentDistance(ClassifierMixin, BaseEstimator):
    """Nearest neighbour, where the distance allows for small shifts, turns and the like (Simard et al., 1993).

    Each picture stands for the plane of what it becomes under seven small deformations: two shifts, scaling,
    rotation, two ways of squeezing, and a change of the stroke's thickness. The distance of two pictures is that of
    their planes. It is computed for the nearest `candidates` by the ordinary distance.

    Args:
        side: pictures are made this small first, as in the paper.
        blur: standard deviation in pixels of the Gaussian that makes them smooth enough to be differentiated.
        candidates: how many neighbours are looked at closely.
    """

    def __init__(self, side: int = 16, blur: float = 0.5, candidates: int = 100):
        self.side, self.blur, self.candidates = side, blur, candidates

    def fit(self, pictures, labels):
        self.points_, self.tangents_ = self.planes(pictures)
        self.labels_ = np.asarray(labels)
        many = min(self.candidates, len(self.labels_))
        self.search_ = NearestNeighbors(n_neighbors=many, algorithm="brute").fit(self.points_)
        return self

    def predict(self, pictures):
        points, tangents = self.planes(pictures)
        near = self.search_.kneighbors(points, return_distance=False)
        found = [
            candidates[
                plane_distances(point, basis, self.points_[candidates], self.tangents_[candidates]).argmin()
            ]
            for point, basis, candidates in zip(points, tangents, near, strict=True)
        ]
        return self.labels_[found]

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


def on_ink(estimator, *before) -> Pipeline:
    """An estimator on pixels, after whatever is done to the pictures."""
    return make_pipeline(*map(FunctionTransformer, (*before, ink)), estimator)


RIVALS = {
    "linear": lambda: on_ink(RidgeClassifier()),
    "linear, deslanted": lambda: on_ink(RidgeClassifier(), deslant),
    "pairwise linear": lambda: on_ink(OneVsOneClassifier(RidgeClassifier())),
    "K-NN, Euclidean": lambda: on_ink(KNeighborsClassifier(3, algorithm="brute")),
    "K-NN, deslanted": lambda: on_ink(KNeighborsClassifier(3, algorithm="brute"), deslant),
    "40 PCA + quadratic": lambda: on_ink(
        make_pipeline(PCA(40, random_state=0), PolynomialFeatures(2), RidgeClassifier(solver="lsqr"))
    ),
    "1000 RBF + linear": lambda: on_ink(make_pipeline(RadialBasis(100), RidgeClassifier(alpha=1e-3))),
    # On vectors of length 1 the kernel is (x · y)⁴.
    "SVM, polynomial 4": lambda: on_ink(
        make_pipeline(Normalizer(), SVC(kernel="poly", degree=4, gamma=1, C=10, cache_size=2000))
    ),
    "tangent distance, 16×16": TangentDistance,
}
"""Each rival's row in figure 9, and a function that returns it, untrained."""
