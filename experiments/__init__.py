"""The long studies: one file a study, one command, one recorded JSON each (see `python -m experiments --help`)."""

import os


def quick() -> bool:
    """Whether this is `--quick`: a rehearsal of every study, on few digits and with few passes."""
    return os.environ.get("LENET_QUICK") == "1"


def passes(number: int) -> int:
    """How many passes to make: as many as the study asks for, or two in a rehearsal."""
    return min(number, 2) if quick() else number
