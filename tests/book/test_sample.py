"""The figures that the chapters promise on the embedded sample; `make test-pages` has just built that book."""

import pytest

from scripts.measure import executed, result


@pytest.fixture(scope="module")
def implementation():
    return executed("implementation", "sample")


def test_error_on_the_sample(implementation):
    assert result(implementation, "test-error") <= 3.5


def test_error_with_distortions_on_the_sample(implementation):
    assert result(implementation, "test-error-distorted") <= 1.8
