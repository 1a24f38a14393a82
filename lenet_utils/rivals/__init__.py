"""The baselines that LeNet-5 was compared with in 1998, as scikit-learn estimators (section III.C, figure 9).

Each reads digits as `lenet_utils.data` gives them, (N, 28, 28) of uint8, and has `fit(images, labels)`,
`predict(images)` and `decision_function(images)`, ten scores a digit, of which the largest is the answer.
Names are those of `paper.TEST_ERROR_PERCENT`. `inference_cost` counts what figures 11 and 12 count. Taught in
*rivals*.
"""

from lenet_utils._renamed import renamed
from lenet_utils.rivals.estimators import (
    NearestNeighbours,
    OneVsOne,
    PairwiseLinear,
    PolynomialSVM,
    RadialBasis,
    VirtualSVM,
    nearest_of_each,
    smallest_margin,
)
from lenet_utils.rivals.figure9 import BASELINES, inference_cost, pixel_pipeline, polynomial_svm
from lenet_utils.rivals.preprocessing import area_resize, deslant, ink
from lenet_utils.rivals.tangent_distance import TangentDistance, plane_distances

__all__ = [
    "BASELINES",
    "NearestNeighbours",
    "OneVsOne",
    "PairwiseLinear",
    "PolynomialSVM",
    "RadialBasis",
    "TangentDistance",
    "VirtualSVM",
    "area_resize",
    "deslant",
    "inference_cost",
    "ink",
    "nearest_of_each",
    "pixel_pipeline",
    "plane_distances",
    "polynomial_svm",
    "smallest_margin",
]

__getattr__ = renamed(
    __name__,
    {
        "RIVALS": "BASELINES",
        "Duels": "OneVsOne",
        "Nearest": "NearestNeighbours",
        "weakest_duel": "smallest_margin",
        "shrink": "area_resize",
        "on_ink": "pixel_pipeline",
        "cost": "inference_cost",
        "rejected_percent": "lenet_utils.evaluation.rejected_percent",
    },
)
