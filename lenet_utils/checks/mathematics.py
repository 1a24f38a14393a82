"""Checks of the exercises in the chapter *mathematics*."""

import numpy as np

from lenet_utils import reference
from lenet_utils.checks import WrongError, attempt, exercise, expect, expect_close

__all__ = [
    "check_cross_entropy_from_logits",
    "check_lower_edge",
    "check_max_pool",
    "check_max_pool_gradient",
    "check_output_size",
    "check_strided_correlation",
    "check_two_layer_gradients",
    "layers_of_class",
]


def _fresh():
    """Other numbers at every call: an answer cannot be fitted to them."""
    return np.random.default_rng()


@exercise
def check_lower_edge(answer) -> None:
    """A 3×3 kernel, not the text's: positive where ink ends below, not where it begins; 0 on flat and upright ink."""
    kernel = np.asarray(attempt(answer), dtype=float)
    expect(kernel.shape == (3, 3), f"the kernel's shape is {kernel.shape}, it should be (3, 3).")
    flat = abs(kernel.sum())
    expect(
        flat < 1e-9,
        "it answers to a flat area, where nothing ends. What must the nine weights add up to?",
    )
    ends_below = np.array([[1.0] * 3, [1.0] * 3, [0.0] * 3])
    upright = ends_below.T
    expect(
        max(abs((kernel * side).sum()) for side in (upright, upright[:, ::-1], 1 - upright)) < 1e-9,
        "it answers to an upright edge, where ink ends sideways. What must each column add up to?",
    )
    upper_edges = [[0.0] * 3, [1.0] * 3, [1.0] * 3], [[0.0] * 3, [0.0] * 3, [1.0] * 3]
    answer_above = max((kernel * ink).sum() for ink in np.array(upper_edges))
    answer_below = (kernel * ends_below).sum()
    expect(answer_below > 0 or answer_above <= 0, "it finds upper edges: turn it upside down.")
    expect(answer_below > 0, "it gives nothing where the two upper rows are ink and the lowest is blank.")
    expect(answer_above < 1e-9, "it is positive at upper edges, too: what it finds is a thin lying stroke.")
    expect(
        np.ptp(kernel[0]) + abs(kernel[1]).max() + np.ptp(kernel[2]) > 1e-9,
        "it is the kernel in the text, or a multiple of it. Find another one.",
    )


@exercise
def check_output_size(answer, last_side, class_number) -> None:
    """output_size(side, kernel, stride, padding) for sides that do and do not divide evenly; then a class's network."""
    expect(attempt(answer, 32, 5, 1, 0) == 28, "C1 reads 32×32 with a 5×5 kernel and is 28×28.")
    expect(attempt(answer, 28, 2, 2, 0) == 14, "windows of 2 at stride 2 halve 28 to 14.")
    expect(attempt(answer, 32, 5, 1, 2) == 32, "a padding of 2 is added on both sides: 32 stays 32.")
    generator = _fresh()
    for _ in range(20):
        kernel, stride, padding = (int(generator.integers(*span)) for span in ((1, 8), (1, 5), (0, 4)))
        side = int(generator.integers(kernel, 40))
        places = range(0, side + 2 * padding - kernel + 1, stride)
        expect(
            attempt(answer, side, kernel, stride, padding) == len(places),
            f"for a side of {side}, kernel {kernel}, stride {stride} and padding {padding} the window has "
            f"{len(places)} places. A last step that would leave the picture is not taken: round down.",
        )
    expect(
        attempt(last_side) == _last_side(1000, layers_of_class(class_number)),
        f"output_size is right, but the last map is not {last_side} wide. Each layer reads the one before it.",
    )


def layers_of_class(class_number: int) -> list[tuple[int, int, int]]:
    """Kernel, stride and padding of five layers, other ones for each class."""
    draw = np.random.default_rng(class_number).integers
    return [(int(draw(2, 12)), int(draw(1, 3)), int(draw(0, 3))) for _ in range(5)]


def _last_side(side, layers):
    for kernel, stride, padding in layers:
        side = len(range(0, side + 2 * padding - kernel + 1, stride))
    return side


@exercise
def check_max_pool(answer) -> None:
    """max_pool(maps) over 2×2 blocks, every map and picture for itself."""
    maps = _fresh().normal(size=(3, 6, 8, 4)) - 5
    expect_close(
        attempt(answer, maps.copy()),
        _blocks(maps).max(axis=-1),
        "Each 2×2 block gives its largest number: (n, y, x, m) becomes (n, y/2, x/2, m), also where all "
        "are negative.",
    )


@exercise
def check_strided_correlation(answer) -> None:
    """strided_correlation(images, kernels, stride, padding) for several of each."""
    generator = _fresh()
    images, kernels = generator.normal(size=(2, 9, 11, 3)), generator.normal(size=(3, 3, 3, 2))
    for stride, padding in [(1, 0), (1, 1), (2, 0), (2, 1), (3, 2)]:
        margin = [(0, 0), (padding, padding), (padding, padding), (0, 0)]
        wanted = reference.cross_correlate(np.pad(images, margin), kernels)[:, ::stride, ::stride]
        hint = f"With stride={stride}, padding={padding} the result differs."
        if padding:
            hint += " Zeros go around the rows and columns only, on both sides."
        if stride > 1:
            hint += " The first window is at the upper left corner; then go on in steps of the stride."
        try:
            value = attempt(answer, images.copy(), kernels.copy(), stride, padding)
        except ValueError as error:  # zeros around the maps, for which there are no kernels then
            raise WrongError(f"your code raised ValueError: {error} {hint}") from error
        expect_close(value, wanted, hint)


@exercise
def check_max_pool_gradient(answer) -> None:
    """max_pool_gradient(maps, upstream) against the definition; no ties."""
    generator = _fresh()
    maps = generator.permutation(2 * 6 * 8 * 3).reshape(2, 6, 8, 3) / 7.0
    upstream = generator.normal(size=(2, 3, 4, 3))
    wide = upstream.repeat(2, axis=1).repeat(2, axis=2)
    winners = maps == _blocks(maps).max(axis=-1).repeat(2, axis=1).repeat(2, axis=2)
    value = np.asarray(attempt(answer, maps.copy(), upstream.copy()), dtype=float)
    expect(value.shape == maps.shape, f"the shape is {value.shape}, it should be the maps': {maps.shape}.")
    expect(
        not np.allclose(value, wide / 4),
        "that is the gradient of average pooling. Who of four decides the maximum?",
    )
    expect(
        not np.allclose(value, wide),
        "all four of a block receive the gradient; but changing a loser a little changes nothing.",
    )
    expect(not np.allclose(value, winners), "you found the winners; now each receives its block's upstream.")
    expect_close(value, wide * winners, "The largest of a block receives the whole upstream, the others 0.")


@exercise
def check_cross_entropy_from_logits(answer) -> None:
    """cross_entropy_from_logits(logits, classes) at ordinary and at huge scores."""
    generator = _fresh()
    logits, classes = generator.normal(size=(6, 10)), generator.integers(0, 10, 6)
    ordinary = reference.cross_entropy(reference.softmax(logits), classes)
    with np.errstate(all="ignore"):
        value = attempt(answer, logits.copy(), classes.copy())
        expect(np.shape(value) == (), f"it should be one number, the mean; its shape is {np.shape(value)}.")
        expect_close(
            value, ordinary, f"At ordinary scores it gives {value:.4f}, the right value is {ordinary:.4f}."
        )
        sure = np.array([[1000.0, 0.0], [1000.0, 0.0], [-1000.0, -1000.0]])
        for right, wanted in (([0, 0, 0], np.log(2) / 3), ([0, 1, 0], (1000 + np.log(2)) / 3)):
            value = attempt(answer, sure.copy(), np.array(right))
            expect(
                bool(np.isfinite(value)),
                f"at scores of ±1000 it gives {value}. Take the logarithm by hand before you compute: "
                "ln of a fraction of exponentials simplifies, and a maximum can be drawn out of the sum.",
            )
            expect_close(value, wanted, f"At scores of ±1000 it gives {value:.4f}, not {wanted:.4f}.")


@exercise
def check_two_layer_gradients(answer) -> None:
    """two_layer_gradients(parameters, pictures, classes): loss and gradients, against differences."""
    generator = _fresh()
    sizes = {
        "kernels1": (3, 3, 1, 2), "biases1": (2,), "coefficients1": (2,), "shifts1": (2,),
        "kernels2": (3, 3, 2, 3), "biases2": (3,), "weights": (12, 4), "output_biases": (4,),
    }  # fmt: skip
    parameters = {name: generator.normal(0, 0.5, size) for name, size in sizes.items()}
    pictures, classes = generator.normal(size=(3, 10, 10, 1)), generator.integers(0, 4, 3)
    value = attempt(answer, {name: array.copy() for name, array in parameters.items()}, pictures, classes)
    expect(
        isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict),
        "return two things: the loss, and a dict of gradients with the parameters' names.",
    )
    loss, gradients = value
    expect(bool(np.ndim(loss) == 0), "the loss should be one number.")
    wanted_loss = _two_layer_loss(parameters, pictures, classes)
    expect_close(
        loss, wanted_loss, f"the forward pass gives a loss of {float(loss):.5f}, not {wanted_loss:.5f}."
    )
    missing = sorted(parameters.keys() - gradients.keys())
    expect(not missing, f"no gradient for {', '.join(missing)}.")
    # Last layer first: an error there spoils all that come before it on the way back.
    for name in reversed(sizes):
        numerical = reference.numerical_gradient(
            lambda array, name=name: _two_layer_loss({**parameters, name: array}, pictures, classes),
            parameters[name],
        )
        expect_close(
            gradients[name],
            numerical,
            f"the gradient of {name!r} disagrees with central differences; those nearer the loss agree, "
            "so look at this step or the one just after it in the forward pass.",
            tolerance=1e-6,
        )


def _blocks(maps):
    """(n, y, x, m) to (n, y/2, x/2, m, 4)."""
    return np.stack([maps[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=-1)


def _two_layer_loss(parameters, pictures, classes):
    p = parameters
    x1 = reference.squash(reference.cross_correlate(pictures, p["kernels1"]) + p["biases1"])
    x2 = reference.squash(reference.subsample(x1, p["coefficients1"], p["shifts1"]))
    x3 = reference.squash(reference.cross_correlate(x2, p["kernels2"]) + p["biases2"])
    logits = reference.dense(x3.reshape(len(x3), -1), p["weights"], p["output_biases"])
    return reference.cross_entropy(reference.softmax(logits), classes)
