"""What the autograder asks beyond the checks of the chapter *pros-and-cons*: other cases, under the same names."""

import numpy as np

from lenet_utils import reference
from lenet_utils.checks import attempt, exercise, expect, expect_close
from lenet_utils.distortions import transform


def _fresh():
    return np.random.default_rng()


@exercise(asks="packed for once")
def check_bytes_on_disk(bytes_on_disk) -> None:
    """LeNet-5's arrays at every number of bits, single numbers and odd shapes: the bits are packed and counted."""
    generator = _fresh()
    lenet5 = [
        (5, 5, 1, 6),
        (6,),
        (5, 5, 6, 16),
        (16,),
        (5, 5, 16, 120),
        (120,),
        (120, 84),
        (84,),
        (84, 10),
        (10,),
    ]
    odd = [tuple(generator.integers(1, 6, axes).tolist()) for axes in (1, 2, 3, 4, 1)]
    for shapes in (lenet5, odd, [(1,)], [(1,)] * 7):
        for bits in (1, 5, 7, 16, 32, int(generator.integers(2, 33))):
            packed = [np.packbits(np.ones((*shape, bits), np.uint8)) for shape in shapes]
            wanted = sum(array.nbytes + np.float32().nbytes for array in packed)
            value = attempt(bytes_on_disk, list(shapes), bits)
            expect(value == wanted, f"{value} is not right for the shapes {shapes} and {bits} bits.")


@exercise(asks="at every width")
def check_strip_costs(strip_costs, saved, class_number) -> None:
    """Each width from one window to ten, then a few wide ones; layer by layer, and window by window."""

    def wanted(width):
        columns, rows, costs = width, 32, []
        for kernel, maps_in, maps, pool in (
            (5, 1, 6, 2),
            (5, 6, 16, 2),
            (5, 16, 120, 1),
            (1, 120, 84, 1),
            (1, 84, 10, 1),
        ):
            columns, rows = columns - kernel + 1, rows - kernel + 1
            costs.append(rows * columns * maps * kernel**2 * maps_in)
            columns, rows = columns // pool, rows // pool
        return sum(costs), columns * 416_520

    for width in [*range(32, 73), *_fresh().integers(200, 5_000, 10).tolist()]:
        found = tuple(attempt(part) for part in attempt(strip_costs, width))
        expect(found == wanted(width), f"for a width of {width} it is not {found}.")
    sliding, windows = wanted(32 + class_number)
    expect(attempt(saved) == windows - sliding, "that is not what is saved on your class's strip.")


@exercise(asks="sliding")
def check_dense_as_convolution(dense_as_convolution) -> None:
    """On maps larger than the layer's own, the convolution answers at each place as the layer does there."""
    generator = _fresh()
    for height, width, maps, units in ((5, 5, 16, 12), (2, 6, 3, 4), (1, 7, 2, 1), (4, 1, 1, 6)):
        dense = generator.normal(size=(height * width * maps, units))
        kernel = np.asarray(attempt(dense_as_convolution, dense.copy(), height, width))
        expect(kernel.shape == (height, width, maps, units), f"the kernel's shape is {kernel.shape}.")
        large = generator.normal(size=(2, height + 2, width + 1, maps))
        found = reference.cross_correlate(large, kernel)
        for row, column in np.ndindex(3, 2):
            there = large[:, row : row + height, column : column + width].reshape(2, -1) @ dense
            expect_close(
                found[:, row, column],
                there,
                f"for maps of {height}×{width}×{maps} it computes another thing.",
            )


@exercise(asks="other rows")
def check_read_row(read_row) -> None:
    """A single place, no reach, scores at the threshold itself, the stub's defaults, long rows; by sorted places."""
    generator = _fresh()

    def wanted(scores, threshold=0.5, reach=3):
        found = []
        for place in sorted(range(len(scores)), key=lambda place: -scores[place].max()):
            if scores[place].max() >= threshold and all(abs(place - other) > reach for other in found):
                found.append(place)
        return "".join(str(scores[place].argmax()) for place in sorted(found))

    single = np.full((1, 10), 0.02)
    single[0, 9] = 0.5
    expect(attempt(read_row, single.copy(), 0.5, 2) == "9", "a score of just the threshold is enough.")
    expect(attempt(read_row, single.copy(), 0.51, 2) == "", "one place below the threshold is no digit.")
    for places in (1, 2, 30, 300):
        scores = generator.random((places, 10)) ** 3
        given = scores.copy()
        for reach in (0, 1, 7):
            for threshold in (0.2, 0.8, float(np.median(scores.max(axis=1)))):
                value = attempt(read_row, given, threshold, reach)
                expect(np.array_equal(given, scores), "it changes the scores that it was given.")
                expect(value == wanted(scores, threshold, reach), f"a row of {places} places is misread.")
        expect(
            attempt(read_row, given) == wanted(scores),
            "with threshold and reach left out it reads otherwise.",
        )


@exercise(asks="of other functions")
def check_averaged(averaged) -> None:
    """One shift, many, the same one twice; a function of three answers; each shift is asked about."""
    generator = _fresh()
    for shifts in (
        [(2, -3)],
        [(1, 0)] * 2 + [(0, 0)],
        [tuple(s) for s in generator.integers(-5, 6, (7, 2)).tolist()],
    ):
        x = generator.uniform(-0.1, 1.175, (4, 32, 32, 1)).astype(np.float32)
        given, mask, asked = x.copy(), generator.normal(size=(32 * 32, 3)), []

        def predict(pictures, mask=mask, asked=asked):
            asked.append(len(pictures))
            return 1 / (1 + np.exp(-np.asarray(pictures).reshape(len(pictures), -1) @ mask / 20))

        value = attempt(averaged, predict, given, list(shifts))
        expect(np.array_equal(given, x), "it changes the pictures that it was given.")
        expect(
            sum(asked) == 4 * len(shifts), f"{sum(asked)} pictures were asked about, not {4 * len(shifts)}."
        )
        wanted = sum(predict(transform(x, shift=shift)) for shift in shifts) / len(shifts)
        expect_close(value, wanted, f"for the shifts {shifts} it is off.")
