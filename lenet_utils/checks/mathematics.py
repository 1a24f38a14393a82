"""Checks of the exercises in the chapter *mathematics*."""

import numpy as np

from lenet_utils import reference
from lenet_utils.checks import (
    WrongError,
    as_array,
    as_number,
    as_parts,
    attempt,
    class_generator,
    exercise,
    expect,
    expect_close,
    explain,
    fresh,
)

NOTHING = 1e-6
"""A response below this, from a kernel whose largest weight is 1, is none: float32 rounds."""


def as_kernel(answer) -> np.ndarray:
    """A 3×3 kernel, scaled so that its largest weight is 1 or −1."""
    kernel = as_array(attempt(answer)).astype(float)
    expect(kernel.shape == (3, 3), f"the kernel's shape is {kernel.shape}, it should be (3, 3).")
    largest = np.abs(kernel).max()
    expect(largest > 0, "it gives nothing: all nine weights are 0.")
    return kernel / largest


def expect_another_kernel(kernel: np.ndarray) -> None:
    """Refuse the text's own kernel, whose rows are 1, 0 and −1, and its multiples."""
    within_rows = np.ptp(kernel[0]) + np.abs(kernel[1]).max() + np.ptp(kernel[2])
    expect(within_rows > NOTHING, "it is the kernel in the text, or a multiple of it. Find another one.")


@exercise
def check_lower_edge(answer) -> None:
    """A 3×3 kernel, not the text's: positive where ink ends below, not where it begins; 0 on flat and upright ink."""
    kernel = as_kernel(answer)
    flat = abs(kernel.sum())
    expect(
        flat < NOTHING,
        "it answers to a flat area, where nothing ends. What must the nine weights add up to?",
    )
    ends_below = np.array([[1.0] * 3, [1.0] * 3, [0.0] * 3])
    upright = ends_below.T
    expect(
        max(abs((kernel * side).sum()) for side in (upright, upright[:, ::-1], 1 - upright)) < NOTHING,
        "it answers to an upright edge, where ink ends sideways. What must each column add up to?",
    )
    upper_edges = [[0.0] * 3, [1.0] * 3, [1.0] * 3], [[0.0] * 3, [0.0] * 3, [1.0] * 3]
    above = max((kernel * ink).sum() for ink in np.array(upper_edges))
    below = (kernel * ends_below).sum()
    expect(below > NOTHING or above < NOTHING, "it finds upper edges: turn it upside down.")
    expect(below > NOTHING, "it gives nothing where the two upper rows are ink and the lowest is blank.")
    expect(above < NOTHING, "it is positive at upper edges, too: what it finds is a thin lying stroke.")
    expect_another_kernel(kernel)


@exercise
def check_output_size(answer, last_side, class_number) -> None:
    """output_size(side, kernel, stride, padding) for sides that do and do not divide evenly; then a class's network."""

    def places(*sizes):
        return as_number(attempt(answer, *sizes), "output_size should return one number.")

    expect_close(places(32, 5, 1, 0), 28, "C1 reads 32×32 with a 5×5 kernel and is 28×28.")
    expect_close(places(28, 2, 2, 0), 14, "windows of 2 at stride 2 halve 28 to 14.")
    expect_close(places(32, 5, 1, 2), 32, "a padding of 2 is added on both sides: 32 stays 32.")
    generator = fresh()
    drawn = [
        [int(generator.integers(*span)) for span in ((8, 40), (1, 8), (1, 5), (0, 4))] for _ in range(20)
    ]
    for side, kernel, stride, padding in [(32, 5, 2, 0), *drawn]:
        wanted = len(range(0, side + 2 * padding - kernel + 1, stride))
        expect_close(
            places(side, kernel, stride, padding),
            wanted,
            f"for a side of {side}, kernel {kernel}, stride {stride} and padding {padding} the window has "
            f"{wanted} {'place' if wanted == 1 else 'places'}. A last step that would leave the image is not "
            "taken: round down.",
        )
    last = as_number(attempt(last_side), "last_side should be one number.")
    expect_close(
        last,
        _last_side(1000, layers_of_class(class_number)),
        f"output_size is right, but the last feature map is not {last} wide. "
        "Each layer reads the one before it.",
    )


def layers_of_class(class_number: int) -> list[tuple[int, int, int]]:
    """Kernel, stride and padding of five layers, other ones for each class."""
    draw = class_generator(class_number).integers
    return [(int(draw(2, 12)), int(draw(1, 3)), int(draw(0, 3))) for _ in range(5)]


def _last_side(side, layers):
    for kernel, stride, padding in layers:
        side = len(range(0, side + 2 * padding - kernel + 1, stride))
    return side


@exercise
def check_max_pool(answer) -> None:
    """max_pool(maps) over 2×2 blocks, every map and image for itself."""
    maps = fresh().normal(-2, 3, size=(3, 6, 8, 4))
    maps[0, :2, :2] = [[[-3.0] * 4, [-1.0] * 4], [[-2.0] * 4, [-4.0] * 4]]  # a block that is all negative
    blocks = _blocks(maps)
    wanted = blocks.max(axis=-1)
    expect_close(
        attempt(answer, maps),
        wanted,
        "Each 2×2 block gives its largest number: (n, y, x, m) becomes (n, y/2, x/2, m), also where all "
        "are negative.",
        mistakes={
            "that is the mean of each block. Its largest number is asked for.": blocks.mean(axis=-1),
            "that is the sum of each block. Its largest number is asked for.": blocks.sum(axis=-1),
            "where a whole block is negative, so is its largest number: do not begin with 0.": np.maximum(
                wanted, 0
            ),
        },
    )


@exercise
def check_strided_correlation(answer) -> None:
    """strided_correlation(images, kernels, stride, padding) for several of each."""
    generator = fresh()
    images, kernels = generator.normal(size=(2, 9, 11, 3)), generator.normal(size=(3, 3, 3, 2))
    for stride, padding in [(1, 0), (1, 1), (2, 0), (2, 1), (3, 2)]:
        margin = [(0, 0), (padding, padding), (padding, padding), (0, 0)]
        padded = np.pad(images, margin)
        wanted = reference.cross_correlate(padded, kernels)[:, ::stride, ::stride]
        turned = reference.cross_correlate(padded, kernels[::-1, ::-1])[:, ::stride, ::stride]
        hint = f"With stride={stride}, padding={padding} the result differs."
        if padding:
            hint += " Zeros go around the rows and columns only, on both sides."
        if stride > 1:
            hint += " The first window is at the upper left corner; then go on in steps of the stride."
        try:
            value = attempt(answer, images, kernels, stride, padding)
        except ValueError as error:  # zeros around the channels, for which there are no kernels then
            raise WrongError(f"{explain(error)} {hint}") from error
        mistake = "the kernels are turned by half a turn. cross_correlate in the text does not turn them."
        expect_close(value, wanted, hint, mistakes={mistake: turned})


@exercise
def check_max_pool_gradient(answer) -> None:
    """max_pool_gradient(maps, upstream) against the definition; no ties."""
    generator = fresh()
    maps = generator.permutation(2 * 6 * 8 * 3).reshape(2, 6, 8, 3) / 7.0
    upstream = generator.normal(size=(2, 3, 4, 3))
    wide = upstream.repeat(2, axis=1).repeat(2, axis=2)
    winners = maps == _blocks(maps).max(axis=-1).repeat(2, axis=1).repeat(2, axis=2)
    expect_close(
        attempt(answer, maps, upstream),
        wide * winners,
        "It should be the shape of maps. The largest of a block receives the whole upstream, the others 0.",
        mistakes={
            "that is the gradient of average pooling. Who of four decides the maximum?": wide / 4,
            "all four of a block receive the gradient; but changing a loser a little changes nothing.": wide,
            "you found the winners; now each receives its block's upstream.": winners.astype(float),
        },
    )


@exercise
def check_cross_entropy_from_logits(answer) -> None:
    """cross_entropy_from_logits(logits, labels) at ordinary and at huge scores."""
    generator = fresh()
    logits, labels = generator.normal(size=(6, 10)), generator.integers(0, 10, 6)
    wanted = reference.cross_entropy(reference.softmax(logits), labels)
    sum_hint = "that is the sum over all images. Their mean is asked for."
    with np.errstate(all="ignore"):
        value = _one_loss(attempt(answer, logits, labels))
        expect_close(
            value,
            wanted,
            f"At ordinary scores it gives {value:.4f}, the right value is {wanted:.4f}.",
            mistakes={sum_hint: 6 * wanted},
        )
        sure = np.array([[1000.0, 0.0], [1000.0, 0.0], [-1000.0, -1000.0]])
        for right, wanted in (([0, 0, 0], np.log(2) / 3), ([0, 1, 0], (1000 + np.log(2)) / 3)):
            value = _one_loss(attempt(answer, sure, np.array(right)))
            expect(
                bool(np.isfinite(value)),
                f"at scores of ±1000 it gives {value}. Take the logarithm by hand before you compute: "
                "ln of a fraction of exponentials simplifies, and a maximum can be drawn out of the sum.",
            )
            expect_close(value, wanted, f"At scores of ±1000 it gives {value:.4f}, not {wanted:.4f}.")


def _one_loss(value):
    return as_number(value, f"it should be one number, the mean; its shape is {np.shape(value)}.")


@exercise
def check_two_layer_gradients(answer) -> None:
    """two_layer_gradients(parameters, images, labels): loss and gradients, against central differences."""
    generator = fresh()
    sizes = {
        "kernels1": (3, 3, 1, 2), "biases1": (2,), "coefficients1": (2,), "shifts1": (2,),
        "kernels2": (3, 3, 2, 3), "biases2": (3,), "weights": (12, 4), "output_biases": (4,),
    }  # fmt: skip
    parameters = {name: generator.normal(0, 0.5, size) for name, size in sizes.items()}
    images, labels = generator.normal(size=(3, 10, 10, 1)), generator.integers(0, 4, 3)
    loss, gradients = loss_and_gradients(attempt(answer, parameters, images, labels))
    wanted = _two_layer_loss(parameters, images, labels)
    expect_close(loss, wanted, f"the forward pass gives a loss of {loss:.5f}, not {wanted:.5f}.")
    missing = sorted(parameters.keys() - gradients.keys())
    expect(not missing, f"no gradient for {', '.join(missing)}.")
    # Last layer first: an error there spoils all that come before it on the way back.
    for name in reversed(sizes):
        numerical = reference.numerical_gradient(
            lambda array, name=name: _two_layer_loss({**parameters, name: array}, images, labels),
            parameters[name],
        )
        expect_close(
            gradients[name],
            numerical,
            f"the gradient of {name!r} disagrees with central differences; those nearer the loss agree, "
            "so look at this step or the one just after it in the forward pass.",
            tolerance=1e-6,
        )


def loss_and_gradients(value) -> tuple[float, dict]:
    """What an answer to exercise 7 returns: a number, and a dict."""
    hint = "return two things: the loss, and a dict of gradients with the parameters' names."
    loss, gradients = as_parts(value, 2, hint)
    expect(isinstance(gradients, dict), hint)
    return as_number(loss, "the loss should be one number."), gradients


def _blocks(maps):
    """(n, y, x, m) to (n, y/2, x/2, m, 4)."""
    return np.stack([maps[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=-1)


def _two_layer_loss(parameters, images, labels):
    p = parameters
    x1 = reference.squash(reference.cross_correlate(images, p["kernels1"]) + p["biases1"])
    x2 = reference.squash(reference.subsample(x1, p["coefficients1"], p["shifts1"]))
    x3 = reference.squash(reference.cross_correlate(x2, p["kernels2"]) + p["biases2"])
    logits = reference.dense(x3.reshape(len(x3), -1), p["weights"], p["output_biases"])
    return reference.cross_entropy(reference.softmax(logits), labels)
