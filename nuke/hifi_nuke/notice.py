"""A box with a sentence that does not block. `nuke.message` is modal, and a modal window that a
worker thread asks the main thread for freezes Nuke."""

from __future__ import annotations

import importlib
from typing import Any

import nuke


def show(title: str, text: str) -> bool:
    """Show a box over Nuke's window and return at once. False where there is no interface."""
    widgets = _widgets() if nuke.GUI else None
    application = widgets.QApplication.instance() if widgets else None
    if widgets is None or application is None:
        return False
    box = widgets.QMessageBox(application.activeWindow())
    box.setWindowTitle(title)
    box.setText(text)
    box.setModal(False)
    # Nobody else holds it when Nuke has no window in front: its own signal does, until it closes.
    box.finished.connect(lambda _: box.deleteLater())
    box.show()
    return True


def _widgets() -> Any:
    """PySide6 in Nuke 16 and later, PySide2 before; None without either."""
    for binding in ("PySide6", "PySide2"):
        try:
            return importlib.import_module(f"{binding}.QtWidgets")
        except ImportError:
            continue
    return None
