"""Say which Python the book needs if this is not one. Runs on any Python, so it uses nothing new."""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def complaint(version):
    """None if the version will do, else what to do about it."""
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return None
    return (
        "This book needs Python 3.11, 3.12 or 3.13; this is Python %d.%d.\n"
        "Install one of them and name it: make PYTHON=python3.11 book" % tuple(version[:2])
    )


if __name__ == "__main__":
    sys.exit(complaint(sys.version_info))
