"""What the autograder asks beyond the checks of the chapter *mathematics*: other cases, under the same names."""

import numpy as np

from lenet_utils import reference
from lenet_utils.checks import attempt, exercise, expect, expect_close
from lenet_utils.checks.mathematics import layers_of_class


def _fresh():
    return np.random.default_rng()


@exercise(asks="on random pictures")
def check_lower_edge(answer) -> None:
    """Bands of ink of any strength and width: it must answer below each, not above, and to no upright stroke."""
    kernel = np.asarray(attempt(answer), dtype=float)
    generator = _fresh()
    for _ in range(10):
        ink, edge = generator.uniform(0.2, 2), int(generator.integers(3, 8))
        lying = np.zeros((1, 12, 12, 1))
        lying[:, :edge] = ink
        below = reference.cross_correlate(lying, kernel[:, :, None, None])[0, :, :, 0]
        expect(below.max() > 0, "there is a lower edge of a broad band of ink that it does not find.")
        above = reference.cross_correlate(lying[:, ::-1], kernel[:, :, None, None])
        expect(above.max() < 1e-9, "it is positive at the upper edge of a band of ink.")
        upright = lying.swapaxes(1, 2)
        expect_close(
            reference.cross_correlate(upright, kernel[:, :, None, None]),
            np.zeros((1, 10, 10, 1)),
            "it answers to an upright stroke.",
        )


@exercise(asks="of whole networks")
def check_output_size(answer, last_side, class_number) -> None:
    """Kernel 1, a kernel as large as the padded picture, LeNet-5's layers and the class's one after the other."""
    side = 32
    for kernel, stride, wanted in ((5, 1, 28), (2, 2, 14), (5, 1, 10), (2, 2, 5), (5, 1, 1)):
        side = attempt(answer, side, kernel, stride, 0)
        expect(side == wanted, f"walking through LeNet-5, it gives {side} in place of {wanted}.")
    for size in _fresh().integers(2, 500, size=20).tolist():
        expect(attempt(answer, size, 1, 1, 0) == size, "a kernel of one pixel leaves the side alone.")
        expect(
            attempt(answer, size, size + 4, 3, 2) == 1, "a kernel of the padded picture's size has one place."
        )
        expect(
            isinstance(attempt(answer, size, 2, 2, 1), int | np.integer),
            "a number of places is a whole number.",
        )
    side = 1000
    for layer in layers_of_class(class_number):
        side = attempt(answer, side, *layer)
    expect(attempt(last_side) == side, "the last map of the class's network has another side.")


@exercise(asks="other sizes and whole numbers")
def check_max_pool(answer) -> None:
    """One picture, one map, not square, whole numbers with ties; the input stays as it was."""
    for shape in ((1, 2, 2, 1), (2, 10, 4, 3), (1, 28, 28, 6)):
        maps = _fresh().integers(-3, 4, size=shape)
        given = maps.copy()
        wanted = maps.reshape(shape[0], shape[1] // 2, 2, shape[2] // 2, 2, shape[3]).max(axis=(2, 4))
        expect_close(attempt(answer, given), wanted, f"maps of shape {shape} come out wrong.")
        expect(np.array_equal(given, maps), "it changes the maps that it was given.")


@exercise(asks="against a loop over places")
def check_strided_correlation(answer) -> None:
    """Kernels of 1×1 and not square, and strides that leave a remainder, against the definition."""
    generator = _fresh()
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
            attempt(answer, images.copy(), kernels.copy(), stride, padding),
            np.array(places).transpose(2, 0, 1, 3),
            f"a {rows}×{columns} kernel with stride {stride} and padding {padding} comes out wrong.",
        )


@exercise(asks="against differences")
def check_max_pool_gradient(answer) -> None:
    """Each number of the maps is moved a little, and the output watched."""
    generator = _fresh()
    maps = generator.permutation(2 * 4 * 6 * 2).reshape(2, 4, 6, 2) - 40.0
    upstream = generator.normal(size=(2, 2, 3, 2))

    def value(maps):
        return (upstream * maps.reshape(2, 2, 2, 3, 2, 2).max(axis=(2, 4))).sum()

    wanted = reference.numerical_gradient(value, maps)
    expect_close(
        attempt(answer, maps.copy(), upstream), wanted, "it disagrees with differences.", tolerance=1e-6
    )


@exercise(asks="shifted scores")
def check_cross_entropy_from_logits(answer) -> None:
    """The loss does not notice a constant added to all scores, however large, nor how many classes there are."""
    generator = _fresh()
    for classes in (2, 10, 50):
        logits, right = generator.normal(0, 5, size=(7, classes)), generator.integers(0, classes, 7)
        wanted = reference.cross_entropy(reference.softmax(logits), right)
        for shift in (0, 700, -700, 5000):
            value = attempt(answer, logits + shift, right.copy())
            where = f" when {shift} is added to all scores" if shift else ""
            expect_close(value, wanted, f"for {classes} classes the loss is wrong{where}.")


@exercise(asks="other sizes")
def check_two_layer_gradients(answer) -> None:
    """Two channels in, a 5×5 kernel first and ten classes; along random directions instead of weight by weight."""
    generator = _fresh()
    sizes = {
        "kernels1": (5, 5, 2, 3), "biases1": (3,), "coefficients1": (3,), "shifts1": (3,),
        "kernels2": (2, 2, 3, 4), "biases2": (4,), "weights": (36, 10), "output_biases": (10,),
    }  # fmt: skip
    parameters = {name: generator.normal(0, 0.4, size) for name, size in sizes.items()}
    pictures, classes = generator.normal(size=(4, 12, 12, 2)), generator.integers(0, 10, 4)

    def loss(p):
        x = reference.squash(reference.cross_correlate(pictures, p["kernels1"]) + p["biases1"])
        x = reference.squash(reference.subsample(x, p["coefficients1"], p["shifts1"]))
        x = reference.squash(reference.cross_correlate(x, p["kernels2"]) + p["biases2"])
        return reference.cross_entropy(
            reference.softmax(reference.dense(x.reshape(4, -1), p["weights"], p["output_biases"])), classes
        )

    value, gradients = attempt(
        answer, {name: array.copy() for name, array in parameters.items()}, pictures, classes
    )
    expect_close(value, loss(parameters), "the loss is wrong for two channels and ten classes.")
    for name in sizes:
        direction, step = generator.normal(size=sizes[name]), 1e-5
        ahead, behind = ({**parameters, name: parameters[name] + sign * step * direction} for sign in (1, -1))
        slope = (loss(ahead) - loss(behind)) / (2 * step)
        expect_close(
            (gradients[name] * direction).sum(), slope, f"the gradient of {name} is off.", tolerance=1e-5
        )
