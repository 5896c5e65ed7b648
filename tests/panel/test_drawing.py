"""The speed is drawn: keys dragged by a hand, in the view of source frames and that of speeds."""

from fractions import Fraction

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel import curve_keys
from hifi_ofx.panel.form import Form
from hifi_ofx.panel.qt import QtCore, QtGui, QtWidgets
from hifi_ofx.retime import Retime
from tests.panel.test_typing import activated, type_into

BUTTON = QtCore.Qt.MouseButton


def keys(*pairs):
    return tuple((Fraction(output), Fraction(source)) for output, source in pairs)


# --- without a widget


def test_a_key_stays_between_its_neighbors_and_on_whole_outputs():
    line = keys((1, 1), (5, 3), (9, 9))
    assert curve_keys.moved(line, 1, 20.3, 4.1) == keys((1, 1), (8, 4), (9, 9))
    assert curve_keys.moved(line, 1, -3, 4.37) == keys((1, 1), (2, Fraction(17, 4)), (9, 9))
    assert curve_keys.moved(line, 2, 30.4, 9) == keys((1, 1), (5, 3), (30, 9))


def test_a_key_is_added_on_the_curve_and_two_stay():
    line = keys((1, 1), (9, 5))
    assert curve_keys.added(line, 5.2, "linear") == keys((1, 1), (5, 3), (9, 5))
    assert curve_keys.added(line, 9, "linear") == line
    assert curve_keys.added(line, 12, "linear") == line
    assert curve_keys.removed(keys((1, 1), (5, 3), (9, 5)), 1) == line
    assert curve_keys.removed(line, 1) == line


def test_a_span_at_another_speed_shows_the_same_frames_and_moves_the_rest():
    line = keys((1001, 1001), (1005, 1005), (1009, 1009))
    slow = curve_keys.with_speed(line, 0, 0.25)
    assert slow == keys((1001, 1001), (1017, 1005), (1021, 1009))
    assert [speed for _, speed in curve_keys.speeds(slow)] == [Fraction(1, 4), 1]


def test_a_curve_is_fitted_to_a_length_and_keeps_its_shape():
    line = keys((1001, 1001), (1005, 1002), (1011, 1010))
    longer = curve_keys.fitted(line, 41)
    assert longer == keys((1001, 1001), (1017, 1002), (1041, 1010))
    assert curve_keys.fitted(line, 2) == keys((1001, 1001), (1002, 1002), (1003, 1010))


def test_keys_are_read_as_they_are_written():
    line = keys((1001, 1001), (1005, Fraction(4007, 4)), (1011, Fraction(3005, 3)))
    assert curve_keys.text_of(line) == "1001, 1001\n1005, 1001.75\n1011, 3005/3"
    assert curve_keys.curve_of(curve_keys.text_of(line), "cubic").keys == line


# --- with one


@pytest.fixture
def timing(qtbot):
    """The timing of a clip 1001-1009 at a quarter of its speed."""
    form = Form()
    qtbot.addWidget(form)
    form.resize(400, 900)
    activated(qtbot, form)
    form.timing.speed.setCurrentText("1/4")
    form.timing.show_clip(1001, 1009)
    form.timing.show_plan(form.timing.retime().plan(1001, 1009))
    form.timing.held = form  # a section alone would go with its form
    return form.timing


def drag(view, start, by, button=BUTTON.LeftButton):
    """Press at a place, move in steps with the button down, and let go."""
    end = start + by
    for kind, place in (
        (QtCore.QEvent.Type.MouseButtonPress, start),
        *((QtCore.QEvent.Type.MouseMove, start + by * step / 4) for step in range(1, 5)),
        (QtCore.QEvent.Type.MouseButtonRelease, end),
    ):
        event = QtGui.QMouseEvent(
            kind, place, QtCore.QPointF(view.mapToGlobal(place.toPoint())), button, button,
            QtCore.Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QtWidgets.QApplication.sendEvent(view, event)


def test_a_curve_begins_from_the_speed_and_nothing_is_red(timing):
    timing.mode.setCurrentText("Curve")
    curve = timing.retime().curve
    assert curve.keys == keys((1001, 1001), (1033, 1009))
    assert not timing._errors["keys"].text() and not timing.keys.property("bad")
    timing.mode.setCurrentText("Speed")
    timing.speed.setCurrentText("1/2")
    timing.show_plan(timing.retime().plan(1001, 1009))
    timing.mode.setCurrentText("Curve")
    assert timing.retime().curve.keys == keys((1001, 1001), (1017, 1009)), "nobody drew another"


def test_without_a_plate_an_empty_curve_is_not_red(qtbot):
    form = Form()
    qtbot.addWidget(form)
    form.timing.mode.setCurrentText("Curve")
    with pytest.raises(Exception, match="needs at least 2"):
        form.timing.retime()
    assert not form.timing.keys.property("bad")


def test_a_key_is_dragged(timing, qtbot):
    timing.mode.setCurrentText("Curve")
    qtbot.mouseDClick(timing.view, BUTTON.LeftButton, pos=timing.view.rect().center())
    assert len(timing.retime().curve.keys) == 3
    middle = timing.view.handles()[1]
    before = timing.retime().curve.keys
    drag(timing.view, middle, QtCore.QPointF(30, 25))
    after = timing.retime().curve.keys
    assert after[0] == before[0] and after[2] == before[2]
    assert after[1][0] > before[1][0] and after[1][1] < before[1][1]
    assert timing.keys.toPlainText().splitlines()[1] == curve_keys.text_of(after[1:2])
    timing.mode.setCurrentText("Speed")
    timing.mode.setCurrentText("Curve")
    assert timing.retime().curve.keys == after, "what was drawn stays"


def test_a_key_is_taken_away_by_delete_and_by_the_right_button(timing, qtbot):
    timing.mode.setCurrentText("Curve")
    for take in ("key", "button"):
        qtbot.mouseDClick(timing.view, BUTTON.LeftButton, pos=timing.view.rect().center())
        place = timing.view.handles()[1].toPoint()
        if take == "key":
            qtbot.mouseClick(timing.view, BUTTON.LeftButton, pos=place)
            qtbot.keyClick(timing.view, QtCore.Qt.Key.Key_Delete)
        else:
            qtbot.mouseClick(timing.view, BUTTON.RightButton, pos=place)
        assert len(timing.retime().curve.keys) == 2


def test_a_speed_is_dragged(timing, qtbot):
    timing.mode.setCurrentText("Curve")
    timing.keys.setPlainText("1001, 1001\n1009, 1005\n1017, 1009")
    qtbot.mouseClick(timing.drawing.speed, BUTTON.LeftButton)
    assert timing.view.shows_speed
    span = timing.view.handles()[0]
    drag(timing.view, span, QtCore.QPointF(0, 20))
    after = timing.retime().curve.keys
    assert [source for _, source in after] == [1001, 1005, 1009]
    assert after[1][0] > 1009 and after[2][0] == after[1][0] + 8
    qtbot.mouseClick(timing.drawing.source, BUTTON.LeftButton)
    assert len(timing.view.handles()) == 3


def test_smooth_and_linear_are_drawn_as_they_are(timing, qtbot):
    timing.mode.setCurrentText("Curve")
    timing.keys.setPlainText("1001, 1001\n1009, 1002\n1017, 1009")
    linear = timing.view._values()
    timing.interpolation.setCurrentText("cubic")
    smooth = timing.view._values()
    assert linear[4][1] == 1001.5 and smooth[4][1] != linear[4][1]
    assert timing.retime().curve.interpolation == "cubic"


def test_the_result_is_fitted_to_a_length(timing, qtbot):
    assert timing.drawing.length.text() == "33"
    type_into(qtbot, timing.drawing.length, "50")
    plan = timing.retime().plan(1001, 1009)
    assert len(plan.frames) == 50
    assert plan.frames[-1].left == 1009
    timing.show_plan(plan)
    timing.mode.setCurrentText("Curve")
    type_into(qtbot, timing.drawing.length, "21")
    assert timing.retime().curve.keys[-1] == (Fraction(1021), Fraction(1009))
    timing.mode.setCurrentText("Frame rate")
    assert timing.drawing.length.isReadOnly()


def test_a_length_that_makes_no_sense_stays_and_is_marked(timing, qtbot):
    type_into(qtbot, timing.drawing.length, "1")
    assert timing.drawing.length.text() == "1" and timing.drawing.length.property("bad")
    assert timing.retime() == Retime(speed=Fraction(1, 4))
