"""The check of a plate, in the panel: progress, the table, taking a setting, cancelling, faults."""

from fractions import Fraction

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.errors import EngineError
from hifi_ofx.panel.check_view import CheckView
from hifi_ofx.panel.plate_check import Found, Tried, command
from hifi_ofx.panel.qt import QtCore, QtGui, QtWidgets
from hifi_ofx.quality import PRESETS, Footage, Machine, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from tests.panel.conftest import WAIT

LEFT = QtCore.Qt.MouseButton.LeftButton
TRIED = (
    Tried("--preset draft", PRESETS["draft"], 31.0, 0.91, 0.5),
    Tried("--preset standard", PRESETS["standard"], 33.95, 0.94, 2.0),
    Tried("--samples 8", Quality(samples=8), 34.0, None, 4.0),
)


def found(**changes):
    sheet = QtGui.QImage(400, 300, QtGui.QImage.Format.Format_RGB32)
    sheet.fill(0)
    parts = {
        "tried": TRIED, "best": "--samples 8", "enough": "--preset standard",
        "blend": (25.0, 0.8), "frames": 6, "sheet": sheet,
    }  # fmt: skip
    return Found(**{**parts, **changes})


def texts(view):
    return [label.text() for label in view.table.findChildren(QtWidgets.QLabel)]


@pytest.fixture
def view(qtbot):
    made = CheckView()
    qtbot.addWidget(made, before_close_func=lambda widget: widget.stop())
    made.resize(700, 500)
    made.show()
    return made


def test_the_table_says_what_each_setting_reached(view):
    view.check.ended.emit(found())
    said = texts(view)
    for row in (
        ("--preset draft", "31.00", "0.9100", "0.50"),
        ("--samples 8", "34.00", "–", "4.00"),
    ):
        assert said[said.index(row[0]) :][:4] == list(row)
    assert said[-3:] == ["(blend)", "25.00", "0.8000"]
    assert "Enough: --preset standard, 33.95 dB" in view.words.text()
    assert "in 0.50 of its time" in view.words.text()
    view.check.ended.emit(found(enough="--samples 8"))
    assert view.words.text().startswith("Best here, and nothing faster is as good: --samples 8")
    assert not view.sheet.isHidden()
    assert view.sheet.heightForWidth(400) == 300


@pytest.mark.parametrize(
    ("press", "quality"),
    [
        (lambda view: view.take, PRESETS["standard"]),
        (lambda view: view.rows["--samples 8"], Quality(samples=8)),
    ],
)  # fmt: skip
def test_a_setting_is_taken_and_the_viewer_comes_back(view, qtbot, press, quality):
    taken, closed = [], []
    view.taken.connect(taken.append)
    view.closed.connect(lambda: closed.append(True))
    view.check.ended.emit(found())
    qtbot.mouseClick(press(view), LEFT)
    assert (taken, closed, view.isHidden()) == ([quality], [True], True)


def test_what_goes_wrong_is_said(view):
    view.check.ended.emit(EngineError("The plate has no three frames in a row."))
    assert view.words.text() == "The plate has no three frames in a row."
    assert view.take.isHidden() and not view.close_it.isHidden()
    view.check.ended.emit(found(is_whole=False, frames=1))
    assert view.title.text() == "1 frame asked, before it was cancelled"


def test_the_check_goes_by_the_job_s_own_machine_and_footage(monkeypatch):
    monkeypatch.setattr("hifi_ofx.panel.plate_check.engine_python", lambda: "python")
    request = RenderRequest(
        "a.####.exr", "b.####.exr", Retime(speed=Fraction(1)), weights="mine.safetensors",
        machine=Machine(device="cpu"), footage=Footage(cut_threshold=0.5, deinterlace="fields"),
    )  # fmt: skip
    assert command(request) == [
        "python", "-m", "engine", "check", "a.####.exr", "--weights", "mine.safetensors",
        "--device=cpu", "--deinterlace=fields", "--cut-threshold=0.5",
    ]  # fmt: skip


def test_a_plate_is_checked_and_its_advice_taken(looked, qtbot):
    view = looked.check_view
    steps = []
    view.check.progressed.connect(lambda done, of: steps.append((done, of)))
    qtbot.mouseClick(looked.check_button, LEFT)
    assert looked.viewer.isHidden() and view.isVisible() and view.cancel.isVisible()
    qtbot.waitUntil(lambda: not view.is_busy, timeout=WAIT)
    assert not view.take.isHidden(), view.words.text()
    count = steps[-1][1]
    assert steps == [(done, count) for done in range(count)]
    assert len(view.rows) * 2 + 2 == count, "every setting, and the blend, at both places"
    advised, view_tried = view._found.advised, view._found.tried
    qtbot.mouseClick(view.take, LEFT)
    assert looked.viewer.isVisible() and not view.isVisible()
    assert looked.form.request().quality == advised.quality
    assert advised.psnr >= max(one.psnr for one in view_tried) - 0.1


def test_a_check_is_cancelled(looked, qtbot):
    view = looked.check_view
    qtbot.mouseClick(looked.check_button, LEFT)
    qtbot.waitUntil(lambda: view.check._process is not None, timeout=WAIT)
    process = view.check._process
    qtbot.mouseClick(view.cancel, LEFT)
    qtbot.waitUntil(lambda: not view.is_busy, timeout=WAIT)
    assert process.poll() is not None
    assert "cancelled" in view.title.text()
    qtbot.mouseClick(view.close_it, LEFT)
    assert looked.viewer.isVisible()


def test_a_plate_that_cannot_be_checked_says_why(looked, qtbot, tmp_path):
    for path in sorted(tmp_path.glob("plate.*.exr"))[2:]:
        path.unlink()
    qtbot.mouseClick(looked.check_button, LEFT)
    view = looked.check_view
    qtbot.waitUntil(lambda: not view.is_busy, timeout=WAIT)
    assert "no three frames in a row" in view.words.text()


def test_a_panel_that_goes_ends_its_check(looked, qtbot):
    qtbot.mouseClick(looked.check_button, LEFT)
    qtbot.waitUntil(lambda: looked.check_view.check._process is not None, timeout=WAIT)
    process = looked.check_view.check._process
    looked.stop()
    assert process.wait(20) is not None
