"""LeNet-5 in plain NumPy, forward and backward: to read, and to check faster code against.

`parts` are the layers, derived in the chapter *mathematics*; `lenet5` puts them together to the network of
1998 and trains it, as the chapter *the-1998-network* does. All public names can be imported from here.
"""

from lenet_utils._renamed import renamed
from lenet_utils.reference.lenet5 import (
    C3_MAPS,
    S2_MAPS,
    SHAPES,
    LeNet5,
    Loss,
    backward,
    distances,
    distances_curvature,
    distances_gradient,
    gather,
    initial_weights,
    learning_rates,
    maximum_a_posteriori,
    maximum_likelihood,
    rbf_centres,
    scatter,
)
from lenet_utils.reference.parts import (
    correlation_image_gradient,
    correlation_kernel_gradient,
    cross_correlate,
    cross_entropy,
    dense,
    dense_gradients,
    numerical_gradient,
    relative_error,
    relu,
    relu_derivative,
    shapes,
    softmax,
    softmax_cross_entropy_gradient,
    squash,
    squash_derivative,
    subsample,
    subsample_gradients,
    sum_of_four,
)

__all__ = [
    "C3_MAPS",
    "S2_MAPS",
    "SHAPES",
    "LeNet5",
    "Loss",
    "backward",
    "correlation_image_gradient",
    "correlation_kernel_gradient",
    "cross_correlate",
    "cross_entropy",
    "dense",
    "dense_gradients",
    "distances",
    "distances_curvature",
    "distances_gradient",
    "gather",
    "initial_weights",
    "learning_rates",
    "maximum_a_posteriori",
    "maximum_likelihood",
    "numerical_gradient",
    "rbf_centres",
    "relative_error",
    "relu",
    "relu_derivative",
    "scatter",
    "shapes",
    "softmax",
    "softmax_cross_entropy_gradient",
    "squash",
    "squash_derivative",
    "subsample",
    "subsample_gradients",
    "sum_of_four",
]

__getattr__ = renamed(
    __name__,
    {
        "LUSH_COEFFICIENT": "lenet_utils.paper.LUSH_COEFFICIENT",
        "WORKING_COEFFICIENT": "lenet_utils.paper.DEFAULT_COEFFICIENT",
        "bitmaps": "rbf_centres",
        "spread": "scatter",
    },
)
