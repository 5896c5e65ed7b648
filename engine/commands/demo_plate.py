"""The demo's plate: a street at dusk behind a fence, exact at any time.

Flat paintings slide past each other at the speeds their distances ask for, under a fast pan. A
pixel is the exact mean of what it covers, so a frame at any time is the truth: nothing is ever
warped from another frame. Values are scene-linear, diffuse white is 1, the sun is 50.

Lengths are in frame heights from the top left corner of the frame, times in source frames. The
paintings reach far enough for times 0 to LAST and frames up to 16:9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from ..plate.frame import Attribute, Frame, Part, Window
from ..plate.timecode import offset, parse

Image = npt.NDArray[np.float32]  # (H, W, channels)
Mask = npt.NDArray[np.float32]  # (H, W), 0 to 1
Color = tuple[float, float, float]

LAST = 12
RATE = Fraction(24)
FIRST_TIMECODE = parse("01:00:00:00")
SUN, LAMP, NEON, SKY_GLOW = 50.0, 30.0, 6.0, 1.6

# Rows of the letters that the scene needs, 5 bits each, as on a dot-matrix display.
_LETTERS = {
    "2": (14, 17, 1, 2, 4, 8, 31),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "E": (31, 16, 16, 30, 16, 16, 31),
    "F": (31, 16, 16, 30, 16, 16, 16),
    "H": (17, 17, 17, 31, 17, 17, 17),
    "I": (14, 4, 4, 4, 4, 4, 14),
    "L": (16, 16, 16, 16, 16, 16, 31),
    "O": (14, 17, 17, 17, 17, 17, 14),
    "T": (31, 4, 4, 4, 4, 4, 4),
    " ": (0,) * 7,
}


@dataclass(frozen=True)
class Painting:
    """A layer and where it is at which time.

    `sums` (H + 1, W + 1, 4) are of its premultiplied texels above and left of each corner, so that
    the mean of any rectangle is a difference of four. `corner` (x, y) is its top left at time 0,
    `velocity` (x, y) what it moves from frame to frame.
    """

    sums: npt.NDArray[np.float64]
    density: int
    corner: tuple[float, float]
    velocity: tuple[float, float]

    def at(self, time: float, size: tuple[int, int]) -> Image:
        """The layer in a frame of (height, width) pixels, (H, W, 4); beyond its border, nothing."""
        left, top = (c + v * time for c, v in zip(self.corner, self.velocity, strict=True))
        height, width = size
        rows = _between(self.sums, (np.arange(height + 1) / height - top) * self.density)
        columns = (np.arange(width + 1) / height - left) * self.density
        sums = _between(rows.swapaxes(0, 1), columns).swapaxes(0, 1)
        image: Image = (sums * (height / self.density) ** 2).astype(np.float32)
        return image


def picture(layers: Sequence[Painting], time: float, size: tuple[int, int]) -> Image:
    """The scene at a time, (H, W, 3), scene-linear, in a frame of (height, width) pixels."""
    image = np.zeros((*size, 3), np.float32)
    for layer in layers:
        over = layer.at(time, size)
        image *= 1 - over[..., 3:]
        image += over[..., :3]
    return image


def as_frame(image: Image, number: int) -> Frame:
    """An image (H, W, 3) as a half-float EXR frame, `number` frames after the first timecode."""
    window, half = Window(0, 0, image.shape[1], image.shape[0]), np.dtype(np.float16)
    part = Part(
        channels=("R", "G", "B"),
        types=dict.fromkeys("RGB", half),
        data_window=window,
        display_window=window,
        compression="zip",
        metadata={
            "smpte:TimeCode": offset(FIRST_TIMECODE, number, RATE),
            "framesPerSecond": Attribute("rational", RATE.as_integer_ratio()),
        },
        planes={name: image[..., index].astype(half) for index, name in enumerate("RGB")},
    )
    return Frame((part,), "openexr")


def paint_street(density: int = 720) -> tuple[Painting, ...]:
    """The layers, back to front; the farther away, the slower. `density`: texels a frame height."""
    random = np.random.default_rng(7)
    placed = (
        (_sky(density), (-0.1, -0.1), (-0.004, 0.001)),
        (_skyline(density, random), (-0.05, 0.14), (-0.016, 0.001)),
        (_street(density, random), (-0.05, 0.70), (-0.028, 0.002)),
        (_van(density), (0.50, 0.50), (0.012, 0.001)),
        (_wires(density), (-0.05, 0.05), (-0.034, 0.003)),
        (_lamp(density), (1.20, 0.08), (-0.038, 0.003)),
        (_fence(density), (-0.05, 0.50), (-0.045, 0.004)),
    )
    return tuple(
        Painting(_sums(pixels), density, corner, speed) for pixels, corner, speed in placed
    )


def _sums(pixels: Image) -> npt.NDArray[np.float64]:
    sums = np.zeros((len(pixels) + 1, pixels.shape[1] + 1, 4))
    np.cumsum(pixels.cumsum(0, np.float64), 1, out=sums[1:, 1:])
    return sums


def _between(
    sums: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """What running sums along the first axis gain from each edge, in texels, to the next."""
    inside = np.clip(edges, 0, len(sums) - 1)
    below = np.minimum(inside.astype(int), len(sums) - 2)
    part = (inside - below).reshape(-1, 1, 1)
    return np.diff(sums[below] * (1 - part) + sums[below + 1] * part, axis=0)


class Canvas:
    """A painting in the making: `x` and `y` are the texels' centers in frame heights."""

    def __init__(self, width: float, height: float, density: int) -> None:
        rows, columns = round(height * density), round(width * density)
        self.texel = 1 / density
        self.x = ((np.arange(columns, dtype=np.float32) + 0.5) * self.texel)[None, :]
        self.y = ((np.arange(rows, dtype=np.float32) + 0.5) * self.texel)[:, None]
        self.pixels: Image = np.zeros((rows, columns, 4), np.float32)

    def paint(self, mask: Mask, color: Color | Image) -> None:
        """Lay a color, or an image (H, W, 3), over what is there where the mask says."""
        cover = np.broadcast_to(mask, self.pixels.shape[:2])[..., None]
        self.pixels *= 1 - cover
        self.pixels[..., :3] += cover * np.asarray(color, np.float32)
        self.pixels[..., 3:] += cover

    def add_light(self, strength: Mask, color: Color) -> None:
        """Light that covers nothing: a glow."""
        self.pixels[..., :3] += strength[..., None] * np.asarray(color, np.float32)

    def inside(self, distance: Mask) -> Mask:
        """1 where a distance is below zero, with an edge one texel soft."""
        return np.asarray(np.clip(0.5 - distance / self.texel, 0, 1), np.float32)

    def box(self, left: float, top: float, right: float, bottom: float, round_: float = 0) -> Mask:
        """A rectangle with round corners."""
        across = np.abs(self.x - (left + right) / 2) - (right - left) / 2 + round_
        down = np.abs(self.y - (top + bottom) / 2) - (bottom - top) / 2 + round_
        outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
        return self.inside(outside + np.minimum(np.maximum(across, down), 0) - round_)

    def disc(self, x: float, y: float, radius: float) -> Mask:
        """A disc."""
        return self.inside(np.hypot(self.x - x, self.y - y) - radius)

    def write(self, text: str, left: float, top: float, height: float, color: Color) -> None:
        """Text in dot-matrix letters of a height."""
        dot = height / 7
        for place, letter in enumerate(text):
            for row, bits in enumerate(_LETTERS[letter]):
                for column in (c for c in range(5) if bits >> (4 - c) & 1):
                    x, y = left + (6 * place + column) * dot, top + row * dot
                    self.fill(x, y, x + dot, y + dot, color)

    def fill(self, left: float, top: float, right: float, bottom: float, color: Color) -> None:
        """A rectangle, its edges on the nearest texels."""
        rows = slice(round(top / self.texel), round(bottom / self.texel))
        columns = slice(round(left / self.texel), round(right / self.texel))
        self.pixels[rows, columns] = (*color, 1)

    def windows(self, columns: Sequence[float], rows: Sequence[float], glow: list[Color]) -> None:
        """A window of 0.016 x 0.022 at every crossing, its light taken from `glow` in turn."""
        lights = iter(glow)
        for top in rows:
            for left in columns:
                self.fill(left, top, left + 0.016, top + 0.022, next(lights))


def _sky(density: int) -> Image:
    canvas = Canvas(2.1, 1.2, density)
    x, y = canvas.x, canvas.y
    low = np.clip(y / 0.8, 0, 1) ** 1.7
    streak = 0.5 + 0.5 * np.sin(24 * y + 2 * np.sin(3.1 * x) + 1.3 * np.sin(7.3 * x + 9 * y))
    night, dusk = np.array((0.03, 0.07, 0.2)), np.array((1.5, 0.6, 0.22))
    light = night + low[..., None] * (dusk - night)
    canvas.paint(np.ones_like(y + x), (light * (0.75 + 0.4 * streak[..., None])).astype(np.float32))
    distance = np.hypot(x - 1.02, y - 0.36)
    canvas.add_light(SKY_GLOW * np.exp(-distance / 0.09).astype(np.float32), (1.0, 0.7, 0.35))
    canvas.paint(canvas.disc(1.02, 0.36, 0.032), (SUN, 0.86 * SUN, 0.6 * SUN))
    return canvas.pixels


def _skyline(density: int, random: np.random.Generator) -> Image:
    canvas = Canvas(2.3, 0.75, density)
    left = 0.0
    while left < 2.25:
        width, top = random.uniform(0.12, 0.24), random.uniform(0.06, 0.36)
        top = max(top, 0.3) if 0.7 < left < 1.15 else top  # the sun stays in view
        canvas.fill(left, top, left + width, 0.8, _gray(random.uniform(0.03, 0.1)))
        columns = np.arange(left + 0.016, left + width - 0.024, 0.032)
        rows = np.arange(top + 0.02, 0.6, 0.045)
        lit = random.random(len(rows) * len(columns)) < 0.45
        levels = random.uniform(0.4, 2.5, len(lit))
        glow = [
            (v, 0.75 * v, 0.4 * v) if on else _gray(0.015)
            for v, on in zip(levels, lit, strict=True)
        ]
        canvas.windows(columns.tolist(), rows.tolist(), glow)
        left += width + random.uniform(0.0, 0.02)
    canvas.fill(0.305, 0.20, 0.59, 0.295, _gray(0.012))
    canvas.write("HOTEL", 0.325, 0.2175, 0.06, (NEON, 0.08 * NEON, 0.16 * NEON))
    return canvas.pixels


def _street(density: int, random: np.random.Generator) -> Image:
    canvas = Canvas(2.3, 0.45, density)
    coarse = random.uniform(0.8, 1.2, (45, 230)).astype(np.float32)
    grain = np.kron(coarse, np.ones((density // 100 + 1,) * 2, np.float32))
    rows, columns = canvas.pixels.shape[:2]
    asphalt = 0.14 * grain[:rows, :columns, None] * np.array((1.0, 0.95, 1.0), np.float32)
    canvas.paint(canvas.box(-1, 0.02, 9, 1), asphalt)
    canvas.paint(canvas.box(-1, 0.0, 9, 0.035), _gray(0.5))
    dashes = canvas.inside(np.abs((canvas.x % 0.2) - 0.1) - 0.06)
    canvas.paint(canvas.box(-1, 0.235, 9, 0.25) * dashes, _gray(0.8))
    return canvas.pixels


def _van(density: int) -> Image:
    canvas = Canvas(0.72, 0.36, density)
    canvas.paint(canvas.box(0.02, 0.02, 0.50, 0.29, 0.02), (0.85, 0.86, 0.9))
    canvas.paint(canvas.box(0.46, 0.09, 0.68, 0.29, 0.04), (0.55, 0.1, 0.08))
    canvas.paint(canvas.box(0.53, 0.11, 0.66, 0.18, 0.02), (0.10, 0.14, 0.2))
    canvas.write("HIFI 24", 0.05, 0.08, 0.07, (0.02, 0.03, 0.08))
    canvas.paint(canvas.box(0.05, 0.19, 0.47, 0.205), (0.9, 0.25, 0.05))
    for center in (0.14, 0.55):
        canvas.paint(canvas.disc(center, 0.29, 0.055), _gray(0.02))
        canvas.paint(canvas.disc(center, 0.29, 0.025), _gray(0.4))
    canvas.paint(canvas.disc(0.662, 0.24, 0.012), (0.8 * LAMP, 0.8 * LAMP, 0.7 * LAMP))
    canvas.paint(canvas.box(0.3, 0.022, 0.36, 0.028, 0.003), _gray(SUN))  # the sun on its roof
    return canvas.pixels


def _wires(density: int) -> Image:
    canvas = Canvas(2.4, 0.3, density)
    for top, sag, thick in ((0.05, 0.05, 0.0022), (0.12, 0.07, 0.0016)):
        swing = (canvas.x % 1.2 - 0.6) / 0.6
        slope = 2 * sag * swing / 0.6
        height = np.abs(canvas.y - top - sag * (1 - swing**2)) / np.hypot(1, slope)
        canvas.paint(canvas.inside(height - thick), _gray(0.01))
    return canvas.pixels


def _lamp(density: int) -> Image:
    canvas = Canvas(0.5, 1.0, density)
    distance = np.hypot(canvas.x - 0.2, canvas.y - 0.2)
    canvas.add_light(np.exp(-distance / 0.03).astype(np.float32), (2.4, 2.0, 1.4))
    canvas.paint(canvas.box(0.191, 0.21, 0.209, 2), _gray(0.02))
    canvas.paint(canvas.box(0.16, 0.15, 0.24, 0.162), _gray(0.02))
    canvas.paint(canvas.disc(0.2, 0.19, 0.03), (LAMP, 0.88 * LAMP, 0.66 * LAMP))
    return canvas.pixels


def _fence(density: int) -> Image:
    canvas = Canvas(2.5, 0.6, density)
    x, y, mesh = canvas.x, canvas.y, 0.115
    for along in (x + y, x - y):
        wire = np.abs(along % mesh - mesh / 2) / np.sqrt(2, dtype=np.float32)
        canvas.paint(canvas.inside(wire - 0.0032) * (y > 0.012), _gray(0.3))
    canvas.paint(canvas.box(-1, 0.0, 9, 0.016), _gray(0.42))
    posts = canvas.inside(np.abs(x % 0.92 - 0.3) - 0.012)
    canvas.paint(posts * np.ones_like(y), _gray(0.25))
    return canvas.pixels


def _gray(value: float) -> Color:
    return value, value, value
