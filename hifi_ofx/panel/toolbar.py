"""Controls in rows as wide as there is room; what finds none folds into a list of its own."""

from __future__ import annotations

from collections.abc import Sequence

from . import style
from .qt import QtCore, QtGui, QtWidgets

_BETWEEN = 6  # pixels between two rows

Groups = Sequence[QtWidgets.QWidget]


class Toolbar(QtWidgets.QWidget):
    """Groups of controls from the left, in at most `most` rows, the rest behind a button.

    Its height follows its width, as a size and not as a wish: a splitter asks for no wishes, and
    would lay its lower rows over what is beneath.
    """

    def __init__(
        self, groups: Sequence[QtWidgets.QWidget], most: int = 2, gap: int = 16, row: int = 0
    ) -> None:
        super().__init__()
        self._groups, self._most, self._gap = list(groups), most, gap
        self._row = row or style.ROW
        self._away: set[QtWidgets.QWidget] = set()
        self.more = QtWidgets.QToolButton(self)
        self.more.setText("⋯")
        self.more.setProperty("role", "small")
        self.more.setToolTip("More controls")
        self.more.setAccessibleName("More controls")
        self.more.clicked.connect(self._open)
        self.folded = QtWidgets.QFrame(self, QtCore.Qt.WindowType.Popup)
        self.folded.setProperty("role", "card")
        self._list = QtWidgets.QVBoxLayout(self.folded)
        self._list.setContentsMargins(12, 10, 12, 10)
        for group in self._groups:
            group.setParent(self)
        self.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed
        )
        self.setFixedHeight(self._row)

    def sizeHint(self) -> QtCore.QSize:
        """Everything in one row."""
        widths = [group.sizeHint().width() + self._gap for group in self._groups]
        return QtCore.QSize(sum(widths), self.height())

    def show_group(self, group: QtWidgets.QWidget, shown: bool) -> None:
        """Have a group in the bar, or leave it out."""
        self._away.discard(group) if shown else self._away.add(group)
        group.setVisible(shown)
        self.arrange()

    def arrange(self) -> None:
        """Place every group, and fold those that find no room."""
        groups = [group for group in self._groups if group not in self._away]
        widths = [group.sizeHint().width() for group in groups]
        self.setMinimumWidth(max(widths, default=0) + 1)
        rows = _rows(widths, self.width(), self._gap)
        is_full = len(rows) > self._most
        if is_full:
            spare = 4 + self.more.sizeHint().width()
            rows = _rows(widths, self.width(), self._gap, spare, self._most)[: self._most]
        shown = sum(len(row) for row in rows)
        self._fold(groups, groups[shown:])
        end = self._place(groups, rows, widths)
        self.more.setVisible(is_full)
        self.more.setGeometry(*end, self.more.sizeHint().width(), style.ROW)
        height = max(1, len(rows)) * (self._row + _BETWEEN) - _BETWEEN
        if self.minimumHeight() != height:
            self.setFixedHeight(height)

    def _place(self, groups: Groups, rows: list[list[int]], widths: list[int]) -> tuple[int, int]:
        """Put the groups of each row where they belong; the place behind the last one."""
        x = y = end = 0
        for number, row in enumerate(rows):
            x, y = 0, number * (self._row + _BETWEEN)
            for index in row:
                groups[index].setGeometry(x, y, widths[index], self._row)
                end = x + widths[index]
                x = end + self._gap
        return end + 4, y

    def _fold(self, groups: Groups, folded: Groups) -> None:
        for group in groups:
            home = self.folded if group in folded else self
            if group.parent() is not home:
                self._list.removeWidget(group)
                group.setParent(home)
                if home is self.folded:
                    self._list.addWidget(group)
            group.setVisible(True)

    def _open(self) -> None:
        self.folded.adjustSize()
        corner = self.more.mapToGlobal(self.more.rect().bottomRight())
        self.folded.move(corner.x() - self.folded.width(), corner.y() + 4)
        self.folded.show()

    def event(self, event: QtCore.QEvent) -> bool:
        """Arrange anew when a group wants another size."""
        if event.type() == QtCore.QEvent.Type.LayoutRequest:
            self.arrange()
        return super().event(event)

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        self.arrange()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        self.arrange()


def _rows(
    widths: Sequence[int], width: int, gap: int, spare: int = 0, last: int = 0
) -> list[list[int]]:
    """Which groups stand in which row; `spare` pixels are kept free in the row number `last`."""
    rows: list[list[int]] = []
    x = 0
    for index, own in enumerate(widths):
        if not rows or x + own > width - (spare if len(rows) == last else 0):
            rows.append([])
            x = 0
        rows[-1].append(index)
        x += own + gap
    return rows
