"""LeNet-5's parts in plain NumPy, forward and backward.

The chapter *mathematics* derives every function of this module and shows the same code. Images and
feature maps are arrays with the axes (image, row, column, map), as in Keras. One letter names an axis
wherever it occurs:

    n  images              c  maps that a layer reads       i, j  row and column in a kernel
    y, x  row and column   m  maps that a layer writes      u, k  inputs and outputs of a
                                                             fully connected layer, classes

Backward functions take `upstream`: the derivative of the loss with respect to what the forward function
returned, in the same shape. They return the derivatives with respect to its arguments. Everything is a
NumPy array; the functions carry no type hints, so that they read in the chapter as they do here.
Each says by `@shapes` which axes its arguments have, and raises ValueError for arrays that do not fit each
other.
"""

import functools
import inspect
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lenet_utils.paper import SQUASH_AMPLITUDE, SQUASH_SLOPE


def shapes(**axes: str) -> Callable:
    """Decorator that says which axes a function's arguments have, and holds callers to it.

    `@shapes(images="nyxc", kernels="ijcm")` reads: four axes each, and the images have as many maps (c)
    as the kernels read. An axis is one letter; the same letter has the same length everywhere.

    Raises:
        ValueError (in the decorated function): a wrong number of axes, or lengths that differ.
    """

    def decorate(function: Callable) -> Callable:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*arguments, **named):
            given = signature.bind(*arguments, **named).arguments
            seen = {}
            for name, letters in axes.items():
                shape = np.shape(given[name])
                if len(shape) != len(letters):
                    raise ValueError(
                        f"{function.__name__}: {name} has the shape {shape}, but it needs {len(letters)} "
                        f"axes ({', '.join(letters)})."
                    )
                for letter, length in zip(letters, shape, strict=True):
                    first_name, first_length = seen.setdefault(letter, (name, length))
                    if length != first_length:
                        raise ValueError(
                            f"{function.__name__}: axis {letter} has the length {first_length} in "
                            f"{first_name}, but {length} in {name}."
                        )
            return function(*arguments, **named)

        return checked

    return decorate


# --- Convolutional layers -----------------------------------------------------------------------------


@shapes(images="nyxc", kernels="ijcm")
def cross_correlate(images, kernels):
    """Slide kernels over images: every output is a weighted sum of one window, at stride 1, unpadded.

    out[n,y,x,m] = Σ_ijc images[n, y+i, x+j, c] kernels[i,j,c,m]. The weighted sums of layers C1, C3 and C5
    (section II.A); a layer's biases are added to the result. Taught in *mathematics*.

    Args:
        images: (N, rows, columns, maps read).
        kernels: (height, width, maps read, maps written), as Keras' Conv2D stores them.

    Returns:
        (N, rows − height + 1, columns − width + 1, maps written).

    Raises:
        ValueError: a kernel larger than the image.
    """
    windows = sliding_window_view(images, kernels.shape[:2], axis=(1, 2))
    return np.einsum("nyxcij,ijcm->nyxm", windows, kernels)


@shapes(images="nyxc", upstream="nYXm")
def correlation_kernel_gradient(images, upstream):
    """∂E/∂kernels of `cross_correlate`: the images cross-correlated with `upstream`.

    A shared weight collects ∂E/∂a · input from every place where it was used. Taught in *mathematics*.

    Args:
        images: (N, rows, columns, c), what the forward pass read.
        upstream: (N, rows − height + 1, columns − width + 1, m).

    Returns:
        (height, width, c, m), summed over the images.
    """
    windows = sliding_window_view(images, upstream.shape[1:3], axis=(1, 2))
    return np.einsum("nijcyx,nyxm->ijcm", windows, upstream)


@shapes(upstream="nyxm", kernels="ijcm")
def correlation_image_gradient(upstream, kernels):
    """∂E/∂images of `cross_correlate`: the full convolution of `upstream` with the kernels.

    Every output stamps the kernel, times its own ∂E/∂a, onto the window that it read. Computed as a
    cross-correlation of the padded `upstream` with the kernels turned by 180°. Taught in *mathematics*.

    Args:
        upstream: (N, rows, columns, m).
        kernels: (height, width, c, m).

    Returns:
        (N, rows + height − 1, columns + width − 1, c).
    """
    margins = [(0, 0), *((size - 1, size - 1) for size in kernels.shape[:2]), (0, 0)]
    turned = kernels[::-1, ::-1].swapaxes(2, 3)
    return cross_correlate(np.pad(upstream, margins), turned)


# --- Subsampling layers -------------------------------------------------------------------------------


@shapes(maps="nyxm")
def sum_of_four(maps):
    """Sum every 2×2 block: (N, rows, columns, m) to (N, rows/2, columns/2, m).

    Raises:
        ValueError: an odd number of rows or columns.
    """
    if maps.shape[1] % 2 or maps.shape[2] % 2:
        raise ValueError(f"sum_of_four: {maps.shape[1]}×{maps.shape[2]} does not divide into 2×2 blocks.")
    return maps[:, ::2, ::2] + maps[:, ::2, 1::2] + maps[:, 1::2, ::2] + maps[:, 1::2, 1::2]


@shapes(maps="nyxm", coefficients="m", biases="m")
def subsample(maps, coefficients, biases):
    """The paper's subsampling before its squashing: coefficient · sum of a 2×2 block + bias.

    Layers S2 and S4 (section II.A). Average pooling is the case of coefficients 1/4 and biases 0. Taught
    in *mathematics*.

    Args:
        maps: (N, rows, columns, m), rows and columns even.
        coefficients, biases: (m,), one trainable number per map.

    Returns:
        (N, rows/2, columns/2, m).

    Raises:
        ValueError: an odd number of rows or columns.
    """
    return coefficients * sum_of_four(maps) + biases


@shapes(maps="nyxm", coefficients="m", upstream="nYXm")
def subsample_gradients(maps, coefficients, upstream):
    """∂E/∂maps, ∂E/∂coefficients and ∂E/∂biases of `subsample`. Taught in *mathematics*.

    Args:
        maps: (N, rows, columns, m), what the forward pass read.
        coefficients: (m,).
        upstream: (N, rows/2, columns/2, m).

    Returns:
        Three arrays, shaped like maps, coefficients and biases; the last two summed over the images.
    """
    maps_gradient = (coefficients * upstream).repeat(2, axis=1).repeat(2, axis=2)
    coefficients_gradient = (upstream * sum_of_four(maps)).sum(axis=(0, 1, 2))
    return maps_gradient, coefficients_gradient, upstream.sum(axis=(0, 1, 2))


# --- Activations --------------------------------------------------------------------------------------


def squash(a):
    """The paper's activation f(a) = 1.7159 tanh(2a/3), of any shape (appendix A). Taught in *mathematics*."""
    return SQUASH_AMPLITUDE * np.tanh(SQUASH_SLOPE * a)


def squash_derivative(a):
    """f′(a) of `squash`, at the weighted sum a (not at the activation f(a)). Taught in *mathematics*."""
    return SQUASH_AMPLITUDE * SQUASH_SLOPE * (1 - np.tanh(SQUASH_SLOPE * a) ** 2)


def relu(a):
    """max(0, a), of any shape. Taught in *mathematics*."""
    return np.maximum(0, a)


def relu_derivative(a):
    """1 where a > 0, else 0; at the kink itself 0 by convention. Taught in *mathematics*."""
    return np.where(a > 0, 1.0, 0.0)


# --- Fully connected layers ---------------------------------------------------------------------------


@shapes(inputs="nu", weights="uk", biases="k")
def dense(inputs, weights, biases):
    """Weighted sums of a fully connected layer: (N, u) to (N, k). Taught in *mathematics*."""
    return inputs @ weights + biases


@shapes(inputs="nu", weights="uk", upstream="nk")
def dense_gradients(inputs, weights, upstream):
    """∂E/∂inputs, ∂E/∂weights and ∂E/∂biases of `dense`. Taught in *mathematics*."""
    return upstream @ weights.T, inputs.T @ upstream, upstream.sum(axis=0)


# --- Loss ---------------------------------------------------------------------------------------------


@shapes(logits="nk")
def softmax(logits):
    """Probabilities from scores: exp(z_k) / Σ exp(z), one row per image. Taught in *mathematics*.

    The largest score of a row is subtracted first, which changes nothing and keeps exp from overflowing.

    Raises:
        ValueError: not two axes (images, classes).
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@shapes(probabilities="nk", labels="n")
def cross_entropy(probabilities, labels):
    """Mean of −ln p[label], in nats. Taught in *mathematics*.

    Args:
        probabilities: (N, classes), rows that sum to 1.
        labels: (N,) integers.

    Raises:
        IndexError: a label that has no column.
    """
    return -np.log(probabilities[np.arange(len(labels)), labels]).mean()


@shapes(probabilities="nk", labels="n")
def softmax_cross_entropy_gradient(probabilities, labels):
    """∂E/∂logits of cross-entropy after softmax: (p − one-hot) / N. Taught in *mathematics*.

    Args:
        probabilities: (N, classes), what `softmax` returned.
        labels: (N,) integers.

    Raises:
        IndexError: a label that has no column.
    """
    gradient = probabilities.copy()
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / len(labels)


# --- Checking -----------------------------------------------------------------------------------------


def numerical_gradient(function, point, step=1e-5):
    """The gradient of a scalar function by central differences, one number of `point` at a time.

    (E(u + h) − E(u − h)) / 2h, with an error of order h². Use float64. Taught in *mathematics*.

    Args:
        function: maps an array of point's shape to one number.
        point: where; of any shape.
        step: h.

    Returns:
        An array of point's shape.
    """
    gradient = np.zeros(point.shape)
    for place in np.ndindex(point.shape):
        shift = np.zeros(point.shape)
        shift[place] = step
        gradient[place] = (function(point + shift) - function(point - shift)) / (2 * step)
    return gradient


def relative_error(one, other):
    """The largest difference of two arrays, relative to the largest number. Taught in *mathematics*."""
    return np.abs(one - other).max() / max(np.abs(one).max(), np.abs(other).max())
