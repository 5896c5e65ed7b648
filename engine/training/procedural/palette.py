"""Textures and masks, packed so that one read gives a whole texel or four neighbors of a mask.

Looking up is bilinear. On a CPU this is what rendering costs, so a texel is four bytes and every
step runs along contiguous memory. A byte is the fourth root of light, so that one texture holds
both a lamp and its dark room.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Palette:
    """What scenes are made of.

    textures: linear light, float16 (N, 3, T, T); masks: uint8 (M, 1, T, T); periods: (M,) pixels
    along x of masks that repeat, 0 for others (none repeats where it is left out).
    """

    textures: InitVar[Tensor]
    masks: InitVar[Tensor]
    periods: Tensor = field(default_factory=lambda: torch.zeros(0))
    texels: Tensor = field(init=False)  # int32 (N T T): red, green and blue from the low byte
    peaks: Tensor = field(init=False)  # (N,) the light that is byte 255
    blocks: Tensor = field(init=False)  # int32 (M T T): 2 x 2 neighbors
    boxes: Tensor = field(init=False)  # (M, 4) left, right, top, bottom from the center
    side: int = field(init=False)  # T
    counts: tuple[int, int] = field(init=False)  # N, M

    def __post_init__(self, textures: Tensor, masks: Tensor) -> None:
        bare = _bare_edges(masks[:, 0])
        periods = self.periods if len(self.periods) else torch.zeros(len(masks))
        texels, peaks = _packed_texels(textures)
        found = {
            "periods": periods.cpu(),
            "texels": texels,
            "peaks": peaks,
            "blocks": _packed_blocks(bare),
            "boxes": _boxes(bare),
            "side": textures.shape[-1],
            "counts": (len(textures), len(masks)),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def device(self) -> torch.device:
        """Where scenes are rendered."""
        return self.texels.device

    def light(
        self, which: Tensor, x: Tensor, y: Tensor, mirrored: bool, gains: Tensor | None = None
    ) -> Tensor:
        """Textures `which` (M,) at points (M, P) from their centers: (M, 3, P).

        Beyond its edge a texture is mirrored or goes on as it ends. `gains`: factors (M, 3).
        """
        fold = self._mirror if mirrored else self._clamp
        column, right = _cell(fold(x), self.side - 1.0)
        row, down = _cell(fold(y), self.side - 1.0)
        index = self._index(which, column, row)
        words = [self._texel(index, step) for step in (0, 1, self.side, self.side + 1)]
        roots = torch.empty(len(x), 3, x.shape[1], device=x.device)
        for channel in range(3):
            taps = [_byte(word, channel).view_as(x) for word in words]
            _mixed(taps, right, down, out=roots[:, channel])
        scale = (self.peaks[which] / 255**4)[:, None]
        scale = scale if gains is None else scale * gains
        return roots.square_().square_().mul_(scale[..., None])

    def coverage(self, which: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Masks `which` (M,) at points (M, P) from their centers: (M, P) in [0, 1]."""
        column, right = _cell(self._clamp(x), self.side - 1.0)
        row, down = _cell(self._clamp(y), self.side - 1.0)
        index = self._index(which, column, row)
        block = self.blocks.index_select(0, index).view(x.shape)
        taps = [(block >> shift).bitwise_and_(255).float() for shift in (0, 8, 16, 24)]
        return _mixed(taps, right, down).mul_(1 / 255)

    def _index(self, which: Tensor, column: Tensor, row: Tensor) -> Tensor:
        inside = (row * self.side + column).int()
        return (inside + (which * self.side**2)[:, None]).flatten()

    def _texel(self, index: Tensor, step: int) -> Tensor:
        return self.texels[step:].index_select(0, index)

    def _clamp(self, value: Tensor) -> Tensor:
        return (value + (self.side - 1) / 2).clamp_(0, self.side - 1)

    def _mirror(self, value: Tensor) -> Tensor:
        turns = (value + self.side / 2) * (0.5 / self.side)
        folded = (turns - turns.floor()).mul_(2 * self.side).sub_(self.side).abs_()
        return folded.neg_().add_(self.side - 0.5).clamp_(0, self.side - 1)


def _cell(value: Tensor, limit: float) -> tuple[Tensor, Tensor]:
    """The texel at or before coordinates in [0, limit], and how far beyond it they are."""
    whole = value.floor().clamp_(max=limit - 1)
    return whole, value - whole


def _byte(words: Tensor, channel: int) -> Tensor:
    """Byte 0, 1 or 2 of words whose highest byte is 0, as float."""
    if channel == 0:
        return words.bitwise_and(255).float()
    moved = words >> 8 * channel
    return (moved.bitwise_and_(255) if channel == 1 else moved).float()


def _mixed(taps: list[Tensor], right: Tensor, down: Tensor, out: Tensor | None = None) -> Tensor:
    """Bilinear mean of what lies upper left, upper right, lower left and lower right.

    The taps are used up.
    """
    upper, lower = taps[0].lerp_(taps[1], right), taps[2].lerp_(taps[3], right)
    return torch.lerp(upper, lower, down, out=upper if out is None else out)


def _bare_edges(masks: Tensor) -> Tensor:
    """Nothing at the very edge: a mask that is cut off there ends like any other edge."""
    return F.pad(masks[:, 1:-1, 1:-1], (1, 1, 1, 1))


def _packed_texels(textures: Tensor) -> tuple[Tensor, Tensor]:
    peaks = textures.flatten(1).amax(1).float().clamp_(min=1e-3)
    words = torch.empty(len(textures), *textures.shape[-2:], dtype=torch.int32)
    words = words.to(textures.device)
    for word, texture, peak in zip(words, textures, peaks, strict=True):
        root = (texture.float() / peak).clamp_(min=0).sqrt_().sqrt_()
        red, green, blue = root.mul_(255).round_().int()
        word.copy_(red | green << 8 | blue << 16)
    return words.flatten(), peaks


def _packed_blocks(masks: Tensor) -> Tensor:
    more = F.pad(masks, (0, 1, 0, 1))
    near = [more[:, :-1, :-1], more[:, :-1, 1:], more[:, 1:, :-1], more[:, 1:, 1:]]
    return torch.stack(near, dim=-1).contiguous().view(torch.int32).flatten()


def _boxes(masks: Tensor) -> Tensor:
    """Bounds of what is seen of each mask, a pixel wider, from its center."""
    sides = []
    for axis in (1, 2):
        seen = masks.amax(axis) > 0  # (M, T): by column, then by row
        place = torch.arange(seen.shape[1], device=seen.device) - (seen.shape[1] - 1) / 2
        sides.append(torch.where(seen, place, torch.inf).amin(1) - 1)
        sides.append(torch.where(seen, place, -torch.inf).amax(1) + 1)
    return torch.stack(sides, dim=1)
