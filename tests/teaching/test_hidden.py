"""The hidden tests of each chapter: its own solution passes, the untouched stub is no answer, and wrong ones fail.

Solutions and stubs are taken from the chapter as an autograder takes what it needs: statement by statement, and no
more of them than the answer reads.
"""

import ast
import re
from functools import cache
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("otter")

from lenet_utils.models import alexnet_cifar10, lenet5
from scripts.chapters import list_chapters, read_chapter, tags_of
from teaching.exercises import find_exercises
from teaching.grading import slicing
from teaching.student_notebook import make_answer_key
from tests.exercises.answers import CONVERTED

CHAPTERS = [chapter for chapter in list_chapters() if chapter not in CONVERTED]
GIVEN = {"small_solution": "from lenet_utils.models import lenet5\nrobust = lenet5(weights='mnist')"}
"""In place of what a chapter trains for minutes."""


@cache
def exercises(chapter):
    return {each.check: each for each in find_exercises(read_chapter(chapter)) if each.check}


def module(chapter, hidden=True):
    return import_module(
        ("teaching.hidden." if hidden else "lenet_utils.checks.") + chapter.replace("-", "_")
    )


def statements(cell):
    """A cell's statements without its questions to a check."""
    return [ast.unparse(node) for node in slicing.remove_checks(cell.source).body]


def answers(chapter, check, tag, class_number):
    """What the chapter's stub or solution hands in to a check."""
    notebook = make_answer_key(read_chapter(chapter), class_number)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    asks = re.compile(rf"(?:assert |\w+ = )?(?:\w+\.)?{check}\((.*)\)$", re.MULTILINE)
    number, names = next(
        (number, found[1].split(", "))
        for number, cell in enumerate(code)
        if tag in tags_of(cell) and (found := asks.search(ast.unparse(ast.parse(cell.source))))
    )
    sources = [statement for cell in code[:number] for statement in statements(cell)]
    sources += [GIVEN[name] for name in names if name in GIVEN] + statements(code[number])
    namespace = {"__name__": "answers"}
    for source in slicing.backward_slice(sources, set(names)):
        exec(source, namespace)
    return [namespace[name] for name in names]


ALL = [
    pytest.param(chapter, check, id=f"{chapter}-{check}")
    for chapter in CHAPTERS
    for check in exercises(chapter)
]
WITH_CLASS = [case for case in ALL if "CLASS" in exercises(case.values[0])[case.values[1]].arguments]


def test_every_check_has_a_hidden_test_and_every_chapter_an_exercise_with_a_class_number():
    for chapter in CHAPTERS:
        found = {name for name in vars(module(chapter)) if name.startswith("check_")}
        assert found == exercises(chapter).keys()
        assert chapter in [case.values[0] for case in WITH_CLASS]


@pytest.mark.parametrize(("chapter", "check"), WITH_CLASS)
def test_every_class_has_an_answer_of_its_own(chapter, check):
    for class_number in (2031, 1, 7_040_125):
        handed_in = answers(chapter, check, "solution", class_number)
        assert getattr(module(chapter, hidden=False), check)(*handed_in) is True, class_number
        assert getattr(module(chapter), check)(*handed_in) is True, class_number
    *handed_in, _ = answers(chapter, check, "solution", 2027)
    for class_number in (2026, 2028, 2031):
        for hidden in (False, True):
            assert getattr(module(chapter, hidden), check)(*handed_in, class_number) is False, class_number


@pytest.mark.parametrize(("chapter", "check"), ALL)
def test_what_is_no_answer(chapter, check):
    """The untouched stub, and absurd values."""
    stub = answers(chapter, check, "exercise", 2027)
    assert getattr(module(chapter), check)(*stub) is None
    for absurd in ("nonsense", np.zeros((2, 3)), lambda *_: np.full((3, 1), np.nan), object()):
        assert getattr(module(chapter), check)(absurd, *stub[1:]) is False, absurd


def only_for(right, *cases):
    """A function that is right for the cases which the visible check is known to ask about, and for no others."""
    return lambda *arguments: right(*arguments) if arguments in cases else 0 * right(*arguments)


def symmetric(picture):
    """The same ink, the same middle, another digit."""
    middle = picture[1:, 1:]
    return np.pad(middle[::-1, ::-1], ((1, 0), (1, 0)))


def strided(model):
    """Max pooling over 3×3 in place of 2×2: as many parameters, and maps of the same sides."""
    import keras

    def other(layer):
        settings = layer.get_config()
        if "pool_size" in settings:
            settings |= {"pool_size": (3, 3), "strides": (2, 2), "padding": "same"}
        return type(layer).from_config(settings)

    return keras.models.clone_model(model, clone_function=other)


def made_louder(model):
    """What gets lost on the way is made good by the last but one layer alone."""
    fc7 = model.get_layer("fc7")
    for factor in np.geomspace(1, 1e6, 25):
        fc7.kernel.assign(fc7.kernel * (1.8 if factor > 1 else 1))
        if module("alexnet-on-cifar10", hidden=False).check_signal_survives(model):
            break
    return model


def linear_c1(network_of_1998):
    model = network_of_1998()
    model.get_layer("C1").activation = lambda x: x
    return lambda: model


WRONG = {
    ("architecture", "check_input_side"): lambda right: [
        [lambda n: {1: 32, 2: 36, 5: 48, 9: 64}.get(n, 32)],
        [lambda n: 32 * n],
    ],
    ("architecture", "check_count_convolution"): lambda right, value, number: [
        [lambda *sizes: right(*sizes) if min(sizes) > 1 else (0, 0), value, number],
        [right, value + 1, number],
    ],
    ("architecture", "check_padding_connections"): lambda right: [
        [only_for(right, (28, 5, 6), (9, 3, 1), (11, 7, 4))],
        [lambda side, kernel, maps: maps * (side * kernel) ** 2 - right(side, kernel, maps)],
    ],
    ("architecture", "check_small_kernels"): lambda right: [[lenet5], [SimpleNamespace(layers=[])]],
    ("architecture", "check_network_of_1998"): lambda right: [[linear_c1(right)], [lenet5]],
    ("implementation", "check_error_percent"): lambda right: [
        [
            lambda probabilities, labels: (
                right(probabilities, labels) if len(labels) in (10, 200, 37) else 50.0
            )
        ],
        [lambda probabilities, labels: 100 - right(probabilities, labels)],
    ],
    ("implementation", "check_slim_lenet"): lambda right, parameters, number: [
        [right, parameters + 1, number],
        [lambda: strided(right()), parameters, number],
        [lenet5, parameters, number],
    ],
    ("implementation", "check_warm_cosine"): lambda right: [
        [lambda step, steps, *rest: right(step, steps, *rest) if steps in (1000, 640, 300) else 0.0],
        [lambda step, steps, peak, warm_up: right(step, steps + 1, peak, warm_up)],
    ],
    ("implementation", "check_soften"): lambda right: [
        [lambda p, temperature: right(p, temperature if temperature in (1.0, 2.0, 0.5, 1.37) else 1.0)],
        [lambda p, temperature: right(p, 1 / temperature)],
    ],
    ("implementation", "check_small_and_good"): lambda right, x, y: [
        [lenet5(weights="mnist"), x, y],
        [SimpleNamespace(count_params=lambda: 1, predict=lambda *_, **__: np.eye(10)[y]), x, y],
    ],
    ("the-1998-network", "check_read_distances"): lambda right: [
        [lambda y, threshold: np.where(y.min(axis=1) >= threshold, -1, y.argmin(axis=1))],
        [lambda y, threshold: right(y, threshold) if len(y) == 40 else y.argmin(axis=1)],
    ],
    ("the-1998-network", "check_rubbish"): lambda right: [
        [lambda y, j: np.exp(-j) / (np.exp(-j) + np.exp(-y).sum(axis=1))],
        [lambda y, j: 1 / (1 + np.exp(j - y).sum(axis=1)) if j < 1_000 else np.zeros(len(y))],
    ],
    ("the-1998-network", "check_pooling_curvature"): lambda right: [
        [lambda upstream: np.abs(right(upstream))],
        [lambda upstream: 4 * right(upstream)],
    ],
    ("the-1998-network", "check_top_curvature"): lambda right: [
        [lambda x, centres, j: right(x, centres, j) if len(x) == 4 else np.full_like(x, 2)],
        [lambda x, centres, j: right(x, np.sign(centres), j)],
    ],
    ("the-1998-network", "check_codes"): lambda right, number: [
        [right() * right()[0], number],
        [right()[::-1], number],
    ],
    ("rivals", "check_perceptron_price"): lambda right: [
        [lambda sizes: (right(sizes)[0], right(sizes)[1] if len(sizes) < 6 else 0)],
        [lambda sizes: (right(sizes)[0],) * 2],
    ],
    ("rivals", "check_slant"): lambda right: [
        [lambda picture: right(picture) if picture.shape in ((28, 28), (9, 14)) else 0.0],
        [lambda picture: -right(picture)],
    ],
    ("rivals", "check_k_votes"): lambda right: [
        [lambda distances, labels, k: right(distances, labels, k) if len(labels) == 50 else labels[:1]],
        [lambda distances, labels, k: right(distances, labels, k - (k % 2 == 0))],
    ],
    ("rivals", "check_mcnemar_p"): lambda right, uneven, number: [
        [right, (uneven[0] - 1, uneven[1] + 1), number],
        [lambda a, b: right(a, b) if a + b < 120 else 0.0, uneven, number],
    ],
    ("rivals", "check_rejection_curve"): lambda right: [
        [lambda scores, y: right(scores, y) if len(y) in (40, 25) else np.zeros(len(y))],
        [lambda scores, y: right(scores, y)[::-1]],
    ],
    ("rivals", "check_tangent"): lambda right: [
        [lambda picture, u, v: right(picture, u, v) if picture.shape in ((16, 16), (7, 11)) else u * v],
        [lambda picture, u, v: right(picture, v, u)],
    ],
    ("rivals", "check_one_sided"): lambda right: [
        [lambda point, basis, others: right(point, basis, others) if len(others) == 5 else np.zeros(1)],
        [lambda point, basis, others: right(0 * point, basis, others)],
    ],
    ("from-1998-to-today", "check_relu"): lambda right: [
        [lambda a: (right(a)[0], (np.asarray(a) >= 0).astype(float))],
        [lambda a: right(a) if np.abs(a).max(initial=0) < 100 else (a, a)],
    ],
    ("from-1998-to-today", "check_rate"): lambda right, quiet, number: [
        [right, quiet + 1, number],
        [lambda t, steps, *plan: right(t, steps, *plan) if steps >= 200 else 0.0, quiet, number],
        [lambda t, steps, warm_up, peak: right(t, steps - 1, warm_up, peak), quiet, number],
    ],
    ("from-1998-to-today", "check_paired_t"): lambda right: [
        [lambda before, after: right(before, after) if len(after) in (30, 2000) else 0.0],
        [lambda before, after: abs(right(before, after))],
    ],
    ("from-1998-to-today", "check_fold"): lambda right: [
        [lambda kernel, *rest: right(kernel, *rest) if kernel.shape[:2] == (3, 2) else (kernel, rest[0])],
        [lambda kernel, bias, *rest: (right(kernel, bias, *rest)[0], bias)],
    ],
    ("from-1998-to-today", "check_smooth_field"): lambda right: [
        [lambda height, width, smoothness, generator: right(height, width, 2.0, generator)],
        [lambda height, width, smoothness, generator: 1.3 * right(height, width, smoothness, generator)],
    ],
    ("from-1998-to-today", "check_judge"): lambda right: [
        [lambda *study: "undecided"],
        [lambda before, after, *shares: "better" if after.mean() < before.mean() else "worse"],
    ],
    ("inside-the-network", "check_field_of_s4"): lambda right, units, number: [
        [lambda i, j: (2 * i, 2 * j, 14), units, number],
        [right, units[1:], number],
    ],
    ("inside-the-network", "check_keyhole_map"): lambda right: [
        [
            lambda score, picture, side=10, background=-0.1: right(
                score, picture, side, background if side == 4 else 0
            )
        ],
        [lambda score, picture, side, background: right(score, picture, side, background).T],
    ],
    ("inside-the-network", "check_integrated_gradients"): lambda right: [
        [lambda gradient, picture, baseline, steps=50: right(gradient, picture, baseline, 400)],
        [lambda gradient, picture, baseline, steps=50: (picture - baseline) * gradient(picture)],
    ],
    ("inside-the-network", "check_remove_units"): lambda right: [
        [lambda *arrays: right(*arrays) if arrays[0].shape == (7, 9) else arrays[:4]],
        [lambda *arrays: (*right(*arrays)[:3], arrays[3])],
    ],
    ("pros-and-cons", "check_bytes_on_disk"): lambda right: [
        [lambda shapes, bits: right(shapes, bits) if (120, 84) in shapes else 0],
        [lambda shapes, bits: -(-sum(map(np.prod, shapes)) * bits // 8) + 4 * len(shapes)],
    ],
    ("pros-and-cons", "check_strip_costs"): lambda right, saved, number: [
        [right, saved + 4, number],
        [lambda width: (right(width)[0] + (width < 60), right(width)[1]), saved, number],
    ],
    ("pros-and-cons", "check_dense_as_convolution"): lambda right: [
        [lambda kernel, height, width: right(kernel, width, height).swapaxes(0, 1)],
        [lambda kernel, height, width: right(kernel[::-1], height, width)],
    ],
    ("pros-and-cons", "check_read_row"): lambda right: [
        [lambda scores, threshold=0.5, reach=3: right(scores, threshold + 1e-9, reach)],
        [lambda scores, threshold=0.9, reach=3: right(scores, threshold, reach)],
    ],
    ("pros-and-cons", "check_averaged"): lambda right: [
        [lambda predict, x, shifts: right(predict, x, shifts[:3])],
        [lambda predict, x, shifts: right(predict, x, [shift[::-1] for shift in shifts])],
    ],
    ("alexnet-on-cifar10", "check_parameters"): lambda convolution, dense, fc6, number: [
        [convolution, dense, fc6 + 1, number],
        [lambda i, o, kernel: convolution(i, o, kernel) if kernel in (3, 5) else 0, dense, fc6, number],
    ],
    ("alexnet-on-cifar10", "check_dropout"): lambda right: [
        [lambda x, rate, generator: np.abs(right(x, rate, generator))],
        [lambda x, rate, generator: x * (generator.random(x.shape) >= rate)],
    ],
    ("alexnet-on-cifar10", "check_overlapping_pooling"): lambda right: [
        [lambda feature_map: np.maximum(right(feature_map), 0)],
        [lambda feature_map: right(feature_map) if len(feature_map) > 6 else feature_map],
    ],
    ("alexnet-on-cifar10", "check_signal_survives"): lambda right: [[lambda: made_louder(alexnet_cifar10())]],
    ("alexnet-on-cifar10", "check_mirror_and_shift"): lambda right: [
        [lambda pictures, generator, most=4: generator.permutation(right(pictures, generator, most))],
        [lambda pictures, generator, most=4: right(pictures, generator, 2)],
    ],
}


@pytest.mark.parametrize(("chapter", "check"), ALL)
def test_the_solution_passes_and_wrong_answers_fail(chapter, check):
    right = answers(chapter, check, "solution", 2027)
    for _ in range(3):  # inputs are drawn anew each time
        assert getattr(module(chapter), check)(*right) is True
    for wrong in WRONG[chapter, check](*right):
        assert getattr(module(chapter), check)(*wrong) is False
