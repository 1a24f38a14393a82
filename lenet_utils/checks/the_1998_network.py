"""Checks of the exercises in the chapter *the-1998-network*."""

from itertools import combinations

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close

CELLS, CLASSES = 84, 10
DIFFERENT_CELLS = 40


@exercise
def check_read_distances(answer) -> None:
    """`answer(distances, threshold)`: (N, 10) and a number to N integers, −1 for "not a digit"."""
    generator = np.random.default_rng(1)
    distances = generator.uniform(0, 100, (40, CLASSES))
    before = distances.copy()
    for threshold in (1e9, 10.0, 3.0, 0.0):
        value = np.asarray(attempt(answer, distances, threshold))
        expect(np.array_equal(distances, before), "leave the distances you are given as they are.")
        expect(value.shape == (40,), f"the shape is {value.shape}; 40 rows of distances want 40 answers.")
        wanted = np.where(distances.min(axis=1) > threshold, -1, distances.argmin(axis=1))
        if threshold == 1e9:
            farthest = np.array_equal(value, distances.argmax(axis=1))
            expect(not farthest, "these are the farthest classes; a distance is a penalty.")
            expect(np.array_equal(value, wanted), "nothing is beyond the threshold, and the answers are off.")
        hint = f"with a threshold of {threshold:g} these are off; −1 belongs where the nearest bitmap is too far."
        expect(np.array_equal(value, wanted), hint)


@exercise
def check_rubbish(answer) -> None:
    """`answer(distances, j)`: (N, 10) and a number to N probabilities."""
    generator = np.random.default_rng(2)
    distances = generator.uniform(0, 8, (6, CLASSES))
    for j in (0.5, 3.0, 6.0):
        value = np.asarray(attempt(answer, distances, j), float)
        expect(value.shape == (6,), f"the shape is {value.shape}; six pictures want six probabilities.")
        wanted = 1 / (1 + np.exp(j - distances).sum(axis=1))
        upside_down = 1 / (1 + np.exp(distances - j).sum(axis=1))
        expect(not np.allclose(value, upside_down), "a sign: a small distance makes a class probable.")
        expect(not np.allclose(value, 1 - wanted), "this is the probability that it is *not* rubbish.")
        expect_close(value, wanted, f"for j = {j:g} it is off; do rubbish and the ten classes add up to 1?")
    far = np.full((2, CLASSES), 900.0)
    far[1, 3] = 840.0
    with np.errstate(all="ignore"):
        value = np.asarray(attempt(answer, far, 850.0), float)
    expect(
        np.all(np.isfinite(value)),
        "where all distances are 900, every power is 0 to a computer. Multiply numerator and denominator by "
        "something first.",
    )
    wanted = [1 / (1 + 10 * np.exp(-50.0)), 1 / (1 + np.exp(10.0))]
    expect_close(value, wanted, "far from everything the probabilities are off.", tolerance=1e-6)


@exercise
def check_pooling_curvature(answer) -> None:
    """`answer(upstream)`: (N, rows, columns, maps) to (N, 2 rows, 2 columns, maps)."""
    upstream = np.random.default_rng(3).uniform(0.5, 2, (2, 3, 4, 5))
    value = np.asarray(attempt(answer, upstream), float)
    expect(value.shape == (2, 6, 8, 5), f"the shape is {value.shape}; every input needs a curvature.")
    spread = upstream.repeat(2, axis=1).repeat(2, axis=2)
    expect(
        not np.allclose(value, spread / 4),
        "this is how a gradient goes back. What do curvatures multiply by?",
    )
    expect(not np.allclose(value, spread), "each input counts only a quarter in the mean.")
    tiled = np.allclose(value, np.tile(upstream, (1, 2, 2, 1)) / 16)
    expect(not tiled, "the four inputs of a block are neighbours: repeat each place, not the whole map.")
    expect_close(value, spread / 16, "the shape is right and the values are off.")


@exercise
def check_top_curvature(answer) -> None:
    """`answer(x, centres, j)`: (N, 84), (10, 84) and a number to (N, 84)."""
    generator = np.random.default_rng(4)
    centres = generator.choice([-1.0, 1.0], (CLASSES, CELLS))
    # Near the middle between two centres, where the classes compete, with a small j and a large one.
    x = 0.5 * (centres[:4] + centres[4:8]) + generator.normal(0, 0.1, (4, CELLS))
    for j in (5.0, float(((x[0] - centres[0]) ** 2).sum()), 1000.0):
        value = np.asarray(attempt(answer, x, centres, j), float)
        expect(value.shape == x.shape, f"the shape is {value.shape}; it should be {x.shape}.")
        parts = _top_curvature(x, centres, j)
        wanted = sum(parts)
        expect(
            np.allclose(wanted, 2) or not np.allclose(value, 2),
            "2 is the curvature of equation 8; the logarithm in equation 9 has one as well.",
        )
        expect(
            np.allclose(parts[1], 0) or not np.allclose(value, parts[0] + parts[2]),
            "one term is missing: the square of a mean.",
        )
        expect(
            np.allclose(parts[2], 0, atol=1e-6) or not np.allclose(value, parts[0] + parts[1]),
            "one term is missing: the distances themselves are curved.",
        )
        expect_close(value, wanted, f"for j = {j:.4g} it is off. Compare with a second difference of E.")


def given_code(class_number: int) -> tuple[int, np.ndarray]:
    """One digit and the code, (84,), that a class gives it in *the-1998-network*."""
    generator = np.random.default_rng(class_number)
    return int(generator.integers(CLASSES)), generator.choice([-1.0, 1.0], CELLS)


@exercise
def check_codes(answer, class_number) -> None:
    """`answer()`: ten codes of +1 and −1, (10, 84), of which the class has given one."""
    value = np.asarray(attempt(answer), float)
    expect(value.shape == (CLASSES, CELLS), f"the shape is {value.shape}; it should be ({CLASSES}, {CELLS}).")
    expect(bool(np.all(np.abs(value) == 1)), "every cell should be +1 or −1.")
    digit, given = given_code(class_number)
    differing = int((value[digit] != given).sum())
    expect(
        differing == 0,
        f"class {class_number} has given {digit} its code, and yours differs from it in {differing} cells.",
    )
    apart = {pair: int((value[pair[0]] != value[pair[1]]).sum()) for pair in combinations(range(CLASSES), 2)}
    (one, other), least = min(apart.items(), key=lambda item: item[1])
    expect(
        least >= DIFFERENT_CELLS,
        f"codes {one} and {other} differ in {least} cells only; every two should in at least {DIFFERENT_CELLS}.",
    )


def _top_curvature(x, centres, j):
    """The three terms of the diagonal, each (N, 84)."""
    g = 2 * (x[:, None] - centres)
    scores = np.concatenate([-(g**2).sum(axis=2) / 4, np.full((len(x), 1), -j)], axis=1)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = (powers / powers.sum(axis=1, keepdims=True))[:, :-1, None]
    return (p * g**2).sum(axis=1), -((p * g).sum(axis=1) ** 2), 2 * (1 - p.sum(axis=1)) + 0 * x
