"""The checks of the chapter *implementation*: right answers pass, wrong ones fail with a hint."""

import numpy as np
import pytest

from lenet_utils.checks import implementation as checks


def hint_of(check, answer, capsys, *rest) -> str:
    assert check(answer, *rest) is False
    return capsys.readouterr().out


# Exercise 1


def test_error_percent():
    assert checks.check_error_percent(lambda p, y: 100 * np.mean(p.argmax(axis=1) != y)) is True


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda p, y: 100 * np.mean(p.argmax(axis=1) == y), "accuracy"),
        (lambda p, y: np.mean(p.argmax(axis=1) != y), "fraction"),
        (lambda p, y: np.sum(p.argmax(axis=1) != y), "how many are wrong"),
        (lambda p, y: 100 * (p.argmax(axis=1) != y), "one number"),
        (lambda p, y: 100 * np.mean(p.argmin(axis=1) != y), "in each row"),
    ],
)
def test_error_percent_wrong(answer, hint, capsys):
    assert hint in hint_of(checks.check_error_percent, answer, capsys)


# Exercise 2


def slim(
    activation="tanh", pooling="MaxPooling2D", last="softmax", maps=(4, 12), units=(60, 40), side=32, kernel=5
):
    import keras
    from keras import layers

    pool = getattr(layers, pooling)
    return keras.Sequential(
        [
            keras.Input((side, side, 1)),
            layers.Conv2D(maps[0], kernel, padding="valid" if kernel == 5 else "same", activation=activation),
            pool(2),
            layers.Conv2D(maps[1], 5, activation=activation),
            pool(2),
            layers.Conv2D(units[0], 5, activation=activation),
            layers.Flatten(),
            layers.Dense(units[1], activation=activation),
            layers.Dense(10, activation=last),
        ]
    )


def test_slim_lenet():
    assert checks.check_slim_lenet(slim, 22_226, 2027) is True
    assert checks.check_slim_lenet(slim(), 22_226, 2027) is True
    assert checks.check_slim_lenet(slim, 22_226, 2028) is False
    assert checks.check_slim_lenet(lambda: slim(maps=(3, 12), units=(54, 37)), 19_659, 2031) is True


def test_classes_have_slim_networks_of_their_own():
    assert checks.slim_widths(2027) == (4, 12, 60, 40)
    assert len({checks.slim_widths(number) for number in range(2000, 2100)}) == 100


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"pooling": "AveragePooling2D"}, "average pooling"),
        ({"activation": "relu"}, "tanh, not relu"),
        ({"last": "tanh"}, "softmax"),
        ({"maps": (6, 16), "units": (120, 84)}, "[4, 12, 60, 40, 10]"),
        ({"units": (60, 41)}, "41, 10"),
        ({"kernel": 3}, "5×5"),
        ({"side": 36}, "not 32×32×1"),
    ],
)
def test_slim_lenet_wrong(change, hint, capsys):
    assert hint in hint_of(checks.check_slim_lenet, lambda: slim(**change), capsys, 22_226, 2027)


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [(..., "by hand"), (22_100, "biases, too"), (22_227, "does not have 22227"), ([1, 2], "one number")],
)
def test_slim_parameters_wrong(parameters, hint, capsys):
    assert hint in hint_of(checks.check_slim_lenet, slim, capsys, parameters, 2027)


def test_slim_lenet_is_a_model(capsys):
    assert "Keras model" in hint_of(checks.check_slim_lenet, lambda: 22_226, capsys, 22_226, 2027)


# Exercise 3


def warm_cosine(step, steps, peak, warm_up):
    if step < warm_up:
        return peak * step / warm_up
    return peak * (1 + np.cos(np.pi * (step - warm_up) / (steps - warm_up))) / 2


def from_the_first_step(step, steps, peak, warm_up):
    return peak * step / warm_up if step < warm_up else peak * (1 + np.cos(np.pi * step / steps)) / 2


def quarter_turn(step, steps, peak, warm_up):
    if step < warm_up:
        return peak * step / warm_up
    return peak * np.cos(np.pi / 2 * (step - warm_up) / (steps - warm_up))


def in_degrees(step, steps, peak, warm_up):
    if step < warm_up:
        return peak * step / warm_up
    return peak * (1 + np.cos(180 * (step - warm_up) / (steps - warm_up))) / 2


def test_warm_cosine():
    assert checks.check_warm_cosine(warm_cosine) is True


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (from_the_first_step, "the angle 0"),
        (quarter_turn, "it is off"),
        (in_degrees, "radians"),
        (lambda step, steps, peak, warm_up: peak, "at step 0"),
    ],
)
def test_warm_cosine_wrong(answer, hint, capsys):
    assert hint in hint_of(checks.check_warm_cosine, answer, capsys)


# Exercise 4


def soften(probabilities, temperature):
    powered = probabilities ** (1 / temperature)
    return powered / powered.sum(axis=1, keepdims=True)


def soften_in_place(probabilities, temperature):
    probabilities **= 1 / temperature
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities


def soften_by_logarithms(probabilities, temperature):
    scores = np.exp(np.log(probabilities) - np.log(probabilities)) * np.log(probabilities) / temperature
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def test_soften():
    assert checks.check_soften(soften) is True


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda p, t: soften(p, 1 / t), "wrong way round"),
        (lambda p, t: p ** (1 / t), "add up to 1"),
        (lambda p, t: soften(p, t).max(axis=1), "shape"),
        (soften_in_place, "changes the arguments"),
        (soften_by_logarithms, "exactly 0"),
        (lambda p, t: soften(p, t**2), "it is off"),
    ],
)
def test_soften_wrong(answer, hint, capsys):
    assert hint in hint_of(checks.check_soften, answer, capsys)


# Exercise 5


class Trained:
    """What the check needs of a Keras model; right about this share of the pictures."""

    def __init__(self, labels, right, parameters=20_000, classes=10):
        self.labels, self.right, self.parameters, self.classes = labels, right, parameters, classes

    def __call__(self, *arguments):
        raise TypeError("a model wants pictures")

    def count_params(self):
        return self.parameters

    def predict(self, pictures, **options):
        given = np.where(
            np.arange(len(self.labels)) < self.right * len(self.labels), self.labels, 9 - self.labels
        )
        return np.eye(self.classes)[given]


LABELS = np.random.default_rng(5).integers(0, 10, 200)
PICTURES = np.zeros((200, 32, 32, 1), "float32")


def test_small_and_good():
    assert checks.check_small_and_good(Trained(LABELS, 0.98), PICTURES, LABELS) is True


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (Trained(LABELS, 1.0, parameters=61_706), "61,706"),
        (Trained(LABELS, 0.9), "10.00%"),
        (Trained(LABELS, 1.0, classes=11), "shape"),
        (lambda: 1, "trained Keras model"),
    ],
)
def test_small_and_good_wrong(answer, hint, capsys):
    assert hint in hint_of(checks.check_small_and_good, answer, capsys, PICTURES, LABELS)


def test_small_and_good_untouched_and_crashing(capsys):
    assert checks.check_small_and_good(..., PICTURES, LABELS) is None

    class Broken(Trained):
        def predict(self, pictures, **options):
            raise RuntimeError("out of ink")

    assert "out of ink" in hint_of(checks.check_small_and_good, Broken(LABELS, 1.0), capsys, PICTURES, LABELS)
