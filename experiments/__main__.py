"""Run a study: `python -m experiments NAME [--seeds N] [--jobs J]`, or `all` for NAME.

A study is one file of this folder with

- `VARIANTS`, the names of what it compares;
- `SEEDS`, how many seeds it takes (1 where it does not say), and `ONE_SEED`, the variants that take only one;
- `ALONE`, where runs are timed: they then wait for each other, whatever --jobs says;
- `load()`, which returns the data as `lenet_utils.data` does;
- `fit(x_train, y_train, variant, seed, folder)`, which trains once without any test digit at hand and returns a
  function from pictures to classes, (N,), or to scores of them, (N, classes), and further fields to record; the test
  set is then read once, here;
- beside it, where more than the error is asked, `judge(answer, x_test, y_test)`, which returns what to record of that;
- or `run(data, variant, seed, folder)`, where a curve over the test digits is part of what is reported, which
  returns all fields itself. No choice may depend on test digits there either.
  `folder` is a run's own place for checkpoints, so that an interrupted one goes on where it was.

Every finished run is recorded at once in lenet_utils/results/NAME.json; runs found there are not repeated.
`--quick` rehearses a study in a minute or so: one seed, 1,000 digits of the embedded sample, two passes. Its records go
to _build/quick and say nothing about errors; nothing else is changed.
`--backend dask --scheduler ADDRESS` spreads the runs over a Dask cluster, whose machines need this checkout; the runs
of a machine that fails are done again by another.
"""

import argparse
import contextlib
import dataclasses
import importlib
import os
import pkgutil
import shutil
import time
from pathlib import Path

import joblib
import numpy as np
from tqdm import tqdm

import experiments
from experiments import quick, record
from lenet_utils.data import load_mnist
from lenet_utils.evaluation import rejected_percent

CHECKPOINTS = record.ROOT / "checkpoints"
REHEARSAL = record.ROOT / "_build" / "quick"
QUICK_DIGITS = {"train": 1000, "test": 200}


def names() -> list[str]:
    """The studies there are: every module of this folder with a `fit` or a `run`."""
    helpers = {"__main__", "record", "network_of_1998", "network_of_today", "boosting"}
    return sorted(m.name for m in pkgutil.iter_modules(experiments.__path__) if m.name not in helpers)


def one_run(study: str, variant: str, seed: int, data) -> dict:
    """Train once; return the run with its seed, variant and wall time."""
    folder = (REHEARSAL if quick() else CHECKPOINTS) / study / f"{variant}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    start, module = time.perf_counter(), importlib.import_module(f"experiments.{study}")
    if hasattr(module, "fit"):
        fields = judged_once(module, data, variant, seed, folder)
    else:
        fields = module.run(data, variant, seed, folder)
    fields.setdefault("seconds", round(time.perf_counter() - start, 1))
    return {"seed": seed, "variant": variant, **fields}


def judged_once(study, data, variant: str, seed: int, folder: Path) -> dict:
    """Train without the test set at hand; then, and only then, read it, once."""
    answer, fields = study.fit(data.x_train, data.y_train, variant, seed, folder)
    outputs = np.asarray(answer(data.x_test))
    classes = outputs if outputs.ndim == 1 else outputs.argmax(axis=1)
    misread = np.flatnonzero(classes != data.y_test)
    fields = {"test_error_percent": round(100 * len(misread) / len(data.y_test), 3), **fields}
    if outputs.ndim == 2:
        fields["rejected_percent"] = round(rejected_percent(outputs, data.y_test), 3)
    if hasattr(study, "judge"):
        fields |= study.judge(answer, data.x_test, data.y_test)
    return {**fields, "misread": misread.tolist()}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__.split("\n\n")[0])
    parser.add_argument("study", choices=[*names(), "all"], type=lambda name: name.replace("-", "_"))
    parser.add_argument(
        "--seeds", type=int, help="how many seeds, from 0 (default: as many as the study asks for)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side (default 1)")
    parser.add_argument("--results", type=Path, help="folder of the records")
    parser.add_argument("--quick", action="store_true", help="a rehearsal on few digits, without a record")
    parser.add_argument("--backend", choices=["loky", "dask"], default="loky", help="where runs go")
    parser.add_argument("--scheduler", help="address of a Dask scheduler, such as tcp://10.0.0.1:8786")
    chosen = parser.parse_args(arguments)
    if (chosen.backend == "dask") != (chosen.scheduler is not None):
        parser.error("--backend dask and --scheduler ADDRESS belong together")
    if chosen.quick:
        rehearse()
    results = chosen.results or (REHEARSAL if chosen.quick else record.RESULTS)
    share_cores(chosen.jobs)
    with workers(chosen.backend, chosen.scheduler, chosen.jobs):
        for name in names() if chosen.study == "all" else [chosen.study]:
            run_study(name, 1 if chosen.quick else chosen.seeds, results)


def rehearse() -> None:
    """From here on everything is short, and nothing is taken over from an earlier rehearsal."""
    os.environ["LENET_QUICK"] = "1"
    shutil.rmtree(REHEARSAL, ignore_errors=True)


def few_digits():
    """The sample's first digits, as `lenet_utils.data` gives them."""
    sample = load_mnist("sample")
    names = [(f"{kind}_{part}", many) for kind in "xy" for part, many in QUICK_DIGITS.items()]
    return dataclasses.replace(sample, **{name: getattr(sample, name)[:many] for name, many in names})


@contextlib.contextmanager
def workers(backend: str, scheduler: str | None, jobs: int):
    """Who does the runs: processes of this machine, or the workers of a Dask cluster."""
    if backend == "loky":
        with joblib.parallel_config(backend="loky", n_jobs=jobs):
            yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise SystemExit("--backend dask needs the package distributed: pip install distributed") from None
    try:
        client = Client(scheduler, timeout=20)
    except OSError as error:
        raise SystemExit(f"No Dask scheduler answers at {scheduler}: {error}") from error
    with client, joblib.parallel_config(backend="dask", n_jobs=-1):
        yield


def share_cores(jobs: int) -> None:
    """Runs side by side share the cores instead of each asking for all of them."""
    share = max(1, (os.cpu_count() or 1) // jobs)
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(share))
    if share == 1:
        # Without this, every small product of XLA is handed to a second thread that waits for the same core.
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")


def run_study(name: str, seeds: int | None, results: Path) -> None:
    """Run what is missing of one study, and record every run as it ends."""
    study = importlib.import_module(f"experiments.{name}")
    seeds = seeds or getattr(study, "SEEDS", 1)
    data = getattr(study, "load_few", few_digits)() if quick() else study.load()
    path = results / f"{name}.json"
    command = f"python -m experiments {name} " + ("--quick" if quick() else f"--seeds {seeds}")
    origin = record.provenance(record.digest(data.x_train, data.y_train, data.x_test, data.y_test))
    book = record.read(path, name, command, origin)

    done = {(run["variant"], run["seed"]) for run in book["runs"]}
    # Seed by seed, so that a study that is interrupted has compared all its variants.
    once = getattr(study, "ONE_SEED", ())
    wanted = [(v, seed) for seed in range(seeds) for v in study.VARIANTS if seed == 0 or v not in once]
    missing = [pair for pair in wanted if pair not in done]
    print(f"{name}: {len(wanted)} runs, {len(wanted) - len(missing)} recorded already", flush=True)

    calls = (joblib.delayed(one_run)(name, variant, seed, data) for variant, seed in missing)
    alone = {"n_jobs": 1} if getattr(study, "ALONE", False) else {}
    ended = joblib.Parallel(return_as="generator_unordered", **alone)(calls)
    for run in tqdm(ended, total=len(missing), desc=name, unit="run", disable=not missing):
        book["runs"].append(run)
        book["runs"].sort(key=lambda r: (study.VARIANTS.index(r["variant"]), r["seed"]))
        book["command"], book["provenance"] = command, origin
        record.write(path, book)
        tqdm.write(
            f"{run['variant']}, seed {run['seed']}: "
            f"test error {run['test_error_percent']:.2f}% after {run['seconds']:.0f} s"
        )


if __name__ == "__main__":
    main()
