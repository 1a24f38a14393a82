"""Checks of the exercises in the chapter *from-1998-to-today*."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close

__all__ = [
    "check_fold",
    "check_judge",
    "check_paired_t",
    "check_rate",
    "check_relu",
    "check_smooth_field",
    "plan_of_class",
]


@exercise
def check_relu(relu) -> None:
    """Marks `relu(a)`, which returns (max(0, a), slope) for an array of any shape."""
    generator = np.random.default_rng()
    for shape in ((7,), (3, 4, 5), ()):
        a = np.asarray(generator.normal(0, 2, shape))
        if a.size > 1:
            a.flat[:2] = -0.5, 1.5  # at least one number of either sign
        before = a.copy()
        value = attempt(relu, a)
        expect(isinstance(value, tuple | list) and len(value) == 2, "return two arrays: values, slopes.")
        values, slopes = (np.asarray(attempt(part)) for part in value)
        expect(np.array_equal(a, before), "the array that you were given has changed; work on a copy.")
        expect(
            not (a.size > 1 and np.allclose(values, np.abs(a))),
            "that is |a|: what is negative becomes 0, not positive.",
        )
        expect_close(values, np.maximum(0, a), "the values should be a where a is positive, and 0 elsewhere.")
        expect(
            not (a.size > 1 and np.allclose(slopes, 1)),
            "the slope is not 1 everywhere: where the unit is off, nothing changes with a.",
        )
        expect(
            not (a.size > 1 and np.allclose(slopes, values)),
            "you return the values as the slopes; the slope says how fast they change, not how large they are.",
        )
        expect_close(
            slopes.astype(float), (a > 0).astype(float), "the slope is 1 where a > 0, and 0 elsewhere."
        )
    slope_at_zero = np.asarray(relu(np.zeros(2))[1], float)
    expect_close(slope_at_zero, np.zeros(2), "at 0 itself the slope should be 0.")


def _rate(t, steps, warm_up, peak):
    if t < warm_up:
        return peak * t / warm_up
    return peak / 2 * (1 + np.cos(np.pi * (t - warm_up) / (steps - warm_up)))


def plan_of_class(class_number: int) -> tuple[int, int, float]:
    """All steps, those of the warm-up, and the peak of a training, another one for each class."""
    draw = np.random.default_rng(class_number)
    steps = int(draw.integers(2_000, 20_000))
    return steps, steps // int(draw.integers(5, 20)), round(float(draw.uniform(1e-3, 1e-1)), 4)


@exercise
def check_rate(rate, quiet, class_number) -> None:
    """Marks `rate(t, steps, warm_up, peak)` at the ends, in between, and without a warm-up; and the class's step."""
    generator = np.random.default_rng()
    steps, peak = int(generator.integers(200, 400)), float(generator.uniform(0.001, 0.1))
    warm_up = steps // int(generator.integers(5, 9))
    value = float(attempt(rate, warm_up, steps, warm_up, peak))
    expect_close(
        value, peak, f"at t = warm_up the rate should be the peak, {peak:.4f}; yours is {value:.4f}."
    )
    value = float(rate(0, steps, warm_up, peak))
    expect_close(value, 0.0, f"it rises from 0; at t = 0 yours is {value:.4f}.")
    for t in (1, warm_up // 2, warm_up - 1):
        hint = f"during the warm-up it rises in a straight line; at t = {t} of {warm_up} it is not on it."
        expect_close(float(rate(t, steps, warm_up, peak)), peak * t / warm_up, hint, 1e-6)
    middle = warm_up + (steps - warm_up) // 2
    for t in (middle, steps - 1, int(generator.integers(warm_up, steps))):
        value, wanted = float(rate(t, steps, warm_up, peak)), _rate(t, steps, warm_up, peak)
        late = peak / 2 * (1 + np.cos(np.pi * t / steps))
        expect(
            not (np.isclose(value, late) and not np.isclose(late, wanted)),
            "the cosine should begin where the warm-up ends, not at t = 0.",
        )
        whole_turn = peak / 2 * (1 + np.cos(2 * np.pi * (t - warm_up) / (steps - warm_up)))
        expect(
            not (np.isclose(value, whole_turn) and not np.isclose(whole_turn, wanted)),
            "that is a whole turn of the cosine, which comes up again; half a turn ends at 0.",
        )
        straight = peak * (steps - t) / (steps - warm_up)
        expect(
            not (np.isclose(value, straight) and not np.isclose(straight, wanted)),
            "that falls in a straight line; it should fall along a cosine.",
        )
        hint = (
            f"after the warm-up it falls along half a cosine, to 0 at t = {steps}; at t = {t} it should be "
        )
        expect_close(value, wanted, f"{hint}{wanted:.5f}, and is {value:.5f}.", 1e-6)
    expect_close(
        float(rate(0, steps, 0, peak)), peak, "without a warm-up the first step should have the peak's rate."
    )
    found, (steps, warm_up, peak) = attempt(quiet), plan_of_class(class_number)
    wanted = _quiet(steps, warm_up)
    expect(
        found != _quiet(steps, 0), "that is the step for a cosine that begins at t = 0, without the warm-up."
    )
    expect(
        found not in (wanted - 1, wanted + 1),
        f"{found} is next to it. Counted from 0: the first t with a rate *below* a tenth of the peak.",
    )
    expect(
        not (isinstance(found, int | np.integer) and found < warm_up),
        "in the warm-up the rate is small, too; the first step *after* it is asked for.",
    )
    expect(
        found == wanted,
        f"at t = {found} the rate of the class's plan does not fall below a tenth of the peak for the first time. "
        "Are steps, warm_up and peak still those of plan_of_class?",
    )


def _quiet(steps, warm_up):
    """The first step after the warm-up with less than a tenth of the peak: 1 + cos φ < 0.2."""
    return warm_up + int(np.floor((steps - warm_up) * np.arccos(-0.8) / np.pi)) + 1


@exercise
def check_paired_t(paired_t) -> None:
    """Marks `paired_t(before, after)` on random shares of five trainings."""
    generator = np.random.default_rng()
    for digits in (30, 2000):
        before = after = np.zeros(digits)
        while np.isclose(before.mean(), after.mean()):
            hard = generator.beta(0.5, 2, digits)
            before, after = (generator.binomial(5, share * hard) / 5 for share in (1, 0.8))
        value = float(attempt(paired_t, before, after))
        differences = after - before
        wanted = differences.mean() / (differences.std(ddof=1) / np.sqrt(digits))
        alone = differences.mean() / np.sqrt((before.var(ddof=1) + after.var(ddof=1)) / digits)
        expect(not np.isclose(value, -wanted, rtol=1e-9), "the sign is the other way round: after − before.")
        hints = {
            alone: "that is the test of two separate sets of digits. Take the difference of each digit first: "
            "that is what pairing means.",
            differences.mean() / differences.std(ddof=1): "divide by the standard error of the mean, s/√n, "
            "and not by the standard deviation s.",
            differences.mean() / (differences.std() / np.sqrt(digits)): "the standard deviation wants n − 1 "
            "in its denominator (ddof=1).",
            differences.mean(): "that is the mean difference; divide it by its standard error.",
        }
        for wrong, hint in hints.items():
            expect(not np.isclose(value, wrong, rtol=1e-9), hint)
        expect_close(
            value, wanted, f"for {digits} digits it should be {wanted:.4f}; yours is {value:.4f}.", 1e-6
        )


def _valid(x, kernel, bias):
    """Correlation without padding, (N, H, W, C) with (h, w, C, M)."""
    view = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.einsum("nyxchw,hwcm->nyxm", view, kernel) + bias


@exercise
def check_fold(fold) -> None:
    """Marks `fold(kernel, bias, gamma, beta, mean, variance, epsilon)` by what the folded layer computes."""
    generator = np.random.default_rng()
    for channels, maps in ((3, 4), (1, 2)):
        kernel, bias = generator.normal(size=(3, 2, channels, maps)), generator.normal(size=maps)
        gamma, beta, mean = generator.normal(size=(3, channels))
        variance, epsilon = generator.uniform(0.05, 3, channels), 0.1
        given = [kernel, bias, gamma, beta, mean, variance]
        value = attempt(fold, *(array.copy() for array in given), epsilon)
        expect(isinstance(value, tuple | list) and len(value) == 2, "return two arrays: kernel and bias.")
        found_kernel, found_bias = (np.asarray(attempt(part)) for part in value)
        factor = gamma / np.sqrt(variance + epsilon)
        wanted = kernel * factor[:, None], bias + np.einsum("hwcm,c->m", kernel, beta - mean * factor)
        for wrong, hint in (
            (kernel * (gamma / np.sqrt(variance))[:, None], "ε belongs under the root, beside the variance."),
            (
                kernel * (gamma / (variance + epsilon))[:, None],
                "divide by the standard deviation, the root of σ² + ε.",
            ),
            (kernel / np.sqrt(variance + epsilon)[:, None], "γ is missing."),
            (kernel, "the kernel is unchanged; each channel of its input is multiplied by a factor."),
        ):
            expect(found_kernel.shape != wrong.shape or not np.allclose(found_kernel, wrong), hint)
        expect_close(
            found_kernel,
            wanted[0],
            "the kernel is not right. Its third axis counts the input's channels, and each has its factor.",
        )
        expect(
            found_bias.shape != bias.shape or not np.allclose(found_bias, bias),
            "the bias is unchanged; but the normalisation also shifts what the kernel reads.",
        )
        expect(
            found_bias.shape != bias.shape or not np.allclose(found_bias, wanted[1] - bias),
            "the layer's own bias has been lost.",
        )
        once = bias + np.einsum("cm,c->m", kernel.mean(axis=(0, 1)), beta - mean * factor)
        expect(
            found_bias.shape != bias.shape or not np.allclose(found_bias, once),
            "every weight of the kernel reads a shifted value: sum over its places, do not average.",
        )
        expect_close(
            found_bias, wanted[1], "the bias is not right. What does the kernel make of a constant picture?"
        )
        x = generator.normal(size=(2, 5, 6, channels))
        normalised = (x - mean) * factor + beta
        assert np.allclose(_valid(normalised, kernel, bias), _valid(x, found_kernel, found_bias))


@exercise
def check_smooth_field(smooth_field) -> None:
    """Marks `smooth_field(height, width, smoothness, generator)` by the statistics of many fields."""
    generator = np.random.default_rng()
    height, width, smoothness = 15, 18, 2.0
    first = np.asarray(attempt(smooth_field, height, width, smoothness, np.random.default_rng(1)))
    expect(first.shape == (height, width), f"the shape is {first.shape}, it should be ({height}, {width}).")
    expect(
        not np.allclose(first, smooth_field(height, width, smoothness, np.random.default_rng(2))),
        "two generators give the same field: draw the noise from `generator`.",
    )
    fields = np.array([smooth_field(height, width, smoothness, generator) for _ in range(1500)])
    spread = fields.std(axis=0)
    middle, corners = spread[7, 8], spread[[0, 0, -1, -1], [0, -1, 0, -1]].mean()
    expect(abs(fields.mean()) < 0.1 * max(1, middle), "the mean over many fields should be 0.")
    # A Gaussian of standard deviation s leaves neighbours at the distance d the correlation exp(-d²/4s²).
    alike = {}
    for direction, (rows, columns) in {"columns": (2, 0), "rows": (0, 2)}.items():
        alike[direction] = np.corrcoef(fields[:, 7, 8], fields[:, 7 + rows, 8 + columns])[0, 1]
    wanted = np.exp(-4 / (4 * smoothness**2))
    for direction, found in alike.items():
        expect(
            found > 0.3, f"pixels two apart are hardly alike along the {direction}: smooth along both axes."
        )
    found = np.mean(list(alike.values()))
    expect(
        abs(found - wanted) < 0.06,
        f"it is too {'smooth' if found > wanted else 'rough'}: the weights should be exp(−d²/2s²), "
        "d pixels apart, along each axis once.",
    )
    expect(
        abs(middle - 1) < 0.15,
        f"the standard deviation in the middle is {middle:.2f} and should be 1. A sum of independent numbers "
        "with the weights g has the variance Σg².",
    )
    expect(
        abs(corners - 1) < 0.15,
        f"in the middle the standard deviation is about 1, in the corners {corners:.2f}. There fewer numbers are "
        "summed: give every pixel weights of its own length.",
    )


@exercise
def check_judge(judge) -> None:
    """Marks `judge(errors_before, errors_after, share_before, share_after)` where the two tests agree and differ."""
    generator = np.random.default_rng()
    none = np.zeros(10_000)
    few, many = none.copy(), none.copy()
    few[:40], many[:90] = 1.0, 1.0
    tight, wide = generator.normal(0, 0.01, 5), np.array([-0.3, -0.15, 0.0, 0.15, 0.3])
    cases = (
        ((0.9 + tight, 0.4 + tight[::-1], many, few), "better", "both tests see fewer errors"),
        ((0.4 + tight, 0.9 + tight[::-1], few, many), "worse", "both tests see more errors"),
        (
            (0.9 + wide, 0.8 + wide[::-1], many, few),
            "undecided",
            "the seeds differ more among themselves than the two means do",
        ),
        (
            (0.9 + tight, 0.8 + tight[::-1], _swapped(400), _swapped(390, 400)),
            "undecided",
            "the test digits cannot tell: nearly as many got worse as got better",
        ),
        ((0.9 + wide, 0.9 + wide[::-1], _swapped(90), _swapped(90, 90)), "undecided", "nothing differs"),
    )
    for arguments, wanted, why in cases:
        value = attempt(judge, *(array.copy() for array in arguments))
        expect(
            value in ("better", "worse", "undecided"),
            f'return "better", "worse" or "undecided", not {value!r}.',
        )
        opposite = {"better": "worse", "worse": "better"}.get(wanted)
        expect(value != opposite, f"you say {value!r} where it is the other way round: less error is better.")
        expect(
            value == wanted,
            f"you say {value!r} where {why}: that is {wanted!r}. Both tests must be below 0.05.",
        )


def _swapped(count, start=0):
    """Shares of which `count` are 1, from `start` on."""
    share = np.zeros(10_000)
    share[start : start + count] = 1.0
    return share
