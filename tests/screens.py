"""The screens that people have, and what a window gets of them; and what is wrong on a screen."""

from typing import NamedTuple

_BARS = 72  # logical pixels that a system's bar and a window's title take


class Screen(NamedTuple):
    """Pixels of a screen, its scaling, and the share of its width that the window has."""

    width: int
    height: int
    scale: float = 1.0
    share: float = 1.0

    @property
    def logical(self) -> tuple[int, int]:
        """What the window's inside gets, in pixels of a 100 % display."""
        return int(self.width * self.share / self.scale), int(self.height / self.scale) - _BARS


SCREENS = {
    "1366x768": Screen(1366, 768),
    "1920x1080_125": Screen(1920, 1080, 1.25),
    "1920x1080_150": Screen(1920, 1080, 1.5),
    "2560x1600_200": Screen(2560, 1600, 2),
    "4k": Screen(3840, 2160),
    "4k_200": Screen(3840, 2160, 2),
    "half_1366x768": Screen(1366, 768, 1, 0.5),
    "half_1920x1080": Screen(1920, 1080, 1, 0.5),
    "half_1920x1080_150": Screen(1920, 1080, 1.5, 0.5),
}


def faults(whole) -> list[str]:
    """What cannot be seen whole of a widget and all that is in it, as sentences."""
    from hifi_ofx.panel.qt import QtWidgets

    found = []
    for widget in [whole, *whole.findChildren(QtWidgets.QWidget)]:
        if widget.isVisibleTo(whole) and widget.window() is whole.window():
            found += [*_outside(widget, whole), *_covered(widget, whole), *_cut(widget)]
    return found


def _outside(widget, whole):
    """A widget that reaches out of what holds it; down, a scrolled list may."""
    from hifi_ofx.panel.qt import QtWidgets

    holder = widget.parentWidget()
    if widget is whole or holder is None or _of_qt(widget):
        return
    place, room = widget.geometry(), holder.rect()
    viewport = isinstance(holder.parentWidget(), QtWidgets.QAbstractScrollArea)
    if viewport:
        place.setHeight(min(place.height(), room.height()))
        place.moveTop(0)
    if not room.contains(place):
        yield f"{_where(widget)} leaves {_where(holder)}"


def _covered(widget, whole):
    """Two widgets side by side that lie over each other."""
    from hifi_ofx.panel.qt import QtWidgets

    if isinstance(widget, QtWidgets.QSplitter) or _of_qt(widget):
        return
    inside = [
        child
        for child in widget.children()
        if isinstance(child, QtWidgets.QWidget) and child.isVisibleTo(whole)
        and not child.isWindow() and child.geometry().isValid() and not _of_qt(child)
        and not child.property("over")
    ]  # fmt: skip
    for number, one in enumerate(inside):
        for other in inside[number + 1 :]:
            if one.geometry().intersects(other.geometry()):
                yield f"{_where(one)} lies over {_where(other)}"


def _cut(widget):
    """A text that does not fit into its widget."""
    from hifi_ofx.panel.qt import QtWidgets
    from hifi_ofx.panel.words import Elided

    size = widget.size()
    if isinstance(widget, Elided):
        return
    if isinstance(widget, QtWidgets.QLabel) and widget.text():
        if widget.hasHeightForWidth():
            needed = widget.heightForWidth(size.width())
            if needed > size.height():
                yield f"{_name(widget)} needs {needed} pixels of height, it has {size.height()}"
        elif widget.sizeHint().width() > size.width():
            yield f"{_name(widget)} needs {widget.sizeHint().width()} wide, it has {size.width()}"
    elif isinstance(widget, (QtWidgets.QAbstractButton, QtWidgets.QComboBox)):
        text = widget.currentText() if isinstance(widget, QtWidgets.QComboBox) else widget.text()
        spare = 20 if isinstance(widget, (QtWidgets.QComboBox, QtWidgets.QCheckBox)) else 2
        least = widget.fontMetrics().horizontalAdvance(text) + spare if _is_fixed(widget) else 0
        if least > size.width() or widget.fontMetrics().height() > size.height():
            yield f"{_name(widget)} needs {least} wide, it has {size.toTuple()}"
    elif isinstance(widget, QtWidgets.QLineEdit) and _is_number(widget.text()):
        needed = widget.fontMetrics().horizontalAdvance(widget.text())
        if needed > widget.rect().width() - 4:
            yield f"{_name(widget)} needs {needed} wide, it has {size.width()}"


def _is_fixed(widget):
    from hifi_ofx.panel.qt import QtWidgets

    return not (isinstance(widget, QtWidgets.QComboBox) and widget.isEditable())


def _is_number(text):
    return bool(text) and all(letter in "0123456789.+-/x%" for letter in text)


def _of_qt(widget):
    """Parts that Qt itself makes and places: scroll bars, what is inside a list."""
    return widget.objectName().startswith("qt_") or type(widget).__name__ in (
        "QScrollBar", "QComboBoxPrivateContainer", "QSizeGrip",
    )  # fmt: skip


def _where(widget):
    return f"{_name(widget)} {widget.geometry().getRect()}"


def _name(widget):
    text = widget.text() if callable(getattr(widget, "text", None)) else ""
    said = text or widget.objectName() or widget.accessibleName() or widget.toolTip()
    return f"{type(widget).__name__} {str(said)[:40]!r}"
