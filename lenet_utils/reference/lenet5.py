"""LeNet-5 as published in 1998, whole: forward, backward, curvature and training in plain NumPy.

Taught in *the-1998-network*. Weights are a dictionary by the names in `SHAPES`, signals a dictionary by
layer; x is what a layer puts out, a the weighted sum behind it, f the squashing function:

    "input"                                  the images (N, 32, 32, 1)
    "C1/a" "C1"   and C3, C5, F6             weighted sums a and outputs x = f(a)
    "S2/sums" "S2/a" "S2"   and S4           sums of four, then the same
    "output"                                 the ten distances (N, 10); the smallest wins
"""

from typing import NamedTuple

import numpy as np

from lenet_utils.paper import (
    C3_TABLE,
    DEFAULT_COEFFICIENT,
    INITIAL_RANGE,
    LUSH_COEFFICIENT,
    MU,
    RBF_CENTRES,
)
from lenet_utils.reference.parts import (
    correlation_image_gradient,
    correlation_kernel_gradient,
    cross_correlate,
    dense,
    dense_gradients,
    shapes,
    squash,
    squash_derivative,
    sum_of_four,
)

SHAPES = {
    "C1/kernel": (5, 5, 1, 6), "C1/bias": (6,),
    "S2/coefficient": (6,), "S2/bias": (6,),
    "C3/kernel": (5, 5, 60), "C3/bias": (16,),
    "S4/coefficient": (16,), "S4/bias": (16,),
    "C5/kernel": (5, 5, 16, 120), "C5/bias": (120,),
    "F6/kernel": (120, 84), "F6/bias": (84,),
    "output/centres": (10, 84),
}  # fmt: skip
"""Every weight's shape. The centres are fixed; the others are trained."""

S2_MAPS, C3_MAPS = np.array([(c, m) for m, maps in enumerate(C3_TABLE) for c in maps]).T
"""C3's sixty connections: from which S2 map to which C3 map, in the order of C3/kernel's last axis."""

FAN_IN = {"C1": 25, "S2": 4, "C3": 25 * np.bincount(C3_MAPS), "S4": 4, "C5": 400, "F6": 120}
"""How many inputs a unit of a layer has; in C3 that depends on the map (16,)."""

INITIALIZERS = ("published", "lush", "default")
"""The rules by which `initial_weights` draws."""

# --- Weights ------------------------------------------------------------------------------------------


def rbf_centres():
    """The centres of the output's radial basis functions: figure 3 as (10, 84), +1 for ink, −1 for paper."""
    return np.array(RBF_CENTRES, "float64")


def initial_weights(initializer="default", seed=0):
    """Weights before training, by name. Taught in *the-1998-network*.

    Args:
        initializer: "published" draws every weight from ±2.4/F, F the unit's number of inputs (appendix A).
            "lush" draws kernels from ±1/√F, with biases 0 and coefficients of 1/2, as the authors' own later
            code does, written in their Lisp called Lush. "default" is the same with coefficients of 0.8.
        seed: of the drawing.

    Raises:
        ValueError: an unknown `initializer`.
    """
    if initializer not in INITIALIZERS:
        raise ValueError(f"initializer={initializer!r} is unknown; choose one of {INITIALIZERS}.")
    coefficient = LUSH_COEFFICIENT if initializer == "lush" else DEFAULT_COEFFICIENT
    generator = np.random.default_rng(seed)
    weights = {}
    for name, shape in SHAPES.items():
        layer, part = name.split("/")
        if part == "centres":
            weights[name] = rbf_centres()
        elif initializer == "published" or part == "kernel":
            fan_in = FAN_IN[layer][C3_MAPS] if name == "C3/kernel" else FAN_IN[layer]
            bound = INITIAL_RANGE / fan_in if initializer == "published" else 1 / np.sqrt(fan_in)
            weights[name] = generator.uniform(-bound, bound, shape)
        else:
            weights[name] = np.full(shape, coefficient if part == "coefficient" else 0.0)
    return weights


def scatter(kernel):
    """Put C3's sixty kernels (5, 5, 60) at their places in (5, 5, 6, 16); 0 where the table connects nothing."""
    everywhere = np.zeros((*kernel.shape[:2], 6, 16), kernel.dtype)
    everywhere[:, :, S2_MAPS, C3_MAPS] = kernel
    return everywhere


def gather(everywhere):
    """Take the sixty kernels out again, (5, 5, 6, 16) to (5, 5, 60): the way back from `scatter`."""
    return everywhere[:, :, S2_MAPS, C3_MAPS]


# --- Output -------------------------------------------------------------------------------------------


@shapes(x="nj", centres="ij")
def distances(x, centres):
    """y_i = Σ_j (x_j − w_ij)², the penalty of class i (Eq. 7): (N, 84) to (N, 10)."""
    return ((x[:, None] - centres) ** 2).sum(axis=2)


@shapes(x="nj", centres="ij", first="ni")
def distances_gradient(x, centres, first):
    """∂E/∂x_j = Σ_i ∂E/∂y_i · 2 (x_j − w_ij), where `first` is ∂E/∂y: (N, 84)."""
    return (first[:, :, None] * 2 * (x[:, None] - centres)).sum(axis=1)


@shapes(x="nj", centres="ij", first="ni", second="nik")
def distances_curvature(x, centres, first, second):
    """∂²E/∂x_j² = Σ_i ∂E/∂y_i · 2 + Σ_ik ∂²E/∂y_i∂y_k · g_ij g_kj, with g_ij = 2 (x_j − w_ij): (N, 84).

    Exact. For the two losses below it is not negative, except for rounding.
    """
    g = 2 * (x[:, None] - centres)
    return 2 * first.sum(axis=1, keepdims=True) + (g * (second @ g)).sum(axis=1)


class Loss(NamedTuple):
    """The values and derivatives of a loss for N images: E (N,), ∂E/∂y_i (N, 10) and ∂²E/∂y_i∂y_k (N, 10, 10)."""

    value: np.ndarray
    first: np.ndarray
    second: np.ndarray


@shapes(y="ni", labels="n")
def maximum_likelihood(y, labels):
    """Eq. 8: E = y_D, the distance to the right class D's centre.

    Args:
        y: (N, 10) distances.
        labels: (N,) integers.

    Raises:
        IndexError: a label that has no column.
    """
    right = np.eye(y.shape[1], dtype=y.dtype)[labels]
    return Loss((right * y).sum(axis=1), right, np.zeros((*y.shape, y.shape[1]), y.dtype))


@shapes(y="ni", labels="n")
def maximum_a_posteriori(y, labels, j=1.0):
    """Eq. 9: E = y_D + log(e^−j + Σ_i e^−y_i). The distances of wrong classes are pushed up as well.

    With p_i = e^−y_i / (e^−j + Σ_k e^−y_k): ∂E/∂y_i = [i = D] − p_i and ∂²E/∂y_i∂y_k = [i = k] p_i − p_i p_k.

    Args, errors: as for `maximum_likelihood`; j is the distance of the "rubbish" class, unstated in the
    paper.
    """
    value, right, _ = maximum_likelihood(y, labels)
    rubbish = np.full_like(y[:, :1], -j)
    logarithm = np.logaddexp.reduce(np.concatenate([-y, rubbish], axis=1), axis=1)
    p = np.exp(-y - logarithm[:, None])
    second = p[:, :, None] * (np.eye(p.shape[1], dtype=p.dtype) - p[:, None, :])
    return Loss(value + logarithm, right - p, second)


# --- Backward -----------------------------------------------------------------------------------------


def backward(x, w, f_prime, up):
    """Back-propagate from F6 down to C1: derivatives of the loss by every weight, summed over the images.

    All layers up to F6 are weighted sums a_k = Σ_u w_uk x_u, followed by f. So the derivatives are

        ∂E/∂a_k = f′(a_k) ∂E/∂x_k        ∂E/∂w_uk = Σ x_u ∂E/∂a_k          ∂E/∂x_u = Σ_k w_uk ∂E/∂a_k

    and the curvatures of appendix C (diagonal Gauss–Newton: nothing but diagonals goes down, f″ is dropped)

        ∂²E/∂a_k² = f′(a_k)² ∂²E/∂x_k²   ∂²E/∂w_uk² = Σ x_u² ∂²E/∂a_k²     ∂²E/∂x_u² = Σ_k w_uk² ∂²E/∂a_k²

    where Σ runs over the places that share a weight: the same sums of squared numbers. This one function
    computes both. A coefficient of S2 or S4 multiplies a sum of four; that sum is its x_u.

    Args:
        x, w, f_prime: signals, weights and f′(a) of the layers for derivatives; for curvatures, their
            squares.
        up: (N, 84), ∂E/∂x or ∂²E/∂x² of F6's outputs.

    Returns:
        The trained weights' names, each with an array of the weight's shape.
    """
    g = {}
    up = up * f_prime["F6"]
    up, g["F6/kernel"], g["F6/bias"] = dense_gradients(x["C5"][:, 0, 0], w["F6/kernel"], up)
    up = up[:, None, None] * f_prime["C5"]
    up, g["C5/kernel"], g["C5/bias"] = convolution_backward(x["S4"], w["C5/kernel"], up)
    up = up * f_prime["S4"]
    up, g["S4/coefficient"], g["S4/bias"] = subsampling_backward(x["S4/sums"], w["S4/coefficient"], up)
    up = up * f_prime["C3"]
    up, everywhere, g["C3/bias"] = convolution_backward(x["S2"], scatter(w["C3/kernel"]), up)
    g["C3/kernel"] = gather(everywhere)
    up = up * f_prime["S2"]
    up, g["S2/coefficient"], g["S2/bias"] = subsampling_backward(x["S2/sums"], w["S2/coefficient"], up)
    up = up * f_prime["C1"]
    g["C1/kernel"], g["C1/bias"] = correlation_kernel_gradient(x["input"], up), up.sum(axis=(0, 1, 2))
    return g


def convolution_backward(x, kernel, up):
    """`backward` through one convolution: for its inputs, its kernel and its biases."""
    inputs = correlation_image_gradient(up, kernel)
    return inputs, correlation_kernel_gradient(x, up), up.sum(axis=(0, 1, 2))


def subsampling_backward(sums, coefficient, up):
    """`backward` through one subsampling, whose weights see the sums of four (N, rows/2, columns/2, m)."""
    inputs = (coefficient * up).repeat(2, axis=1).repeat(2, axis=2)
    return inputs, (sums * up).sum(axis=(0, 1, 2)), up.sum(axis=(0, 1, 2))


def squash_derivatives(x):
    """f′(a) of every layer that squashes, by layer, from the signals of `LeNet5.forward`."""
    return {name.removesuffix("/a"): squash_derivative(a) for name, a in x.items() if name.endswith("/a")}


def squares(arrays):
    """Every array of a dictionary, squared."""
    return {name: array**2 for name, array in arrays.items()}


def learning_rates(curvatures, eta, mu=MU):
    """ε_k = η / (μ + h_k) for every weight: stochastic diagonal Levenberg–Marquardt (appendix C)."""
    return {name: eta / (mu + curvature) for name, curvature in curvatures.items()}


# --- The network --------------------------------------------------------------------------------------


class LeNet5:
    """LeNet-5 (section II.B) with its C3 table, trainable subsampling and fixed bitmaps as output.

    Args:
        weights: a dictionary by the names of `SHAPES` or the path of an .npz file of one; the centres may
            be left out. None draws `initial_weights(initializer, seed)`.
        initializer, seed: see `initial_weights`.
        dtype: "float32", as Keras computes, or "float64", as finite differences need.

    Attributes:
        weights: the dictionary; training changes its arrays.

    Raises:
        ValueError: weights that are missing, unknown or of a wrong shape; an unknown `initializer`.
    """

    def __init__(self, weights=None, seed=0, initializer="default", dtype="float32"):
        if weights is None:
            weights = initial_weights(initializer, seed)
        elif not isinstance(weights, dict):
            with np.load(weights, allow_pickle=False) as file:
                weights = dict(file)
        weights = {"output/centres": rbf_centres(), **weights}
        found = {name: np.shape(array) for name, array in weights.items()}
        if found != SHAPES:
            differing = sorted(n for n in SHAPES.keys() | found.keys() if SHAPES.get(n) != found.get(n))
            raise ValueError(f"These are not LeNet-5's weights; missing, unknown or misshapen: {differing}.")
        self.weights = {name: np.array(weights[name], dtype) for name in SHAPES}
        self.dtype = np.dtype(dtype)

    def forward(self, images):
        """All signals of images (N, 32, 32, 1), by the names at the head of this module.

        Raises:
            ValueError: images of another shape.
        """
        if np.shape(images)[1:] != (32, 32, 1):
            raise ValueError(f"LeNet5 needs images (N, 32, 32, 1), but these are {np.shape(images)}.")
        w, x = self.weights, {"input": np.asarray(images, self.dtype)}
        x["C1/a"] = cross_correlate(x["input"], w["C1/kernel"]) + w["C1/bias"]
        x["C1"] = squash(x["C1/a"])
        x["S2/sums"] = sum_of_four(x["C1"])
        x["S2/a"] = w["S2/coefficient"] * x["S2/sums"] + w["S2/bias"]
        x["S2"] = squash(x["S2/a"])
        x["C3/a"] = cross_correlate(x["S2"], scatter(w["C3/kernel"])) + w["C3/bias"]
        x["C3"] = squash(x["C3/a"])
        x["S4/sums"] = sum_of_four(x["C3"])
        x["S4/a"] = w["S4/coefficient"] * x["S4/sums"] + w["S4/bias"]
        x["S4"] = squash(x["S4/a"])
        x["C5/a"] = cross_correlate(x["S4"], w["C5/kernel"]) + w["C5/bias"]
        x["C5"] = squash(x["C5/a"])
        x["F6/a"] = dense(x["C5"][:, 0, 0], w["F6/kernel"], w["F6/bias"])
        x["F6"] = squash(x["F6/a"])
        x["output"] = distances(x["F6"], w["output/centres"])
        return x

    def distances(self, images):
        """(N, 10): how far each image is from each class. The smallest wins."""
        batches = np.array_split(images, len(images) // 500 + 1)
        return np.concatenate([self.forward(batch)["output"] for batch in batches])

    def predict(self, images):
        """(N,) classes: the nearest one of each image."""
        return self.distances(images).argmin(axis=1)

    def gradients(self, images, labels, loss=maximum_a_posteriori):
        """∂E/∂w of the mean loss over the images, by weight: exact derivatives.

        Args:
            images: (N, 32, 32, 1).
            labels: (N,) integers.
            loss: a function (distances, labels) → `Loss`.
        """
        x = self.forward(images)
        first = loss(x["output"], labels).first / len(images)
        up = distances_gradient(x["F6"], self.weights["output/centres"], first)
        return backward(x, self.weights, squash_derivatives(x), up)

    def curvatures(self, images, labels, loss=maximum_a_posteriori):
        """h_k, the mean over the images of ∂²E/∂w_k², by weight: diagonal Gauss–Newton.

        Args: as for `gradients`. With `maximum_likelihood` the curvature at the top is 2 everywhere.
        """
        x = self.forward(images)
        _, first, second = loss(x["output"], labels)
        up = distances_curvature(x["F6"], self.weights["output/centres"], first, second) / len(images)
        return backward(squares(x), squares(self.weights), squares(squash_derivatives(x)), up)

    def train_one_epoch(self, images, labels, rates, order=None, loss=maximum_a_posteriori):
        """Show the patterns one by one, and step after each: w_k ← w_k − ε_k ∂E_p/∂w_k (appendix C).

        Args:
            images, labels, loss: as for `gradients`.
            rates: ε by weight, as `learning_rates` makes them.
            order: indices of the patterns to show, in this order; None shows all, as they come.
        """
        for p in range(len(images)) if order is None else order:
            for name, gradient in self.gradients(images[[p]], labels[[p]], loss).items():
                self.weights[name] -= rates[name] * gradient
