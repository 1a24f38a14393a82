"""Checks of the exercises in the chapter *implementation*."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close

SLIM_PARAMETERS = 22_226
SLIM_ERROR_PERCENT = 3.0


@exercise
def check_error_percent(answer) -> None:
    """`answer(probabilities, labels)`: (N, 10) and (N,) to per cent of wrong pictures."""
    generator = np.random.default_rng(1)
    for number in (10, 200, 37):
        probabilities, labels = _classified(generator, number, right=0.7)
        wanted = 100 * float(np.mean(probabilities.argmax(axis=1) != labels))
        value = attempt(answer, probabilities, labels)
        expect(np.ndim(value) == 0, "return one number for the whole set.")
        value = float(value)
        if np.isclose(value, wanted):
            continue
        expect(not np.isclose(value, 100 - wanted), "that is the accuracy: count the wrong ones.")
        expect(not np.isclose(value, wanted / 100), "that is a fraction: per cent are asked for.")
        expect(
            not np.isclose(value, wanted * number / 100),
            "that is how many are wrong, not how many of a hundred.",
        )
        expect_close(value, wanted, "the class with the largest probability *in each row* is the answer.")


def slim_widths(class_number: int) -> tuple[int, int, int, int]:
    """How many maps in C1, C3 and C5 and how many units in F6 a class gives its slim LeNet, in *implementation*."""
    return 2 + class_number % 5, 9 + class_number % 4, 53 + class_number % 10, 36 + class_number % 7


@exercise
def check_slim_lenet(answer, parameters, class_number) -> None:
    """`answer()` (or a model): max pooling, tanh, softmax, the class's widths; and how many parameters that makes."""
    model = answer if hasattr(answer, "layers") else attempt(answer)
    expect(hasattr(model, "layers"), "return a Keras model.")
    expect(tuple(model.input_shape) == (None, 32, 32, 1), f"the input is {model.input_shape}, not 32×32×1.")
    expect(tuple(model.output_shape) == (None, 10), f"the output is {model.output_shape}, not 10 numbers.")
    kinds = [type(layer).__name__ for layer in model.layers]
    expect("AveragePooling2D" not in kinds, "there is still average pooling in it.")
    expect(kinds.count("MaxPooling2D") == 2, "S2 and S4 should be two max-pooling layers.")
    with_weights = [layer for layer in model.layers if layer.count_params()]
    activations = [getattr(layer.activation, "__name__", "") for layer in with_weights]
    expect(activations[-1:] == ["softmax"], "the last layer should give probabilities: softmax.")
    others = {name for name in activations[:-1] if name != "tanh"}
    expect(not others, f"every layer with weights before the last should use tanh, not {', '.join(others)}.")
    widths = [*slim_widths(class_number), 10]
    sizes = [int(layer.get_weights()[0].shape[-1]) for layer in with_weights]
    expect(sizes == widths, f"its layers have {sizes} maps or units; class {class_number} asks for {widths}.")
    below = [1, *widths]
    count = sum(
        units * (window * units_below + 1)
        for units, units_below, window in zip(widths, below, (25, 25, 25, 1, 1), strict=False)
    )
    expect(
        model.count_params() == count,
        f"it has {model.count_params():,} parameters, which is not right. Are the kernels of C1, C3 and C5 5×5?",
    )
    expect(parameters not in (None, ...), "the network is right. Now the number of its parameters, by hand.")
    expect(np.ndim(parameters) == 0, "its parameters are one number.")
    weights = count - sum(widths)
    expect(parameters != weights, "those are the weights of the network; it has biases, too.")
    expect(parameters == count, f"the network is right, but it does not have {parameters} parameters.")


@exercise
def check_warm_cosine(answer) -> None:
    """`answer(step, steps, peak, warm_up)`: the learning rate at one step."""
    for steps, peak, warm_up in ((1000, 3e-3, 100), (640, 0.5, 64), (300, 1.0, 1)):
        chosen = [0, warm_up // 2, warm_up, (warm_up + steps) // 2, steps - 1, steps]
        values = {step: float(attempt(answer, step, steps, peak, warm_up)) for step in chosen}
        expect(
            np.isclose(values[0], 0, atol=1e-9), "at step 0 the rate should be 0: the warm-up starts there."
        )
        expect(
            np.isclose(values[warm_up], peak),
            f"after the warm-up, at step {warm_up}, the rate should be the peak, {peak:g}; "
            f"it is {values[warm_up]:.6g}. The cosine starts there, with the angle 0.",
        )
        expect(
            np.isclose(values[steps], 0, atol=1e-9 * peak),
            f"at the last step the rate should be 0; it is {values[steps]:.6g}. Half a turn is π radians.",
        )
        expect(values[steps] >= 0 and values[chosen[3]] >= 0, "a learning rate is never negative.")
        for step in chosen:
            hint = (
                f"at step {step} of {steps}, with a peak of {peak:g} and a warm-up of {warm_up}, it is off."
            )
            expect_close(values[step], _warm_cosine(step, steps, peak, warm_up), hint)


@exercise
def check_soften(answer) -> None:
    """`answer(probabilities, temperature)`: (N, 10) probabilities to (N, 10), sharper or softer."""
    generator = np.random.default_rng(4)
    logits = generator.normal(0, 3, (6, 10))
    probabilities = _softmax(logits)
    before = probabilities.copy()
    for temperature in (1.0, 2.0, 0.5, 1.37):
        value = np.asarray(attempt(answer, probabilities, temperature), float)
        expect(np.array_equal(probabilities, before), "leave the probabilities you are given as they are.")
        expect(
            value.shape == probabilities.shape,
            f"the shape is {value.shape}; it should be {probabilities.shape}.",
        )
        expect(np.allclose(value.sum(axis=1), 1), "each row should add up to 1 again.")
        if temperature != 1:
            inverse = _softmax(logits * temperature)
            expect(
                not np.allclose(value, inverse), "the wrong way round: T > 1 should soften, T < 1 sharpen."
            )
        hint = f"for T = {temperature:g} it is off: divide the logarithms by T, then take the softmax."
        expect_close(value, _softmax(logits / temperature), hint)
    certain = np.eye(10)[:2]
    value = np.asarray(attempt(answer, certain, 2.0), float)
    expect(np.all(np.isfinite(value)), "a probability of exactly 0 should not give NaN or infinity.")


@exercise
def check_small_and_good(answer, pictures, labels) -> None:
    """A trained model, and pictures it has not seen, (N, 32, 32, 1), with their classes, (N,)."""
    model = attempt(lambda: answer)
    expect(hasattr(model, "predict"), "hand in a trained Keras model.")
    count = model.count_params()
    expect(count <= SLIM_PARAMETERS, f"it has {count:,} parameters; at most {SLIM_PARAMETERS:,} are allowed.")
    outputs = np.asarray(model.predict(pictures, batch_size=100, verbose=0))
    expect(
        outputs.shape == (len(labels), 10), f"its output has shape {outputs.shape}, not ({len(labels)}, 10)."
    )
    error = 100 * float(np.mean(outputs.argmax(axis=1) != labels))
    expect(
        error <= SLIM_ERROR_PERCENT,
        f"{count:,} parameters, but {error:.2f}% of the pictures wrong; the bar is {SLIM_ERROR_PERCENT:g}%. "
        "What did the most for the large network?",
    )


def _classified(generator, number, right):
    """Random probabilities, (number, 10), of which about this share is right, and the labels."""
    probabilities = generator.dirichlet(np.full(10, 0.3), number)
    predicted = probabilities.argmax(axis=1)
    labels = np.where(generator.random(number) < right, predicted, (predicted + 1) % 10)
    labels[0] = (predicted[0] + 1) % 10  # at least one mistake
    return probabilities, labels


def _softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _warm_cosine(step, steps, peak, warm_up):
    if step < warm_up:
        return peak * step / warm_up
    return peak * (1 + np.cos(np.pi * (step - warm_up) / (steps - warm_up))) / 2
