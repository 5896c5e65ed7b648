"""The form: every setting of a retime, generated from the declarations."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional

from ..errors import HifiError, InvalidSetting
from ..parameters import declarations, validated
from ..quality import PRESETS, Footage, Machine, Output, Quality
from ..request import DEFAULT_WEIGHTS, RenderRequest
from ..sequence import ImageSequence
from ..user_presets import UserPreset
from ..viewing import Viewing
from . import style
from .dialogs import PLATES, ask_for_file
from .fields import Choice, Field, error_label, show_error
from .presets import Presets
from .qt import QtCore, QtGui, QtWidgets, Signal
from .recents import Recents
from .sections import Section, rule
from .timing import Timing
from .words import Words

_LEAST = 96  # pixels of height; the rest is scrolled to
_FOLDED = {"merge", "edges", "average"}  # of the quality: where the paper left us a choice


class Form(QtWidgets.QScrollArea):
    """All settings. `changed` comes with every edit; `source_changed` with another plate's path."""

    changed = Signal()
    source_changed = Signal(str)
    source_typed = Signal(str)  # with every key, and with what is pasted
    seen_otherwise = Signal()  # the colors of the view alone: nothing that is rendered

    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = QtWidgets.QLineEdit(), QtWidgets.QLineEdit()
        self.source_error, self.target_error = error_label(), error_label()
        self.plate, self.seen = Words(), Words()  # what is said of the plate, and of its colors
        self.presets, self.weights = Presets(), Choice([DEFAULT_WEIGHTS], free=True)
        self.preset = self.presets.choice
        self.recents = Recents()
        self.timing = Timing()
        self.fields: dict[str, list[Field]] = {
            name: [Field(declared, self) for declared in declarations(kind)]
            for name, kind in _KINDS.items()
        }
        self._inside = QtWidgets.QWidget()
        self._dialog: Optional[QtWidgets.QFileDialog] = None
        self._own_target = False  # not the one that follows the source
        self._lay_out()
        self._listen()
        self.set_quality(PRESETS["standard"])

    def field(self, name: str) -> Field:
        """The field of a setting."""
        return next(f for group in self.fields.values() for f in group if f.declared.name == name)

    def request(self, spare_target: str = "", source: str = "") -> RenderRequest:
        """What is entered, as a request. Raises InvalidSetting; it also stands at its field.

        `spare_target` stands in for a target that was not entered yet, `source` for the plate.
        """
        source = source or self.source.text().strip()
        if not source:
            raise InvalidSetting("There is no plate yet.", "Choose one, or drop one here.")
        retime = self.timing.retime()
        target = self.target.text().strip() or spare_target
        if not target:
            error = InvalidSetting("There is no target yet.", "Say where frames are written.")
            show_error(self.target, self.target_error, str(error))
            raise error
        return RenderRequest(
            source,
            target,
            retime,
            weights=self.weights.currentText().strip() or DEFAULT_WEIGHTS,
            **{name: self._settings(name) for name in _KINDS},
        )

    def footage(self) -> Optional[Footage]:
        """The settings of the footage; None while one of them is not allowed."""
        try:
            found: Footage = self._settings("footage")
            _ = found.marked_cuts, found.marked_holds
        except HifiError:
            return None
        return found

    def enter(self, name: str, text: str) -> None:
        """Enter a setting as if it were typed."""
        field = self.field(name)
        field.set_text(text)
        field.changed.emit()

    def show_request(self, request: RenderRequest) -> None:
        """Fill the form from a request, and look at its plate."""
        self.target.setText(request.target)
        self._own_target = True
        self.timing.set_retime(request.retime)
        self.set_quality(request.quality)
        for name in ("output", "footage", "machine", "viewing"):
            self._show_settings(name, getattr(request, name))
        self.weights.setCurrentText(request.weights)
        self.set_source(request.source)
        self.seen_otherwise.emit()

    def set_source(self, source: str) -> None:
        """Look at another plate; the target follows it until somebody enters another."""
        self.source.setText(source)
        self._source_entered()

    def show_plate_of_folder(self, source: str) -> None:
        """The plate that a folder stood for, which is looked at already."""
        self.source.setText(source)
        self._suggest()

    def choose_target(self, target: str) -> None:
        """Write there from now on, whatever the source."""
        self.target.setText(target)
        self._target_entered()

    def set_quality(self, quality: Quality) -> None:
        """Show a quality, and the name of its preset where it is one."""
        self._show_settings("quality", quality)
        self._show_preset()

    def take_quality(self, quality: Quality) -> None:
        """Set a quality as if it were entered, but for the seed."""
        self.set_quality(dataclasses.replace(quality, seed=self._seed(quality.seed)))
        self.changed.emit()

    def show_acting(self, names: Sequence[str]) -> None:
        """Gray the settings of quality that change nothing with the weights at hand."""
        for field in self.fields["quality"]:
            field.set_acts(not names or field.declared.name in names)

    def show_source_error(self, text: str) -> None:
        """What is wrong with the plate; nothing for an empty text."""
        show_error(self.source, self.source_error, text)

    def show_target_error(self, text: str) -> None:
        """What is wrong with the target; nothing for an empty text."""
        show_error(self.target, self.target_error, text)

    def texts(self, everything: bool = False) -> dict[str, Any]:
        """All that is entered, to be remembered; `everything`: what belongs to one plate, too."""
        settings = {
            field.declared.name: field.text() for group in self.fields.values() for field in group
        }
        return {
            "source": self.source.text(),
            "target": self.target.text(),
            "weights": self.weights.currentText(),
            "timing": self.timing.texts(everything),
            "settings": settings,
        }

    def show_texts(self, texts: dict[str, Any]) -> None:
        """Show what was entered before, as if it were entered now."""
        source = self.source.text()
        self.set_texts(texts)
        if self.source.text() != source:
            self.source_changed.emit(self.source.text().strip())
        self.changed.emit()
        self.seen_otherwise.emit()

    def set_texts(self, texts: dict[str, Any]) -> None:
        """Show what was remembered; the plate is not looked at."""
        self.source.setText(str(texts.get("source", "")))
        self.target.setText(str(texts.get("target", "")))
        self._own_target = self.target.text() not in ("", suggested_target(self.source.text()))
        self.weights.setCurrentText(str(texts.get("weights") or DEFAULT_WEIGHTS))
        self.timing.set_texts(dict(texts.get("timing", {})))
        known = dict(texts.get("settings", {}))
        for field in (field for group in self.fields.values() for field in group):
            if field.declared.name in known:
                field.set_text(str(known[field.declared.name]))
        self._show_preset()

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        """Be as wide as the rows need, whenever they need another width."""
        if watched is self._inside and event.type() == QtCore.QEvent.Type.LayoutRequest:
            self._widen()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        self._widen()

    def _widen(self) -> None:
        needed = self._inside.minimumSizeHint().width() + self.verticalScrollBar().width()
        self.setMinimumWidth(max(style.COLUMN, needed))

    def _settings(self, name: str) -> Any:
        values = {field.declared.name: field.value() for field in self.fields[name]}
        return validated(_KINDS[name](**values))

    def _show_settings(self, name: str, settings: Any) -> None:
        for field in self.fields[name]:
            field.set_value(getattr(settings, field.declared.name))

    def _lay_out(self) -> None:
        self._inside.setObjectName("form")
        column = QtWidgets.QVBoxLayout(self._inside)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(10)
        finer = Section("Merging and averaging", folded=True)
        footage = Section("Cuts, holds, missing frames and matte", folded=True)
        for section in (
            *(self._plate(), self.timing, self._quality()),
            self._with_fields(finer, "quality", lambda name: name in _FOLDED),
            self._with_fields(Section("Output"), "output"),
            self._with_fields(footage, "footage"),
            self._view(),
            self._machine(),
        ):
            column.addWidget(section)
            column.addWidget(rule())
        column.addStretch(1)
        self._inside.installEventFilter(self)
        self.setWidget(self._inside)
        self.setMinimumHeight(_LEAST)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(style.COLUMN)

    def _plate(self) -> Section:
        section = Section("Plate")
        self.source.setPlaceholderText("plate.####.exr, or drop a file")
        self.target.setPlaceholderText("slow.####.exr")
        self.source.setToolTip("An image sequence (EXR, DPX, TIFF, PNG, JPEG) or a video file.")
        self.target.setToolTip("The image sequence that is written, as in slow.####.exr.")
        row = self._with_button(self.source, self._browse)
        row.addWidget(self.recents.button)
        self.recents.chosen.connect(self.set_source)
        section.add_row("Source", row, self.source_error)
        self.plate.setProperty("role", "quiet")
        section.add_note(self.plate)
        self.plate.hide()
        section.add_row(
            "Target", self._with_button(self.target, self._browse_target), self.target_error
        )
        return section

    def _with_button(self, line: QtWidgets.QWidget, ask: Any) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        row.setSpacing(4)
        button = QtWidgets.QToolButton()
        button.setText("…")
        button.setProperty("role", "small")
        button.setToolTip("Choose")
        button.clicked.connect(ask)
        row.addWidget(line, 1)
        row.addWidget(button)
        return row

    def _quality(self) -> Section:
        section = Section("Quality")
        section.add_row("Preset", self.presets, self.presets.error)
        return self._with_fields(section, "quality", lambda name: name not in _FOLDED)

    def _with_fields(
        self, section: Section, kind: str, wanted: Callable[[str], bool] = lambda name: True
    ) -> Section:
        for field in self.fields[kind]:
            if wanted(field.declared.name):
                section.add(field)
            if isinstance(field.editor, QtWidgets.QLineEdit):
                field.editor.setPlaceholderText(_EMPTY.get(field.declared.name, ""))
        return section

    def _machine(self) -> Section:
        section = Section("Machine")
        self.weights.setToolTip("Shipped weights by name, or a file of yours.")
        row = self._with_button(self.weights, self._browse_weights)
        section.add_row("Weights", row)
        return self._with_fields(section, "machine")

    def _view(self) -> Section:
        section = Section("Color of the view", folded=True)
        self._with_fields(section, "viewing", lambda name: name != "view")  # it is over the viewer
        self.seen.setProperty("role", "quiet")
        section.add_note(self.seen)
        return section

    def _listen(self) -> None:
        self.source.editingFinished.connect(self._source_entered)
        self.source.textEdited.connect(self.source_typed.emit)
        self.target.textEdited.connect(self._target_entered)
        self.presets.chosen.connect(self._preset_chosen)
        self.presets.asked.connect(self._keep_preset)
        self.weights.currentTextChanged.connect(self._edited)
        self.timing.changed.connect(self._edited)
        edited = {"quality": self._quality_edited, "viewing": self.seen_otherwise.emit}
        for name, group in self.fields.items():
            for field in group:
                field.changed.connect(edited.get(name, self._edited))

    def _edited(self, *_: object) -> None:
        self.show_target_error("")
        self.changed.emit()

    def _quality_edited(self) -> None:
        self._show_preset()
        self.changed.emit()

    def _preset_chosen(self, chosen: UserPreset) -> None:
        if chosen.quality not in PRESETS.values():
            self._show_settings("output", chosen.output)
            self.weights.setCurrentText(chosen.weights)
        self.take_quality(chosen.quality)

    def _keep_preset(self, path: str) -> None:
        try:
            quality, output = self._settings("quality"), self._settings("output")
        except HifiError as error:
            show_error(self.preset, self.presets.error, str(error))
            return
        weights = self.weights.currentText().strip() or DEFAULT_WEIGHTS
        self.presets.keep(path, UserPreset(quality, output, weights))

    def _seed(self, otherwise: int) -> int:
        try:
            return int(self.field("seed").value())  # type: ignore[arg-type] # its declaration is int
        except HifiError:
            return otherwise

    def _show_preset(self) -> None:
        """The preset that all quality fields but the seed agree with."""
        try:
            entered = dataclasses.replace(self._settings("quality"), seed=0)
        except HifiError:
            entered = None
        self.presets.show_quality(entered)

    def _target_entered(self, *_: object) -> None:
        self._own_target = bool(self.target.text().strip())
        self._edited()

    def _source_entered(self) -> None:
        self._suggest()
        self.source_changed.emit(self.source.text().strip())

    def _suggest(self) -> None:
        source = self.source.text().strip()
        if source and not self._own_target:
            self.target.setText(suggested_target(source))
            self.show_target_error("")

    def _browse(self) -> None:
        self._dialog = ask_for_file(
            self, "Choose a plate", PLATES, self.set_source, self.source.text()
        )

    def _browse_target(self) -> None:
        start = self.target.text() or self.source.text()
        self._dialog = ask_for_file(
            self,
            "Write to",
            "OpenEXR (*.exr);;All files (*)",
            self._target_chosen,
            start,
            save=True,
        )

    def _target_chosen(self, path: str) -> None:
        self.choose_target(path if "#" in path or "%" in path else suggested_target(path, ""))

    def _browse_weights(self) -> None:
        kinds = "Weights (*.safetensors)"
        self._dialog = ask_for_file(self, "Choose weights", kinds, self.weights.setCurrentText)


_KINDS: dict[str, Any] = {
    "quality": Quality,
    "output": Output,
    "footage": Footage,
    "machine": Machine,
    "viewing": Viewing,
}
_EMPTY = {  # what an empty field stands for
    "layers": "guessed, or depth=nearest, …",
    "matte": "none, or matte.####.exr, or a layer",
}


def suggested_target(source: str, word: str = "_retimed") -> str:
    """A sequence of EXRs beside a plate: shot.1001.exr becomes shot_retimed.####.exr."""
    try:
        sequence = ImageSequence.around(source)
    except HifiError:
        return ""
    stem = Path(sequence.prefix).stem if sequence.is_video else sequence.prefix.rstrip("._- ")
    return (sequence.folder / f"{stem or 'plate'}{word}.####.exr").as_posix()
