"""The checks of *inside-the-network* pass right answers and fail typical wrong ones, with a hint."""

import numpy as np
import pytest

from lenet_utils.checks import inside_the_network as checks


def keyhole(score, picture, side=14, background=-0.1, cover=False, calls_each=False):
    rows, columns = picture.shape[0] - side + 1, picture.shape[1] - side + 1
    views = np.full((rows, columns, *picture.shape), background)
    if cover:
        views[:] = picture
    for i in range(rows):
        for j in range(columns):
            window = (i, j, slice(i, i + side), slice(j, j + side))
            views[window] = background if cover else picture[window[2:]]
    views = views.reshape(-1, *picture.shape)
    scores = np.array([score(view[None])[0] for view in views]) if calls_each else score(views)
    return scores.reshape(rows, columns)


def integrated(gradient, picture, baseline, steps=50, offset=0.5):
    slopes = [gradient(baseline + (s - offset) / steps * (picture - baseline)) for s in range(1, steps + 1)]
    return (picture - baseline) * np.mean(slopes, axis=0)


def removed(kernel, bias, next_kernel, next_bias, means, keep):
    return kernel[:, keep], bias[keep], next_kernel[keep], next_bias + means[~keep] @ next_kernel[~keep]


def fields_of_2027(answer):
    return checks.check_field_of_s4(answer, UNITS, 2027)


def units_of_2027(units):
    return checks.check_field_of_s4(lambda i, j: (4 * i, 4 * j, 16), units, 2027)


def units_that_see(row, column):
    """Counted from the paper's layers: S4 averages 2×2 of C3, C3 sees 5×5 of S2, S2 2×2 of C1, C1 5×5 pixels."""
    seen = [
        [any(0 <= p - 4 * unit - 2 * below < 14 for below in (0, 1)) for unit in range(5)]
        for p in (row, column)
    ]
    return [(i, j) for i in range(5) for j in range(5) if seen[0][i] and seen[1][j]]


UNITS = units_that_see(*checks.pixel_of_class(2027))
RIGHT = [
    (units_of_2027, UNITS),
    (units_of_2027, np.array(UNITS[::-1])),
    (units_of_2027, set(UNITS)),
    (fields_of_2027, lambda i, j: (4 * i, 4 * j, 16)),
    (fields_of_2027, lambda i, j: [4 * i, 4 * j, 16]),
    (checks.check_keyhole_map, keyhole),
    (checks.check_integrated_gradients, integrated),
    (checks.check_remove_units, removed),
]
WRONG = [
    (units_of_2027, ..., "which units see"),
    (units_of_2027, UNITS[1:], "missing"),
    (units_of_2027, [*UNITS, next((i, 0) for i in range(5) if (i, 0) not in UNITS)], "does not see"),
    (units_of_2027, [*UNITS, (5, 5)], "five rows"),
    (units_of_2027, [(j, i) for i, j in UNITS], "wrong way round"),
    (units_of_2027, [1, 2, 3], "as pairs"),
    (fields_of_2027, lambda i, j: (4 * i, 4 * j, 14), "C3"),
    (fields_of_2027, lambda i, j: (4 * i, 4 * j, 28), "overlap"),
    (fields_of_2027, lambda i, j: (4 * i, 4 * j, 15), "15"),
    (fields_of_2027, lambda i, j: (2 * i, 2 * j, 16), "stride"),
    (fields_of_2027, lambda i, j: (4 * i + 1, 4 * j, 16), "begin"),
    (fields_of_2027, lambda i, j: 16, "three"),
    (checks.check_keyhole_map, lambda *a: keyhole(*a, cover=True), "occlusion"),
    (checks.check_keyhole_map, lambda score, x, side, b: keyhole(score, x, side, 0.0), "background"),
    (checks.check_keyhole_map, lambda *a: keyhole(*a)[:-1], "shape"),
    (checks.check_keyhole_map, lambda *a: keyhole(*a, calls_each=True), "once"),
    (checks.check_keyhole_map, lambda score, x, *_: score(x), "(N,"),
    (checks.check_integrated_gradients, lambda g, x, b, n: (x - b) * g(x), "gradient × input"),
    (checks.check_integrated_gradients, lambda g, x, b, n: integrated(g, x, b, n) / (x - b), "multiplied"),
    (checks.check_integrated_gradients, lambda g, x, b, n: integrated(g, x, b, n) * n, "mean"),
    (checks.check_integrated_gradients, lambda g, x, b, n: integrated(g, x, b, n) / (x - b) * x, "baseline"),
    (
        checks.check_integrated_gradients,
        lambda g, x, b, n: integrated(g, x, np.zeros_like(b), n),
        "straight line",
    ),
    (checks.check_remove_units, lambda *a: (*removed(*a)[:3], a[3]), "unchanged"),
    (checks.check_remove_units, lambda *a: (*removed(*a)[:3], a[3] + a[4] @ a[2]), "all units"),
    (checks.check_remove_units, lambda k, b, n, c, m, keep: (k * keep, b * keep, n, c), "as large"),
    (checks.check_remove_units, lambda *a: removed(*a)[:2], "four"),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_pass(check, answer):
    assert all(check(answer) is True for _ in range(5))  # the inputs are random: not by luck


def test_another_class_looks_at_another_pixel():
    assert all(
        checks.check_field_of_s4(
            lambda i, j: (4 * i, 4 * j, 16), units_that_see(*checks.pixel_of_class(n)), n
        )
        for n in range(2000, 2100)
    )
    answers = {tuple(units_that_see(*checks.pixel_of_class(n))) for n in range(2000, 2100)}
    assert len(answers) > 40


def test_three_untouched_numbers_are_not_attempted(capsys):
    assert checks.check_field_of_s4(lambda i, j: (..., ..., ...), ..., 2027) is None
    assert "not attempted yet" in capsys.readouterr().out


@pytest.mark.parametrize(("check", "answer", "hint"), WRONG)
def test_wrong_answers_fail_with_a_hint(check, answer, hint, capsys):
    assert all(check(answer) is False for _ in range(5))
    assert hint in capsys.readouterr().out
