"""The losses: their equations, their derivatives, and that Keras takes them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lenet_utils.layers import EuclideanRBF, FullyConnected
from lenet_utils.losses import MaximumAPosteriori, MaximumLikelihood, SoftmaxCrossEntropy, SquaredError

LOSSES = [
    MaximumLikelihood(),
    MaximumAPosteriori(),
    MaximumAPosteriori(j=6.0),
    SoftmaxCrossEntropy(),
    SquaredError(),
]
each_loss = pytest.mark.parametrize(
    "loss", LOSSES, ids=["Eq. 8", "Eq. 9", "Eq. 9, j = 6", "softmax", "squares"]
)

OUTPUTS = np.array([[3.0, 1.0, 0.5], [2.0, 4.0, 7.0]], "float32")
CLASSES = np.array([1, 2])


def values(loss, outputs=OUTPUTS, classes=CLASSES):
    """The loss of each image."""
    return loss.call(classes, tf.constant(outputs)).numpy()


def close(one, other, tolerance=1e-5):
    np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=tolerance)


def test_equation_8_is_the_right_distance():
    close(values(MaximumLikelihood()), [1, 7], 0)


@pytest.mark.parametrize("j", [0.5, 1.0, 30.0])
def test_equation_9_adds_the_competition_of_all_classes_and_the_rubbish_class(j):
    competition = np.log(np.exp(-j) + np.exp(-OUTPUTS.astype("float64")).sum(axis=1))
    close(values(MaximumAPosteriori(j)), np.array([1, 7]) + competition)


def test_cross_entropy_is_minus_the_logarithm_of_the_right_probability():
    powers = np.exp(OUTPUTS.astype("float64"))
    close(values(SoftmaxCrossEntropy()), -np.log(powers[[0, 1], CLASSES] / powers.sum(axis=1)))


def test_squared_error_aims_at_1_for_the_right_unit_and_minus_1_for_the_others():
    close(values(SquaredError(), np.array([[-1, 1, -1], [0, 0, 0]], "float32")), [0, 1.5], 0)
    close(values(SquaredError(), np.array([[1, -1, -1]], "float32"), CLASSES[:1]), [4], 0)


@each_loss
def test_a_batchs_loss_is_the_mean_over_its_pictures(loss):
    assert float(loss(CLASSES, OUTPUTS)) == pytest.approx(values(loss).mean(), rel=1e-6)
    assert float(loss(CLASSES[:, None], OUTPUTS)) == pytest.approx(values(loss).mean(), rel=1e-6)


@each_loss
def test_derivatives_are_those_of_the_value(loss):
    outputs = tf.constant(OUTPUTS)
    with tf.GradientTape(persistent=True) as second:
        second.watch(outputs)
        with tf.GradientTape() as first:
            first.watch(outputs)
            total = tf.reduce_sum(loss.call(CLASSES, outputs))
        gradient = first.gradient(total, outputs)
    hessian = second.batch_jacobian(
        gradient, outputs, unconnected_gradients=tf.UnconnectedGradients.ZERO, experimental_use_pfor=False
    )
    ours = loss.derivatives(CLASSES, outputs)
    assert ours[0].shape == (2, 3) and ours[1].shape == (2, 3, 3)
    close(ours[0], gradient)
    close(ours[1], hessian)


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        (MaximumLikelihood(), [2e6, 3e30]),
        (MaximumAPosteriori(), [2e6 - 1, 3e30]),
        (MaximumAPosteriori(j=1e7), [1e6, 3e30]),
    ],
    ids=["Eq. 8", "rubbish is nearest", "class 0 is nearest"],
)
def test_distances_of_any_size_overflow_nothing(loss, wanted):
    far = np.array([[1e6, 2e6, 3e6], [1e30, 2e30, 3e30]], "float32")
    np.testing.assert_allclose(values(loss, far), wanted, rtol=1e-7)
    for derivative in loss.derivatives(CLASSES, tf.constant(far)):
        assert np.isfinite(derivative).all()


def test_scores_of_any_size_overflow_nothing():
    close(values(SoftmaxCrossEntropy(), np.array([[1e6, 0, -1e6]], "float32"), CLASSES[:1]), [1e6])


def test_equation_9_stops_pushing_what_is_farther_away_than_rubbish():
    """A wrong class is pushed away with the weight e^−y against e^−j: the near one, not the far one."""
    near, far = (
        MaximumAPosteriori(j=1.0)
        .derivatives(np.array([0, 0]), tf.constant([[0.0, 0.5], [0.0, 20.0]]))[0][:, 1]
        .numpy()
    )
    assert near < -0.2 and -1e-6 < far <= 0


def tiny_network(loss):
    keras.utils.set_random_seed(0)
    distances = isinstance(loss, MaximumLikelihood | MaximumAPosteriori)
    output = (
        [FullyConnected(4), EuclideanRBF(np.eye(3, 4))] if distances else [FullyConnected(3, activation=None)]
    )
    return keras.Sequential([keras.Input((5,)), *output])


@each_loss
def test_keras_trains_with_it_and_saves_it(loss, tmp_path):
    generator = np.random.default_rng(0)
    classes = np.arange(60) % 3
    x = (np.eye(3, 5)[classes] + generator.normal(scale=0.1, size=(60, 5))).astype("float32")
    model = tiny_network(loss)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)
    history = model.fit(x, classes, epochs=4, batch_size=10, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(again.loss) is type(loss) and again.loss.get_config() == loss.get_config()
    assert again.evaluate(x, classes, verbose=0) == pytest.approx(model.evaluate(x, classes, verbose=0))


@pytest.mark.parametrize("j", [0, -1.0, float("nan")])
def test_a_rubbish_class_that_is_nowhere_is_refused(j):
    with pytest.raises(ValueError, match=r"must be positive \(Eq. 9\)"):
        MaximumAPosteriori(j)
