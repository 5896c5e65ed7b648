"""The panel, driven as a person drives it, with real engines."""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from PySide6 import QtTest

from hifi_ofx import cli
from hifi_ofx.errors import EngineError, HifiError, SequenceError
from hifi_ofx.panel import jobs
from hifi_ofx.panel.command import Outcome, read_request, show, write_result
from hifi_ofx.panel.qt import QtCore, QtGui, QtWidgets
from hifi_ofx.panel.queue_view import QueueView
from hifi_ofx.panel.shortcuts import Key, bind
from hifi_ofx.quality import Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import PlannedFrame, Retime, RetimePlan
from tests.panel.conftest import CPU, TINY, WAIT, Heart
from tests.service.conftest import pixels_of

LONG = Quality(steps=64, samples=16, patch=(32, 48), cascade_depth=2)  # minutes, if not cancelled
LIMIT = 0.1  # seconds that the interface's thread may work without a break


def drag(widget, qtbot, start, end):
    """Press, move and release the left button, in pixels of the widget."""
    left = QtCore.Qt.MouseButton.LeftButton
    qtbot.mousePress(widget, left, pos=QtCore.QPoint(*start))
    qtbot.mouseMove(widget, QtCore.QPoint(*end))
    # QTest moves without a button; a person's hand holds it.
    qtbot.mouseRelease(widget, left, pos=QtCore.QPoint(*end))


def turn_wheel(widget, place, eighths):
    """Turn the wheel over a place of the widget, by eighths of a degree."""
    qt = QtCore.Qt
    event = QtGui.QWheelEvent(
        place,
        QtCore.QPointF(widget.mapToGlobal(place.toPoint())),
        QtCore.QPoint(),
        QtCore.QPoint(0, eighths),
        qt.MouseButton.NoButton,
        qt.KeyboardModifier.NoModifier,
        qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QtWidgets.QApplication.sendEvent(widget, event)


def target(tmp_path):
    return tmp_path / "out" / "slow.####.exr"


@pytest.fixture
def ready(looked, tmp_path):
    """A panel with a preview, and a target."""
    looked.form.target.setText(str(target(tmp_path)))
    return looked


def rendered(panel, qtbot):
    """The job that a click on Render puts into the queue."""
    with qtbot.waitSignal(panel.committing.added, timeout=WAIT) as added:
        panel.render_button.click()
    return added.args[0]


# --- looking


def test_a_draft_comes_first_and_gives_way_to_the_set_quality(looked, seen):
    # What the plate says of itself may ask for its frames, and a draft, once more.
    assert seen.phases[0] == "frames" and seen.phases[-2:] == ["draft", "final"], seen.phases
    assert seen.phases.count("final") == 1
    assert not looked.viewer.is_draft
    assert looked.viewer.preview.place == (1002, 1001, 1002, "1/2")
    assert looked.form.plate.text().startswith("1001-1004, 4 frames")
    assert "64x48" in looked.form.plate.text()


def test_values_under_the_cursor_are_the_plate_s(looked, tmp_path):
    pixels = {name: pixels_of(tmp_path / f"plate.{number}.exr")
              for name, number in (("left", 1001), ("right", 1002))}  # fmt: skip
    for x, y in ((20, 12), (20, 40), (63, 47), (0, 0)):
        place = QtCore.QPointF(x + 0.5, y + 0.5)
        for name, expected in pixels.items():
            assert looked.viewer.value_of(name, place) == pytest.approx(tuple(expected[y, x]))
        mean = (pixels["left"][y, x] + pixels["right"][y, x]) / 2
        assert looked.viewer.value_of("blend", place) == pytest.approx(tuple(mean), rel=1e-3)
    assert looked.viewer.value_of("left", QtCore.QPointF(-1, 5)) is None


def test_the_picture_on_the_screen_is_the_plate(looked, qtbot, tmp_path):
    looked.controls.choose("left")
    looked.viewer.actual_size()
    qtbot.waitUntil(looked.viewer.is_settled)
    shown = looked.viewer.grab().toImage()
    ratio = looked.viewer.devicePixelRatioF()
    pixels = pixels_of(tmp_path / "plate.1001.exr")
    for x, y in ((3, 40), (40, 40), (60, 5), (15, 20)):
        point = looked.viewer.camera.to_widget(
            QtCore.QRectF(x, y, 1, 1), looked.viewer.camera.panes[0]
        ).center()
        color = QtGui.QColor(shown.pixel(int(point.x() * ratio), int(point.y() * ratio)))
        light = np.clip(pixels[y, x], 0, 1)
        srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        got = np.array([color.red(), color.green(), color.blue()])
        assert np.allclose(got, 255 * srgb, atol=2), (x, y)


def test_exposure_and_gamma_change_what_is_shown_not_what_is_read(looked, qtbot):
    place = QtCore.QPointF(40.5, 40.5)
    looked.controls.choose("left")
    qtbot.waitUntil(looked.viewer.is_settled)
    before = looked.viewer.grab().toImage()
    value = looked.viewer.value_of("left", place)
    looked.controls.exposure.slider.setValue(-300)
    qtbot.waitUntil(looked.viewer.is_settled)
    after = looked.viewer.grab().toImage()
    center = looked.viewer.rect().center()
    assert QtGui.qRed(after.pixel(center)) < QtGui.qRed(before.pixel(center))
    assert looked.viewer.value_of("left", place) == value
    looked.controls.exposure.number.click()
    assert looked.controls.exposure.value == 0


def test_the_wipe_is_dragged_between_two_pictures(looked, qtbot):
    looked.controls.choose(layout="wipe")
    looked.controls.against.setCurrentText("Right")
    viewer = looked.viewer
    middle = viewer.height() // 2
    drag(viewer, qtbot, (viewer.width() // 2, middle), (viewer.width() // 4, middle))
    assert viewer.wipe == pytest.approx(0.25, abs=0.01)
    assert viewer._names() == ["ours", "right"]


def test_side_by_side_shows_one_place_twice(looked, qtbot):
    looked.controls.choose(layout="side by side")
    assert len(looked.viewer.camera.panes) == 2
    qtbot.waitUntil(lambda: looked.viewer.exposures.get("blend") is not None)


def test_dragging_pans_and_the_wheel_zooms(looked, qtbot):
    viewer = looked.viewer
    before = viewer.camera.to_plate(QtCore.QPointF(100, 100))
    drag(viewer, qtbot, (100, 100), (140, 90))
    after = viewer.camera.to_plate(QtCore.QPointF(140, 90))
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))
    scale, under = viewer.scale, viewer.camera.to_plate(QtCore.QPointF(140, 90))
    turn_wheel(viewer, QtCore.QPointF(140, 90), 480)
    assert viewer.scale == pytest.approx(scale * 2)
    after = viewer.camera.to_plate(QtCore.QPointF(140, 90))
    assert (after.x(), after.y()) == pytest.approx((under.x(), under.y()), abs=1 / viewer.scale)
    qtbot.mouseDClick(viewer, QtCore.Qt.MouseButton.LeftButton)
    assert viewer.scale == pytest.approx(scale)


def test_the_heat_map_shows_where_samples_differ(looked, seen, qtbot):
    looked.controls.heat.setChecked(True)
    assert looked.viewer._heat is None, "one sample has no spread"
    looked.form.field("samples").set_text("3")
    looked.form.field("samples").changed.emit()
    qtbot.waitUntil(
        lambda: seen.previews[-1].spread == "samples" and seen.phases[-1] == "final", timeout=WAIT
    )
    assert looked.viewer._heat is not None
    assert looked.viewer._heat.width() > 0


def test_patches_and_stages_follow_the_form_at_once(looked, seen, qtbot):
    looked.controls.grid.setChecked(True)
    assert [stage.width for stage in looked.viewer.preview.stages] == [32, 64]
    looked.viewer.grab()  # painting knows where the rows of the stages are
    row = looked.viewer._stage_rows[0].center().toPoint()
    qtbot.mouseClick(looked.viewer, QtCore.Qt.MouseButton.LeftButton, pos=row)
    assert looked.viewer.stage == 0
    count = len(seen.previews)
    looked.form.field("cascade_depth").editor.setCurrentText("3")
    qtbot.waitUntil(lambda: len(seen.previews) > count, timeout=WAIT)
    assert [stage.width for stage in seen.previews[count].stages] == [16, 32, 64]


def test_scrubbing_moves_to_another_frame_and_back_without_work(looked, seen, qtbot):
    looked.transport.scrubber.step_inbetween(1)
    assert looked.transport.output == 1004
    qtbot.waitUntil(
        lambda: seen.previews[-1].place[0] == 1004 and seen.phases[-1] == "final", timeout=WAIT
    )
    calls = []
    looked.previewing.progressed.connect(lambda phase, progress: calls.append(progress.calls_done))
    looked.transport.scrubber.step_inbetween(-1)
    qtbot.waitUntil(
        lambda: seen.previews[-1].place[0] == 1002 and seen.phases[-1] == "final", timeout=WAIT
    )
    assert not any(calls), "what was made before is not made again"


def test_a_fraction_of_its_own_is_looked_at(looked, seen, qtbot):
    looked.transport.fraction.setText("1/3")
    looked.transport.fraction.editingFinished.emit()
    qtbot.waitUntil(lambda: seen.previews[-1].place[3] == "1/3", timeout=WAIT)
    looked.transport.scrubber.step(2)
    assert looked.transport.place[3] == "1/2", "another frame has the plan's own again"


def test_a_preview_is_cancelled_and_the_next_one_works(looked, seen, qtbot):
    looked.form.set_quality(LONG)
    looked.looking.look(everything=True)
    qtbot.waitUntil(lambda: looked.stop_preview.isEnabled(), timeout=WAIT)
    qtbot.waitUntil(lambda: "network call" in looked.under_way.text(), timeout=WAIT)
    looked.stop_preview.click()
    qtbot.waitUntil(lambda: not looked.previewing.is_busy, timeout=WAIT)
    qtbot.waitUntil(lambda: not looked.stop_preview.isEnabled())
    assert not seen.failures
    looked.form.set_quality(TINY)
    count = len(seen.previews)
    looked.looking.look(everything=True)
    qtbot.waitUntil(lambda: len(seen.previews) > count and seen.phases[-1] == "final", timeout=WAIT)


def test_what_is_wrong_is_said_and_nothing_opens(looked, qtbot):
    windows = len(QtWidgets.QApplication.topLevelWidgets())
    looked.form.timing.speed.setCurrentText("0")
    qtbot.waitUntil(lambda: "Speed is 0" in looked.foot.text())
    assert looked.card.text("Network calls") == "–"
    looked.render_now()
    assert not looked.queue.jobs
    assert QtWidgets.QApplication.activeModalWidget() is None
    assert len(QtWidgets.QApplication.topLevelWidgets()) == windows
    looked.form.timing.speed.setCurrentText("1/2")
    qtbot.waitUntil(lambda: looked.card.text("Network calls") != "–", timeout=WAIT)


def test_a_plate_that_is_not_there_is_said_at_its_field(panel, qtbot, tmp_path):
    panel.form.set_source(str(tmp_path / "none.####.exr"))
    qtbot.waitUntil(lambda: bool(panel.form.source_error.text()))
    assert "No frames match" in panel.form.source_error.text()
    assert "No frames match" in panel.viewer.message


def test_a_curve_makes_the_plan(looked, qtbot):
    looked.form.timing.keys.setPlainText("1001, 1001\n1005, 1002")
    looked.form.timing.mode.setCurrentText("Curve")
    qtbot.waitUntil(lambda: looked.looking.plan and len(looked.looking.plan.frames) == 5)
    assert looked.looking.plan.frames[1].fraction == Fraction(1, 4)
    looked.form.field("ends").set_text("error")
    looked.form.timing.keys.setPlainText("1001, 1001\n1005, 1900")
    label = looked.form.timing._errors["plan"]
    qtbot.waitUntil(lambda: "asks for source frame" in label.text())


def test_a_video_is_looked_at_once_the_engine_has_opened_it(panel, seen, qtbot, tmp_path):
    pytest.importorskip("av", reason="needs PyAV: the extra `video`")
    from tests.plate.test_video import write_video

    write_video(tmp_path / "clip.mov", 5, "prores_ks", "yuv422p10le", rate=25)
    panel.form.set_source(str(tmp_path / "clip.mov"))
    qtbot.waitUntil(lambda: panel.looking.plan is not None, timeout=WAIT)
    assert len(panel.looking.plan.frames) == 9
    assert panel.form.plate.text().splitlines() == [
        "1-5, 5 frames",
        "64x48, 25 fps, display-referred",
    ]
    qtbot.waitUntil(lambda: "final" in seen.phases, timeout=WAIT)
    assert panel.form.target.text() == str(tmp_path / "clip_retimed.####.exr")


# --- cost


def test_the_cost_is_told_and_measured_by_the_preview(looked, qtbot):
    qtbot.waitUntil(lambda: "a frame" in looked.card.text("Time"), timeout=WAIT)
    # 32x24 and 64x48 in patches of 32x48: 1 + 4 calls; three of the seven frames are in-betweens.
    assert looked.card.text("Network calls") == "5 a frame, 15 for 3 in-betweens"
    assert "free on cpu" in looked.card.text("Memory")
    assert "px" in looked.card.text("Motion")


def test_a_target_that_cannot_hold_the_plate_is_said_at_its_field(looked, qtbot, tmp_path):
    looked.form.target.setText(str(tmp_path / "slow.####.png"))
    looked.form.target.textEdited.emit("")
    qtbot.waitUntil(lambda: "cannot hold" in looked.form.target_error.text(), timeout=WAIT)


# --- the queue


def test_a_render_runs_to_its_end(ready, qtbot, tmp_path):
    job = rendered(ready, qtbot)
    qtbot.waitUntil(lambda: job.state == jobs.FINISHED, timeout=WAIT)
    assert (job.frames, job.frames_done, job.share) == (7, 7, 1.0)
    assert len(list((tmp_path / "out").glob("slow.*.exr"))) == 7
    detail = ready.queue_view.rows[job].detail
    qtbot.waitUntil(lambda: "made" in detail.text(), timeout=WAIT)


def test_the_folder_of_a_render_is_opened(ready, qtbot, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr(QtGui.QDesktopServices, "openUrl", lambda url: opened.append(url))
    job = rendered(ready, qtbot)
    ready.queue_view.rows[job].open.click()
    assert opened == [QtCore.QUrl.fromLocalFile(str(tmp_path / "out"))]
    ready.queue.cancel(job)


def test_a_render_is_paused_goes_on_and_keeps_what_was_done(ready, qtbot, tmp_path):
    ready.previewing.wish(None)
    ready.form.set_quality(Quality(steps=8, samples=4, patch=(32, 48), cascade_depth=2))
    ready.form.timing.speed.setCurrentText("1/8")
    job = rendered(ready, qtbot)
    qtbot.waitUntil(lambda: job.frames_done >= 2, timeout=WAIT)
    row = ready.queue_view.rows[job]
    row.pause.click()
    assert job.state == jobs.PAUSED
    assert row.resume.isVisibleTo(row)
    done = len(list((tmp_path / "out").glob("slow.*.exr")))
    assert 2 <= done < 25
    row.resume.click()
    qtbot.waitUntil(lambda: job.state == jobs.RENDERING and job.frames_done >= done, timeout=WAIT)
    row.cancel.click()
    qtbot.waitUntil(lambda: job.state == jobs.CANCELLED, timeout=WAIT)
    assert row.retry.isVisibleTo(row)


def test_jobs_wait_for_each_other(ready, qtbot, tmp_path):
    ready.previewing.wish(None)
    first = rendered(ready, qtbot)
    ready.form.target.setText(str(tmp_path / "second" / "slow.####.exr"))
    second = rendered(ready, qtbot)
    ready.form.target.setText(str(tmp_path / "third" / "slow.####.exr"))
    third = rendered(ready, qtbot)
    ready.queue.cancel(third)
    qtbot.waitUntil(lambda: second.state == jobs.FINISHED, timeout=WAIT)
    assert first.state == jobs.FINISHED
    assert third.state == jobs.CANCELLED
    ready.queue_view.clear.click()
    assert not ready.queue.jobs
    assert not ready.queue_view.rows


def test_a_render_survives_its_engine(ready, qtbot):
    ready.previewing.wish(None)
    ready.form.set_quality(LONG)
    job = rendered(ready, qtbot)
    qtbot.waitUntil(lambda: job.share > 0, timeout=WAIT)
    os.kill(ready.queue.engine_pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: job.state == jobs.FAILED, timeout=WAIT)
    assert "was ended by signal 9" in job.message
    row = ready.queue_view.rows[job]
    qtbot.waitUntil(lambda: "was ended by signal 9" in row.message.text(), timeout=WAIT)
    row.retry.click()
    assert job.seconds_left is None
    qtbot.waitUntil(lambda: job.seconds_left is not None, timeout=WAIT)
    assert job.state == jobs.RENDERING
    ready.queue.cancel(job)


@pytest.mark.slow  # it starts another engine
def test_a_preview_survives_its_engine(looked, seen, qtbot):
    looked.form.set_quality(LONG)
    looked.looking.look(everything=True)
    qtbot.waitUntil(lambda: "network call" in looked.under_way.text(), timeout=WAIT)
    os.kill(looked.previewing.engine_pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(seen.failures), timeout=WAIT)
    assert "was ended by signal 9" in looked.foot.text()
    assert looked.viewer.preview is not None, "what was there stays"
    looked.form.set_quality(TINY)
    count = len(seen.previews)
    looked.again.click()
    qtbot.waitUntil(lambda: len(seen.previews) > count and seen.phases[-1] == "final", timeout=WAIT)


def test_a_preview_does_not_wait_for_a_render(ready, seen, qtbot, tmp_path):
    ready.form.set_quality(LONG)
    job = rendered(ready, qtbot)
    qtbot.waitUntil(lambda: job.share > 0, timeout=WAIT)
    ready.form.set_quality(TINY)
    ready.transport.scrubber.step_inbetween(1)
    qtbot.waitUntil(lambda: seen.previews[-1].place[0] == 1004 and seen.phases[-1] == "final",
                    timeout=WAIT)  # fmt: skip
    assert job.state == jobs.RENDERING
    ready.queue.cancel(job)


def test_a_failed_render_stays_and_nothing_offers_to_clear_it(qtbot):
    def broken():
        raise EngineError("The engine's Python cannot be started.", "Install it.")

    queue = jobs.RenderQueue(start=broken)
    view = QueueView(queue)
    qtbot.addWidget(view)
    job = queue.add(RenderRequest("plate.####.exr", "slow.####.exr", Retime(speed=Fraction(1, 2))))
    qtbot.waitUntil(lambda: job in view.rows and "cannot be" in view.rows[job].message.text())
    queue.stop()
    assert job.state == jobs.FAILED
    assert view.clear.isHidden()


# --- what stays, and how it ends


def test_settings_and_sizes_are_remembered(panel, qtbot, start, plate, tmp_path):
    from hifi_ofx.panel.window import PanelWidget

    panel.form.field("samples").set_text("4")
    panel.form.field("layers").set_text("depth=blend")
    panel.form.timing.speed.setCurrentText("1/7")
    panel.form.target.setText(str(target(tmp_path)))
    panel.auto.setChecked(False)
    panel.stop()
    assert not list((tmp_path / "config").glob("*.tmp"))
    other = PanelWidget(start=start)
    qtbot.addWidget(other, before_close_func=lambda widget: widget.stop())
    assert other.form.field("samples").value() == 4
    assert other.form.field("layers").value() == "depth=blend"
    assert other.form.timing.retime() == Retime(speed=Fraction(1, 7))
    assert other.form.target.text() == str(target(tmp_path))
    assert not other.auto.isChecked()


def test_a_host_s_plate_is_not_remembered_as_the_user_s(panel, plate, tmp_path):
    panel.form.source.setText("/mine/plate.####.exr")
    panel.form.timing.speed.setCurrentText("1/7")
    panel.session.keep()
    lent = RenderRequest(
        str(plate), str(target(tmp_path)), Retime(speed=Fraction(1, 2)), TINY, machine=CPU
    )
    panel.show_request(lent)
    panel.form.field("layers").set_text("depth=blend")
    panel.stop()
    form = json.loads((tmp_path / "config" / "panel.json").read_text())["form"]
    assert form["source"] == "/mine/plate.####.exr"
    assert form["target"] != str(target(tmp_path))
    assert form["timing"]["speed"] == "1/7"
    assert form["settings"]["layers"] == "depth=blend", "what is no part of the plate is"


def test_a_damaged_memory_is_no_obstacle(qtbot, start, tmp_path):
    from hifi_ofx.panel.window import PanelWidget

    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "panel.json").write_text('{"form": {"timing": 3}, "columns": "x"}')
    made = PanelWidget(start=start)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.stop())
    assert "starts afresh" in made.foot.text()


def test_keys_do_what_their_list_says(looked, qtbot):
    looked.activateWindow()
    looked.viewer.setFocus()
    listed = {key.keys: key for key in looked.keys}
    assert len(listed) == len(looked.keys), "no key twice"
    listed["W"].act()
    assert looked.viewer.comparison.layout == "wipe"
    listed["Right"].act()
    assert looked.transport.output == 1003
    listed["F1"].act()
    assert looked.sheet.isVisible()
    shown = {label.text() for label in looked.sheet.findChildren(QtWidgets.QLabel)}
    assert {key.words for key in looked.keys} <= shown
    qtbot.keyClick(looked.sheet, QtCore.Qt.Key.Key_Escape)
    assert not looked.sheet.isVisible()


def test_every_key_of_the_list_reaches_its_doing(panel, qtbot):
    host, pressed = QtWidgets.QWidget(), []
    qtbot.addWidget(host)
    bound = [Key(key.keys, key.words, partial(pressed.append, key.keys)) for key in panel.keys]
    bind(host, bound)
    host.show()
    host.activateWindow()
    host.setFocus()
    qtbot.waitUntil(host.isActiveWindow)
    for key in bound:
        QtTest.QTest.keySequence(host, QtGui.QKeySequence(key.keys))
    assert pressed == [key.keys for key in panel.keys]


def test_letters_are_keys_in_the_viewer_and_text_in_a_field(looked, qtbot):
    looked.activateWindow()
    looked.form.source.setFocus()
    qtbot.keyClicks(looked.form.source, "w")
    assert looked.viewer.comparison.layout == "single"
    assert "w" in looked.form.source.text()
    looked.viewer.setFocus()
    qtbot.keyClick(looked.viewer, QtCore.Qt.Key.Key_W)
    assert looked.viewer.comparison.layout == "wipe"


def test_a_panel_that_its_host_removes_leaves_nothing_behind(qtbot, start, plate, weights):
    from hifi_ofx.panel.window import PanelWidget

    host = QtWidgets.QWidget()
    qtbot.addWidget(host)
    made = PanelWidget(host, source=str(plate), start=start)
    made.form.weights.setCurrentText(str(weights))
    made.form.set_quality(LONG)
    host.show()
    qtbot.waitUntil(lambda: made.previewing.engine_pid is not None, timeout=WAIT)
    threads, folder = (made.previewing._thread, made.queue._thread), made.looking.folder
    made.setParent(None)
    made.deleteLater()
    qtbot.waitUntil(lambda: not any(thread.is_alive() for thread in threads), timeout=WAIT)
    assert not os.path.exists(folder)


def test_the_panel_works_inside_another_window(qtbot, start, plate):
    from hifi_ofx.panel.window import PanelWidget

    host = QtWidgets.QMainWindow()
    qtbot.addWidget(host)
    dock = QtWidgets.QDockWidget(host)
    made = PanelWidget(dock, source=str(plate), start=start)
    dock.setWidget(made)
    host.addDockWidget(QtCore.Qt.DockWidgetArea.RightDockWidgetArea, dock)
    made.form.set_quality(TINY)
    made.form.field("device").set_text("cpu")
    host.show()
    qtbot.waitUntil(lambda: made.transport.output is not None)
    folder = made.looking.folder
    made.stop()
    assert not os.path.exists(folder), "pictures are removed with the panel"


def test_a_host_s_request_is_rendered_and_reported(panel, qtbot, plate, weights, tmp_path):
    request = RenderRequest(
        str(plate), str(target(tmp_path)), Retime(speed=Fraction(1, 2)), TINY, machine=CPU,
        weights=str(weights), 
    )  # fmt: skip
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request.to_json()))
    outcome = show(panel, read_request(str(file)), returns=True)
    assert outcome.result()["state"] == "cancelled"
    qtbot.waitUntil(lambda: panel.transport.output is not None, timeout=WAIT)
    with qtbot.waitSignal(panel.closed, timeout=WAIT):
        panel.render_button.click()
    write_result(str(tmp_path / "result.json"), outcome.result())
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["state"] == "finished"
    assert result["target"] == str(target(tmp_path))
    assert RenderRequest.from_json(result["request"]) == request


@pytest.mark.parametrize(
    ("states", "state", "target"),
    [
        ((jobs.FINISHED, jobs.CANCELLED), "finished", "0"),
        ((jobs.FINISHED, jobs.PAUSED), "finished", "0"),
        ((jobs.FINISHED, jobs.FINISHED, jobs.CANCELLED), "finished", "1"),
        ((jobs.FINISHED, jobs.FAILED), "failed", "1"),
        ((jobs.CANCELLED, jobs.RENDERING), "cancelled", "1"),
    ],
)
def test_a_host_is_told_of_the_render_that_finished(states, state, target):
    made = [
        jobs.Job(RenderRequest("plate.####.exr", str(index), Retime(speed=Fraction(1, 2))), each)
        for index, each in enumerate(states)
    ]
    outcome = Outcome(SimpleNamespace(queue=SimpleNamespace(jobs=tuple(made))), None)
    assert (outcome.result()["state"], outcome.result()["target"]) == (state, target)


def test_a_host_is_told_how_far_a_stopped_render_came():
    retime = Retime(speed=Fraction(1, 2))
    job = jobs.Job(RenderRequest("plate.####.exr", "slow.####.exr", retime), jobs.CANCELLED)
    outcome = Outcome(SimpleNamespace(queue=SimpleNamespace(jobs=(job,))), None)
    assert outcome.result()["message"] == ""
    job.frames, job.frames_done = 12, 3
    assert outcome.result()["message"] == "The render was stopped at 3 of 12 frames."


def test_a_request_that_is_none_is_a_sentence(tmp_path, capsys):
    (tmp_path / "request.json").write_text("[]")
    words = ["panel", "--request", str(tmp_path / "request.json")]
    assert cli.main(words) == HifiError.exit_code
    assert "holds no request" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland are Linux's")
def test_without_a_screen_there_is_a_sentence(tmp_path):
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {key: value for key, value in os.environ.items() if key not in screens}
    words = [sys.executable, "-m", "hifi_ofx.cli", "panel"]
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == HifiError.exit_code
    assert done.stderr.startswith("hifi-ofx: There is no screen")


def test_an_engine_that_does_not_start_is_a_sentence_in_the_viewer(qtbot, plate):
    from hifi_ofx.panel.window import PanelWidget

    def broken():
        raise EngineError("The engine's Python cannot be started.", "Install it.")

    made = PanelWidget(source=str(plate), start=broken)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.stop())
    qtbot.waitUntil(lambda: "cannot be started" in made.viewer.message, timeout=WAIT)
    assert "cannot be started" in made.foot.text()


# --- never blocked


def test_the_interface_is_never_blocked(ready, seen, qtbot, heart, record_property):
    """During a preview and a render, with the viewer at work: see Heart for what is measured."""
    count = len(seen.previews)
    ready.controls.choose(layout="wipe")
    job = rendered(ready, qtbot)
    ready.transport.scrubber.step_inbetween(1)
    end = time.monotonic() + 60
    while time.monotonic() < end and not (
        job.state == jobs.FINISHED
        and len(seen.previews) > count
        and seen.phases[-1] == "final"
        and len(heart.cpu) > 20  # a quick machine is done before there is anything to measure
    ):
        ready.controls.exposure.nudge(0.1)
        qtbot.wait(20)
    assert job.state == jobs.FINISHED
    assert len(heart.cpu) > 20
    record_property("longest gap between heartbeats, seconds", max(heart.wall))
    record_property("most work between two heartbeats, seconds", max(heart.cpu))
    assert max(heart.cpu) < LIMIT
    assert sorted(heart.wall)[len(heart.wall) // 2] < LIMIT


def test_a_plan_of_hours_does_not_block_the_interface(panel, qtbot):
    half = Fraction(1, 2)
    plan = RetimePlan(tuple(PlannedFrame(output, 1, 2, half) for output in range(1, 200_001)))
    heart = Heart()
    panel.transport.show_plan(plan, 201)
    panel.form.timing.view.show_plan(plan)
    for output in range(1, 200_000, 20_000):
        panel.transport.scrubber.go_to(output)
        panel.form.timing.view.mark(output)
        qtbot.wait(20)
    heart.stop()
    assert panel.transport.output == 180_001
    assert max(heart.cpu) < LIMIT


def test_a_slow_disk_does_not_block_the_interface(panel, qtbot, heart, monkeypatch):
    def slow(source):
        time.sleep(0.5)
        raise SequenceError("Gone.")

    monkeypatch.setattr("hifi_ofx.panel.looking.find", slow)
    panel.form.set_source("/slow/plate.####.exr")
    qtbot.waitUntil(lambda: panel.viewer.message == "Gone.", timeout=WAIT)
    assert max(heart.cpu) < LIMIT
    assert sorted(heart.wall)[-2] < 0.4
