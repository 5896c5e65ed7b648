"""The viewer's controls: what is shown against what, overlays, exposure, gamma, zoom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Optional

from . import icons, style
from .captions import COMPARED, TITLES
from .exposing import CHANNELS
from .fields import Choice
from .qt import QtCore, QtWidgets
from .toolbar import Toolbar
from .viewer import LAYOUTS, Viewer

_STOPS, _GAMMAS = (-8.0, 8.0), (0.2, 4.0)
COLOR = "Color"  # the main color, in the list of layers
_FINE = 100  # steps of a slider in one unit


class Dial(QtWidgets.QWidget):
    """A slider with its name and number; a click on the number sets it back."""

    def __init__(
        self, name: str, limits: tuple[float, float], neutral: float, changed: Callable[[], None]
    ) -> None:
        super().__init__()
        self._neutral, self._name = neutral, name
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slider.setRange(round(limits[0] * _FINE), round(limits[1] * _FINE))
        self.slider.setValue(round(neutral * _FINE))
        self.slider.setFixedWidth(92)
        self.slider.setAccessibleName(name)
        self.number = QtWidgets.QToolButton()
        self.number.setProperty("role", "flat")
        self.number.setToolTip(f"Set {name.lower()} back to {neutral:g}")
        self.number.setFixedWidth(style.text_width("+8.00") + 14)
        self.number.clicked.connect(self.reset)
        label = QtWidgets.QLabel(name)
        label.setProperty("role", "quiet")
        row = _row(self, 4)
        for widget in (label, self.slider, self.number):
            row.addWidget(widget)
        self.slider.valueChanged.connect(self._moved)
        self._changed = changed
        self._moved()

    @property
    def value(self) -> float:
        """The number that is set."""
        return self.slider.value() / _FINE

    def reset(self) -> None:
        """Back to where it changes nothing."""
        self.slider.setValue(round(self._neutral * _FINE))

    def nudge(self, by: float) -> None:
        """A little more, or less."""
        self.slider.setValue(self.slider.value() + round(by * _FINE))

    def _moved(self) -> None:
        sign = "+" if self._neutral == 0 else ""
        self.number.setText(f"{self.value:{sign}.2f}")
        if hasattr(self, "_changed"):
            self._changed()


class Controls(QtCore.QObject):
    """Buttons and sliders over the viewer, which they drive; `bar` holds them, and `views`."""

    def __init__(self, viewer: Viewer, views: QtWidgets.QWidget) -> None:
        super().__init__()
        self._viewer, self._views, self._view_name = viewer, views, QtWidgets.QLabel("sRGB")
        self.pictures = _buttons(TITLES.values(), self._choose_picture, _PICTURE_TIPS)
        self.layouts = _buttons([name.capitalize() for name in LAYOUTS], self._choose_layout)
        self.against = Choice([title for name, title in COMPARED.items() if name != "ours"])
        self.against.setCurrentText("Blend")
        self.keep = QtWidgets.QToolButton()
        self.keep.setText("Keep as A")
        self.keep.setToolTip("Compare what comes next with the settings of now (Shift+A)")
        self.heat = _toggle("Heat map", "Show what is uncertain over the in-between (H)")
        self.grid = _toggle("Patches", "Show patches and cascade stages (P)")
        self.layer = Choice([COLOR])
        self.layer.setFixedWidth(120)
        self.layer.setToolTip("Layers of the plate, beside its color")
        self.layer.setAccessibleName("Layers")
        self.layer.hide()
        self.channel = Choice(CHANNELS)
        self.channel.setFixedWidth(style.text_width("Checkerboard") + 36)
        self.channel.setToolTip("Channels (R, G, B, A; Y for luminance), or over a checkerboard")
        self.channel.setAccessibleName("Channels")
        self.exposure = Dial("Exposure", _STOPS, 0.0, self._set_view)
        self.gamma = Dial("Gamma", _GAMMAS, 1.0, self._set_view)
        self.fit = QtWidgets.QToolButton()
        self.actual = QtWidgets.QToolButton()
        self.zoom = QtWidgets.QLabel()
        self.bar = self._lay_out()
        self._listen()

    def choose(self, picture: Optional[str] = None, layout: Optional[str] = None) -> None:
        """Show a picture, or another layout, as if its button were pressed."""
        if picture is not None:
            self.pictures[list(TITLES).index(picture)].click()
        if layout is not None:
            self.layouts[LAYOUTS.index(layout)].click()

    def choose_channel(self, channel: str) -> None:
        """Show a channel; all of them where it is shown already."""
        shown = self.channel.currentText()
        self.channel.setCurrentText(CHANNELS[0] if shown == channel else channel)

    def reset_view(self) -> None:
        """Exposure and gamma back to where they change nothing."""
        self.exposure.reset()
        self.gamma.reset()

    def show_transform(self, words: str, is_there: bool) -> None:
        """Through what light is shown: a view that can be chosen, or sRGB."""
        self._view_name.setText("View" if is_there else "sRGB")
        self._view_name.setToolTip(words)
        self._views.setVisible(is_there)
        self._views.setToolTip(words)

    def show_layers(self, names: Sequence[str]) -> None:
        """The layers that can be looked at; the list is left out where there are none."""
        self.layer.offer([COLOR, *names])
        if self.layer.currentText() not in names:
            self.layer.setCurrentText(COLOR)
        self.layer.setVisible(bool(names))

    @property
    def layer_name(self) -> str:
        """The layer that is looked at; empty for the color."""
        return "" if self.layer.currentText() == COLOR else self.layer.currentText()

    @property
    def wants_alpha(self) -> bool:
        """Whether alpha is on show."""
        return self.channel.currentText() in ("Alpha", "Checkerboard")

    @property
    def wants_blend(self) -> bool:
        """Whether the blend is on show."""
        return self._shows("blend")

    @property
    def wants_kept(self) -> bool:
        """Whether the in-between of the settings that were kept is on show."""
        return self._shows("kept")

    def _shows(self, name: str) -> bool:
        shown = self._viewer.comparison
        return name in (shown.picture, "" if shown.layout == "single" else shown.against)

    def _lay_out(self) -> Toolbar:
        against = QtWidgets.QLabel("against ")
        against.setProperty("role", "quiet")
        self.against.setFixedWidth(84)
        self.fit.setText("Fit")
        self.fit.setToolTip("The whole picture (F, or a double click)")
        self.actual.setText("1:1")
        self.actual.setToolTip("A pixel of the screen for each of the plate (1)")
        self.zoom.setProperty("role", "quiet")
        self.zoom.setMinimumWidth(style.text_width("6400 %") + 4)
        self._view_name.setProperty("role", "quiet")
        self._views.setFixedWidth(150)
        self._views.hide()
        groups = [
            group(self.pictures),
            group(self.layouts),
            group([against, self.against, self.keep], gap=4),
            group([self.heat, self.grid], gap=4),
            group([self.fit, self.actual, self.zoom], gap=4),
            group([self.layer, self.channel]),
            group([self._view_name, self._views], gap=4),
            self.exposure,
            self.gamma,
        ]
        return Toolbar(groups)

    def _listen(self) -> None:
        self.against.currentTextChanged.connect(self._choose_against)
        self.channel.currentTextChanged.connect(lambda _: self._set_view())
        self.heat.toggled.connect(self._show_heat)
        self.grid.toggled.connect(self._show_grid)
        self.fit.clicked.connect(self._viewer.fit)
        self.actual.clicked.connect(self._viewer.actual_size)
        self._viewer.zoomed.connect(self._show_zoom)
        self._viewer.stage_chosen.connect(self._choose_stage)

    def _choose_picture(self, index: int) -> None:
        self._viewer.compare(picture=list(TITLES)[index])

    def _choose_layout(self, index: int) -> None:
        self._viewer.compare(layout=LAYOUTS[index])

    def _choose_against(self, title: str) -> None:
        self._viewer.compare(against=next(n for n, text in COMPARED.items() if text == title))

    def _show_heat(self, shown: bool) -> None:
        self._viewer.heat_shown = shown
        self._viewer.update()

    def _show_grid(self, shown: bool) -> None:
        self._viewer.grid_shown = shown
        self._viewer.refresh()

    def _choose_stage(self, stage: int) -> None:
        self._viewer.choose_stage(None if stage == self._viewer.stage else stage)

    def _set_view(self) -> None:
        if hasattr(self, "gamma"):
            view = replace(self._viewer.view, channel=self.channel.currentText())
            stops, gamma = self.exposure.value, self.gamma.value
            self._viewer.set_view(replace(view, exposure=stops, gamma=gamma))

    def _show_zoom(self, scale: float) -> None:
        self.zoom.setText(f"{100 * scale:.0f} %" if scale else "")


_PICTURE_TIPS = (
    "What is synthesized (F1 lists all keys)",
    "The source frame before it",
    "The source frame after it",
    "The mean of both frames' light",
)


def _buttons(
    texts: Iterable[str], chosen: Callable[[int], None], tips: Sequence[str] = ()
) -> list[QtWidgets.QToolButton]:
    buttons = []

    for index, text in enumerate(texts):
        button = _toggle(text, tips[index] if tips else "")
        button.setAutoExclusive(True)
        button.clicked.connect(lambda _=False, index=index: chosen(index))
        buttons.append(button)
    buttons[0].setChecked(True)
    return buttons


def _toggle(text: str, tip: str) -> QtWidgets.QToolButton:
    button = QtWidgets.QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    return button


def group(widgets: Sequence[QtWidgets.QWidget], gap: int = 2) -> QtWidgets.QWidget:
    """Widgets side by side that stay together, all as high as a field."""
    whole = QtWidgets.QWidget()
    row = _row(whole, gap)
    for widget in widgets:
        if not isinstance(widget, QtWidgets.QLabel):
            widget.setFixedHeight(style.ROW)
        row.addWidget(widget, 0, QtCore.Qt.AlignmentFlag.AlignVCenter)
    return whole


def _row(widget: QtWidgets.QWidget, gap: int) -> QtWidgets.QHBoxLayout:
    row = QtWidgets.QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(gap)
    return row


def icon_button(name: str, tip: str, clicked: Callable[[], None]) -> QtWidgets.QToolButton:
    """A flat button with an icon alone, and its meaning as a tip."""
    button = QtWidgets.QToolButton()
    button.setIcon(icons.icon(name))
    button.setIconSize(QtCore.QSize(icons.SIZE, icons.SIZE))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setProperty("role", "flat")
    button.setFixedHeight(style.ROW)
    button.clicked.connect(lambda _=False: clicked())
    return button
