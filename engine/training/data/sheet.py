"""`python -m engine.training.data.sheet OUT.png`: what a training run would see, to look at.

Rows of first, middle and second with their fraction, drawn at random as a run draws them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Generator, Tensor

from hifi_ofx import parameters
from hifi_ofx.errors import HifiError

from ...color import model_to_display
from ..procedural.samples import Samples
from ..settings import TrainingSettings
from .mixture import draw, load_data

COLUMNS = 3  # triplets in a row of the sheet
GAP, CAPTION = 4, 14  # pixels


def contact_sheet(samples: Samples) -> Image.Image:
    """Triplets first, middle, second; above each its fraction and how much first and second differ.

    Light above white is shown as white.
    """
    count, _, height, width = samples.first.shape
    cell = 3 * width + 3 * GAP, height + CAPTION + GAP
    columns = min(COLUMNS, count)
    sheet = Image.new("RGB", (columns * cell[0], -(-count // columns) * cell[1]), "#181818")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    change = (samples.first - samples.second).abs().mean(dim=(1, 2, 3))
    for number in range(count):
        left, top = number % columns * cell[0], number // columns * cell[1]
        text = f"{number}: fraction {samples.fraction[number]:.2f}, change {change[number]:.3f}"
        pen.text((left + GAP, top), text, fill="#c8c8c8", font=font)
        for place, frames in enumerate((samples.first, samples.middle, samples.second)):
            at = left + GAP + place * (width + GAP), top + CAPTION
            sheet.paste(_picture(frames[number]), at)
    return sheet


def _picture(frame: Tensor) -> Image.Image:
    display = model_to_display(frame.detach().cpu()).mul(255).round().byte()
    return Image.fromarray(np.ascontiguousarray(display.permute(1, 2, 0).numpy()))


def main(arguments: list[str] | None = None) -> int:
    """Draw 24 samples and write the sheet; 0, or 2 after a sentence about what is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m engine.training.data.sheet", description=__doc__
    )
    parser.add_argument("output", type=Path, metavar="OUT.png", help="The picture to write.")
    parser.add_argument("--textures", type=Path, nargs="+", default=[], metavar="DIR")
    parser.add_argument("--clips", type=Path, nargs="+", default=[], metavar="DIR")
    parser.add_argument("--count", type=int, default=24, help="Samples (default: 24).")
    parameters.add_flags(parser, TrainingSettings, "training")
    parsed = parser.parse_args(arguments)
    try:
        settings = parameters.from_flags(TrainingSettings(batch=parsed.count), parsed)
        cpu = torch.device("cpu")
        data = load_data(parsed.textures, parsed.clips, settings.seed, cpu, settings)
        samples = draw(data, settings, settings.motion_ramp, Generator().manual_seed(settings.seed))
    except HifiError as error:
        print(error, file=sys.stderr)
        return 2
    temporary = parsed.output.with_name(parsed.output.name + ".part")
    contact_sheet(samples).save(temporary, format="PNG")
    temporary.replace(parsed.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
