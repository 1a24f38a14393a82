"""Training: what it shows, and that an interruption loses nothing but the epoch it falls into."""

import os
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

from lenet_utils import training
from lenet_utils.distortions import distort

GENERATOR = np.random.default_rng(0)
X = GENERATOR.random((30, 8, 8, 1), dtype=np.float32)
Y = np.arange(30) % 3


def tiny_network():
    keras.utils.set_random_seed(0)
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    return keras.Sequential(layers)


def train(model, epochs=4, **options):
    return training.fit(model, X, Y, epochs=epochs, batch_size=10, distort=distort, **options)


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
    history = train(tiny_network(), validation=(X, Y)).history
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(
        ("accuracy", "loss", "val_accuracy", "val_loss"), 4
    )
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

    batches = training.DistortedDigits(X, Y, watch, batch_size=10)
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
        patch.setattr(training, "Progress", Interrupted)
        train(model, checkpoint=folder)


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path, monkeypatch, uninterrupted):
    interrupt(tiny_network(), tmp_path, monkeypatch)
    resumed = tiny_network()
    history = train(resumed, checkpoint=tmp_path)
    assert history.epoch == [2, 3]  # two were finished before
    for weights, wanted in zip(resumed.get_weights(), uninterrupted, strict=True):
        np.testing.assert_allclose(weights, wanted, atol=1e-5)


def test_a_checkpoint_cut_short_is_not_the_end(tmp_path, monkeypatch):
    interrupt(tiny_network(), tmp_path, monkeypatch)
    (newest,) = tmp_path.glob("unfinished/*.weights.h5")
    os.truncate(newest, 500)
    assert train(tiny_network(), checkpoint=tmp_path).epoch == [1, 2, 3]


def test_the_readers_own_files_beside_a_checkpoint_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    train(tiny_network(), epochs=1, checkpoint=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_training_that_is_killed_goes_on(tmp_path):
    code = """
        import os, sys
        import keras, numpy
        from lenet_utils import training
        class Killed(training.Progress):
            def on_epoch_begin(self, epoch, logs=None):
                super().on_epoch_begin(epoch, logs)
                if epoch == 2:
                    os._exit(9)
        training.Progress = Killed
        model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
        training.fit(model, numpy.zeros((30, 8, 8, 1)), numpy.zeros(30), epochs=4, checkpoint=sys.argv[1])
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path], capture_output=True, check=False
    )
    assert run.returncode == 9, run.stderr.decode()
    assert train(tiny_network(), checkpoint=tmp_path).epoch == [2, 3]


def test_the_error_is_the_share_that_is_wrong():
    class Always:
        def predict(self, x, **options):
            return np.eye(3)[np.zeros(len(x), int)]

    assert training.error_percent(Always(), X, Y) == pytest.approx(100 * 2 / 3)
