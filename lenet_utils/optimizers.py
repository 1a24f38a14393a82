"""The optimizer of 1998: a learning rate for every weight, from the curvature of the loss.

The paper's stochastic diagonal Levenberg–Marquardt (section II.C, appendix C): u_k ← u_k − ε_k ∂E/∂u_k with
ε_k = η / (μ + h_kk), where h_kk is the loss's second derivative by u_k, averaged over some images and
computed by one backward pass. Taught in the chapter *the-1998-network*.
"""

import keras
import numpy as np
from keras import ops

from lenet_utils._inputs import class_numbers, image_array
from lenet_utils.layers import EuclideanRBF
from lenet_utils.paper import CURVATURE_SAMPLES, LEARNING_RATES, MU

UPDATES = ("first", "latest", "largest")
"""Which estimate of a curvature counts, when one is made before every epoch."""

OUTPUT_CURVATURES = ("constant", "exact")
"""Where the curvatures start, at the inputs of the output layer; see `curvatures`."""


def curvatures(model: keras.Model, images, labels, loss, output_curvature: str = "constant") -> list:
    """h_kk of every trainable weight: the diagonal Gauss–Newton second derivative, averaged over images.

    One forward pass keeps what each layer reads; one backward pass asks each layer to carry ∂²E/∂x² down
    (appendix C; `lenet_utils.layers`).

    Args:
        model: a chain of layers of `lenet_utils.layers` (Keras' Flatten may stand between).
        images: (N, rows, columns, channels); 500 of them in the paper.
        labels: (N,).
        loss: one of `lenet_utils.losses`.
        output_curvature: what an output layer of distances is given. "constant": 2 for each of its inputs,
            the exact second derivative of a squared distance (Eq. 8). The authors' later code does this for
            every loss. "exact": the diagonal of the loss's own second derivatives; with Eq. 9 that fades
            where the network is sure.

    Returns:
        A list of tensors, shaped and ordered like `model.trainable_weights`, none negative.

    Raises:
        ValueError: an unknown `output_curvature`, a loss without `derivatives`, a layer that cannot carry
            curvatures, or an output layer whose centres are trained: theirs are not known here.
    """
    if output_curvature not in OUTPUT_CURVATURES:
        raise ValueError(
            f"output_curvature={output_curvature!r} is unknown; choose one of {OUTPUT_CURVATURES}."
        )
    if not hasattr(loss, "derivatives"):
        raise ValueError(f"{loss!r} is no loss of lenet_utils.losses: it does not give its derivatives.")
    inputs, signal = [], ops.convert_to_tensor(images, "float32")
    for layer in model.layers:
        inputs.append(signal)
        signal = layer(signal)
    gradient, hessian = loss.derivatives(labels, signal)
    upstream, found = ops.diagonal(hessian, axis1=1, axis2=2), []
    for layer, read in zip(reversed(model.layers), reversed(inputs), strict=True):
        if isinstance(layer, EuclideanRBF):
            if layer.trainable_weights:
                raise ValueError(
                    f"{layer.name} has trainable centres; curvatures are known for fixed ones only."
                )
            constant = output_curvature == "constant"
            upstream = (
                ops.full_like(read, 2.0) if constant else layer.exact_curvature(read, gradient, hessian)
            )
        elif isinstance(layer, keras.layers.Flatten):
            upstream = ops.reshape(upstream, ops.shape(read))
        elif hasattr(layer, "curvature"):
            upstream, of_weights = layer.curvature(read, upstream)
            found = [*of_weights, *found]
        else:
            raise ValueError(f"{layer.name}, a {type(layer).__name__}, cannot carry curvatures backward.")
    return [total / len(images) for total in found]


def _arrays(variables) -> list[np.ndarray]:
    """Values of Keras variables, by way of tensors: NumPy 2 warns of a variable that is converted directly."""
    return [ops.convert_to_numpy(ops.convert_to_tensor(variable)) for variable in variables]


def _any_positive(curvatures: list[np.ndarray]) -> bool:
    """Saved curvatures count as estimated; all 0 means that none were when the model was saved."""
    return any((array > 0).any() for array in curvatures)


@keras.saving.register_keras_serializable("lenet_utils")
class StochasticDiagonalLevenbergMarquardt(keras.optimizers.Optimizer):
    """Gradient descent with ε_k = η / (μ + h_kk) for each weight (Eq. 21 and appendix C).

    The curvatures h_kk do not come from gradients: `CurvatureEstimation`, a callback, or `set_curvatures`
    puts them in. Meant for one image at a time, which `lenet_utils.training.fit_online` does fast; `fit()`
    with mini-batches works as well.

    Args:
        learning_rate: η, a number or a Keras schedule. The paper's first is 5e-4.
        mu: μ, which keeps ε below η/μ where the loss is flat.
    """

    def __init__(self, learning_rate=LEARNING_RATES[0], mu: float = MU, name="sdlm", **options):
        super().__init__(learning_rate=learning_rate, name=name, **options)
        self.mu, self.saved = mu, []

    def build(self, variables):
        # When Keras reads an .h5 file, it builds an optimizer for no variables at all, long before the first step.
        if self.built or not variables:
            return
        super().build(variables)
        starts = [keras.initializers.Constant(array) for array in self.saved] or ["zeros"] * len(variables)
        self.curvatures = [
            self.add_variable_from_reference(variable, name="curvature", initializer=start)
            for variable, start in zip(variables, starts, strict=True)
        ]
        self.estimated = _any_positive(self.saved)

    def set_curvatures(self, values) -> None:
        """Take h_kk, one array for each trainable weight, as `curvatures` returns them."""
        for curvature, value in zip(self.curvatures, values, strict=True):
            curvature.assign(value)
        self.estimated = True

    def load_own_variables(self, store):
        """Take the state of a .keras file."""
        super().load_own_variables(store)
        self.estimated = _any_positive(_arrays(self.curvatures))

    def set_weights(self, weights):
        """Take the state of an .h5 file: the curvatures at once, or when they are built."""
        if self.built:
            super().set_weights(weights)
            self.estimated = _any_positive(_arrays(self.curvatures))
            return
        counters = len(self.variables)
        for variable, weight in zip(self.variables, weights[:counters], strict=True):
            variable.assign(np.asarray(weight))
        self.saved = [np.array(weight) for weight in weights[counters:]]

    def rates(self) -> list[np.ndarray]:
        """ε_k of every weight, shaped and ordered like the trainable weights."""
        self._need_curvatures()
        eta = float(self.learning_rate)
        return [eta / (self.mu + curvature) for curvature in _arrays(self.curvatures)]

    def update_step(self, gradient, variable, learning_rate):
        self._need_curvatures()
        curvature = self.curvatures[self._get_variable_index(variable)]
        eta = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, eta / (self.mu + curvature) * gradient)

    def _need_curvatures(self):
        if not self.built or not self.estimated:
            raise RuntimeError(
                "No curvatures yet: every rate would be η/μ. Give fit_online callbacks=[CurvatureEstimation()], "
                "Keras' own fit CurvatureEstimation(images, labels), or call "
                "set_curvatures(curvatures(model, images, labels, loss)) first."
            )

    def get_config(self):
        return {**super().get_config(), "mu": self.mu}


class CurvatureEstimation(keras.callbacks.Callback):
    """Estimates the curvatures before each epoch and sets the paper's η for it.

    Args:
        images, labels: of the training set, from which the samples are drawn. The functions of
            `lenet_utils.training` hand over their own where none are given; Keras' own `fit` cannot.
        samples: how many, anew for each epoch.
        update: which estimate counts: "first" (made once), "latest" (made afresh, as the paper says) or
            "largest" (of each weight's estimates so far).
        output_curvature: see `curvatures`.
        learning_rates: η of each epoch, the last one from then on; None leaves the optimizer's own.
        seed: fixes the samples.
        estimate: a function like `curvatures`, to try another estimate; None takes that one.
    """

    def __init__(
        self,
        images=None,
        labels=None,
        samples: int = CURVATURE_SAMPLES,
        update: str = "first",
        output_curvature: str = "constant",
        learning_rates=LEARNING_RATES,
        seed: int = 0,
        estimate=None,
    ):
        super().__init__()
        if update not in UPDATES:
            raise ValueError(f"update={update!r} is unknown; choose one of {UPDATES}.")
        if (images is None) != (labels is None):
            raise ValueError("Give images and labels, or neither.")
        self.images = None if images is None else image_array(images)
        self.labels = None if labels is None else class_numbers(labels, len(self.images))
        self.samples, self.seed = samples, seed
        self.update, self.output_curvature = update, output_curvature
        self.learning_rates, self.estimate = learning_rates, estimate

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        if self.learning_rates is not None:
            optimizer.learning_rate = self.learning_rates[min(epoch, len(self.learning_rates) - 1)]
        if self.update == "first" and optimizer.estimated:
            return
        images, labels = self._data()
        generator = np.random.default_rng([self.seed, epoch])
        chosen = generator.choice(len(images), min(self.samples, len(images)), replace=False)
        estimate = self.estimate or curvatures
        found = estimate(self.model, images[chosen], labels[chosen], self.model.loss, self.output_curvature)
        if self.update == "largest" and optimizer.estimated:
            found = [ops.maximum(*pair) for pair in zip(found, optimizer.curvatures, strict=True)]
        optimizer.set_curvatures(found)

    def _data(self):
        if self.images is None:
            raise ValueError(
                "CurvatureEstimation() has no images to estimate curvatures from. The functions of "
                "lenet_utils.training hand it theirs; for Keras' own fit say CurvatureEstimation(images, labels)."
            )
        return self.images, self.labels
