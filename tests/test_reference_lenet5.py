"""LeNet-5 in plain NumPy against finite differences, loops over its connections and Keras, and at work."""

from functools import partial
from itertools import product

import numpy as np
import pytest

from lenet_utils import paper, reference
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.reference import LeNet5, maximum_a_posteriori, maximum_likelihood

LOSSES = [maximum_likelihood, maximum_a_posteriori, partial(maximum_a_posteriori, j=100.0)]
LOSS_NAMES = ["Eq. 8", "Eq. 9", "Eq. 9 with another j"]
TRAINED = [name for name in reference.SHAPES if name != "output/centres"]

each_loss = pytest.mark.parametrize("loss", LOSSES, ids=LOSS_NAMES)


@pytest.fixture
def generator():
    return np.random.default_rng(1998)


@pytest.fixture
def net(generator):
    """A network in float64 whose biases and coefficients all differ."""
    weights = reference.initial_weights("lush", seed=5)
    for name in TRAINED:
        if not name.endswith("kernel"):
            weights[name] += generator.normal(scale=0.2, size=weights[name].shape)
    return LeNet5(weights, dtype="float64")


@pytest.fixture
def pictures(generator):
    return generator.uniform(-0.1, 1.175, (3, 32, 32, 1))


@pytest.fixture
def near(generator):
    """Points close to centres of several classes, where every class has a say in Eq. 9."""
    return 0.1 * reference.rbf_centres()[[3, 8, 0]] + generator.normal(scale=0.02, size=(3, 84))


CLASSES = np.array([3, 8, 5])


def close(one, other, tolerance):
    np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=tolerance)


def mean_loss(net, pictures, loss):
    return loss(net.distances(pictures), CLASSES).value.mean()


# --- As published ---


def test_the_parameters_are_the_papers_layer_by_layer():
    weights = LeNet5().weights
    for layer in paper.LENET5[:-1]:
        sizes = [array.size for name, array in weights.items() if name.startswith(f"{layer.name}/")]
        assert sum(sizes) == layer.parameters, layer.name
    assert sum(weights[name].size for name in TRAINED) == paper.TRAINABLE_PARAMETERS


def test_the_signals_have_the_papers_sizes(net, pictures):
    signals = net.forward(pictures)
    for layer in paper.LENET5[:-2]:
        assert signals[layer.name].shape == (3, layer.side, layer.side, layer.maps)
    assert signals["F6"].shape == (3, 84) and signals["output"].shape == (3, 10)


def test_the_centres_are_the_bitmaps():
    centres = reference.rbf_centres()
    assert set(centres.ravel()) == {-1, 1}
    assert (
        "".join("#" if cell > 0 else "." for cell in centres[1][:7]) == paper.RBF_BITMAPS[1][0] == "...##.."
    )


def test_sixty_kernels_stand_where_the_table_says(generator):
    kernel = generator.normal(size=(5, 5, 60))
    everywhere = reference.scatter(kernel)
    close(reference.gather(everywhere), kernel, 0)
    connection = iter(range(60))
    for m, maps in enumerate(paper.C3_TABLE):
        for c in maps:
            close(everywhere[:, :, c, m], kernel[:, :, next(connection)], 0)
    assert np.count_nonzero(everywhere) == kernel.size


def test_initial_weights():
    published, lush = (reference.initial_weights(rule, seed=1) for rule in ("published", "lush"))
    for name, fan_in in [("C1/kernel", 25), ("S2/coefficient", 4), ("C5/kernel", 400), ("F6/bias", 120)]:
        largest = np.abs(published[name]).max()
        assert 0.4 * 2.4 / fan_in < largest <= 2.4 / fan_in
    first, last = (np.abs(published["C3/kernel"][..., part]).max() for part in (slice(3), slice(54, 60)))
    assert 0.9 * 2.4 / 75 < first <= 2.4 / 75 and 0.9 * 2.4 / 150 < last <= 2.4 / 150
    assert 0.95 / 20 < np.abs(lush["C5/kernel"]).max() <= 1 / 20
    assert (lush["S4/coefficient"] == 0.5).all() and not lush["C5/bias"].any()
    assert (reference.initial_weights(seed=2)["F6/kernel"] != lush["F6/kernel"]).all()


# --- The output and its losses ---


def test_distances_follow_their_definition(near):
    ours = reference.distances(near, reference.rbf_centres())
    for n, i in product(range(3), range(10)):
        assert ours[n, i] == pytest.approx(sum((near[n] - reference.rbf_centres()[i]) ** 2))


def test_losses_follow_their_equations():
    y = np.array([[3.0, 1.0, 0.5], [2.0, 2.0, 7.0]])
    classes = np.array([1, 2])
    close(maximum_likelihood(y, classes).value, [1, 7], 0)
    wanted = [1 + np.log(np.exp(-2) + np.exp(-y[0]).sum()), 7 + np.log(np.exp(-2) + np.exp(-y[1]).sum())]
    close(maximum_a_posteriori(y, classes, j=2.0).value, wanted, 1e-12)


def test_distant_points_overflow_nothing():
    y = np.array([[1e4, 2e4] + [3e4] * 8])
    value, first, second = maximum_a_posteriori(y, np.array([1]))
    close(value, [2e4 - 1], 1e-12)
    close(first, [[0, 1] + [0] * 8], 1e-12)
    assert np.isfinite(second).all()


@each_loss
def test_derivatives_of_the_losses(loss, generator):
    y = generator.uniform(0, 4, (3, 10))
    terms = loss(y, CLASSES)
    numerical = reference.numerical_gradient(lambda y: loss(y, CLASSES).value.sum(), y)
    close(terms.first, numerical, 1e-8)
    for i in range(10):
        numerical = reference.numerical_gradient(lambda y, i=i: loss(y, CLASSES).first[:, i].sum(), y)
        close(terms.second[:, i], numerical, 1e-8)


@each_loss
def test_derivative_and_curvature_of_the_loss_at_f6(loss, near):
    centres = 0.1 * reference.rbf_centres()
    steps = near[:, None] + 1e-3 * np.concatenate([np.eye(84), -np.eye(84)])
    values = [loss(reference.distances(step, centres), CLASSES).value for step in steps.swapaxes(0, 1)]
    plus, minus = np.array(values[:84]).T, np.array(values[84:]).T
    value, first, second = loss(reference.distances(near, centres), CLASSES)
    close(reference.distances_gradient(near, centres, first), (plus - minus) / 2e-3, 1e-5)
    curvature = reference.distances_curvature(near, centres, first, second)
    close(curvature, (plus + minus - 2 * value[:, None]) / 1e-6, 1e-5)
    assert curvature.min() > -1e-12


def test_curvature_of_equation_8_is_2_everywhere(near):
    y = reference.distances(near, reference.rbf_centres())
    _, first, second = maximum_likelihood(y, CLASSES)
    close(
        reference.distances_curvature(near, reference.rbf_centres(), first, second),
        np.full((3, 84), 2),
        1e-12,
    )


# --- Gradients, against finite differences ---


def shifted(net, name, shift):
    return LeNet5({**net.weights, name: net.weights[name] + shift}, dtype="float64")


@each_loss
@pytest.mark.parametrize("name", TRAINED)
def test_gradients(name, loss, net, pictures, generator):
    """Along random directions, in which every number of the weight takes part."""
    gradient = net.gradients(pictures, CLASSES, loss)[name]
    assert gradient.shape == net.weights[name].shape
    for _ in range(2):
        direction = generator.normal(size=gradient.shape)
        direction /= np.linalg.norm(direction)
        plus, minus = (mean_loss(shifted(net, name, s * direction), pictures, loss) for s in (1e-4, -1e-4))
        numerical = (plus - minus) / 2e-4
        assert (gradient * direction).sum() == pytest.approx(numerical, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("name", ["S2/coefficient", "S2/bias", "S4/coefficient", "C1/bias", "C3/bias"])
def test_gradients_number_by_number(name, net, pictures):
    def loss(weight):
        changed = LeNet5({**net.weights, name: weight}, dtype="float64")
        return mean_loss(changed, pictures, maximum_a_posteriori)

    numerical = reference.numerical_gradient(loss, net.weights[name])
    ours = net.gradients(pictures, CLASSES, maximum_a_posteriori)[name]
    assert reference.relative_error(ours, numerical) < 1e-6


def test_subsampling_goes_back_as_the_part_does(net, pictures, generator):
    maps, up = net.forward(pictures)["C1"], generator.normal(size=(3, 14, 14, 6))
    coefficient = net.weights["S2/coefficient"]
    ours = reference.lenet5.subsampling_backward(reference.sum_of_four(maps), coefficient, up)
    for mine, part in zip(ours, reference.subsample_gradients(maps, coefficient, up), strict=True):
        close(mine, part, 1e-12)


# --- Signals and curvatures, against loops over all connections ---


def connections(layer):
    """Every connection of a layer that has a weight of its own kind: (unit, input that it reads, weight's index)."""
    squares = {"C1": 28, "C3": 10, "C5": 1}
    if layer == "F6":
        yield from (((k,), (0, 0, u), (u, k)) for u in range(120) for k in range(84))
        return
    table = {"C1": [[0]] * 6, "C3": paper.C3_TABLE, "C5": [range(16)] * 120}[layer]
    number = 0
    for m, maps in enumerate(table):
        for c in maps:
            for y, x, i, j in product(*[range(squares[layer])] * 2, range(5), range(5)):
                yield (y, x, m), (y + i, x + j, c), (i, j, number) if layer == "C3" else (i, j, c, m)
            number += 1


def block(y, x, m):
    """The four inputs of a subsampling unit."""
    return [(2 * y + i, 2 * x + j, m) for i in range(2) for j in range(2)]


def loop_forward(weights, picture):
    """Weighted sums and outputs of one picture, one connection after the other."""
    x, a = {"input": picture}, {}
    for below, layer, shape in STEPS:
        a[layer] = np.zeros(shape) + weights[f"{layer}/bias"]
        if layer[0] == "S":
            for unit in np.ndindex(shape):
                four = sum(x[below][place] for place in block(*unit))
                a[layer][unit] += weights[f"{layer}/coefficient"][unit[-1]] * four
        else:
            for unit, read, index in connections(layer):
                a[layer][unit] += weights[f"{layer}/kernel"][index] * x[below][read]
        x[layer] = paper.SQUASH_AMPLITUDE * np.tanh(paper.SQUASH_SLOPE * a[layer])
    return x, a


def loop_curvatures(weights, x, a, h):
    """Appendix C for one picture, one connection after the other; h is ∂²E/∂x² of F6. Also counts connections."""
    found, counts = {}, {}
    for below, layer, shape in reversed(STEPS):
        slope = paper.SQUASH_AMPLITUDE * paper.SQUASH_SLOPE / np.cosh(paper.SQUASH_SLOPE * a[layer]) ** 2
        h_a, h, counts[layer] = slope**2 * h, np.zeros(x[below].shape), h.size
        kind = f"{layer}/coefficient" if layer[0] == "S" else f"{layer}/kernel"
        found[kind] = np.zeros(weights[kind].shape)
        found[f"{layer}/bias"] = np.zeros(weights[f"{layer}/bias"].shape)
        for unit in np.ndindex(shape):
            found[f"{layer}/bias"][unit[-1]] += h_a[unit]
            if layer[0] == "S":
                places = block(*unit)
                counts[layer] += len(places)
                found[kind][unit[-1]] += h_a[unit] * sum(x[below][place] for place in places) ** 2
                for place in places:
                    h[place] += weights[kind][unit[-1]] ** 2 * h_a[unit]
        if layer[0] != "S":
            for unit, read, index in connections(layer):
                counts[layer] += 1
                found[kind][index] += h_a[unit] * x[below][read] ** 2
                h[read] += weights[kind][index] ** 2 * h_a[unit]
    return found, counts


STEPS = [
    ("input", "C1", (28, 28, 6)),
    ("C1", "S2", (14, 14, 6)),
    ("S2", "C3", (10, 10, 16)),
    ("C3", "S4", (5, 5, 16)),
    ("S4", "C5", (1, 1, 120)),
    ("C5", "F6", (84,)),
]


def test_signals_and_curvatures_connection_by_connection(net, pictures, generator):
    x, a = loop_forward(net.weights, pictures[0])
    signals = net.forward(pictures)
    for layer in a:
        close(signals[f"{layer}/a"][0], a[layer], 1e-12)
        close(signals[layer][0], x[layer], 1e-12)
    _, first, second = maximum_a_posteriori(signals["output"][:1], CLASSES[:1])
    h = reference.distances_curvature(x["F6"][None], net.weights["output/centres"], first, second)[0]
    wanted, counts = loop_curvatures(net.weights, x, a, h)
    ours = net.curvatures(pictures[:1], CLASSES[:1], maximum_a_posteriori)
    assert ours.keys() == wanted.keys() == set(TRAINED)
    for name in TRAINED:
        close(ours[name] / wanted[name].max(), wanted[name] / wanted[name].max(), 1e-12)
    assert counts == {layer.name: layer.connections for layer in paper.LENET5[:-1]}


@each_loss
def test_curvature_of_f6_is_the_gauss_newton_matrix_diagonal(loss, net, pictures):
    """Nothing is left out above F6's weights: the diagonal of JᵀHJ, with J and H by finite differences."""
    centres, step = net.weights["output/centres"], 1e-5
    wanted = np.zeros(12)
    places = [(u, k) for u in (0, 50, 119) for k in (0, 20, 60, 83)]
    for n in range(3):
        picture, classes = pictures[n : n + 1], CLASSES[n : n + 1]

        def slope(x, classes=classes):
            first = loss(reference.distances(x, centres), classes).first
            return reference.distances_gradient(x, centres, first)[0]

        x = net.forward(picture)["F6"]
        hessian = np.array([(slope(x + s) - slope(x - s)) / (2 * step) for s in step * np.eye(84)])
        for number, place in enumerate(places):
            shift = np.zeros((120, 84))
            shift[place] = step
            plus, minus = (shifted(net, "F6/kernel", s).forward(picture)["F6"][0] for s in (shift, -shift))
            column = (plus - minus) / (2 * step)
            wanted[number] += column @ hessian @ column / 3
    ours = net.curvatures(pictures, CLASSES, loss)["F6/kernel"]
    np.testing.assert_allclose([ours[place] for place in places], wanted, rtol=1e-4)


@each_loss
def test_curvatures_are_means_over_the_pictures_and_never_negative(loss, net, pictures):
    together = net.curvatures(pictures, CLASSES, loss)
    alone = [net.curvatures(pictures[n : n + 1], CLASSES[n : n + 1], loss) for n in range(3)]
    for name in TRAINED:
        close(together[name], np.mean([one[name] for one in alone], axis=0), 1e-10)
        assert together[name].min() > -1e-12


# --- Against Keras ---


@pytest.fixture
def keras_net(net):
    """The same network in Keras, its weights passed by name."""
    pytest.importorskip("tensorflow")
    from lenet_utils.models import lenet5_1998

    model = lenet5_1998()
    assert set(by_name(model.weights)) == set(reference.SHAPES)
    for name, weight in by_name(model.weights).items():
        weight.assign(net.weights[name])
    return model


@pytest.fixture
def digits():
    """Twelve digits as the network reads them, and their classes."""
    sample = load_mnist("sample")
    return to_lenet_input(sample.x_train[:12]), sample.y_train[:12]


def by_name(weights):
    return {"/".join(weight.path.split("/")[-2:]): weight for weight in weights}


def same(ours, theirs, tolerance):
    """Equal up to a part of the largest number of the two."""
    assert reference.relative_error(np.asarray(ours), np.asarray(theirs)) < tolerance


KERAS_LOSSES = [
    ("MaximumLikelihood", {}),
    ("MaximumAPosteriori", {"j": 1.0}),
    ("MaximumAPosteriori", {"j": 100.0}),
]
each_loss_twice = pytest.mark.parametrize(
    ("loss", "keras_loss"), list(zip(LOSSES, KERAS_LOSSES, strict=True)), ids=LOSS_NAMES
)


def in_keras(keras_loss):
    from lenet_utils import losses

    name, options = keras_loss
    return getattr(losses, name)(**options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_signals_are_those_of_keras(dtype, net, keras_net, digits):
    signals, theirs = LeNet5(net.weights, dtype=dtype).forward(digits[0]), digits[0]
    for layer in keras_net.layers:
        theirs = layer(theirs)
        if layer.name in signals:
            same(signals[layer.name], theirs, 1e-5)
    assert theirs.shape == (12, 10)


@each_loss_twice
def test_loss_and_gradients_are_those_of_keras(loss, keras_loss, net, keras_net, digits):
    import tensorflow as tf

    x, y = digits
    with tf.GradientTape() as tape:
        theirs = in_keras(keras_loss)(y, keras_net(x))
    variables = by_name(keras_net.trainable_variables)
    assert loss(net.distances(x), y).value.mean() == pytest.approx(float(theirs), rel=1e-5)
    ours = net.gradients(x, y, loss)
    assert ours.keys() == variables.keys()
    for name, gradient in zip(
        variables, tape.gradient(theirs, [v.value for v in variables.values()]), strict=True
    ):
        same(ours[name], gradient, 1e-4)


@each_loss_twice
def test_curvatures_are_those_of_keras(loss, keras_loss, net, keras_net, digits):
    from lenet_utils.optimizers import curvatures

    x, y = digits
    variables = by_name(keras_net.trainable_variables)
    for top, ours in (
        ("exact", net.curvatures(x, y, loss)),
        ("constant", net.curvatures(x, y, maximum_likelihood)),
    ):
        theirs = curvatures(keras_net, x, y, in_keras(keras_loss), top)
        for name, curvature in zip(variables, theirs, strict=True):
            same(ours[name], curvature, 1e-4)


def test_a_pass_ends_where_that_of_keras_ends(net, keras_net, digits):
    from lenet_utils import optimizers, training

    x, y = digits
    optimizer = optimizers.StochasticDiagonalLevenbergMarquardt()
    keras_net.compile(optimizer, in_keras(KERAS_LOSSES[1]))
    curvatures = net.curvatures(x, y, maximum_likelihood)
    optimizer.build(keras_net.trainable_variables)
    optimizer.set_curvatures([curvatures[name] for name in by_name(keras_net.trainable_variables)])
    training.fit_online(keras_net, x, y, epochs=1, shuffle=False)
    before = {name: array.copy() for name, array in net.weights.items()}
    net.train_one_epoch(x, y, reference.learning_rates(curvatures, paper.LEARNING_RATES[0]))
    for name, weight in by_name(keras_net.trainable_variables).items():
        same(net.weights[name] - before[name], weight.value.numpy() - before[name], 1e-3)


# --- At work ---


def test_a_pattern_moves_the_weights_down_its_own_gradient(net, pictures):
    rates = reference.learning_rates(net.curvatures(pictures, CLASSES), eta=5e-4)
    close(reference.learning_rates({"one": np.array([0.0, 0.48])}, eta=0.01)["one"], [0.5, 0.02], 1e-12)
    other = LeNet5(net.weights, dtype="float64")
    other.train_one_epoch(pictures, CLASSES, rates, order=[2, 0])
    for p in (2, 0):
        for name, gradient in net.gradients(pictures[p : p + 1], CLASSES[p : p + 1]).items():
            net.weights[name] = net.weights[name] - rates[name] * gradient
    for name in TRAINED:
        close(other.weights[name], net.weights[name], 1e-12)
    close(other.weights["output/centres"], reference.rbf_centres(), 0)


@pytest.mark.parametrize("loss", [maximum_likelihood, maximum_a_posteriori], ids=["Eq. 8", "Eq. 9"])
def test_it_learns_to_read(loss):
    digits = load_mnist("sample")
    x, y = to_lenet_input(digits.x_train[:400]), digits.y_train[:400]
    x_test, y_test = to_lenet_input(digits.x_test[:500]), digits.y_test[:500]
    net = LeNet5(seed=1)
    before = (net.predict(x_test) != y_test).mean(), loss(net.distances(x_test), y_test).value.mean()
    rates = reference.learning_rates(net.curvatures(x[:200], y[:200], maximum_likelihood), eta=5e-4)
    net.train_one_epoch(x, y, rates, loss=loss)
    after = (net.predict(x_test) != y_test).mean(), loss(net.distances(x_test), y_test).value.mean()
    assert before[0] > 0.7 and after[0] < 0.5
    assert after[1] < before[1] / 2
    assert {array.dtype for array in net.weights.values()} == {np.dtype("float32")}


def test_many_pictures_are_read_in_parts(generator):
    net, pictures = LeNet5(), generator.uniform(-0.1, 1.175, (502, 32, 32, 1)).astype("float32")
    close(net.distances(pictures)[[0, 501]], net.forward(pictures[[0, 501]])["output"], 1e-4)
    close(net.predict(pictures[:4]), net.distances(pictures[:4]).argmin(axis=1), 0)
    assert net.predict(pictures[:0]).shape == (0,)


def test_weights_come_from_a_dictionary_or_a_file(net, pictures, tmp_path):
    np.savez(tmp_path / "weights.npz", **net.weights)
    close(LeNet5(tmp_path / "weights.npz", dtype="float64").distances(pictures), net.distances(pictures), 0)
    copy = LeNet5({name: net.weights[name] for name in TRAINED}, dtype="float64")
    copy.weights["C1/bias"] += 1
    assert (copy.weights["C1/bias"] != net.weights["C1/bias"]).all(), "the caller's arrays are left alone"
    close(copy.weights["output/centres"], reference.rbf_centres(), 0)


# --- What does not fit ---


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: net.forward(np.ones((2, 28, 28, 1))), r"needs images \(N, 32, 32, 1\).*2, 28, 28, 1"),
        (lambda net: net.predict(np.ones((32, 32, 1))), r"these are \(32, 32, 1\)"),
        (lambda net: net.gradients(np.ones((2, 32, 32, 1)), np.array([1])), "axis n has the length 2 in y"),
        (lambda net: maximum_likelihood(np.ones(10), np.array([1])), "y has the shape"),
        (lambda net: reference.distances(np.ones((1, 80)), reference.rbf_centres()), "axis j"),
        (lambda net: LeNet5(initializer="he"), "initializer='he' is unknown"),
        (lambda net: LeNet5({"C1/kernel": net.weights["C1/kernel"]}), "missing.*C1/bias.*S4/coefficient"),
        (lambda net: LeNet5({**net.weights, "C7/bias": np.ones(1)}), r"unknown.*\['C7/bias'\]"),
        (lambda net: LeNet5({**net.weights, "C3/kernel": np.ones((5, 5, 6, 16))}), r"\['C3/kernel'\]"),
    ],
)
def test_what_does_not_fit_is_named(call, message, net):
    with pytest.raises(ValueError, match=message):
        call(net)


def test_a_class_that_is_none_is_refused(net, pictures):
    with pytest.raises(IndexError):
        net.gradients(pictures, np.array([1, 2, 10]))
