"""Nothing of anybody's is written over unasked, and the queue outlives its panel."""

import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.errors import EngineError
from hifi_ofx.panel import jobs
from hifi_ofx.panel.committing import free_name
from hifi_ofx.panel.kept_queue import KeptQueue, described
from hifi_ofx.panel.qt import QtCore, QtGui, QtWidgets
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from tests.panel.conftest import CPU, TINY, WAIT
from tests.panel.test_panel import rendered

HALF = Retime(speed=Fraction(1, 2))


def broken():
    raise EngineError("No engine here.", "There need not be one.")


@pytest.fixture
def idle(qtbot):
    """A panel without an engine."""
    from hifi_ofx.panel.window import PanelWidget

    made = PanelWidget(start=broken)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.stop())
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def drop(panel, *paths):
    """Let files fall onto a panel."""
    data = QtCore.QMimeData()
    data.setUrls([QtCore.QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.KeyboardModifier.NoModifier
    copy = QtCore.Qt.DropAction.CopyAction
    events = [
        QtGui.QDragEnterEvent(QtCore.QPoint(9, 9), copy, data, left, none),
        QtGui.QDropEvent(QtCore.QPointF(9, 9), copy, data, left, none),
    ]
    for event in events:
        QtWidgets.QApplication.sendEvent(panel, event)
        assert event.isAccepted()


def written(line, text, qtbot):
    line.setFocus()
    line.selectAll()
    qtbot.keyClick(line, QtCore.Qt.Key.Key_Delete)
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, QtCore.Qt.Key.Key_Return)


def test_the_target_follows_the_source_however_it_comes(idle, qtbot, tmp_path):
    form, target = idle.form, idle.form.target
    written(form.source, str(tmp_path / "a.####.exr"), qtbot)
    assert target.text() == (tmp_path / "a_retimed.####.exr").as_posix()
    QtGui.QGuiApplication.clipboard().setText(str(tmp_path / "b.####.exr"))
    form.source.selectAll()
    (tmp_path / "b.1001.exr").touch()
    form.source.paste()
    qtbot.waitUntil(lambda: "b_retimed" in target.text(), timeout=WAIT)
    assert target.text() == (tmp_path / "b_retimed.####.exr").as_posix()
    drop(idle, tmp_path / "c.1001.exr")
    assert target.text() == (tmp_path / "c_retimed.####.exr").as_posix()


def test_a_target_that_was_typed_stays_until_it_is_emptied(idle, qtbot, tmp_path):
    form = idle.form
    written(form.target, "/mine/slow.####.exr", qtbot)
    drop(idle, tmp_path / "c.1001.exr")
    written(form.source, str(tmp_path / "a.####.exr"), qtbot)
    assert form.target.text() == "/mine/slow.####.exr"
    idle.session.keep()
    form.set_texts(form.texts())
    drop(idle, tmp_path / "d.1001.exr")
    assert form.target.text() == "/mine/slow.####.exr", "remembered as typed"
    form.target.selectAll()
    qtbot.keyClick(form.target, QtCore.Qt.Key.Key_Delete)
    drop(idle, tmp_path / "e.1001.exr")
    assert form.target.text() == (tmp_path / "e_retimed.####.exr").as_posix()


def test_a_missing_target_is_not_red_once_there_is_one(idle, qtbot, tmp_path):
    idle.form.source.setText("x")
    idle.form.timing.speed.setCurrentText("1/2")
    idle.render_button.click()
    assert "no target" in idle.form.target_error.text()
    drop(idle, tmp_path / "c.1001.exr")
    assert not idle.form.target_error.text()


def answer(panel, text, qtbot):
    """Click the answer that begins so, once there is a question."""
    qtbot.waitUntil(panel.question.isVisible, timeout=WAIT)
    button = next(b for name, b in panel.question.buttons.items() if name == text)
    qtbot.mouseClick(button, QtCore.Qt.MouseButton.LeftButton)


def ended(job, qtbot):
    qtbot.waitUntil(lambda: job.state in jobs.OVER, timeout=WAIT)
    assert job.state == jobs.FINISHED, job.message
    return job.finished


def test_frames_of_another_retime_are_asked_about(looked, qtbot, tmp_path):
    out = tmp_path / "out"
    looked.form.choose_target(str(out / "slow.####.exr"))
    looked.form.timing.speed.setCurrentText("1/4")
    ended(rendered(looked, qtbot), qtbot)
    assert len(list(out.glob("slow.*.exr"))) == 13
    again = ended(rendered(looked, qtbot), qtbot)
    assert again.skipped == 13 and not looked.question.isVisible(), "its own frames are no question"
    looked.form.timing.speed.setCurrentText("1/2")
    looked.render_button.click()
    qtbot.waitUntil(looked.question.isVisible, timeout=WAIT)
    words = looked.question.words.text()
    assert "6 frames (1002-1007) of another retime in the place of slow.####.exr" in words
    assert "6 frames (1008-1013) of an older retime" in words
    answer(looked, "Cancel", qtbot)
    assert len(looked.queue.jobs) == 2
    looked.render_button.click()
    with qtbot.waitSignal(looked.committing.added, timeout=WAIT) as added:
        answer(looked, "Replace them, remove the rest", qtbot)
    ended(added.args[0], qtbot)
    assert sorted(path.name for path in out.glob("slow.*.exr")) == [
        f"slow.{number}.exr" for number in range(1001, 1008)
    ]


def test_a_camera_plate_in_the_target_s_place_is_never_replaced_unasked(looked, qtbot, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for number in (1001, 1002):
        (other / f"b.{number}.exr").write_bytes(b"a camera's")
    looked.form.choose_target(str(other / "b.####.exr"))
    looked.render_button.click()
    qtbot.waitUntil(looked.question.isVisible, timeout=WAIT)
    assert "2 frames (1001-1002) in the place of b.####.exr, made by no retime" in (
        looked.question.words.text()
    )
    answer(looked, "Another name", qtbot)
    qtbot.waitUntil(lambda: looked.form.target.text().endswith("b_2.####.exr"))
    assert not looked.queue.jobs
    ended(rendered(looked, qtbot), qtbot)
    assert (other / "b.1001.exr").read_bytes() == b"a camera's"
    assert len(list(other.glob("b_2.*.exr"))) == 7


def test_an_edit_takes_the_question_back(looked, qtbot, tmp_path):
    (tmp_path / "b.1001.exr").write_bytes(b"a camera's")
    looked.form.choose_target(str(tmp_path / "b.####.exr"))
    looked.render_button.click()
    qtbot.waitUntil(looked.question.isVisible, timeout=WAIT)
    looked.form.timing.speed.setCurrentText("1/3")
    assert not looked.question.isVisible()


def test_a_free_name_has_no_frames(tmp_path):
    (tmp_path / "slow_2.1001.exr").touch()
    assert free_name(str(tmp_path / "slow.####.exr")) == (tmp_path / "slow_3.####.exr").as_posix()


# --- dropping


def frames(folder, name, count=2):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1001, 1001 + count):
        (folder / f"{name}.{number}.exr").touch()


def test_a_folder_with_one_plate_opens_it(idle, qtbot, tmp_path):
    frames(tmp_path / "sh010", "a")
    (tmp_path / "sh010" / "notes.txt").touch()
    drop(idle, tmp_path / "sh010")
    pattern = str(tmp_path / "sh010" / "a.####.exr")
    qtbot.waitUntil(lambda: idle.form.source.text() == pattern, timeout=WAIT)
    assert idle.form.target.text() == (tmp_path / "sh010" / "a_retimed.####.exr").as_posix()
    assert idle.looking.plate.first == 1001


def test_a_folder_with_more_or_none_says_so(idle, qtbot, tmp_path):
    frames(tmp_path / "sh010", "a")
    frames(tmp_path / "sh010", "b")
    (tmp_path / "sh020").mkdir()
    for name, words in (("sh010", "holds 2 plates: a.####.exr, b.####.exr"), ("sh020", "no plate")):
        drop(idle, tmp_path / name)
        qtbot.waitUntil(lambda w=words: w in idle.form.source_error.text(), timeout=WAIT)


def test_several_plates_become_a_queue(idle, qtbot, tmp_path):
    for name in "abc":
        frames(tmp_path / name, name)
    drop(idle, tmp_path / "a", tmp_path / "b" / "b.1002.exr", tmp_path / "b" / "b.1001.exr",
         tmp_path / "c" / "c.1001.exr")  # fmt: skip
    answer(idle, "Render all 3 as the form says", qtbot)
    assert [job.request.target for job in idle.queue.jobs] == [
        (tmp_path / name / f"{name}_retimed.####.exr").as_posix() for name in "abc"
    ]
    assert {job.request.overwrite for job in idle.queue.jobs} == {"never"}


# --- the queue


def request(tmp_path, name, weights="motion"):
    return RenderRequest(
        str(tmp_path / "plate.####.exr"), str(tmp_path / name / "slow.####.exr"), HALF, TINY,
        machine=CPU, weights=str(weights),
    )  # fmt: skip


def stuck():
    import time

    time.sleep(3600)


def test_closing_with_work_under_way_asks(qtbot, tmp_path):
    from hifi_ofx.panel.window import PanelWidget

    panel = PanelWidget(start=stuck)
    qtbot.addWidget(panel, before_close_func=lambda widget: widget.stop())
    panel.show()
    panel.queue.add(request(tmp_path, "a"))
    panel.queue.add(request(tmp_path, "b"))
    assert not panel.close() and panel.isVisible()
    assert panel.question.words.text().startswith("2 renders are not finished.")
    answer(panel, "Stay", qtbot)
    assert panel.isVisible() and not panel.question.isVisible()
    panel.close()
    with qtbot.waitSignal(panel.closed):
        answer(panel, "Close, go on next time", qtbot)
    assert [Path(job.request.target).parent.name for job in KeptQueue().take_up()] == ["a", "b"]


def test_closing_can_forget_the_queue(qtbot, tmp_path):
    from hifi_ofx.panel.window import PanelWidget

    panel = PanelWidget(start=stuck)
    qtbot.addWidget(panel, before_close_func=lambda widget: widget.stop())
    panel.show()
    panel.queue.add(request(tmp_path, "a"))
    panel.close()
    with qtbot.waitSignal(panel.closed):
        answer(panel, "Close and forget them", qtbot)
    assert not KeptQueue().take_up()


_KILLED = """
import sys, time
from tests.panel.test_targets import request, stuck
from pathlib import Path
from hifi_ofx.panel.qt import QtWidgets
from hifi_ofx.panel.window import PanelWidget
application = QtWidgets.QApplication([])
panel = PanelWidget(start=stuck)
panel.show()
for name in "abc":
    panel.queue.add(request(Path(sys.argv[1]), name, sys.argv[2]))
while True:
    application.processEvents()
    for file in (Path(sys.argv[3]) / "queues").glob("*.json"):
        if file.read_text().count('"request"') == 3:
            print("kept", flush=True)
    time.sleep(0.02)
"""


def test_a_queue_of_three_survives_a_kill(qtbot, start, plate, weights, tmp_path):
    from hifi_ofx.panel.window import PanelWidget

    config = tmp_path / "config"
    words = [sys.executable, "-c", _KILLED, str(tmp_path), str(weights), str(config)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=dict(os.environ)) as process:
        assert process.stdout.readline() == b"kept\n"
        assert not KeptQueue().take_up(), "its panel lives"
        process.send_signal(signal.SIGKILL)
    made = PanelWidget(start=start)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.stop())
    made.show()
    assert [Path(job.request.target).parent.name for job in made.queue.jobs] == ["a", "b", "c"]
    qtbot.waitUntil(lambda: not made.queue.is_busy(), timeout=2 * WAIT)
    assert [job.message for job in made.queue.jobs if job.state != jobs.FINISHED] == []
    for name in "abc":
        assert len(list((tmp_path / name).glob("slow.*.exr"))) == 7
    qtbot.waitUntil(lambda: not list((config / "queues").glob("*.json")))


def test_what_is_paused_stays_paused_and_what_failed_says_why(tmp_path):
    made = [jobs.Job(request(tmp_path, state), state) for state in (
        jobs.FINISHED, jobs.CANCELLED, jobs.PAUSED, jobs.FAILED, jobs.RENDERING)]  # fmt: skip
    made[3].message, made[2].frames, made[2].frames_done = "It broke.", 7, 3
    one, other = KeptQueue(), KeptQueue()
    one.keep(described(made))
    assert not other.take_up()
    one.release()
    found = other.take_up()
    assert [job.state for job in found] == [jobs.PAUSED, jobs.FAILED, jobs.WAITING]
    assert (found[0].frames, found[0].frames_done, found[1].message) == (7, 3, "It broke.")
    assert [job.request for job in found] == [job.request for job in made[2:]]
    assert not other.take_up(), "taken up once"
    assert not list((tmp_path / "config" / "queues").iterdir())


def test_a_damaged_queue_is_no_obstacle(tmp_path):
    folder = tmp_path / "config" / "queues"
    folder.mkdir(parents=True)
    (folder / "x.json").write_text('[{"request": 3}]')
    assert KeptQueue().take_up() == []
