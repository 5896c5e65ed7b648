"""Plates with holes: frames that are not there, or are there in name alone, in a whole render."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.retime.planning import prepare
from hifi_ofx.errors import MissingFrames
from hifi_ofx.quality import Footage
from hifi_ofx.request import Plan
from hifi_ofx.retime import Retime
from tests.service.conftest import pixels_of, write_exr

from .test_render import logs, render

SAME = Retime(speed=Fraction(1))


def file(pattern, number):
    return Path(str(pattern).replace("####", str(number)))


@pytest.mark.parametrize("length", [0, 100])
def test_an_empty_frame_is_told_before_anything_is_rendered(engine, request_for, plate, length):
    """Of no bytes, or cut short inside its header; a dry run says the same as a render."""
    file(plate, 1003).write_bytes(file(plate, 1003).read_bytes()[:length])
    words = rf"has an empty frame: 1003, of {length} bytes"
    for ask in (engine.plan, engine.render):
        with pytest.raises(MissingFrames, match=words):
            list(ask(request_for()))
    assert not Path(request_for().target).parent.exists()
    elsewhere = request_for(only=(1001, 1003))
    assert render(engine, elsewhere)[-1].made == 1


@pytest.mark.parametrize("length", [0, 100])
def test_policies_for_missing_frames_are_those_for_empty_ones(engine, request_for, plate, length):
    file(plate, 1003).write_bytes(file(plate, 1003).read_bytes()[:length])
    held = request_for("held/s.####.exr", retime=SAME, footage=Footage(missing="hold"))
    said = logs(render(engine, held))
    assert any(f"Source frame 1003 is empty ({length} bytes" in text for text in said)
    np.testing.assert_array_equal(pixels_of(file(held.target, 1003)), pixels_of(file(plate, 1002)))
    dark = request_for("dark/s.####.exr", retime=SAME, footage=Footage(missing="black"))
    render(engine, dark)
    assert pixels_of(file(dark.target, 1003)).max() == 0
    made = request_for("made/s.####.exr", retime=SAME, footage=Footage(missing="interpolate"))
    assert render(engine, made)[-1].made == 1
    spec = oiio.ImageBuf(str(file(made.target, 1003))).spec()
    assert spec.getattribute("hifi:source") == "1002 + 1/2 to 1004"


def test_a_plate_on_every_second_frame_gets_the_others(engine, request_for, tmp_path):
    """1001 1003 1005 at speed 1: those stay bit for bit, 1002 and 1004 are new."""
    plate = tmp_path / "twos.####.exr"
    for index in range(3):
        pixels = np.zeros((50, 70, 3), np.float32)
        pixels[10:30, 5 + 8 * index : 25 + 8 * index] = (0.1, 0.4, 0.3)
        write_exr(file(plate, 1001 + 2 * index), pixels)
    request = request_for(source=plate, retime=SAME, footage=Footage(missing="interpolate"))
    done = render(engine, request)[-1]
    assert (done.made, done.copied) == (2, 3)
    pictures = {n: pixels_of(file(request.target, n)) for n in range(1001, 1006)}
    for number in (1001, 1003, 1005):
        np.testing.assert_array_equal(pictures[number], pixels_of(file(plate, number)))
    for number in (1002, 1004):
        assert not any(np.array_equal(pictures[number], pictures[n]) for n in (1001, 1003, 1005))
    slow = request_for(
        source=plate, retime=Retime(speed=Fraction(1, 2)), footage=Footage(missing="interpolate")
    )
    (plan,) = (line for line in engine.plan(slow) if isinstance(line, Plan))
    assert [frame[1:] for frame in plan.frames[:4]] == [
        (1001, 1001, "0"), (1001, 1003, "1/4"), (1001, 1003, "1/2"), (1001, 1003, "3/4")
    ]  # fmt: skip


def test_what_stands_in_is_not_empty_itself(request_for, plate):
    for number in (1002, 1003):
        file(plate, number).write_bytes(b"")
    request = request_for(retime=SAME, footage=Footage(missing="hold"), only=(1003, 1003))
    assert [frame.left for frame in prepare(request, True).plan.frames] == [1001]


def test_an_empty_frame_is_not_looked_into_for_holds(engine, request_for, plate):
    file(plate, 1004).write_bytes(b"")
    footage = Footage(missing="hold", holds="interpolate")
    said = logs(render(engine, request_for(footage=footage, only=(1001, 1003))))
    assert not any("1004" in text for text in said)
    said = logs(render(engine, request_for(footage=footage)))
    assert any("set missing frames to interpolate" in text for text in said)


def test_the_timecode_of_an_empty_first_frame_is_what_it_would_have_been(
    engine, request_for, plate
):
    """All frames of this plate say 01:00:00:00, so that 1002 puts 1001 a frame before it."""
    file(plate, 1001).write_bytes(b"")
    request = request_for(retime=SAME, footage=Footage(missing="hold"))
    render(engine, request)
    said = [
        oiio.ImageBuf(str(file(request.target, n))).spec().getattribute("smpte:TimeCode")[0]
        for n in (1001, 1002, 1003)
    ]
    assert said == [0x00595923, 0x01000000, 0x01000001]


@pytest.mark.parametrize("suffix", ["png", "dpx", "tif"])
def test_a_cut_short_picture_of_another_format_is_missing(engine, request_for, tmp_path, suffix):
    """Without a policy the file and the flag are named, before anything is rendered."""
    plate = tmp_path / f"p.####.{suffix}"
    for index in range(3):
        pixels = np.random.default_rng(index).integers(0, 255, (50, 70, 3), dtype=np.uint8)
        assert oiio.ImageBuf(pixels).write(str(file(plate, 1001 + index)))
    file(plate, 1002).write_bytes(file(plate, 1002).read_bytes()[:-4000])
    target = f"out/s.####.{suffix}"
    with pytest.raises(MissingFrames, match=r"1002, of \d+ bytes, without the end") as refused:
        render(engine, request_for(target, source=plate, retime=SAME))
    assert "--missing" in refused.value.hint and f".{suffix}" in str(refused.value)
    for policy, made in (("hold", 0), ("black", 0), ("interpolate", 1)):
        request = request_for(
            f"{policy}/s.####.{suffix}", source=plate, retime=SAME, footage=Footage(missing=policy)
        )
        assert render(engine, request)[-1].made == made
    held, first = (
        file(p, n) for p, n in ((tmp_path / f"hold/s.####.{suffix}", 1002), (plate, 1001))
    )
    np.testing.assert_array_equal(pixels_of(held), pixels_of(first))
