"""Files that are not what they should be are noticed, and never unpickled."""

import gzip
import io
import os
import pickle

import numpy as np
import pytest

from lenet_utils.data import BadDataError, DataNotFoundError, available_source, load_cifar10, load_mnist
from tests.data.made_up import ARRAYS, COLOURS, GOOD, idx, is_the_small_mnist, npz


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


# --- MNIST in another layout

IDX_FILES = {
    "train-images-idx3-ubyte": idx(ARRAYS["x_train"]),
    "train-labels-idx1-ubyte": idx(ARRAYS["y_train"]),
    "t10k-images-idx3-ubyte": idx(ARRAYS["x_test"]),
    "t10k-labels-idx1-ubyte": idx(ARRAYS["y_test"]),
}


def test_the_format_of_the_original_files_is_as_their_makers_say():
    # 2051 and 2049 are the magic numbers of images and labels.
    assert IDX_FILES["train-images-idx3-ubyte"][:8] == (2051).to_bytes(4, "big") + (20).to_bytes(4, "big")
    assert IDX_FILES["t10k-labels-idx1-ubyte"][:8] == (2049).to_bytes(4, "big") + (10).to_bytes(4, "big")


@pytest.mark.parametrize(
    "layout", ["gzip", "plain", "with dots", "plain, but called gzip", "gzip, but not called so"]
)
def test_the_four_original_files_are_read(serve, folder, server, layout):
    for name, content in IDX_FILES.items():
        packed = gzip.compress(content) if layout.startswith("gzip") else content
        suffix = ".gz" if layout in ("gzip", "plain, but called gzip") else ""
        spelled = name.replace("-idx", ".idx") if layout == "with dots" else name
        (folder / f"{spelled}{suffix}").write_bytes(packed)
    dataset = load_mnist("full")
    assert is_the_small_mnist(dataset) and server.asked == []
    assert dataset.origin == "the 4 original files from LENET_DATA_DIR, bit for bit the original"
    assert dataset.x_train.dtype == dataset.y_train.dtype == np.uint8


def test_mnist_npz_comes_before_the_four_files(serve, folder):
    for name in IDX_FILES:
        (folder / name).write_bytes(b"hello")
    (folder / "mnist.npz").write_bytes(GOOD)
    assert "mnist.npz" in load_mnist("full").origin


def test_one_of_the_four_files_missing(serve, folder, home):
    serve("missing")
    for name in list(IDX_FILES)[:3]:
        (folder / name).write_bytes(IDX_FILES[name])
    with pytest.raises(DataNotFoundError, match=r"no mnist\.npz there, and t10k-labels-idx1-ubyte missing"):
        load_mnist("full")
    assert load_mnist().source == "sample"


BAD_IDX = {
    "cut short": (gzip.compress(IDX_FILES["t10k-images-idx3-ubyte"])[:-20], "damaged or cut short"),
    "bytes missing": (IDX_FILES["t10k-images-idx3-ubyte"][:-1], "damaged or cut short"),
    "only a head": (b"\0\0\x08\x03\0", "damaged or cut short"),
    "empty": (b"", "not in the IDX format"),
    "a web page": (b"<html>403 Forbidden</html>", "not in the IDX format"),
    "a pickle": (pickle.dumps(Trap()), "not in the IDX format"),
    "labels": (IDX_FILES["t10k-labels-idx1-ubyte"], "x_test is uint8 (10,), it should be uint8 (10, 28, 28)"),
    "too few": (idx(ARRAYS["x_test"][:9]), "x_test is uint8 (9, 28, 28)"),
    "another pixel": (idx(ARRAYS["x_test"] ^ 1), "x_test differs"),
}


@pytest.mark.parametrize("kind", BAD_IDX)
def test_bad_original_files_are_an_error(serve, folder, kind):
    content, reason = BAD_IDX[kind]
    for name, good in IDX_FILES.items():
        (folder / name).write_bytes(content if name == "t10k-images-idx3-ubyte" else good)
    with pytest.raises(BadDataError) as raised:
        load_mnist()
    message = str(raised.value)
    assert str(folder) in message and reason in message and "unset LENET_DATA_DIR" in message


def other_keys(arrays):
    names = {
        "x_train": "train_images",
        "y_train": "train_labels",
        "x_test": "test_images",
        "y_test": "test_labels",
    }
    return npz({names[name]: array for name, array in arrays.items()})


def with_labels(change):
    return npz(ARRAYS, **{name: change(ARRAYS[name]) for name in ("y_train", "y_test")})


OTHER_LAYOUTS = {
    "labels int64": with_labels(lambda labels: labels.astype(np.int64)),
    "labels int8": with_labels(lambda labels: labels.astype(np.int8)),
    "labels in a column": with_labels(lambda labels: labels.astype(np.int32)[:, None]),
    "other keys": other_keys(ARRAYS),
    "other keys and int64": other_keys({name: array.astype(np.int64) for name, array in ARRAYS.items()}),
    "images int32": npz(ARRAYS, x_train=ARRAYS["x_train"].astype(np.int32)),
    "images as rows": npz(ARRAYS, x_train=ARRAYS["x_train"].reshape(20, 784)),
    "images with a channel": npz(ARRAYS, x_test=ARRAYS["x_test"][..., None]),
    "Fortran's order": npz(ARRAYS, x_test=np.asfortranarray(ARRAYS["x_test"])),
}


@pytest.mark.parametrize("layout", OTHER_LAYOUTS)
def test_another_layout_with_the_same_numbers_is_mnist(serve, folder, layout):
    (folder / "mnist.npz").write_bytes(OTHER_LAYOUTS[layout])
    dataset = load_mnist("full")
    assert is_the_small_mnist(dataset)
    assert {array.dtype for array in (dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test)} == {
        np.dtype("uint8")
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (with_labels(lambda labels: labels.astype(np.int64) + 256), "y_train is int64"),
        (with_labels(lambda labels: labels.astype(np.int64) - 1), "y_train is int64"),
        (with_labels(lambda labels: labels.astype(np.int64) + 1), "y_train differs"),
        (with_labels(lambda labels: np.eye(10, dtype=int)[labels]), "y_train is int64 (20, 10)"),
        (other_keys({**ARRAYS, "y_test": ARRAYS["y_test"][::-1]}), "y_test differs"),
        (npz(ARRAYS, x_train=ARRAYS["x_train"].transpose(0, 2, 1)), "x_train differs"),
        (npz({"a": ARRAYS["x_train"]}), "lacks x_train, y_train, x_test, y_test and holds a"),
    ],
)
def test_another_layout_with_other_numbers_is_not(serve, folder, content, reason):
    (folder / "mnist.npz").write_bytes(content)
    with pytest.raises(BadDataError) as raised:
        load_mnist()
    assert reason in str(raised.value)


def test_rows_of_colours_are_not_guessed_at(serve, folder):
    # Copies of CIFAR-10 are accepted without a digest: rows in another order would be nonsense unnoticed.
    rows = COLOURS["x_train"].transpose(0, 3, 1, 2).reshape(50, -1)
    (folder / "cifar10.npz").write_bytes(npz(COLOURS, x_train=rows))
    with pytest.raises(BadDataError, match="x_train is uint8"):
        load_cifar10()
    wide = {name: COLOURS[name].astype(np.int64)[:, None] for name in ("y_train", "y_test")}
    (folder / "cifar10.npz").write_bytes(npz(COLOURS, **wide))
    assert "bit for bit the original" in load_cifar10().origin


def test_a_file_named_instead_of_its_folder(serve, folder, monkeypatch):
    (folder / "mnist.npz").write_bytes(GOOD)
    monkeypatch.setenv("LENET_DATA_DIR", str(folder / "mnist.npz"))
    with pytest.raises(DataNotFoundError) as raised:
        load_mnist()
    assert f"Name the folder that it is in, {folder}, or unset" in str(raised.value)
