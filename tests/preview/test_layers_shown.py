"""Another layer than the main color in a preview: its own values, as a render makes them."""

import numpy as np
import OpenImageIO as oiio
import pytest

from hifi_ofx.request import Finished
from tests.preview.test_preview import ask, codes, values

PLACE = (1004, 1002, 1003, "1/2")
NAMES = ("R", "G", "B", "A", "diffuse.R", "diffuse.G", "diffuse.B", "Z")


def planes_of(path):
    buffer = oiio.ImageBuf(str(path))
    return dict(zip(buffer.spec().channelnames, np.moveaxis(buffer.get_pixels("float"), -1, 0)))


@pytest.fixture
def plate(tmp_path):
    """Four frames with alpha, a diffuse layer and depth of a square that moves."""
    for index in range(4):
        pixels = np.full((50, 70, 8), 0.1, np.float32)
        pixels[10:30, 5 + 8 * index : 25 + 8 * index] = (0.1, 0.8, 0.6, 1, 0.9, 0.2, 0.4, 7)
        buffer = oiio.ImageBuf(pixels)
        buffer.specmod().channelnames = NAMES
        assert buffer.write(str(tmp_path / f"plate.{1001 + index}.exr"), "half")
    return tmp_path / "plate.####.exr"


@pytest.mark.parametrize(
    ("layer", "channels"),
    [("diffuse", NAMES[4:7]), ("depth", ("Z",) * 3), ("alpha", ("A",) * 3)],
)
def test_a_layer_is_shown_as_a_render_writes_it(
    engine, request_for, folder, tmp_path, layer, channels
):
    request = request_for()
    assert isinstance(list(engine.render(request))[-1], Finished)
    preview, _ = ask(engine, request, folder, place=PLACE, layer=layer, blend=True)
    assert preview.layers == ("alpha", "depth", "diffuse")
    assert preview.layer == layer and not preview.alpha
    for name, file in (("left", "plate.1002.exr"), ("ours", "out/slow.1004.exr")):
        written = planes_of(tmp_path / file)
        expected = np.stack([written[channel] for channel in channels], axis=-1)
        assert np.array_equal(values(preview.picture(name)), expected), name
    left, right, blend = (values(preview.picture(name)) for name in ("left", "right", "blend"))
    assert np.allclose(blend, (left + right) / 2, rtol=2e-3)


def test_a_layer_that_is_not_there_is_the_color(engine, request_for, folder):
    preview, _ = ask(engine, request_for(), folder, place=PLACE, layer="specular")
    color, _ = ask(engine, request_for(), folder, place=PLACE)
    assert preview.layer == ""
    assert np.array_equal(codes(preview.picture("ours")), codes(color.picture("ours")))
