"""Measure the figures that the book promises, and print each beside its bar: `make measure`.

Builds the book from scratch and again from its cache, on the sample and, where it can be had, on all of MNIST,
and reads errors and training times from the chapter *implementation* as it was just executed. With --tests it
times `make test` as well.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from jupyter_cache import get_cache

from scripts.chapters import ROOT, read_chapter


def executed(chapter: str, source: str, root: Path = ROOT) -> nbformat.NotebookNode:
    """A chapter as it was last executed on this data ("sample" or "full"), with its outputs.

    Raises:
        FileNotFoundError: it has not been; the message says how to.
    """
    notebook = read_chapter(chapter, root)
    try:
        cache = get_cache(root / "_build" / "cache" / source)
        return cache.merge_match_into_notebook(notebook)[1]
    except KeyError:
        raise FileNotFoundError(
            f"{chapter} has not been executed on {source} data. Run: LENET_DATA={source} make book"
        ) from None


def result(notebook: nbformat.NotebookNode, name: str) -> float:
    """The number that the cell tagged `result:NAME` printed last.

    Raises:
        LookupError: no such cell, or it printed no number.
    """
    for cell in notebook.cells:
        if f"result:{name}" in cell.metadata.get("tags", []):
            text = "".join(output_text(output) for output in cell.outputs)
            numbers = re.findall(rf"{name.replace('-', ' ')}\D*?(\d+(?:\.\d+)?)", text)
            if numbers:
                return float(numbers[-1])
    raise LookupError(f"no cell tagged result:{name} printed '{name.replace('-', ' ')}' and a number")


def output_text(output) -> str:
    """What an output says in plain text or Markdown."""
    if output.output_type == "stream":
        return output.text if output.name == "stdout" else ""
    data = output.get("data", {})
    return data.get("text/markdown") or data.get("text/plain", "")


def seconds_for(command: list[str], **environment: str) -> float:
    """Wall time of a command, whose output is shown."""
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)
    return time.perf_counter() - started


def measure_book(source: str) -> list[tuple[str, str, str]]:
    """Build from nothing and from the cache; the rows of the table."""
    build = [sys.executable, "scripts/build_book.py", "--output", "_build/measure"]
    shutil.rmtree(ROOT / "_build" / "cache" / source, ignore_errors=True)
    fresh = seconds_for(build, LENET_DATA=source)
    cached = seconds_for(build, LENET_DATA=source)
    timings = json.loads((ROOT / "_build" / "cache" / source / "timings.json").read_text())
    slowest = max(timings, key=lambda name: timings[name]["seconds"])
    largest = max(timings, key=lambda name: timings[name]["gibibytes"])
    notebook = executed("implementation", source)
    rows = [
        (
            f"make book, {source}, nothing cached",
            f"{fresh:.0f} s",
            "480 s" if source == "sample" else "900 s",
        ),
        (f"make book, {source}, everything cached", f"{cached:.0f} s", "60 s"),
        (
            f"slowest chapter, {source}: {slowest}",
            f"{timings[slowest]['seconds']:.0f} s",
            "240 s" if source == "full" else "–",
        ),
        (f"largest chapter, {source}: {largest}", f"{timings[largest]['gibibytes']:.1f} GiB", "4 GiB"),
        (
            f"implementation, {source}: test error",
            f"{result(notebook, 'test-error'):.2f}%",
            "3.5%" if source == "sample" else "1.1%",
        ),
        (
            f"implementation, {source}: training",
            f"{result(notebook, 'training-seconds'):.0f} s",
            "–" if source == "sample" else "90 s",
        ),
    ]
    distorted = f"{result(notebook, 'test-error-distorted'):.2f}%"
    rows.append(
        (
            f"implementation, {source}, distortions: test error",
            distorted,
            "1.8%" if source == "sample" else "–",
        )
    )
    return rows


def measure_pattern_by_pattern() -> tuple[str, str, str]:
    """How long 60,000 updates of the network of 1998 take, one picture each, compilation included."""
    import numpy as np

    from lenet_utils import losses, models, optimizers, training
    from lenet_utils.data import load_mnist, to_lenet_input

    digits = load_mnist("sample")
    x = np.resize(to_lenet_input(digits.x_train), (60_000, 32, 32, 1))
    y = np.resize(digits.y_train, 60_000)
    model = models.lenet5_1998()
    model.compile(
        optimizer=optimizers.StochasticDiagonalLevenbergMarquardt(), loss=losses.MaximumAPosteriori()
    )
    started = time.perf_counter()
    training.fit_online(model, x, y, epochs=1, callbacks=[optimizers.CurvatureEstimation()])
    return "60,000 single-pattern updates", f"{time.perf_counter() - started:.0f} s", "60 s"


def main() -> None:
    from lenet_utils.data import available_source

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tests", action="store_true", help="time `make test` too (about ten minutes)")
    chosen = parser.parse_args()
    rows = [measure_pattern_by_pattern(), *measure_book("sample")]
    if available_source()[0] == "full":
        rows += measure_book("full")
    else:
        print("All of MNIST is not at hand, so only the sample was measured.")
    if chosen.tests:
        rows.append(("make test", f"{seconds_for(['make', 'test']):.0f} s", "720 s"))
    width = max(len(row[0]) for row in rows)
    print(f"\n{'what':<{width}}  {'measured':>9}  {'bar':>7}")
    for what, measured, bar in rows:
        print(f"{what:<{width}}  {measured:>9}  {bar:>7}")


if __name__ == "__main__":
    main()
