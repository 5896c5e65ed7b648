"""Cuts and repeats on the scrubber: found by the engine, switched by a click."""

from dataclasses import replace
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


def test_a_hold_is_switched_as_a_whole():
    cuts = Cuts().with_shots(Shots((1, 20), (), (5, 6, 11)))
    assert list(cuts.run(6)) == [5, 6]
    assert cuts.toggled_hold(5) == "5, 6"
    on = replace(cuts, held={5: True, 6: True})
    assert on.all_repeats == {5: True, 6: True, 11: False}
    assert on.toggled_hold(6) == ""
    across = replace(cuts, across=True)
    assert across.toggled_hold(11) == "!11"
    assert replace(across, held={11: False, 5: False}).toggled_hold(11) == "!5"


def test_a_hold_is_interpolated_across_by_a_click(looked, seen, qtbot):
    scrubber = looked.transport.scrubber
    qtbot.waitUntil(lambda: scrubber.cuts.repeats == {1003}, timeout=WAIT)
    qtbot.waitUntil(lambda: bool(scrubber._repeats))
    scrubber.go_to(1003)  # 1002 itself, which is kept as it is
    qtbot.waitUntil(lambda: seen.previews[-1].place[1:] == (1002, 1002, "0"), timeout=WAIT)
    ((at, _),) = scrubber._repeats
    place = QtCore.QPoint(round(scrubber._x(at)), 23)
    qtbot.mouseMove(scrubber, place)
    qtbot.mouseClick(scrubber, QtCore.Qt.MouseButton.LeftButton, pos=place)
    assert looked.form.field("hold_marks").text() == "1003"
    assert looked.transport.output == 1003, "a click on a hold moves nothing"
    assert "A click keeps it." in scrubber._about(QtCore.QPointF(place))
    looked.form.enter("cut_marks", "!1004")
    scrubber.go_to(1004)  # halfway between 1002 and 1003, which shows the same
    qtbot.waitUntil(lambda: seen.previews[-1].place[1:] == (1002, 1004, "1/4"), timeout=WAIT)
    looked.cut_marks.toggle_hold()
    assert looked.form.field("hold_marks").text() == ""
    qtbot.waitUntil(lambda: seen.previews[-1].place[1:] == (1002, 1003, "1/2"), timeout=WAIT)


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
