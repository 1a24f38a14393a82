"""Which statements of a notebook are run for the marks, which cells of the chapter, and which trainings."""

import keras
import numpy as np
import pytest

from lenet_utils.distortions import distort
from teaching.grading import slicing, training_cache


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["answer = 1\nother = 2"], ["answer = 1"]),
        (["answer = helper(2)", "def helper(x):\n    return factor * x", "factor = 3"], [0, 1, 2]),
        (["answer = []", "fill_up(answer)", "def fill_up(x):\n    x.append(1)"], [0, 1, 2]),
        (["def answer(x): ...", "print(answer(3))", "plot(answer)"], [0]),
        (["def answer(x): ...", "x: int = 3", "checks.check_it(answer)", "assert check_it(answer)"], [0]),
        (["answer = 1", "no Python", "from other import *"], [0, 1, 2]),
        (["import numpy as np", "answer = np.zeros(3)", "np.random.seed(0)", "answer[0] += 1"], [0, 1, 3]),
    ],
)
def test_of_a_students_statements_those_are_run_that_bear_on_the_answer(cells, kept):
    wanted = [cells[each] if isinstance(each, int) else each for each in kept]
    assert slicing.relevant_statements(cells, {"answer"}) == [
        statement.replace("def answer(x): ...", "def answer(x):\n    ...") for statement in wanted
    ]


@pytest.mark.parametrize(
    ("chapter", "kept"),
    [
        (["answer = 1", "other = 2", "answer = 3", "print(answer)"], [2]),
        (["factor = 2", "def answer(x):\n    return factor * x", "factor = 3"], [1, 2]),
        (["model = build()", "model.fit(x)", "model.predict(x)", "answer = model"], [0, 1, 3]),
        (["answer = x", "x = 1", "model.fit(x)", "import training\ntraining.fit(model, x)"], [0]),
        (["x = 1", "model.fit(x)", "training.fit(model, x)", "answer = x"], [0, 2, 3]),
        (["start = 1\nslow()", "start = 2\nanswer = start"], [1]),
        (["start = 1", "if True:\n    start = 2\nanswer = start"], [0, 1]),
        (["total = 1", "total += 2\nanswer = total"], [0, 1]),
        (["total = 1", "total = 0\ntotal += 2\nanswer = total"], [1]),
    ],
)
def test_of_a_chapters_cells_those_are_run_that_give_what_an_answer_needs(chapter, kept):
    assert slicing.backward_slice(chapter, {"answer"}) == [chapter[number] for number in kept]


class OwnLayer(keras.layers.Dense):
    """A student's, which may compute anything."""


def network(kind=keras.layers.Dense, first=0.5):
    start = keras.initializers.Constant(first)
    return keras.Sequential(
        [keras.Input((3,)), kind(2, kernel_initializer=start, name="only")], name="network"
    )


def test_the_same_training_is_made_once_for_all_submissions(tmp_path):
    trained = []

    def fit(model, x, y, epochs=10, validation=None, augment=None, loss="mse"):
        trained.append(epochs)
        model.set_weights([2 * weights for weights in model.get_weights()])
        return {"loss": [epochs]}

    once, x, y = training_cache.with_cache(fit, tmp_path), np.eye(3), np.arange(3)
    for again in (False, True):
        model = network()
        history = once(model, x, y, 4, validation=(x, y), augment=distort)
        assert history == {"loss": [4]}
        assert (model.get_weights()[0] == 1).all()
        assert model.compiled == again  # what was looked up can be evaluated, as what `fit` has compiled
    assert trained == [4]

    once(network(), x, y, epochs=5)  # for longer
    once(network(first=0.25), x, y, 4, validation=(x, y), augment=distort)  # from other weights
    once(network(), x + 1, y, 4, validation=(x, y), augment=distort)  # on other pictures
    assert trained == [4, 5, 4, 4]

    for own in (dict(model=network(OwnLayer)), dict(model=network(), augment=lambda x, generator: x)):
        for _ in range(2):  # nobody knows what they do
            once(**own, x=x, y=y, epochs=6)
    assert trained == [4, 5, 4, 4, 6, 6, 6, 6]
