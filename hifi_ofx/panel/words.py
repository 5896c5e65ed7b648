"""Labels that never ask for more width than there is: one line cut short, or as many as it takes.

A path or a file's name has no place to break a line at; a label of Qt's would be cut, or widen what
it stands in.
"""

from __future__ import annotations

from .qt import QtCore, QtGui, QtWidgets

_ANYWHERE = QtGui.QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere


class Elided(QtWidgets.QLabel):
    """One line; what does not fit becomes "…", and the whole of it a tip."""

    def __init__(self, text: str = "", least: int = 24) -> None:
        super().__init__(text)
        self._least = least

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(self._least, super().minimumSizeHint().height())

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        mode = QtCore.Qt.TextElideMode.ElideMiddle
        shown = painter.fontMetrics().elidedText(self.text(), mode, self.width())
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), self.alignment(), shown)
        painter.end()


class Words(QtWidgets.QLabel):
    """A paragraph that breaks wherever it must."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        policy = QtWidgets.QSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Minimum
        )
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setContextMenuPolicy(QtCore.Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._offer_copy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return int(self._laid_out(max(1, width)).size().height() + 1)

    def sizeHint(self) -> QtCore.QSize:
        width = max(self.width(), 60)
        return QtCore.QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(0, self.fontMetrics().height())

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        document = self._laid_out(self.width())
        context = QtGui.QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(QtGui.QPalette.ColorRole.Text, self.palette().windowText().color())
        document.documentLayout().draw(painter, context)
        painter.end()

    def _offer_copy(self, place: QtCore.QPoint) -> None:
        menu = QtWidgets.QMenu(self)
        menu.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy").triggered.connect(self.copy)
        menu.popup(self.mapToGlobal(place))

    def copy(self) -> None:
        """Put the text on the clipboard."""
        QtGui.QGuiApplication.clipboard().setText(self.text())

    def _laid_out(self, width: int) -> QtGui.QTextDocument:
        document = QtGui.QTextDocument()
        document.setDocumentMargin(0)
        document.setDefaultFont(self.font())
        option = document.defaultTextOption()
        option.setWrapMode(_ANYWHERE)
        document.setDefaultTextOption(option)
        document.setPlainText(self.text())
        document.setTextWidth(width)
        return document
