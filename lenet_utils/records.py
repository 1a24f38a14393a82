"""Read what the long studies recorded."""

import json
from importlib import resources
from pathlib import Path


def load_record(study: str) -> dict:
    """The record of a study: every run, and the commit, data, versions and machine it came from.

    Args:
        study: the study's name, as in `python -m experiments NAME`.

    Returns:
        A dict with "study", "command", "runs" (one dict a run) and "provenance".

    Raises:
        FileNotFoundError: no such record; the message lists those there are.
    """
    folders = [
        Path(str(resources.files("lenet_utils") / "results")),  # installed from a wheel, as in Colab
        Path(__file__).resolve().parent.parent / "experiments" / "results",  # a checkout
    ]
    for folder in folders:
        path = folder / f"{study}.json"
        if path.exists():
            return json.loads(path.read_text())
    there = sorted({path.stem for folder in folders for path in folder.glob("*.json")})
    raise FileNotFoundError(
        f"No record of a study {study!r}. There are: {', '.join(there) or 'none'}. "
        f"Record it with: python -m experiments {study}"
    )


def provenance_line(record: dict) -> str:
    """One sentence for a figure's caption: which command, where and when."""
    origin = record["provenance"]
    return (
        f"Recorded {origin['date']} with `{record['command']}` "
        f"({origin['machine']}; TensorFlow {origin['tensorflow']}, Keras {origin['keras']}; "
        f"commit {origin['commit'][:10]})."
    )
