"""A network of a few thousand parameters on disk, a small plate, and an engine process to drive."""

from fractions import Fraction

import numpy as np
import OpenImageIO as oiio
import pytest

from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from tests.conftest import own_cache  # noqa: F401 - a fixture
from tests.networks import random, saved

QUALITY = Quality(steps=1, samples=1, patch=(32, 48), cascade_depth=2)


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Random weights: what they make is no blend and no copy."""
    return saved(random(seed=1), tmp_path_factory.mktemp("weights") / "random.safetensors")


@pytest.fixture(scope="session")
def engine():
    with EngineProcess() as process:
        yield process


def write_exr(path, pixels, kind="half", **attributes):
    """An RGB EXR with a timecode, written without our own code."""
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, kind)
    spec.attribute("compression", "zip")
    for name, value in attributes.items():
        spec.attribute(name, value)
    spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (0x01000000, 0))
    spec.attribute("FramesPerSecond", oiio.TypeDesc("rational"), (24, 1))
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec)
    assert output.write_image(pixels)
    output.close()


def pixels_of(path):
    """Pixels (height, width, channels) as float32, read without our own code."""
    return oiio.ImageBuf(str(path)).get_pixels("float")


@pytest.fixture
def plate(tmp_path):
    """Four frames, 1001 to 1004, of a bright square that moves over a gradient."""
    for index in range(4):
        pixels = np.zeros((50, 70, 3), np.float32)
        pixels[..., 0] = np.linspace(0, 1, 70)
        pixels[10:30, 5 + 8 * index : 25 + 8 * index] = (0.1, 4.0, 30.0)
        write_exr(tmp_path / f"plate.{1001 + index}.exr", pixels)
    return tmp_path / "plate.####.exr"


@pytest.fixture
def request_for(plate, weights, tmp_path):
    """A function that makes a request: speed 1/2 unless told otherwise."""

    def make(target="out/slow.####.exr", **changes):
        return RenderRequest(
            source=str(changes.pop("source", plate)),
            target=str(tmp_path / target),
            retime=changes.pop("retime", Retime(speed=Fraction(1, 2))),
            quality=changes.pop("quality", QUALITY),
            machine=Machine(device="cpu"),
            weights=str(changes.pop("weights", weights)),
            **changes,
        )

    return make
