"""The viewer: the in-between beside, over or wiped against what it was made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Optional

from ..preview import Preview, Stage
from . import captions, overlays, style
from .camera import Camera
from .exposing import Codes, View, encoded
from .exposures import Exposures, Wanted
from .pictures import Color, Mapped, heat_map, mapped
from .qt import QtCore, QtGui, QtWidgets, Signal, can_expose, place_of

LAYOUTS = ("single", "wipe", "side by side")
_COARSER = 0.5  # pixels are shown where Qt is too old to expose them fast
_SCALE_ROOM = 330  # pixels that the heat map's scale takes at most
_GRAB = 7  # pixels around the wipe's line that take hold of it


@dataclass(frozen=True)
class Comparison:
    """What is shown: `picture`, alone or against another, and how."""

    picture: str = "ours"
    layout: str = "single"
    against: str = "blend"


class Viewer(QtWidgets.QWidget):
    """Shows a preview. Painting only places what exposures.py has made, on a thread of its own.

    Places are in pixels of the plate, x to the right and y down, as its windows have them.
    """

    hovered = Signal(object)  # QPointF on the plate, or None
    zoomed = Signal(float)  # screen pixels for one of the plate
    stage_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setMinimumSize(240, 160)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.ClickFocus)
        self.view, self.comparison = View(), Comparison()
        self.wipe = 0.5  # of the widget's width
        self.heat_shown, self.grid_shown, self.heat_opacity = False, False, 0.85
        self.stage: Optional[int] = None  # None is the finest
        self.message = "Choose a plate, or drop one here."
        self.is_draft = False
        self.notes: dict[str, str] = {}  # what is said of pictures besides
        self.title = ""  # of a result, instead of a preview's
        self.is_stale = False  # made with settings that were changed since
        self.preview: Optional[Preview] = None
        self.pictures: dict[str, Mapped] = {}
        self.cursor_place: Optional[QtCore.QPointF] = None
        self._heat: Optional[QtGui.QImage] = None
        self._stage_rows: list[QtCore.QRectF] = []
        self.camera = Camera()
        self._dragged: Optional[tuple[str, QtCore.QPointF]] = None
        self.exposures = Exposures(self)
        self.exposures.changed.connect(self.update)

    def show_preview(self, preview: Preview) -> None:
        """Show the pictures of a preview; an earlier in-between stays until there is a new one."""
        resized = self.preview is None or self.preview.data_window != preview.data_window
        pictures = mapped(preview)
        if not resized and self._same_place(preview) and "kept" in self.pictures:
            pictures["kept"] = self.pictures["kept"]
        if preview.phase == "frames" and not resized and self._same_place(preview):
            pictures = {**{k: v for k, v in self.pictures.items() if k == "ours"}, **pictures}
        else:
            self._heat = heat_map(preview)
        self.preview, self.pictures = preview, pictures
        self.message = ""
        self.camera.aspect = preview.pixel_aspect
        if resized:
            self.exposures.clear()
            windows = (preview.display_window, preview.data_window)
            self.camera.plate = QtCore.QRectF(*windows[0]).united(QtCore.QRectF(*windows[1]))
            self.fit()
        self.refresh()

    def show_kept(self, preview: Preview) -> None:
        """The in-between of other settings, beside what is shown. Raises OSError."""
        ours = mapped(preview).get("ours")
        if ours is not None and self._same_place(preview):
            self.pictures["kept"] = ours
            self.refresh()

    def play_preview(self, preview: Preview) -> None:
        """Show one of many in a row; nothing of an earlier one stays. Raises OSError."""
        self.pictures, self.is_stale = {}, False
        self.is_draft = preview.phase == "draft"
        self.show_preview(preview)

    def clear(self, message: str) -> None:
        """Show nothing but a sentence."""
        self.preview, self.pictures, self._heat, self.message = None, {}, None, message
        self.exposures.clear()
        self.update()

    def set_view(self, view: View) -> None:
        """Another exposure or gamma."""
        self.view = view
        self.refresh()

    def compare(self, **changes: str) -> None:
        """Another picture, layout or opposite."""
        self.comparison = replace(self.comparison, **changes)
        self._place_panes()
        self._moved()

    def choose_stage(self, stage: Optional[int]) -> None:
        """Show this stage's patches, and the picture at its size; None for the finest."""
        self.stage = stage
        self.refresh()

    @property
    def scale(self) -> float:
        """Widget pixels for one of the plate."""
        return self.camera.scale

    def fit(self) -> None:
        """The whole picture."""
        self.camera.fit()
        self._moved()

    def zoom_to(self, scale: float, around: Optional[QtCore.QPointF] = None) -> None:
        """So many widget pixels for one of the plate, keeping the place `around` where it is."""
        self.camera.zoom_to(scale, around)
        self._moved()

    def actual_size(self) -> None:
        """One pixel of the screen for one of the plate."""
        self.zoom_to(1.0 / self.devicePixelRatioF())

    def value_of(self, name: str, place: QtCore.QPointF) -> Optional[Color]:
        """A picture's scene-linear value at a place, where there is one.

        What that is for a display-referred plate the view's configuration says, else sRGB.
        """
        picture = self.pictures.get(name)
        value = picture.value(place.x(), place.y()) if picture else None
        transform, preview = self.view.transform, self.preview
        if value is None or transform is None or preview is None or not preview.display_referred:
            return value
        return transform.light([encoded(min(1.0, max(0.0, part))) for part in value])

    def refresh(self) -> None:
        """Expose anew what is not shown as it should be."""
        for name in self._names():
            picture = self.pictures.get(name)
            if picture is not None:
                self._expose(name, picture)
        self.update()

    def stop(self) -> None:
        """End the thread that exposes."""
        self.exposures.stop()

    def is_settled(self) -> bool:
        """Whether what is shown is exposed as it should be."""
        shown = [name for name in self._names() if name in self.pictures]
        return all(self.exposures.is_settled(name) for name in shown)

    def _same_place(self, preview: Preview) -> bool:
        return self.preview is not None and self.preview.place == preview.place

    def _names(self) -> list[str]:
        """The pictures on show, left to right."""
        names = [self._present(self.comparison.picture)]
        if self.comparison.layout != "single":
            names.append(self._present(self.comparison.against))
        return names

    def _present(self, name: str) -> str:
        """The picture itself; while there is none, and where it is a copy, the nearer frame."""
        if name in self.pictures or self.preview is None:
            return name
        return captions.stand_in(self.preview)[0]

    def _expose(self, name: str, picture: Mapped) -> None:
        ratio = self.devicePixelRatioF()
        level = picture.level(
            self.scale * ratio * max(1.0, self.camera.aspect) * (1.0 if can_expose() else _COARSER)
        )
        stage = self._stage()
        if self.grid_shown and stage is not None and self.stage is not None:
            level = max(level, _level_of(picture, stage))
        region = picture.region(level, self.camera.visible())
        if region.isEmpty() or self.preview is None:
            return
        codes = Codes(self.preview.linear, self.preview.display_referred)
        self.exposures.want(Wanted(name, picture, level, region, self.view, codes))

    def _place_panes(self) -> None:
        self.camera.ratio = self.devicePixelRatioF()
        side_by_side = self.comparison.layout == "side by side"
        self.camera.set_panes(QtCore.QRectF(self.rect()), side_by_side)

    def _moved(self) -> None:
        self.zoomed.emit(self.scale * self.devicePixelRatioF() if self.preview else 0.0)
        self.refresh()

    def _stage(self) -> Optional[Stage]:
        if self.preview is None or not self.preview.stages:
            return None
        stages = self.preview.stages
        return stages[-1 if self.stage is None else min(self.stage, len(stages) - 1)]

    # --- painting

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect(), style.color(style.VIEWER))
        if self.preview is None:
            painter.setPen(style.color(style.QUIET))
            box = QtCore.QRectF(self.rect()).adjusted(24, 24, -24, -24)
            option = QtGui.QTextOption(QtCore.Qt.AlignmentFlag.AlignCenter)
            painter.drawText(box, self.message, option)
        else:
            self._paint_pictures(painter)
            self._paint_over(painter, self.preview)
        painter.end()

    def _paint_pictures(self, painter: QtGui.QPainter) -> None:
        names, panes = self._names(), self.camera.panes
        if self.comparison.layout == "side by side":
            for name, pane in zip(names, panes):
                self._paint_picture(painter, name, pane, pane)
        elif len(names) == 2:
            line = self.wipe * self.width()
            left, right = QtCore.QRectF(panes[0]), QtCore.QRectF(panes[0])
            left.setRight(line)
            right.setLeft(line)
            self._paint_picture(painter, names[0], panes[0], left)
            self._paint_picture(painter, names[1], panes[0], right)
        else:
            self._paint_picture(painter, names[0], panes[0], panes[0])

    def _paint_picture(
        self, painter: QtGui.QPainter, name: str, pane: QtCore.QRectF, clip: QtCore.QRectF
    ) -> None:
        painter.save()
        painter.setClipRect(clip)
        found = self.exposures.get(name)
        if found is not None and name in self.pictures:
            area = self.camera.to_widget(found.area, pane)
            magnified = area.width() * self.devicePixelRatioF() / max(1, found.image.width())
            pixels = magnified >= 3 and not (self.is_draft and name == "ours")
            hint = QtGui.QPainter.RenderHint.SmoothPixmapTransform
            painter.setRenderHint(hint, not pixels)
            painter.drawImage(area, found.image)
        if self.heat_shown and self._heat is not None and name == "ours" and self.preview:
            painter.setOpacity(self.heat_opacity)
            painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform, True)
            window = QtCore.QRectF(*self.preview.data_window)
            painter.drawImage(self.camera.to_widget(window, pane), self._heat)
        painter.restore()

    def _paint_over(self, painter: QtGui.QPainter, preview: Preview) -> None:
        for pane in self.camera.panes:
            painter.save()
            painter.setClipRect(pane)
            to_widget = partial(self.camera.to_widget, pane=pane)
            overlays.paint_windows(painter, preview, to_widget)
            stage = self._stage()
            if self.grid_shown and stage is not None:
                window = QtCore.QRectF(*preview.stage_window)
                overlays.paint_patches(painter, stage, window, to_widget, self.cursor_place)
            painter.restore()
        self._paint_captions(painter, preview)
        foot = self.height() - 10.0
        self._stage_rows = []
        if self.grid_shown and preview.stages:
            chosen = len(preview.stages) - 1 if self.stage is None else self.stage
            self._stage_rows = overlays.paint_stages(
                painter, preview.stages, chosen, QtCore.QPointF(10, foot), self.width() - 20.0
            )
        corner = QtCore.QPointF(self.width() - 10.0, self._above_stages(foot))
        if self.heat_shown and self._heat is not None:
            overlays.paint_heat_scale(painter, preview, overlays.HEAT_COLORS, corner)
        elif self.heat_shown and "ours" in self.pictures and not self.is_draft:
            text = "These weights need Samples averaged at 2 or more to say where they are unsure"
            corner.setY(corner.y() - painter.fontMetrics().height() - 8)
            overlays.paint_caption(painter, text, corner, True, self.width() - 20.0)

    def _above_stages(self, foot: float) -> float:
        """Where the list of stages leaves room for something at the right."""
        if not self._stage_rows or self._stage_rows[0].right() < self.width() - _SCALE_ROOM:
            return foot
        return self._stage_rows[0].top() - 10

    def _paint_captions(self, painter: QtGui.QPainter, preview: Preview) -> None:
        state = "draft" if self.is_draft else "stale" if self.is_stale else ""
        names = [self.comparison.picture, self.comparison.against][: len(self._names())]
        texts = [
            captions.caption(name, preview, self.pictures, state, self.notes) for name in names
        ]
        if self.title:
            texts = [f"Result  {preview.place[0]}  ·  {self.title}"]
        texts[0] += captions.channel(self.view.channel, preview)
        captions.paint(painter, texts, self.camera.panes)
        if self.comparison.layout == "wipe":
            overlays.paint_wipe(painter, self.wipe * self.width(), self.height())

    # --- mouse

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        point = place_of(event)
        row = next((i for i, r in enumerate(self._stage_rows) if r.contains(point)), None)
        if row is not None:
            self.stage_chosen.emit(row)
        elif event.button() == QtCore.Qt.MouseButton.LeftButton and self._on_wipe(point):
            self._dragged = ("wipe", point)
        else:
            self._dragged = ("plate", point)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        point = place_of(event)
        if self._dragged is None:
            shape = QtCore.Qt.CursorShape
            self.setCursor(shape.SplitHCursor if self._on_wipe(point) else shape.CrossCursor)
        elif self._dragged[0] == "wipe":
            self.wipe = min(1.0, max(0.0, point.x() / max(1, self.width())))
        else:
            self.camera.pan(point - self._dragged[1])
            self._dragged = ("plate", point)
            self._moved()
        self.cursor_place = self.camera.to_plate(point) if self.preview else None
        self.hovered.emit(self.cursor_place)
        if self._dragged or self.grid_shown:
            self.update()

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        self.fit()

    def leaveEvent(self, event: QtCore.QEvent) -> None:
        self.cursor_place = None
        self.hovered.emit(None)
        self.update()

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        factor = 2.0 ** (event.angleDelta().y() / 480.0)
        self.zoom_to(self.scale * factor, event.position())
        event.accept()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        self._place_panes()
        self._moved()

    def _on_wipe(self, point: QtCore.QPointF) -> bool:
        wiped = self.comparison.layout == "wipe" and self.preview is not None
        return wiped and abs(point.x() - self.wipe * self.width()) <= _GRAB


def _level_of(picture: Mapped, stage: Stage) -> int:
    """The picture's level whose size is nearest to the stage's."""
    levels = picture.picture.levels
    return min(range(len(levels)), key=lambda number: abs(levels[number][0] - stage.width))
