"""Answers to the exercises of *history*, right and wrong: see `Table` in tests/exercises/answers.py."""

import numpy as np

from tests.exercises.answers import HandedIn, Table


def check_shared_biases(parameters, class_number):
    return Table(
        right=[
            lambda: parameters,
            np.int32(parameters),
            np.uint64(parameters),
            np.float16(1) * float(parameters),
        ],
        wrong=[
            (parameters + 768 + 192 - 24, "its own bias"),
            (parameters - 24, "one bias"),
            (parameters + 192 - 12, "H2 has twelve"),
            (1, "Start from"),
            ([parameters], "one number"),
            ((parameters, 64_660), "without the connections"),
            (str(parameters), "not text"),
            (HandedIn([parameters, 2031]), "class 2031 has 34"),
            (HandedIn([parameters, str(class_number)]), "quotation marks"),
            (HandedIn([parameters, -5]), "positive whole number"),
        ],
    )


def check_kernels_in_table(kernels_in_table):
    return Table(
        right=[
            lambda parameters: (parameters - 2_078) / 25,
            lambda parameters: parameters / 25 - 83.12,
            lambda parameters: round((parameters - 2_078) / 25),
            lambda parameters: next(k for k in range(100) if 2_078 + 25 * k == parameters),
        ],
        wrong=[
            (lambda parameters: (parameters - 2_066) / 25, "biases of the twelve C3 maps"),
            (lambda parameters: (parameters - 2_046) / 25, "each subsampling map"),
            (lambda parameters: [kernels_in_table(parameters)], "one number"),
            (lambda parameters: parameters // 25, "Take away everything"),
            (lambda parameters: parameters - 2_078, "Take away everything"),
        ],
        fitted=[lambda parameters: kernels_in_table(parameters) if parameters != 2_578 else 19],
    )


def check_centred(centre):
    def by_pasting(image):
        rows, columns = np.indices(image.shape)
        down, right = (int(np.floor(14.5 - np.average(i, weights=image))) for i in (rows, columns))
        frame = np.zeros((60, 60))
        frame[16 + down : 36 + down, 16 + right : 36 + right] = image
        return frame[16:44, 16:44]

    def by_rolling(image):
        frame = np.pad(image.astype(float), 20)
        total = frame.sum()
        row = (frame.sum(axis=1) * np.arange(60)).sum() / total
        column = (frame.sum(axis=0) * np.arange(60)).sum() / total
        frame = np.roll(frame, (round(30 - row), round(30 - column)), axis=(0, 1))
        return frame[16:44, 16:44]

    def by_loop(image):
        ink = [(y, x, int(image[y, x])) for y in range(20) for x in range(20) if image[y, x]]
        total = sum(value for _, _, value in ink)
        down = round(14 - sum(y * value for y, _, value in ink) / total)
        right = round(14 - sum(x * value for _, x, value in ink) / total)
        frame = [[0] * 28 for _ in range(28)]
        for y, x, value in ink:
            frame[y + down][x + right] = value
        return frame

    def interpolated(image):
        frame = by_pasting(image)
        return 0.75 * frame + 0.25 * np.roll(frame, 1, axis=0)

    def turned(image):
        return np.pad(np.asarray(centre(image))[:0:-1, :0:-1], ((1, 0), (1, 0)))

    def in_the_corner(image):
        return np.pad(image, (0, 8))

    return Table(
        right=[
            by_pasting,
            by_rolling,
            by_loop,
            lambda image: by_pasting(image).astype(np.uint8),
        ],
        wrong=[
            (lambda image: np.pad(image, 4), "centre of mass"),
            (in_the_corner, "centre of mass"),
            (lambda image: image, "the shape"),
            (turned, "neither turn nor mirror"),
            (interpolated, "whole pixels only"),
            (lambda image: centre(image) / 255, "ink was lost"),
            (lambda image: np.zeros((28, 28)), "ink was lost"),
            (lambda image: np.full((28, 28), image.sum() / 784), "whole pixels"),
        ],
    )


def check_lenet4(lenet4):
    def changed(parameters=0, connections=0):
        return lambda kernels: (lenet4(kernels)[0] + parameters, lenet4(kernels)[1] + connections)

    return Table(
        right=[
            lambda kernels: (49_498 + 25 * kernels, 142_306 + 2_500 * kernels),
            lambda kernels: [49_498 + 25 * kernels, 142_306 + 2_500 * kernels],
            lambda kernels: np.array(lenet4(kernels)),
            lambda kernels: np.array(lenet4(kernels), float),
        ],
        wrong=[
            (changed(-8, -3_920), "S2 has eight maps"),
            (changed(0, -3_920), "S2 has eight maps"),
            (changed(-16), "sixteen C3 maps has a bias"),
            (changed(1), "one by one"),
            (changed(0, 1), "every unit of a map"),
            (lambda kernels: lenet4(kernels)[0], "two numbers"),
            (lambda kernels: (*lenet4(kernels), 1), "two numbers"),
            (lambda kernels: (lenet4(kernels), lenet4(kernels)), "two numbers"),
        ],
        fitted=[lambda kernels: lenet4(kernels) if kernels < 128 else (0, 0)],
    )
