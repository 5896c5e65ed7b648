"""Two settings beside each other, with what they cost: A, which was kept, and the form's of now."""

from __future__ import annotations

import contextlib
from typing import Optional

from ..errors import HifiError
from ..preview import Place, Preview, PreviewRequest
from ..request import Cost, Plan, RenderRequest
from ..terminal import duration
from .controls import Controls
from .form import Form
from .previewing import Previewing
from .qt import QtCore, Signal
from .viewer import Viewer


class Comparing(QtCore.QObject):
    """Keeps the settings called A, and their in-between wherever one looks. `wanted` comes when
    that has to be made.
    """

    wanted = Signal()

    def __init__(
        self, form: Form, viewer: Viewer, controls: Controls, previewing: Previewing
    ) -> None:
        super().__init__(form)
        self._form, self._viewer, self._controls = form, viewer, controls
        self._kept: Optional[RenderRequest] = None
        self._cost: Optional[Cost] = None
        controls.keep.clicked.connect(self.keep)
        previewing.kept.connect(self._show)
        previewing.priced.connect(self._priced)

    def keep(self) -> None:
        """The settings of now are A; they are wiped against what the form says next."""
        with contextlib.suppress(HifiError):
            self._kept = self._form.request(spare_target="kept.####.exr")
            words = [self._form.preset.currentText(), _cost_text(self._cost)]
            self._viewer.notes["kept"] = ", ".join(filter(None, words))
            self._controls.against.setCurrentText("A")
            self._controls.choose(layout="wipe")
            self.wanted.emit()

    def asked(self, folder: str, place: Optional[Place]) -> Optional[PreviewRequest]:
        """What makes A at a place; None while nobody looks at it."""
        if self._kept is None or place is None or not self._controls.wants_kept:
            return None
        return PreviewRequest(
            self._kept,
            folder,
            "final",
            place,
            uncertainty=True,
            alpha=self._controls.wants_alpha,
            layer=self._controls.layer_name,
        )

    def _priced(self, request: RenderRequest, plan: Plan) -> None:
        self._cost = plan.cost
        words = [self._form.preset.currentText(), _cost_text(plan.cost)]
        self._viewer.notes["ours"] = ", ".join(filter(None, words)) if self._kept else ""
        self._viewer.update()

    def _show(self, preview: Preview) -> None:
        with contextlib.suppress(OSError):
            self._viewer.show_kept(preview)


def _cost_text(cost: Optional[Cost]) -> str:
    """What a frame takes: "1.9 s a frame", or "16 calls a frame" where no time is known."""
    if cost is None or not cost.inbetweens:
        return ""
    if cost.seconds is None:
        return f"{cost.calls // cost.inbetweens} calls a frame"
    each = cost.seconds / cost.inbetweens
    return f"{each:.1f} s a frame" if each < 10 else f"{duration(each)} a frame"
