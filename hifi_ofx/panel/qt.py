"""The one place that chooses a Qt binding: PySide6 (Nuke 16 on, alone), else PySide2 (before)."""

from __future__ import annotations

import ctypes
import platform
import sys
from typing import Any

try:
    from PySide6 import QtCore, QtGui, QtWidgets
except ImportError:
    from PySide2 import QtCore, QtGui, QtWidgets  # type: ignore # absent where types are checked

__all__ = ["QtCore", "QtGui", "QtWidgets", "Shortcut", "Signal", "Slot"]

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


def needs_immortals(binding: str, python: tuple[int, ...]) -> bool:
    """Whether this binding counts on None, True and False being immortal where they are not.

    PySide6 6.12.0 gives them back once too often with every call, which ends a Python before 3.12
    in "deallocating None" after some minutes. 6.11 and before do not.
    """
    return binding.startswith("6.12.") and python < (3, 12)


def keep_singletons() -> None:
    """Make None, True and False as immortal as they are from Python 3.12 on, where it is needed.

    Call before any widget is made.
    """
    version = getattr(sys.modules.get("PySide6"), "__version__", "")
    if platform.python_implementation() == "CPython" and needs_immortals(
        version, sys.version_info[:2]
    ):
        for singleton in (None, True, False):
            ctypes.c_ssize_t.from_address(id(singleton)).value = 2**60  # the reference count


def make_application(words: list[str]) -> Any:
    """The application that there is, or a new one: sharp on dense screens in Qt 5 as well."""
    if (QtCore.qVersion() or "").startswith("5."):
        for name in ("AA_EnableHighDpiScaling", "AA_UseHighDpiPixmaps"):
            QtCore.QCoreApplication.setAttribute(getattr(QtCore.Qt.ApplicationAttribute, name))
    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(words)


def run(application: QtCore.QCoreApplication) -> int:
    """The application's event loop; returns its exit code."""
    loop: Any = getattr(application, "exec", None) or getattr(application, "exec_", None)
    return int(loop())
