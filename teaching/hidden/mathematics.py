"""What the autograder asks beyond the checks of the chapter *mathematics*: other cases, under the same names."""

import numpy as np

from lenet_utils import reference
from lenet_utils.checks import as_array, as_number, attempt, exercise, expect, expect_close, fresh
from lenet_utils.checks.mathematics import (
    NOTHING,
    as_kernel,
    expect_another_kernel,
    layers_of_class,
    loss_and_gradients,
)


@exercise(asks="on random images")
def check_lower_edge(answer) -> None:
    """Bands of ink of any strength and width: it must answer below each, not above, and to no upright stroke."""
    kernel = as_kernel(answer)
    expect_another_kernel(kernel)
    generator = fresh()
    for _ in range(10):
        ink, edge = generator.uniform(0.2, 2), int(generator.integers(3, 8))
        lying = np.zeros((1, 12, 12, 1))
        lying[:, :edge] = ink
        below = reference.cross_correlate(lying, kernel[:, :, None, None])[0, :, :, 0]
        found = below[edge - 2].min() > NOTHING  # where two rows of the window are ink
        expect(found, "there is a lower edge of a broad band of ink that it does not find.")
        above = reference.cross_correlate(lying[:, ::-1], kernel[:, :, None, None])
        expect(above.max() < 2 * NOTHING, "it is positive at the upper edge of a band of ink.")
        upright = lying.swapaxes(1, 2)
        expect_close(
            reference.cross_correlate(upright, kernel[:, :, None, None]),
            np.zeros((1, 10, 10, 1)),
            "it answers to an upright stroke.",
        )


@exercise(asks="of whole networks")
def check_output_size(answer, last_side, class_number) -> None:
    """Kernel 1, a kernel as large as the padded image, LeNet-5's layers and the class's one after the other."""
    side = 32
    for kernel, stride, wanted in ((5, 1, 28), (2, 2, 14), (5, 1, 10), (2, 2, 5), (5, 1, 1)):
        side = as_number(attempt(answer, side, kernel, stride, 0))
        expect_close(side, wanted, f"walking through LeNet-5, it gives {side} in place of {wanted}.")
    for size in fresh().integers(2, 500, size=20).tolist():
        expect_close(attempt(answer, size, 1, 1, 0), size, "a kernel of one pixel leaves the side alone.")
        one = attempt(answer, size, size + 4, 3, 2)
        expect_close(one, 1, "a kernel of the padded image's size has one place.")
        windows = len(range(0, size + 1, 2))
        expect_close(attempt(answer, size, 2, 2, 1), windows, f"a padded side of {size} comes out wrong.")
    side = 1000
    for layer in layers_of_class(class_number):
        side = as_number(attempt(answer, side, *layer))
    expect_close(attempt(last_side), side, "the last feature map of the class's network has another side.")


@exercise(asks="other sizes and whole numbers")
def check_max_pool(answer) -> None:
    """One image, one map, not square, whole numbers with ties, and nothing but negative ones."""
    for shape in ((1, 2, 2, 1), (2, 10, 4, 3), (1, 28, 28, 6)):
        for largest in (4, 0):
            maps = fresh().integers(-5, largest, size=shape)
            wanted = maps.reshape(shape[0], shape[1] // 2, 2, shape[2] // 2, 2, shape[3]).max(axis=(2, 4))
            expect_close(attempt(answer, maps), wanted, f"maps of shape {shape} come out wrong.")


@exercise(asks="against a loop over places")
def check_strided_correlation(answer) -> None:
    """Kernels of 1×1 and not square, and strides that leave a remainder, against the definition."""
    generator = fresh()
    for rows, columns, stride, padding in ((1, 1, 2, 0), (2, 5, 1, 2), (5, 3, 4, 1), (4, 4, 3, 3)):
        images, kernels = generator.normal(size=(2, 10, 8, 2)), generator.normal(size=(rows, columns, 2, 3))
        padded = np.zeros((2, 10 + 2 * padding, 8 + 2 * padding, 2))
        padded[:, padding : padding + 10, padding : padding + 8] = images
        places = [
            [
                np.einsum("nijc,ijcm->nm", padded[:, y : y + rows, x : x + columns], kernels)
                for x in range(0, padded.shape[2] - columns + 1, stride)
            ]
            for y in range(0, padded.shape[1] - rows + 1, stride)
        ]
        expect_close(
            attempt(answer, images, kernels, stride, padding),
            np.array(places).transpose(2, 0, 1, 3),
            f"a {rows}×{columns} kernel with stride {stride} and padding {padding} comes out wrong.",
        )


@exercise(asks="against differences")
def check_max_pool_gradient(answer) -> None:
    """Each number of the maps is moved a little, and the output watched."""
    generator = fresh()
    maps = generator.permutation(2 * 4 * 6 * 2).reshape(2, 4, 6, 2) - 40.0
    upstream = generator.normal(size=(2, 2, 3, 2))

    def value(maps):
        return (upstream * maps.reshape(2, 2, 2, 3, 2, 2).max(axis=(2, 4))).sum()

    wanted = reference.numerical_gradient(value, maps)
    expect_close(attempt(answer, maps, upstream), wanted, "it disagrees with differences.", tolerance=1e-6)


@exercise(asks="shifted and spread scores")
def check_cross_entropy_from_logits(answer) -> None:
    """A constant added to all scores changes nothing; scores that are thousands apart; 2, 10 and 50 classes."""
    generator = fresh()
    for classes in (2, 10, 50):
        labels = generator.integers(0, classes, 7)
        # Eighths, so that not even float32 has to round a score of 5,000.
        logits = np.round(8 * generator.normal(0, 5, size=(7, classes))) / 8
        spread = np.round(generator.uniform(-2000, 2000, size=(7, classes)))
        with np.errstate(all="ignore"):
            for shift in (0, 700, -700, 5000):
                where = f" when {shift} is added to all scores" if shift else ""
                value = attempt(answer, logits + shift, labels)
                expect_close(value, _loss(logits, labels), f"for {classes} classes the loss is wrong{where}.")
            value = attempt(answer, spread, labels)
            expect_close(value, _loss(spread, labels), f"for {classes} classes thousands apart it is wrong.")


def _loss(logits, labels):
    return (np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(labels)), labels]).mean()


@exercise(asks="other sizes")
def check_two_layer_gradients(answer) -> None:
    """Two channels in, a 5×5 kernel first and ten classes; along random directions instead of weight by weight."""
    generator = fresh()
    sizes = {
        "kernels1": (5, 5, 2, 3), "biases1": (3,), "coefficients1": (3,), "shifts1": (3,),
        "kernels2": (2, 2, 3, 4), "biases2": (4,), "weights": (36, 10), "output_biases": (10,),
    }  # fmt: skip
    parameters = {name: generator.normal(0, 0.4, size) for name, size in sizes.items()}
    images, labels = generator.normal(size=(4, 12, 12, 2)), generator.integers(0, 10, 4)

    def loss(p):
        x = reference.squash(reference.cross_correlate(images, p["kernels1"]) + p["biases1"])
        x = reference.squash(reference.subsample(x, p["coefficients1"], p["shifts1"]))
        x = reference.squash(reference.cross_correlate(x, p["kernels2"]) + p["biases2"])
        logits = reference.dense(x.reshape(4, -1), p["weights"], p["output_biases"])
        return reference.cross_entropy(reference.softmax(logits), labels)

    value, gradients = loss_and_gradients(attempt(answer, parameters, images, labels))
    expect_close(value, loss(parameters), "the loss is wrong for two channels and ten classes.")
    for name, size in sizes.items():
        gradient = as_array(gradients.get(name, 0.0))
        expect(gradient.shape == size, f"the gradient of {name} should have the shape {size}.")
        direction, step = generator.normal(size=size), 1e-5
        ahead, behind = ({**parameters, name: parameters[name] + sign * step * direction} for sign in (1, -1))
        slope = (loss(ahead) - loss(behind)) / (2 * step)
        along = (gradient * direction).sum(dtype=gradient.dtype)
        expect_close(along, slope, f"the gradient of {name} is off.", tolerance=1e-5)
