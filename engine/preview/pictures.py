"""Pictures for a viewer as files: codes to show at any exposure, values to read, heat maps.

See hifi_ofx/preview.py for what the files hold. They are named after what they show, so that a
picture which is there already is not written again.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hifi_ofx.preview import Picture

from .. import color
from ..paper.cascade import resize
from ..pictures.heat import heat
from ..plate.atomic import output_error
from ..plate.frame import Frame
from ..retime.encoding import SCENE_LINEAR
from ..retime.synthesis import color_image, main_channels
from .alone import alpha_plane

SMALLEST = 96  # pixels along the longer side, below which there is no further level
LINEAR_STEPS = 2048  # of the table from codes to light
_HEAT_SIZE = 1024
_OPAQUE = 0.9

Pixels = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Prediction:
    """An in-between on disk, and the heat map of what it is unsure of."""

    ours: Picture | None = None
    heat: Picture | None = None
    kind: str = ""
    largest: float = 0.0

    @property
    def is_there(self) -> bool:
        """Whether its files still are: the front end removes what it has seen."""
        pictures = [one for one in (self.ours, self.heat) if one]
        return all(Path(path).exists() for p in pictures for path in (p.codes, p.values) if path)


def linear_table() -> tuple[float, ...]:
    """The scene-linear values of codes in equal steps from 0 to 65535."""
    values = color.from_model(torch.linspace(0, 1, LINEAR_STEPS + 1, dtype=torch.float64))
    return tuple(float(f"{value:.6g}") for value in values.tolist())


@dataclass(frozen=True)
class Album:
    """The folder that pictures are written to; `longest` as in a PreviewRequest."""

    folder: Path
    longest: int = 0

    def frame(
        self, name: str, identity: str, frame: Frame, image: Callable[[], Tensor] | None = None
    ) -> Picture:
        """The main color of a frame over its data window, as codes and values; its alpha besides.

        `image` gives what `color_image` makes of it, for those who need that elsewhere, too.
        """
        is_half, values = _values(frame)
        stem = _stem(f"{identity} {self.longest}" if self.longest else identity)
        shape = frame.parts[0].data_window.shape
        return Picture(
            name,
            *self._codes(stem, partial(_with_alpha, frame, image), shape),
            values="" if self.longest else self._written(f"{stem}.values", values),
            value_type="half" if is_half else "float",
        )

    def heat(self, identity: str, spread: Tensor, largest: float) -> Picture:
        """A map (H, W) as colors, as opaque as it is large, at most _HEAT_SIZE pixels long."""
        shown = heat_pixels(spread, largest)
        height, width = shown.shape[:2]
        path = self._written(f"{_stem(identity)}.heat", lambda: [shown])
        return Picture("heat", path, ((width, height, 0),))

    def _codes(
        self, stem: str, image: Callable[[], Tensor], shape: tuple[int, int]
    ) -> tuple[str, tuple[tuple[int, int, int], ...]]:
        sizes = level_sizes(shape)
        if self.longest:
            sizes = [size for size in sizes if max(size) <= self.longest] or sizes[-1:]
        offsets = np.cumsum([0, *(8 * height * width for height, width in sizes)]).tolist()
        levels = tuple((w, h, offset) for (h, w), offset in zip(sizes, offsets, strict=False))
        return self._written(f"{stem}.codes", lambda: _levels(image(), sizes)), levels

    def _written(self, name: str, arrays: Callable[[], Sequence[Pixels]]) -> str:
        """The path of a file with these arrays one after the other; kept where it exists."""
        path = self.folder / name
        if path.exists():
            return str(path)
        temporary = path.with_name(f"{uuid.uuid4().hex}.tmp")
        try:
            with open(
                os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                for array in arrays():
                    file.write(np.ascontiguousarray(array).data)
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise output_error(path, error) from error
        return str(path)


def level_sizes(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """(height, width) of every level: the full size, then halves while longer than SMALLEST."""
    sizes = [shape]
    while max(sizes[-1]) > SMALLEST:
        sizes.append((max(1, (sizes[-1][0] + 1) // 2), max(1, (sizes[-1][1] + 1) // 2)))
    return sizes


def heat_pixels(spread: Tensor, largest: float) -> npt.NDArray[np.uint8]:
    """A map (H, W) as premultiplied RGBA bytes, black and clear where it is 0."""
    scale = min(1.0, _HEAT_SIZE / max(spread.shape))
    size = max(1, round(spread.shape[0] * scale)), max(1, round(spread.shape[1] * scale))
    small = resize(spread[None, None].float(), size)[0, 0].cpu().numpy()
    alpha = np.clip(2 * small / largest, 0, _OPAQUE)[..., None].astype(np.float32)
    rgba = np.concatenate([heat(small, largest) * alpha, alpha], axis=-1)
    pixels: npt.NDArray[np.uint8] = np.rint(rgba * 255).astype(np.uint8)
    return pixels


def _with_alpha(frame: Frame, image: Callable[[], Tensor] | None) -> Tensor:
    """The main color, and as a fourth plane the alpha that the frame has."""
    color_planes = image() if image else color_image(frame)
    alpha = alpha_plane(frame)
    if alpha is None:
        return color_planes
    return torch.cat([color_planes, torch.from_numpy(alpha)[None]])


def _levels(image: Tensor, sizes: Sequence[tuple[int, int]]) -> list[Pixels]:
    levels: list[Pixels] = []
    for size in sizes:
        image = resize(image, size)
        codes = np.full((*size, 4), 65535, np.uint16)
        shown = image.clamp(0, 1).mul(65535).round().permute(1, 2, 0).numpy()
        codes[..., : shown.shape[-1]] = shown
        levels.append(codes)
    return levels


def _values(frame: Frame) -> tuple[bool, Callable[[], Sequence[Pixels]]]:
    """Whether the values are halves, and what makes them: linear RGB, interleaved."""
    part, channels = main_channels(frame)
    is_half = all(part.types[name] == np.float16 for name in channels)

    def linear() -> Sequence[Pixels]:
        if frame.display_referred:
            return [SCENE_LINEAR.from_model(color_image(frame)).permute(1, 2, 0).numpy()]
        kind = np.float16 if is_half else np.float32
        planes = [part.planes[name].astype(kind) for name in channels]
        return [np.stack([planes[min(i, len(planes) - 1)] for i in range(3)], axis=-1)]

    return is_half and not frame.display_referred, linear


def _stem(identity: str) -> str:
    return hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()
