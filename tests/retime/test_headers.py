"""What a dry run says of the headers of all frames, and what it costs to ask."""

import time
from fractions import Fraction

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.plate.source import Files, Video
from engine.retime.headers import findings
from hifi_ofx.errors import FrameError
from hifi_ofx.request import Log, Plan, Progress
from hifi_ofx.retime import PlannedFrame, Retime
from hifi_ofx.sequence import ImageSequence


@pytest.fixture
def folder(tmp_path):
    for number in range(1001, 1007):
        written(tmp_path / f"plate.{number}.exr")
    return tmp_path


def written(path, size=(24, 16), channels=("R", "G", "B", "fx.R"), at=(0, 0)):
    width, height = size
    spec = oiio.ImageSpec(width, height, len(channels), "half")
    spec.channelnames = channels
    spec.x, spec.y = at
    spec.full_width, spec.full_height = size
    output = oiio.ImageOutput.create("a.exr")
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.zeros((height, width, len(channels)), np.float32))
    output.close()


def halves(first=1001, last=1006):
    """A retime to half the speed."""
    return [
        frame
        for n in range(first, last + 1)
        for frame in (
            PlannedFrame(2 * n, n, n, Fraction(0)),
            *([PlannedFrame(2 * n + 1, n, n + 1, Fraction(1, 2))] if n < last else []),
        )
    ]


def found(folder, planned=None):
    files = Files(ImageSequence.parse(str(folder / "plate.####.exr")))
    return findings(files, planned or halves())


def test_a_sound_clip_has_nothing_to_say(folder):
    assert found(folder) == []


def test_a_frame_of_no_bytes_and_a_damaged_one(folder):
    (folder / "plate.1003.exr").write_bytes(b"")
    (folder / "plate.1005.exr").write_bytes((folder / "plate.1005.exr").read_bytes()[:200])
    (sentence,) = found(folder)
    assert sentence.startswith("Nothing can be made of frames 1003, 1005.")
    assert "plate.1003.exr is empty: it has 0 bytes." in sentence
    assert sentence.endswith("So it is with 1 more.")


def test_a_size_that_changes(folder):
    for number in (1003, 1004):
        written(folder / f"plate.{number}.exr", (48, 32))
    (sentence,) = found(folder)
    assert "frames 1003-1004 is 48x32+0+0" in sentence
    assert "frames 1001-1002, 1005-1006 is 24x16+0+0" in sentence


def test_a_layer_that_is_not_in_all_frames(folder):
    written(folder / "plate.1002.exr", channels=("R", "G", "B"))
    (sentence,) = found(folder)
    assert sentence.startswith("Not in frame 1002, but in the others: fx.R.")


def test_windows_that_nothing_can_hold(folder):
    written(folder / "plate.1004.exr", at=(10**9, 0))
    (sentence,) = found(folder)
    assert "plate.1003.exr" in sentence and "plate.1004.exr" in sentence
    assert "1,000,000,024x16 pixels" in sentence and "Crop" in sentence
    assert sentence.endswith("So it is with 1 more pairs.")


def test_only_frames_that_are_needed_are_looked_at(folder):
    (folder / "plate.1005.exr").write_bytes(b"")
    assert found(folder, halves(1001, 1004)) == []


def test_videos_have_no_headers(folder):
    video = Video.__new__(Video)
    assert findings(video, halves()) == []


def test_it_takes_less_than_a_few_milliseconds_a_frame(folder):
    began = time.process_time()
    for _ in range(20):
        found(folder)
    assert (time.process_time() - began) / 120 < 0.005


def test_a_dry_run_says_it_and_a_plan_for_the_panel_does_not(engine, request_for, plate):
    written(plate.with_name("plate.1003.exr"), channels=("R", "G", "B"))
    request = request_for(retime=Retime(speed=Fraction(1, 2)))
    for headers in (True, False):
        *lines, plan = engine.plan(request, headers=headers)
        said = [line.text for line in lines if isinstance(line, Log) and line.level == "warning"]
        assert isinstance(plan, Plan)
        assert any("frame 1003 is 24x16+0+0" in text for text in said) == headers


def test_a_render_says_it_before_its_first_frame(engine, request_for, plate):
    last = plate.with_name("plate.1003.exr")
    last.write_bytes(last.read_bytes()[:4] + b"x" * 5000)
    said = []
    with pytest.raises(FrameError):
        said.extend(engine.render(request_for(retime=Retime(speed=Fraction(1, 2)))))
    frames = [n for n, line in enumerate(said) if isinstance(line, Progress)]
    words = [n for n, line in enumerate(said) if isinstance(line, Log) and str(last) in line.text]
    assert words and frames and words[0] < frames[0]
