"""A network that does not do as it should: every way ends in the sample or in an error that says why."""

import dataclasses
import os
import subprocess
import sys
import textwrap
import threading
import time
import types

import pytest

from lenet_utils.data import DataNotFoundError, DownloadError, archives, download, load_mnist
from tests.data.made_up import GOOD, is_the_small_mnist, left_in

CHILD = """
    import dataclasses, sys, time
    from lenet_utils.data import archives, load_mnist
    source, address, file_digest, *digests = sys.argv[1:]
    shapes = {"x_train": (20, 28, 28), "y_train": (20,), "x_test": (10, 28, 28), "y_test": (10,)}
    archives.MNIST = dataclasses.replace(
        archives.MNIST, address=address, sha256=file_digest, shapes=shapes, digests=dict(zip(shapes, digests))
    )
    start = time.monotonic()
    print(load_mnist(source).source, "after", time.monotonic() - start)
"""


def child(source):
    """Another Python that loads the small MNIST."""
    original = [archives.MNIST.address, archives.MNIST.sha256, *archives.MNIST.digests.values()]
    command = [sys.executable, "-c", textwrap.dedent(CHILD), source, *original]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


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
    monkeypatch.setattr(download, "STALL_SECONDS", 1)
    monkeypatch.setattr(download, "MIN_BYTES", 10)
    progress = types.SimpleNamespace(received=0)

    def work():
        for _ in range(25):
            time.sleep(0.1)
            progress.received += 5 * steady

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    if steady:
        download._wait(thread, progress)
        assert progress.received == 125
    else:
        with pytest.raises(DownloadError, match="too slow"):
            download._wait(thread, progress)


def test_a_broken_download_is_tried_again(serve, home, server):
    serve("once_broken")
    assert is_the_small_mnist(load_mnist("full"))
    assert server.asked == ["once_broken"] * 2


def test_no_network_at_all_falls_back_at_once(serve, home, monkeypatch, capsys):
    nowhere = dataclasses.replace(archives.MNIST, address="http://no-such-host.invalid/mnist.npz")
    monkeypatch.setattr(archives, "MNIST", nowhere)
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
    for part in (str(folder), str(home), archives.MNIST.address, "404", "LENET_DATA=sample"):
        assert part in message


def test_an_interrupted_download_leaves_nothing(serve, home, server, monkeypatch):
    serve("trickling")

    def interrupt(thread, progress):
        while not server.asked:
            time.sleep(0.05)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(download, "_wait", interrupt)
        load_mnist()
    assert left_in(home) == []
    serve("good")
    assert is_the_small_mnist(load_mnist())


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
