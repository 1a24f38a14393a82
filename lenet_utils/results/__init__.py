"""Read what the long studies recorded: the JSON files of this folder, written by `python -m experiments`."""

import json
import warnings
from pathlib import Path

RECORDS = Path(__file__).resolve().parent
"""Where the records are. They travel with the package, because a chapter in Colab has nothing else."""

FORMER_NAMES = {
    "faithful": "lenet5_1998",
    "faithful_distorted": "lenet5_1998_distorted",
    "faithful_parts": "ablation_1998",
    "faithful_search": "search_1998",
    "modern": "lenet5_today",
}
"""Studies that were recorded under another name, which their records' "command" still has."""


def load_record(study: str) -> dict:
    """The record of a study: every run, and the commit, data, versions and machine it came from.

    Args:
        study: the study's name, as in `python -m experiments NAME`.

    Returns:
        A dict with "study", "command", "runs" (one dict per run) and "provenance".

    Raises:
        FileNotFoundError: no such record; the message lists those there are.
    """
    if study in FORMER_NAMES:
        message = (
            f"The study {study!r} is now {FORMER_NAMES[study]!r}; the old name goes with the next release."
        )
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        study = FORMER_NAMES[study]
    path = RECORDS / f"{study}.json"
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    recorded = sorted(path.stem for path in RECORDS.glob("*.json"))
    raise FileNotFoundError(
        f"No record of a study {study!r}. There are: {', '.join(recorded) or 'none'}. "
        f"Record it with: python -m experiments {study}"
    )


def provenance_line(record: dict) -> str:
    """One sentence for a figure's caption: which command recorded this, where and when."""
    origin = record["provenance"]
    return (
        f"Recorded {origin['date']} with `{record['command']}` "
        f"({origin['machine']}; TensorFlow {origin['tensorflow']}, Keras {origin['keras']}; "
        f"commit {origin['commit'][:10]})."
    )
