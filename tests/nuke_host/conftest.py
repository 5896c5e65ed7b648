"""Pictures to read, written without the fake."""

import pytest


@pytest.fixture
def plate(tmp_path):
    """plate.1001.exr … 1004: half RGB, 16x12 in a 20x14 data window (overscan), with timecode."""
    np = pytest.importorskip("numpy")
    oiio = pytest.importorskip("OpenImageIO")
    for index in range(4):
        pixels = np.zeros((14, 20, 3), np.float32)
        pixels[..., 0] = np.arange(20) / 8
        pixels[..., 1] = np.arange(14)[:, None] / 8
        pixels[..., 2] = index
        spec = oiio.ImageSpec(20, 14, 3, "half")
        spec.x, spec.y, spec.full_width, spec.full_height = -2, -1, 16, 12
        spec.attribute("PixelAspectRatio", 2.0)
        spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (0x01000000 + index, 0))
        spec.attribute("FramesPerSecond", oiio.TypeDesc("rational"), (24, 1))
        output = oiio.ImageOutput.create("x.exr")
        assert output.open(str(tmp_path / f"plate.{1001 + index}.exr"), spec)
        assert output.write_image(pixels)
        output.close()
    return f"{tmp_path.as_posix()}/plate.####.exr"
