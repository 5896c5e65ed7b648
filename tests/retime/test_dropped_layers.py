"""Layers that are left out, and so may lack in some frames of a plate."""

from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.retime.headers import findings
from engine.retime.planning import prepare
from hifi_ofx.errors import InvalidSetting, MismatchedFrames
from hifi_ofx.quality import Output
from tests.service.conftest import pixels_of

from .test_render import render


@pytest.fixture
def uneven(tmp_path):
    """Four frames of RGB; 1001 and 1003 have no fx, as renderers leave out what is empty."""
    noise = np.random.default_rng(2).random((30, 40, 6), np.float32)
    for number in range(1001, 1005):
        names = ["R", "G", "B"] + ["fx.R", "fx.G", "fx.B"] * (number % 2 == 0)
        spec = oiio.ImageSpec(40, 30, len(names), "half")
        spec.channelnames = names
        output = oiio.ImageOutput.create("x.exr")
        assert output.open(str(tmp_path / f"aov.{number}.exr"), spec)
        picture = np.roll(noise[..., : len(names)], number % 4, axis=1)
        assert output.write_image(np.ascontiguousarray(picture))
        output.close()
    return tmp_path / "aov.####.exr"


def names_of(path):
    return oiio.ImageBuf(str(path)).spec().channelnames


def test_a_layer_that_lacks_in_some_frames_can_be_left_out(engine, request_for, uneven):
    with pytest.raises(MismatchedFrames, match="fx") as caught:
        render(engine, request_for(source=uneven))
    assert "NAME=drop" in caught.value.hint
    request = request_for("dropped/s.####.exr", source=uneven, output=Output(layers="fx=drop"))
    assert render(engine, request)[-1].made == 3
    for number in range(1001, 1008):
        assert names_of(request.target.replace("####", str(number))) == ("R", "G", "B")
    for source, output in zip(range(1001, 1005), range(1001, 1008, 2), strict=True):
        np.testing.assert_array_equal(
            pixels_of(str(uneven).replace("####", str(source)))[..., :3],
            pixels_of(request.target.replace("####", str(output))),
        )


def test_a_dry_run_sees_the_layers_that_are_left(request_for, uneven):
    for policy, said in (("", 1), ("fx=drop", 0)):
        job = prepare(request_for(source=uneven, output=Output(layers=policy)), True)
        found = findings(job.source, job.plan.frames)
        assert len(found) == said and all("Not in frames 1001, 1003" in text for text in found)


@pytest.mark.parametrize("ask", ["plan", "render"])
def test_a_dropped_layer_that_no_frame_has_is_a_slip(engine, request_for, uneven, ask):
    request = request_for(source=uneven, output=Output(layers="fz=drop"))
    with pytest.raises(InvalidSetting, match="No layer is named fz"):
        list(getattr(engine, ask)(request))
    assert not Path(request.target).parent.exists()
