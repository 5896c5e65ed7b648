"""Folders of photographs and of video clips, decoded once, with their licences for the record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Generator, Tensor
from torch.nn import functional as F

from hifi_ofx.errors import FrameError, InvalidSetting

from ..color import WHITE
from .procedural import Samples

SUFFIXES = frozenset({".webp", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
HELD_OUT = 8  # every so manieth source is kept for validation

Clip = Tensor  # uint8 (frames, 3, height, width)


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
        for number, path in enumerate(_pictures(folder)):
            held = number % HELD_OUT == HELD_OUT - 1
            squares[held].extend(_squares(read_picture(path), size))
        _count(licences, folder)
    return Folder(*squares, licences)


def load_clips(folders: Iterable[Path]) -> Folder:
    """Every sub-folder of pictures 0, 1, 2 … below the folders as a clip, uint8 (N, 3, H, W).

    Clips that share a name but for its number share a source: all are held out, or none.
    """
    clips: tuple[list[Tensor], list[Tensor]] = ([], [])
    licences: dict[str, int] = {}
    for folder in folders:
        names = sorted(path for path in folder.glob("*") if path.is_dir())
        if not names:
            raise InvalidSetting(f"There are no clips in {folder}.", "One folder of frames each.")
        sources = sorted({source(path.name) for path in names})
        for path in names:
            held = sources.index(source(path.name)) % HELD_OUT == HELD_OUT - 1
            clips[held].append(torch.stack([read_picture(frame) for frame in _pictures(path)]))
        _count(licences, folder)
    return Folder(*clips, licences)


def source(name: str) -> str:
    """A clip's name without its leading number: "026_frog" and "027_frog" are one source."""
    return name.lstrip("0123456789").lstrip("_")


def read_picture(path: Path) -> Tensor:
    """A picture as uint8 (3, height, width). Raises FrameError when it cannot be decoded."""
    try:
        with Image.open(path) as image:
            pixels = np.array(image.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise FrameError(f"{path} cannot be read: {error}.", "Replace or remove it.") from error
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def _pictures(folder: Path) -> list[Path]:
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


def _count(licences: dict[str, int], folder: Path) -> None:
    """Add the folder's files, by licence, as the MANIFEST.json beside it lists them."""
    manifest = folder.parent / "MANIFEST.json"
    if not manifest.is_file():
        licences["not stated"] = licences.get("not stated", 0) + 1
        return
    for entry in json.loads(manifest.read_text(encoding="utf-8")):
        if entry["file"].startswith(folder.name + "/"):
            licences[entry["licence"]] = licences.get(entry["licence"], 0) + 1


def clip_samples(clips: Sequence[Clip], batch: int, size: int, generator: Generator) -> Samples:
    """Triplets of random clips with the paper's augmentation (checklist 30, 31).

    The in-between is any frame between two others, so fractions are 1/4, 1/3, 1/2, 2/3 and 3/4.
    """
    triplets, fractions = [], []
    for _ in range(batch):
        clip = clips[_integer(len(clips), generator)]
        early, between, late = _triplet(len(clip), generator)
        frames = _augmented(clip[[early, between, late]], size, generator)
        fraction = (between - early) / (late - early)
        if _integer(2, generator):
            frames, fraction = frames.flip(0), 1 - fraction
        triplets.append(frames)
        fractions.append(fraction)
    first, middle, second = torch.stack(triplets).mul_(WHITE / 255).unbind(1)
    return Samples(first, second, middle, torch.tensor(fractions))


def _integer(limit: int, generator: Generator) -> int:
    return int(torch.randint(limit, (), generator=generator))


def _triplet(count: int, generator: Generator) -> tuple[int, int, int]:
    """first < middle < second out of `count` frames; in two of three cases the exact middle."""
    while True:
        chosen = torch.randperm(count, generator=generator)[:3].sort().values.tolist()
        first, middle, second = chosen
        if 2 * middle == first + second or not _integer(3, generator):
            return first, middle, second


def _augmented(frames: Tensor, size: int, generator: Generator) -> Tensor:
    """Multi-resolution crop, horizontal and vertical flip of frames (3, 3, H, W): float."""
    height, width = frames.shape[-2:]
    tall = min(height, size + _integer(max(1, height - size + 1), generator))
    wide = min(width, size + _integer(max(1, width - size + 1), generator))
    if _integer(2, generator):  # half of them keep their proportions
        tall = wide = min(tall, wide)
    top, left = _integer(height - tall + 1, generator), _integer(width - wide + 1, generator)
    cut = resized(frames[..., top : top + tall, left : left + wide], (size, size))
    flips = [axis for axis in (-1, -2) if _integer(2, generator)]
    return cut.flip(flips) if flips else cut
