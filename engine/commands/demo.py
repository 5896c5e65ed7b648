"""Make a short HDR plate with a fence, wires and a fast pan, retime it, and show how good it is.

Writes plate.####.exr, slow.####.exr and contact_sheet.png into a folder. The plate is exact at any
time, so every in-between is compared with the true one, and so is the frame blend.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from hifi_ofx import terminal
from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import Cancelled, InvalidSetting, OutputError
from hifi_ofx.quality import Quality, preset
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import PlannedFrame, Retime, parse_speed

from .. import color
from ..inference.weights_file import weights_path
from ..pictures.contact_sheet import Cell, Image, contact_sheet
from ..pictures.heat import heat
from ..plate.exr import read_frame, write_frame
from ..plate.png import write_png
from .demo_plate import LAST, Painting, as_frame, paint_street, picture

SIZE = (360, 640)
FIRST = 1  # number of the first source frame
ROWS = 3  # in-betweens on the contact sheet
LARGEST_ERROR = 0.4  # the end of the error maps' scale, of display values 0 to 1
VISIBLE = 0.05  # dB: the better of two results is bold from this difference on
NOTES = "display-encoded (sRGB below diffuse white)"


def run(arguments: argparse.Namespace) -> int:
    """Plate, retime, contact sheet; then a table of what the in-betweens are worth."""
    weights_path(arguments.weights)  # a wrong name should show before any work is done
    quality = preset(arguments.preset)
    demo = Demo(arguments.folder, parse_speed(arguments.speed), arguments.frames)
    print(f"{arguments.folder}/plate.####.exr: {arguments.frames} frames of {_size_text(SIZE)}")
    demo.write_plate()
    demo.retime(quality, arguments.weights)
    results = demo.results()
    demo.write_sheet(results, f"weights {Path(arguments.weights).stem}, {arguments.preset}")
    print(table(results))
    print(f"\nLook at {demo.sheet} and {demo.folder}/slow.####.exr")
    return 0


@dataclass(frozen=True)
class Result:
    """An in-between beside the truth and the frame blend: display-encoded images (H, W, 3)."""

    frame: PlannedFrame
    truth: Image
    ours: Image
    blend: Image

    @cached_property
    def psnr(self) -> tuple[float, float]:
        """PSNR in dB of ours and of the blend."""
        return psnr(self.ours, self.truth), psnr(self.blend, self.truth)


@dataclass(frozen=True)
class Demo:
    """The demo's files. Raises InvalidSetting for a length or a speed that makes no in-between."""

    folder: Path
    speed: Fraction
    frames: int
    size: tuple[int, int] = SIZE
    density: int = 720

    def __post_init__(self) -> None:
        if not 2 <= self.frames <= LAST + 1:
            raise InvalidSetting(
                f"Frames is {self.frames}; it must be 2 to {LAST + 1}.", "5 are enough to see."
            )
        if not self.inbetweens:
            raise InvalidSetting(
                f"At speed {self.speed} no frame has to be synthesized.", "Take 1/4."
            )

    @cached_property
    def layers(self) -> tuple[Painting, ...]:
        """The scene."""
        return paint_street(self.density)

    @cached_property
    def inbetweens(self) -> tuple[PlannedFrame, ...]:
        """What the retime has to synthesize."""
        plan = Retime(speed=self.speed).plan(FIRST, FIRST + self.frames - 1)
        return plan.inbetweens

    @property
    def sheet(self) -> Path:
        """The contact sheet's file."""
        return self.folder / "contact_sheet.png"

    def plate(self, frame: int) -> Path:
        """A source frame's file."""
        return self.folder / f"plate.{frame:04d}.exr"

    def slow(self, frame: int) -> Path:
        """An output frame's file."""
        return self.folder / f"slow.{frame:04d}.exr"

    def write_plate(self) -> None:
        """Render the source frames. Raises OutputError where they cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"The folder {self.folder} cannot be made: {error.strerror}.",
                "Choose another folder.",
            ) from error
        for number in range(self.frames):
            frame = as_frame(picture(self.layers, number, self.size), number)
            write_frame(frame, self.plate(FIRST + number))

    def retime(self, quality: Quality, weights: str) -> None:
        """Retime the plate through the engine process, as `hifi-ofx retime` does."""
        request = RenderRequest(
            source=str(self.folder / "plate.####.exr"),
            target=str(self.folder / "slow.####.exr"),
            retime=Retime(speed=self.speed),
            quality=quality,
            weights=weights,
        )
        display = terminal.Lines()
        with EngineProcess() as engine:
            try:
                for line in engine.render(request):
                    display.show(line)
            except KeyboardInterrupt:
                raise Cancelled("Cancelled.", "The same command goes on from there.") from None
            finally:
                display.close()

    def results(self) -> list[Result]:
        """Every in-between on disk, with its truth and the blend of its neighbors."""
        return [self._result(frame) for frame in self.inbetweens]

    def write_sheet(self, results: Sequence[Result], made_with: str) -> None:
        """The contact sheet of a few in-betweens."""
        shown = [results[i] for i in _spread(len(results), ROWS)]
        largest = f"{LARGEST_ERROR:g}"
        headings = (
            "truth", "HiFI", "frame blend",
            f"error of HiFI, 0 to {largest}", f"error of blend, 0 to {largest}",
        )  # fmt: skip
        notes = f"{made_with}; speed {self.speed}; {NOTES}; mean PSNR {_mean_text(results)}"
        sheet = contact_sheet("hifi-ofx demo", notes, headings, [_row(one) for one in shown])
        write_png(sheet, self.sheet)

    def _result(self, frame: PlannedFrame) -> Result:
        left, right = (_model(read(self.plate(n))) for n in (frame.left, frame.right))
        truth = picture(self.layers, float(frame.left + frame.fraction) - FIRST, self.size)
        return Result(
            frame,
            truth=_display(_model(truth)),
            ours=_display(_model(read(self.slow(frame.output)))),
            blend=_display(torch.lerp(left, right, float(frame.fraction))),
        )


def read(path: Path) -> Image:
    """A frame's color, (H, W, 3), scene-linear."""
    part = read_frame(path).parts[0]
    return np.stack([part.planes[name].astype(np.float32) for name in "RGB"], axis=-1)


def psnr(image: Image, truth: Image) -> float:
    """Peak signal-to-noise ratio in dB of images 0 to 1; infinite where they are equal."""
    error = float(np.mean(np.square(image - truth, dtype=np.float64)))
    return -10 * math.log10(error) if error else math.inf


def table(results: Sequence[Result]) -> str:
    """PSNR of ours and of the blend, a line an in-between, and their means."""
    lines = [f"PSNR against the true in-betweens, {NOTES}:", _line("output", "source", _HEADS)]
    for one in results:
        source = f"{one.frame.left} + {one.frame.fraction}"
        lines.append(_line(str(one.frame.output), source, _decibels(*one.psnr)))
    return "\n".join([*lines, _line("mean", "", _decibels(*_means(results)))])


_HEADS = ("HiFI", "blend", "gain")


def _line(output: str, source: str, numbers: Sequence[str]) -> str:
    return f"{output:>8}  {source:<12}" + "".join(f"{number:>11}" for number in numbers)


def _decibels(ours: float, blend: float) -> tuple[str, str, str]:
    gain = round(ours - blend, 2) + 0.0  # never "-0.00"
    return f"{ours:.2f} dB", f"{blend:.2f} dB", f"{gain:+.2f} dB"


def _means(results: Sequence[Result]) -> tuple[float, float]:
    ours, blend = zip(*(one.psnr for one in results), strict=True)
    return statistics.fmean(ours), statistics.fmean(blend)


def _mean_text(results: Sequence[Result]) -> str:
    ours, blend = _means(results)
    return f"{ours:.2f} dB, blend {blend:.2f} dB"


def _row(result: Result) -> list[Cell]:
    ours, blend = result.psnr
    frame = result.frame
    return [
        Cell(result.truth, f"frame {frame.output} = {frame.left} + {frame.fraction}"),
        Cell(result.ours, f"{ours:.2f} dB", bold=ours > blend + VISIBLE),
        Cell(result.blend, f"{blend:.2f} dB", bold=blend > ours + VISIBLE),
        _error_cell(result.ours, result.truth),
        _error_cell(result.blend, result.truth),
    ]


def _error_cell(image: Image, truth: Image) -> Cell:
    error = np.abs(image - truth).mean(axis=-1)
    return Cell(heat(error, LARGEST_ERROR), f"mean error {error.mean():.4f}")


def _model(linear: Image) -> torch.Tensor:
    return color.to_model(torch.from_numpy(linear))


def _display(model: torch.Tensor) -> Image:
    shown: Image = color.model_to_display(model).numpy()
    return shown


def _spread(count: int, wanted: int) -> list[int]:
    """Up to `wanted` numbers below `count`, evenly spread."""
    taken = min(count, wanted)
    return [int((i + 0.5) * count / taken) for i in range(taken)]


def _size_text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]} pixels"
