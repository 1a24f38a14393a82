"""Old public names that still work: a module says which of its names have new ones, and an old one warns."""

import importlib
import warnings
from collections.abc import Callable


def renamed(module: str, names: dict[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a module some of whose public names have changed.

    In the module: `__getattr__ = renamed(__name__, {"classify": "lenet_utils.evaluation.classify"})`. Python
    asks it for names that the module does not have (PEP 562). Nothing is imported before an old name is used.

    Args:
        module: the module's name, `__name__`.
        names: the new name of each old one: of the same module ("fit_online"), or with its own module in
            front ("lenet_utils.evaluation.classify").

    Returns:
        A function of a name that gives what the new name means, with a DeprecationWarning at the caller's
        line, and raises AttributeError for all other names, as Python does.
    """

    def lookup(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home, _, new = names[name].rpartition(".")
        advice = names[name] if home else f"{module}.{new}"
        message = f"{module}.{name} is now {advice}; the old name goes with the next release."
        # The level of the caller's line; Python leaves the frames of its importer out.
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module(home or module), new)

    return lookup
