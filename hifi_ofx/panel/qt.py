"""The one place that chooses a Qt binding: PySide6 (Nuke 16 on, alone), else PySide2 (before)."""

from __future__ import annotations

from typing import Any

try:
    from PySide6 import QtCore, QtGui, QtWidgets
except ImportError:
    from PySide2 import QtCore, QtGui, QtWidgets  # type: ignore # absent where types are checked

__all__ = ["QtCore", "QtGui", "QtWidgets", "Shortcut", "Signal", "Slot", "can_expose", "place_of"]

Signal = QtCore.Signal
Slot = QtCore.Slot
Shortcut: Any = getattr(QtGui, "QShortcut", None) or getattr(QtWidgets, "QShortcut", None)


def place_of(event: Any) -> QtCore.QPointF:
    """Where a mouse event happened, in the widget's coordinates (Qt 6: position, 5: localPos)."""
    place: QtCore.QPointF = event.position() if hasattr(event, "position") else event.localPos()
    return place


def can_expose() -> bool:
    """Whether Qt itself can send pictures through a curve of ours: from Qt 6.2 on."""
    version = QtCore.qVersion() or "0.0"
    return tuple(int(part) for part in version.split(".")[:2]) >= (6, 2)


def run(application: QtCore.QCoreApplication) -> int:
    """The application's event loop; returns its exit code."""
    loop: Any = getattr(application, "exec", None) or getattr(application, "exec_", None)
    return int(loop())
