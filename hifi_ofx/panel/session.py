"""What a panel takes up again: the form as it was left, sizes, and where its window stood."""

from __future__ import annotations

from typing import Any

from .arrangement import first_size
from .qt import QtCore
from .remembered import recall, remember

Panel = Any  # window.PanelWidget, which is made of this

_OF_THE_PLATE = ("source", "target", "timing")
_SPLITTERS = ("columns", "rows")


class Session:
    """Keeps and brings back what a panel shows. `lent`: a host's plate, which stays the host's."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self.lent = ""

    def keep(self) -> None:
        """Remember everything as it is now."""
        panel, known = self._panel, recall()
        kept = {name: getattr(panel, name).sizes() for name in _SPLITTERS}
        geometry = panel.saveGeometry() if panel.isWindow() else None
        if geometry is not None:
            kept["geometry"] = bytes(geometry.toBase64().data()).decode()
        kept["recent"] = panel.form.recents.plates
        remember({**known, **kept, "form": self._form_texts(), "auto": panel.auto.isChecked()})

    def bring_back(self) -> None:
        """Show what was remembered. Raises AttributeError, TypeError, ValueError for nonsense."""
        panel, known = self._panel, recall()
        if panel.isWindow():
            panel.resize(first_size(panel.screen().availableSize()))
        panel.form.set_texts(dict(known.get("form", {})))
        panel.form.recents.show([str(plate) for plate in known.get("recent", [])])
        panel.auto.setChecked(bool(known.get("auto", True)))
        for name in _SPLITTERS:
            if known.get(name):
                getattr(panel, name).setSizes([int(size) for size in known[name]])
        if panel.isWindow() and known.get("geometry"):
            geometry = QtCore.QByteArray(str(known["geometry"]).encode())
            panel.restoreGeometry(QtCore.QByteArray.fromBase64(geometry))

    def _form_texts(self) -> dict[str, Any]:
        """What is entered; where the plate is a host's, with the user's own plate and timing."""
        texts: dict[str, Any] = self._panel.form.texts()
        if self.lent and texts["source"] == self.lent:
            known = recall().get("form")
            kept = known if isinstance(known, dict) else {}
            for name in _OF_THE_PLATE:
                del texts[name]
            texts.update({name: kept[name] for name in _OF_THE_PLATE if name in kept})
        return texts
