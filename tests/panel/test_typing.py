"""What is typed stays as it was typed, in every field of the panel and of the dialogs."""

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from fractions import Fraction

from hifi_ofx.panel.fields import Choice
from hifi_ofx.panel.form import Form
from hifi_ofx.panel.qt import QtCore, QtWidgets
from hifi_ofx.panel.slow_motion import SlowMotion
from hifi_ofx.panel.timing import MODES
from hifi_ofx.panel.transport import Transport
from hifi_ofx.retime import Retime
from tests.dialog_pictures import QUESTION
from tests.panel.test_panel import turn_wheel

KEYS = QtCore.Qt.Key
LEAVES = {"return": KEYS.Key_Return, "tab": KEYS.Key_Tab}


def on_screen(whole, kind):
    """Every widget of a kind, once it is on the screen: unfolded, in every mode of the timing."""
    for fold in whole.findChildren(QtWidgets.QToolButton):
        if fold.property("role") == "fold":
            fold.setChecked(True)
    met = set()
    for mode in MODES if isinstance(whole, Form) else ("",):
        if mode:
            whole.timing.mode.setCurrentText(mode)
        for widget in whole.findChildren(kind):
            if widget.isVisible() and widget.isEnabled() and widget not in met:
                met.add(widget)
                yield widget


def free_lists(whole):
    """Every list that can be typed into."""
    return (choice for choice in on_screen(whole, Choice) if choice.isEditable())


def beginnings(choice):
    """Each text that a completion could make a longer one of."""
    texts = [choice.itemText(index) for index in range(choice.count())]
    return sorted({text[:end] for text in texts for end in range(1, len(text))})


def type_into(qtbot, editor, text, leave=KEYS.Key_Return):
    """Replace what a line holds, key by key, and leave it."""
    editor.setFocus()
    assert editor.hasFocus(), "Qt completes only where the focus is"
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, leave)


def activated(qtbot, window):
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


@pytest.fixture
def form(qtbot):
    made = Form()
    qtbot.addWidget(made)
    made.resize(400, 900)
    return activated(qtbot, made)


@pytest.fixture
def dialog(qtbot):
    made = SlowMotion(QUESTION)
    qtbot.addWidget(made)
    made.go.clicked.disconnect()  # Return renders; here it must leave the field alone
    return activated(qtbot, made)


@pytest.mark.parametrize("leave", LEAVES)
@pytest.mark.parametrize(("surface", "lists"), [("form", 12), ("dialog", 1)])
def test_a_beginning_of_an_offered_text_is_not_completed(request, qtbot, surface, lists, leave):
    met = []
    for choice in free_lists(request.getfixturevalue(surface)):
        met.append(choice)
        for text in beginnings(choice):
            type_into(qtbot, choice.lineEdit(), text, LEAVES[leave])
            assert choice.currentText() == text
    assert len(met) == lists


def test_the_numbers_that_were_changed_are_kept(form, qtbot):
    type_into(qtbot, form.timing.speed.lineEdit(), "2")
    assert form.timing.retime() == Retime(speed=Fraction(2))
    form.timing.mode.setCurrentText("Frame rate")
    type_into(qtbot, form.timing.rates.target.lineEdit(), "12")
    assert form.timing.retime().fps[1] == 12
    type_into(qtbot, form.field("patch").editor.lineEdit(), "512")
    assert "Patch size is 512" in form.field("patch").error.text()


def test_every_line_keeps_what_is_typed(form, qtbot):
    met = []
    for line in on_screen(form, QtWidgets.QLineEdit):
        met.append(line)
        for text in ("7", "0x1", " 3 frames", "cut 1/3"):
            type_into(qtbot, line, text)
            assert line.text() == text, line.objectName()
    assert len(met) > 20


def test_the_wheel_never_replaces_what_was_typed(form, qtbot):
    for choice in free_lists(form):
        choice.setCurrentText("typed")
        choice.setFocus()
        turn_wheel(choice, QtCore.QPointF(choice.rect().center()), -120)
        assert choice.currentText() == "typed"


def test_an_engine_that_starts_leaves_a_half_typed_name_alone(form, qtbot):
    line = form.weights.lineEdit()
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "mwn")
    qtbot.keyClick(line, KEYS.Key_Left)
    qtbot.keyClick(line, KEYS.Key_Left)
    form.weights.offer(["motion", "aligned"])
    qtbot.keyClicks(line, "y")
    assert form.weights.currentText() == "mywn"


def test_the_frame_and_the_fraction_stay_and_say_why_not(qtbot):
    made = Transport()
    qtbot.addWidget(made)
    made.show_plan(Retime(speed=Fraction(1, 2)).plan(1001, 1004), 1004)
    activated(qtbot, made)
    said = []
    made.refused.connect(said.append)
    for text in ("5000", "abc", "1002.5"):
        type_into(qtbot, made.frame, text)
        assert made.frame.text() == text and made.output == 1002
        assert "makes 1001-1007" in said[-1]
    type_into(qtbot, made.frame, "1004")
    assert made.output == 1004
    for text in ("1.5", "-1/2", "half"):
        type_into(qtbot, made.fraction, text)
        assert made.fraction.text() == text and made.place[3] == "1/2"
        assert text in said[-1]
    type_into(qtbot, made.fraction, "0.4")
    assert made.place[3] == "2/5"


def test_rates_follow_the_plate_until_they_are_entered(form, qtbot):
    rates = form.timing.rates
    form.timing.mode.setCurrentText("Frame rate")
    form.timing.suggest_rate("24")
    assert rates.fps() == (24, 48)
    form.timing.suggest_rate("24000/1001")
    assert (rates.source.currentText(), rates.target.currentText()) == ("23.976", "47.952")
    assert rates.fps()[1] == Fraction(48000, 1001)
    type_into(qtbot, rates.target.lineEdit(), "60")
    form.timing.suggest_rate("25")
    assert rates.fps() == (25, 60)
    other = Form()
    qtbot.addWidget(other)
    other.set_texts(form.texts())
    other.timing.suggest_rate("30")
    assert other.timing.rates.fps() == (30, 60), "what was typed is remembered as typed"


def test_the_rate_of_a_plate_changes_nothing_of_a_speed(form, qtbot):
    with qtbot.assertNotEmitted(form.changed):
        form.timing.suggest_rate("50")
