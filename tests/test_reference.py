"""The NumPy reference against Keras, finite differences and TensorFlow's own gradients."""

import numpy as np
import pytest

from lenet_utils import reference
from lenet_utils.paper import SQUASH_AMPLITUDE, SQUASH_SLOPE


@pytest.fixture
def generator():
    return np.random.default_rng(1998)


@pytest.fixture
def layer(generator):
    """Pictures with three maps, and kernels 3×5 from them to four."""
    return generator.normal(size=(2, 8, 10, 3)), generator.normal(size=(3, 5, 3, 4))


def close(one, other, tolerance):
    np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=tolerance)


# --- Forward, against Keras ---


def test_cross_correlate_is_what_keras_calls_convolution(layer):
    keras = pytest.importorskip("keras")
    images, kernels = (array.astype("float32") for array in layer)
    theirs = keras.ops.conv(images, kernels, padding="valid", data_format="channels_last")
    close(reference.cross_correlate(images, kernels), theirs, 1e-5)


def test_cross_correlate_follows_its_definition(layer):
    images, kernels = layer
    ours = reference.cross_correlate(images, kernels)
    assert ours.shape == (2, 6, 6, 4)
    for n, y, x, m in [(0, 0, 0, 0), (1, 5, 5, 3), (0, 2, 4, 1)]:
        assert ours[n, y, x, m] == pytest.approx((images[n, y : y + 3, x : x + 5] * kernels[..., m]).sum())


def test_cross_correlate_keeps_the_precision_it_is_given(layer):
    images, kernels = (array.astype("float32") for array in layer)
    assert reference.cross_correlate(images, kernels).dtype == np.float32


def test_a_kernel_as_large_as_the_picture_gives_one_number_a_map(generator):
    images, kernels = generator.normal(size=(2, 5, 5, 16)), generator.normal(size=(5, 5, 16, 120))
    assert reference.cross_correlate(images, kernels).shape == (2, 1, 1, 120)


def test_subsampling_with_a_quarter_and_no_bias_is_average_pooling(generator):
    keras = pytest.importorskip("keras")
    maps = generator.normal(size=(2, 6, 8, 3)).astype("float32")
    theirs = keras.ops.average_pool(maps, 2, strides=2, data_format="channels_last")
    close(reference.subsample(maps, np.full(3, 0.25), np.zeros(3)), theirs, 1e-5)


def test_subsampling_multiplies_the_sum_and_adds_the_bias():
    maps = np.array([[1.0, 2.0], [3.0, 4.0]])[None, :, :, None]
    assert reference.subsample(maps, np.array([0.5]), np.array([7.0])).item() == 12


def test_squash_is_the_papers(generator):
    keras = pytest.importorskip("keras")
    a = generator.normal(size=(4, 5)).astype("float32")
    close(reference.squash(a), SQUASH_AMPLITUDE * keras.ops.tanh(SQUASH_SLOPE * a), 1e-5)
    close(reference.squash(np.array([-1.0, 1.0])), [-1, 1], 1e-4)


def test_relu_and_softmax_are_keras_own(generator):
    keras = pytest.importorskip("keras")
    a = generator.normal(size=(4, 5)).astype("float32")
    close(reference.relu(a), keras.ops.relu(a), 1e-5)
    close(reference.softmax(a), keras.ops.softmax(a), 1e-5)


def test_softmax_survives_huge_logits():
    close(reference.softmax(np.array([[1000.0, 1000.0], [-1000.0, 0.0]])), [[0.5, 0.5], [0, 1]], 1e-12)


def test_cross_entropy_is_keras_own(generator):
    keras = pytest.importorskip("keras")
    logits, classes = generator.normal(size=(6, 10)).astype("float32"), generator.integers(0, 10, 6)
    theirs = keras.ops.sparse_categorical_crossentropy(classes, logits, from_logits=True)
    ours = reference.cross_entropy(reference.softmax(logits), classes)
    close(ours, np.asarray(theirs).mean(), 1e-5)


# --- Backward, against finite differences ---


def check(function, point, gradient):
    assert gradient.shape == point.shape
    assert reference.relative_error(gradient, reference.numerical_gradient(function, point)) < 1e-6


def test_gradients_of_cross_correlation(layer, generator):
    images, kernels = layer
    upstream = generator.normal(size=(2, 6, 6, 4))

    def loss(images, kernels):
        return (upstream * reference.cross_correlate(images, kernels)).sum()

    check(lambda k: loss(images, k), kernels, reference.correlation_kernel_gradient(images, upstream))
    check(lambda i: loss(i, kernels), images, reference.correlation_image_gradient(upstream, kernels))


def test_gradients_of_subsampling(generator):
    maps, coefficients, biases = generator.normal(size=(2, 4, 6, 3)), *generator.normal(size=(2, 3))
    upstream = generator.normal(size=(2, 2, 3, 3))

    def loss(m, c, b):
        return (upstream * reference.subsample(m, c, b)).sum()

    gradients = reference.subsample_gradients(maps, coefficients, upstream)
    check(lambda m: loss(m, coefficients, biases), maps, gradients[0])
    check(lambda c: loss(maps, c, biases), coefficients, gradients[1])
    check(lambda b: loss(maps, coefficients, b), biases, gradients[2])


@pytest.mark.parametrize("name", ["squash", "relu"])
def test_derivatives_of_the_activations(name, generator):
    a = generator.normal(size=20)
    check(lambda a: getattr(reference, name)(a).sum(), a, getattr(reference, f"{name}_derivative")(a))


def test_relu_derivative_is_0_at_the_kink():
    assert reference.relu_derivative(np.zeros(1)) == 0


def test_gradients_of_a_dense_layer(generator):
    inputs, weights, biases = (generator.normal(size=size) for size in ((3, 7), (7, 4), 4))
    upstream = generator.normal(size=(3, 4))

    def loss(i, w, b):
        return (upstream * reference.dense(i, w, b)).sum()

    gradients = reference.dense_gradients(inputs, weights, upstream)
    check(lambda i: loss(i, weights, biases), inputs, gradients[0])
    check(lambda w: loss(inputs, w, biases), weights, gradients[1])
    check(lambda b: loss(inputs, weights, b), biases, gradients[2])


def test_gradient_of_softmax_and_cross_entropy(generator):
    logits, classes = generator.normal(size=(4, 10)), generator.integers(0, 10, 4)
    gradient = reference.softmax_cross_entropy_gradient(reference.softmax(logits), classes)
    check(lambda z: reference.cross_entropy(reference.softmax(z), classes), logits, gradient)
    close(gradient.sum(axis=1), np.zeros(4), 1e-12)


def test_the_gradient_leaves_the_probabilities_as_they_were(generator):
    probabilities = reference.softmax(generator.normal(size=(4, 10)))
    before = probabilities.copy()
    reference.softmax_cross_entropy_gradient(probabilities, np.zeros(4, int))
    assert (probabilities == before).all()


# --- Backward, against TensorFlow: the chapter's small network in one go ---


def test_gradients_of_a_whole_network_are_tensorflows(generator):
    tf = pytest.importorskip("tensorflow")
    pictures, classes = generator.normal(size=(3, 12, 12, 1)), generator.integers(0, 10, 3)
    shapes = [(5, 5, 1, 2), (2,), (2,), (2,), (32, 10), (10,)]
    values = [generator.normal(size=shape) for shape in shapes]
    kernels, kernel_biases, coefficients, biases, weights, output_biases = values

    a1 = reference.cross_correlate(pictures, kernels) + kernel_biases
    x1 = reference.squash(a1)
    a2 = reference.subsample(x1, coefficients, biases)
    flat = reference.squash(a2).reshape(3, -1)
    probabilities = reference.softmax(reference.dense(flat, weights, output_biases))
    upstream = reference.softmax_cross_entropy_gradient(probabilities, classes)
    upstream, *dense = reference.dense_gradients(flat, weights, upstream)
    upstream = upstream.reshape(a2.shape) * reference.squash_derivative(a2)
    upstream, *subsampling = reference.subsample_gradients(x1, coefficients, upstream)
    upstream = upstream * reference.squash_derivative(a1)
    ours = [
        reference.correlation_kernel_gradient(pictures, upstream),
        upstream.sum(axis=(0, 1, 2)),
        *subsampling,
        *dense,
        reference.correlation_image_gradient(upstream, kernels),
    ]

    def squash(a):
        return SQUASH_AMPLITUDE * tf.tanh(SQUASH_SLOPE * a)

    variables = [tf.constant(value) for value in [*values, pictures]]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        k, kb, c, b, w, ob, x = variables
        first = squash(tf.nn.conv2d(x, k, 1, "VALID") + kb)
        second = squash(c * 4 * tf.nn.avg_pool2d(first, 2, 2, "VALID") + b)
        logits = tf.reshape(second, (3, -1)) @ w + ob
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits))
    assert reference.cross_entropy(probabilities, classes) == pytest.approx(float(loss))
    for mine, theirs in zip(ours, tape.gradient(loss, variables), strict=True):
        close(mine, theirs, 1e-4)


# --- Wrong shapes ---


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: reference.cross_correlate(np.ones((8, 8)), np.ones((3, 3, 1, 1))),
            r"images.*8, 8.*4 axes",
        ),
        (
            lambda: reference.cross_correlate(np.ones((1, 8, 8, 2)), np.ones((3, 3, 1, 1))),
            "axis c has the length 2 in images, but 1 in kernels",
        ),
        (lambda: reference.cross_correlate(np.ones((1, 4, 4, 1)), np.ones((5, 5, 1, 1))), "larger"),
        (lambda: reference.sum_of_four(np.ones((1, 5, 4, 1))), "5×4 does not divide into 2×2"),
        (lambda: reference.subsample(np.ones((1, 4, 4, 3)), np.ones(2), np.ones(3)), "axis m"),
        (lambda: reference.dense(np.ones((2, 3)), np.ones((4, 5)), np.ones(5)), "axis u"),
        (lambda: reference.softmax(np.ones(10)), "logits has the shape"),
        (lambda: reference.cross_entropy(np.ones((3, 10)), np.zeros(2, int)), "axis n"),
        (lambda: reference.dense_gradients(np.ones((2, 3)), np.ones((3, 5)), np.ones((2, 4))), "axis k"),
        (
            lambda: reference.correlation_image_gradient(np.ones((1, 4, 4, 2)), np.ones((3, 3, 1, 3))),
            "axis m has the length 2 in upstream, but 3 in kernels",
        ),
    ],
)
def test_a_wrong_shape_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_class_without_a_column_is_refused():
    with pytest.raises(IndexError):
        reference.cross_entropy(np.ones((1, 10)), np.array([10]))


def test_the_decorator_keeps_the_functions_face():
    assert reference.cross_correlate.__name__ == "cross_correlate"
    assert "section II.A" in reference.cross_correlate.__doc__
    assert reference.dense(inputs=np.ones((1, 2)), weights=np.ones((2, 3)), biases=np.ones(3)).shape == (1, 3)


def test_numerical_gradient_of_a_known_function():
    close(reference.numerical_gradient(lambda u: (u**3).sum(), np.array([1.0, -2.0])), [3, 12], 1e-8)
    close(reference.numerical_gradient(lambda u: u**2, np.array(3.0)), 6.0, 1e-8)
