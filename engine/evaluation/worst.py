"""The frames where ours falls furthest behind, as a contact sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..pictures.contact_sheet import Cell, contact_sheet
from ..plate.png import write_png
from .methods import OURS
from .scoring import Scored
from .thumbnails import LARGEST_ERROR

COUNT = 10
_LETTERS = 40  # of a caption, which its cell holds


@dataclass
class Worst:
    """The ten frames, of those that were added, with the least PSNR over the best other method."""

    frames: list[Scored] = field(default_factory=list)

    def add(self, frame: Scored) -> None:
        """Keep the frame if it is among the worst, and then drop the best of those."""
        self.frames = sorted([*self.frames, frame], key=lead)[:COUNT]

    def write(self, path: Path, title: str) -> None:
        """The sheet, the worst frame first. Raises OutputError."""
        notes = (
            f"Worst first: PSNR of ours less that of the best other method. PSNR in dB; errors "
            f"from black, none, to white, {LARGEST_ERROR:g} of white or more."
        )
        other = compared(self.frames[0])
        headings = ("first", "true", "ours", other, "error of ours", f"error of {other}")
        rows = [_row(frame, other) for frame in self.frames]
        write_png(contact_sheet(title, notes, headings, rows), path)


def lead(frame: Scored) -> float:
    """PSNR of ours less that of the best other method, in dB."""
    others = [scores["psnr"] for name, scores in frame.scores.items() if name != OURS]
    return frame.scores[OURS]["psnr"] - max(others)


def compared(frame: Scored) -> str:
    """The method shown beside ours: dis where it ran, else the blend, else what there is."""
    others = [name for name in frame.scores if name != OURS]
    return next((name for name in ("dis", "blend") if name in others), others[0])


def _row(frame: Scored, other: str) -> list[Cell]:
    gain = lead(frame)
    return [
        Cell(frame.pictures["first"].image, frame.name[:_LETTERS]),
        Cell(frame.pictures["truth"].image, _fitting(frame.tags)),
        _result(frame, OURS, f" dB ({gain:+.2f})"),
        _result(frame, other, " dB"),
        _error(frame, OURS),
        _error(frame, other),
    ]


def _result(frame: Scored, name: str, note: str) -> Cell:
    psnr = frame.scores[name]["psnr"]
    best = psnr >= max(scores["psnr"] for scores in frame.scores.values())
    return Cell(frame.pictures[name].image, f"{psnr:.2f}{note}", bold=best)


def _error(frame: Scored, name: str) -> Cell:
    ssim = frame.scores[name].get("ssim")
    caption = "" if ssim is None else f"SSIM {ssim:.3f}"
    return Cell(frame.pictures[name].error, caption)


def _fitting(tags: tuple[str, ...]) -> str:
    """As many tags as one line holds."""
    while len(", ".join(tags)) > _LETTERS:
        tags = tags[:-1]
    return ", ".join(tags)
