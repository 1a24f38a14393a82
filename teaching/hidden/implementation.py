"""What the autograder asks beyond the checks of the chapter *implementation*: other cases, under the same names."""

import numpy as np

from lenet_utils import reference
from lenet_utils.checks import attempt, exercise, expect, expect_close
from lenet_utils.checks.implementation import SLIM_ERROR_PERCENT, SLIM_PARAMETERS, slim_widths


def _fresh():
    return np.random.default_rng()


@exercise(asks="none and all")
def check_error_percent(answer) -> None:
    """One picture, no mistake, nothing but mistakes, labels as MNIST stores them."""
    generator = _fresh()
    for number in (1, 3, 50, 333):
        probabilities = generator.dirichlet(np.ones(10), number).astype("float32")
        predicted = probabilities.argmax(axis=1)
        for wrong in {0, 1, number // 3, number}:
            labels = predicted.astype("uint8")
            labels[generator.permutation(number)[:wrong]] += generator.integers(1, 10, wrong).astype("uint8")
            value = attempt(answer, probabilities.copy(), labels % 10)
            expect_close(value, 100 * wrong / number, f"{wrong} mistakes among {number} come out as {value}.")


@exercise(asks="calculated by hand")
def check_slim_lenet(answer, parameters, class_number) -> None:
    """The class's widths, layer by layer; and with random weights it answers as NumPy does."""
    import keras

    model = answer if isinstance(answer, keras.Model) else attempt(answer)
    expect(isinstance(model, keras.Model), "return a Keras model.")
    c1, c3, c5, f6 = slim_widths(class_number)
    kernels = [(5, 5, 1, c1), (5, 5, c1, c3), (5, 5, c3, c5), (c5, f6), (f6, 10)]
    sizes = [int(np.prod(weight.shape)) for weight in model.weights]
    wanted = [size for kernel in kernels for size in (int(np.prod(kernel)), kernel[-1])]
    expect(sizes == wanted, f"its arrays have {sizes} weights, not {wanted}.")
    generator = _fresh()
    weights = [generator.normal(0, 0.2, weight.shape).astype("float32") for weight in model.weights]
    model.set_weights(weights)
    x = pictures = generator.uniform(-0.1, 1.175, (3, 32, 32, 1)).astype("float32")
    for layer, (kernel, bias) in enumerate(zip(weights[::2], weights[1::2], strict=True)):
        kernel = kernel.reshape(kernels[layer])
        x = x.reshape(len(x), -1) @ kernel if kernel.ndim == 2 else reference.cross_correlate(x, kernel)
        x = x + bias
        x = reference.softmax(x) if layer == 4 else np.tanh(x)
        if layer < 2:
            rows, columns, maps = x.shape[1:]
            x = x.reshape(len(x), rows // 2, 2, columns // 2, 2, maps).max(axis=(2, 4))
    expect_close(
        np.asarray(model(pictures)),
        x,
        "with random weights it does not answer as a slim LeNet should.",
        tolerance=1e-4,
    )
    expect(attempt(parameters) == sum(wanted), "that is not the number of its parameters.")


@exercise(asks="at every step")
def check_warm_cosine(answer) -> None:
    """Schedules drawn at random, at each of their steps."""
    generator = _fresh()
    for _ in range(4):
        steps, peak = int(generator.integers(20, 200)), float(generator.uniform(1e-4, 2))
        warm_up = int(generator.integers(1, steps - 2))
        values = [float(attempt(answer, step, steps, peak, warm_up)) for step in range(steps + 1)]
        rise = peak * np.linspace(0, 1, warm_up + 1)
        fall = peak * (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, steps - warm_up + 1)))
        expect_close(
            values,
            np.concatenate([rise, fall[1:]]),
            f"a warm-up of {warm_up} among {steps} steps to a peak of {peak:.3g} comes out wrong.",
        )


@exercise(asks="twice in a row")
def check_soften(answer) -> None:
    """Two temperatures in a row are their product; the answer never changes; what is certain stays so."""
    generator = _fresh()
    probabilities = generator.dirichlet(np.full(10, 0.5), 30) * 0.99 + 0.001
    for first, second in generator.uniform(0.3, 4, (5, 2)).tolist():
        once = np.asarray(attempt(answer, probabilities.copy(), first), float)
        logarithms = np.log(probabilities) / first
        wanted = np.exp(logarithms) / np.exp(logarithms).sum(axis=1, keepdims=True)
        expect_close(once, wanted, f"for T = {first:.3g} it is off.")
        twice = attempt(answer, once.copy(), second)
        expect_close(
            twice,
            attempt(answer, probabilities.copy(), first * second),
            "two temperatures in a row should be one, their product.",
        )
        expect(
            np.array_equal(once.argmax(axis=1), probabilities.argmax(axis=1)),
            f"with T = {first:.3g} the answer itself becomes another one.",
        )
    even = np.asarray(attempt(answer, probabilities.copy(), 1e6), float)
    expect_close(even, np.full((30, 10), 0.1), "very hot, all classes should be equal.", tolerance=1e-3)
    certain = np.eye(10)[generator.integers(0, 10, 5)]
    for temperature in (0.5, 1.0, 3.0):
        value = attempt(answer, certain.copy(), temperature)
        expect_close(value, certain, "what is certain stays certain at any temperature.", tolerance=1e-3)


@exercise(asks="in another order and a little noisy")
def check_small_and_good(answer, pictures, labels) -> None:
    """Its weights counted one by one; the pictures shuffled, with a little noise, and one at a time."""
    import keras

    model = attempt(lambda: answer)
    expect(isinstance(model, keras.Model), "hand in a trained Keras model.")
    count = sum(int(np.prod(weight.shape)) for weight in model.weights)
    expect(count <= SLIM_PARAMETERS, f"it has {count:,} weights, trained or not.")
    generator = _fresh()
    order = generator.permutation(len(labels))
    noisy = pictures[order] + generator.normal(0, 0.02, pictures.shape).astype("float32")
    outputs = np.asarray(model.predict(noisy, batch_size=100, verbose=0))
    error = 100 * float(np.mean(outputs.argmax(axis=1) != np.asarray(labels)[order]))
    expect(
        error <= SLIM_ERROR_PERCENT + 1,
        f"with a little noise that one hardly sees it misreads {error:.2f}% of the digits.",
    )
    alone = np.asarray(model.predict(noisy[:1], verbose=0))
    expect(np.allclose(alone, outputs[:1], atol=1e-3), "it answers otherwise where a picture comes alone.")
