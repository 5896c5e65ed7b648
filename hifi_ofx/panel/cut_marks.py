"""Keeps cuts and holds on the scrubber: what the engine finds, and what is switched by hand."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Optional

from ..errors import HifiError
from ..preview import Shots
from .cuts import Cuts
from .looking import Looking
from .qt import QtCore


class CutMarks(QtCore.QObject):
    """Has the plate looked through once it was previewed, and shows what is found as it comes."""

    def __init__(self, looking: Looking) -> None:
        super().__init__(looking)
        self._looking, self._form = looking, looking.form
        self._scrubber = looking.transport.scrubber
        self._cuts = Cuts()
        self._surveyed: object = None  # what decided the cuts that are found, or looked for
        self._form.changed.connect(self._show)
        self._form.source_changed.connect(self._forget)
        self._scrubber.cut_clicked.connect(self.toggle)
        self._scrubber.hold_clicked.connect(self.toggle_hold)
        looking.previewing.surveyed.connect(self._found)
        looking.previewing.answered.connect(self._survey)

    def toggle(self, frame: Optional[int] = None) -> None:
        """Switch a cut on or off; without a frame the one at the playhead."""
        planned = self._scrubber.planned
        if frame is None and planned is not None:
            frame = planned.right
        if frame is not None:
            self._form.enter("cut_marks", self._scrubber.cuts.toggled(frame))

    def toggle_hold(self, frame: Optional[int] = None) -> None:
        """Interpolate across a hold, or keep it; without a frame the one at the playhead."""
        cuts, planned = self._scrubber.cuts, self._scrubber.planned
        if frame is None and planned is not None:
            near = (planned.right, planned.left, planned.left + 1)
            frame = next((number for number in near if number in cuts.all_repeats), None)
        if frame is not None:
            self._form.enter("hold_marks", cuts.toggled_hold(frame))

    def _survey(self, *_: object) -> None:
        """Have the cuts of the plate found, once for what decides them."""
        footage, plate = self._form.footage(), self._looking.plate
        if not self._looking.auto or footage is None or plate is None:
            return
        decides = (plate.source, plate.first, plate.last, footage.cut_threshold,
                   footage.structure_threshold, footage.hold_threshold)  # fmt: skip
        if decides == self._surveyed or plate.first is None or plate.last is None:
            return
        self._surveyed, self._cuts = decides, Cuts()
        self._show()
        with contextlib.suppress(HifiError):
            spare = str(Path(self._looking.folder) / "preview.####.exr")
            request = self._form.request(spare_target=spare)
            self._looking.previewing.survey(request, plate.first, plate.last)

    def _found(self, shots: Shots) -> None:
        self._cuts = self._cuts.with_shots(shots)
        self._show()

    def _show(self, *_: object) -> None:
        footage = self._form.footage()
        if footage is not None:
            self._scrubber.show_cuts(
                replace(
                    self._cuts,
                    marked=footage.marked_cuts,
                    held=footage.marked_holds,
                    across=footage.holds == "interpolate",
                )
            )

    def _forget(self, *_: object) -> None:
        plate = self._looking.plate
        if plate is None or plate.named != self._form.source.text().strip():
            self._cuts, self._surveyed = Cuts(), None
            self._show()
