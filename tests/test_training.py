"""Training: what it shows, and that an interruption loses nothing but the epoch it falls into."""

import gc
import os
import subprocess
import sys
import textwrap
import time
import weakref

import keras
import numpy as np
import pytest

from lenet_utils import evaluation, training
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.distortions import distort
from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling
from lenet_utils.losses import MaximumAPosteriori, MaximumLikelihood, SoftmaxCrossEntropy
from lenet_utils.models import lenet5, lenet5_1998
from lenet_utils.optimizers import CurvatureEstimation, StochasticDiagonalLevenbergMarquardt, curvatures
from lenet_utils.training import fast, logs

GENERATOR = np.random.default_rng(0)
X = GENERATOR.random((30, 8, 8, 1), dtype=np.float32)
Y = np.arange(30) % 3


def tiny_network():
    keras.utils.set_random_seed(0)
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    return keras.Sequential(layers)


def train(model, epochs=4, **options):
    return training.fit(model, X, Y, epochs=epochs, batch_size=10, augment=distort, **options)


class Interrupted(training.Progress):
    """A reader who presses stop in the middle of the third epoch."""

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if self.line.n == 8:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def uninterrupted():
    model = tiny_network()
    train(model)
    return model.get_weights()


def test_the_history_has_one_value_an_epoch(capsys):
    history = train(tiny_network(), validation=(X, Y))
    names = ("loss", "error_percent", "seconds", "validation_loss", "validation_error_percent")
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(names, 4)
    printed = capsys.readouterr().out
    assert "epoch 4 of 4" in printed and "12/12" in printed and "val_accuracy" in printed


def test_the_learning_rate_falls_to_nothing():
    model = tiny_network()
    train(model)
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_a_seed_repeats_itself(uninterrupted):
    again, other = tiny_network(), tiny_network()
    train(again)
    train(other, seed=1)
    np.testing.assert_allclose(again.get_weights()[0], uninterrupted[0], atol=1e-5)
    assert not np.allclose(other.get_weights()[0], uninterrupted[0], atol=1e-5)


def test_each_epoch_shows_every_picture_once_and_distorted_anew():
    shown = []

    def watch(pictures, generator):
        shown.append((pictures.copy(), generator.random()))
        return pictures

    batches = training.AugmentedBatches(X, Y, watch, batch_size=10)
    for epoch in (1, 2):
        batches.begin(epoch)
        shown.clear()
        classes = np.concatenate([batches[n][1] for n in range(len(batches))])
        assert np.bincount(classes).tolist() == [10, 10, 10]
        pictures = np.concatenate([x for x, _ in shown])
        assert np.array_equal(np.sort(pictures.sum(axis=(1, 2, 3))), np.sort(X.sum(axis=(1, 2, 3))))
    assert len({number for _, number in shown}) == len(shown)


def interrupt(model, folder, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(logs, "Progress", Interrupted)
        train(model, checkpoint=folder)


class Begun(keras.callbacks.Callback):
    """Which epochs are trained."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append(epoch)


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path, monkeypatch, uninterrupted):
    interrupt(tiny_network(), tmp_path, monkeypatch)
    resumed, begun = tiny_network(), Begun()
    history = train(resumed, checkpoint=tmp_path, callbacks=(begun,))
    assert begun.epochs == [2, 3]  # two were finished before
    assert [len(values) for values in history.values()] == [4] * 3, "and the history has them"
    for weights, wanted in zip(resumed.get_weights(), uninterrupted, strict=True):
        np.testing.assert_allclose(weights, wanted, atol=1e-5)


def test_pictures_are_let_go_after_training():
    pictures = X.copy()
    still_there = weakref.ref(pictures)
    training.fit(tiny_network(), pictures, Y, epochs=1)
    del pictures
    gc.collect()
    assert still_there() is None


def test_a_log_knows_the_epochs_before_the_interruption(tmp_path, monkeypatch):
    path = tmp_path / "epochs.json"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(logs, "Progress", Interrupted)
        train(tiny_network(), checkpoint=tmp_path, callbacks=(training.EpochLog(path),))
    before = training.EpochLog(path).epochs
    assert [line["epoch"] for line in before] == [1, 2]
    log = training.EpochLog(path)
    history = train(tiny_network(), checkpoint=tmp_path, callbacks=(log,))
    assert log.epochs[:2] == before and [line["epoch"] for line in log.epochs] == [1, 2, 3, 4]
    assert [line["loss"] for line in log.epochs] == history["loss"]
    assert all(line["seconds"] >= 0 for line in log.epochs)


def test_a_checkpoint_cut_short_is_not_the_end(tmp_path, monkeypatch):
    interrupt(tiny_network(), tmp_path, monkeypatch)
    (newest,) = tmp_path.glob("unfinished/*.weights.h5")
    os.truncate(newest, 500)
    begun = Begun()
    history = train(tiny_network(), checkpoint=tmp_path, callbacks=(begun,))
    assert begun.epochs == [1, 2, 3] and len(history["loss"]) == 4


def test_the_readers_own_files_beside_a_checkpoint_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    train(tiny_network(), epochs=1, checkpoint=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_training_that_is_killed_goes_on(tmp_path):
    code = """
        import os, sys
        import keras, numpy
        from lenet_utils import training
        from lenet_utils.training import logs
        class Killed(training.Progress):
            def on_epoch_begin(self, epoch, logs=None):
                super().on_epoch_begin(epoch, logs)
                if epoch == 2:
                    os._exit(9)
        logs.Progress = Killed
        model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
        training.fit(model, numpy.zeros((30, 8, 8, 1)), numpy.zeros(30), epochs=4, checkpoint=sys.argv[1])
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path], capture_output=True, check=False
    )
    assert run.returncode == 9, run.stderr.decode()
    begun = Begun()
    history = train(tiny_network(), checkpoint=tmp_path, callbacks=(begun,))
    assert begun.epochs == [2, 3] and len(history["loss"]) == 4


# --- One image at a time ---

EPOCHS = 3


def network_of_distances(*first_layers):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Flatten(), FullyConnected(4), EuclideanRBF(2 * np.eye(3, 4) - 1)]
    model = keras.Sequential([keras.Input((8, 8, 1)), *first_layers, *layers])
    model.compile(StochasticDiagonalLevenbergMarquardt(), MaximumAPosteriori())
    return model


def convolutional_network():
    return network_of_distances(Convolution(2, ((0,), (0,))), Subsampling())


def network_of_scores():
    keras.utils.set_random_seed(0)
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), FullyConnected(3, activation=None)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.05), SoftmaxCrossEntropy())
    return model


def estimation(*data, update="largest"):
    return CurvatureEstimation(*data, samples=20, update=update, learning_rates=(0.02, 0.01))


def online(model, **options):
    """The history of a training on the thirty pictures; distances learn with curvatures, scores without."""
    second_order = isinstance(model.optimizer, StochasticDiagonalLevenbergMarquardt)
    settings = {"epochs": EPOCHS, "callbacks": [estimation()] if second_order else [], **options}
    return training.fit_online(model, X, Y, **settings)


def same(one, other, tolerance=0):
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=tolerance)


@pytest.fixture(scope="module")
def trained():
    """A network trained in one go, and the figures of that training."""
    model = network_of_distances()
    return model, online(model)


@pytest.mark.parametrize("build", [convolutional_network, network_of_scores])
def test_pattern_by_pattern_is_what_keras_does_with_batches_of_one(build):
    fast, slow = build(), build()
    start = fast.get_weights()
    history = online(fast, shuffle=False)
    callbacks = [estimation(X, Y)] if build is convolutional_network else []
    losses = slow.fit(X, Y, batch_size=1, epochs=EPOCHS, shuffle=False, callbacks=callbacks, verbose=0)
    same(fast, slow, 1e-5)
    assert np.abs(fast.get_weights()[0] - start[0]).max() > 1e-2
    np.testing.assert_allclose(history["loss"], losses.history["loss"], rtol=1e-4)


def test_its_figures_are_those_of_the_pass_each_picture_judged_before_its_update():
    model, by_hand = network_of_distances(), network_of_distances()
    history = online(model, epochs=1, validation=(X, Y), seed=3)
    callback = estimation(X, Y)
    callback.set_model(by_hand)
    callback.on_epoch_begin(0)
    rates = by_hand.optimizer.rates()
    loss = wrong = 0
    for index in np.random.default_rng([3, 0]).permutation(len(X)):
        picture, right = X[index : index + 1], Y[index : index + 1]
        outputs = by_hand(picture)
        loss += float(by_hand.loss(right, outputs))
        wrong += int(np.argmin(outputs) != right[0])
        by_hand.train_on_batch(picture, right)
    same(model, by_hand, 1e-5)
    assert history["loss"] == [pytest.approx(loss / len(X), rel=1e-4)]
    assert history["error_percent"] == [pytest.approx(100 * wrong / len(X))]
    assert history["validation_error_percent"] == [evaluation.error_percent(model, X, Y)]
    assert history["lowest_rate"] == [pytest.approx(min(rate.min() for rate in rates))]
    assert history["highest_rate"] == [pytest.approx(max(rate.max() for rate in rates))]
    assert history["seconds"][0] > 0


def test_many_pictures_are_shown_in_parts_and_none_twice():
    """Against a loop over 1,030 pictures in NumPy; a part has 1,000."""
    x, y = (np.concatenate([pictures] * 35)[:1030] for pictures in (X, Y))
    model = network_of_scores()
    kernel, bias = (weight.astype("float64") for weight in model.get_weights())
    history = training.fit_online(model, x, y, epochs=1, seed=5)
    losses, wrong = [], []
    for index in np.random.default_rng([5, 0]).permutation(1030):
        scores = x[index].ravel() @ kernel + bias
        p = np.exp(scores) / np.exp(scores).sum()
        losses.append(-np.log(p[y[index]]))
        wrong.append(p.argmax() != y[index])
        slope = p - np.eye(3)[y[index]]
        kernel -= 0.05 * np.outer(x[index].ravel(), slope)
        bias -= 0.05 * slope
    for ours, theirs in zip(model.get_weights(), (kernel, bias), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    assert history["loss"] == [pytest.approx(np.mean(losses), rel=1e-4)]
    assert history["error_percent"] == [pytest.approx(100 * np.mean(wrong), abs=0.2)]


def test_it_learns(trained):
    _, history = trained
    assert [len(history[name]) for name in ("loss", "seconds", "lowest_rate")] == [EPOCHS] * 3
    assert "validation_error_percent" not in history
    assert history["loss"][-1] < 0.9 * history["loss"][0]


def test_the_same_seed_gives_the_same_weights_to_the_last_bit(trained):
    again, other = network_of_distances(), network_of_distances()
    online(again)
    same(again, trained[0])
    online(other, seed=1)
    assert not np.allclose(other.get_weights()[0], trained[0].get_weights()[0], atol=1e-5)


@pytest.mark.parametrize("update", ["first", "largest"])
def test_after_an_interruption_it_ends_the_same_to_the_last_bit(update, tmp_path):
    def stop(pictures, generator):
        stop.chunks += 1
        if stop.chunks == 3:
            raise KeyboardInterrupt
        return distort(pictures, generator)

    stop.chunks = 0
    whole, broken, resumed = (network_of_distances() for _ in range(3))
    wanted = online(whole, augment=distort, callbacks=[estimation(update=update)])
    with pytest.raises(KeyboardInterrupt):
        online(broken, augment=stop, checkpoint=tmp_path, callbacks=[estimation(update=update)])
    resumed.set_weights([weight + 1 for weight in resumed.get_weights()])
    found = online(resumed, augment=distort, checkpoint=tmp_path, callbacks=[estimation(update=update)])
    same(resumed, whole)
    for name in ("loss", "error_percent", "lowest_rate", "highest_rate"):
        assert found[name] == wanted[name], name
    finished = network_of_distances()
    assert online(finished, augment=stop, checkpoint=tmp_path) == found, "nothing is shown again"
    same(finished, whole)


def test_every_pass_shows_each_picture_once_in_a_new_order_and_distorted_anew():
    shown = []

    def watch(pictures, generator):
        shown.append((pictures[:, 0, 0, 0].copy(), generator.random()))
        return pictures + 1

    model, without = network_of_scores(), network_of_scores()
    online(model, epochs=2, augment=watch)
    online(without, epochs=2)
    first, second = (pixels for pixels, _ in shown)
    assert sorted(first) == sorted(second) == sorted(X[:, 0, 0, 0])
    assert first.tolist() != second.tolist()
    assert shown[0][1] != shown[1][1]
    assert not np.allclose(model.get_weights()[0], without.get_weights()[0], atol=1e-3), (
        "it learned from others"
    )


def test_without_curvatures_it_does_not_begin():
    with pytest.raises(RuntimeError, match="No curvatures yet"):
        online(network_of_distances(), callbacks=[])


def test_another_optimizer_and_another_loss_take_the_place_of_the_recipes():
    model = tiny_network()
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    history = train(model, optimizer=optimizer, loss=SoftmaxCrossEntropy())
    assert model.optimizer is optimizer and float(optimizer.learning_rate) == pytest.approx(0.1)
    assert isinstance(model.loss, SoftmaxCrossEntropy) and history["loss"][-1] < history["loss"][0]
    judged = evaluation.error_percent(model, X, Y)
    assert (
        history["error_percent"][-1] == pytest.approx(judged, abs=25) and history["error_percent"][-1] < 100
    )


def test_the_error_of_a_network_of_distances_is_that_of_the_smallest_output():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), FullyConnected(84), EuclideanRBF()]
    )
    frozen = keras.optimizers.SGD(0.0)
    history = train(model, 1, optimizer=frozen, loss=MaximumAPosteriori(1.0), validation=(X, Y))
    assert history["validation_error_percent"] == [pytest.approx(evaluation.error_percent(model, X, Y))]
    wrong = model.predict(X, verbose=0).argmin(axis=1) != Y
    assert history["validation_error_percent"] == [pytest.approx(100 * wrong.mean(), abs=1e-4)]


def compiled(images, labels, shares, seed=0, **options):
    keras.utils.set_random_seed(seed)
    model = lenet5(pooling="max")
    training.fit_compiled(model, images, labels, shares=shares, seed=seed, **options)
    return model


def test_fit_compiled_finds_a_network_that_reads():
    digits = load_mnist("sample")
    shares = (1, 1, 1, 0.5, 0.5, 0.5)
    model = compiled(digits.x_train, digits.y_train, shares, seed=1)
    assert model.count_params() == 61_706
    error = evaluation.error_percent(model, to_lenet_input(digits.x_test), digits.y_test)
    assert error < 8
    again = compiled(digits.x_train, digits.y_train, shares, seed=1)
    assert evaluation.error_percent(again, to_lenet_input(digits.x_test), digits.y_test) == pytest.approx(
        error, abs=1
    )


def test_fit_compiled_starts_from_the_models_weights_and_puts_each_back_in_its_place():
    digits = load_mnist("sample")
    model = compiled(digits.x_train[:256], digits.y_train[:256], (1,), peak=0.0, seed=3)
    keras.utils.set_random_seed(3)
    for found, fresh in zip(model.get_weights(), lenet5(pooling="max").get_weights(), strict=True):
        np.testing.assert_array_equal(found, fresh)


def test_fit_compiled_knows_what_each_picture_cost_when_it_was_last_shown(monkeypatch):
    seen, choose = [], fast.hardest_examples
    monkeypatch.setattr(
        fast, "hardest_examples", lambda loss, *rest: seen.append(loss.copy()) or choose(loss, *rest)
    )
    digits = load_mnist("sample")
    x, y = digits.x_train[:300], digits.y_train[:300]
    model = compiled(x, y, (1, 0.5), peak=0.0, batch_size=50)
    probability = model.predict(to_lenet_input(x), verbose=0)[np.arange(300), y]
    assert len(seen) == 2 and np.isinf(seen[0]).all()
    np.testing.assert_allclose(seen[1], -np.log(probability), rtol=1e-3)


def test_fit_compiled_says_when_there_are_fewer_pictures_than_a_batch():
    digits = load_mnist("sample")
    with pytest.raises(ValueError, match=r"one batch of 128 images; 0\.3 of 300 are fewer\. Give more"):
        training.fit_compiled(lenet5(pooling="max"), digits.x_train[:300], digits.y_train[:300])


def test_the_hardest_examples_come_again_and_those_never_shown_come_first():
    loss = np.array([0.1, np.inf, 3.0, 0.2, np.inf, 0.2])
    generator = np.random.default_rng(0)
    assert set(training.hardest_examples(loss, 3, generator)) == {1, 2, 4}
    fourth = [set(training.hardest_examples(loss, 4, generator)) - {1, 2, 4} for _ in range(40)]
    assert {3} in fourth and {5} in fourth and len(set(map(tuple, fourth))) == 2, "of equals, any"
    orders = {tuple(training.hardest_examples(loss, 2, generator)) for _ in range(40)}
    assert orders == {(1, 4), (4, 1)}


def test_the_rate_rises_evenly_and_falls_along_a_cosine():
    rates = training.warmup_cosine(1000, 0.5, 0.2)
    assert rates[0] == 0 and rates.argmax() == 200 and rates[200] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0.25) and rates[600] == pytest.approx(0.25)
    assert 0 < rates[-1] < 1e-4
    assert training.warmup_cosine(1000, 0.5, 0)[[0, 500]] == pytest.approx([0.5, 0.25])


# --- One contract ---


def small_compiled():
    keras.utils.set_random_seed(0)
    return lenet5(pooling="max")


@pytest.mark.parametrize("engine", ["fit", "fit_online", "fit_compiled"])
def test_the_three_engines_have_one_contract(engine, capsys):
    """(model, images, labels, epochs, validation, …) in; out comes a plain dict of lists of the same figures."""
    digits = load_mnist("sample")
    images, labels = to_lenet_input(digits.x_train[:256]), digits.y_train[:256]
    validation = (to_lenet_input(digits.x_test[:100]), digits.y_test[:100])
    model = small_compiled()
    options = {"optimizer": keras.optimizers.SGD(1e-3), "loss": "sparse_categorical_crossentropy"}
    history = getattr(training, engine)(
        model, images, labels, 2, validation, **(options if engine == "fit_online" else {})
    )
    assert type(history) is dict
    always = {"loss", "error_percent", "seconds", "validation_error_percent"}
    own = {"fit": {"validation_loss"}, "fit_online": {"lowest_rate", "highest_rate"}, "fit_compiled": set()}
    assert history.keys() == always | own[engine]
    assert all(type(values) is list and len(values) == 2 for values in history.values())
    assert all(type(value) is float for values in history.values() for value in values)
    assert history["loss"][1] < history["loss"][0] < 3 and 0 < history["error_percent"][0] <= 100
    assert history["validation_error_percent"][-1] == pytest.approx(
        evaluation.error_percent(model, *validation)
    )
    assert 0 < history["seconds"][0] < 60
    without = getattr(training, engine)(
        model, images, labels, 1, **(options if engine == "fit_online" else {})
    )
    assert without.keys() == history.keys() - {"validation_loss", "validation_error_percent"}


def test_the_seconds_of_an_epoch_do_not_count_the_validation(monkeypatch):
    real, late = time.perf_counter, []
    monkeypatch.setattr(logs.time, "perf_counter", lambda: real() + 1000 * len(late))

    class Slow(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            late.append("another 1,000 seconds")

    log, tiny = training.EpochLog(), tiny_network()
    tiny.compile("sgd", "sparse_categorical_crossentropy")
    tiny.fit(X, Y, verbose=0, epochs=2, validation_data=(X, Y), callbacks=[log, Slow()])
    assert len(late) == 2 and all("val_loss" in line and line["seconds"] < 1000 for line in log.epochs)


def test_pixels_and_prepared_digits_train_the_same_network():
    digits = load_mnist("sample")
    images, labels = digits.x_train[:256], digits.y_train[:256]
    of_pixels, of_floats = small_compiled(), small_compiled()
    one = training.fit_compiled(of_pixels, images, labels, epochs=2)
    other = training.fit_compiled(of_floats, to_lenet_input(images), labels, shares=(1, 1))
    same(of_pixels, of_floats, 1e-2)
    assert one["loss"] == pytest.approx(other["loss"], rel=1e-3)


def test_the_figures_of_fit_compiled_are_those_of_what_it_showed():
    digits = load_mnist("sample")
    images, labels = digits.x_train[:200], digits.y_train[:200]
    model, prepared = small_compiled(), to_lenet_input(digits.x_train[:200])
    history = training.fit_compiled(
        model, images, labels, shares=(1, 0.5), peak=0.0, batch_size=50, validation=(prepared, labels)
    )
    loss = -np.log(model.predict(prepared, verbose=0)[np.arange(200), labels])
    hardest = np.argsort(-loss)[:100]
    wrong = evaluation.classify(model, prepared) != labels
    assert history["loss"] == pytest.approx([loss.mean(), loss[hardest].mean()], rel=1e-3)
    assert history["error_percent"] == pytest.approx([100 * wrong.mean(), 100 * wrong[hardest].mean()], abs=1)
    assert history["validation_error_percent"] == [pytest.approx(100 * wrong.mean())] * 2


def test_fit_compiled_says_what_it_cannot_train():
    digits = load_mnist("sample")
    images, labels = digits.x_train[:200], digits.y_train[:200]
    for other in (
        lenet5(),
        lenet5("tanh", "max"),
        lenet5(pooling="max", classes=26),
        lenet5_1998(),
        tiny_network(),
    ):
        with pytest.raises(ValueError, match=r'fit_compiled trains lenet5\(pooling="max"\) and nothing else'):
            training.fit_compiled(other, images, labels)
    with pytest.raises(ValueError, match="shares names 2 epochs and epochs=3"):
        training.fit_compiled(small_compiled(), images, labels, 3, shares=(1, 1))
    for nothing in ({"epochs": 0}, {"shares": ()}):
        with pytest.raises(ValueError, match="at least one epoch"):
            training.fit_compiled(small_compiled(), images, labels, **nothing)


def test_data_are_lent_for_one_training_and_those_of_ones_own_stay():
    drawn = []

    def estimate(model, images, labels, loss, start):
        drawn.append((len(images), float(images.sum()), labels.tolist()))
        return curvatures(model, images, labels, loss, start)

    lent = CurvatureEstimation(samples=100, update="latest", estimate=estimate)
    own = CurvatureEstimation(X[:5], Y[:5], samples=100, update="latest", estimate=estimate)
    for images, labels, callback in ((X[:20], Y[:20], lent), (X, Y, lent), (X, Y, own)):
        training.fit_online(network_of_distances(), images, labels, 1, callbacks=[callback])
    assert lent.images is None and own.images is not None
    assert [number for number, *_ in drawn] == [20, 30, 5]
    assert drawn[1][1] == pytest.approx(float(X.sum()), rel=1e-5) and sorted(drawn[1][2]) == sorted(Y)
    optimizer = StochasticDiagonalLevenbergMarquardt()
    training.fit(
        network_of_distances(), X, Y, 1, optimizer=optimizer, loss=MaximumAPosteriori(), callbacks=[lent]
    )
    assert drawn[3][0] == 30 and lent.images is None


def test_a_callback_without_data_says_where_they_come_from():
    with pytest.raises(ValueError, match=r"fit say CurvatureEstimation\(images, labels\)"):
        network_of_distances().fit(X, Y, verbose=0, callbacks=[CurvatureEstimation()])
    with pytest.raises(ValueError, match="Give images and labels, or neither"):
        CurvatureEstimation(X)


# --- What fit_online compiles, and what it does not carry out ---


def test_fit_online_compiles_with_what_it_is_given_and_else_uses_what_is_there():
    by_hand, given, half, default = (network_of_distances() for _ in range(4))
    online(by_hand, epochs=1)
    for model in (given, default):
        model.compiled = False
    optimizer, loss = StochasticDiagonalLevenbergMarquardt(), MaximumAPosteriori()
    online(given, epochs=1, optimizer=optimizer, loss=loss, callbacks=[estimation()])
    assert given.optimizer is optimizer and given.loss is loss
    kept = half.optimizer
    online(half, epochs=1, loss=MaximumLikelihood())
    assert half.optimizer is kept and isinstance(half.loss, MaximumLikelihood)
    training.fit_online(default, X, Y, 1, callbacks=[estimation()])
    assert isinstance(default.optimizer, StochasticDiagonalLevenbergMarquardt)
    for model in (given, default):
        same(model, by_hand)
    fresh = tiny_network()
    with pytest.raises(
        ValueError, match="has not been compiled and its outputs are no distances: say which loss"
    ):
        training.fit_online(fresh, X, Y, 1, optimizer=keras.optimizers.SGD())


def test_fit_online_takes_a_loss_of_keras_by_its_name():
    by_name, by_object = tiny_network(), tiny_network()
    for model, loss in (
        (by_name, "sparse_categorical_crossentropy"),
        (by_object, keras.losses.SparseCategoricalCrossentropy()),
    ):
        training.fit_online(model, X, Y, 1, optimizer=keras.optimizers.SGD(0.05), loss=loss)
    same(by_name, by_object, 1e-6)
    assert np.abs(by_name.get_weights()[0] - tiny_network().get_weights()[0]).max() > 1e-3


SCHEDULE = keras.optimizers.schedules.CosineDecay(0.1, 100)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (lambda: keras.optimizers.Adam(), "does not carry out the optimizer Adam"),
        (lambda: keras.optimizers.RMSprop(), "the optimizer RMSprop"),
        (lambda: keras.optimizers.SGD(0.1, momentum=0.9), "the optimizer's momentum"),
        (lambda: keras.optimizers.SGD(SCHEDULE), r"a schedule of learning rates for each step, CosineDecay"),
        (
            lambda: StochasticDiagonalLevenbergMarquardt(SCHEDULE),
            r"CosineDecay \(a callback may set a rate before",
        ),
        (
            lambda: keras.optimizers.SGD(0.1, weight_decay=0.1, clipnorm=1.0),
            "weight_decay; the optimizer's clipnorm",
        ),
        (lambda: StochasticDiagonalLevenbergMarquardt(use_ema=True), "the optimizer's use_ema"),
        (lambda: keras.optimizers.SGD(gradient_accumulation_steps=2), "gradient_accumulation_steps"),
    ],
)
def test_fit_online_refuses_rules_that_it_does_not_carry_out(optimizer, message):
    model = network_of_scores()
    before = model.get_weights()
    with pytest.raises(ValueError, match=rf"{message}.*plain SGD.*fit with batch_size=1"):
        training.fit_online(model, X, Y, 1, optimizer=optimizer(), loss=SoftmaxCrossEntropy())
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: keras.layers.Dropout(0.5, name="silence"), "what the Dropout layer silence changes"),
        (
            lambda: keras.layers.BatchNormalization(name="norm"),
            "what the BatchNormalization layer norm changes",
        ),
        (lambda: keras.layers.Dense(3, kernel_regularizer="l2"), "the losses that its layers add"),
    ],
)
def test_fit_online_refuses_layers_of_which_it_would_leave_something_out(layer, message):
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), layer(), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match=message):
        training.fit_online(model, X, Y, 1, optimizer=keras.optimizers.SGD(), loss=SoftmaxCrossEntropy())


def test_fit_online_calls_callbacks_for_each_epoch_and_refuses_those_that_wait_for_batches(tmp_path):
    log, begun = training.EpochLog(tmp_path / "epochs.json"), Begun()
    stop = keras.callbacks.EarlyStopping("loss", min_delta=100, patience=1)
    history = online(network_of_scores(), epochs=5, callbacks=[log, begun, stop])
    assert begun.epochs == [0, 1] and len(history["loss"]) == 2, "the second is no better by 100: stop"
    assert [line["loss"] for line in training.EpochLog(tmp_path / "epochs.json").epochs] == history["loss"]
    for callback in (training.Progress(), keras.callbacks.BackupAndRestore(tmp_path / "backup")):
        with pytest.raises(
            ValueError, match=f"the callback {type(callback).__name__}, which acts on batches"
        ):
            online(network_of_scores(), callbacks=[callback])


@pytest.mark.parametrize(
    ("engine", "instead"),
    [("fit_online", "training.fit with batch_size=1"), ("fit_compiled", "training.fit")],
)
def test_on_another_backend_it_is_said_in_one_sentence(engine, instead, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    message = (
        f"{engine} is written with TensorFlow, and Keras runs on jax .*KERAS_BACKEND=tensorflow .*{instead}"
    )
    with pytest.raises(RuntimeError, match=message):
        getattr(training, engine)(lenet5(pooling="max"), X, Y)


def test_with_deterministic_operations_every_engine_repeats_itself():
    code = """
        import keras, numpy as np, tensorflow as tf
        tf.config.experimental.enable_op_determinism()
        from lenet_utils import distortions, losses, models, optimizers, training

        def runs():
            keras.utils.set_random_seed(1)
            images = np.random.default_rng(0).standard_normal((64, 32, 32, 1)).astype("float32")
            labels = np.arange(64) % 10
            by_fit, by_online, compiled = models.lenet5(), models.lenet5_1998(), models.lenet5(pooling="max")
            training.fit(by_fit, images, labels, 1, augment=distortions.distort, validation=(images, labels))
            estimation = optimizers.CurvatureEstimation(samples=20)
            training.fit_online(by_online, images, labels, 1, callbacks=[estimation])
            training.fit_compiled(compiled, images, labels, 2, batch_size=32)
            found = optimizers.curvatures(by_online, images, labels, losses.MaximumAPosteriori())
            weights = [model.get_weights() for model in (by_fit, by_online, compiled)]
            return [*sum(weights, []), *map(np.asarray, found)]

        for one, other in zip(runs(), runs(), strict=True):
            np.testing.assert_array_equal(one, other)
        print("equal")
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert run.stdout.endswith("equal\n"), run.stderr
