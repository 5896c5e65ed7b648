"""`python -m tests.first_minutes`: what a new user does first, and in how many actions.

Through real widgets and real events, with the real engine: a click, a text that is typed, or a key
is one action. The plate is our own demo's.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

WAIT = 300.0  # seconds for each thing: machines are shared


def main() -> int:
    """Do everything once and print the table. Returns the exit code."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as work:
        os.environ["HIFI_CONFIG"] = str(Path(work) / "config")
        os.environ["HIFI_CACHE"] = str(Path(work) / "cache")
        from tests.screenshots import write_plate

        table = Minutes(str(write_plate(Path(work) / "plate"))).all()
    print(f"{'task':<44}actions  seconds")
    for name, actions, seconds in table:
        print(f"{name:<44}{actions:>7}  {seconds:>7.1f}")
    return 0


class Minutes:
    """A panel and a hand that counts what it does. `weights` and others: set before, for tests."""

    def __init__(self, plate: str, panel=None) -> None:
        from hifi_ofx.panel.qt import QtWidgets

        self.application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
        if panel is None:
            from hifi_ofx.panel.window import PanelWidget

            panel = PanelWidget()
            panel.show()
        self.panel, self.plate, self.actions = panel, plate, 0
        self.panel.activateWindow()
        self.until(self.panel.isActiveWindow)

    def all(self) -> list[tuple[str, int, float]]:
        """Every task in turn: its words, its actions, its seconds."""
        table = []
        try:
            for task in TASKS:
                self.actions, began = 0, time.monotonic()
                task(self)
                table.append((task.__doc__.rstrip("."), self.actions, time.monotonic() - began))
        finally:
            self.panel.stop()
        return table

    # --- a hand

    def click(self, widget) -> None:
        """Click into the middle of a widget that can be seen."""
        from PySide6.QtTest import QTest

        assert widget.isVisible() and widget.isEnabled(), widget
        QTest.mouseClick(widget, _left())
        self.actions += 1

    def enter(self, line, text: str) -> None:
        """Type a text into a line, and Return."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)
        self.actions += 1

    def choose(self, choice, text: str) -> None:
        """Open a list and click an entry of it: two actions."""
        from PySide6.QtTest import QTest

        choice.showPopup()
        place = choice.model().index(choice.findText(text), 0)
        listed = choice.view()
        QTest.mouseClick(listed.viewport(), _left(), pos=listed.visualRect(place).center())
        self.until(lambda: choice.currentText() == text)
        self.actions += 2

    def press(self, key: str) -> None:
        """Press a key over the viewer."""
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest

        self.panel.viewer.setFocus()
        QTest.keySequence(self.panel.viewer, QKeySequence(key))
        self.actions += 1

    def drag(self, widget, start, by) -> None:
        """Press, move and let go: one action."""
        from tests.panel.test_drawing import drag

        drag(widget, start, by)
        self.actions += 1

    def until(self, so) -> None:
        """Let the panel live until something is so."""
        end = time.monotonic() + WAIT
        while not so():
            assert time.monotonic() < end, self.panel.foot.text()
            self.application.processEvents()
            time.sleep(0.005)


def _left():
    from PySide6.QtCore import Qt

    return Qt.MouseButton.LeftButton


def open_a_plate(hand):
    """Open a plate."""
    hand.enter(hand.panel.form.source, hand.plate)
    hand.until(lambda: hand.panel.viewer.preview is not None)


def slow_to_25(hand):
    """Slow it to 25 %."""
    hand.enter(hand.panel.form.timing.speed.lineEdit(), "25%")
    hand.until(lambda: hand.panel.looking.plan.frames[1].fraction.denominator == 4)


def see_an_in_between(hand):
    """See an in-between at the set quality."""
    panel = hand.panel
    hand.until(lambda: "ours" in panel.viewer.pictures and not panel.viewer.is_draft)
    assert panel.viewer.preview.place[3] != "0"


def compare_with_the_blend(hand):
    """Compare it with the blend."""
    hand.press("W")
    hand.until(lambda: {"ours", "blend"} <= set(hand.panel.viewer.pictures))


def play(hand):
    """Play it."""
    hand.press("Space")
    hand.until(lambda: len(hand.panel.playing.reel) > 3)
    hand.panel.playing.stop()


def ramp(hand):
    """Make a ramp of it."""
    timing = hand.panel.form.timing
    hand.choose(timing.mode, "Curve")
    hand.click(timing.drawing.speed)
    before = timing.retime().curve.keys
    from PySide6.QtCore import QPointF

    hand.drag(timing.view, timing.view.handles()[0], QPointF(0, 25))
    assert timing.retime().curve.keys != before
    hand.choose(timing.mode, "Speed")


def choose_a_preset(hand):
    """Choose a preset."""
    hand.choose(hand.panel.form.preset, "draft")
    hand.until(lambda: hand.panel.form.preset.currentText() == "draft")


def render(hand):
    """Render it."""
    hand.click(hand.panel.render_button)
    hand.until(lambda: any(job.state == "finished" for job in hand.panel.queue.jobs))


def look_at_the_result(hand):
    """Look at the result."""
    (job,) = hand.panel.queue.jobs
    hand.click(hand.panel.queue_view.rows[job].look)
    hand.until(lambda: hand.panel.viewer.title != "")
    hand.click(hand.panel.transport.back)


def again_at_another_speed(hand):
    """Do it again at another speed, under another name."""
    panel = hand.panel
    hand.enter(panel.form.timing.speed.lineEdit(), "50%")
    hand.until(lambda: panel.looking.plan and panel.looking.plan.frames[1].fraction * 2 == 1)
    hand.click(panel.render_button)
    hand.until(panel.question.isVisible)
    hand.click(panel.question.buttons["Another name"])
    hand.until(lambda: "_2." in panel.form.target.text())
    hand.click(panel.render_button)
    hand.until(lambda: len([j for j in panel.queue.jobs if j.state == "finished"]) == 2)


TASKS = (
    open_a_plate, slow_to_25, see_an_in_between, compare_with_the_blend, play, ramp,
    choose_a_preset, render, look_at_the_result, again_at_another_speed,
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
