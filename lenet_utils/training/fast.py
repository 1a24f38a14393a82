"""Train today's LeNet-5 in one compiled call an epoch: the speedrun. Taught in *from-1998-to-today*."""

import time

import keras
import numpy as np

from lenet_utils.evaluation import error_percent
from lenet_utils.models import lenet5
from lenet_utils.paper import INPUT_BACKGROUND, INPUT_FOREGROUND
from lenet_utils.training.data import need_tensorflow, training_data

SHARES = (1, 0.3, 0.3, 0.3)
"""One whole epoch, then three of the hardest three tenths; chosen on held-out training digits of MNIST."""

LAYERS = ["Conv2D relu", "MaxPooling2D"] * 2 + ["Conv2D relu", "Flatten", "Dense relu", "Dense softmax"]
KERNELS = [(5, 5, 1, 6), (5, 5, 6, 16), (5, 5, 16, 120), (120, 84), (84, 10)]
SHAPES = [shape for kernel in KERNELS for shape in (kernel, kernel[-1:])]
"""The one network that `fit_compiled` knows: `lenet5(pooling="max")`."""


def fit_compiled(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int | None = None,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    shares: tuple[float, ...] | None = None,
    batch_size: int = 128,
    peak: float = 1.2e-2,
    warm_up: float = 0.15,
    seed: int = 0,
) -> dict[str, list[float]]:
    """Train `lenet5(pooling="max")`, each epoch in one call of one compiled function: the speedrun.

    Four things save time beside Keras' `fit`: Python is not asked between batches; all weights are one
    vector, so that Adam is ten operations and not a hundred; ReLU comes after pooling, where there is a
    quarter of the units; and after the first epoch only the images that still have a high loss are shown
    again. The rate rises to `peak`, then falls to 0 along a cosine. Needs TensorFlow. Taught in
    *from-1998-to-today*.

    Args:
        model: `lenet5(pooling="max")`, with any first weights. Optimizer and loss are part of the recipe:
            what it is compiled with, if it is, plays no part and stays.
        images: uint8 digits (N, 28, 28), which cost a quarter of the memory, or floats (N, 32, 32, 1) as
            `to_lenet_input` makes them.
        labels: class numbers, (N,).
        epochs: how many whole epochs: the same as shares=(1,) * epochs. Give this or `shares`.
        validation: images and labels that are only looked at, once an epoch; as `to_lenet_input` makes them.
        shares: one number an epoch: which share of the images it shows, those with the highest loss when last
            shown. An image that was never shown comes before all others. By default `SHARES`.
        batch_size: how many images a step.
        peak: the highest learning rate.
        warm_up: the share of all steps that lead up to it.
        seed: of the order.

    Returns:
        The history, as `lenet_utils.training` describes it, over the images that an epoch showed.

    Raises:
        ValueError: another network, images or labels of another form, or an epoch that would show fewer
            images than one batch.
        RuntimeError: Keras runs on another backend than TensorFlow.
    """
    need_tensorflow("fit_compiled", "lenet_utils.training.fit")
    _check_network(model)
    steps = _steps(epochs, shares, len(images), batch_size)
    images, labels, validation = _network_data(model, images, labels, validation)
    generator, run_epoch = np.random.default_rng(seed), _compiled_epoch(images, labels, batch_size)
    rates = np.split(warmup_cosine(sum(steps), peak, warm_up).astype("float32"), np.cumsum(steps)[:-1])
    weights = np.concatenate([np.ravel(weight) for weight in model.get_weights()])
    # Adam's running means of the gradient and of its square.
    state = (weights, np.zeros_like(weights), np.zeros_like(weights))
    loss, history = np.full(len(images), np.inf), {}
    for rates_of_epoch in rates:
        start = time.perf_counter()
        order = hardest_examples(loss, len(rates_of_epoch) * batch_size, generator)
        *state, found, wrong = run_epoch(
            *state, order.reshape(-1, batch_size).astype("int32"), rates_of_epoch
        )
        loss[order] = found.numpy().ravel()
        figures = {
            "loss": float(loss[order].mean()),
            "error_percent": 100 * int(wrong) / len(order),
            "seconds": time.perf_counter() - start,
        }
        if validation is not None:
            _put_back(model, state[0])
            figures["validation_error_percent"] = error_percent(model, *validation)
        for name, value in figures.items():
            history.setdefault(name, []).append(value)
    _put_back(model, state[0])
    return history


def _steps(epochs, shares, images: int, batch_size: int) -> list[int]:
    """How many batches each epoch has."""
    if epochs is not None and shares is not None and len(shares) != epochs:
        raise ValueError(f"shares names {len(shares)} epochs and epochs={epochs}: give one of the two.")
    if shares is None:
        shares = SHARES if epochs is None else (1,) * epochs
    steps = [int(share * images) // batch_size for share in shares]
    if not steps:
        raise ValueError("There should be at least one epoch.")
    if not all(steps):
        raise ValueError(
            f"each epoch needs at least one batch of {batch_size} images; {min(shares):g} of {images} are "
            "fewer. Give more images, larger shares, or a smaller batch_size."
        )
    return steps


def _network_data(model, images, labels, validation):
    """The data as arrays, digits framed to the size that the network reads."""
    images = np.asarray(images)
    if images.dtype == np.uint8 and images.shape[1:] == (28, 28):
        images = np.pad(images, ((0, 0), (2, 2), (2, 2)))[..., None]
    return training_data(model, images, labels, validation)


def _check_network(model) -> None:
    """ValueError for anything but lenet5(pooling="max"): the compiled function knows no other network."""
    kinds = []
    for layer in model.layers:
        kind, activation = type(layer).__name__, getattr(layer, "activation", None)
        name = getattr(activation, "__name__", activation)  # the layers of 1998 have a name in its place
        kinds.append(f"{kind} {name}" if activation else kind)
    if kinds != LAYERS or [tuple(weight.shape) for weight in model.weights] != SHAPES:
        raise ValueError(
            'fit_compiled trains lenet5(pooling="max") and nothing else; '
            "lenet_utils.training.fit trains any model."
        )


def _compiled_epoch(images, labels, batch_size: int):
    """A compiled function that shows an epoch's batches and changes a vector of weights.

    It takes the vector, Adam's two means, the numbers of the images (steps, batch_size) and a rate for each
    step; it returns vector and means, the loss of every image, (steps, batch_size), and how many were
    misclassified, each when it was shown.
    """
    import tensorflow as tf

    sizes = [int(np.prod(shape)) for shape in SHAPES]
    shown, right = tf.constant(images), tf.constant(labels, tf.int32)
    # Unknown lengths: one trace serves every epoch.
    vector_kind, order_kind = tf.TensorSpec([sum(sizes)]), tf.TensorSpec([None, batch_size], tf.int32)

    @tf.function(input_signature=[*[vector_kind] * 3, order_kind, tf.TensorSpec([None])])
    def run_epoch(vector, mean, square, order, rates):
        losses, wrong = tf.TensorArray(tf.float32, len(order)), tf.constant(0, tf.int64)
        for step in tf.range(len(order)):
            x = tf.reshape(tf.gather(shown, order[step]), (batch_size, 32, 32, 1))
            y = tf.gather(right, order[step])
            parts = tf.split(vector, sizes)
            logits = _logits([tf.reshape(part, shape) for part, shape in zip(parts, SHAPES, strict=True)], x)
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
            gradient = tf.gradients(tf.reduce_mean(each), vector)[0]
            # Adam: β₁ = 0.9 for the mean; β₂ = 0.99 and not 0.999, because a run has some hundred steps and
            # no more. The means are not corrected for having started at 0: the warm-up keeps the first steps
            # small.
            mean += 0.1 * (gradient - mean)
            square += 0.01 * (gradient**2 - square)
            vector -= rates[step] * mean / (tf.sqrt(square) + 1e-7)
            losses = losses.write(step, each)
            wrong += tf.math.count_nonzero(tf.argmax(logits, axis=-1, output_type=tf.int32) != y)
        return vector, mean, square, losses.stack(), wrong

    return run_epoch


def _logits(weights, images):
    """What lenet5(pooling="max") computes before its softmax, (batch, 10).

    The bias and ReLU come after the pooling, where there is a quarter of the units: both keep the largest of
    four the largest, so that nothing else comes out. C5 sees all of its input at once and is a matrix
    product.
    """
    import tensorflow as tf

    c1, c1_bias, c3, c3_bias, c5, c5_bias, f6, f6_bias, output, output_bias = weights
    x = tf.cast(images, tf.float32)
    if images.dtype == tf.uint8:
        x = (INPUT_FOREGROUND - INPUT_BACKGROUND) / 255 * x + INPUT_BACKGROUND
    for kernel, bias in ((c1, c1_bias), (c3, c3_bias)):
        x = tf.nn.relu(tf.nn.max_pool2d(tf.nn.conv2d(x, kernel, 1, "VALID"), 2, 2, "VALID") + bias)
    x = tf.nn.relu(tf.reshape(x, (len(x), -1)) @ tf.reshape(c5, (-1, 120)) + c5_bias)
    return tf.nn.relu(x @ f6 + f6_bias) @ output + output_bias


def _put_back(model, vector) -> None:
    """Every weight of the vector in its place in the model."""
    parts = np.split(np.asarray(vector), np.cumsum([int(np.prod(shape)) for shape in SHAPES])[:-1])
    model.set_weights([part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)])


def hardest_examples(loss: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """The numbers of the `count` examples with the highest loss, in random order; of equals, any.

    Taught in *from-1998-to-today*.
    """
    order = generator.permutation(len(loss))
    order = order[np.argsort(-loss[order], kind="stable")[:count]]
    return generator.permutation(order)


def warmup_cosine(steps: int, peak: float, warm_up: float) -> np.ndarray:
    """A rate for every step: evenly up to `peak` for the share `warm_up` of them, then to 0 along a cosine.

    Taught in *from-1998-to-today*.
    """
    done = np.arange(steps) / steps
    falling = (1 + np.cos(np.pi * (done - warm_up) / (1 - warm_up))) / 2
    return peak * np.where(done < warm_up, done / (warm_up or 1), falling)


def _fit_at_once(pictures, classes, shares=SHARES, batch_size=128, peak=1.2e-2, warm_up=0.15, seed=0):
    """`fit_compiled` as it was called before: it made the network itself, and returned it."""
    keras.utils.set_random_seed(seed)
    model = lenet5(pooling="max")
    fit_compiled(model, pictures, classes, None, None, shares, batch_size, peak, warm_up, seed)
    return model
