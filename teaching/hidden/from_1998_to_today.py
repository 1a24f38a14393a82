"""What the autograder asks beyond the checks of the chapter *from-1998-to-today*: other cases, under the same names."""

import numpy as np
from scipy import stats
from scipy.ndimage import convolve

from lenet_utils.checks import attempt, exercise, expect, expect_close
from lenet_utils.checks.from_1998_to_today import plan_of_class


def _fresh():
    return np.random.default_rng()


@exercise(asks="against differences")
def check_relu(relu) -> None:
    """Large numbers, whole numbers, empty arrays; the slope is what a small step changes."""
    whole_numbers = _fresh().permutation(np.arange(-6, 6)).reshape(3, 4)
    for a in (_fresh().normal(0, 1e6, 50), whole_numbers, np.zeros((0, 3))):
        values, slopes = (np.asarray(attempt(part)) for part in attempt(relu, a.copy()))
        expect(values.shape == a.shape and slopes.shape == a.shape, f"the shape {a.shape} is not kept.")
        expect_close(values, np.where(a > 0, a, 0), "a value is wrong.")
        # To the left, because at 0 itself the slope was to be 0.
        left = np.maximum(0, a) - np.maximum(0, a - 0.5)
        expect(bool((slopes[left == 0.5] == 1).all()), "where the unit is on, the slope is 1.")
        expect(bool((slopes[a <= 0] == 0).all()), "where the unit is off, and at 0, the slope is 0.")


@exercise(asks="of whole trainings")
def check_rate(rate, quiet, class_number) -> None:
    """All steps of a short training: their sum and their symmetry; and the class's step found by looking."""
    generator = _fresh()
    for warm_up in (0, 1, 7, 30):
        steps, peak = warm_up + 2 * int(generator.integers(20, 60)), float(generator.uniform(1e-4, 10))
        rates = np.array([float(attempt(rate, t, steps, warm_up, peak)) for t in range(steps)])
        expect(
            rates.argmax() == warm_up, f"with {warm_up} steps of warm-up the highest rate is at another step."
        )
        expect_close(
            rates[:warm_up], peak * np.arange(warm_up) / max(warm_up, 1), "the warm-up is no straight line."
        )
        falling = rates[warm_up:]
        expect_close(
            falling[1:] + falling[1:][::-1], np.full(len(falling) - 1, peak), "no half turn of a cosine."
        )
        expect_close(falling[len(falling) // 4], peak * np.cos(np.pi * (len(falling) // 4) / (2 * len(falling))) ** 2,
                     "no cosine.")  # fmt: skip
    steps, warm_up, peak = plan_of_class(class_number)
    at = np.arange(warm_up, steps)
    # (1 + cos φ) / 2 is the square of cos φ/2.
    below = np.cos(np.pi * (at - warm_up) / (2 * (steps - warm_up))) ** 2 < 0.1
    expect(attempt(quiet) == at[below][0], "that is not the step of this class's plan.")


@exercise(asks="against SciPy")
def check_paired_t(paired_t) -> None:
    """One training a side, other numbers of digits, numbers that are no shares, lists."""
    generator = _fresh()
    for size in (2, 7, 10_000):
        before, after = generator.normal(0.3, 1, (2, size))
        wanted = stats.ttest_rel(after, before).statistic
        given = before.copy(), after.copy()
        expect_close(
            attempt(paired_t, *given), wanted, f"for {size} digits it is not what SciPy finds.", 1e-6
        )
        expect(np.array_equal(given[0], before), "it changes what it was given.")
    before, after = (generator.random(4_000) < share for share in (0.02, 0.01))
    worse, better = (after & ~before).sum(), (before & ~after).sum()
    value = attempt(paired_t, before.astype(float), after.astype(float))
    expect(abs(value - (worse - better) / np.sqrt(worse + better)) < 0.2, "McNemar finds something else.")


@exercise(asks="picture by picture")
def check_fold(fold) -> None:
    """Both ways through a picture: first normalised, then convolved; and by the folded layer alone."""
    generator = _fresh()
    for rows, columns, channels, maps in ((1, 1, 1, 1), (5, 5, 1, 6), (2, 4, 6, 16)):
        kernel, bias = generator.normal(size=(rows, columns, channels, maps)), generator.normal(size=maps)
        gamma, beta, mean = generator.normal(size=(3, channels))
        variance, epsilon = generator.uniform(0, 2, channels), float(generator.uniform(0.01, 1))
        arrays = [kernel, bias, gamma, beta, mean, variance]
        folded = attempt(fold, *(array.copy() for array in arrays), epsilon)
        picture = generator.normal(3, 2, (8, 9, channels))
        normalised = gamma * (picture - mean) / np.sqrt(variance + epsilon) + beta
        expect_close(
            _layer(picture, *(np.asarray(part) for part in folded)),
            _layer(normalised, kernel, bias),
            f"with kernels of {rows}×{columns} over {channels} channels the one layer is not the two.",
            1e-6,
        )


def _layer(picture, kernel, bias):
    """Correlation at each place where the kernel lies wholly on the picture."""
    rows, columns = kernel.shape[:2]
    inner = (
        slice(rows // 2, picture.shape[0] - (rows - 1) // 2),
        slice(columns // 2, picture.shape[1] - (columns - 1) // 2),
    )
    maps = []
    for number, shift in enumerate(bias):
        flipped = kernel[::-1, ::-1, :, number]
        # SciPy's centre of an even kernel, turned round, is the element after the middle.
        centre = [-1 if size % 2 == 0 else 0 for size in (rows, columns)]
        summed = sum(
            convolve(picture[..., c], flipped[..., c], mode="constant", origin=centre)
            for c in range(picture.shape[-1])
        )
        maps.append(summed[inner] + shift)
    return np.stack(maps, -1)


@exercise(asks="of another size")
def check_smooth_field(smooth_field) -> None:
    """Not square, rougher, one row; by its variance everywhere and its likeness at several distances."""
    for height, width, smoothness in ((9, 24, 1.0), (20, 6, 3.0), (1, 12, 1.5)):
        fields = np.array([attempt(smooth_field, height, width, smoothness, _fresh()) for _ in range(2000)])
        expect(
            fields.shape == (2000, height, width), f"the shape is {fields.shape[1:]}, not {(height, width)}."
        )
        expect(
            bool(np.all(np.abs(fields.std(axis=0) - 1) < 0.12)), "the standard deviation is not 1 everywhere."
        )
        middle = fields[:, height // 2]
        for distance in (1, 2) if width > 6 * smoothness else ():  # elsewhere the edges are felt
            found = np.corrcoef(middle[:, width // 2], middle[:, width // 2 - distance])[0, 1]
            wanted = np.exp(-(distance**2) / (4 * smoothness**2))
            expect(
                abs(found - wanted) < 0.1,
                f"pixels {distance} apart are alike by {found:.2f}, not {wanted:.2f}.",
            )
    same = [attempt(smooth_field, 5, 5, 2.0, np.random.default_rng(7)) for _ in range(2)]
    expect_close(same[0], same[1], "the same generator gives another field.")


@exercise(asks="on made-up studies")
def check_judge(judge) -> None:
    """Studies of every outcome, drawn at random, against SciPy."""
    generator, seen = _fresh(), set()
    while len(seen) < 3 or generator.random() < 0.95:
        seeds = generator.integers(3, 8)
        errors = [
            generator.normal(mean, generator.choice([0.02, 0.3]), seeds)
            for mean in generator.choice([0.5, 0.9], 2)
        ]
        shares = [generator.binomial(5, generator.choice([0.002, 0.01]), 10_000) / 5 for _ in range(2)]
        p = max(stats.ttest_ind(*errors, equal_var=False).pvalue, stats.ttest_rel(*shares).pvalue)
        if 0.045 < p < 0.055:
            continue
        wanted = "undecided" if p > 0.05 else "better" if errors[1].mean() < errors[0].mean() else "worse"
        seen.add(wanted)
        value = attempt(judge, *(array.copy() for array in errors + shares))
        expect(
            value == wanted,
            f"a study with p = {p:.3f} of the less certain test is {wanted!r}, not {value!r}.",
        )
