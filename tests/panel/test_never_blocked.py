"""A 4K plate on a 4K screen: how long the interface's thread works between two beats of a heart."""

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel.exposing import CHANNELS
from hifi_ofx.panel.qt import QtCore, QtGui, QtWidgets
from hifi_ofx.quality import Quality
from tests.panel.conftest import WAIT, Heart
from tests.service.conftest import write_exr

SIZE = (2160, 3840)
LIMIT = 0.1  # seconds of work
LEFT = QtCore.Qt.MouseButton.LeftButton


@pytest.fixture
def plate(tmp_path):
    """Three frames of grain over a gradient, which zip does not make small."""
    grain = np.random.default_rng(1).random((*SIZE, 3), np.float32)
    for index in range(3):
        pixels = 0.2 * np.roll(grain, 12 * index, 1) + np.linspace(0, 2, SIZE[1])[None, :, None]
        write_exr(tmp_path / f"plate.{1001 + index}.exr", pixels.astype(np.float32))
    return tmp_path / "plate.####.exr"


@pytest.fixture
def large(panel, plate, qtbot, seen):
    """The panel as large as a 4K screen, with a draft of the plate."""
    panel.resize(3840, 2160)
    qtbot.wait(300)  # the window itself is laid out and drawn for the first time
    panel.form.set_quality(Quality(samples=1, steps=1, cascade_depth=1))
    panel.form.set_source(str(plate))
    return panel


def mouse(widget, kind, place, button=LEFT):
    """A mouse event, as the system sends it."""
    at = QtCore.QPointF(place)
    event = QtGui.QMouseEvent(
        kind, at, widget.mapToGlobal(at), button, button, QtCore.Qt.KeyboardModifier.NoModifier
    )
    QtWidgets.QApplication.sendEvent(widget, event)


def drag(widget, start, end, qtbot, steps=12):
    kinds = QtCore.QEvent.Type
    mouse(widget, kinds.MouseButtonPress, start)
    for step in range(1, steps + 1):
        share = step / steps
        mouse(
            widget,
            kinds.MouseMove,
            QtCore.QPointF(start) * (1 - share) + QtCore.QPointF(end) * share,
        )
        qtbot.wait(20)
    mouse(widget, kinds.MouseButtonRelease, end)


def wheel(widget, turns, qtbot):
    center = QtCore.QPointF(widget.rect().center())
    for turn in turns:
        event = QtGui.QWheelEvent(
            center, widget.mapToGlobal(center), QtCore.QPoint(), QtCore.QPoint(0, turn),
            QtCore.Qt.MouseButton.NoButton, QtCore.Qt.KeyboardModifier.NoModifier,
            QtCore.Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QtWidgets.QApplication.sendEvent(widget, event)
        qtbot.wait(20)


def acts(panel, seen, qtbot):
    """What somebody does, by name."""
    viewer, scrubber, controls = panel.viewer, panel.transport.scrubber, panel.controls
    center = QtCore.QPointF(viewer.rect().center())

    def opens():
        qtbot.waitUntil(lambda: "draft" in seen.phases and viewer.is_settled(), timeout=2 * WAIT)

    def scrubs():
        drag(scrubber, QtCore.QPoint(12, 15), QtCore.QPoint(scrubber.width() - 12, 15), qtbot)
        qtbot.waitUntil(viewer.is_settled, timeout=WAIT)

    def wipes():
        controls.choose(layout="wipe")
        half = viewer.wipe * viewer.width()
        drag(viewer, QtCore.QPointF(half, 500), QtCore.QPointF(half / 3, 500), qtbot)

    def zooms_and_pans():
        wheel(viewer, [240] * 6, qtbot)
        drag(viewer, center / 2, center / 2 + QtCore.QPointF(300, 200), qtbot)
        wheel(viewer, [-240] * 6, qtbot)
        viewer.fit()

    def exposes():
        for _ in range(10):
            controls.exposure.nudge(0.1)
            qtbot.wait(20)
        qtbot.waitUntil(viewer.is_settled, timeout=WAIT)

    def shows_overlays():
        controls.grid.setChecked(True)
        controls.heat.setChecked(True)
        drag(viewer, center / 3, center / 3 + QtCore.QPointF(200, 100), qtbot)

    def looks_at_channels():
        for channel in CHANNELS:
            controls.channel.setCurrentText(channel)
            qtbot.wait(50)
        controls.channel.setCurrentText(CHANNELS[0])
        qtbot.waitUntil(viewer.is_settled, timeout=WAIT)

    def looks_through_ocio():
        panel.form.enter("config", "ocio://studio-config-latest")
        qtbot.wait(1000)
        exposes()

    return (
        opens, scrubs, wipes, zooms_and_pans, exposes, shows_overlays, looks_at_channels,
        looks_through_ocio,
    )  # fmt: skip


@pytest.mark.slow
def test_a_4k_plate_does_not_block_the_interface(large, seen, qtbot, record_property):
    worked, waited = {}, []
    for act in acts(large, seen, qtbot):
        heart = Heart()
        act()
        qtbot.wait(30)
        heart.stop()
        worked[act.__name__] = max(heart.cpu)
        waited += heart.wall
        record_property(
            f"most work between two heartbeats, seconds: {act.__name__}", max(heart.cpu)
        )
    assert {name: most for name, most in worked.items() if most >= LIMIT} == {}
    assert sorted(waited)[int(0.9 * len(waited))] < LIMIT  # of which the machine has its share
