"""A plate, a panel with real engines on the CPU, and how to wait for it."""

import time

import numpy as np
import pytest

from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.quality import Machine, Quality
from tests.service.conftest import weights, write_exr  # noqa: F401 - a fixture

TINY = Quality(samples=1, steps=1, patch=(32, 48), cascade_depth=2)
CPU = Machine(device="cpu")
WAIT = 60_000  # milliseconds: the machine may be busy
SIZE = (48, 64)


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIFI_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def quick_and_own_settings(tmp_path, monkeypatch):
    monkeypatch.setattr("hifi_ofx.panel.previewing.SETTLED", 0.05)  # nobody types here
    monkeypatch.setenv("HIFI_CONFIG", str(tmp_path / "config"))


class Lent:
    """An engine that goes back to the pool when a panel is done with it."""

    def __init__(self, engine, pool):
        self._engine, self._pool = engine, pool

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def stop(self):
        self._pool.append(self._engine)

    def kill(self):
        self._engine.kill()
        self._engine._close()


@pytest.fixture(scope="session")
def start(session_cache):
    """What starts an engine, or lends one that runs already: importing torch takes its time."""
    pool = []

    def lend():
        alive = [engine for engine in pool if engine._process.poll() is None]
        pool[:] = alive
        return Lent(pool.pop() if pool else EngineProcess(), pool)

    yield lend
    for engine in pool:
        engine.stop()


@pytest.fixture
def plate(tmp_path):
    """Four frames, 1001 to 1004, of a bright square that moves over a gradient."""
    for index in range(4):
        pixels = np.zeros((*SIZE, 3), np.float32)
        pixels[..., 0] = np.linspace(0, 1, SIZE[1])
        pixels[10:30, 5 + 6 * index : 25 + 6 * index] = (0.1, 4.0, 30.0)
        write_exr(tmp_path / f"plate.{1001 + index}.exr", pixels)
    return tmp_path / "plate.####.exr"


@pytest.fixture
def panel(qtbot, start, weights):  # noqa: F811 - the fixture
    """A panel with settings for little work, on the CPU."""
    from hifi_ofx.panel.window import PanelWidget

    made = PanelWidget(start=start)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.stop())
    made.form.weights.setCurrentText(str(weights))
    made.form.set_quality(TINY)
    made.form.field("device").set_text("cpu")
    made.resize(1200, 800)
    made.show()
    return made


class Seen:
    """What a panel's preview engine has said so far."""

    def __init__(self, panel):
        self.previews, self.failures = [], []
        panel.previewing.answered.connect(self.previews.append)
        panel.previewing.failed.connect(self.failures.append)

    @property
    def phases(self):
        return [preview.phase for preview in self.previews]


@pytest.fixture
def seen(panel):
    return Seen(panel)


@pytest.fixture
def looked(panel, seen, plate, qtbot):
    """The panel, once the in-between of the plate is there at its set quality."""
    panel.form.set_source(str(plate))
    qtbot.waitUntil(lambda: "final" in seen.phases, timeout=WAIT)
    qtbot.waitUntil(lambda: panel.viewer.is_settled() and not panel.previewing.is_busy)
    return panel


class Heart:
    """Beats every 10 ms in the interface's thread, and knows its longest gaps.

    wall: seconds between two beats by the clock, which a busy machine stretches as well. cpu: how
    much of that the thread itself worked, which is what a panel is to blame for.
    """

    def __init__(self):
        from hifi_ofx.panel.qt import QtCore

        self.wall, self.cpu = [], []
        self._then = time.perf_counter(), time.thread_time()
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(10)

    def _beat(self):
        now = time.perf_counter(), time.thread_time()
        self.wall.append(now[0] - self._then[0])
        self.cpu.append(now[1] - self._then[1])
        self._then = now

    def stop(self):
        self._timer.stop()


@pytest.fixture
def heart(qtbot):
    made = Heart()
    yield made
    made.stop()
