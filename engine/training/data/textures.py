"""Folders of photographs, decoded once, with their licences for the record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional as F

from hifi_ofx.errors import FrameError, InvalidSetting

SUFFIXES = frozenset({".webp", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
HELD_OUT = 8  # every so manieth source is kept for validation


@dataclass(frozen=True)
class Folder:
    """What a folder gave: tensors for training, tensors held out, and licence -> file count."""

    training: list[Tensor]
    held_out: list[Tensor]
    licences: dict[str, int]


def load_textures(folders: Iterable[Path], size: int) -> Folder:
    """Every picture below the folders as squares, uint8 (3, size, size).

    A picture is scaled so that its shorter side is `size` and cut into squares along the longer
    one. Raises InvalidSetting for a folder without pictures, FrameError for an unreadable one.
    """
    squares: tuple[list[Tensor], list[Tensor]] = ([], [])
    licences: dict[str, int] = {}
    for folder in folders:
        for number, path in enumerate(pictures(folder)):
            held = number % HELD_OUT == HELD_OUT - 1
            squares[held].extend(_squares(read_picture(path), size))
        count_licences(licences, folder)
    return Folder(*squares, licences)


def read_picture(path: Path) -> Tensor:
    """A picture as uint8 (3, height, width). Raises FrameError when it cannot be decoded."""
    try:
        with Image.open(path) as image:
            pixels = np.array(image.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise FrameError(f"{path} cannot be read: {error}.", "Replace or remove it.") from error
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def pictures(folder: Path) -> list[Path]:
    """Every picture below a folder. Raises InvalidSetting where there is none."""
    if not folder.is_dir():
        raise InvalidSetting(f"There is no folder {folder}.", "Name a folder of pictures.")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        known = ", ".join(sorted(SUFFIXES))
        raise InvalidSetting(f"There are no pictures in {folder}.", f"Known are {known}.")
    return found


def _squares(picture: Tensor, size: int) -> list[Tensor]:
    height, width = picture.shape[-2:]
    scale = size / min(height, width)
    scaled = (max(size, round(height * scale)), max(size, round(width * scale)))
    fitted = resized(picture, scaled).clamp_(0, 255).round_().to(torch.uint8)
    longer = max(scaled)
    count = max(1, round(longer / size - 0.2))
    starts = [0] if count == 1 else [n * (longer - size) // (count - 1) for n in range(count)]
    along = -1 if scaled[1] >= scaled[0] else -2
    return [fitted.narrow(along, start, size).contiguous() for start in starts]


def resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Pictures (…, H, W) of any type as float, antialiased bilinear."""
    single = picture.dim() == 3
    batch = picture[None].float() if single else picture.float()
    result = F.interpolate(batch, size, mode="bilinear", antialias=True)
    return result[0] if single else result


def count_licences(licences: dict[str, int], folder: Path) -> None:
    """Add the folder's files, by licence, as the MANIFEST.json beside it lists them."""
    manifest = folder.parent / "MANIFEST.json"
    if not manifest.is_file():
        licences["not stated"] = licences.get("not stated", 0) + 1
        return
    for entry in json.loads(manifest.read_text(encoding="utf-8")):
        if entry["file"].startswith(folder.name + "/"):
            licences[entry["licence"]] = licences.get(entry["licence"], 0) + 1
