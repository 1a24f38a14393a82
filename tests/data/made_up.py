"""A MNIST and a CIFAR-10 of a few images, and a server that misbehaves in every way that servers do."""

import contextlib
import hashlib
import http.server
import io
import struct
import tarfile
import time

import numpy as np

# A MNIST and a CIFAR-10 of a few images, with addresses, shapes and digests of their own.
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


def idx(array):
    """The array in the format of MNIST's original files."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


ARRAYS = made_up(SMALL_MNIST_SHAPES)
GOOD = npz(ARRAYS)
COLOURS = made_up(SMALL_CIFAR10_SHAPES)
COLOUR_FILES = {f"data_batch_{n + 1}.bin": records(COLOURS, "train", 10 * n, 10) for n in range(5)}
COLOUR_FILES["test_batch.bin"] = records(COLOURS, "test", 0, 10)
COLOUR_ARCHIVE = archive(COLOUR_FILES)


def is_the_small_mnist(dataset):
    return dataset.source == "full" and all(
        np.array_equal(getattr(dataset, name), array) for name, array in ARRAYS.items()
    )


def left_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def is_the_small_cifar10(dataset):
    return dataset.source == "full" and all(
        np.array_equal(getattr(dataset, name), array) for name, array in COLOURS.items()
    )


def in_keras_layout(arrays):
    return npz(arrays, y_train=arrays["y_train"][:, None], y_test=arrays["y_test"][:, None])


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
