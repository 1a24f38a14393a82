"""Checks of the exercises in the chapter *pros-and-cons*."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close

__all__ = [
    "check_averaged",
    "check_bytes_on_disk",
    "check_dense_as_convolution",
    "check_read_row",
    "check_strip_costs",
]


@exercise
def check_bytes_on_disk(bytes_on_disk) -> None:
    """Marks `bytes_on_disk(shapes, bits)`: packed weights, whole bytes an array, a float32 step each."""
    generator = np.random.default_rng()
    for bits in (8, 3, int(generator.integers(2, 17))):
        shapes = [(5, 5, 1, 6), (6,), (120, 84), (int(generator.integers(11, 99)),)]
        value = attempt(bytes_on_disk, shapes, bits)
        expect(np.ndim(value) == 0, "return one number of bytes.")
        numbers = [int(np.prod(shape)) for shape in shapes]
        weights = sum(-(-number * bits // 8) for number in numbers)
        case = f"for the shapes {shapes} and {bits} bits"
        expect(
            value != sum(numbers) * bits + 32 * len(shapes),
            f"that is the number of bits, not of bytes, {case}.",
        )
        expect(value != weights, f"each array also needs its step, {case}.")
        in_one_heap = -(-sum(numbers) * bits // 8) + 4
        expect(
            value != in_one_heap,
            f"each array has a step of its own, and is filled up to a whole byte, {case}.",
        )
        expect(
            float(value).is_integer() or bits % 8 == 0,
            f"{value} is no whole number of bytes: fill up each array's last byte, {case}.",
        )
        expect(
            value == weights + 4 * len(shapes),
            f"{value} is not right {case}. A shape's number of weights is the product of its sides; "
            "round each array up to whole bytes before you sum.",
        )


def _strip_costs(width: int) -> tuple[int, int]:
    c1 = width - 4
    c3 = c1 // 2 - 4
    c5 = c3 // 2 - 4
    answers = c5 * (48_000 + 10_080 + 840)
    return 4_200 * c1 + 24_000 * c3 + answers, 416_520 * c5


@exercise
def check_strip_costs(strip_costs, saved, class_number) -> None:
    """Marks `strip_costs(width)`, (sliding, one by one) in multiply–adds, and what the class's strip saves."""
    generator = np.random.default_rng()
    for width in (32, 96, 32 + 4 * int(generator.integers(2, 200)), 32 + int(generator.integers(1, 400))):
        value = attempt(strip_costs, width)
        expect(
            isinstance(value, tuple | list) and len(value) == 2, "return two numbers: sliding, one by one."
        )
        sliding, one_by_one = (attempt(part) for part in value)
        wanted_sliding, wanted_windows = _strip_costs(width)
        windows = wanted_windows // 416_520
        hint = {
            416_520
            * (
                windows - 1
            ): "one window is missing: the first starts at pixel 0, and there is one more for every four pixels.",
            416_520 * (width - 31): "the windows are four pixels apart, not one.",
        }.get(
            one_by_one,
            f"{windows} windows fit, each as dear as a single 32×32 picture. The second number should be theirs.",
        )
        expect(one_by_one == wanted_windows, f"for a width of {width}, {hint}")
        if width == 32:
            expect(
                sliding not in (423_038, 429_342),
                "that counts biases or pooling; count products of a weight and a value only.",
            )
            expect(
                sliding == wanted_sliding,
                f"for a width of 32 there is one window, and both ways cost the same: 416,520; you have {sliding:,}.",
            )
        expect(
            sliding == wanted_sliding,
            f"for a width of {width}, sliding should not cost {sliding:,}. Follow the number of columns: "
            "a 5×5 kernel takes four away, pooling halves and drops an odd last one. "
            "A layer's cost is rows × columns × maps × kernel.",
        )
    expect(saved is not None and saved is not ..., "the costs are right. Now, what is saved on your strip?")
    expect(np.ndim(saved) == 0, "what is saved is one number.")
    sliding, one_by_one = _strip_costs(32 + class_number)
    narrow = _strip_costs(class_number)
    hints = {
        sliding: "that is what sliding costs; take the difference of the two.",
        one_by_one: "that is what the windows cost one by one; take the difference of the two.",
        sliding - one_by_one: "the sign is turned round: sliding costs less.",
        narrow[1] - narrow[0]: "the strip is 32 pixels wider than that.",
    }
    hint = f"the costs are right, but {saved} is not what sliding saves on {32 + class_number} pixels."
    expect(saved == one_by_one - sliding, hints.get(saved, hint))


@exercise
def check_dense_as_convolution(dense_as_convolution) -> None:
    """Marks `dense_as_convolution(kernel, height, width)` on random layers, square, oblong and 1×1."""
    generator = np.random.default_rng()
    for height, width, maps, units in ((5, 5, 16, 7), (3, 4, 2, 5), (1, 1, 6, 3)):
        kernel = generator.normal(size=(height * width * maps, units))
        value = np.asarray(attempt(dense_as_convolution, kernel.copy(), height, width))
        where = f"for maps of {height}×{width}×{maps} and {units} units"
        expect(
            value.ndim == 4,
            f"a convolution's kernel has four axes: height, width, maps in, maps out; yours has {value.ndim}.",
        )
        expect(
            value.size == kernel.size,
            f"no weight may be lost or invented; you return {value.size} of {kernel.size}.",
        )
        channels_first = kernel.reshape(maps, height, width, units).transpose(1, 2, 0, 3)
        expect(
            value.shape != (height, width, maps, units)
            or maps == kernel.shape[0]
            or not np.allclose(value, channels_first),
            "that is right for maps stored channels first. Keras' Flatten runs through the maps fastest.",
        )
        wanted = kernel.reshape(height, width, maps, units)
        expect_close(
            value,
            wanted,
            f"{where}: in which order does Flatten run through rows, columns and maps? "
            "Try it on np.arange(height * width * maps).",
        )


def _read_row(scores, threshold, reach):
    strength, found = scores.max(axis=1), {}
    while strength.max() >= threshold:
        place = int(strength.argmax())
        found[place] = int(scores[place].argmax())
        strength[max(0, place - reach) : place + reach + 1] = -1
    return "".join(str(found[place]) for place in sorted(found))


@exercise
def check_read_row(read_row) -> None:
    """Marks `read_row(scores, threshold, reach)`: non-maximum suppression along a row of answers."""
    generator = np.random.default_rng()

    def ask(scores, threshold, reach):
        given = scores.copy()
        value = attempt(read_row, given, threshold, reach)
        expect(isinstance(value, str), f"return a string such as '1998', not {type(value).__name__}.")
        expect(
            np.array_equal(given, scores),
            "your function changes the scores that it was given; work on a copy.",
        )
        return value

    clear = np.full((20, 10), 0.01)
    for place, digit, score in ((3, 7, 0.8), (4, 1, 0.6), (10, 7, 0.9), (16, 2, 0.95)):
        clear[place, digit] = score
    value = ask(clear, 0.5, 3)
    expect(
        value != "7172",
        "two places next to each other were both read: discard what lies within reach of a digit found.",
    )
    expect(
        value != "277", "all three digits are there, in order of their scores: read them from left to right."
    )
    expect(value != "72", "two equal digits far apart are two digits.")
    expect(value == "772", f"three clear digits, 7, 7 and 2, were read as {value!r}.")
    expect(
        ask(np.full((9, 10), 0.1), 0.5, 3) == "",
        "where no score reaches the threshold there is no digit: return ''.",
    )
    edge = np.full((12, 10), 0.01)
    edge[0, 5] = edge[1, 4] = 0.7
    edge[0, 5], edge[4, 6], edge[11, 0] = 0.8, 0.7, 0.6
    expect(
        ask(edge, 0.5, 3) == "560",
        f"a digit at the very edge, and one just out of reach of another: '560' was read as {ask(edge, 0.5, 3)!r}.",
    )
    for _ in range(20):
        scores, reach = generator.random((int(generator.integers(8, 40)), 10)), int(generator.integers(1, 5))
        threshold = float(generator.uniform(0.7, 0.95))
        expect(
            ask(scores, threshold, reach) == _read_row(scores, threshold, reach),
            f"on random scores the string differs from ours (reach {reach}). Always take the largest score "
            "that is left; a place discarded neither counts nor discards others.",
        )


@exercise
def check_averaged(averaged) -> None:
    """Marks `averaged(predict, x, shifts)` with a function in the place of a network."""
    from lenet_utils.distortions import transform

    generator = np.random.default_rng()
    x = generator.uniform(-0.1, 1.175, (3, 32, 32, 1)).astype(np.float32)
    mask = generator.random((32 * 32, 10))

    def predict(pictures):
        pictures = np.asarray(pictures)
        expect(
            pictures.shape == x.shape, f"predict was given pictures of shape {pictures.shape}, not {x.shape}."
        )
        scores = np.exp(pictures.reshape(len(pictures), -1) @ mask / 50)
        return scores / scores.sum(axis=1, keepdims=True)

    shifts = [(0, 0), (0, 3), (-2, 0)]
    answers = [predict(transform(x, shift=shift)) for shift in shifts]
    value = np.asarray(attempt(averaged, predict, x.copy(), shifts))
    expect(
        value.shape == (3, 10),
        f"the shape is {value.shape}; it should be (3, 10), one row of probabilities a picture.",
    )
    expect(
        not np.allclose(value, np.sum(answers, axis=0)),
        "that is the sum of the answers; probabilities sum to one.",
    )
    swapped = np.mean([predict(transform(x, shift=shift[::-1])) for shift in shifts], axis=0)
    expect(not np.allclose(value, swapped), "right and down are exchanged.")
    blurred = predict(np.mean([transform(x, shift=shift) for shift in shifts], axis=0))
    expect(
        not np.allclose(value, blurred),
        "you average the pictures and ask once; ask about each and average the answers.",
    )
    expect_close(
        value, np.mean(answers, axis=0), "it should be the mean of the answers to all shifted copies."
    )
