"""What a run leaves to read and to look at: JSON lines, TensorBoard events, a preview picture."""

from __future__ import annotations

import importlib.util
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np

from ...plate.atomic import atomic
from .validation import Scores, Validation

log = logging.getLogger(__name__)

LOG, PREVIEW, EVENTS = "log.jsonl", "preview.png", "tensorboard"
EVERY = 50  # steps between logged losses


class Journal:
    """Writes into a run's folder. `step` is where the run goes on from, when it was resumed."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._events = _event_writer(folder / EVENTS, step)

    def loss(self, report: dict[str, Any]) -> None:
        """The report of a step, which has `step` and numbers by name."""
        self._line(report)
        for name in ("loss", "learning_rate", "crops_per_second"):
            self._scalar(f"training/{name}", report[name], report["step"])

    def validation(self, step: int, minutes: float, found: Validation) -> None:
        """Scores of a validation, and its pictures."""
        entries = {name: _entry(*scores) for name, scores in found.scores.items()}
        self._line({"step": step, "minutes": round(minutes, 2), "validation": entries})
        for name, entry in entries.items():
            for kind, value in entry.items():
                self._scalar(f"{kind}/{name}", value, step)
        if found.rows:
            self._preview(step, minutes, found)

    def close(self) -> None:
        """Write what is still held back."""
        if self._events:
            self._events.close()

    def _preview(self, step: int, minutes: float, found: Validation) -> None:
        from .preview import preview  # Pillow, when there is something to draw

        title = f"step {step:,}, {minutes:.1f} minutes: {summary(found.scores)}"
        sheet = preview(found.rows, title)
        with atomic(self.folder / PREVIEW) as file:
            sheet.save(file, "PNG")
        if self._events:
            self._events.add_image("preview", np.asarray(sheet), step, dataformats="HWC")

    def _scalar(self, name: str, value: float, step: int) -> None:
        if self._events:
            self._events.add_scalar(name, value, step)

    def _line(self, entry: dict[str, Any]) -> None:
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        log.info("%s", entry)


def summary(scores: Scores) -> str:
    """The mean gain over the frame blend, in words."""
    gains = [made - blend for made, blend in scores.values()]
    return f"{sum(gains) / len(gains):+.2f} dB to the frame blend, mean of the checks"


def _entry(made: float, blend: float) -> dict[str, float]:
    return {"psnr": round(made, 3), "blend": round(blend, 3), "gain": round(made - blend, 3)}


def _event_writer(folder: Path, step: int) -> Any:
    """A TensorBoard writer, or None and a sentence where the package is not installed."""
    if importlib.util.find_spec("tensorboard") is None:
        log.warning("No TensorBoard events are written: pip install 'hifi-ofx[tensorboard]'.")
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(folder, purge_step=step or None)
