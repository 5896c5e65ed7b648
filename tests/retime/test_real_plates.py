"""Real plates and real damage, from the folder beside the checkout; skipped where it is missing."""

import shutil
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.plate.exr import read_frame
from hifi_ofx.errors import HifiError
from hifi_ofx.quality import preset
from hifi_ofx.request import DEFAULT_WEIGHTS, Finished
from hifi_ofx.retime import Retime
from tests.conftest import DATA
from tests.service.conftest import pixels_of

DAMAGED = sorted(DATA.glob("exr/damaged/*")) if DATA.is_dir() else []


@pytest.mark.skipif(not DAMAGED, reason="the folder of damaged files is not beside the checkout")
def test_every_damaged_file_gets_a_sentence_and_the_engine_goes_on(engine, request_for, tmp_path):
    for number, path in enumerate(DAMAGED):
        folder = tmp_path / str(number)
        folder.mkdir()
        for frame in (1, 2):
            shutil.copyfile(path, folder / f"plate.{frame:04d}{path.suffix}")
        request = request_for(
            source=folder / f"plate.####{path.suffix}", target=f"{number}/slow.####.exr"
        )
        began = time.monotonic()
        with pytest.raises(HifiError) as caught:
            list(engine.render(request))
        assert time.monotonic() - began < 5, path.name
        assert type(caught.value) is not HifiError, f"{path.name}: {caught.value}"
        assert len(caught.value.message) > 20
        assert not list(folder.glob("slow*.exr"))
    assert isinstance(list(engine.render(request_for("good/slow.####.exr")))[-1], Finished)


@pytest.mark.slow
def test_the_beachball_comes_out_whole(engine, request_for, data, tmp_path):
    source = data / "plates/beachball/singlepart.####.exr"
    request = request_for(
        source=source,
        quality=replace(preset("draft"), cascade_depth=1),
        retime=Retime(speed=Fraction(1, 2), input_range=(5, 6)),
        weights=DEFAULT_WEIGHTS,
    )
    done = list(engine.render(request))[-1]
    assert (done.made, done.copied) == (1, 2)
    left, right = (Path(str(source).replace("####", f"000{n}")) for n in (5, 6))
    for path, output in ((left, 5), (right, 7)):
        target = Path(request.target.replace("####", f"{output:04d}"))
        one, other = read_frame(path).parts[0], read_frame(target).parts[0]
        assert one.channels == other.channels
        assert (one.data_window, one.display_window) == (other.data_window, other.display_window)
        for channel in one.channels:
            np.testing.assert_array_equal(
                one.planes[channel].view(np.uint8), other.planes[channel].view(np.uint8)
            )
    made = read_frame(Path(request.target.replace("####", "0006"))).parts[0]
    ends = [read_frame(path).parts[0] for path in (left, right)]
    assert made.data_window == ends[0].data_window.union(ends[1].data_window)
    assert made.types == ends[0].types
    for channel in ("R", "A"):
        assert np.isfinite(made.planes[channel]).all()
        highest = max(float(end.planes[channel].max()) for end in ends)
        assert 0.5 * highest < float(made.planes[channel].max()) <= highest * 1.001


@pytest.mark.slow
def test_a_video_becomes_a_sequence(engine, request_for, data):
    request = request_for(
        "out/slow.####.png",
        source=data / "plates/video/palawan.mp4",
        quality=replace(preset("draft"), cascade_depth=2),
        retime=Retime(speed=Fraction(1, 2), input_range=(1, 2)),
        weights=DEFAULT_WEIGHTS,
    )
    done = list(engine.render(request))[-1]
    assert (done.made, done.copied) == (1, 2)
    assert pixels_of(request.target.replace("####", "0002")).shape == (1080, 1920, 3)
    assert oiio.ImageBuf(request.target.replace("####", "0001")).spec().format == "uint8"
