"""Folders of first, true middle and second frame, and the score of a prediction on them."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor

from hifi_ofx.errors import SequenceError
from hifi_ofx.quality import Quality

from ..color import model_to_display
from ..exr import read_frame
from ..interpolator import Interpolator, Task
from ..synthesis import color_image

Scores = dict[str, dict[str, float]]  # method -> figure -> value


def triplets(root: Path) -> list[Path]:
    """The folders below `root` that hold frames 0, 1 and 2, by name.

    Raises SequenceError, with the layout that is expected, when there is none.
    """
    found = sorted(path for path in root.glob("*") if _file(path, 0)) if root.is_dir() else []
    if not found:
        raise SequenceError(
            f"{root} has no folders with files 0, 1 and 2 (.png or .exr) in them.",
            "Give the folder that holds the triplets' folders.",
        )
    return found


def score(folder: Path, interpolator: Interpolator, quality: Quality) -> Scores:
    """PSNR of our middle frame and of the frame blend against the true one.

    On display-encoded RGB in [0, 1]: scene-linear frames are encoded by `color.to_model`.
    """
    first, truth, second = _images(folder)
    task = Task(quality, folder.name)
    ours = interpolator.between(first, second, Fraction(1, 2), task).image
    return {
        "ours": {"psnr": psnr(ours, truth)},
        "blend": {"psnr": psnr(torch.lerp(first, second, 0.5), truth)},
    }


def psnr(image: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of two images in the model's range, as displayed."""
    error = model_to_display(image) - model_to_display(truth)
    return -10 * math.log10(max(error.double().square().mean().item(), 1e-12))


def _images(folder: Path) -> list[Tensor]:
    frames = []
    for number in (0, 1, 2):
        path = _file(folder, number)
        if path is None:
            raise SequenceError(
                f"{folder} has no frame {number}.", "A triplet is 0, 1 and 2, .png or .exr."
            )
        frames.append(read_frame(path))
    window = frames[0].parts[0].data_window
    for frame in frames[1:]:
        window = window.union(frame.parts[0].data_window)
    return [color_image(frame, window) for frame in frames]


def _file(folder: Path, number: int) -> Path | None:
    candidates = (folder / f"{number}{suffix}" for suffix in (".png", ".exr"))
    return next((path for path in candidates if path.is_file()), None)
