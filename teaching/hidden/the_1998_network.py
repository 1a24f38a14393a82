"""What the autograder asks beyond the checks of the chapter *the-1998-network*: other cases, under the same names."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close
from lenet_utils.checks.the_1998_network import given_code


def _fresh():
    return np.random.default_rng()


@exercise(asks="at the threshold")
def check_read_distances(answer) -> None:
    """One row and many, whole numbers, and a nearest bitmap exactly as far as the threshold, which is near enough."""
    generator = _fresh()
    for rows in (1, 7, 500):
        distances = generator.permuted(np.tile(np.arange(10) + 1, (rows, 1)), axis=1) * generator.integers(
            1, 30, (rows, 1)
        )
        given = distances.copy()
        for threshold in (0, 1, 7, 12, 29, 1_000):
            value = np.asarray(attempt(answer, given, threshold))
            expect(value.shape == (rows,), f"the shape is {value.shape} for {rows} rows of distances.")
            for row, said in zip(distances, value, strict=True):
                nearest = int(row.argmin())
                wanted = nearest if row[nearest] <= threshold else -1
                expect(
                    said == wanted, f"at a threshold of {threshold} a row is read as {said}, not {wanted}."
                )
        expect(np.array_equal(given, distances), "it changes the distances that it was given.")


@exercise(asks="near and far")
def check_rubbish(answer) -> None:
    """Distances of every size against sums of logarithms; the eleven probabilities add up to 1."""
    generator = _fresh()
    for scale in (0.1, 3, 100, 1e4, 1e6):
        for rows in (1, 9):
            distances = generator.uniform(0, scale, (rows, 10))
            for j in (0.0, float(np.median(distances)), float(distances.min()) + 1, 2 * scale):
                total = np.logaddexp(-j, np.logaddexp.reduce(-distances, axis=1))
                with np.errstate(all="ignore"):
                    value = np.asarray(attempt(answer, distances.copy(), j), float)
                expect_close(value, np.exp(-j - total), f"for distances up to {scale:g} and j = {j:.4g}.")


@exercise(asks="place by place")
def check_pooling_curvature(answer) -> None:
    """One map, maps that are not square, and curvatures below zero, which a long way from the minimum there are."""
    generator = _fresh()
    for shape in ((1, 1, 1, 1), (3, 5, 2, 6), (2, 1, 7, 1)):
        upstream = generator.normal(size=shape)
        given = upstream.copy()
        value = np.asarray(attempt(answer, given), float)
        expect(np.array_equal(given, upstream), "it changes the curvatures that it was given.")
        wanted = np.kron(upstream, np.ones((1, 2, 2, 1))) * (1 / 4) ** 2
        expect_close(value, wanted, f"for outputs of shape {shape} it is off.")


@exercise(asks="against second differences")
def check_top_curvature(answer) -> None:
    """Centres anywhere, one picture or several; E itself is moved a little, up and down, along single cells."""
    generator, step = _fresh(), 1e-3
    for rows in (1, 3):
        centres = generator.normal(0, 0.8, (10, 84))
        x = centres[:rows] + 0.5 * (centres[rows : 2 * rows] - centres[:rows])
        x = x + generator.normal(0, 0.05, x.shape)
        for j in (1.0, float(((x[0] - centres[0]) ** 2).sum()), 300.0):

            def loss(x, centres=centres, j=j):
                y = ((x[:, None] - centres) ** 2).sum(axis=2)
                return y[:, 4] + np.logaddexp(-j, np.logaddexp.reduce(-y, axis=1))

            value = np.asarray(attempt(answer, x.copy(), centres.copy(), j), float)
            expect(value.shape == x.shape, f"the shape is {value.shape}; it should be {x.shape}.")
            for cell in generator.choice(84, 8, replace=False):
                move = step * np.eye(84)[[cell]]
                wanted = (loss(x + move) - 2 * loss(x) + loss(x - move)) / step**2
                expect_close(value[:, cell], wanted, f"for j = {j:.4g} it is off.", tolerance=2e-3)
    far = np.asarray(attempt(answer, 40 * np.ones((2, 84)), centres, 5.0), float)
    expect_close(
        far, np.full((2, 84), 2.0), "very far from everything only the distance to the code is curved."
    )


@exercise(asks="counted again")
def check_codes(answer, class_number) -> None:
    """Ten codes of ±1, one of them given, every two at least 40 cells apart: by products in place of comparisons."""
    codes = np.asarray(attempt(answer), float)
    expect(codes.shape == (10, 84), f"the shape is {codes.shape}.")
    expect(set(np.unique(codes)) == {-1.0, 1.0}, "the cells are not +1 and −1.")
    digit, given = given_code(class_number)
    expect(codes[digit] @ given == 84, f"the code of {digit} is not the one that was given.")
    differing = (84 - codes @ codes.T) / 2
    expect(differing[~np.eye(10, dtype=bool)].min() >= 40, "two codes are less than 40 cells apart.")
