"""The pictures on show as a display shows them, made on a thread of their own."""

from __future__ import annotations

from dataclasses import dataclass

from .exposing import Codes, View, exposed
from .latest import Latest
from .pictures import Mapped
from .qt import QtCore, QtGui, Signal

_SETTLED_MS = 120  # without another change before a quick picture is made anew, exactly


@dataclass(frozen=True)
class Wanted:
    """A region of a level of a picture, and how it is to be shown."""

    name: str
    picture: Mapped
    level: int
    region: QtCore.QRect
    view: View
    codes: Codes

    @property
    def source(self) -> object:
        """What decides its pixels."""
        return self.picture.picture.codes, self.level, self.region.getRect(), self.view


@dataclass(frozen=True)
class Exposed:
    """A region of a picture as a display shows it."""

    image: QtGui.QImage
    area: QtCore.QRectF
    source: object
    exact: bool


class Exposures(QtCore.QObject):
    """Makes what is wanted, the latest of each name. `changed` comes with every picture.

    Through a view of OpenColorIO a picture is first made by a table, and exactly once nothing
    changes any more; not at all while `in_motion`.
    """

    changed = Signal()
    failed = Signal(object)  # HifiError

    def __init__(self, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self.in_motion = False
        self._made: dict[str, Exposed] = {}
        self._wanted: dict[str, Wanted] = {}
        self.thread_of_its_own = Latest("exposing", self)
        self.thread_of_its_own.done.connect(self._show)
        self.thread_of_its_own.failed.connect(lambda _, error: self.failed.emit(error))
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(self._refine)

    def want(self, wanted: Wanted) -> None:
        """Have this made, unless it is what was wanted last."""
        before = self._wanted.get(wanted.name)
        if before is not None and before.source == wanted.source:
            return
        self._wanted[wanted.name] = wanted
        is_quick = wanted.view.transform is not None
        self._make(wanted, exact=not is_quick)
        if is_quick:
            self._timer.start()

    def get(self, name: str) -> Exposed | None:
        """The latest that was made of a picture."""
        return self._made.get(name)

    def clear(self) -> None:
        """Show nothing of what was made."""
        self._made.clear()
        self._wanted.clear()

    def is_settled(self, name: str) -> bool:
        """Whether a picture is shown as it is wanted."""
        made, wanted = self._made.get(name), self._wanted.get(name)
        return bool(made and wanted and made.source == wanted.source and made.exact)

    def stop(self) -> None:
        """End the thread."""
        self._timer.stop()
        self.thread_of_its_own.stop()

    def _refine(self) -> None:
        for wanted in [] if self.in_motion else self._wanted.values():
            if not self.is_settled(wanted.name):
                self._make(wanted, exact=True)

    def _make(self, wanted: Wanted, exact: bool) -> None:
        def work() -> Exposed:
            codes = wanted.picture.codes(wanted.level, wanted.region)
            image = exposed(codes, wanted.view, wanted.codes, exact)
            area = wanted.picture.area(wanted.level, wanted.region)
            return Exposed(image, area, wanted.source, exact)

        self.thread_of_its_own.submit(wanted.name, work)

    def _show(self, name: str, made: object) -> None:
        assert isinstance(made, Exposed)
        self._made[name] = made
        self.changed.emit()
