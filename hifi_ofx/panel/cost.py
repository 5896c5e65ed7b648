"""What a render will cost, before anybody commits to it."""

from __future__ import annotations

from typing import Optional

from ..preview import Motion, Preview
from ..request import Cost
from ..terminal import duration
from . import style
from .qt import QtCore, QtWidgets
from .words import Words

_UNSURE = 0.25  # of the frame without a match, from which on a word is due


class CostCard(QtWidgets.QFrame):
    """Network calls, time, memory against what is free, and motion against what is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._values: dict[str, Words] = {}
        self.warning = Words()
        self.warning.setProperty("role", "warning")
        self.warning.hide()
        self._cost: Optional[Cost] = None
        self._preview: Optional[Preview] = None
        grid = QtWidgets.QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(style.SPACE)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, name in enumerate(("Network calls", "Time", "Memory", "Motion")):
            label = QtWidgets.QLabel(name)
            label.setProperty("role", "name")
            self._values[name] = Words("–")
            top_right = QtCore.Qt.AlignmentFlag.AlignRight | QtCore.Qt.AlignmentFlag.AlignTop
            grid.addWidget(label, row, 0, top_right)
            grid.addWidget(self._values[name], row, 1)
        grid.setColumnMinimumWidth(0, style.text_width("Network calls") + 2)
        grid.addWidget(self.warning, 4, 0, 1, 2)

    def text(self, name: str) -> str:
        """What is said of network calls, time, memory or motion."""
        return self._values[name].text()

    def show_cost(self, cost: Optional[Cost]) -> None:
        """Another cost; None where there is none to tell."""
        self._cost = cost
        self._show()

    def show_preview(self, preview: Optional[Preview]) -> None:
        """Another preview, for memory and motion."""
        self._preview = preview
        self._show()

    def _show(self) -> None:
        cost, preview = self._cost, self._preview
        self._values["Network calls"].setText(calls_text(cost) if cost else "–")
        self._values["Time"].setText(time_text(cost) if cost else "–")
        self._values["Memory"].setText(memory_text(cost, preview) if cost else "–")
        motion = preview.motion if preview else None
        self._values["Motion"].setText(motion_text(motion) if motion else "–")
        warnings = [_memory_warning(cost, preview), motion_warning(motion)]
        self.warning.setText("\n".join(filter(None, warnings)))
        self.warning.setVisible(any(warnings))


def calls_text(cost: Cost) -> str:
    """Calls a frame and in all: "6 a frame, 84 for 14 in-betweens"."""
    if not cost.inbetweens:
        return "none: every frame is a source frame"
    each = round(cost.calls / cost.inbetweens)
    noun = "in-between" if cost.inbetweens == 1 else "in-betweens"
    return f"{each} a frame, {cost.calls:,} for {cost.inbetweens:,} {noun}"


def time_text(cost: Cost) -> str:
    """Seconds a frame and for the range, as calibrated on this machine."""
    if not cost.inbetweens:
        return "seconds: files are copied"
    if cost.seconds is None:
        return "not measured yet: a preview will"
    each = cost.seconds / cost.inbetweens
    shown = f"{each:.1f} s" if each < 10 else duration(each)
    return f"{shown} a frame, {duration(cost.seconds)} for the range"


def memory_text(cost: Cost, preview: Optional[Preview]) -> str:
    """What network and frames need, against what is free."""
    on_gpu = not cost.device.startswith("cpu")
    need = cost.network_bytes if on_gpu else cost.network_bytes + cost.frame_bytes
    free = f" of {_size(preview.free_memory)} free" if preview else ""
    where = f" on {cost.device}"
    frames = f", frames {_size(cost.frame_bytes)}" if on_gpu else ""
    return f"{_size(need)}{free}{where}{frames}"


def motion_text(motion: Motion) -> str:
    """How far things move, of how far they may: "12 px, up to 54 of 96 px"."""
    return f"{motion.typical:.0f} px, up to {motion.large:.0f} of {motion.followed:.0f} px"


def motion_warning(motion: Optional[Motion]) -> str:
    """A plain sentence where things move further than the weights follow."""
    if motion is None:
        return ""
    if motion.large > motion.followed:
        hint = " Raise Cascade depth." if motion.depth_helps else ""
        return (
            f"Things move by up to {motion.large:.0f} pixels; these weights follow about "
            f"{motion.followed:.0f}.{hint}"
        )
    if motion.unmatched > _UNSURE:
        return (
            f"{100 * motion.unmatched:.0f} % of the frame has no match in the other frame: "
            "look at the heat map there."
        )
    return ""


def _memory_warning(cost: Optional[Cost], preview: Optional[Preview]) -> str:
    if cost is None or preview is None or cost.network_bytes <= preview.free_memory:
        return ""
    return (
        f"The network needs {_size(cost.network_bytes)} and {_size(preview.free_memory)} are free: "
        "choose a smaller Patch size or Batch."
    )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
