"""Right answers pass, and wrong answers fail with a hint."""

import numpy as np
import pytest
from scipy import stats

from lenet_utils.checks.from_1998_to_today import (
    _valid,
    check_fold,
    check_judge,
    check_paired_t,
    check_rate,
    check_relu,
    check_smooth_field,
    plan_of_class,
)
from lenet_utils.distortions import smooth_fields


def right_relu(a):
    return np.maximum(0, a), (a > 0).astype(float)


def in_place(a):
    slope = (a > 0).astype(float)
    a[a < 0] = 0
    return a, slope


def right_rate(t, steps, warm_up, peak):
    if t < warm_up:
        return peak * t / warm_up
    return peak / 2 * (1 + np.cos(np.pi * (t - warm_up) / (steps - warm_up)))


def quiet_step(class_number, rate=right_rate):
    """The first step after the warm-up of the class's plan with less than a tenth of the peak, found by looking."""
    steps, warm_up, peak = plan_of_class(class_number)
    return next(t for t in range(warm_up, steps) if rate(t, steps, warm_up, peak) < peak / 10)


def marked_rate(rate):
    return check_rate(rate, quiet_step(2027), 2027)


def late_cosine(t, steps, warm_up, peak):
    return peak * t / warm_up if t <= warm_up else peak / 2 * (1 + np.cos(np.pi * t / steps))


def turned(turns):
    def rate(t, steps, warm_up, peak):
        if t < warm_up:
            return peak * t / warm_up
        return peak / 2 * (1 + np.cos(turns * np.pi * (t - warm_up) / (steps - warm_up)))

    return rate


def straight(t, steps, warm_up, peak):
    return peak * (t / warm_up if t < warm_up else (steps - t) / (steps - warm_up))


def steep_start(t, steps, warm_up, peak):
    return right_rate(t, steps, warm_up, peak) if t >= warm_up else peak * (t / warm_up) ** 2


def needs_a_warm_up(t, steps, warm_up, peak):
    return peak * t / warm_up if t <= warm_up else right_rate(t, steps, warm_up, peak)


def paired(ddof=1, sign=1, error=True):
    def paired_t(before, after):
        differences = sign * (after - before)
        size = differences.std(ddof=ddof)
        return differences.mean() / (size / np.sqrt(len(differences)) if error else size)

    return paired_t


def unpaired(before, after):
    return stats.ttest_ind(after, before).statistic


def folding(root=True, under=True, scale=True, own_bias=True, shift=True, places=np.sum):
    def fold(kernel, bias, gamma, beta, mean, variance, epsilon):
        size = variance + epsilon if under else variance
        factor = (gamma if scale else 1.0) / (np.sqrt(size) if root else size)
        moved = np.einsum("cm,c->m", places(kernel, axis=(0, 1)), beta - mean * factor) if shift else 0
        return kernel * factor[:, None], own_bias * bias + moved

    return fold


def on_the_maps(kernel, bias, gamma, beta, mean, variance, epsilon):
    return kernel * np.resize(gamma / np.sqrt(variance + epsilon), kernel.shape[-1]), bias


def field(normalise="rows", axes=2, power=2.0):
    def smooth_field(height, width, smoothness, generator):
        noise = generator.standard_normal((height, width))
        for axis in range(2):
            apart = np.subtract.outer(np.arange(len(noise)), np.arange(len(noise)))
            weights = np.exp(-(apart**2) / (power * smoothness**2))
            length = np.linalg.norm(weights, axis=1, keepdims=True)
            if normalise == "middle":
                length = length[len(noise) // 2]
            if normalise == "sum":
                length = weights.sum(axis=1, keepdims=True)
            noise = (weights / length @ noise if axis < axes else noise).T
        return noise

    return smooth_field


def right_judge(errors_before, errors_after, share_before, share_after):
    trainings = stats.ttest_ind(errors_before, errors_after, equal_var=False).pvalue
    test_set = stats.ttest_rel(share_before, share_after).pvalue
    if max(trainings, test_set) < 0.05:
        return "better" if np.mean(errors_after) < np.mean(errors_before) else "worse"
    return "undecided"


def by_the_mean(errors_before, errors_after, share_before, share_after):
    return "better" if np.mean(errors_after) < np.mean(errors_before) else "worse"


def by_trainings_only(errors_before, errors_after, share_before, share_after):
    clear = stats.ttest_ind(errors_before, errors_after, equal_var=False).pvalue < 0.05
    return by_the_mean(errors_before, errors_after, None, None) if clear else "undecided"


def by_test_set_only(errors_before, errors_after, share_before, share_after):
    clear = stats.ttest_rel(share_before, share_after).pvalue < 0.05
    return by_the_mean(errors_before, errors_after, None, None) if clear else "undecided"


def turned_judge(*arguments):
    return {"better": "worse", "worse": "better"}.get(right_judge(*arguments), "undecided")


RIGHT = [
    (check_relu, right_relu),
    (marked_rate, right_rate),
    (check_paired_t, paired()),
    (check_paired_t, lambda before, after: stats.ttest_rel(after, before).statistic),
    (check_fold, folding()),
    (check_smooth_field, field()),
    (check_smooth_field, lambda h, w, s, generator: smooth_fields(1, h, w, s, generator)[0, 0]),
    (check_judge, right_judge),
]


@pytest.mark.parametrize(("check", "right"), RIGHT)
def test_right(check, right):
    for _ in range(3):  # each check draws its own inputs
        assert check(right) is True


@pytest.mark.parametrize("check", [check_relu, check_fold])
def test_untouched_pair(check):
    assert check(lambda *_: (..., ...)) is None


@pytest.mark.parametrize(
    ("check", "wrong", "hint"),
    [
        (check_relu, lambda a: np.maximum(0, a), "two arrays"),
        (check_relu, lambda a: (np.abs(a), np.sign(a)), "|a|"),
        (check_relu, lambda a: (np.maximum(0, a), np.ones_like(a)), "1 everywhere"),
        (check_relu, lambda a: (np.maximum(0, a),) * 2, "slope"),
        (check_relu, lambda a: (np.maximum(0, a), (a >= 0).astype(float)), "at 0 itself"),
        (check_relu, in_place, "changes the arguments"),
        (marked_rate, lambda t, steps, warm_up, peak: peak, "rises from 0"),
        (marked_rate, late_cosine, "where the warm-up ends"),
        (marked_rate, turned(2), "whole turn"),
        (marked_rate, turned(0.5), "half a cosine"),
        (marked_rate, straight, "straight line"),
        (marked_rate, steep_start, "not on it"),
        (marked_rate, needs_a_warm_up, "ZeroDivisionError"),
        (check_paired_t, paired(sign=-1), "after − before"),
        (check_paired_t, paired(ddof=0), "n − 1"),
        (check_paired_t, paired(error=False), "standard error"),
        (check_paired_t, lambda before, after: (after - before).mean(), "mean difference"),
        (check_paired_t, unpaired, "pairing"),
        (check_fold, lambda kernel, *rest: kernel, "two arrays"),
        (check_fold, lambda kernel, bias, *rest: (kernel, bias), "kernel is unchanged"),
        (check_fold, folding(under=False), "ε"),
        (check_fold, folding(root=False), "root"),
        (check_fold, folding(scale=False), "γ"),
        (check_fold, on_the_maps, "third axis"),
        (check_fold, folding(shift=False), "bias is unchanged"),
        (check_fold, folding(own_bias=False), "lost"),
        (check_fold, folding(places=np.mean), "sum over its places"),
        (check_smooth_field, lambda h, w, s, generator: generator.standard_normal((h, w)), "hardly alike"),
        (check_smooth_field, lambda h, w, s, generator: field()(w, h, s, generator), "shape"),
        (check_smooth_field, lambda h, w, s, generator: np.ones((h, w)), "same field"),
        (check_smooth_field, field(axes=1), "both axes"),
        (check_smooth_field, field(power=1.0), "too rough"),
        (check_smooth_field, field(power=4.0), "too smooth"),
        (check_smooth_field, field(normalise="sum"), "in the middle is"),
        (check_smooth_field, field(normalise="middle"), "corners"),
        (check_judge, lambda *_: True, "return"),
        (check_judge, by_the_mean, "Both tests"),
        (check_judge, by_trainings_only, "Both tests"),
        (check_judge, by_test_set_only, "Both tests"),
        (check_judge, turned_judge, "other way round"),
        (check_judge, lambda *_: "undecided", "both tests see fewer"),
    ],
)
def test_wrong(check, wrong, hint, capsys):
    assert check(wrong) is False
    assert hint in capsys.readouterr().out


@pytest.mark.parametrize("class_number", [2027, 2031])
def test_each_class_has_a_quiet_step_of_its_own(class_number, capsys):
    quiet = quiet_step(class_number)
    assert check_rate(right_rate, quiet, class_number) is True
    assert check_rate(right_rate, quiet, class_number + 1) is False
    assert check_rate(right_rate, ..., class_number) is None
    steps = plan_of_class(class_number)[0]
    without = int(np.floor(steps * np.arccos(-0.8) / np.pi)) + 1
    for wrong, hint in (
        (quiet - 1, "Counted from 0"),
        (without, "without the warm-up"),
        (1, "*after*"),
        (steps, "plan"),
    ):
        assert check_rate(right_rate, wrong, class_number) is False
        assert hint in capsys.readouterr().out
    assert len({quiet_step(number) for number in range(30)}) > 25


def test_folding_is_what_two_layers_compute():
    """The check's own answer, against normalising first and correlating then."""
    generator = np.random.default_rng(0)
    x, kernel, bias = generator.normal(size=(2, 6, 7, 3)), generator.normal(size=(3, 3, 3, 4)), np.ones(4)
    gamma, beta, mean = generator.normal(size=(3, 3))
    variance = np.array([0.5, 1.0, 2.0])
    normalised = gamma * (x - mean) / np.sqrt(variance + 0.1) + beta
    folded = _valid(x, *folding()(kernel, bias, gamma, beta, mean, variance, 0.1))
    np.testing.assert_allclose(folded, _valid(normalised, kernel, bias))
