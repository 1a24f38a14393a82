"""Right answers pass, and wrong answers fail with a hint."""

import numpy as np
import pytest

from lenet_utils.checks.pros_and_cons import (
    check_averaged,
    check_bytes_on_disk,
    check_dense_as_convolution,
    check_read_row,
    check_strip_costs,
)
from lenet_utils.distortions import transform


def right_bytes(shapes, bits):
    return sum(-(-int(np.prod(shape)) * bits // 8) + 4 for shape in shapes)


def bits_not_bytes(shapes, bits):
    return sum(int(np.prod(shape)) * bits + 32 for shape in shapes)


def without_steps(shapes, bits):
    return sum(-(-int(np.prod(shape)) * bits // 8) for shape in shapes)


def one_heap(shapes, bits):
    return -(-sum(int(np.prod(shape)) for shape in shapes) * bits // 8) + 4


def sum_of_sides(shapes, bits):
    return sum(-(-sum(shape) * bits // 8) + 4 for shape in shapes)


def fractions_of_bytes(shapes, bits):
    return sum(int(np.prod(shape)) * bits / 8 + 4 for shape in shapes)


def right_costs(width, step=4, biases=0, missing=0):
    c1 = width - 4
    c3 = c1 // 2 - 4
    c5 = c3 // 2 - 4
    sliding = 28 * c1 * 6 * (25 + biases) + 10 * c3 * 16 * (150 + biases)
    sliding += c5 * (120 * (400 + biases) + 84 * (120 + biases) + 10 * (84 + biases))
    windows = c5 if step == 4 else width - 31
    return sliding, (windows - missing) * 416_520


def saved(width):
    sliding, one_by_one = right_costs(width)
    return one_by_one - sliding


def costs_of_2027(answer):
    return check_strip_costs(answer, saved(2059), 2027)


def saved_by_2027(answer):
    return check_strip_costs(right_costs, answer, 2027)


def test_what_one_class_saves_is_wrong_for_another():
    assert check_strip_costs(right_costs, saved(33), 1) is True
    assert len({saved(32 + number) for number in range(2000, 2100)}) == 100
    assert not any(check_strip_costs(right_costs, saved(2059), number) for number in range(2028, 2040))


def costs_without_pooling(width):
    c5 = (width - 32) // 4 + 1
    return 28 * (width - 4) * 150 + 10 * (width - 8) * 2400 + c5 * 58_920, c5 * 416_520


def right_convolution(kernel, height, width):
    return kernel.reshape(height, width, -1, kernel.shape[1])


def channels_first(kernel, height, width):
    return kernel.reshape(-1, height, width, kernel.shape[1]).transpose(1, 2, 0, 3)


def columns_first(kernel, height, width):
    return kernel.reshape(width, height, -1, kernel.shape[1]).transpose(1, 0, 2, 3)


def reader(suppress=True, left_to_right=True, copy=True, text=True, edge=True, past=0):
    def read_row(scores, threshold=0.5, reach=3):
        strength, found = scores.max(axis=1), {}
        if not copy:
            scores[:] = scores[::-1].copy()[::-1] + 1
            scores -= 2
        while strength.max() >= threshold:
            place = int(strength.argmax())
            found[place] = int(scores[place].argmax())
            first = place - reach if not edge else max(0, place - reach)
            if suppress:
                strength[first : place + reach + 1 + past] = -1
            strength[place] = -1
        answer = [found[place] for place in (sorted(found) if left_to_right else found)]
        return "".join(map(str, answer)) if text else answer

    return read_row


def first_come(scores, threshold=0.5, reach=3):
    answer, free = "", 0
    for place, row in enumerate(scores):
        if place >= free and row.max() >= threshold:
            answer, free = answer + str(row.argmax()), place + reach + 1
    return answer


def repeats_merged(scores, threshold=0.5, reach=3):
    answer = reader()(scores, threshold, reach)
    return "".join(digit for i, digit in enumerate(answer) if i == 0 or digit != answer[i - 1])


def right_average(predict, x, shifts):
    return np.mean([predict(transform(x, shift=shift)) for shift in shifts], axis=0)


def summed(predict, x, shifts):
    return len(shifts) * right_average(predict, x, shifts)


def down_and_right(predict, x, shifts):
    return right_average(predict, x, [shift[::-1] for shift in shifts])


def average_of_pictures(predict, x, shifts):
    return predict(np.mean([transform(x, shift=shift) for shift in shifts], axis=0))


def all_answers(predict, x, shifts):
    return np.stack([predict(transform(x, shift=shift)) for shift in shifts])


def largest(predict, x, shifts):
    return all_answers(predict, x, shifts).max(axis=0)


RIGHT = [
    (check_bytes_on_disk, right_bytes),
    (costs_of_2027, right_costs),
    (saved_by_2027, saved(2059)),
    (check_dense_as_convolution, right_convolution),
    (check_read_row, reader()),
    (check_averaged, right_average),
]


@pytest.mark.parametrize(("check", "right"), RIGHT)
def test_right(check, right):
    assert check(right) is True


def test_untouched_pair():
    assert costs_of_2027(lambda width: (..., ...)) is None


@pytest.mark.parametrize(
    ("check", "wrong", "hint"),
    [
        (check_bytes_on_disk, bits_not_bytes, "number of bits"),
        (check_bytes_on_disk, without_steps, "step"),
        (check_bytes_on_disk, one_heap, "of its own"),
        (check_bytes_on_disk, sum_of_sides, "product"),
        (check_bytes_on_disk, fractions_of_bytes, "whole"),
        (costs_of_2027, lambda width: 416_520, "two numbers"),
        (costs_of_2027, lambda width: right_costs(width, missing=1), "one window is missing"),
        (costs_of_2027, lambda width: right_costs(width, step=1), "four pixels apart"),
        (costs_of_2027, lambda width: right_costs(width, biases=1), "biases"),
        (costs_of_2027, costs_without_pooling, "both ways cost the same"),
        (costs_of_2027, lambda width: right_costs(width)[1:] * 2, "number of columns"),
        (saved_by_2027, ..., "what is saved"),
        (saved_by_2027, right_costs(2059), "one number"),
        (saved_by_2027, right_costs(2059)[0], "difference"),
        (saved_by_2027, -saved(2059), "sign"),
        (saved_by_2027, saved(2027), "32 pixels wider"),
        (saved_by_2027, 1, "2059 pixels"),
        (check_dense_as_convolution, lambda kernel, height, width: kernel, "four axes"),
        (check_dense_as_convolution, lambda kernel, height, width: kernel[None, None], "shape"),
        (check_dense_as_convolution, channels_first, "channels first"),
        (check_dense_as_convolution, columns_first, "order"),
        (check_dense_as_convolution, lambda kernel, height, width: kernel[:1, :, None, None], "lost"),
        (check_read_row, reader(suppress=False), "next to each other"),
        (check_read_row, reader(left_to_right=False), "left to right"),
        (check_read_row, repeats_merged, "far apart"),
        (check_read_row, reader(text=False), "string"),
        (check_read_row, reader(copy=False), "copy"),
        (check_read_row, reader(edge=False), "edge"),
        (check_read_row, reader(past=1), "out of reach"),
        (check_read_row, first_come, "largest score"),
        (check_averaged, summed, "sum"),
        (check_averaged, down_and_right, "exchanged"),
        (check_averaged, average_of_pictures, "average the answers"),
        (check_averaged, all_answers, "shape"),
        (check_averaged, largest, "mean"),
    ],
)
def test_wrong(check, wrong, hint, capsys):
    assert check(wrong) is False
    assert hint in capsys.readouterr().out
