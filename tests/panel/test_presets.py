"""Presets of the user's own, undo and reset, and the plates that were opened last."""

import argparse
import json
from fractions import Fraction

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx import user_presets
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.panel.form import Form
from hifi_ofx.panel.presets import CUSTOM
from hifi_ofx.panel.qt import QtCore
from hifi_ofx.panel.undo import Undo
from hifi_ofx.quality import PRESETS, Output, Quality
from hifi_ofx.request import DEFAULT_WEIGHTS
from hifi_ofx.request_flags import add_flags, add_settings, request_from, settings_from
from tests.panel.test_typing import activated, type_into

MINE = user_presets.UserPreset(
    Quality(samples=9, patch=(64, 96)), Output(uncertainty=True), "aligned"
)


@pytest.fixture
def form(qtbot):
    made = Form()
    qtbot.addWidget(made)
    made.resize(400, 900)
    return activated(qtbot, made)


def choose(form, name):
    form.preset.setCurrentText(name)
    form.preset.activated.emit(form.preset.currentIndex())


def act(menu, text):
    next(action for action in menu.actions() if action.text().startswith(text)).trigger()


def test_a_preset_is_kept_listed_chosen_and_removed(form, qtbot, tmp_path):
    type_into(qtbot, form.field("samples").editor, "9")
    assert form.preset.currentText() == CUSTOM
    form.presets.asked.emit(str(user_presets.folder() / "mine"))
    assert form.preset.currentText() == "mine"
    choose(form, "draft")
    assert form.field("samples").value() == 1
    choose(form, "mine")
    assert form.field("samples").value() == 9
    other = Form()
    qtbot.addWidget(other)
    assert other.preset.findText("mine") > 0, "every panel knows it"
    act(form.presets.menu(), "Remove")
    assert form.preset.findText("mine") == -1 and not user_presets.known()
    assert form.field("samples").value() == 9, "what it has set stays"


def test_a_shared_file_is_taken(form, tmp_path):
    user_presets.save(tmp_path / "share" / "show.json", MINE)
    form.presets.take(str(tmp_path / "share" / "show.json"))
    request = form.request(source="a.####.exr", spare_target="b.####.exr")
    assert (request.quality, request.output, request.weights) == (
        MINE.quality, MINE.output, MINE.weights,
    )  # fmt: skip
    assert form.preset.currentText() == "show"
    assert user_presets.load(user_presets.known()["show"]) == MINE


def test_a_file_that_is_no_preset_is_said_at_the_row(form, tmp_path):
    (tmp_path / "x.json").write_text('{"quality": {"steps": 0}}')
    form.presets.take(str(tmp_path / "x.json"))
    assert "Steps is 0" in form.presets.error.text()
    form.presets.asked.emit(str(tmp_path / "draft.json"))
    assert "comes with the program" in form.presets.error.text()


def test_custom_cannot_be_chosen(form):
    index = form.preset.findText(CUSTOM)
    assert not form.preset.model().flags(form.preset.model().index(index, 0)) & (
        QtCore.Qt.ItemFlag.ItemIsEnabled
    )


def test_the_shell_takes_a_preset_by_name_and_by_file(tmp_path):
    parser = argparse.ArgumentParser()
    add_flags(parser)
    user_presets.save(tmp_path / "show.json", MINE)
    user_presets.save(user_presets.folder() / "mine.json", MINE)
    for name in ("mine", str(tmp_path / "show.json")):
        words = ["a.####.exr", "b.####.exr", "--speed", "1/2", "--preset", name, "--seed", "3"]
        request = request_from(parser.parse_args(words))
        assert request.quality == Quality(samples=9, patch=(64, 96), seed=3)
        assert (request.output, request.weights) == (MINE.output, "aligned")
    with pytest.raises(InvalidSetting, match=r"no preset 'min'.* mine, or a file"):
        user_presets.named("min")


def test_a_preset_s_file_is_small_and_plain(tmp_path):
    user_presets.save(tmp_path / "a.json", user_presets.UserPreset(PRESETS["best"]))
    text = (tmp_path / "a.json").read_text()
    assert len(text) < 1000 and json.loads(text)["quality"]["motion"] == "both"


# --- undo


def settled(undo, qtbot):
    qtbot.waitUntil(lambda: not undo._timer.isActive())


def test_edits_are_undone_and_done_again(form, qtbot):
    undo = Undo(form)
    form.source.setText("/a.####.exr")
    undo.begin()
    type_into(qtbot, form.timing.speed.lineEdit(), "1/7")
    settled(undo, qtbot)
    type_into(qtbot, form.field("samples").editor, "7")
    type_into(qtbot, form.timing.range, "1001-1004")
    settled(undo, qtbot)
    undo.undo()
    assert form.field("samples").value() == 4 and form.timing.range.text() == ""
    assert form.timing.retime().speed == Fraction(1, 7)
    undo.undo()
    assert form.timing.retime().speed == Fraction(1, 2)
    undo.undo()
    assert form.source.text() == "/a.####.exr", "nothing before the beginning"
    undo.redo()
    undo.redo()
    assert form.field("samples").value() == 7 and form.timing.range.text() == "1001-1004"


def test_a_plate_is_undone_and_looked_at(form, qtbot):
    undo, opened = Undo(form), []
    form.set_source("/a.####.exr")
    settled(undo, qtbot)
    form.set_source("/b.####.exr")
    settled(undo, qtbot)
    form.source_changed.connect(opened.append)
    undo.undo()
    assert opened == ["/a.####.exr"]
    assert form.target.text() == "/a_retimed.####.exr"


def test_a_reset_keeps_the_plate_and_can_be_undone(form, qtbot):
    undo = Undo(form)
    form.set_source("/a.####.exr")
    form.choose_target("/mine.####.exr")
    choose(form, "paper")
    form.timing.mode.setCurrentText("Curve")
    settled(undo, qtbot)
    undo.reset()
    assert (form.source.text(), form.target.text()) == ("/a.####.exr", "/mine.####.exr")
    assert form.preset.currentText() == "standard" and form.timing.mode.currentText() == "Speed"
    undo.undo()
    assert form.preset.currentText() == "paper" and form.timing.mode.currentText() == "Curve"


# --- recent plates


def test_the_plates_that_were_opened_last_are_a_click_away(form, qtbot):
    for name in ("/a.####.exr", "/b.####.exr", "/a.####.exr"):
        form.recents.add(name)
    menu = form.recents.menu()
    assert [action.text() for action in menu.actions()] == ["/a.####.exr", "/b.####.exr"]
    menu.actions()[1].trigger()
    assert form.source.text() == "/b.####.exr"


def test_weights_that_are_named_win_over_a_preset_s(tmp_path):
    theirs = user_presets.UserPreset(PRESETS["best"], weights="aligned")
    user_presets.save(tmp_path / "show.json", theirs)
    for said, meant in ((["--weights", DEFAULT_WEIGHTS], DEFAULT_WEIGHTS), ([], "aligned")):
        parser = argparse.ArgumentParser()
        add_settings(parser)
        arguments = parser.parse_args(["--preset", str(tmp_path / "show.json"), *said])
        assert settings_from(arguments)["weights"] == meant


def test_a_file_does_not_take_the_place_of_another_preset_of_that_name(form, tmp_path):
    user_presets.save(user_presets.folder() / "show.json", MINE)
    other = user_presets.UserPreset(PRESETS["best"])
    user_presets.save(tmp_path / "show.json", other)
    form.presets.take(str(tmp_path / "show.json"))
    assert "another preset 'show'" in form.presets.error.text()
    assert user_presets.load(user_presets.known()["show"]) == MINE
