"""The real plug-in in a host of our own, with the real engine behind it."""

import contextlib
import os
import shutil
import sys
from itertools import zip_longest
from pathlib import Path

import OpenImageIO as oiio
import pytest

import hifi_ofx.ofx
from hifi_ofx.errors import HifiError
from hifi_ofx.ofx import bundle_path
from hifi_ofx.quality import Quality
from tests.networks import random, saved
from tests.ofx_host.abi import VARIADIC_CALLBACKS
from tests.ofx_host.clips import Plate
from tests.ofx_host.host import Host
from tests.ofx_host.profiles import REFERENCE

from .material import FIRST, IN_BUNDLE, picture, program

SMALL = Quality(samples=1, steps=1, patch=(32, 48), cascade_depth=2)
SOURCES = Path(hifi_ofx.ofx.__file__).parent / "source"
PROBE = Path(__file__).parent / "probed_engine.py"
STAND_IN = Path(__file__).parent / "stand_in_engine.py"


@pytest.fixture(scope="session")
def bundle():
    """The bundle that was built, of the sources as they are."""
    if not VARIADIC_CALLBACKS:
        pytest.skip("the host's callbacks need Linux on x86-64")
    try:
        found = bundle_path()
    except HifiError as error:
        pytest.skip(str(error))
    built = (found / IN_BUNDLE).stat().st_mtime
    if any(source.stat().st_mtime > built for source in SOURCES.glob("*.[ch]pp")):
        pytest.fail("The plug-in is older than its sources: run `python -m hifi_ofx.ofx.build`.")
    return found


@pytest.fixture(scope="session")
def noisy(tmp_path_factory):
    """Weights whose every layer is random, so that the noise is seen in the result."""
    return saved(random(seed=2, std=0.3), tmp_path_factory.mktemp("noisy") / "noisy.safetensors")


class Probe:
    """What probed_engine.py notes, and the engines that this process has started."""

    def __init__(self, folder):
        self.folder = folder

    def slow_down(self, seconds):
        """Let every network call take at least so long."""
        (self.folder / "seconds").write_text(str(seconds), encoding="utf-8")

    def calls(self):
        """[(begin, end), …] of all calls so far; the end of one under way is None."""
        path = self.folder / "calls"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        times = [float(line.split()[1]) for line in lines]
        return list(zip_longest(times[::2], times[1::2]))


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory):
    """A function that makes a Python which is no engine, but acts like one in some way."""
    folder = tmp_path_factory.mktemp("stand in")

    def make(way):
        text = f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "{way}" "$@"\n'
        return program(folder / f"python {way}", text)

    return make


@contextlib.contextmanager
def loaded(bundle, folder, profile=REFERENCE):
    """A host that has loaded a copy of the bundle: its globals, and its engine, are its own."""
    copy = Path(shutil.copytree(bundle, folder / bundle.name))
    with Host(profile) as host:
        [plugin] = host.open(copy / IN_BUNDLE)
        yield plugin


@pytest.fixture
def load(bundle, tmp_path, monkeypatch):
    """A function that loads the plug-in afresh in a host with a profile, until the test ends."""
    with contextlib.ExitStack() as stack:

        def load(profile=REFERENCE, python=None):
            if python is not None:
                monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(python))
            folder = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(loaded(bundle, folder, profile))

        yield load


# Of the package, not of the session: the variables below must not reach the engines of the tests
# that come after. (With one thread to an engine's two, sums differ in their last digits.)
@pytest.fixture(scope="package")
def probe(tmp_path_factory):
    """The engine that hosts start in these tests writes its calls down here."""
    folder = tmp_path_factory.mktemp("probe")
    python = program(folder / "python", f'#!/bin/sh\nexec "{sys.executable}" "{PROBE}" "$@"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIFI_ENGINE_PYTHON", str(python))
        patch.setenv("HIFI_PROBE", str(folder))
        patch.setenv("HIFI_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
        yield Probe(folder)


@pytest.fixture(scope="package")
def plugin(bundle, probe, tmp_path_factory):
    """The plug-in in the reference host, for all of these tests: one engine for all of them."""
    with loaded(bundle, tmp_path_factory.mktemp("reference")) as plugin:
        yield plugin


@pytest.fixture(scope="package")
def effect(plugin):
    return plugin.effect("Filter")


@pytest.fixture(autouse=True)
def full_speed(request):
    yield
    if "probe" in request.fixturenames:
        request.getfixturevalue("probe").slow_down(0)


def settings(weights, quality=SMALL, **others):
    """Parameter values for a quality, on the CPU."""
    height, width = quality.patch
    return {
        "weights": str(weights),
        "device": "cpu",
        "steps": quality.steps,
        "samples": quality.samples,
        "patch_height": height,
        "patch_width": width,
        "cascade_depth": quality.cascade_depth,
        **others,
    }


@pytest.fixture(scope="session")
def small(noisy):
    """Parameter values that make frames in no time: quarter speed."""
    return settings(noisy, speed=0.25)


@pytest.fixture
def plate():
    """Ten frames from 1001 on."""
    return Plate({FIRST + index: picture(index) for index in range(10)})


def write_exr(path, pixels):
    """RGBA in 32-bit floats, written without our own code."""
    height, width, channels = pixels.shape
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), oiio.ImageSpec(width, height, channels, "float"))
    assert output.write_image(pixels)
    output.close()


def read_exr(path):
    """Pixels as float32, read without our own code."""
    return oiio.ImageBuf(str(path)).get_pixels("float")
