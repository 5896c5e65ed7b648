"""The form: every declaration has a field, and what is wrong stands at it in its own words."""

from fractions import Fraction

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.curve import Curve
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.panel.fields import Field
from hifi_ofx.panel.form import Form, suggested_target
from hifi_ofx.panel.presets import CUSTOM
from hifi_ofx.parameters import declarations
from hifi_ofx.quality import PRESETS, Footage, Machine, Output, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime

ALL = [declared for kind in (Quality, Output, Footage, Machine) for declared in declarations(kind)]
NUMBERS = [declared for declared in ALL if declared.kind in ("int", "float", "size")]


@pytest.fixture
def form(qtbot):
    made = Form()
    qtbot.addWidget(made)
    return made


def test_every_setting_has_a_field_with_its_name_and_hint(form):
    for declared in ALL:
        field = form.field(declared.name)
        assert field.name.text() == declared.label
        assert declared.hint in field.editor.toolTip()
        assert field.error.isHidden()


@pytest.mark.parametrize("declared", NUMBERS, ids=lambda declared: declared.name)
@pytest.mark.parametrize("text", ["-1", "99999999999", "nonsense", ""])
def test_what_is_not_allowed_stands_at_its_field_in_the_declaration_s_words(qtbot, declared, text):
    field = Field(declared)
    for widget in (field.name, field.editor, field.error):
        qtbot.addWidget(widget)
    field.set_text(text)
    with pytest.raises(InvalidSetting) as caught:
        field.value()
    assert field.error.text() == str(caught.value)
    assert declared.label in field.error.text()
    assert declared.allowed in field.error.text()
    assert field.editor.property("bad") is True
    field.set_text(declared.text(declared.default))
    assert not field.error.text()
    assert field.value() == declared.default


def test_typing_says_at_once_what_is_wrong(form, qtbot):
    steps = form.field("steps")
    steps.editor.clear()
    with qtbot.waitSignal(form.changed):
        qtbot.keyClicks(steps.editor, "0")
    assert steps.error.text().startswith("Steps is 0; it must be 1 to 64.")


def test_arrow_keys_step_within_the_range(form, qtbot):
    from hifi_ofx.panel.qt import QtCore

    steps = form.field("steps")
    qtbot.keyClick(steps.editor, QtCore.Qt.Key.Key_Up)
    assert steps.value() == 2
    for _ in range(3):
        qtbot.keyClick(steps.editor, QtCore.Qt.Key.Key_Down)
    assert steps.value() == 1


def test_a_preset_fills_the_quality_but_keeps_the_seed(form):
    form.field("seed").set_text("7")
    form.preset.setCurrentText("paper")
    form.preset.activated.emit(form.preset.currentIndex())
    assert form.field("steps").value() == PRESETS["paper"].steps
    assert form.field("seed").value() == 7
    assert form.preset.currentText() == "paper"


def test_an_edit_leaves_the_preset(form):
    form.set_quality(PRESETS["paper"])
    form.field("samples").set_text("3")
    form.field("samples").changed.emit()
    assert form.preset.currentText() == CUSTOM


@pytest.mark.parametrize(
    "retime",
    [
        Retime(speed=Fraction(1, 3), input_range=(1001, 1010), reverse=True),
        Retime(fps=(Fraction(24000, 1001), Fraction(25))),
        Retime(curve=Curve(((Fraction(1), Fraction(1)), (Fraction(9), Fraction(7, 2))), "cubic")),
    ],
    ids=["speed", "fps", "curve"],
)
def test_a_request_comes_out_as_it_went_in(form, retime):
    request = RenderRequest(
        "/plates/a.####.exr",
        "/out/b.####.exr",
        retime,
        Quality(steps=3, patch=(64, 96), cascade_depth=4, merge="stage"),
        Output(layers="depth=blend", uncertainty=True),
        Footage(missing="hold", hold_length=4),
        Machine(device="cpu", batch=2),
        "other",
    )
    form.show_request(request)
    assert form.request() == request


def test_what_was_entered_comes_back_from_texts(form, qtbot):
    form.source.setText("/plates/a.####.exr")
    form.target.setText("/out/b.####.exr")
    form.field("overlap").set_text("0.25")
    form.timing.speed.setCurrentText("23.976/24")
    other = Form()
    qtbot.addWidget(other)
    other.set_texts(form.texts())
    assert other.request() == form.request()


@pytest.mark.parametrize(
    ("mode", "entered", "words"),
    [
        ("Speed", {"speed": "fast"}, "Write a speed as 1/4"),
        ("Speed", {"speed": "0"}, "the clip would never move"),
        ("Frame rate", {"source": "24", "target": "x"}, "Write fps as source:target"),
    ],
)
def test_a_timing_that_makes_no_sense_is_said_at_its_field(form, mode, entered, words):
    form.timing.mode.setCurrentText(mode)
    for name, text in entered.items():
        getattr(form.timing if mode == "Speed" else form.timing.rates, name).setCurrentText(text)
    with pytest.raises(InvalidSetting, match=words):
        form.timing.retime()
    shown = [label.text() for label in form.timing._errors.values() if not label.isHidden()]
    assert any(words in text for text in shown)


def test_a_curve_is_loaded_and_can_be_edited(form, tmp_path):
    file = tmp_path / "ramp.csv"
    file.write_text("output,source\n1001,1001\n1010,1004.5\n")
    form.timing.load_curve(str(file))
    assert form.timing.retime().curve.keys[1] == (Fraction(1010), Fraction(9, 2) + 1000)
    form.timing.keys.setPlainText("1001, 1001")
    with pytest.raises(InvalidSetting, match="needs at least 2"):
        form.timing.retime()


def test_a_curve_file_that_is_none_is_said_at_the_keys(form, tmp_path):
    form.timing.mode.setCurrentText("Curve")
    form.timing.load_curve(str(tmp_path / "none.csv"))
    assert "cannot be read" in form.timing._errors["keys"].text()


def test_folded_settings_can_be_unfolded(form, qtbot):
    form.show()
    merge = form.field("merge").editor
    assert not merge.isVisible()
    from hifi_ofx.panel.sections import Section

    folded = [section for section in form.findChildren(Section) if section.fold]
    for section in folded:
        section.fold.setChecked(True)
    assert len(folded) == 3
    assert merge.isVisible()


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("/a/shot.####.exr", "/a/shot_retimed.####.exr"),
        ("/a/shot_v2.1001.exr", "/a/shot_v2_retimed.####.exr"),
        ("/a/clip.mov", "/a/clip_retimed.####.exr"),
        ("/a/shot_%04d.dpx", "/a/shot_retimed.####.exr"),
    ],
)
def test_a_target_is_suggested_beside_the_plate(source, target):
    assert suggested_target(source) == target
