"""What the autograder asks beyond the checks of the chapter *rivals*: other cases, under the same names."""

from collections import Counter
from itertools import pairwise

import numpy as np
from scipy.stats import binomtest

from lenet_utils.checks import attempt, exercise, expect, expect_close


def _fresh():
    return np.random.default_rng()


@exercise(asks="unit by unit")
def check_perceptron_price(perceptron_price) -> None:
    """Networks of two to nine layers, counted one unit after the other; the list of sizes stays as it was."""
    generator = _fresh()
    for layers in range(2, 10):
        sizes = generator.integers(1, 1_000, layers).tolist()
        given = list(sizes)
        work, kept = (attempt(part) for part in attempt(perceptron_price, given))
        expect(given == sizes, "it changes the list that it was given.")
        below = [before for before, units in pairwise(sizes) for _ in range(units)]
        expect(work == sum(below), f"{work} multiply–adds are not right for {sizes}.")
        expect(kept == sum(inputs + 1 for inputs in below), f"{kept} numbers kept are not right for {sizes}.")


@exercise(asks="of lines and their mirror images")
def check_slant(slant) -> None:
    """Lines of every slant, light and dark, anywhere; a mirror image leans the other way."""
    generator = _fresh()
    for _ in range(10):
        wanted, height = float(generator.uniform(-1.5, 1.5)), int(generator.integers(5, 15))
        picture = np.zeros((30, 64))
        top, left = int(generator.integers(0, 30 - height)), float(generator.uniform(25, 38))
        for row in range(height):
            column = left + wanted * (row - height / 2)
            share = column % 1  # of the ink that belongs to the next pixel
            picture[top + row, int(column // 1) : int(column // 1) + 2] = 1 - share, share
        ink = float(generator.uniform(0.01, 255))
        given = ink * picture
        value = attempt(slant, given)
        expect(np.array_equal(given, ink * picture), "it changes the picture that it was given.")
        expect_close(value, wanted, f"a line of slant {wanted:.3f} has the slant {value}.", tolerance=1e-6)
        expect_close(attempt(slant, picture[:, ::-1]), -wanted, "a mirror image leans the other way.")
        expect_close(attempt(slant, picture[::-1]), -wanted, "upside down it leans the other way.")


@exercise(asks="few digits and many ties")
def check_k_votes(k_votes) -> None:
    """Classes that nobody has, memories of a few digits, as many votes as there are digits."""
    generator = _fresh()
    for stored, classes in ((1, 1), (6, 3), (12, 10), (31, 2)):
        labels = generator.permutation(10)[generator.integers(0, classes, stored)]
        distances = generator.permuted(np.tile(np.arange(stored) + 0.5, (20, 1)), axis=1)
        for k in {1, 2, 4, 6, stored}:
            if k > stored:
                continue
            value = np.asarray(attempt(k_votes, distances.copy(), labels.copy(), k))
            expect(value.shape == (20,), f"the shape is {value.shape} for 20 rows of distances.")
            for row, said in zip(distances, value, strict=True):
                voters = sorted(range(stored), key=lambda n, row=row: row[n])[:k]
                votes = Counter(labels[n] for n in voters)
                # The voters come from near to far, so the first with the most votes is the nearest of those.
                wanted = next(labels[n] for n in voters if votes[labels[n]] == max(votes.values()))
                expect(said == wanted, f"for k = {k} and {stored} stored digits a vote goes wrong.")


@exercise(asks="against SciPy")
def check_mcnemar_p(mcnemar_p, uneven, class_number) -> None:
    """All small splits, some large ones, and none at all; the class's split found from the other side."""
    generator = _fresh()
    large = generator.integers(0, 320, (20, 2)).tolist()
    for a, b in [(a, b) for a in range(9) for b in range(9)] + large + [(0, 300), (300, 310)]:
        wanted = binomtest(a, a + b).pvalue if a + b else 1.0
        value = attempt(mcnemar_p, a, b)
        expect_close(value, wanted, f"for {a} and {b} p is not {value}.")
    differing, few = 40 + class_number % 400, 0
    while binomtest(few + 1, differing).pvalue < 0.05:
        few += 1
    expect(tuple(attempt(uneven)) == (few, differing - few), f"that is not the split of {differing} digits.")


@exercise(asks="digit by digit")
def check_rejection_curve(rejection_curve) -> None:
    """Two classes and twenty, nothing misread and everything; one digit after the other is turned away."""
    generator = _fresh()
    for number, classes in ((1, 2), (9, 2), (120, 20)):
        scores = generator.normal(0, 10, (number, classes))
        answers = scores.argmax(axis=1)
        for share in (0.0, 0.4, 1.0):
            labels = np.where(generator.random(number) < share, (answers + 1) % classes, answers)
            lead = [row[-1] - row[-2] for row in np.sort(scores, axis=1)]
            kept, wanted = list(range(number)), []
            for _ in range(number):
                wanted.append(100 * np.mean([answers[n] != labels[n] for n in kept]))
                kept.remove(min(kept, key=lambda n, lead=lead: lead[n]))
            value = attempt(rejection_curve, scores.copy(), labels.copy())
            expect_close(value, wanted, f"for {number} digits and {classes} classes it is off.")


@exercise(asks="of known slopes")
def check_tangent(tangent) -> None:
    """Planes, whose slopes are known; parabolas inside; two fields at once are the sum of their tangents."""
    generator = _fresh()
    for shape in ((2, 30), (19, 5), (28, 28)):
        rows, columns = np.indices(shape, dtype=float)
        u, v = generator.normal(size=(2, *shape))
        across, down = generator.normal(size=2)
        value = attempt(tangent, 5 + across * columns + down * rows, u.copy(), v.copy())
        expect_close(value, across * u + down * v, f"the tangent of a plane of shape {shape} is off.")
        picture = generator.normal(size=shape)
        nothing = np.zeros(shape)
        both = np.asarray(attempt(tangent, picture, u, v))
        alone = np.asarray(attempt(tangent, picture, u, nothing)) + attempt(tangent, picture, nothing, v)
        expect_close(both, alone, "u and v together are not the sum of each alone.")
        if min(shape) > 2:
            curved = attempt(tangent, across * columns**2 + down * rows**2, u, v)
            wanted = 2 * across * columns * u + 2 * down * rows * v
            inside = (slice(1, -1), slice(1, -1))
            expect_close(np.asarray(curved)[inside], wanted[inside], "the tangent of a parabola is off.")


@exercise(asks="by least squares")
def check_one_sided(one_sided) -> None:
    """One way and many, one stored picture and many; what lies in the plane has no distance."""
    generator = _fresh()
    for pixels, ways, stored in ((5, 1, 1), (30, 12, 4), (256, 7, 40)):
        point, others = generator.normal(size=pixels), generator.normal(size=(stored, pixels))
        basis = np.linalg.qr(generator.normal(size=(pixels, ways)))[0].T
        given = point.copy(), basis.copy(), others.copy()
        value = attempt(one_sided, *given)
        same = map(np.array_equal, given, (point, basis, others))
        expect(all(same), "it changes the arrays that it was given.")
        steps = np.linalg.lstsq(basis.T, (others - point).T, rcond=None)[0]
        wanted = ((others - point - steps.T @ basis) ** 2).sum(axis=1)
        expect_close(value, wanted, f"for {ways} ways among {pixels} pixels it is off.")
        inside = point + generator.normal(size=(3, ways)) @ basis
        expect_close(
            attempt(one_sided, point, basis, inside), np.zeros(3), "what lies in the plane is no way off it."
        )
