"""Every test of the data has an empty cache of its own and, if it wants, a small server."""

import dataclasses
import http.server
import threading

import pytest

from lenet_utils.data import archives, download, load
from tests.data import made_up
from tests.data.made_up import (
    ARRAYS,
    COLOUR_ARCHIVE,
    COLOUR_FILES,
    GOOD,
    SMALL_CIFAR10_SHAPES,
    SMALL_MNIST_SHAPES,
    sha256,
)


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), made_up.Answers) as server:
        server.asked, server.over, server.daemon_threads = [], threading.Event(), True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty Keras home and temporary folder, no wish for any source, no proxy and no certificates of ours."""
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    others = ("LENET_DATA", "LENET_DATA_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    for name in (*proxies, *map(str.upper, proxies), *others):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(download.tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))  # for child processes
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(load, "_notified", set())
    return tmp_path / "keras" / "datasets"


@pytest.fixture
def serve(server, home, monkeypatch):
    """A function that lets the small collections come from the server, behaving in the given manner."""

    def choose(manner):
        address = f"http://127.0.0.1:{server.server_port}/{manner}"
        mnist = dataclasses.replace(
            archives.MNIST,
            address=f"{address}/mnist.npz",
            sha256=sha256(GOOD),
            shapes=SMALL_MNIST_SHAPES,
            digests={name: sha256(array.tobytes()) for name, array in ARRAYS.items()},
        )
        cifar10 = dataclasses.replace(
            archives.CIFAR10,
            address=f"{address}/cifar-10-binary.tar.gz",
            sha256=sha256(COLOUR_ARCHIVE),
            shapes=SMALL_CIFAR10_SHAPES,
            digests={name: sha256(content) for name, content in COLOUR_FILES.items()},
        )
        monkeypatch.setattr(archives, "MNIST", mnist)
        monkeypatch.setattr(archives, "CIFAR10", cifar10)

    choose("good")
    return choose


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that LENET_DATA_DIR names."""
    folder = tmp_path / "my data"
    folder.mkdir()
    monkeypatch.setenv("LENET_DATA_DIR", str(folder))
    return folder
