"""Cuts and repeats on the scrubber: found by the engine, switched by a click."""

from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel.cuts import Cuts, crossings
from hifi_ofx.panel.qt import QtCore
from hifi_ofx.preview import Shots
from hifi_ofx.retime import Retime
from tests.panel.conftest import SIZE, WAIT
from tests.service.conftest import write_exr

HALF = Retime(speed=Fraction(1, 2))


def test_marks_by_hand_say_only_what_was_not_found():
    cuts = Cuts().with_shots(Shots((1, 9), (3, 7), (5,)))
    assert cuts.all == {3: True, 7: True}
    assert cuts.toggled(3) == "!3"
    off = cuts.with_marks({3: False})
    assert off.all == {3: False, 7: True}
    assert off.toggled(3) == "", "as it was found"
    assert off.toggled(4) == "!3, 4"
    assert off.with_marks({3: False, 4: True}).toggled(4) == "!3"


def test_a_cut_lies_between_the_frames_it_parts():
    plan = HALF.plan(1001, 1004)  # outputs 1001 … 1007: source 1001, 1001.5, 1002 …
    assert crossings(plan.frames, [1002, 1004]) == [(1.0, 1002), (5.0, 1004)]
    back = Retime(speed=Fraction(1, 2), reverse=True).plan(1001, 1004)
    assert crossings(back.frames, [1002]) == [(5.0, 1002)]
    long = Retime(speed=Fraction(1, 10_000)).plan(1001, 1004)
    ((place, _),) = crossings(long.frames, [1003])
    assert place == pytest.approx(15_000, abs=1)


@pytest.fixture
def plate(tmp_path):
    """Two frames of one shot, the second twice, then two of another."""
    rng = np.random.default_rng(5)
    shots = [rng.random((*SIZE, 3)).astype(np.float32) * scale for scale in (0.3, 0.9)]
    shots[1][:, ::2] = 0.0
    frames = [shots[0], np.roll(shots[0], 3, 1), np.roll(shots[0], 3, 1), shots[1]]
    for number, pixels in enumerate([*frames, np.roll(shots[1], 4, 1)], 1001):
        write_exr(tmp_path / f"plate.{number}.exr", pixels)
    return tmp_path / "plate.####.exr"


def test_what_the_engine_finds_is_marked_and_switched_by_a_click(looked, seen, qtbot):
    scrubber = looked.transport.scrubber
    qtbot.waitUntil(lambda: scrubber.cuts.found == {1004}, timeout=WAIT)
    assert scrubber.cuts.repeats == {1003}
    scrubber.go_to(1006)  # between 1003 and 1004: across the cut
    ((at, _),) = scrubber._marks
    handle = QtCore.QPoint(round(scrubber._x(at)), 30)
    place = looked.transport.output
    qtbot.mouseClick(scrubber, QtCore.Qt.MouseButton.LeftButton, pos=handle)
    assert looked.form.field("cut_marks").text() == "!1004"
    assert looked.transport.output == place, "a click on a cut moves nothing"
    qtbot.waitUntil(
        lambda: seen.phases[-1] == "final" and seen.previews[-1].place[3] == "1/2", timeout=WAIT
    )
    qtbot.mouseClick(scrubber, QtCore.Qt.MouseButton.LeftButton, pos=handle)
    assert looked.form.field("cut_marks").text() == ""
    qtbot.waitUntil(lambda: seen.previews[-1].place[3] == "0", timeout=WAIT)
    looked.cut_marks.toggle(1002)
    qtbot.waitUntil(lambda: set(scrubber.cuts.all) == {1002, 1004})
    assert looked.form.request().footage.marked_cuts == {1002: True}
