"""Training: what it shows, and that an interruption loses nothing but the epoch it falls into."""

import gc
import os
import subprocess
import sys
import textwrap
import weakref

import keras
import numpy as np
import pytest

from lenet_utils import evaluation, training
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.distortions import distort
from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling
from lenet_utils.losses import MaximumAPosteriori, SoftmaxCrossEntropy
from lenet_utils.models import lenet5
from lenet_utils.optimizers import CurvatureEstimation, StochasticDiagonalLevenbergMarquardt
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
