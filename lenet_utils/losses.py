"""Loss functions: the two of 1998 over distances, and those of older and newer networks.

All take labels, shape (N,), and the network's outputs, shape (N, 10), and are ordinary Keras
losses that `compile()` accepts. Beside its value, each loss here gives its first and second derivatives by
the outputs, where the back-propagation of curvatures starts (`lenet_utils.optimizers.curvatures`). Taught in
the chapter *the-1998-network*.
"""

import keras
import numpy as np
from keras import ops

from lenet_utils._inputs import another_number_of_labels, class_numbers, one_hot_labels


class OutputLoss(keras.losses.Loss):
    """A loss that knows its derivatives by the network's outputs.

    A subclass gives `call(y_true, y_pred)`, one loss per image, and `derivatives(y_true, y_pred)`.
    """

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Before Keras makes tensors of them: then text, NaN or −1 can no longer be told from class numbers.
        return super().__call__(_class_numbers(y_true, y_pred), y_pred, sample_weight)

    def derivatives(self, y_true, y_pred):
        """∂E/∂y_i, shape (N, classes), and ∂²E/∂y_i∂y_k, shape (N, classes, classes), for each image.

        Args:
            y_true: labels, (N,).
            y_pred: the network's outputs, (N, classes).
        """
        raise NotImplementedError


@keras.saving.register_keras_serializable("lenet_utils")
class MaximumLikelihood(OutputLoss):
    """Eq. 8: the distance to the right class's bitmap, E = y_D. The other distances do not matter."""

    def call(self, y_true, y_pred):
        return ops.sum(_one_hot(y_true, y_pred) * y_pred, axis=-1)

    def derivatives(self, y_true, y_pred):
        return _one_hot(y_true, y_pred), ops.zeros_like(y_pred)[:, :, None] * y_pred[:, None, :]


@keras.saving.register_keras_serializable("lenet_utils")
class MaximumAPosteriori(OutputLoss):
    """Eq. 9: E = y_D + log(e^(−j) + Σ_i e^(−y_i)): near the right bitmap, and far from the others.

    The second term pushes wrong classes away while their distance is not much larger than j, the distance of
    the "rubbish" class to everything; the paper asks for j > 0 and does not say how large. Computed with the
    largest power taken out, so that no distance overflows.

    Args:
        j: the rubbish class's distance.
    """

    def __init__(self, j: float = 1.0, **options):
        super().__init__(**options)
        if not j > 0:
            raise ValueError(f"j={j} must be positive (Eq. 9).")
        self.j = j

    def call(self, y_true, y_pred):
        right = ops.sum(_one_hot(y_true, y_pred) * y_pred, axis=-1)
        return right + ops.logsumexp(self._scores(y_pred), axis=-1)

    def derivatives(self, y_true, y_pred):
        p = ops.softmax(self._scores(y_pred), axis=-1)[:, :-1]
        return _one_hot(y_true, y_pred) - p, _covariance(p)

    def _scores(self, y_pred):
        """−y_i of the classes and, last, −j of the rubbish class."""
        return ops.concatenate([-y_pred, ops.full_like(y_pred[:, :1], -self.j)], axis=-1)

    def get_config(self):
        return {**super().get_config(), "j": self.j}


@keras.saving.register_keras_serializable("lenet_utils")
class SquaredError(OutputLoss):
    """Half the squared error of squashing units, E = ½ Σ_i (x_i − t_i)²: the target t_i is 1 for the right class, −1
    for all others, which f reaches at a = ±1. For `lenet1` and `lenet4`, which have no bitmaps to be near to.
    """

    def call(self, y_true, y_pred):
        return ops.sum((y_pred - self._targets(y_true, y_pred)) ** 2, axis=-1) / 2

    def derivatives(self, y_true, y_pred):
        gradient = y_pred - self._targets(y_true, y_pred)
        return gradient, ops.eye(y_pred.shape[-1]) * ops.ones_like(y_pred)[:, :, None]

    def _targets(self, y_true, y_pred):
        return 2 * _one_hot(y_true, y_pred) - 1


@keras.saving.register_keras_serializable("lenet_utils")
class SoftmaxCrossEntropy(OutputLoss):
    """Today's loss, for comparison: −log of the softmax of the right class's output (a score, larger is better)."""

    def call(self, y_true, y_pred):
        return ops.logsumexp(y_pred, axis=-1) - ops.sum(_one_hot(y_true, y_pred) * y_pred, axis=-1)

    def derivatives(self, y_true, y_pred):
        p = ops.softmax(y_pred, axis=-1)
        return p - _one_hot(y_true, y_pred), _covariance(p)


@keras.saving.register_keras_serializable("lenet_utils")
class NearestIsRight(keras.metrics.MeanMetricWrapper):
    """The share of images whose smallest output is the right class's: the accuracy of a network of distances."""

    def __init__(self, name: str = "accuracy", dtype=None):
        super().__init__(_nearest_is_right, name=name, dtype=dtype)

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


def _nearest_is_right(y_true, y_pred):
    labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
    return ops.cast(ops.equal(ops.cast(ops.argmin(y_pred, axis=-1), "int32"), labels), y_pred.dtype)


def _one_hot(y_true, y_pred):
    """Labels as one-hot rows in the outputs' shape, (N, classes)."""
    labels = ops.reshape(ops.cast(_class_numbers(y_true, y_pred), "int32"), (-1,))
    return ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype)


def _class_numbers(y_true, y_pred):
    """The labels as they are; ValueError where they cannot be one class number for each image.

    The values of a tensor are not looked at: it may be a placeholder in a graph that is being made.
    """
    if not (ops.is_tensor(y_true) or isinstance(y_true, keras.KerasTensor)):
        return class_numbers(y_true, *np.shape(y_pred))
    if len(y_true.shape) > 1 and y_true.shape[-1] not in (None, 1):
        raise ValueError(one_hot_labels(tuple(y_true.shape)))
    number, images = y_true.shape[0] if len(y_true.shape) else 1, y_pred.shape[0]
    if None not in (number, images) and number != images:
        raise ValueError(another_number_of_labels(number, images))
    return y_true


def _covariance(p):
    """diag(p) − p pᵀ: the second derivatives of a log-sum-exp whose first are ±p."""
    return ops.eye(p.shape[-1]) * p[:, :, None] - p[:, :, None] * p[:, None, :]
