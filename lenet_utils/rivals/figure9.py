"""The rows of figure 9 that are no neural networks: an untrained baseline each, and its inference cost."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, PolynomialFeatures

from lenet_utils.rivals.estimators import (
    NearestNeighbours,
    PairwiseLinear,
    PolynomialSVM,
    RadialBasis,
    VirtualSVM,
)
from lenet_utils.rivals.preprocessing import deslant, ink
from lenet_utils.rivals.tangent_distance import TangentDistance


def pixel_pipeline(*steps, before=()) -> Pipeline:
    """A pipeline of steps on rows of pixels; `before` are functions of the images."""
    return make_pipeline(*map(FunctionTransformer, (*before, ink)), *steps)


def polynomial_svm(degree: int) -> Pipeline:
    """A support vector classifier that reads digits as vectors of length 1."""
    return pixel_pipeline(Normalizer(), PolynomialSVM(degree))


BASELINES = {
    "linear": lambda: pixel_pipeline(RidgeClassifier()),
    "linear, deslanted": lambda: pixel_pipeline(RidgeClassifier(), before=[deslant]),
    "pairwise linear": lambda: pixel_pipeline(PairwiseLinear()),
    "K-NN, Euclidean": lambda: pixel_pipeline(NearestNeighbours(3)),
    "K-NN, deslanted": lambda: pixel_pipeline(NearestNeighbours(3), before=[deslant]),
    "40 PCA + quadratic": lambda: pixel_pipeline(
        PCA(40, random_state=0), PolynomialFeatures(2), RidgeClassifier(solver="lsqr")
    ),
    "1000 RBF + linear": lambda: pixel_pipeline(RadialBasis(100), RidgeClassifier(alpha=1e-3)),
    "SVM, polynomial 4": lambda: polynomial_svm(4),
    # Vectors drawn at random where the paper computed them: 800 need as much work as the paper's.
    "reduced-set SVM, polynomial 5": lambda: pixel_pipeline(
        Normalizer(),
        Nystroem("poly", degree=5, gamma=1, coef0=0, n_components=800, random_state=0),
        RidgeClassifier(alpha=1e-3),
    ),
    "virtual SVM, polynomial 9, distortions": lambda: VirtualSVM(lambda: polynomial_svm(9)),
    "tangent distance, 16×16": TangentDistance,
}
"""Row of figure 9 → function that returns the untrained baseline."""


def _matrix_cost(matrix, *others) -> tuple[int, int]:
    return matrix.size, matrix.size + sum(other.size for other in others)


def _svm_cost(classifier) -> tuple[int, int]:
    # Only non-zero dual coefficients multiply.
    macs = classifier.support_vectors_.size + np.count_nonzero(classifier.weights_)
    return macs, macs + classifier.intercept_.size


def _tangent_cost(estimator) -> tuple[int, int]:
    # For each candidate: the difference times both planes' tangents, and the tangents times each other.
    ways, pixels = estimator.tangents_.shape[1:]
    planes = sum(search.n_neighbors for search in estimator.searches_) * (2 * ways + ways**2) * pixels
    return estimator.points_.size + planes, estimator.points_.size + estimator.tangents_.size


COSTS = {
    RidgeClassifier: lambda part: _matrix_cost(part.coef_, part.intercept_),
    PCA: lambda part: _matrix_cost(part.components_, part.mean_),
    PolynomialFeatures: lambda part: (part.n_features_in_ * (part.n_features_in_ + 1) // 2, 0),
    RadialBasis: lambda part: _matrix_cost(part.centres_),
    # The Nyström map and the linear layer fuse into one matrix, counted with the layer.
    Nystroem: lambda part: _matrix_cost(part.components_),
    NearestNeighbours: lambda part: _matrix_cost(part._fit_X),
    PolynomialSVM: _svm_cost,
    TangentDistance: _tangent_cost,
}
"""Trained part → function that counts its MACs and stored parameters."""


def inference_cost(estimator) -> tuple[int, int]:
    """Multiply–accumulates (MACs) and stored parameters of a trained baseline (figures 11 and 12).

    Only products of two numbers that are added up are counted, as in the paper: nothing for a kernel's power,
    an exponential, a search for the largest, or the straightening of digits.

    Returns:
        `(macs, parameters)`: MACs per image, and stored numbers.
    """
    if isinstance(estimator, VirtualSVM):
        return inference_cost(estimator.classifier_)
    parts = getattr(estimator, "estimators_", None) or (
        estimator[:] if isinstance(estimator, Pipeline) else None
    )
    if parts is not None:
        macs, parameters = zip(*map(inference_cost, parts), strict=True)
        return sum(macs), sum(parameters)
    macs, parameters = COSTS.get(type(estimator), lambda part: (0, 0))(estimator)
    return int(macs), int(parameters)
