"""The shipped motion network, read once."""

import pytest

from engine.inference.zoo import load, weights_path


@pytest.fixture(scope="session")
def network():
    return load(weights_path("motion")).network()
