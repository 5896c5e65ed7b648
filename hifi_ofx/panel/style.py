"""How the panel looks: dark and calm as hosts are, so that only the picture has colors."""

from __future__ import annotations

from .qt import QtGui, QtWidgets

WINDOW = "#2a2a2b"
RAISED = "#333335"
FIELD = "#1d1d1e"
VIEWER = "#141414"
LINE = "#3f3f42"
TEXT = "#d4d4d4"
QUIET = "#a6a6aa"  # the least that can be read: 4.5 to 1 on all grounds
DISABLED = "#6a6a6e"
ACCENT = "#e59b3c"
GOOD = "#74b56f"
WARNING = "#e0bd5a"
BAD = "#f0766a"

TEXT_SIZE = 12  # pixels of a 100 % display, as all below
SPACE = 8  # between things that belong together
ROW = 24  # height of a field
COLUMN = 348  # least width of the form


def color(name: str, alpha: float = 1.0) -> QtGui.QColor:
    """One of the colors above, more or less opaque."""
    made = QtGui.QColor(name)
    made.setAlphaF(alpha)
    return made


def apply(widget: QtWidgets.QWidget) -> None:
    """Give a panel its look; the host's own windows keep theirs."""
    widget.setStyleSheet(_SHEET)
    widget.setPalette(_palette())


def text_width(text: str) -> int:
    """Width of a text in the panel's font, before a widget has it."""
    font = QtGui.QFont(QtWidgets.QApplication.font())
    font.setPixelSize(TEXT_SIZE)
    return QtGui.QFontMetrics(font).horizontalAdvance(text)


def label_width() -> int:
    """Width of the column with the settings' names."""
    return text_width("Structure threshold") + SPACE


def _palette() -> QtGui.QPalette:
    palette = QtGui.QPalette()
    role = QtGui.QPalette.ColorRole
    for name, value in (
        (role.Window, WINDOW),
        (role.Base, FIELD),
        (role.AlternateBase, RAISED),
        (role.Button, RAISED),
        (role.Text, TEXT),
        (role.WindowText, TEXT),
        (role.ButtonText, TEXT),
        (role.ToolTipBase, RAISED),
        (role.ToolTipText, TEXT),
        (role.Highlight, ACCENT),
        (role.HighlightedText, "#141414"),
        (role.PlaceholderText, QUIET),
    ):
        palette.setColor(name, QtGui.QColor(value))
    return palette


_SHEET = f"""
QWidget {{ color: {TEXT}; font-size: {TEXT_SIZE}px; }}
QWidget#panel, QWidget#form, QScrollArea, QScrollArea > QWidget > QWidget {{
    background: {WINDOW}; }}
QScrollArea {{ border: none; }}
QToolTip {{ color: {TEXT}; background: {RAISED}; border: 1px solid {LINE}; padding: 4px; }}
QLabel {{ background: transparent; }}
QLabel[role="name"] {{ color: {QUIET}; }}
QLabel[role="quiet"] {{ color: {QUIET}; }}
QLabel[role="error"] {{ color: {BAD}; }}
QLabel[role="warning"] {{ color: {WARNING}; }}
QLabel[role="good"] {{ color: {GOOD}; }}
QLabel[role="figure"] {{ font-size: 15px; }}
QLabel[role="title"] {{ color: {TEXT}; font-weight: bold; }}

QLineEdit, QComboBox, QPlainTextEdit {{
    background: {FIELD}; border: 1px solid {LINE}; border-radius: 3px;
    padding: 0 6px; min-height: {ROW - 2}px; selection-background-color: {ACCENT};
    selection-color: #141414;
}}
QPlainTextEdit {{ padding: 2px 3px; min-height: 76px; }}
QLineEdit:hover, QComboBox:hover, QPlainTextEdit:hover {{ border-color: #55555a; }}
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus {{ border-color: {ACCENT}; }}
QLineEdit[bad="true"], QComboBox[bad="true"], QPlainTextEdit[bad="true"] {{
    border-color: {BAD}; background: #2a1d1c; }}
QLineEdit:disabled, QComboBox:disabled {{ color: {DISABLED}; }}
QComboBox QLineEdit {{ border: none; background: transparent; padding: 0; min-height: 0; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: none; }}
QComboBox QAbstractItemView {{
    background: {RAISED}; border: 1px solid {LINE}; selection-background-color: #4a4a4e;
    selection-color: {TEXT}; outline: none; padding: 2px; }}
QCheckBox {{ spacing: 8px; min-height: {ROW}px; background: transparent; }}
QCheckBox::indicator {{ width: 13px; height: 13px; background: {FIELD};
    border: 1px solid #55555a; border-radius: 3px; }}
QCheckBox::indicator:checked {{ background: {ACCENT}; border-color: {ACCENT}; }}
QCheckBox::indicator:focus {{ border-color: {ACCENT}; }}

QPushButton, QToolButton {{
    background: {RAISED}; border: 1px solid {LINE}; border-radius: 3px;
    padding: 0 10px; min-height: {ROW - 2}px; }}
QToolButton {{ padding: 0 5px; }}
QPushButton:hover, QToolButton:hover {{ background: #3c3c3f; border-color: #55555a; }}
QPushButton:pressed, QToolButton:pressed {{ background: #262628; }}
QPushButton:focus, QToolButton:focus {{ border-color: {ACCENT}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {DISABLED}; background: #2e2e30; }}
QToolButton:checked {{ background: #56452e; border-color: {ACCENT}; color: #f6d9b0; }}
QPushButton[role="main"] {{ background: {ACCENT}; border-color: {ACCENT}; color: #1a1206;
    font-weight: bold; min-height: 28px; }}
QPushButton[role="main"]:hover {{ background: #f0aa50; }}
QPushButton[role="main"]:disabled {{ background: #4a4033; border-color: #4a4033; color: #8d8172; }}
QToolButton[role="small"] {{ padding: 0 1px; min-width: 20px; }}
QToolButton[role="flat"] {{ background: transparent; border: 1px solid transparent;
    padding: 0 4px; }}
QToolButton[role="flat"]:hover {{ background: #3c3c3f; }}
QToolButton[role="flat"]:focus {{ border-color: #55555a; }}
QToolButton[role="fold"] {{ background: transparent; border: none; text-align: left;
    font-weight: bold; padding: 0 2px; }}
QToolButton[role="fold"]:hover {{ color: white; background: transparent; }}

QFrame[role="card"] {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 4px; }}
QFrame[role="question"] {{ background: {RAISED}; border: 1px solid {ACCENT};
    border-radius: 4px; }}
QFrame[role="bar"] {{ background: {WINDOW}; border: none; }}
QFrame[role="rule"] {{ background: {LINE}; border: none; max-height: 1px; min-height: 1px; }}

QProgressBar {{ background: {FIELD}; border: none; border-radius: 2px; max-height: 4px;
    min-height: 4px; text-align: center; }}
QProgressBar::chunk {{ background: {ACCENT}; border-radius: 2px; }}
QProgressBar[state="finished"]::chunk {{ background: {GOOD}; }}
QProgressBar[state="failed"]::chunk {{ background: {BAD}; }}
QProgressBar[state="paused"]::chunk, QProgressBar[state="cancelled"]::chunk {{
    background: {DISABLED}; }}

QSlider {{ min-height: 18px; background: transparent; }}
QSlider::groove:horizontal {{ height: 2px; background: #55555a; border-radius: 1px; }}
QSlider::handle:horizontal {{ width: 10px; height: 10px; margin: -4px 0; border-radius: 5px;
    background: #b9b9bd; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {ACCENT}; }}

QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar::handle:vertical {{ background: #4a4a4e; border-radius: 3px; min-height: 24px;
    margin: 2px; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: #4a4a4e; border-radius: 3px; min-width: 24px;
    margin: 2px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: #1c1c1d; }}
QSplitter::handle:horizontal {{ width: 2px; }}
QSplitter::handle:vertical {{ height: 2px; }}
"""
