"""What marks the exercises of the chapter *inside-the-network*. Each check draws its own random inputs."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close

__all__ = [
    "check_field_of_s4",
    "check_integrated_gradients",
    "check_keyhole_map",
    "check_remove_units",
    "pixel_of_class",
]


def pixel_of_class(class_number: int) -> tuple[int, int]:
    """Row and column of the pixel of 32×32 that a class asks about, in *inside-the-network*."""
    row, column = np.random.default_rng(class_number).integers(0, 32, 2).tolist()
    return row, column


@exercise
def check_field_of_s4(answer, units, class_number) -> None:
    """`answer(i, j)` returns first row, first column and side of the receptive field of unit (i, j) of S4.

    `units` are the pairs (i, j) whose fields hold the class's pixel.
    """
    returned = attempt(answer, 0, 0)
    if isinstance(returned, tuple) and any(part is None or part is Ellipsis for part in returned):
        attempt(...)
    expect(
        isinstance(returned, tuple | list) and len(returned) == 3,
        "return three numbers: the first row, the first column and the side of the field.",
    )
    generator = np.random.default_rng()
    for i, j in [(0, 0), (4, 4), *generator.integers(0, 5, size=(6, 2))]:
        row, column, side = attempt(answer, i, j)
        expect(
            side != 14,
            "14 is the side for one unit of C3. A unit of S4 averages 2×2 of those: draw their fields.",
        )
        expect(
            side != 28, "the fields of neighbouring C3 units overlap, so their sides do not simply add up."
        )
        expect(
            side == 16,
            f"a field of side {side}? Count the rows of the picture that two neighbouring units of C3 see.",
        )
        expect(
            (row, column) != (2 * i, 2 * j) or (i, j) == (0, 0),
            "you step by 2 from unit to unit, which is C3's stride; S4 pools once more.",
        )
        expect(
            (row, column) != (4 * j, 4 * i) or i == j,
            "rows and columns are the wrong way round: i is the row.",
        )
        expect(
            (row, column) == (4 * i, 4 * j),
            f"the field of unit ({i}, {j}) does not begin at ({row}, {column}). "
            "How far apart in the picture are the fields of two neighbouring units of S4?",
        )
    row, column = pixel_of_class(class_number)
    where = f"the pixel at row {row}, column {column}"
    expect(units is not None and units is not ..., f"the fields are right. Now, which units see {where}?")
    shape = np.shape(list(units))
    expect(len(shape) == 2 and shape[1] == 2, "give the units as pairs (i, j), in a list.")
    given = {(int(i), int(j)) for i, j in units}
    wanted = {
        (i, j)
        for i in range(5)
        for j in range(5)
        if row // 4 - 4 < i <= row // 4 and column // 4 - 4 < j <= column // 4
    }
    expect(
        given != {(j, i) for i, j in wanted} or given == wanted,
        "rows and columns of the units are the wrong way round.",
    )
    outside = given - {(i, j) for i in range(5) for j in range(5)}
    expect(
        not outside, f"a map of S4 has five rows and five columns, and no unit {min(outside, default=None)}."
    )
    expect(given >= wanted, f"of the units that see {where} at least one is missing.")
    expect(given <= wanted, f"at least one of your units does not see {where}.")


@exercise
def check_keyhole_map(answer) -> None:
    """`answer(score, picture, side, background)` returns a map (height - side + 1, width - side + 1)."""
    generator = np.random.default_rng()
    height, width, side, background = 9, 11, 4, -0.3
    picture = generator.normal(size=(height, width, 1))
    weights = generator.normal(size=(height, width, 1))
    calls = []

    def score(pictures):
        pictures = np.asarray(pictures)
        calls.append(pictures.shape)
        expect(
            pictures.ndim == 4 and pictures.shape[1:] == picture.shape,
            f"`score` was given shape {pictures.shape}; it takes (N, {height}, {width}, 1) in this test: "
            "one axis for the pictures, then height, width, channel.",
        )
        return (pictures * weights).sum(axis=(1, 2, 3))

    value = attempt(answer, score, picture.copy(), side, background)
    places = (height - side + 1, width - side + 1)

    def expected(inside, outside):
        wanted = np.empty(places)
        for i in range(places[0]):
            for j in range(places[1]):
                window = np.zeros(picture.shape, dtype=bool)
                window[i : i + side, j : j + side] = True
                wanted[i, j] = (np.where(window, inside, outside) * weights).sum()
        return wanted

    value = np.asarray(value)
    if value.shape == places:
        expect(
            not np.allclose(value, expected(background, picture)),
            "you cover the square and keep the rest: that is the occlusion map. Here it is the other way round.",
        )
        expect(
            not np.allclose(value, expected(picture, 0.0)),
            "outside the keyhole there is 0, which is a light grey, and not `background`.",
        )
    expect_close(
        value,
        expected(picture, background),
        f"There are {places[0]} places for the square from top to bottom of a picture of {height} rows, and "
        f"{places[1]} from left to right: one number for each, the score of what shows through.",
    )
    expect(
        len(calls) == 1,
        f"the numbers are right, but `score` was called {len(calls)} times. Collect the pictures, call it once.",
    )


@exercise
def check_integrated_gradients(answer) -> None:
    """`answer(gradient, picture, baseline, steps)` returns an array of the picture's shape."""
    generator = np.random.default_rng()
    a, b = generator.normal(size=(2, 5, 4, 1))
    picture, baseline = generator.normal(size=(2, 5, 4, 1))

    def function(z):
        return float((a * z**3 + b * z**2).sum())

    def gradient(z):
        z = np.asarray(z)
        expect(
            z.shape == picture.shape,
            f"`gradient` takes one picture, of shape {picture.shape} here, not {z.shape}.",
        )
        return 3 * a * z**2 + 2 * b * z

    value = np.asarray(attempt(answer, gradient, picture.copy(), baseline.copy(), 400))
    way = picture - baseline
    # the antiderivative is known here: each pixel's share is a (x³ − x'³) + b (x² − x'²)
    wanted = a * (picture**3 - baseline**3) + b * (picture**2 - baseline**2)
    if value.shape == wanted.shape:
        expect(
            not np.allclose(value, way * gradient(picture), rtol=1e-2, atol=1e-2),
            "that is gradient × input: the slope at the picture alone. Average it along the whole path.",
        )
        expect(
            not np.allclose(value, wanted / way, rtol=1e-2, atol=1e-2),
            "that is the mean gradient. It still has to be multiplied by the way from baseline to picture.",
        )
        expect(
            not np.allclose(value, 400 * wanted, rtol=1e-2, atol=1e-2),
            "you add up the gradients; the formula takes their mean.",
        )
        expect(
            not np.allclose(value, picture * wanted / way, rtol=1e-2, atol=1e-2),
            "you multiply by the picture; the formula multiplies by its difference from the baseline.",
        )
    expect_close(
        value,
        wanted,
        "The gradients should be taken at points on the straight line from the baseline to the picture. "
        "A test of your own: do the entries add up to F(x) − F(x')?",
        tolerance=2e-3,
    )
    balance = function(picture) - function(baseline)
    coarse = np.asarray(attempt(answer, gradient, picture.copy(), baseline.copy(), 20)).sum()
    expect(
        np.isclose(coarse, balance, rtol=0.02, atol=0.05),
        "with 20 steps the sum is further off than it need be: take the gradient in the middle of each step, "
        "at (s − 1/2)/n.",
    )


@exercise
def check_remove_units(answer) -> None:
    """`answer(kernel, bias, next_kernel, next_bias, means, keep)` returns the four smaller arrays."""
    generator = np.random.default_rng()
    inputs, units, outputs = 7, 9, 4
    kernel, bias = generator.normal(size=(inputs, units)), generator.normal(size=units)
    next_kernel, next_bias = generator.normal(size=(units, outputs)), generator.normal(size=outputs)
    means = generator.uniform(0.5, 2, size=units)
    keep = generator.permutation(np.arange(units) < 5)
    arrays = [array.copy() for array in (kernel, bias, next_kernel, next_bias, means, keep)]
    value = attempt(answer, *arrays)
    expect(
        isinstance(value, tuple | list) and len(value) == 4,
        "return four arrays: kernel and bias of the smaller layer, kernel and bias of the next one.",
    )
    small_kernel, small_bias, small_next, new_bias = (np.asarray(array) for array in value)
    expect(
        small_kernel.shape != (inputs, units),
        "the kernel is as large as before. Leave the units' columns out; zeros would still be multiplied.",
    )
    expect_close(
        small_kernel,
        kernel[:, keep],
        "A unit's weights are a column of its layer's kernel; keep those that `keep` names.",
    )
    expect_close(small_bias, bias[keep], "Each unit that stays keeps its own bias.")
    expect_close(
        small_next, next_kernel[keep], "What a unit says to the next layer is a row of that layer's kernel."
    )
    expect(
        not np.allclose(new_bias, next_bias),
        "the next bias is unchanged, as if the removed units had always said 0. On average they said `means`.",
    )
    expect(
        not np.allclose(new_bias, next_bias + means @ next_kernel),
        "you moved the means of all units into the bias, also of those that stay and speak for themselves.",
    )
    expect_close(
        new_bias,
        next_bias + means[~keep] @ next_kernel[~keep],
        "The removed units' means, through their rows of the next kernel, belong in the next bias.",
    )
