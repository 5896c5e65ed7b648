"""A preview of motion that curves: as a render has it, and drafts of it, too."""

import numpy as np
import pytest

from hifi_ofx.quality import Machine
from hifi_ofx.request import Finished, RenderRequest
from tests.retime.test_curved_in_a_render import CURVED, LINEAR, RETIME, shaken, write
from tests.service.conftest import pixels_of

from .test_preview import ask, values

PLACE = (1006, 1003, 1004, "1/2")


@pytest.fixture
def request_of(tmp_path):
    """A function that makes a request for six frames of a shaken camera."""
    for index in range(6):
        write(tmp_path / f"p.{1001 + index}.exr", shaken(index))

    def make(quality):
        return RenderRequest(
            str(tmp_path / "p.####.exr"), str(tmp_path / "out" / "s.####.exr"), RETIME,
            quality=quality, machine=Machine(device="cpu"), only=(1006, 1006),
        )  # fmt: skip

    return make


def test_a_preview_has_the_curve_of_a_render(engine, request_of, folder, tmp_path):
    assert isinstance(list(engine.render(request_of(CURVED)))[-1], Finished)
    shown = {}
    for phase in ("draft", "final"):
        for quality in (LINEAR, CURVED):
            request = request_of(quality)
            preview, _ = ask(engine, request, folder, phase, place=PLACE, uncertainty=False)
            shown[phase, quality.motion_path] = values(preview.picture("ours"))
    written = pixels_of(tmp_path / "out/s.1006.exr")
    np.testing.assert_array_equal(shown["final", "curved"], written)
    for phase in ("draft", "final"):
        assert not np.allclose(shown[phase, "curved"], shown[phase, "linear"], atol=1e-2)


def test_a_frame_around_that_changed_makes_it_anew(engine, request_of, folder, tmp_path):
    request = request_of(CURVED)
    before = values(ask(engine, request, folder, place=PLACE)[0].picture("ours"))
    write(tmp_path / "p.1002.exr", shaken(3))
    after = values(ask(engine, request, folder, place=PLACE)[0].picture("ours"))
    assert not np.array_equal(before, after)
