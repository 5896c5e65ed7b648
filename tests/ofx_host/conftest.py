"""A small plug-in in C, compiled for the session, which can be told to break a rule."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from .abi import VARIADIC_CALLBACKS
from .clips import Plate

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def compiler():
    """The system's C compiler."""
    if not VARIADIC_CALLBACKS:
        pytest.skip("the host's callbacks need Linux on x86-64")
    found = shutil.which("cc")
    if found is None:
        pytest.skip("there is no C compiler")
    return found


@pytest.fixture(scope="session")
def binary(compiler, tmp_path_factory):
    """blend.c as a plug-in."""
    path = tmp_path_factory.mktemp("plugin") / "blend.ofx"
    flags = ["-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, "-o", path, HERE / "blend.c", "-lm", "-lpthread"], check=True)
    return path


@pytest.fixture
def misbehave(binary):
    """A function that makes the plug-in break a rule, until the test ends."""
    library = ctypes.CDLL(str(binary))
    yield lambda name: library.misbehave(name.encode())
    library.misbehave(b"")


@pytest.fixture
def plate():
    """Frames 1001 to 1004 of noise, 7 by 5 pixels."""
    noise = np.random.default_rng(0)
    return Plate({1001 + index: noise.random((5, 7, 4), np.float32) for index in range(4)})
