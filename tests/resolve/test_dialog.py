"""The one dialog: what it asks, what it says, and what comes of it."""

import dataclasses
import json
import sys
from fractions import Fraction

import pytest
from hifi_resolve import before, dialog, flow
from hifi_resolve.look import look
from hifi_resolve.wishes import Wishes

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from PySide6.QtCore import Qt

from hifi_ofx.errors import Cancelled, EngineError
from hifi_ofx.panel.slow_motion import SlowMotion
from hifi_ofx.placement import Placement
from hifi_ofx.quality import preset
from tests.dialog_pictures import QUESTION
from tests.resolve.conftest import copying, picture
from tests.resolve_host.build import edit, linked_sound


@pytest.fixture
def opened(qtbot):
    def show(**changes):
        made = SlowMotion({**QUESTION, **changes})
        qtbot.addWidget(made)
        made.show()
        return made

    return show


def press(made, name):
    made.place._buttons[name].click()


def test_it_says_how_long_the_clip_will_be_and_what_it_will_cover(opened):
    made = opened()
    assert made.length.text() == "96 frames become 192"
    assert made.warning.text() == (
        "It will cover 2 clips: A002C011.mov on V1 (44 frames), A002C012.mov on V1 (52 frames)."
    )
    made.speed.setCurrentText("75%")
    assert made.warning.text() == "It will cover 1 clip: A002C011.mov on V1 (32 frames)."
    made.speed.setCurrentText("100%")
    assert not made.warning.isVisible()


def test_each_place_has_words_of_its_own(opened):
    made = opened(staying="Tracks that stay as they are: A2 (music runs across).")
    press(made, "room")
    assert "12 clips behind it will move by 96 frames. Tracks that stay" in made.warning.text()
    press(made, "replace")
    assert made.warning.text() == "Its place shows the first 96 of them."


def test_a_version_that_moves_no_clips_offers_no_room(opened):
    made = opened(**{"no room": "it cannot", "version": "20.1.0", "place": "room"})
    assert made.place.name() == "above"
    assert not made.place._buttons["room"].isEnabled()
    assert "20.1.0" in made.place._buttons["room"].toolTip()
    assert "It will cover 2 clips" in made.warning.text()


def test_what_is_chosen_is_answered(opened, qtbot):
    made = opened()
    made.speed.setCurrentText("1/3")
    press(made, "replace")
    made.audio._buttons["none"].click()
    made.preset.setCurrentText("draft")
    qtbot.keyClick(made, Qt.Key.Key_Return)
    assert made.answer == {
        "state": "go", "speed": "1/3", "place": "replace", "audio": "none", "marks": False,
        "preset": "draft", "look": False,
    }  # fmt: skip


def test_escape_changes_nothing(opened, qtbot):
    made = opened()
    qtbot.keyClick(made, Qt.Key.Key_Escape)
    assert made.answer is None
    assert not made.isVisible()


@pytest.mark.parametrize("text", ["", "fast", "0", "-1"])
def test_a_speed_that_is_none(opened, text):
    made = opened()
    made.speed.setCurrentText(text)
    assert not made.go.isEnabled()
    assert made.error.isVisible()
    assert not made.warning.isVisible()


def test_a_part_between_marks_goes_above(opened):
    made = opened(marks=[86434, 48], place="replace")
    made.marks.setChecked(True)
    assert made.place.name() == "above"
    assert not made.place.isEnabled()
    assert (made.audio.name(), made.audio.isEnabled()) == ("keep", False)
    # 24 frames into the clip, 48 become 96: the last 24 lie on what is behind it.
    assert made.length.text() == "48 frames become 96"
    assert made.warning.text() == "It will cover 1 clip: A002C011.mov on V1 (24 frames)."


def test_back_to_the_first_speed_is_offered_as_such(opened):
    made = opened(earlier=True)
    made.speed.setCurrentText("100%")
    assert made.go.text() == "Take it back"
    assert not made.look.isEnabled()


# From Resolve, and back into it.


def test_the_question_has_all_that_the_dialog_asks_for(tmp_path, monkeypatch, opened):
    host, item = edit(tmp_path, version=(21, 1))
    linked_sound(host, item)
    question = before.question(host.app, look(host.app), Wishes())
    assert question.keys() == QUESTION.keys()
    json.dumps(question)
    assert opened(**question).length.text() == "4 frames become 8"


def test_what_is_chosen_is_done(tmp_path):
    host, item = edit(tmp_path)

    def ask(question, wishes):
        assert question["clip"] == "A001C003.mov"
        return dataclasses.replace(
            wishes, speed=Fraction(1, 4), placement=Placement(place="replace"), panel=False
        )

    wishes = Wishes(folder=tmp_path / "out")
    flow.slow_motion(host.app, wishes, lambda line: None, copying, ask)
    assert len(item.takes) == 2


def test_closing_the_dialog_changes_nothing(tmp_path):
    host, _ = edit(tmp_path)
    old = picture(host)

    def ask(question, wishes):
        raise Cancelled("The dialog was closed. Nothing was changed.")

    with pytest.raises(Cancelled):
        flow.slow_motion(host.app, Wishes(folder=tmp_path / "out"), print, copying, ask)
    assert picture(host) == old
    assert "Project.AddRenderJob" not in host.calls


PERSON = """#!{python}
import os, sys
assert sys.argv[1:3] == ["-m", "hifi_ofx.panel.slow_motion"], sys.argv
sys.path.insert(0, {root!r})
from hifi_ofx.panel import slow_motion
from hifi_ofx.panel.qt import QtCore

def showing(made, show=slow_motion.SlowMotion.show):
    show(made)
    QtCore.QTimer.singleShot(50, lambda: act(made))

def act(dialog):
    {act}

slow_motion.SlowMotion.show = showing
sys.exit(slow_motion.main(sys.argv[3:]))
"""


@pytest.fixture
def person(tmp_path, monkeypatch):
    """Somebody who does this as soon as the dialog is there."""
    from pathlib import Path

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")

    def does(act):
        path = tmp_path / "python-with-a-person"
        root = str(Path(__file__).parents[2])
        path.write_text(PERSON.format(python=sys.executable, root=root, act=act))
        path.chmod(0o755)
        monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(path))

    return does


def test_the_dialog_is_a_process_of_its_own(person):
    person("dialog.speed.setCurrentText('25%'); dialog.preset.setCurrentText('draft'); "
           "dialog.look.click()")  # fmt: skip
    wishes = dialog.ask(QUESTION, Wishes())
    assert (wishes.speed, wishes.panel, wishes.quality) == (Fraction(1, 4), True, preset("draft"))


def test_a_dialog_that_is_closed_is_no_failure(person):
    person("dialog.close()")
    with pytest.raises(Cancelled, match="Nothing was changed"):
        dialog.ask(QUESTION, Wishes())


def test_a_dialog_that_breaks_says_what_to_do(person):
    person("os._exit(3)")
    with pytest.raises(EngineError, match=r"without an answer \(exit code 3\)") as caught:
        dialog.ask(QUESTION, Wishes())
    assert '"panel": false' in caught.value.hint


def test_the_panel_counts_as_resolve_does(qtbot):
    from hifi_ofx.panel.timing import Timing
    from hifi_ofx.retime import Retime

    timing = Timing()
    qtbot.addWidget(timing)
    timing.real_time = Fraction(2)
    timing.set_retime(Retime(speed=Fraction(1)))  # a clip of 50 on a timeline of 25, at half speed
    assert timing.speed.currentText() == "1/2"
    assert timing.retime().speed == 1
    timing.speed.setCurrentText("25%")
    assert timing.retime().speed == Fraction(1, 2)
