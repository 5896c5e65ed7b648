"""The shipped motion network, read once."""

import pytest

from engine.inference.weights_file import weights_path
from engine.inference.zoo import load


@pytest.fixture(scope="session")
def network():
    return load(weights_path("motion")).network()
