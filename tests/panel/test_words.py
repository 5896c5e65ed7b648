"""What the panel says of cost, motion, plates and jobs."""

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from fractions import Fraction

from hifi_ofx.curve import Curve
from hifi_ofx.errors import SequenceError
from hifi_ofx.panel import jobs
from hifi_ofx.panel.cost import CostCard, calls_text, memory_text, motion_warning, time_text
from hifi_ofx.panel.jobs import Job
from hifi_ofx.panel.plates import find
from hifi_ofx.panel.queue_view import detail_text, timing_text
from hifi_ofx.preview import Motion, Preview
from hifi_ofx.request import Cost, Finished, RenderRequest
from hifi_ofx.retime import Retime


def cost(**changes):
    values = {
        "frames": 21, "inbetweens": 15, "calls": 225, "batch": 4, "stages": (), "device": "cuda:0",
        "network_bytes": 3_200_000_000, "frame_bytes": 400_000_000, "seconds": 30.0,
    }  # fmt: skip
    return Cost(**{**values, **changes})


def preview(free=24_000_000_000, motion=None):
    return Preview(
        "frames", (1, 1, 2, "1/2"), (1, 9), "24", False, (0, 0, 4, 4), (0, 0, 4, 4), (), (), (),
        0.1, free, "GPU", motion,
    )  # fmt: skip


def test_calls_are_told_a_frame_and_in_all():
    assert calls_text(cost()) == "15 a frame, 225 for 15 in-betweens"
    assert calls_text(cost(inbetweens=1, calls=15)) == "15 a frame, 15 for 1 in-between"
    assert "source frame" in calls_text(cost(inbetweens=0, calls=0))


def test_time_is_told_a_frame_and_for_the_range():
    assert time_text(cost()) == "2.0 s a frame, 30 s for the range"
    assert time_text(cost(seconds=3000.0)) == "3:20 a frame, 50:00 for the range"
    assert time_text(cost(seconds=None)) == "not measured yet: a preview will"


def test_memory_is_told_against_what_is_free():
    told = memory_text(cost(), preview())
    assert told == "3.2 GB of 24.0 GB free on cuda:0, frames 400 MB"
    assert memory_text(cost(device="cpu"), preview()) == "3.6 GB of 24.0 GB free on cpu"


def test_too_little_memory_is_said(qtbot):
    card = CostCard()
    qtbot.addWidget(card)
    card.show_cost(cost())
    card.show_preview(preview(free=1_000_000_000))
    assert "choose a smaller Patch size" in card.warning.text()
    card.show_preview(preview())
    assert not card.warning.text()


def test_motion_larger_than_the_cascade_sees_is_said():
    far = Motion(40.0, 310.0, 172.0, 0.1, True)
    assert motion_warning(far) == (
        "Things move by up to 310 pixels; these weights follow about 172. Raise Cascade depth."
    )
    assert "Cascade depth" not in motion_warning(Motion(40.0, 310.0, 172.0, 0.1, False))
    assert not motion_warning(Motion(4.0, 31.0, 172.0, 0.1, True))
    assert "31 % of the frame has no match" in motion_warning(Motion(4.0, 31.0, 172.0, 0.31, True))


def request(**retime):
    return RenderRequest("a.####.exr", "b.####.exr", Retime(**retime))


@pytest.mark.parametrize(
    ("state", "changes", "words"),
    [
        (jobs.WAITING, {}, "waiting"),
        (jobs.RENDERING, {}, "starting"),
        (
            jobs.RENDERING,
            {"frames": 40, "frames_done": 12, "seconds_left": 190.0},
            "12 of 40 frames, 3:10 left",
        ),
        (
            jobs.RENDERING,
            {"frames": 40, "frames_done": 39, "seconds_left": 0.3},
            "39 of 40 frames, finishing",
        ),
        (jobs.PAUSED, {"frames": 40, "frames_done": 12}, "paused at 12 of 40 frames"),
        (jobs.FAILED, {}, "failed"),
        (
            jobs.FINISHED,
            {"finished": Finished(3, 4, 1, 6.5, 5.0, 12)},
            "3 made, 4 copied, 1 kept in 6.5 s",
        ),
    ],
)
def test_a_job_is_told_in_a_few_words(state, changes, words):
    assert detail_text(Job(request(speed=Fraction(1, 2)), state, **changes)) == words


def test_a_timing_is_told_in_a_few_words():
    assert timing_text(Retime(speed=Fraction(1, 4), reverse=True)) == "speed 1/4, reversed"
    assert timing_text(Retime(fps=(Fraction(24), Fraction(60)))) == "24 to 60 fps"
    keys = ((Fraction(1), Fraction(1)), (Fraction(9), Fraction(3)))
    assert timing_text(Retime(curve=Curve(keys))) == "curve of 2 keys"


def test_a_plate_is_told_with_its_gaps(tmp_path):
    for number in (1001, 1002, 1005):
        (tmp_path / f"a.{number}.exr").touch()
    plate = find(str(tmp_path / "a.1002.exr"))
    assert (plate.first, plate.last) == (1001, 1005)
    assert plate.text() == "1001-1005, 3 frames, 2 missing"
    assert plate.text(preview()).splitlines()[1] == "4x4, 24 fps, scene-linear"
    with pytest.raises(SequenceError):
        find(str(tmp_path / "b.####.exr"))


def test_a_video_is_asked_about_later(tmp_path):
    assert find(str(tmp_path / "clip.mov")).first is None
