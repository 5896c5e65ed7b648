"""Playing: the preview and the finished result, by the keys and buttons that people know."""

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel import jobs
from hifi_ofx.panel.qt import QtCore
from tests.panel.conftest import WAIT
from tests.panel.test_panel import rendered

KEYS = QtCore.Qt.Key
LEFT = QtCore.Qt.MouseButton.LeftButton


@pytest.fixture
def playing(looked, qtbot):
    looked.activateWindow()
    looked.viewer.setFocus()
    qtbot.waitUntil(looked.isActiveWindow)
    return looked.playing


def outputs_of(panel):
    """The output frames that are shown from now on, in their order."""
    shown = []
    show = panel.viewer.play_preview

    def play(preview):
        shown.append((preview.place[0], panel.viewer.preview is not None))
        show(preview)

    panel.viewer.play_preview = play
    return shown


def test_space_plays_all_frames_round_and_round_at_the_plate_s_rate(looked, playing, qtbot):
    shown = outputs_of(looked)
    qtbot.keyClick(looked.viewer, KEYS.Key_Space)
    assert playing.is_on
    qtbot.waitUntil(lambda: len(playing.reel) == 7, timeout=WAIT)
    assert playing.rate == 24
    count, clock = len(shown), QtCore.QElapsedTimer()
    clock.start()
    qtbot.waitUntil(lambda: len(shown) >= count + 24, timeout=WAIT)
    assert clock.elapsed() > 850, "24 frames take a second, or the clock's last tick less"
    numbers = [number for number, _ in shown[count:]]
    assert numbers == [(numbers[0] - 1001 + step) % 7 + 1001 for step in range(len(numbers))]
    qtbot.keyClick(looked.viewer, KEYS.Key_Space)
    assert not playing.is_on
    qtbot.waitUntil(lambda: looked.viewer.preview.pictures[0].values != "", timeout=WAIT)
    assert looked.viewer.preview.place[0] == looked.transport.output, "the frame itself, whole"


def test_j_k_and_l_go_backward_stop_and_go_forward_faster(looked, playing, qtbot):
    for key, velocity in (("L", 1), ("L", 2), ("L", 4), ("K", 0), ("J", -1), ("J", -2), ("L", 1)):
        qtbot.keyClick(looked.viewer, getattr(KEYS, f"Key_{key}"))
        assert playing.velocity == velocity
    playing.stop()


def test_it_ends_at_the_end_without_the_loop(looked, playing, qtbot):
    qtbot.mouseClick(looked.transport.loop, LEFT)
    qtbot.mouseClick(looked.transport.play, LEFT)
    qtbot.waitUntil(lambda: looked.transport.output == 1007, timeout=WAIT)
    qtbot.waitUntil(lambda: not playing.is_on, timeout=WAIT)


def test_an_edit_and_a_hand_on_the_scrubber_stop_it(looked, playing, qtbot):
    playing.play(1)
    looked.transport.scrubber.step(1)
    assert not playing.is_on
    playing.play(1)
    looked.form.timing.speed.setCurrentText("1/3")
    assert not playing.is_on and not playing.reel


def test_the_finished_result_is_looked_at_and_played(looked, playing, qtbot, tmp_path):
    looked.form.choose_target(str(tmp_path / "out" / "slow.####.exr"))
    job = rendered(looked, qtbot)
    qtbot.waitUntil(lambda: job.state == jobs.FINISHED, timeout=WAIT)
    qtbot.mouseClick(looked.queue_view.rows[job].look, LEFT)
    qtbot.waitUntil(lambda: looked.looking.result is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: looked.viewer.preview.place == (1001, 1001, 1001, "0"), timeout=WAIT)
    assert looked.viewer.title == "slow.####.exr"
    looked.transport.scrubber.go_to(1002)
    qtbot.waitUntil(lambda: looked.viewer.preview.place[1] == 1002, timeout=WAIT)
    looked.viewer.setFocus()
    qtbot.keyClick(looked.viewer, KEYS.Key_L)
    qtbot.waitUntil(lambda: len(playing.reel) == 7, timeout=WAIT)
    assert {one.place[3] for one in playing.reel.values()} == {"0"}
    qtbot.keyClick(looked.viewer, KEYS.Key_K)
    assert looked.transport.back.isVisible()
    looked.transport.back.click()
    qtbot.waitUntil(lambda: not looked.transport.back.isVisible(), timeout=WAIT)
    assert looked.looking.result is None and looked.looking.plan.frames[1].fraction
