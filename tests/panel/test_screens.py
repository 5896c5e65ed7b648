"""On every usual screen: nothing hidden, nothing over the picture, no number cut."""

from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel import jobs
from hifi_ofx.panel.arrangement import first_size
from hifi_ofx.panel.plate_check import Tried
from hifi_ofx.panel.qt import QtCore, QtWidgets
from hifi_ofx.panel.timing import MODES
from hifi_ofx.quality import Quality
from hifi_ofx.request import Cost, EngineInfo, Finished, RenderRequest
from hifi_ofx.retime import Retime
from tests.panel.test_checking import TRIED, found
from tests.screens import SCREENS, faults

LONG = "/jobs/show/sequence_0100/shot_0010_plate_main_v002/shot_0010_plate_main_v002.####.exr"
SENTENCE = f"The target {LONG} cannot hold the plate's layers. Write EXR, or name fewer layers."


@pytest.fixture
def panel(qtbot):
    """A panel without an engine that looks as busy as it ever does."""
    from hifi_ofx.panel.window import PanelWidget

    class Never:
        def __init__(self):
            raise AssertionError("nothing is previewed here")

    made = PanelWidget(start=Never)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.stop())
    made.queue.stop()
    made.looking.background.stop()  # or it says at some time that there is no such folder
    made.form.source.setText(LONG)
    made.form.target.setText(LONG)
    made.form.plate.setText(f"1001-1250, 250 frames, 3 missing\n3 files beside {LONG} are ignored")
    made.form.plate.show()
    retime = Retime(speed=Fraction(1001, 2400))
    made.looking._retime, plan = retime, retime.plan(1000100, 1000140)
    made.transport.show_plan(plan, 1000140)
    made.transport.scrubber.go_to(plan.frames[-2].output)
    made.form.timing.view.show_plan(plan)
    made.coloring.background.stop()  # or it says that there is no configuration
    made.controls.show_transform("ACES 2.0 - SDR 100 nits (Rec.709), for sRGB - Display.", True)
    made.controls.show_layers(["alpha", "depth"])
    made.card.show_cost(Cost(201, 150, 225_000, 4, (), "cpu", 3 * 10**9, 4 * 10**8, 86_400.0))
    made.previewing.started.emit(EngineInfo("0.2.0", "cuda:0", "NVIDIA RTX 6000 Ada", 1, ()))
    queued(made)
    return made


def queued(panel):
    """A job in every state."""
    for state in (jobs.FINISHED, jobs.FAILED, jobs.CANCELLED, jobs.PAUSED, jobs.RENDERING):
        job = jobs.Job(RenderRequest(LONG, LONG, Retime(speed=Fraction(1001, 2400))), state)
        job.frames, job.frames_done, job.seconds_left = 12_000, 9_999, 86_399.0
        if state == jobs.FINISHED:
            job.finished = Finished(9_000, 2_999, 1, 86_399.0, 1.0, 2)
        if state == jobs.FAILED:
            job.message = f"The engine was ended by signal 9. Its last words:\n{SENTENCE}"
        panel.queue._jobs.append(job)
        panel.queue_view._changed(job)


def shown(panel, size, qtbot):
    panel.resize(*size)
    panel.show()
    for _ in range(3):
        QtWidgets.QApplication.processEvents()
    panel.grab()  # what cannot be painted fails
    assert panel.size().toTuple() == size, f"it wants {panel.minimumSizeHint().toTuple()}"


def errors(panel):
    """A sentence at every field that can have one."""
    for group in panel.form.fields.values():
        for field in group:
            field.show_error(SENTENCE)
    panel.form.show_source_error(SENTENCE)
    panel.form.show_target_error(SENTENCE)
    panel.form.timing.show_plan_error(SENTENCE)
    panel.say(SENTENCE, "error")
    panel.card.warning.setText(SENTENCE)
    panel.card.warning.show()


@pytest.mark.parametrize("screen", SCREENS)
def test_all_is_whole_on_the_screen(panel, qtbot, screen):
    size = SCREENS[screen].logical
    shown(panel, size, qtbot)
    assert faults(panel) == []
    assert panel.viewer.width() >= 240 and panel.viewer.height() >= 135
    for fold in panel.findChildren(QtWidgets.QToolButton):
        if fold.property("role") == "fold":
            fold.setChecked(True)
    for mode in MODES:
        panel.form.timing.mode.setCurrentText(mode)
        shown(panel, size, qtbot)
        assert faults(panel) == [], mode
    errors(panel)
    shown(panel, size, qtbot)
    assert faults(panel) == [], "with errors"
    panel.sheet.toggle()
    shown(panel, size, qtbot)
    assert panel.rect().contains(panel.sheet.geometry())


@pytest.mark.parametrize("screen", SCREENS)
def test_the_check_of_a_plate_is_whole_on_the_screen(panel, qtbot, screen):
    size = SCREENS[screen].logical
    panel.viewer.hide()
    panel.check_view._begin("Checking: prediction 23 of 72", SENTENCE)
    panel.check_view.cancel.show()
    panel.check_view.close_it.hide()
    panel.check_view.show()
    shown(panel, size, qtbot)
    assert faults(panel) == [], "under way"
    flags = "--preset best --cascade-depth auto"
    tried = (Tried(flags, Quality(), 31.0, 0.91, 10.5), *TRIED)
    panel.check_view.check.ended.emit(found(tried=tried, enough=flags))
    shown(panel, size, qtbot)
    assert faults(panel) == [], "done"


def test_what_folds_away_is_all_in_the_list(panel, qtbot):
    shown(panel, SCREENS["half_1920x1080_150"].logical, qtbot)
    bar = panel.controls.bar
    assert bar.more.isVisible()
    qtbot.mouseClick(bar.more, QtCore.Qt.MouseButton.LeftButton)
    assert bar.folded.isVisible()
    for control in (panel.controls.exposure, panel.controls.gamma, panel.controls.fit):
        assert control.isVisible() and control.window() is bar.folded
    assert faults(bar.folded) == []
    shown(panel, SCREENS["4k"].logical, qtbot)
    assert not bar.more.isVisible() and panel.controls.gamma.window() is panel


def test_every_number_of_the_readout_is_whole(panel, qtbot, monkeypatch):
    worst = (-65504.0, -65504.0, -65504.0)
    monkeypatch.setattr(panel.viewer, "value_of", lambda name, place: worst)
    for screen in SCREENS.values():
        shown(panel, screen.logical, qtbot)
        panel.viewer.hovered.emit(QtCore.QPointF(-30_000.0, 30_000.0))
        shown(panel, screen.logical, qtbot)
        assert faults(panel) == []


def test_the_first_window_takes_what_the_screen_has(qtbot):
    assert first_size(QtCore.QSize(1280, 680)).toTuple() == (1280, 680)
    assert first_size(QtCore.QSize(3840, 2100)).toTuple() == (1440, 900)


def test_the_walker_sees_what_is_wrong(qtbot):
    whole = QtWidgets.QWidget()
    qtbot.addWidget(whole)
    whole.resize(100, 100)
    label = QtWidgets.QLabel("a text that is much wider than this", whole)
    label.setGeometry(0, 0, 60, 20)
    button = QtWidgets.QPushButton("wide enough?", whole)
    button.setGeometry(50, 0, 20, 30)
    outside = QtWidgets.QWidget(whole)
    outside.setGeometry(90, 50, 20, 20)
    whole.show()
    text = "\n".join(faults(whole))
    assert "leaves" in text and "lies over" in text
    assert text.count("needs") == 2


def test_no_text_is_too_faint_to_be_read():
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text of this size."""
    from hifi_ofx.panel import style

    users = [path.name for path in Path(style.__file__).parent.glob("*.py")
             if "DISABLED" in path.read_text(encoding="utf-8")]  # fmt: skip
    assert sorted(users) == ["fields.py", "icons.py", "style.py"], "not for what is to be read"
    for text in (style.TEXT, style.QUIET, style.BAD, style.WARNING, style.GOOD):
        for ground in (style.WINDOW, style.RAISED, style.FIELD, style.VIEWER):
            assert contrast(text, ground) >= 4.5, (text, ground)


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(name):
    parts = [int(name[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))
