"""Fetch a data set from the network into a cache, or give up in good time and say why."""

import contextlib
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from lenet_utils.data import archives
from lenet_utils.data.archives import Dataset, DatasetSpec, InvalidFileError
from lenet_utils.data.diagnosis import TRY_AGAIN, diagnose

TIMEOUT = 5
"""Seconds until a server has to take up the connection, and between two of its signs of life."""

STALL_SECONDS = 12
"""Give up if fewer than MIN_BYTES arrive in this time."""

MIN_BYTES = 256 * 1024


class DownloadError(RuntimeError):
    """A download failed; the message is the reason in a few words, `remedy` says what to do about it."""

    def __init__(self, reason: str, remedy: str = TRY_AGAIN):
        super().__init__(reason)
        self.remedy = remedy


def cache_folders() -> list[tuple[str, Path]]:
    """Name and path of Keras' cache, and of where Keras goes when the home folder may not be written to."""
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    folders = [("Keras' cache", Path(home) / "datasets")]
    with contextlib.suppress(OSError):  # a read-only container may have no temporary folder at all
        folders.append(("temporary folder", Path(tempfile.gettempdir()) / ".keras" / "datasets"))
    return folders


def download_dataset(spec: DatasetSpec) -> Dataset:
    """Download a data set into the cache and return it.

    The file arrives in a private folder inside the cache and leaves it only when it is complete and verified.
    So an interrupted download leaves nothing half-way, and of two processes that fill the same cache at
    once each puts the same file in place, in one step.

    Raises:
        DownloadError: with the reason.
    """
    folder, private = _private_folder()
    try:
        fetched = private / spec.address.rsplit("/", 1)[1]
        _fetch(spec.address, spec.sha256, fetched)
        ready = private / spec.file
        if ready != fetched:
            np.savez(ready, **archives.unpack_cifar10(fetched, spec))
        label = f"a download from {urlsplit(spec.address).hostname}"
        dataset = archives.read_dataset(spec, ready, label)
        _put_in_place(ready, folder / spec.file)
        return dataset
    except InvalidFileError as error:
        raise DownloadError(f"what arrived cannot be used: {error}") from None
    except OSError as error:
        raise DownloadError(*diagnose(error, spec.address, TIMEOUT)) from None
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _private_folder() -> tuple[Path, Path]:
    """The cache folder to fill and a new, private folder inside it."""
    folders = cache_folders()
    reasons = []
    for label, folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _remove_stale(folder)
            return folder, Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
        except OSError as error:
            reasons.append(f"{label}: {error.strerror or error}")
    if len(folders) == 1:
        reasons.append("no temporary folder")
    raise DownloadError(
        f"no folder to write to ({', '.join(reasons)})", "Name a folder that can be written to in KERAS_HOME."
    )


_UNFINISHED = ".unfinished-"


def _remove_stale(folder: Path) -> None:
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
        if name == "total":  # pooch sets it when a server has answered; before that there is nothing to show
            from tqdm import tqdm

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
        DownloadError: with the reason and its remedy.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    progress, failure, responses = _Progress(path.name), [], []

    def keep(response, **options):
        responses.append(response)

    def work():
        try:
            downloader = pooch.HTTPDownloader(
                progressbar=progress, chunk_size=16_384, timeout=TIMEOUT, hooks={"response": keep}
            )
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
        for response in responses:  # pooch leaves connections open after an error
            response.close()
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
        raise DownloadError(*diagnose(failure[0], address, TIMEOUT)) from None


def _wait(thread: threading.Thread, progress: _Progress) -> None:
    since, arrived = time.monotonic(), 0
    while thread.is_alive():
        thread.join(0.1)
        new = progress.received - arrived
        if new >= MIN_BYTES:
            since, arrived = time.monotonic(), progress.received
        elif time.monotonic() - since > STALL_SECONDS:
            raise DownloadError(f"too slow: {new:,} bytes within {STALL_SECONDS} seconds")
