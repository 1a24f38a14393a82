"""Run a study: `python -m experiments NAME [--seeds N] [--jobs J]`, or `all` for NAME.

Every finished run is recorded at once in lenet_utils/results/NAME.json; runs found there are not repeated.

`--quick` is a dry run, in a minute or so a study: one seed, 1,000 digits of the embedded sample, two epochs.
Its records go to _build/quick and say nothing about errors; nothing else is changed.

`--backend dask --scheduler ADDRESS` spreads the runs over a Dask cluster, whose machines need this checkout;
the runs of a machine that fails are done again by another.

What a study is: `experiments/study.py`.
"""

import argparse
import shutil
from pathlib import Path

from experiments import record, runner
from lenet_utils.results import FORMER_NAMES


def main(arguments: list[str] | None = None) -> None:
    """Run what the command line asks for."""
    options = read_options(arguments)
    if options.quick:
        # Nothing is taken over from an earlier dry run.
        shutil.rmtree(runner.DRY_RUNS, ignore_errors=True)
    results = options.results or (runner.DRY_RUNS if options.quick else record.RESULTS)
    runner.share_cores(options.jobs)
    with runner.workers(options.backend, options.scheduler, options.jobs):
        for name in runner.study_names() if options.study == "all" else [options.study]:
            runner.run_study(name, 1 if options.quick else options.seeds, results, options.quick)


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line's options; None takes those of this process."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("study", choices=[*runner.study_names(), "all"], type=current_name)
    parser.add_argument(
        "--seeds", type=int, help="how many seeds, from 0 (default: as many as the study asks for)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side (default 1)")
    parser.add_argument("--results", type=Path, help="folder of the records")
    parser.add_argument("--quick", action="store_true", help="a dry run on few digits, without a record")
    parser.add_argument("--backend", choices=["loky", "dask"], default="loky", help="where runs go")
    parser.add_argument("--scheduler", help="address of a Dask scheduler, such as tcp://10.0.0.1:8786")
    options = parser.parse_args(arguments)
    if (options.backend == "dask") != (options.scheduler is not None):
        parser.error("--backend dask and --scheduler ADDRESS belong together")
    return options


def current_name(name: str) -> str:
    """A study's name as its module has it: dashes will do, and so will a name it was once recorded under."""
    name = name.replace("-", "_")
    return FORMER_NAMES.get(name, name)


if __name__ == "__main__":
    main()
