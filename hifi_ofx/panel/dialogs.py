"""Asking for files without ever blocking: a modal window would freeze a host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .qt import QtCore, QtWidgets

PLATES = (
    "Plates (*.exr *.dpx *.tif *.tiff *.png *.jpg *.jpeg *.mov *.mp4 *.mxf *.mkv);;All files (*)"
)


def ask_for_file(
    parent: QtWidgets.QWidget,
    title: str,
    kinds: str,
    chosen: Callable[[str], None],
    start: str = "",
    save: bool = False,
) -> QtWidgets.QFileDialog:
    """Show a file dialog beside the panel; `chosen` gets the path if there will be one."""
    dialog = QtWidgets.QFileDialog(parent, title, _folder(start), kinds)
    dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setOption(QtWidgets.QFileDialog.Option.DontUseNativeDialog)  # those are modal
    if save:
        dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QtWidgets.QFileDialog.FileMode.AnyFile)
        dialog.setOption(QtWidgets.QFileDialog.Option.DontConfirmOverwrite)  # that asks modally
    else:
        dialog.setFileMode(QtWidgets.QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(chosen)
    dialog.setModal(False)
    dialog.show()
    return dialog


def _folder(path: str) -> str:
    folder = Path(path).expanduser().parent if path else Path.home()
    return str(folder if folder.is_dir() else Path.home())
