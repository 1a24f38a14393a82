"""Checks of the exercises in the chapter *rivals*."""

import math
from itertools import pairwise

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close

__all__ = [
    "check_k_votes",
    "check_mcnemar_p",
    "check_one_sided",
    "check_perceptron_price",
    "check_rejection_curve",
    "check_slant",
    "check_tangent",
]


@exercise
def check_perceptron_price(perceptron_price) -> None:
    """Marks `perceptron_price(sizes)`, which returns (multiply–adds, numbers kept)."""
    generator = np.random.default_rng()
    drawn = [int(size) for size in generator.integers(2, 99, 5)]
    for sizes in ([784, 300, 10], [7, 3], drawn):
        value = attempt(perceptron_price, list(sizes))
        expect(
            isinstance(value, tuple | list) and len(value) == 2,
            "return two numbers: multiply–adds, numbers kept.",
        )
        work, kept = (attempt(part) for part in value)
        products = sum(before * after for before, after in pairwise(sizes))
        case = f"for the sizes {sizes}"
        expect(work != products + sum(sizes[1:]), f"adding a bias multiplies nothing, {case}.")
        expect(
            work == products or work != math.prod(sizes),
            f"layers follow one another: add their products up, {case}.",
        )
        expect(
            work == products,
            f"{work} multiply–adds are not right {case}. Each unit of a layer multiplies once for each unit "
            "of the layer before.",
        )
        expect(kept != products, f"biases have to be kept, too, {case}.")
        expect(
            kept != products + sum(sizes), f"the input's units have no biases, and nothing to keep, {case}."
        )
        expect(kept == products + sum(sizes[1:]), f"{kept} numbers kept is not right {case}.")


@exercise
def check_slant(slant) -> None:
    """Marks `slant(picture)` on random pictures and on straight lines of known slant."""
    generator = np.random.default_rng()
    for shape in ((28, 28), (9, 14)):
        picture = generator.random(shape) ** 4
        rows, columns = np.indices(shape)
        share = picture / picture.sum()
        from_row, from_column = rows - (share * rows).sum(), columns - (share * columns).sum()
        together = (share * from_row * from_column).sum()
        wanted = together / (share * from_row**2).sum()
        value = attempt(slant, picture.copy())
        expect(np.ndim(value) == 0, "the slant is one number.")
        hints = {
            together / (share * from_column**2).sum(): "that predicts the row from the column: divide by the "
            "spread of the rows.",
            -wanted: "the sign is turned round; a line that runs to the right on its way down has s > 0.",
            together: "divide by the spread of the rows.",
            (share * rows * columns).sum()
            / (share * rows**2).sum(): "measure rows and columns from the middle of the ink.",
        }
        for other, hint in hints.items():
            expect(not np.isclose(float(value), other), hint)
        expect_close(float(value), wanted, f"{value} should be {wanted:.4f} for a picture of random ink.")
    line = np.zeros((28, 28))
    line[np.arange(4, 24), np.arange(4, 24)] = 255
    expect_close(
        float(attempt(slant, line)),
        1.0,
        "a line that goes one pixel to the right in each row has the slant 1, however dark its ink.",
    )


def _k_votes(distances, labels, k, by_nearest=True):
    answers = []
    for row in distances:
        found = row.argsort(kind="stable")[:k]
        votes = np.bincount(labels[found], minlength=10)
        tied = np.flatnonzero(votes == votes.max())
        answers.append(min(tied, key=lambda c, row=row: row[labels == c].min()) if by_nearest else tied[0])
    return np.array(answers)


@exercise
def check_k_votes(k_votes) -> None:
    """Marks `k_votes(distances, labels, k)`: N answers, ties to the class of the nearest."""
    generator = np.random.default_rng()
    distances, labels = generator.random((60, 50)), generator.integers(0, 10, 50)
    labels[:10] = np.arange(10)
    for k in (1, 4, 7):
        value = np.asarray(attempt(k_votes, distances.copy(), labels.copy(), k))
        expect(value.shape == (60,), f"the shape is {value.shape}; 60 rows of distances want 60 answers.")
        case = f"for k = {k}"
        wanted = _k_votes(distances, labels, k)
        right = np.array_equal(value, wanted)
        expect(
            not np.array_equal(value, _k_votes(-distances, labels, k)),
            f"these are the votes of the farthest, {case}.",
        )
        expect(
            right or not np.array_equal(value, _k_votes(distances, labels, 1)),
            f"that is the nearest alone; let {k} vote.",
        )
        expect(
            right or not np.array_equal(value, _k_votes(distances, labels, k, by_nearest=False)),
            f"a tie goes to the class with the nearer example, not to the smaller number, {case}.",
        )
        expect(
            right,
            f"{(value != wanted).sum()} of 60 answers are off, {case}. Count the labels of the k smallest "
            "distances in each row.",
        )


@exercise
def check_mcnemar_p(mcnemar_p, uneven, class_number) -> None:
    """Marks `mcnemar_p(a, b)`, the exact two-sided p-value, and the class's most even split with p < 0.05."""
    generator = np.random.default_rng()
    drawn = tuple(int(number) for number in generator.integers(1, 60, 2))
    for a, b in ((3, 12), (12, 3), (40, 31), (6, 6), (0, 5), drawn):
        value = float(attempt(mcnemar_p, a, b))
        n = a + b
        tail, wanted = _tail(a, b), min(1.0, 2 * _tail(a, b))
        case = f"for {a} and {b}"
        expect(value <= 1 + 1e-9, f"{value:.3f} is no probability, {case}: an even split was counted twice.")
        expect(
            np.isclose(value, wanted) or not np.isclose(value, tail),
            f"that is one side; a split as uneven the other way counts, too, {case}.",
        )
        short = 2 * (tail - math.comb(n, min(a, b)) / 2**n)
        expect(
            np.isclose(value, wanted) or not np.isclose(value, short),
            f"at least as uneven includes the split itself, {case}.",
        )
        single = math.comb(n, a) / 2**n
        expect(
            np.isclose(value, wanted) or not (np.isclose(value, single) or np.isclose(value, 2 * single)),
            f"that is the probability of this split alone; add those that are more uneven, {case}.",
        )
        expect_close(value, wanted, f"p should not be {value:.4g} {case}. It depends on a + b coins.")
    differing = 40 + class_number % 400
    expect(uneven is not None and uneven is not ..., f"the p-values are right. Now split {differing} digits.")
    expect(np.shape(uneven) == (2,), "the split is two numbers, few and many.")
    few, many = (int(number) for number in uneven)  # a power of two of NumPy's whole numbers would overflow
    expect(
        few + many == differing, f"{few} and {many} are not the {differing} digits of class {class_number}."
    )
    expect(few <= many, "the smaller number first.")
    expect(2 * _tail(few, many) < 0.05, f"{few} to {many} is too even: p = {2 * _tail(few, many):.3f}.")
    expect(
        2 * _tail(few + 1, many - 1) >= 0.05, f"a split more even than {few} to {many} still has p < 0.05."
    )


def _tail(a: int, b: int) -> float:
    """The probability of at most as few heads of a + b fair coins as the smaller of the two numbers."""
    return sum(math.comb(a + b, heads) for heads in range(min(a, b) + 1)) / 2 ** (a + b)


@exercise
def check_rejection_curve(rejection_curve) -> None:
    """Marks `rejection_curve(scores, labels)`: N errors in percent, of what is kept."""
    generator = np.random.default_rng()
    for number, classes in ((40, 10), (25, 4)):
        labels = generator.integers(0, classes, number)
        scores = generator.normal(size=(number, classes)) + 1.2 * np.eye(classes)[labels]
        second, best = np.sort(scores, axis=1)[:, -2:].T
        misread = scores.argmax(axis=1) != labels

        def curve(certainty, misread=misread, number=number):
            surest_first = misread[np.argsort(-certainty, kind="stable")]
            return (100 * surest_first.cumsum() / np.arange(1, number + 1))[::-1]

        wanted = curve(best - second)
        value = np.asarray(attempt(rejection_curve, scores.copy(), labels.copy()), float)
        expect(
            value.shape == (number,), f"the shape is {value.shape}; {number} digits want {number} numbers."
        )
        hints = (
            (wanted / 100, "that is a fraction; the error should be in percent."),
            (wanted[::-1], "turned round: the first number is the error when nothing is turned away."),
            (curve(second - best), "the most certain are turned away first; start with the least certain."),
            (curve(best), "certainty is the lead over the second best, not the best score itself."),
            (wanted * np.arange(number, 0, -1) / number, "divide by the digits that are kept, not by all."),
        )
        for other, hint in hints:
            expect(np.allclose(value, wanted) or not np.allclose(value, other), hint)
        expect_close(value, wanted, "the errors are off. What is misread among those that are kept?")


@exercise
def check_tangent(tangent) -> None:
    """Marks `tangent(picture, u, v)` on random pictures and fields."""
    generator = np.random.default_rng()
    for shape in ((16, 16), (7, 11)):
        picture, u, v = generator.normal(size=(3, *shape))
        value = np.asarray(attempt(tangent, picture.copy(), u.copy(), v.copy()), float)
        expect(value.shape == shape, f"the shape is {value.shape}; a tangent is a picture, {shape}.")
        down, right = np.gradient(picture)
        wanted = u * right + v * down
        hints = (
            (
                u * down + v * right,
                "exchanged: np.gradient returns the derivative along the rows' axis, down, first.",
            ),
            (
                -wanted,
                "the sign is turned round: at (x + εu, y + εv) the picture grows with u times its slope.",
            ),
            (picture + wanted, "that is the deformed picture; only the derivative is asked for."),
            (right + down, "u and v say how far each pixel looks."),
        )
        for other, hint in hints:
            expect(not np.allclose(value, other), hint)
        expect_close(value, wanted, "the derivative is off; it is a chain rule with two terms.")


@exercise
def check_one_sided(one_sided) -> None:
    """Marks `one_sided(point, basis, others)`: N squared distances from a plane."""
    generator = np.random.default_rng()
    for pixels, ways in ((20, 7), (9, 2)):
        point, others = generator.normal(size=pixels), generator.normal(size=(5, pixels))
        basis = np.linalg.qr(generator.normal(size=(pixels, ways)))[0].T
        value = np.asarray(attempt(one_sided, point.copy(), basis.copy(), others.copy()), float)
        expect(value.shape == (5,), f"the shape is {value.shape}; five stored pictures want five distances.")
        apart = others - point
        along = (apart @ basis.T) ** 2
        wanted = (apart**2).sum(axis=1) - along.sum(axis=1)
        whole = (others**2).sum(axis=1) - ((others @ basis.T) ** 2).sum(axis=1)
        hints = (
            (np.sqrt(wanted), "the squared distance is asked for; leave the root out."),
            ((apart**2).sum(axis=1), "that is the plain distance; the plane can take a part of it."),
            (along.sum(axis=1), "that is the part *in* the plane; what is left is asked for."),
            (whole, "measure from the point: the plane does not go through 0."),
        )
        for other, hint in hints:
            expect(not np.allclose(value, other), hint)
        expect_close(value, wanted, "the distances are off. With an orthonormal basis this is Pythagoras.")
