"""Where everything lies in the panel: form and cost at the left, viewer over queue at the right."""

from __future__ import annotations

from typing import Any

from . import style
from .controls import icon_button
from .qt import QtCore, QtWidgets
from .readout import Readout

Panel = Any  # window.PanelWidget, which is made of this

_USUAL = QtCore.QSize(1440, 900)


def first_size(screen: QtCore.QSize) -> QtCore.QSize:
    """How large a window is when nobody has set its size: Qt would take two thirds of a screen."""
    return _USUAL.boundedTo(screen)


def lay_out(panel: Panel) -> None:
    """Put the parts of a panel in their places."""
    panel.rows.setOrientation(QtCore.Qt.Orientation.Vertical)
    panel.rows.addWidget(_looking(panel))
    panel.rows.addWidget(panel.queue_view)
    panel.rows.setSizes([600, 170])
    panel.rows.setStretchFactor(0, 1)
    panel.rows.setChildrenCollapsible(False)
    panel.columns.addWidget(_left(panel))
    panel.columns.addWidget(panel.rows)
    panel.columns.setStretchFactor(1, 1)
    panel.columns.setSizes([style.COLUMN + 12, 900])
    panel.columns.setCollapsible(1, False)
    outer = QtWidgets.QVBoxLayout(panel)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(0)
    outer.addWidget(panel.columns, 1)
    outer.addWidget(_foot(panel))


def _left(panel: Panel) -> QtWidgets.QWidget:
    whole = QtWidgets.QWidget()
    column = QtWidgets.QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 10)
    column.setSpacing(8)
    column.addWidget(panel.form, 1)
    below = QtWidgets.QVBoxLayout()
    below.setContentsMargins(12, 0, 12, 0)
    below.setSpacing(8)
    below.addWidget(panel.card)
    below.addWidget(panel.question)
    panel.render_button.setProperty("role", "main")
    panel.render_button.setToolTip("Add what the form says to the queue (Ctrl+Return)")
    row = QtWidgets.QHBoxLayout()
    row.setSpacing(4)
    panel.check_button.setToolTip(
        "Ask the plate itself: leave frames out, predict them by every setting, and compare"
    )
    row.addWidget(panel.render_button, 1)
    row.addWidget(panel.check_button)
    row.addWidget(icon_button("undo", "Undo in the form (Ctrl+Z)", panel.undo.undo))
    row.addWidget(icon_button("redo", "Redo (Ctrl+Shift+Z)", panel.undo.redo))
    row.addWidget(icon_button("reset", "All settings as they were at first", panel.undo.reset))
    below.addLayout(row)
    column.addLayout(below)
    return whole


def _looking(panel: Panel) -> QtWidgets.QWidget:
    whole = QtWidgets.QWidget()
    column = QtWidgets.QVBoxLayout(whole)
    column.setContentsMargins(8, 8, 8, 4)
    column.setSpacing(6)
    column.addWidget(panel.controls.bar)
    column.addWidget(panel.viewer, 1)
    column.addWidget(panel.check_view, 1)
    panel.preview_bar.setRange(0, 1000)
    panel.preview_bar.setTextVisible(False)
    column.addWidget(panel.preview_bar)
    column.addWidget(Readout(panel.viewer))
    column.addWidget(panel.transport)
    column.addLayout(_preview_row(panel))
    return whole


def _preview_row(panel: Panel) -> QtWidgets.QHBoxLayout:
    row = QtWidgets.QHBoxLayout()
    row.setSpacing(6)
    panel.auto.setChecked(True)
    panel.auto.setToolTip("Preview whenever something changes")
    panel.again.setToolTip("Preview at the set quality (F5)")
    panel.stop_preview.setText("Cancel")
    panel.stop_preview.setToolTip("Stop the preview (Esc)")
    panel.stop_preview.setEnabled(False)
    panel.under_way.setProperty("role", "quiet")
    row.addWidget(panel.again)
    row.addWidget(panel.stop_preview)
    row.addWidget(panel.auto)
    row.addWidget(panel.under_way, 1)
    return row


def _foot(panel: Panel) -> QtWidgets.QWidget:
    whole = QtWidgets.QFrame()
    whole.setProperty("role", "bar")
    row = QtWidgets.QHBoxLayout(whole)
    row.setContentsMargins(12, 0, 12, 4)
    panel.foot.setMinimumHeight(style.ROW)
    panel.device.setProperty("role", "quiet")
    panel.device.setSizePolicy(
        QtWidgets.QSizePolicy.Policy.Maximum, QtWidgets.QSizePolicy.Policy.Preferred
    )
    row.addWidget(panel.foot, 2)
    row.addWidget(panel.device, 1)
    return whole
