"""Curvatures against automatic differentiation, the rates that come of them, and when they are estimated."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from lenet_utils import optimizers, paper
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling
from lenet_utils.losses import MaximumAPosteriori, MaximumLikelihood, SoftmaxCrossEntropy, SquaredError
from lenet_utils.models import lenet1, lenet4, lenet5, lenet5_1998
from lenet_utils.optimizers import CurvatureEstimation, StochasticDiagonalLevenbergMarquardt, curvatures

GENERATOR = np.random.default_rng(1998)
X = GENERATOR.normal(size=(12, 5)).astype("float32")
Y = np.arange(12) % 3
CENTRES = 0.5 * GENERATOR.choice([-1.0, 1.0], (3, 4))


def array(tensor):
    return np.asarray(ops.convert_to_tensor(tensor))


def close(one, other, tolerance=1e-4):
    """Equal up to a part of the largest number of the second."""
    one, other = array(one), array(other)
    assert one.shape == other.shape
    np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * np.abs(other).max())


def network(*layers, shape=(5,)):
    """A chain of layers whose weights all differ, biases and coefficients too."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(shape), *layers])
    for weight in model.trainable_weights:
        weight.assign_add(keras.random.normal(weight.shape, stddev=0.2))
    return model


def distances_network():
    return network(FullyConnected(4, name="F"), EuclideanRBF(CENTRES, name="output"))


def compiled(loss=None, mu=0.02):
    model = distances_network()
    model.compile(StochasticDiagonalLevenbergMarquardt(0.1, mu), loss or MaximumAPosteriori())
    return model


# --- Curvatures ---


def jacobian(tape, outputs, variable):
    return tape.jacobian(outputs, variable, experimental_use_pfor=False).numpy()


def second_derivatives(function, x):
    """∂²E/∂x_i∂x_j picture by picture, (N, units, units), by automatic differentiation."""
    with tf.GradientTape(persistent=True) as second:
        second.watch(x)
        with tf.GradientTape() as first:
            first.watch(x)
            total = tf.reduce_sum(function(x))
        slope = first.gradient(total, x)
    return second.batch_jacobian(slope, x, experimental_use_pfor=False).numpy()


def gauss_newton_diagonal(layer, function_above):
    """diag(JᵀHJ) of a layer's weights, a mean over the pictures: J what it puts out by its weights, H the loss by that.

    By automatic differentiation alone.
    """
    with tf.GradientTape(persistent=True) as tape:
        outputs = layer(X)
    hessian = second_derivatives(function_above, outputs)
    jacobians = [jacobian(tape, outputs, weight.value) for weight in layer.trainable_weights]
    return [np.einsum("ni...,nij,nj...->...", j, hessian, j) / len(X) for j in jacobians]


@pytest.mark.parametrize(
    ("loss", "top", "above"),
    [
        (MaximumLikelihood(), "constant", MaximumLikelihood()),
        (MaximumLikelihood(), "exact", MaximumLikelihood()),
        (MaximumAPosteriori(), "constant", MaximumLikelihood()),
        (MaximumAPosteriori(), "exact", MaximumAPosteriori()),
        (MaximumAPosteriori(j=4.0), "exact", MaximumAPosteriori(j=4.0)),
    ],
    ids=["Eq. 8, constant", "Eq. 8, exact", "Eq. 9, constant", "Eq. 9, exact", "Eq. 9, another j, exact"],
)
def test_under_distances_the_curvature_is_the_exact_gauss_newton_diagonal(loss, top, above):
    """With the constant at the top it is that of Eq. 8, whatever the loss."""
    model = distances_network()
    below, output = model.layers
    wanted = gauss_newton_diagonal(below, lambda x: above.call(Y, output(x)))
    for ours, theirs in zip(curvatures(model, X, Y, loss, top), wanted, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SquaredError()], ids=["softmax", "squares"])
def test_under_scores_it_is_exact_too(loss):
    model = network(FullyConnected(3, activation="squash" if isinstance(loss, SquaredError) else None))
    wanted = gauss_newton_diagonal(model.layers[0], lambda x: loss.call(Y, x))
    for top in optimizers.OUTPUT_CURVATURES:
        for ours, theirs in zip(curvatures(model, X, Y, loss, top), wanted, strict=True):
            close(ours, theirs)


def chain():
    """All kinds of layers, small; an odd map between them."""
    return network(
        Convolution(3, kernel_size=2),
        Subsampling(depth_multiplier=2),
        Convolution(4, ((0, 1), (2,), (3, 5), (0, 4, 5)), kernel_size=2),
        keras.layers.Flatten(),
        FullyConnected(4),
        EuclideanRBF(CENTRES),
        shape=(6, 5, 1),
    )


@pytest.mark.parametrize("top", optimizers.OUTPUT_CURVATURES)
def test_through_many_layers_only_diagonals_go_down(top):
    """Appendix C, layer by layer: Σ (∂output/∂input)² times the curvature above, by automatic differentiation."""
    model, loss = chain(), MaximumAPosteriori(j=3.0)
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 1)).astype("float32")
    signals = [tf.constant(x)]
    for layer in model.layers:
        signals.append(layer(signals[-1]))
    hessian = second_derivatives(lambda x: loss.call(Y[:2], model.layers[-1](x)), signals[-2])
    exact = np.einsum("nii->ni", hessian)
    upstream, wanted = exact if top == "exact" else np.full_like(exact, 2), []
    for layer, read in zip(reversed(model.layers[:-1]), reversed(signals[:-2]), strict=True):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(read)
            outputs = layer(read)
        down, *weights = (
            np.tensordot(upstream, jacobian(tape, outputs, v) ** 2, axes=upstream.ndim)
            for v in (read, *(w.value for w in layer.trainable_weights))
        )
        upstream, wanted = down, [*(weight / len(x) for weight in weights), *wanted]
    ours = curvatures(model, x, Y[:2], loss, top)
    assert [h.shape for h in ours] == [tuple(w.shape) for w in model.trainable_weights]
    for mine, theirs in zip(ours, wanted, strict=True):
        close(mine, theirs)


@pytest.mark.parametrize(
    ("build", "loss"),
    [(lenet1, SquaredError()), (lenet4, SquaredError()), (lenet5_1998, MaximumAPosteriori())],
    ids=["lenet1", "lenet4", "lenet5_1998"],
)
def test_the_networks_have_curvatures_none_negative(build, loss):
    keras.utils.set_random_seed(0)
    model = build()
    x = np.random.default_rng(0).uniform(-0.1, 1.175, (6, *model.input_shape[1:])).astype("float32")
    found = curvatures(model, x, np.arange(6), loss)
    for curvature, weight in zip(found, model.trainable_weights, strict=True):
        assert curvature.shape == weight.shape
        assert array(curvature).min() >= 0 and array(curvature).max() > 0


@pytest.fixture(scope="module")
def five_hundred():
    digits = load_mnist("sample")
    return to_lenet_input(digits.x_train[: paper.CURVATURE_SAMPLES]), digits.y_train[
        : paper.CURVATURE_SAMPLES
    ]


def first_pass_rates(initializer, samples):
    keras.utils.set_random_seed(0)
    found = curvatures(lenet5_1998(initializer=initializer), *samples, MaximumAPosteriori())
    rates = [paper.LEARNING_RATES[0] / (paper.MU + array(curvature)) for curvature in found]
    return min(rate.min() for rate in rates), max(rate.max() for rate in rates)


@pytest.mark.parametrize(("initializer", "factor"), [("lush", 2), ("default", 3)])
def test_the_first_passs_rates_lie_where_the_papers_do(initializer, factor, five_hundred):
    lowest, highest = first_pass_rates(initializer, five_hundred)
    published_lowest, published_highest = paper.FIRST_PASS_RATES
    assert published_lowest / 3 < lowest < 3 * published_lowest
    assert published_highest / factor < highest < paper.LEARNING_RATES[0] / paper.MU


def test_with_the_published_initial_weights_they_do_not(five_hundred):
    """The signal dies on the way up, so that some weights have no curvature at all."""
    _, highest = first_pass_rates("published", five_hundred)
    assert highest > 0.98 * paper.LEARNING_RATES[0] / paper.MU


# --- The optimizer ---


def test_each_weight_has_the_rate_of_its_curvature():
    model = compiled(mu=0.5)
    model.optimizer.build(model.trainable_variables)
    model.optimizer.set_curvatures([np.full((5, 4), 1.5), np.array([0.0, 0.5, 2.0, 9.5])])
    kernel, bias = model.optimizer.rates()
    close(kernel, np.full((5, 4), 0.05), 1e-6)
    close(bias, [0.2, 0.1, 0.04, 0.01], 1e-6)


def test_a_step_is_the_rate_times_the_gradient():
    model = compiled()
    found = curvatures(model, X, Y, model.loss)
    model.optimizer.build(model.trainable_variables)
    model.optimizer.set_curvatures(found)
    with tf.GradientTape() as tape:
        loss = model.loss(Y, model(X))
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    before = model.get_weights()
    model.fit(X, Y, batch_size=len(X), epochs=1, shuffle=False, verbose=0)
    for weight, old, h, gradient in zip(model.get_weights(), before, found, gradients, strict=False):
        assert np.abs(weight - old).max() > 1e-3
        close(weight - old, -0.1 / (0.02 + h) * gradient, 1e-3)


def test_mini_batches_learn_too():
    model = compiled()
    history = model.fit(
        X, Y, batch_size=4, epochs=8, callbacks=[CurvatureEstimation(X, Y, learning_rates=[0.1])], verbose=0
    )
    assert history.history["loss"][-1] < 0.7 * history.history["loss"][0]


def test_without_curvatures_it_refuses_to_train():
    for call in (lambda model: model.optimizer.rates(), lambda model: model.fit(X, Y, verbose=0)):
        with pytest.raises(RuntimeError, match=r"No curvatures yet.*CurvatureEstimation.*set_curvatures"):
            call(compiled())


def test_it_goes_to_disk_and_back_with_its_curvatures(tmp_path):
    model = compiled(MaximumAPosteriori(3.0), mu=0.3)
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "before.keras")
    fresh = keras.saving.load_model(tmp_path / "before.keras")
    with pytest.raises(RuntimeError, match="No curvatures yet"):
        fresh.optimizer.rates()
    model.optimizer.set_curvatures(curvatures(model, X, Y, model.loss))
    model.save(tmp_path / "after.keras")
    again = keras.saving.load_model(tmp_path / "after.keras")
    assert again.loss.j == 3 and again.optimizer.mu == 0.3
    for ours, theirs in zip(again.optimizer.rates(), model.optimizer.rates(), strict=True):
        close(ours, theirs, 0)
    for one in (model, again):
        one.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    for ours, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        close(ours, theirs, 1e-6)


# --- When curvatures are estimated ---


@pytest.fixture
def estimates(monkeypatch):
    """Estimates that can be told apart, instead of real ones, and what they were made from."""
    made = []

    def estimate(model, x, y, loss, top):
        made.append((x, y, loss, top))
        number = len(made)
        return [np.full((5, 4), 10.0 / number), np.full(4, 10.0 * number)]

    monkeypatch.setattr(optimizers, "curvatures", estimate)
    return made


def begin(callback, passes):
    """What the optimizer has before each pass: the two curvatures, the rate."""
    model = compiled()
    callback.set_model(model)
    seen = []
    for number in range(passes):
        callback.on_epoch_begin(number)
        kernel, bias = (float(array(h).flat[0]) for h in model.optimizer.curvatures)
        seen.append((kernel, bias, round(float(model.optimizer.learning_rate), 8)))
    return seen


@pytest.mark.parametrize(
    ("update", "kept"),
    [
        ("first", [(10, 10), (10, 10), (10, 10)]),
        ("latest", [(10, 10), (5, 20), (10 / 3, 30)]),
        ("largest", [(10, 10), (10, 20), (10, 30)]),
    ],
)
def test_which_estimate_counts(update, kept, estimates):
    seen = begin(CurvatureEstimation(X, Y, update=update), 3)
    np.testing.assert_allclose([pair[:2] for pair in seen], kept, rtol=1e-6)
    assert len(estimates) == (1 if update == "first" else 3)


@pytest.mark.parametrize(("update", "made"), [("first", 1), ("latest", 2)])
def test_a_second_training_keeps_the_first_estimate(update, made, estimates):
    model, callback = compiled(), CurvatureEstimation(X, Y, update=update)
    callback.set_model(model)
    for _ in range(2):
        callback.on_epoch_begin(0)
    assert len(estimates) == made


def test_the_rate_follows_the_papers_schedule_and_stays_at_its_end(estimates):
    assert [rate for *_, rate in begin(CurvatureEstimation(X, Y), 22)] == [*paper.LEARNING_RATES, 1e-5, 1e-5]
    assert [rate for *_, rate in begin(CurvatureEstimation(X, Y, learning_rates=None), 2)] == [0.1, 0.1]


def test_samples_are_drawn_anew_before_each_pass(estimates):
    x, y = np.arange(100)[:, None], np.arange(100)
    begin(CurvatureEstimation(x, y, samples=40, update="latest", output_curvature="exact"), 2)
    begin(CurvatureEstimation(x, y, samples=40, update="latest"), 2)
    begin(CurvatureEstimation(x, y, samples=40, seed=1), 1)
    begin(CurvatureEstimation(x, y), 1)
    drawn = [set(chosen) for _, chosen, *_ in estimates]
    assert [len(one) for one in drawn] == [40] * 5 + [100]  # none twice; never more than there are
    assert all(np.array_equal(pictures[:, 0], classes) for pictures, classes, *_ in estimates)
    assert drawn[0] != drawn[1] and drawn[:2] == drawn[2:4] and drawn[4] != drawn[0]
    assert [top for *_, top in estimates][:3] == ["exact", "exact", "constant"]
    assert all(isinstance(loss, MaximumAPosteriori) for _, _, loss, _ in estimates)


# --- What does not fit ---


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: curvatures(distances_network(), X, Y, MaximumLikelihood(), "full"),
            "output_curvature='full' is unknown",
        ),
        (lambda: curvatures(distances_network(), X, Y, "mse"), "'mse' is no loss of lenet_utils.losses"),
        (
            lambda: CurvatureEstimation(X, Y, update="mean"),
            r"'mean' is unknown; choose one of \('first', 'la",
        ),
        (
            lambda: curvatures(network(keras.layers.Dense(3, name="D")), X, Y, SquaredError()),
            "D, a Dense, cannot carry",
        ),
        (
            lambda: curvatures(
                network(EuclideanRBF(np.ones((3, 5)), trainable=True)), X, Y, MaximumLikelihood()
            ),
            "trainable centres",
        ),
        (
            lambda: curvatures(lenet5(), np.ones((1, 32, 32, 1)), [0], SoftmaxCrossEntropy()),
            "output, a Dense, cannot carry",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
