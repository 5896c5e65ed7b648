"""Plates that are dropped: one is opened, several become a queue if that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import HifiError
from .form import Form, suggested_target
from .jobs import RenderQueue
from .latest import Latest
from .looking import Looking
from .plates import plates_in
from .qt import QtCore, QtGui
from .question import Question


class Dropping(QtCore.QObject):
    """Takes files and folders. Folders are listed on a thread."""

    def __init__(
        self, form: Form, looking: Looking, queue: RenderQueue, question: Question
    ) -> None:
        super().__init__(form)
        self._form, self._looking, self._queue, self._question = form, looking, queue, question
        self.background = Latest("dropping", self)
        self.background.done.connect(lambda _, found: self._found(found))
        self.background.failed.connect(lambda _, error: looking.said.emit(str(error), "error"))

    def drop(self, event: QtGui.QDropEvent) -> None:
        """Open what was dropped."""
        urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
        paths = [url.toLocalFile() for url in urls]
        if len(paths) == 1:
            self._form.set_source(paths[0])
        elif paths:
            self.background.submit("drop", lambda: plates_in(paths))
        if paths:
            event.acceptProposedAction()

    def _found(self, plates: Sequence[str]) -> None:
        if len(plates) == 1:  # several frames of one plate
            self._form.set_source(plates[0])
        elif plates:
            self._question.ask(
                f"{len(plates)} plates were dropped.",
                {
                    f"Render all {len(plates)} as the form says": lambda: self._queue_all(plates),
                    "Open the first": lambda: self._form.set_source(plates[0]),
                    "Cancel": self._question.take_back,
                },
            )

    def _queue_all(self, plates: Sequence[str]) -> None:
        """A render of each, beside it; none writes over what is there."""
        try:
            request = self._form.request(source=plates[0], spare_target="-")
        except HifiError as error:
            self._looking.said.emit(str(error), "error")
            return
        for plate in plates:
            target = suggested_target(plate)
            self._queue.add(replace(request, source=plate, target=target, overwrite="never"))
