"""Files that are not what they should be are noticed, and never unpickled."""

import io
import os
import pickle

import numpy as np
import pytest

from lenet_utils.data import BadDataError, DataNotFoundError, available_source, load_cifar10, load_mnist
from tests.data.made_up import ARRAYS, GOOD, is_the_small_mnist, npz


class Trap:
    """Unpickling it would be noticed."""

    def __reduce__(self):
        return (os.abort, ())


def changed():
    x = ARRAYS["x_test"].copy()
    x[3, 4, 5] ^= 1
    return npz(ARRAYS, x_test=x)


BAD = {
    "truncated": (GOOD[: len(GOOD) // 2], "damaged or cut short"),
    "corrupted": (GOOD[:5000] + b"?" * 100 + GOOD[5100:], "damaged or cut short"),
    "empty": (b"", "damaged or cut short"),
    "no archive": (b"hello", "no archive"),
    "one array": (io.BytesIO(), "a single array"),
    "a pickle": (pickle.dumps(Trap()), "pickled"),
    "pickled objects": (npz(ARRAYS, x_train=np.array([Trap()], object)), "pickled"),
    "an array missing": (npz({"x_train": ARRAYS["x_train"]}), "lacks y_train, x_test, y_test"),
    "wrong shape": (npz(ARRAYS, x_train=ARRAYS["x_train"][:, :27]), "x_train is uint8"),
    "wrong type": (npz(ARRAYS, x_test=ARRAYS["x_test"].astype(float)), "x_test is float64"),
    "a changed pixel": (changed(), "x_test differs"),
}
np.save(BAD["one array"][0], ARRAYS["y_test"])
BAD["one array"] = (BAD["one array"][0].getvalue(), BAD["one array"][1])


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_in_the_named_folder_is_an_error(serve, folder, server, kind):
    content, reason = BAD[kind]
    (folder / "mnist.npz").write_bytes(content)
    with pytest.raises(BadDataError) as raised:
        load_mnist()
    message = str(raised.value)
    assert str(folder / "mnist.npz") in message and reason in message and "unset LENET_DATA_DIR" in message
    assert server.asked == []


@pytest.mark.parametrize("kind", ["truncated", "pickled objects", "wrong shape", "a changed pixel"])
def test_a_bad_file_in_the_cache_is_replaced(serve, home, kind, capsys):
    content, reason = BAD[kind]
    home.mkdir(parents=True)
    (home / "mnist.npz").write_bytes(content)
    assert is_the_small_mnist(load_mnist())
    assert reason in capsys.readouterr().out
    assert (home / "mnist.npz").read_bytes() == GOOD


def test_a_bad_file_in_the_cache_is_passed_over_when_it_cannot_be_replaced(serve, home, capsys):
    serve("missing")
    home.mkdir(parents=True)
    (home / "mnist.npz").write_bytes(BAD["truncated"][0])
    assert load_mnist().source == "sample"
    assert "cut short" in capsys.readouterr().out


def test_a_folder_in_the_files_place(serve, folder):
    (folder / "mnist.npz").mkdir()
    with pytest.raises(BadDataError, match="cannot be read"):
        load_mnist()


def test_a_named_folder_that_is_none(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("LENET_DATA_DIR", str(tmp_path / "mistyped"))
    with pytest.raises(DataNotFoundError, match="mistyped is not a folder"):
        load_mnist()


def test_an_unknown_wish_names_those_there_are(home, monkeypatch):
    with pytest.raises(ValueError, match="'half' is unknown; choose one of auto, full, sample"):
        load_mnist("half")
    monkeypatch.setenv("LENET_DATA", "ful")
    for function in (load_mnist, load_cifar10, available_source):
        with pytest.raises(
            ValueError, match="LENET_DATA='ful' is unknown; set it to one of auto, full, sample"
        ):
            function()
