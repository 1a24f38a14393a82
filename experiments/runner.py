"""Do the runs of a study that are not recorded yet, here or on a cluster; record each as it ends."""

import contextlib
import importlib.util
import os
import pkgutil
import time
from pathlib import Path

import joblib
import numpy as np
from tqdm import tqdm

from experiments import record, studies
from experiments.study import Study, Trial

CHECKPOINTS = record.ROOT / "checkpoints"
DRY_RUNS = record.ROOT / "_build" / "quick"
"""Where a dry run leaves checkpoints and records, which say nothing about errors."""


def study_names() -> list[str]:
    """The studies there are: every module of `experiments.studies` that has a STUDY.

    Their text is read, not run: what they import takes seconds, and has to come after `share_cores`.
    """
    modules = [module.name for module in pkgutil.iter_modules(studies.__path__)]
    return sorted(name for name in modules if "\nSTUDY = " in _source(name))


def _source(name: str) -> str:
    module = f"{studies.__name__}.{name}"
    return importlib.util.find_spec(module).loader.get_source(module)


def find_study(name: str) -> Study:
    """The study of this name."""
    return importlib.import_module(f"{studies.__name__}.{name}").STUDY


def run_study(name: str, seeds: int | None, results: Path, dry_run: bool = False) -> None:
    """Run what is missing of one study, and record every run as it ends.

    Args:
        name: one of `study_names`.
        seeds: how many seeds; None for as many as the study asks for.
        results: the folder of the records.
        dry_run: few digits and two epochs, to try the code.
    """
    study = find_study(name)
    seeds = seeds or study.seeds
    data = study.load_few() if dry_run else study.load()
    path = results / f"{name}.json"
    command = f"python -m experiments {name} " + ("--quick" if dry_run else f"--seeds {seeds}")
    origin = record.provenance(record.digest(data.x_train, data.y_train, data.x_test, data.y_test))
    book = record.read(path, name, command, origin)

    done = {(run["variant"], run["seed"]) for run in book["runs"]}
    wanted = study.pairs(seeds)
    missing = [pair for pair in wanted if pair not in done]
    print(f"{name}: {len(wanted)} runs, {len(wanted) - len(missing)} recorded already", flush=True)

    folder = (DRY_RUNS if dry_run else CHECKPOINTS) / name
    trials = [Trial(variant, seed, folder / f"{variant}-{seed}", dry_run) for variant, seed in missing]
    # The name travels, not the study: a worker elsewhere has its own checkout.
    calls = (joblib.delayed(one_run)(name, trial, data) for trial in trials)
    ended = joblib.Parallel(return_as="generator_unordered", **({"n_jobs": 1} if study.timed else {}))(calls)
    for run in tqdm(ended, total=len(missing), desc=name, unit="run", disable=not missing):
        book["runs"].append(run)
        book["runs"].sort(key=lambda r: (study.variants.index(r["variant"]), r["seed"]))
        book["command"], book["provenance"] = command, origin
        record.write(path, book)
        tqdm.write(summary(run))


def summary(run: dict) -> str:
    """One line about a run that has ended."""
    kind = "test" if "test_error_percent" in run else "validation"
    error = run[f"{kind}_error_percent"]
    return f"{run['variant']}, seed {run['seed']}: {kind} error {error:.2f}% after {run['seconds']:.0f} s"


def one_run(name: str, trial: Trial, data) -> dict:
    """Train once; return the run with its seed, variant and wall time."""
    trial.folder.mkdir(parents=True, exist_ok=True)
    start, study = time.perf_counter(), find_study(name)
    fields = study.run(data, trial) if study.run else evaluate_once(study, data, trial)
    fields.setdefault("seconds", round(time.perf_counter() - start, 1))
    return {"seed": trial.seed, "variant": trial.variant, **fields}


def evaluate_once(study: Study, data, trial: Trial) -> dict:
    """Train without the test set at hand; then, and only then, read it, once."""
    # Here, because it brings Keras, which has to come after `share_cores`.
    from lenet_utils.evaluation import rejected_percent

    answer, fields = study.fit(data.x_train, data.y_train, trial)
    outputs = np.asarray(answer(data.x_test))
    classes = outputs if outputs.ndim == 1 else outputs.argmax(axis=1)
    misclassified = np.flatnonzero(classes != data.y_test)
    fields = {"test_error_percent": round(100 * len(misclassified) / len(data.y_test), 3), **fields}
    if outputs.ndim == 2:
        fields["rejected_percent"] = round(rejected_percent(outputs, data.y_test), 3)
    if study.evaluate:
        fields |= study.evaluate(answer, data.x_test, data.y_test)
    return {**fields, "misclassified": misclassified.tolist()}


@contextlib.contextmanager
def workers(backend: str, scheduler: str | None, jobs: int):
    """Who does the runs: processes of this machine ("loky"), or the workers of a Dask cluster ("dask")."""
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
    """Let runs side by side share the cores, so that none asks for all. Call it before TensorFlow comes."""
    share = max(1, (os.cpu_count() or 1) // jobs)
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(share))
    if share == 1:
        # Without this, every small product of XLA is handed to a second thread that waits for the same core.
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
