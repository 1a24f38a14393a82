"""Processes in which students' code runs: what they inherit, what they may use, and how they are ended."""

import contextlib
import ctypes
import os
import re
import resource
import signal
import site
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

FOREIGN = re.compile(r"(PYTHON|JUPYTER|IPYTHON|KERAS_|TF_|XLA_|MPL|LENET_|OTTER_|PIP_|OMP_|CUDA_)")
"""How environment variables begin that change what Python, Keras or lenet_utils do."""

MEMORY = 3.0
"""Gigabytes that a notebook may use, with all its processes. A chapter's own training takes 1.5."""

PROCESSES = 100
"""So many processes may a notebook start."""

LARGEST_FILE = 2**30
"""Bytes of one file that a notebook may write."""

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def make_environment(home: Path, paths: Iterable[Path]) -> dict[str, str]:
    """The environment for grading: nothing of the teacher's own settings changes a mark.

    An old `keras.json`, a PYTHONPATH with another project's modules, PYTHONOPTIMIZE: all of that stays
    outside.

    Args:
        home: a folder that takes the place of the home folder, for what programs keep there.
        paths: where Python looks for modules first.
    """
    kept = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
    folders = ("HOME", "KERAS_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR")
    return {
        **kept,
        **dict.fromkeys(folders, str(home)),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONUSERBASE": site.getuserbase(),  # packages may be there
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "KERAS_BACKEND": "tensorflow",
        "MPLBACKEND": "Agg",
        "LENET_DATA": "sample",  # the same digits, and quickly, wherever one grades
        # One core, because other notebooks want the others. No GPU, because its rounding is another one.
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }


def adopt_orphans() -> None:
    """Become the parent of whatever descendants leave behind, so that `end_family` finds it (Linux)."""
    _call_prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent(signal_number: int = signal.SIGKILL) -> None:
    """Let this process get a signal as soon as its parent ends, however that happens (Linux)."""
    _call_prctl(PR_SET_PDEATHSIG, signal_number)


def _call_prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def limit_resources(memory: float) -> None:
    """Limit the gigabytes of data of this process, and of each that it starts, and the size of its files.

    An allocation beyond that raises MemoryError. The limit is on data and not on addresses (RLIMIT_AS), of
    which TensorFlow reserves several gigabytes that it never uses. What several processes use together,
    `use_of` measures.
    """
    data = int(0.8 * memory * 2**30)
    for limit, value in (("DATA", data), ("FSIZE", LARGEST_FILE), ("CORE", 0)):
        with contextlib.suppress(ValueError, OSError, AttributeError):  # macOS has not all of them
            resource.setrlimit(getattr(resource, f"RLIMIT_{limit}"), (value, value))


def find_family(pid: int) -> list[psutil.Process]:
    """All processes that this one has started, and those that they have started."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def use_of(processes: list[psutil.Process]) -> float:
    """Gigabytes in memory of these processes."""
    used = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            used += process.memory_info().rss
    return used / 2**30


def end_family(pid: int, patience: float = 20) -> None:
    """Kill all that this process has started, and what that has started, until nothing is left of it.

    Whole process groups are killed at once, as a process that keeps starting others is faster than one who
    counts.
    """
    deadline = time.monotonic() + patience
    while (
        family := [each for each in find_family(pid) if not _is_dead(each)]
    ) and time.monotonic() < deadline:
        for process in family:
            with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
                group = os.getpgid(process.pid)
                os.killpg(group, signal.SIGKILL) if group not in (os.getpgrp(), 0) else process.kill()
        time.sleep(0.02)


def end_process(process: subprocess.Popen) -> None:
    """Kill a process with its family. It is stopped first, so that it can start nothing more."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGSTOP)
        end_family(process.pid)
        process.kill()
    process.wait()


def _is_dead(process: psutil.Process) -> bool:
    try:
        return process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return True


def bury_the_dead() -> None:
    """Take note of the end of adopted processes, which the system keeps in its table until somebody does."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
