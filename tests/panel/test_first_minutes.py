"""What a new user does first takes no more actions than it did."""

import threading

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel import window
from tests.first_minutes import Minutes
from tests.panel.conftest import WAIT

MOST = {
    "Open a plate": 1,
    "Slow it to 25 %": 1,
    "See an in-between at the set quality": 0,
    "Compare it with the blend": 1,
    "Play it": 1,
    "Make a ramp of it": 6,
    "Choose a preset": 2,
    "Render it": 1,
    "Look at the result": 2,
    "Do it again at another speed, under another name": 4,
}


def test_the_first_minutes_take_few_actions(panel, plate):
    done = {name: actions for name, actions, _ in Minutes(str(plate), panel).all()}
    assert done == MOST


def test_the_viewer_says_what_the_first_frame_waits_for(qtbot, start, plate):
    may_start = threading.Event()

    def slow():
        may_start.wait(WAIT / 1000)
        return start()

    panel = window.PanelWidget(start=slow)
    qtbot.addWidget(panel, before_close_func=lambda widget: widget.stop())
    panel.show()
    panel.form.set_source(str(plate))
    qtbot.waitUntil(lambda: panel.viewer.message == "Starting the engine…", timeout=WAIT)
    said = []
    panel.previewing.phase_changed.connect(lambda phase: said.append(panel.viewer.message))
    may_start.set()
    qtbot.waitUntil(lambda: panel.viewer.preview is not None, timeout=WAIT)
    assert said[0] == "Reading frames…"
    assert not panel.viewer.message
