"""From what is entered to what is looked at: plate, plan, preview, cost, and what goes wrong."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Optional

from ..errors import HifiError, InvalidSetting, SequenceError
from ..preview import Place, Preview, PreviewRequest
from ..private_folder import PrivateFolder
from ..request import Log, Plan, RenderRequest
from ..retime import Retime, RetimePlan
from .comparing import Comparing
from .controls import Controls
from .cost import CostCard
from .form import Form
from .latest import Latest
from .plates import Plate, find, result_of
from .previewing import Previewing, Wish
from .qt import QtCore, Signal
from .transport import Transport
from .viewer import Viewer

_EDIT_MS = 150  # without another edit before anything is asked
_TYPED_MS = 400  # without another key before a path is tried
_KEPT_BYTES = 1_500_000_000  # of earlier previews' pictures, so that scrubbing back is quick


class Looking(QtCore.QObject):
    """Keeps the viewer true to the form.

    `said` is a line for the panel's foot: what happened, and whether it is an error.
    """

    planned = Signal()  # another plan is on the scrubber
    said = Signal(str, str)  # text; "", "warning" or "error"

    def __init__(
        self,
        form: Form,
        viewer: Viewer,
        controls: Controls,
        transport: Transport,
        card: CostCard,
        previewing: Previewing,
    ) -> None:
        super().__init__(form)
        self.form, self.viewer, self.controls = form, viewer, controls
        self.transport, self.card, self.previewing = transport, card, previewing
        self.auto = True
        self.plate: Optional[Plate] = None
        self.comparing = Comparing(form, viewer, controls, previewing)
        self.plan: Optional[RetimePlan] = None
        self.result: Optional[RenderRequest] = None  # finished frames that are looked at instead
        self.kept_paths: frozenset[Path] = frozenset()  # pictures that are played
        self._private = PrivateFolder("preview")
        self.folder = str(self._private.path)
        self._retime: Optional[Retime] = None
        self._wished: Optional[Place] = None
        self._final_at: Optional[Place] = None  # where the picture of the set quality was made
        self._looked_again, self._everything = False, False
        self.background = Latest("plate", self)
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_EDIT_MS)
        self._typing = QtCore.QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPED_MS)
        self._listen()

    @property
    def preview(self) -> Optional[Preview]:
        """What the viewer shows."""
        return self.viewer.preview

    def open(self, source: str) -> None:
        """Look at another plate."""
        self.result, self.viewer.title = None, ""
        self.plate, self._retime, self._final_at = None, None, None
        self._show_plan(None)
        self.form.plate.hide()
        self.form.show_source_error("")
        if not source:
            self.viewer.clear("Choose a plate, or drop one here.")
            return
        self.viewer.clear("Reading the plate…")
        self.background.submit("plate", lambda: find(source))

    def look(self, everything: bool = False) -> None:
        """Ask for the preview of what is entered now; the costly part if `everything` or auto."""
        if self.plate is None:
            return
        try:
            request = self.wanted()
        except InvalidSetting as error:
            self.previewing.wish(None)
            self.card.show_cost(None)
            self.said.emit(str(error), "error")
            return
        place = self.transport.place if self.plan else None
        if self.plan and place is None:
            return
        asked = PreviewRequest(
            request,
            self.folder,
            place=place,
            blend=self.controls.wants_blend,
            uncertainty=True,
            alpha=self.controls.wants_alpha,
            layer=self.controls.layer_name,
        )
        phases = self._phases(place, everything or self.auto or self._everything)
        self._everything = False
        self._wished = place
        self.said.emit("", "")
        if self.result is not None:
            self.previewing.wish(Wish(asked, ("frames",)))
            return
        kept = self.comparing.asked(self.folder, place) if "final" in phases else None
        self.previewing.wish(Wish(asked, phases, request, kept))

    def wanted(self) -> RenderRequest:
        """What is looked at: a result, or what the form says. Raises InvalidSetting."""
        if self.result is not None:
            return self.result
        return self.form.request(spare_target=str(Path(self.folder) / "preview.####.exr"))

    def look_at_result(self, job: RenderRequest) -> None:
        """Look at what a render has written, instead of what the form would make."""
        self.background.submit("result", lambda: result_of(job))

    def _show_result(self, request: RenderRequest, plan: RetimePlan) -> None:
        self.result, self.plan = request, plan
        self.viewer.title = Path(request.source).name
        self.transport.show_plan(plan, None)
        self.transport.scrubber.go_to(plan.frames[0].output)
        self.planned.emit()
        self.look()

    def leave_result(self) -> None:
        """Back to what the form says."""
        if self.result is not None:
            self.result, self._retime, self.viewer.title = None, None, ""
            self._replan()

    def _phases(self, place: Optional[Place], costly: bool) -> tuple[str, ...]:
        """No draft where a better picture of the same place is on show: it stays, and says so."""
        stays = place is not None and place == self._final_at and "ours" in self.viewer.pictures
        self.viewer.is_stale = stays
        if not costly:
            return ("frames",)
        return ("frames", "final") if stays else ("frames", "draft", "final")

    def look_again(self) -> None:
        """Look at everything, also at what changed on disk since."""
        source = self.form.source.text().strip()
        if source:
            self._everything = True
            self.background.submit("plate", lambda: find(source))

    def cancel(self) -> None:
        """Stop the preview under way; what is shown stays."""
        self._timer.stop()
        self.previewing.wish(None)
        self.said.emit("The preview was cancelled.", "")

    def request(self) -> Optional[RenderRequest]:
        """What is to be rendered; None, with the reason at its field, when it cannot be."""
        try:
            request = self.form.request()
            if self.plate is None or self.plate.first is None or self.plate.last is None:
                raise SequenceError(
                    "The plate was not read yet.", "Wait for it, or choose another."
                )
            if self.plan is None or request.retime != self._retime:
                request.retime.plan(self.plate.first, self.plate.last, request.footage.ends)
        except HifiError as error:
            self.said.emit(str(error), "error")
            return None
        return request

    def stop(self) -> None:
        """End the threads, and remove the pictures."""
        self._timer.stop()
        self._typing.stop()
        self.background.stop()
        self.previewing.stop()
        self.viewer.stop()
        self._private.remove()

    def _listen(self) -> None:
        self.form.source_changed.connect(self._source_changed)
        self.form.source_typed.connect(lambda _: self._typing.start())
        self._typing.timeout.connect(self._try_what_is_typed)
        self.form.changed.connect(self._edited)
        self.transport.moved.connect(self._moved)
        self.comparing.wanted.connect(self.look)
        self.transport.refused.connect(lambda words: self.said.emit(words, "error"))
        for button in (*self.controls.pictures, *self.controls.layouts):
            button.clicked.connect(self._compared)
        self.controls.against.currentTextChanged.connect(self._compared)
        self.controls.channel.currentTextChanged.connect(self._channel_chosen)
        self.controls.layer.currentTextChanged.connect(self._layer_chosen)
        self._timer.timeout.connect(self._replan)
        self.background.done.connect(self._found)
        self.background.failed.connect(self._not_found)
        self.previewing.answered.connect(self._answered)
        self.previewing.priced.connect(self._priced)
        self.previewing.unpriced.connect(self._unpriced)
        self.previewing.failed.connect(self._failed)
        self.previewing.logged.connect(self._logged)

    def _try_what_is_typed(self) -> None:
        """Open what is pasted, or typed to its end, as soon as it names a plate."""
        source = self.form.source.text().strip()
        self.background.submit("typed", lambda: find(source))

    def _source_changed(self, source: str) -> None:
        if self.plate is None or source != self.plate.source:
            self.open(source)

    def _edited(self) -> None:
        self.leave_result()
        self._timer.start()

    def _moved(self, *_: object) -> None:
        self.form.timing.view.mark(self.transport.output)
        self.look()

    def _compared(self, *_: object) -> None:
        """The blend comes with the draft; it is asked for where none is on its way."""
        there = self.viewer.pictures
        wanted = self.controls.wants_blend and "blend" not in there
        wanted |= self.controls.wants_kept and "kept" not in there
        if wanted and not self.previewing.is_busy:
            self.look()

    def _channel_chosen(self, *_: object) -> None:
        """Alpha is asked for where it is looked at, for it costs another picture."""
        if self.controls.wants_alpha and self.preview is not None and not self.preview.alpha:
            self.look()

    def _layer_chosen(self, *_: object) -> None:
        """Nothing that is on show is of this layer."""
        self.viewer.pictures, self._final_at = {}, None
        self.look()

    def _replan(self) -> None:
        """What the timing makes of the plate; then a look at it."""
        try:
            retime = self.form.timing.retime()
        except InvalidSetting as error:
            self._show_plan(None)
            self.card.show_cost(None)
            self.previewing.wish(None)
            self.said.emit(str(error), "error")
            return
        plate = self.plate
        if plate is None:
            return
        if retime == self._retime and self.plan is not None:
            self.look()
        elif plate.first is None or plate.last is None:
            self.look()  # a video: the engine says how long it is
        else:
            first, last, ends = plate.first, plate.last, self.form.field("ends").text()
            self.background.submit("plan", lambda: (retime, retime.plan(first, last, ends)))

    def _found(self, key: str, found: object) -> None:
        if isinstance(found, Plate) and found.named != self.form.source.text().strip():
            return  # another was entered meanwhile
        if key == "typed" and isinstance(found, Plate):
            self.form.set_source(found.named)
        elif isinstance(found, Plate):
            if found.source != found.named:  # the only one in a folder
                self.form.show_plate_of_folder(found.source)
                found = replace(found, named=found.source)
            if found != self.plate:
                self.plate, self._retime = found, None
                self.form.recents.add(found.source)
                self._show_plate()
            self._replan()
        elif key == "result" and isinstance(found, tuple):
            self._show_result(*found)
        elif key == "plan" and isinstance(found, tuple) and self.result is None:
            self._retime, plan = found
            self._show_plan(plan)
            self.look()

    def _not_found(self, key: str, error: HifiError) -> None:
        if key == "typed":
            return  # it may not be typed to its end
        if key == "result":
            self.said.emit(str(error), "error")
            return
        if key == "plate":
            self.form.show_source_error(str(error))
            self.viewer.clear(str(error))
            self.card.show_cost(None)
            self.card.show_preview(None)
        else:
            self._show_plan(None)
            self.form.timing.show_plan_error(str(error))
            self.previewing.wish(None)
        self.said.emit(str(error), "error")

    def _show_plan(self, plan: Optional[RetimePlan]) -> None:
        self.plan = plan
        self.form.timing.show_plan(plan)
        self.transport.show_plan(plan, self.plate.last if self.plate else None)
        self.planned.emit()
        self.form.timing.view.mark(self.transport.output)

    def _show_plate(self, preview: Optional[Preview] = None) -> None:
        if self.plate is None:
            return
        self.form.plate.setText(self.plate.text(preview))
        self.form.plate.setVisible(bool(self.form.plate.text()))
        if self.plate.first is not None and self.plate.last is not None:
            self.form.timing.show_clip(self.plate.first, self.plate.last)

    def _answered(self, preview: Preview) -> None:
        if self.plate is None:
            return
        if self.plate.first is None:
            self.plate = Plate(self.plate.source, *preview.clip, named=self.plate.named)
            self._replan()
        if preview.phase == "final":
            self._final_at, self.viewer.is_stale = self._wished, False
        self.viewer.is_draft = preview.phase == "draft" or (
            preview.phase == "frames" and self.viewer.is_draft
        )
        try:
            self.viewer.show_preview(preview)
        except OSError as error:
            self._lost(error)
            return
        self._looked_again = False
        self.controls.show_layers(preview.layers)
        self._show_plate(preview)
        self.form.timing.suggest_rate(preview.rate)
        self.card.show_preview(preview)
        self._prune(preview)

    def _priced(self, request: RenderRequest, plan: Plan) -> None:
        self.form.show_target_error("")
        self.card.show_cost(plan.cost)
        self.form.show_acting(plan.cost.acts)

    def _unpriced(self, error: HifiError) -> None:
        self.card.show_cost(None)
        if self.form.target.text().strip():
            self.form.show_target_error(str(error))
        self.said.emit(str(error), "error")

    def _failed(self, error: HifiError) -> None:
        if isinstance(error, SequenceError):
            self.form.show_source_error(str(error))
        if self.viewer.preview is None:
            self.viewer.clear(str(error))
        self.said.emit(str(error), "error")

    def _logged(self, line: Log) -> None:
        if line.level == "warning":
            self.said.emit(line.text, "warning")

    def _lost(self, error: OSError) -> None:
        """A picture has gone before it was mapped: look again, once."""
        if self._looked_again:
            self.said.emit(f"The preview's pictures cannot be read: {error}.", "error")
        else:
            self._looked_again = True
            self.look()

    def _prune(self, preview: Preview) -> None:
        """Remove pictures of earlier previews, but for the latest."""
        shown = {Path(p) for one in preview.pictures for p in (one.codes, one.values) if p}
        shown |= self.kept_paths
        left = _KEPT_BYTES
        for path, size in self._pictures():
            left -= 0 if path in shown else size
            if left < 0 and path not in shown and path.suffix != ".tmp":
                with contextlib.suppress(OSError):
                    path.unlink()

    def _pictures(self) -> list[tuple[Path, int]]:
        """All files of previews and their sizes, the latest first."""
        try:
            found = [(path, path.stat()) for path in Path(self.folder).glob("*.*")]
        except OSError:
            return []
        found.sort(key=lambda entry: -entry[1].st_mtime)
        return [(path, status.st_size) for path, status in found]
