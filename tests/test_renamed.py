"""Old names: they give what the new ones mean, and say so at the line that uses them."""

import sys
import types
import warnings

import pytest

from lenet_utils import paper
from lenet_utils._renamed import renamed


@pytest.fixture
def module(monkeypatch):
    """A module with one name of its own, `kernel_size`, that was `side`, and one that moved to `paper`."""
    module = types.ModuleType("rooms")
    module.kernel_size = 5
    module.__getattr__ = renamed("rooms", {"side": "kernel_size", "mu": "lenet_utils.paper.MU"})
    monkeypatch.setitem(sys.modules, "rooms", module)
    return module


def test_an_old_name_gives_what_the_new_one_means_and_warns_at_the_line_that_uses_it(module):
    with pytest.warns(DeprecationWarning, match=r"rooms\.side is now rooms\.kernel_size") as caught:
        assert module.side == 5
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"rooms\.mu is now lenet_utils\.paper\.MU") as caught:
        from rooms import mu
    assert mu == paper.MU
    assert caught[0].filename == __file__


def test_a_new_name_is_silent_and_an_unknown_one_raises_what_python_raises(module):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert module.kernel_size == 5
        assert not hasattr(module, "nothing")
        with pytest.raises(AttributeError, match="module 'rooms' has no attribute 'nothing'"):
            _ = module.nothing
        with pytest.raises(ImportError):
            from rooms import nothing  # noqa: F401
