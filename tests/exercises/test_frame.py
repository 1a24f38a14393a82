"""The frame of the checks: titles, verdicts, arguments, number types, known mistakes, and any console."""

import json
import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from lenet_utils import checks
from lenet_utils.checks import as_array, as_number, as_parts, attempt, exercise, expect, expect_close
from teaching.exercises import LISTED, list_checked_exercises


def verdict(examine, *answers, capsys):
    """What a check made of this function answers, in one line."""
    returned = exercise(examine)(*answers)
    line = capsys.readouterr().out.strip()
    assert "\n" not in line
    return returned, line


def test_the_titles_are_those_of_the_chapters():
    """After changing a heading: `python -m teaching.exercises`, which `make chapters` does, too."""
    assert json.loads(LISTED.read_text(encoding="utf-8")) == list_checked_exercises()
    listed = [name for exercises in checks.EXERCISES.values() for name in exercises]
    assert len(listed) == len(set(listed)) > 50


def test_a_check_announces_number_and_title(capsys):
    def check_output_size(answer):
        attempt(answer)

    title = checks.EXERCISES["mathematics"]["check_output_size"]["title"]
    assert verdict(check_output_size, 1, capsys=capsys)[1] == f"✓ Exercise 2, {title} right"
    exercise(asks="of whole networks")(check_output_size)(1)
    assert capsys.readouterr().out == f"✓ Exercise 2, {title} (of whole networks): right\n"

    def check_no_such_thing(answer):
        attempt(answer)

    assert verdict(check_no_such_thing, ..., capsys=capsys) == (None, "○ no such thing: not attempted yet")


def can_show(mark, encoding):
    return mark.encode(encoding, "ignore") != b""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "gbk", "utf-8"])
def test_a_check_answers_on_any_console(encoding):
    """Windows' consoles cannot show a check mark; the verdict comes in plain text then."""
    program = (
        "from lenet_utils.checks import mathematics as checks\n"
        "print([checks.check_max_pool(answer) for answer in (..., lambda maps: maps[:, ::2, ::2])])\n"
        "print(checks.check_lower_edge([[0, 0, 0], [0, 1, 0], [0, -1, 0]]), 'reached the end')"
    )
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    lines = done.stdout.decode(encoding).splitlines()
    plain = ("[not attempted]", "[wrong]", "[right]")
    for place, mark, word in zip((0, 1, 3), "○✗✓", plain, strict=True):
        shown = mark if can_show(mark, encoding) else word
        assert lines[place].startswith(f"{shown} Exercise"), lines[place]
    assert lines[2] == "[None, False]"
    assert lines[4] == "True reached the end"


def test_a_forgotten_return_is_not_called_an_untouched_stub(capsys):
    def check(answer):
        attempt(answer, 1)

    def documented(x):
        """What it should do."""
        ...

    def dots(x): ...

    def returns_dots(x):
        return ...

    def half_done(x):
        first = x
        return first, ...

    def not_implemented(x):
        raise NotImplementedError

    for stub in (documented, dots, returns_dots, half_done, not_implemented, lambda x: None, ..., None):
        assert verdict(check, stub, capsys=capsys)[0] is None

    def prints(x):
        print(x, end="")

    def one_branch(x):
        if x > 5:
            return x

    def no_return(x):
        x = x + 1

    for forgotten in (prints, one_branch, no_return):
        returned, line = verdict(check, forgotten, capsys=capsys)
        assert returned is False
        assert line.endswith("your function returns nothing: is there a return, in every branch?")


def test_a_value_is_no_function(capsys):
    assert (
        "hand in a function, not a value of type int"
        in verdict(lambda answer: attempt(answer, 1), 5, capsys=capsys)[1]
    )


@pytest.mark.parametrize("spoil", [
    lambda array, sizes, table: array.fill(0),
    lambda array, sizes, table: sizes.pop(),
    lambda array, sizes, table: table.update(a=1),
    lambda array, sizes, table: table["w"].sort(),
])  # fmt: skip
def test_an_answer_that_changes_its_arguments_is_told_so_and_spoils_nothing(spoil, capsys):
    array, sizes, table = np.array([1.0, np.nan]), [1, 2], {"w": np.array([2, 1])}

    def answer(*given):
        spoil(*given)
        return 1

    returned, line = verdict(lambda each: attempt(each, array, sizes, table), answer, capsys=capsys)
    assert returned is False
    assert line.endswith(checks.CHANGED)
    np.testing.assert_array_equal(array, [1.0, np.nan])
    assert sizes == [1, 2]
    assert table.keys() == {"w"}
    assert table["w"].tolist() == [2, 1]
    assert verdict(lambda each: attempt(each, array, sizes, table), lambda *_: 1, capsys=capsys)[0] is True


def test_generators_and_functions_are_handed_over_themselves():
    generator = np.random.default_rng(0)
    drawn = [attempt(lambda draw: draw.random(), generator) for _ in range(2)]
    assert drawn[0] != drawn[1]


def test_numbers_of_any_type_are_read():
    import tensorflow as tf

    for value in (17, 17.0, np.int8(17), np.float16(17), np.array(17), tf.constant(17), Fraction(17)):
        assert as_number(value) == 17
        assert isinstance(as_number(value), int)
        expect_close(value, 17, "")
        expect_close(value, 17.0, "")
    assert as_number(np.float32(0.5)) == 0.5
    with pytest.raises(checks.WrongError, match="not text"):
        as_number("17")
    with pytest.raises(checks.WrongError, match="one number"):
        as_number([17])
    for odd in ({}, [[1], [1, 2]], object(), 1j):
        with pytest.raises(checks.WrongError):
            as_array(odd)


def test_several_things_come_in_any_container():
    import tensorflow as tf

    for value in ((1, 2), [1, 2], np.array([1, 2]), tf.constant([1, 2])):
        assert [int(part) for part in as_parts(value, 2, "two")] == [1, 2]
    for value in (5, np.array(5), (1, 2, 3), {1, 2}, {1: 1, 2: 2}, "ab"):
        with pytest.raises(checks.WrongError, match="two"):
            as_parts(value, 2, "two")


def test_whole_numbers_are_exact_and_others_as_good_as_their_type():
    for value, wanted, right in [
        (142_307, 142_306, False),
        (142_306.0, 142_306, True),
        (142_305.9, 142_306, False),
        (np.float32(12_345_679), 12_345_678, False),
        (1.00001, 1.0, True),
        (1.0001, 1.0, False),
        (np.float32(1.0001), 1.0, False),
        (np.float32(1 / 3), 1 / 3, True),
        (np.float16(1 / 3), 1 / 3, True),
        (np.float32(1e-3), 1.1e-3, False),
        (np.nan, 1.0, False),
        (np.inf, np.inf, True),
        ([1, 2], [1, 2], True),
        ([[1, 2]], [1, 2], False),
    ]:
        if right:
            expect_close(value, wanted, "off", 1e-5)
        else:
            with pytest.raises(checks.WrongError, match="off"):
                expect_close(value, wanted, "off", 1e-5)


def test_a_known_mistake_counts_only_where_it_is_one():
    mistakes = {"the sum is not asked for": 10.0, "all of them": np.ones(3)}
    with pytest.raises(checks.WrongError, match="the sum is not"):
        expect_close(10, 5.0, "off", mistakes=mistakes)
    with pytest.raises(checks.WrongError, match="all of them"):
        expect_close([1, 1, 1], 5.0, "off", mistakes=mistakes)
    expect_close(10, 10.0, "off", mistakes=mistakes)


def test_an_error_is_told_in_one_short_line_and_blamed_on_whose_code_it_is(capsys):
    def long(*_):
        raise ValueError("\x1b[1mshapes differ\x1b[0m " + "x" * 20_000 + "\nsecond line")

    line = verdict(lambda answer: attempt(answer, 1), long, capsys=capsys)[1]
    assert "your code raised ValueError: shapes differ xxx" in line
    assert "\x1b" not in line
    assert "second" not in line
    assert len(line) < 300
    line = verdict(lambda answer: attempt(answer)["loss"], [1], capsys=capsys)[1]
    assert "the answer is not of the kind asked for: TypeError" in line
    line = verdict(lambda answer: attempt(answer), lambda: {}["a"], capsys=capsys)[1]
    assert "your code raised KeyError: 'a'" in line


def test_keras_errors_say_what_is_wrong(capsys):
    import keras

    def too_small():
        image = keras.Input((4, 4, 1))
        return keras.Model(image, keras.layers.Conv2D(1, 5)(image))

    line = verdict(lambda answer: checks.as_model(answer), too_small, capsys=capsys)[1]
    assert "your code raised ValueError: " in line
    assert "Exception encountered" not in line
    assert len(line) < 300
    model = keras.Sequential([keras.layers.Conv2D(1, 5)])
    for look in (checks.as_model, lambda model: model.output_shape, lambda model: model.inputs[0].shape):
        assert checks.NO_INPUT in verdict(look, model, capsys=capsys)[1]
    assert "a Keras model is asked for" in verdict(lambda a: checks.as_model(a), lambda: 5, capsys=capsys)[1]


@pytest.mark.parametrize("number", ["2027", -5, 0, 2027.5, None, True])
def test_a_class_number_that_is_none_gets_a_sentence(number, capsys):
    def examine(answer, class_number):
        expect(False, "not reached")

    returned, line = verdict(examine, 1, number, capsys=capsys)
    assert returned is False
    assert f"CLASS is {number!r}. It should be a positive whole number without quotation marks" in line
    with pytest.raises(ValueError, match="CLASS is"):
        checks.class_generator(number)


def test_a_class_draws_the_same_numbers_again():
    assert checks.class_generator(2027).random() == checks.class_generator(np.int64(2027)).random()
    assert checks.class_generator(2027).random() != checks.class_generator(2028).random()
    assert checks.fresh().random() != checks.fresh().random()
