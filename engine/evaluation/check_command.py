"""How good a retime of this plate will be, by setting: predict every second frame, and compare.

PLATE is what `hifi-ofx retime` takes. Nothing of it is changed. Things move twice as far as in a
retime, so the figures are a lower bound.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hifi_ofx import parameters
from hifi_ofx.errors import Cancelled, InvalidSetting, OutputError
from hifi_ofx.quality import Footage, Machine, preset
from hifi_ofx.sequence import ImageSequence

from ..inference.denoiser import choose_device
from ..inference.model_cache import Loaded
from ..pictures.contact_sheet import Cell, contact_sheet
from ..plate.atomic import atomic
from ..plate.png import write_png
from ..plate.source import open_source
from . import plate_check
from .figures import available
from .pictures import full
from .plate_check import BLEND, Advice, Moments
from .progress import Told
from .report import mean
from .scoring import Scored, Scoring
from .sweep import Variant
from .thumbnails import LARGEST_ERROR

_SHOWN = 6  # of them on the sheet, the worst


@dataclass(frozen=True)
class Check:
    """One plate's answer."""

    plate: str
    base: str  # the preset that each knob is turned from
    tried: list[Variant]
    frames: list[Scored]
    figures: Mapping[str, str]  # what each is exactly

    @property
    def means(self) -> dict[str, dict[str, float]]:
        """Figures and seconds of each setting, over all frames."""
        return mean([frame.scores for frame in self.frames])

    @property
    def advice(self) -> Advice:
        """The best setting, and the fastest that is as good."""
        return plate_check.advice(self.means, self.tried)

    def flags(self, name: str) -> str:
        """What a setting is on the command line."""
        return plate_check.flags(next(one for one in self.tried if one.name == name), self.base)


def run(arguments: argparse.Namespace) -> int:
    """Print a row a setting and the advice. Stopped by Ctrl-C it says what is known by then."""
    _check_targets(arguments)
    footage = parameters.from_flags(Footage(), arguments)
    sequence = ImageSequence.around(arguments.plate)
    source = open_source(arguments.plate, footage, "")
    try:
        found = plate_check.moments(source, sequence, arguments.moments, footage)
        for count, words in ((found.cuts, "across a cut"), (found.still, "where nothing moves")):
            if count:
                print(f"Passed over: {count} {words}.", file=sys.stderr)
        check, whole = _asked(arguments, found)
    finally:
        source.close()
    if not check.frames:
        return Cancelled.exit_code
    print(text(check))
    _write(arguments, check)
    return 0 if whole else Cancelled.exit_code


def _asked(arguments: argparse.Namespace, found: Moments) -> tuple[Check, bool]:
    """Every setting at every moment; and whether that was all of them."""
    machine = parameters.from_flags(Machine(), arguments)
    interpolator, _ = Loaded().load(arguments.weights, machine, preset(arguments.preset))
    items = found.items
    tried = plate_check.settings(arguments.preset, found.tell(interpolator.acts))
    figures = available(choose_device(machine.device))
    compared = plate_check.of_settings(interpolator, tried, machine)
    if arguments.progress:
        compared = plate_check.told(compared, len(items), _print_progress)
    scoring = Scoring(full, compared, figures.compute, pictures=bool(arguments.sheet))
    frames: list[Scored] = []
    try:
        with Told(len(items), "moment") as told:
            for item in items:
                frames += scoring.frames(item)
                told.one(item.name)
    except KeyboardInterrupt:
        print(f"hifi-ofx: stopped after {len(frames)} of {len(items)} moments.", file=sys.stderr)
    check = Check(arguments.plate, arguments.preset, tried, frames, figures.described)
    return check, len(frames) == len(items)


def _print_progress(done: int, of: int) -> None:
    print(json.dumps({"done": done, "of": of}), flush=True)


def text(check: Check) -> str:
    """A row a setting, and what to take."""
    means, advice = check.means, check.advice
    figures = [name for name in means[BLEND] if name != "seconds"]
    rows = [[check.flags(one.name), *_numbers(means[one.name], figures)] for one in check.tried]
    rows.append(["(blend)", *_numbers(means[BLEND], figures)])
    headings = ["setting", *(name.upper() for name in figures), "s/frame"]
    table = _aligned([headings, *rows])
    best, cheapest = means[advice.best], means[advice.cheapest]
    return (
        f"{table}\n\nBest here: {check.flags(advice.best)} ({best['psnr']:.2f} dB).\n"
        f"Enough: {check.flags(advice.cheapest)} ({cheapest['psnr']:.2f} dB, within "
        f"{plate_check.ENOUGH:g} dB of it, at {cheapest['seconds'] / best['seconds']:.2f} of its "
        f"time).\n{len(check.frames)} frames were left out and predicted over twice the plate's "
        f"own motion.{_lpips(check)}"
    )


def _lpips(check: Check) -> str:
    """Which network LPIPS goes by: its figures by another do not compare."""
    said = check.figures.get("lpips")
    return f"\nLPIPS: {said}." if said else ""


def _numbers(figures: dict[str, float], names: Sequence[str]) -> list[str]:
    decimals = {"psnr": 2}
    return [f"{figures[name]:.{decimals.get(name, 4)}f}" for name in names] + [
        f"{figures['seconds']:.2f}"
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def _write(arguments: argparse.Namespace, check: Check) -> None:
    if arguments.json:
        with atomic(arguments.json) as temporary:
            temporary.write_text(json.dumps(_to_json(check), indent=1), encoding="utf-8")
    if arguments.sheet:
        write_png(_sheet(check), arguments.sheet)


def _to_json(check: Check) -> dict[str, Any]:
    flags = {one.name: check.flags(one.name) for one in check.tried}
    return {
        "plate": check.plate,
        "figures": dict(check.figures),
        "settings": [
            {
                "flags": flags[one.name],
                "quality": parameters.to_json(one.quality),
                **check.means[one.name],
            }
            for one in check.tried
        ],
        BLEND: check.means[BLEND],
        "best": flags[check.advice.best],
        "enough": flags[check.advice.cheapest],
        "frames": {
            frame.name: {flags.get(name, name): scores for name, scores in frame.scores.items()}
            for frame in check.frames
        },
    }


def _sheet(check: Check) -> Any:
    """The worst moments of the advised setting, worst first, beside the truth and the best."""
    advice = check.advice
    worst = sorted(check.frames, key=lambda frame: frame.scores[advice.cheapest]["psnr"])[:_SHOWN]
    shown = list(dict.fromkeys((advice.cheapest, advice.best, BLEND)))
    headings = ["true", *(name if name == BLEND else check.flags(name) for name in shown)]
    notes = f"Worst first. Errors from black, none, to white, {LARGEST_ERROR:g} of white or more."
    rows = [_row(frame, shown) for frame in worst]
    return contact_sheet(f"{Path(check.plate).name}", notes, [*headings, "error"], rows)


def _row(frame: Scored, shown: Sequence[str]) -> list[Cell]:
    best = max(shown, key=lambda name: frame.scores[name]["psnr"])
    pictures = [
        Cell(frame.pictures[name].image, f"{frame.scores[name]['psnr']:.2f} dB", name == best)
        for name in shown
    ]
    error = Cell(frame.pictures[shown[0]].error, "")
    return [Cell(frame.pictures["truth"].image, frame.name), *pictures, error]


def _check_targets(arguments: argparse.Namespace) -> None:
    """Raises InvalidSetting, OutputError before any work."""
    if arguments.moments < 1:
        raise InvalidSetting(f"--moments is {arguments.moments}; it must be 1 or more.")
    if arguments.sheet and arguments.sheet.suffix.lower() != ".png":
        raise InvalidSetting(f"--sheet {arguments.sheet} is no PNG.", "End its name in .png.")
    for path in filter(None, (arguments.json, arguments.sheet)):
        if not path.absolute().parent.is_dir():
            raise OutputError(
                f"{path} cannot be written: its folder does not exist.", "Create it first."
            )
