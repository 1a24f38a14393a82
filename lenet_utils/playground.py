"""Deprecated: `lenet_utils.serialization` writes the weights that the playground reads."""

from lenet_utils._renamed import renamed

__getattr__ = renamed(__name__, {"export_weights": "lenet_utils.serialization.export_weights"})
