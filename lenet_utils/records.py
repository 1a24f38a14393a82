"""Deprecated: `lenet_utils.results` reads the studies' records."""

from lenet_utils._renamed import renamed

__getattr__ = renamed(
    __name__,
    {
        "load_record": "lenet_utils.results.load_record",
        "provenance_line": "lenet_utils.results.provenance_line",
    },
)
