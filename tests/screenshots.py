"""`python -m tests.screenshots DIR`: a picture of the panel in every state, with the real engine.

`--docs` takes those of the pages anew instead.

The plate is our own demo's, rendered first. Without a display Qt draws off screen. States:
empty, wipe, side_by_side, heat_map, patches, curve, rendering, error, crash, keys, colors, check,
narrow, wipe_200 at 200 % scaling, and `busy` on every screen of tests/screens.py.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.screens import SCREENS

SIZE = (540, 960)
FRAMES = 6
WINDOW = (1360, 860)
DOCS = Path(__file__).parents[1] / "docs/pictures"
IN_DOCS = ("wipe", "heat_map", "patches", "rendering", "error", "colors", "check")


def main() -> int:
    """Write the pictures. Returns the exit code."""
    parser = argparse.ArgumentParser("python -m tests.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="Where the pictures go.")
    parser.add_argument("--only", help="One state alone.")
    parser.add_argument("--docs", action="store_true", help="Those of the pages, in their place.")
    arguments = parser.parse_args()
    if arguments.docs:
        return take_docs()
    if arguments.folder is None:
        parser.error("say where the pictures go")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        plate = write_plate(Path(work) / "plate")
        for name, state in {**STATES, **{name: "busy" for name in SCREENS}}.items():
            if arguments.only in (None, name, state):
                take(name, state, arguments.folder, plate, Path(work) / name)
    return 0


def take_docs() -> int:
    """The pictures in docs/pictures, from today's weights. Returns the exit code."""
    with tempfile.TemporaryDirectory() as work:
        plate = write_plate(Path(work) / "plate")
        for state in IN_DOCS:
            take(state, state, Path(work), plate, Path(work) / state)
            shutil.copy(Path(work) / f"{state}.png", DOCS / f"panel_{state}.png")
    return 0


def write_plate(folder: Path, size=SIZE, frames=FRAMES) -> Path:
    """Our demo's plate; returns its pattern."""
    from engine.commands.demo_plate import as_frame, paint_street, picture
    from engine.plate.exr import write_frame

    folder.mkdir(parents=True)
    street = paint_street(720)
    for index in range(frames):
        frame = as_frame(picture(street, index, size), 1001 + index)
        write_frame(frame, folder / f"street.{1001 + index}.exr")
    return folder / "street.####.exr"


def take(name: str, state: str, folder: Path, plate: Path, work: Path) -> None:
    """One picture, in a process of its own: scaling is decided once for each."""
    environment = {
        **os.environ,
        "HIFI_CONFIG": str(work / "config"),
        "HIFI_CACHE": str(work / "cache"),
        "QT_SCALE_FACTOR": str(_scale(name)),
    }
    if not os.environ.get("DISPLAY") and sys.platform.startswith("linux"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    target = folder / f"{name}.png"
    size = SCREENS[name].logical if name in SCREENS else WINDOW
    words = [sys.executable, "-c", _ONE, state, str(plate), str(target), *map(str, size)]
    subprocess.run(words, env=environment, check=True, cwd=Path(__file__).parents[1])
    print(target, flush=True)


_ONE = "import sys; from tests.screenshots import show; show(*sys.argv[1:])"


def _scale(name: str) -> float:
    return SCREENS[name].scale if name in SCREENS else 2.0 if name.endswith("_200") else 1.0


def show(state: str, plate: str, target: str, width: str, height: str) -> None:
    """Bring a panel of a size into a state and keep a picture of it."""
    scene = Scene(plate, (int(width), int(height)))
    try:
        getattr(scene, state)()
        scene.wait(0.4)
        scene.panel.grab().save(target)
    finally:
        scene.panel.stop()


class Scene:
    """A panel that is driven as a person would drive it."""

    def __init__(self, plate: str, size: tuple[int, int]) -> None:
        from hifi_ofx.panel.qt import QtWidgets
        from hifi_ofx.panel.window import PanelWidget

        self.application = QtWidgets.QApplication([])
        self.plate = plate
        self.panel = PanelWidget()
        self.panel.resize(*size)
        self.panel.show()
        self.phases: list[str] = []
        self.panel.previewing.answered.connect(lambda preview: self.phases.append(preview.phase))
        self.wait(0.3)

    def wait(self, seconds: float, until=lambda: False) -> bool:
        """Let the panel live for so long, or until something is so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            self.application.processEvents()
            time.sleep(0.01)
        return until()

    def look(self, phase: str = "final", preset: str = "draft") -> None:
        """Choose the plate, a quarter of the speed and a preset, and wait for a preview."""
        panel = self.panel
        panel.form.preset.setCurrentText(preset)
        panel.form.preset.activated.emit(0)
        panel.form.timing.speed.setCurrentText("1/4")
        panel.form.set_source(self.plate)
        self.wait(20, lambda: panel.transport.output is not None)
        panel.transport.scrubber.go_to(1007)
        assert self.wait(240, lambda: phase in self.phases), panel.foot.text()
        self.wait(30, panel.viewer.is_settled)

    def render(self):
        """The job that a click on Render puts into the queue."""
        added = []
        self.panel.committing.added.connect(added.append)
        self.panel.render_button.click()
        assert self.wait(60, lambda: bool(added)), self.panel.question.words.text()
        return added[0]

    def hover(self, x: float, y: float) -> None:
        """Put the cursor on a place of the viewer, in shares of its size."""
        from PySide6.QtCore import QPointF
        from PySide6.QtTest import QTest

        viewer = self.panel.viewer
        QTest.mouseMove(viewer, QPointF(x * viewer.width(), y * viewer.height()).toPoint())
        self.wait(0.2)

    def empty(self) -> None:
        """No plate yet."""

    def wipe(self) -> None:
        """The in-between against the blend."""
        self.look()
        self.panel.controls.choose(layout="wipe")
        self.wait(30, lambda: "blend" in self.panel.viewer.pictures)
        self.hover(0.3, 0.62)

    def side_by_side(self) -> None:
        """The in-between beside the left frame."""
        self.panel.controls.against.setCurrentText("Left")
        self.look()
        self.panel.controls.choose(layout="side by side")
        self.panel.viewer.zoom_to(1.6)
        self.wait(5, self.panel.viewer.is_settled)
        self.hover(0.2, 0.5)

    def heat_map(self) -> None:
        """Where left and right disagree."""
        self.panel.controls.heat.setChecked(True)
        self.look()

    def patches(self) -> None:
        """Patches of the finest stage, and the cascade."""
        self.look()
        self.panel.controls.grid.setChecked(True)
        self.hover(0.43, 0.55)

    def curve(self) -> None:
        """A ramp by keys, with its plan."""
        timing = self.panel.form.timing
        self.look(phase="draft")
        timing.keys.setPlainText("1001, 1001\n1013, 1002.5\n1025, 1006")
        timing.interpolation.setCurrentText("cubic")
        timing.mode.setCurrentText("Curve")
        self.wait(2)

    def rendering(self) -> None:
        """One render under way, one paused, one done."""
        self.look(phase="draft")
        panel = self.panel
        panel.looking.cancel()
        folder = Path(self.plate).parent
        panel.form.timing.range.setText("1001-1001")
        panel.form.target.setText(str(folder / "still.####.exr"))
        first = self.render()
        assert first is not None
        self.wait(60, lambda: first.state == "finished")
        panel.form.timing.range.setText("")
        panel.form.target.setText(str(folder / "street_retimed.####.exr"))
        self.render()
        panel.form.timing.speed.setCurrentText("1/8")
        panel.form.target.setText(str(folder / "street_slower.####.exr"))
        later = self.render()
        assert later is not None
        panel.queue.pause(later)
        self.wait(240, lambda: panel.queue.jobs[1].frames_done >= 3)

    def error(self) -> None:
        """Fields that do not hold what they may."""
        form = self.panel.form
        self.look(phase="draft")
        self.panel.looking.cancel()
        form.timing.speed.setCurrentText("0")
        for name, text in (("steps", "0"), ("patch", "512"), ("overlap", "0.9")):
            form.field(name).set_text(text)
            form.field(name).changed.emit()
        self.wait(1)

    def crash(self) -> None:
        """An engine that was killed: its words, and a retry."""
        self.look(phase="draft")
        panel = self.panel
        panel.looking.cancel()
        panel.form.target.setText(str(Path(self.plate).parent / "killed.####.exr"))
        job = self.render()
        assert job is not None
        self.wait(120, lambda: job.frames_done > 1)
        os.kill(panel.queue.engine_pid or 0, signal.SIGKILL)
        self.wait(20, lambda: job.state == "failed")

    def keys(self) -> None:
        """The list of keys."""
        self.look(phase="draft")
        self.panel.sheet.toggle()

    def colors(self) -> None:
        """Through a view of OpenColorIO, one channel of it, and its section in the form."""
        form, panel = self.panel.form, self.panel
        form.enter("config", "ocio://studio-config-latest")
        self.look(phase="draft")
        self.wait(20, lambda: panel.viewer.view.transform is not None)
        form.seen.parentWidget().parentWidget().fold.setChecked(True)
        self.wait(0.2)
        form.ensureWidgetVisible(form.seen)
        self.wait(20, panel.viewer.is_settled)

    def check(self) -> None:
        """What the plate itself answers."""
        self.plate = str(write_plate(Path(self.plate).parent / "small", (270, 480), 5))
        self.look(phase="draft")
        self.panel.looking.cancel()
        self.panel.check_button.click()
        assert self.wait(500, lambda: not self.panel.check_view.is_busy)

    def busy(self) -> None:
        """A wipe, with patches, values under the cursor and renders in the queue."""
        self.look(phase="draft")
        panel = self.panel
        panel.controls.choose(layout="wipe")
        panel.controls.grid.setChecked(True)
        panel.form.target.setText(str(Path(self.plate).parent / "busy.####.exr"))
        first, second = self.render(), self.render()
        assert first is not None and second is not None
        panel.queue.pause(second)
        self.wait(120, lambda: first.frames_done > 2)
        self.hover(0.3, 0.6)

    def narrow(self) -> None:
        """Docked into a narrow pane."""
        self.panel.resize(900, 700)
        self.look(phase="draft")


STATES = {
    "empty": "empty",
    "wipe": "wipe",
    "side_by_side": "side_by_side",
    "heat_map": "heat_map",
    "patches": "patches",
    "curve": "curve",
    "rendering": "rendering",
    "error": "error",
    "crash": "crash",
    "keys": "keys",
    "colors": "colors",
    "check": "check",
    "narrow": "narrow",
    "wipe_200": "wipe",
}


if __name__ == "__main__":
    sys.exit(main())
