"""Build the book: run every chapter, say how far it is, then make the pages.

Chapters are executed two at a time into jupyter-cache, from which the pages take their outputs; a chapter
whose code, package, records and data have not changed is not run again. The pages are built warning-strict.
"""

import argparse
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.preprocessors.coalescestreams import CoalesceStreamsPreprocessor

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from scripts.set_address import stated_address  # noqa: E402

SECONDS_A_CELL = 1200
# TensorFlow writes these to stderr whenever it is imported, whatever its log level; they are no warning.
START_UP_LINES = re.compile(
    r"^(WARNING: All log messages before absl|[IW]\d{4} \d\d|\s*$|To enable the following"
    # An error by name only: on older processors one operation takes another way.
    r"|E\d{4} .*oneDNN supports DT_INT32 only on platforms with AVX-512)"
)


def listed_chapters(root: Path) -> list[Path]:
    """The pages with code that _toc.yml names, in its order: notebooks, and Markdown pages with code cells."""
    names = re.findall(r"^\s*-?\s*(?:root|file):\s*(\S+)", (root / "_toc.yml").read_text(), re.MULTILINE)
    paths = [root / f"{name}{suffix}" for name in names for suffix in (".ipynb", ".md")]
    return [
        path
        for path in paths
        if path.exists() and (path.suffix == ".ipynb" or is_myst_markdown_notebook(path.read_text()))
    ]


def read_chapter(path: Path) -> nbformat.NotebookNode:
    """The notebook, read just as the page builder reads it, so that it finds the outputs again."""
    if path.suffix == ".md":
        return read_myst_markdown_notebook(path.read_text(), path=path)
    return nbformat.read(path, as_version=4)


def state_of(root: Path) -> str:
    """Digest of what a chapter's outputs depend on beside its own code and the data."""
    parts = [*root.glob("lenet_utils/**/*.py"), *root.glob("lenet_utils/weights/*")]
    parts += [*root.glob("lenet_utils/results/*.json"), *root.glob("requirements.txt")]
    total = hashlib.sha256()
    for path in sorted(parts):
        total.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return total.hexdigest()


def open_cache(root: Path, source: str) -> Path:
    """The folder of executed chapters for this data, emptied when the package has changed."""
    folder, state = root / "_build" / "cache" / source, state_of(root)
    stamp = folder / "state"
    if not stamp.exists() or stamp.read_text() != state:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        stamp.write_text(state)
    return folder


def run_chapter(path: Path, log: Path) -> dict:
    """Execute one chapter in its own folder; return the notebook, seconds, peak memory, and any fault.

    What the kernel itself says, beside the cells' outputs, goes to the log.
    """
    notebook = read_chapter(path)
    started, fault = time.perf_counter(), None
    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        record_timing=False,  # the cache compares the cells' metadata too
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        with log.open("w") as lines:
            client.execute(stderr=lines)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        fault = describe_fault(notebook, path, f"{error}\n(The kernel's own messages: {log})")
    # Of a progress line that was written again and again, keep what a reader saw last.
    CoalesceStreamsPreprocessor(enabled=True).preprocess(notebook, {})
    return {
        "notebook": notebook,
        "seconds": time.perf_counter() - started,
        "gibibytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20,
        "fault": fault or unexpected_warning(notebook, path),
    }


def describe_fault(notebook, path: Path, error: str) -> str:
    """Which chapter and which cell, then the error itself."""
    for number, cell in enumerate(notebook.cells):
        broken = any(o.output_type == "error" for o in cell.get("outputs", []))
        if broken:
            return f"{path.name}, cell {number} (In [{cell.execution_count}]):\n{error.strip()}"
    return f"{path.name}, cell unknown:\n{error.strip()}"


def unexpected_warning(notebook, path: Path) -> str | None:
    """A warning in a chapter is a fault too: readers would see it, or learn from code that causes it."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                lines = [line for line in output.text.splitlines() if not START_UP_LINES.match(line)]
                if lines:
                    return f"{path.name}, cell {number} (In [{cell.execution_count}]) warns:\n" + "\n".join(
                        lines
                    )
    return None


def execute(chapters: list[Path], folder: Path, jobs: int) -> list[str]:
    """Execute the chapters that the cache lacks; return the faults."""
    cache, faults, timings = get_cache(folder), [], folder / "timings.json"
    record = json.loads(timings.read_text()) if timings.exists() else {}
    missing = []
    for path in chapters:
        try:
            cache.match_cache_notebook(read_chapter(path))
        except KeyError:
            missing.append(path)
    print(
        f"{len(chapters)} chapters, {len(chapters) - len(missing)} unchanged since they were run", flush=True
    )
    with ProcessPoolExecutor(jobs, max_tasks_per_child=1) as pool:
        running = {pool.submit(run_chapter, path, folder / f"{path.stem}.log"): path for path in missing}
        for number, future in enumerate(as_completed(running), 1):
            path, result = running[future], future.result()
            print(
                f"[{number}/{len(missing)}] {path.stem}: {result['seconds']:.0f} s, "
                f"{result['gibibytes']:.1f} GiB{' — FAILED' if result['fault'] else ''}",
                flush=True,
            )
            if result["fault"]:
                faults.append(result["fault"])
                continue
            record[path.stem] = {k: round(result[k], 1) for k in ("seconds", "gibibytes")}
            timings.write_text(json.dumps(record, indent=1))
            bundle = CacheBundleIn(
                result["notebook"], str(path), data={"execution_seconds": result["seconds"]}
            )
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    return faults


def state_address(config: dict, address: str | None) -> None:
    """Let the pages' buttons lead to the repository; without an address, leave those out that would lead nowhere."""
    if address:
        config["repository"]["url"] = address
        return
    config["launch_buttons"] = {}
    for button in ("use_edit_page_button", "use_repository_button"):
        config["html"][button] = False


def make_pages(root: Path, folder: Path, output: Path, builder: str = "html") -> int:
    """Run jupyter-book on what was executed; every warning is an error."""
    config = yaml.safe_load((root / "_config.yml").read_text())
    # What is left on stderr after `unexpected_warning` are TensorFlow's start-up lines.
    config["execute"] = {"execute_notebooks": "cache", "cache": str(folder), "stderr_output": "remove"}
    state_address(config, stated_address(root))
    written = root / "_build" / "config.yml"
    written.write_text(yaml.safe_dump(config, sort_keys=False))
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", str(root), "--path-output", str(output)]
    command += ["--config", str(written), "--warningiserror", "--keep-going", "--all", "--builder", builder]
    return subprocess.run(command).returncode


def make_playground(root: Path, output: Path) -> int:
    """Put the playground's scripts, weights and examples beside the pages."""
    if not (root / "playground").is_dir():
        return 0  # a book without one, as in the tests of the build
    target = output / "_build" / "html" / "playground"
    command = [sys.executable, str(root / "scripts" / "build_playground.py"), str(target)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:  # otherwise stderr holds nothing but TensorFlow's start-up lines
        print(done.stderr, file=sys.stderr)
    return done.returncode


def chosen_source() -> tuple[str, str]:
    """Full MNIST or the sample, decided once for all chapters, so that none waits for the network again."""
    from lenet_utils.data import available_source

    return available_source()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--output", type=Path, help="folder that gets _build/html (default: the root)")
    parser.add_argument(
        "--builder", choices=["html", "linkcheck"], default="html", help="pages, or a look at links"
    )
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="chapters side by side")
    chosen = parser.parse_args(arguments)
    root, started = chosen.root.resolve(), time.perf_counter()
    output = (chosen.output or root).resolve()

    source, why = chosen_source()
    os.environ["LENET_DATA"] = source
    print(f"1 of 2: run the chapters on {why}", flush=True)
    folder = open_cache(root, source)
    faults = execute(listed_chapters(root), folder, chosen.jobs)
    if faults:
        print("\n\n".join(["", *(f"ERROR in {fault}" for fault in faults)]), file=sys.stderr)
        print(f"\n{len(faults)} chapter(s) failed; no pages were made.", file=sys.stderr)
        return 1
    print(f"2 of 2: make the pages ({chosen.builder})", flush=True)
    if make_pages(root, folder, output, chosen.builder) or make_playground(root, output):
        print("The pages have faults: see the warnings above.", file=sys.stderr)
        return 1
    print(f"Done in {time.perf_counter() - started:.0f} s: {output / '_build/html/index.html'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
