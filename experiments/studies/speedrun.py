"""How fast to the 0.95% of 1998? LeNet-5 in one compiled call, and beside it the example of Keras' own site.

Everything counts but the import and the reading of the file: preparing images, building, compiling, training.
Test digits are only looked at. `LeNet-5` trains as `lenet_utils.training.fit_compiled` does; its recipe was
chosen by training on 50,000 digits, with several seeds, and reading the other 10,000 of the training set.
Beside it runs the same recipe with three whole epochs. Keras' example is the network and the training of
https://keras.io/examples/vision/mnist_convnet/ but for its validation split: it trains on all 60,000 digits,
for at most its 15 epochs, until its error is first no larger than that of the paper's LeNet-5; the time that
looking takes is not counted. The chapter *from-1998-to-today* shows the ratio.
"""

import time

import keras
from keras import layers

from experiments.study import Study, Trial
from lenet_utils.data import to_lenet_input
from lenet_utils.evaluation import classify, error_percent
from lenet_utils.models import lenet5
from lenet_utils.paper import TEST_ERROR_PERCENT
from lenet_utils.training import fit_compiled

GOAL = TEST_ERROR_PERCENT["LeNet-5"]
RECIPE = {"shares": (1, 0.3, 0.3, 0.3), "batch_size": 128, "peak": 1.2e-2}
RECIPES = {"LeNet-5": RECIPE, "LeNet-5, three whole epochs": {**RECIPE, "shares": (1, 1, 1)}}
EXAMPLE = "the example of keras.io"


def run(data, trial: Trial) -> dict:
    return run_example(data, trial) if trial.variant == EXAMPLE else run_recipe(data, trial)


def run_recipe(data, trial: Trial) -> dict:
    """Train LeNet-5 by a recipe: seconds, and the error."""
    recipe, start = RECIPES[trial.variant], time.perf_counter()
    keras.utils.set_random_seed(trial.seed)
    model = lenet5(pooling="max")
    fit_compiled(model, data.x_train, data.y_train, **recipe, seed=trial.seed)
    seconds = time.perf_counter() - start
    error = error_percent(model, to_lenet_input(data.x_test), data.y_test)
    return {"test_error_percent": round(error, 3), "seconds": round(seconds, 2), "recipe": recipe}


def run_example(data, trial: Trial) -> dict:
    """Epoch after epoch until the goal is reached: seconds so far, and the error."""
    start = time.perf_counter()
    keras.utils.set_random_seed(trial.seed)
    model, x = build_example(), data.x_train[..., None].astype("float32") / 255
    y = keras.utils.to_categorical(data.y_train, 10)
    seconds, curve = time.perf_counter() - start, []
    for epoch in range(1, trial.limit(15) + 1):
        start = time.perf_counter()
        model.fit(x, y, batch_size=128, epochs=1, verbose=0)
        seconds += time.perf_counter() - start
        error = 100 * (classify(model, data.x_test[..., None].astype("float32") / 255) != data.y_test).mean()
        curve.append({"epoch": epoch, "seconds": round(seconds, 2), "test_error_percent": error})
        if error <= GOAL:
            break
    return {
        "test_error_percent": curve[-1]["test_error_percent"],
        "seconds": round(seconds, 2),
        "curve": curve,
    }


def build_example() -> keras.Model:
    """The convolutional network of Keras' example for MNIST."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


STUDY = Study(variants=[*RECIPES, EXAMPLE], run=run, seeds=10, deterministic={EXAMPLE}, timed=True)
