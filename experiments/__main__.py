"""Run a study: `python -m experiments NAME [--seeds N] [--jobs J]`, or `all` for NAME.

A study is one file of this folder with

- `VARIANTS`, the names of what it compares;
- `SEEDS`, how many seeds it takes (1 where it does not say);
- `load()`, which returns the data as `lenet_utils.data` does;
- `run(data, variant, seed, folder)`, which trains once and returns the fields of one recorded run;
  `folder` is its own place for checkpoints, so that an interrupted run goes on where it was.

Every finished run is recorded at once in experiments/results/NAME.json; runs found there are not repeated.
"""

import argparse
import importlib
import os
import pkgutil
import time
from pathlib import Path

import experiments
from experiments import record

CHECKPOINTS = record.ROOT / "checkpoints"


def names() -> list[str]:
    """The studies there are: every module of this folder with a `run`."""
    helpers = {"__main__", "record", "network_of_1998"}
    return sorted(m.name for m in pkgutil.iter_modules(experiments.__path__) if m.name not in helpers)


def one_run(study: str, variant: str, seed: int, data) -> dict:
    """Train once; return the run with its seed, variant and wall time."""
    folder = CHECKPOINTS / study / f"{variant}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    fields = importlib.import_module(f"experiments.{study}").run(data, variant, seed, folder)
    fields.setdefault("seconds", round(time.perf_counter() - start, 1))
    return {"seed": seed, "variant": variant, **fields}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__.split("\n\n")[0])
    parser.add_argument("study", choices=[*names(), "all"], type=lambda name: name.replace("-", "_"))
    parser.add_argument(
        "--seeds", type=int, help="how many seeds, from 0 (default: as many as the study asks for)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side (default 1)")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="folder of the records")
    chosen = parser.parse_args(arguments)
    share_cores(chosen.jobs)
    for name in names() if chosen.study == "all" else [chosen.study]:
        run_study(name, chosen.seeds, chosen.jobs, chosen.results)


def share_cores(jobs: int) -> None:
    """Runs side by side share the cores instead of each asking for all of them."""
    share = max(1, (os.cpu_count() or 1) // jobs)
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(share))
    if share == 1:
        # Without this, every small product of XLA is handed to a second thread that waits for the same core.
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")


def run_study(name: str, seeds: int | None, jobs: int, results: Path) -> None:
    """Run what is missing of one study, and record every run as it ends."""
    from joblib import Parallel, delayed

    study = importlib.import_module(f"experiments.{name}")
    seeds = seeds or getattr(study, "SEEDS", 1)
    data = study.load()
    path = results / f"{name}.json"
    command = f"python -m experiments {name} --seeds {seeds}"
    origin = record.provenance(record.digest(data.x_train, data.y_train, data.x_test, data.y_test))
    book = record.read(path, name, command, origin)

    done = {(run["variant"], run["seed"]) for run in book["runs"]}
    # Seed by seed, so that a study that is interrupted has compared all its variants.
    wanted = [(variant, seed) for seed in range(seeds) for variant in study.VARIANTS]
    missing = [pair for pair in wanted if pair not in done]
    print(f"{name}: {len(wanted)} runs, {len(wanted) - len(missing)} recorded already", flush=True)

    calls = (delayed(one_run)(name, variant, seed, data) for variant, seed in missing)
    for number, run in enumerate(Parallel(n_jobs=jobs, return_as="generator_unordered")(calls), 1):
        book["runs"].append(run)
        book["runs"].sort(key=lambda r: (study.VARIANTS.index(r["variant"]), r["seed"]))
        book["command"], book["provenance"] = command, origin
        record.write(path, book)
        print(
            f"[{number}/{len(missing)}] {run['variant']}, seed {run['seed']}: "
            f"test error {run['test_error_percent']:.2f}% after {run['seconds']:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
