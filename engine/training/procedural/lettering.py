"""Real letters, drawn with Pillow's own scalable font: pages, signs and plates."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Generator, Tensor

from .brushes import integer, log_uniform, uniform

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def page(size: int, generator: Generator) -> Tensor:
    """Coverage (1, size, size) of lines of small words, as on paper, posters and screens."""
    image = Image.new("L", (size, size))
    draw = ImageDraw.Draw(image)
    top = 0.0
    while top < size:
        height = log_uniform(9, 40, generator)
        left = uniform(0, 8, generator)
        line = " ".join(_word(generator) for _ in range(2 + int(2 * size / (4 * height))))
        draw.text((left, top), line, fill=255, font=ImageFont.load_default(height))
        top += height * uniform(1.05, 1.5, generator)
    return _coverage(image)


def sign(size: int, generator: Generator) -> Tensor:
    """Coverage (1, size, size) of one or two large words in the middle, as on signs and plates."""
    image = Image.new("L", (size, size))
    draw = ImageDraw.Draw(image)
    lines = 1 + integer(2, generator)
    height = uniform(0.12, 0.3, generator) * size
    for number in range(lines):
        text = "".join(_pick(SIGNS, generator) for _ in range(2 + integer(6, generator)))
        center = (size / 2, size / 2 + (number - (lines - 1) / 2) * 1.1 * height)
        font = ImageFont.load_default(height)
        draw.text(center, text, fill=255, font=font, anchor="mm")
    return _coverage(image)


def _word(generator: Generator) -> str:
    letters = [_pick(LETTERS, generator) for _ in range(1 + integer(9, generator))]
    word = "".join(letters)
    return word if integer(4, generator) else word.capitalize()


def _pick(alphabet: str, generator: Generator) -> str:
    return alphabet[integer(len(alphabet), generator)]


def _coverage(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).float().div_(255)[None]
