"""Keeps the viewer's colors true to the form: the OpenColorIO view that is chosen, or sRGB."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional, Union

from ..errors import HifiError
from ..viewing import AUTO, Viewing
from . import ocio
from .controls import Controls
from .form import Form
from .latest import Latest
from .ocio import Look, Transform
from .qt import QtCore
from .viewer import Viewer


class Coloring(QtCore.QObject):
    """Reads configurations on a thread, offers what they have, and says what is shown."""

    def __init__(self, form: Form, viewer: Viewer, controls: Controls) -> None:
        super().__init__(form)
        self._form, self._viewer, self._controls = form, viewer, controls
        self.look: Optional[Look] = None
        self.background = Latest("colors", self)
        self.background.done.connect(self._show)
        self.background.failed.connect(self._refuse)
        form.field("config").changed.connect(lambda: self._begin_anew("display", "view"))
        form.field("display").changed.connect(lambda: self._begin_anew("view"))
        form.seen_otherwise.connect(self.refresh)
        viewer.exposures.failed.connect(lambda error: self._refuse("", error))

    def refresh(self) -> None:
        """Show what the form says now."""
        viewing = self._entered()
        self.background.submit("look", lambda: (viewing, ocio.look(viewing)))

    def stop(self) -> None:
        """End the thread."""
        self.background.stop()

    def _begin_anew(self, *names: str) -> None:
        """What was chosen of another configuration, or display, this one may not have."""
        for name in names:
            self._form.field(name).set_text(AUTO)
        self.refresh()

    def _entered(self) -> Viewing:
        fields = self._form.fields["viewing"]
        return Viewing(**{field.declared.name: field.text() or AUTO for field in fields})

    def _show(self, key: str, found: tuple[Viewing, Union[Look, str]]) -> None:
        viewing, look = found
        if viewing != self._entered():
            return
        self._form.field("config").show_error("")
        self.look = look if isinstance(look, Look) else None
        if self.look is None:
            self._say(str(look), None)
            return
        for name, there in (
            ("colorspace", self.look.colorspaces),
            ("display", self.look.displays),
            ("view", self.look.views),
        ):
            self._form.field(name).offer([AUTO, *there])
        chosen = self.look.viewing
        words = f"{chosen.view}, for {chosen.display}. OpenColorIO {ocio.version()}."
        self._say(words, self.look.transform)

    def _refuse(self, key: str, error: HifiError) -> None:
        """What cannot be shown is said at the configuration, and sRGB is shown."""
        self.look = None
        self._say("sRGB", None)
        self._form.field("config").show_error(str(error))

    def _say(self, words: str, transform: Optional[Transform]) -> None:
        self._form.seen.setText(words)
        self._controls.show_transform(words, transform is not None)
        self._viewer.set_view(replace(self._viewer.view, transform=transform))
