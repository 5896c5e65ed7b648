"""Patchify and accumulate: a frame as overlapping patches, and back (§Patch-based cascade model).

The section's three steps are marked below: (i) patchify, (ii) denoise, (iii) accumulate (Fig. 3).
Patches are data, a list of boxes. Nothing here knows of networks or of diffusion beyond the shape
of the callable it wraps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Box(NamedTuple):
    """The rectangle of one patch in its frame, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def region(self) -> tuple[Any, slice, slice]:
        """What selects the box in the last two axes of a tensor: `frame[box.region]`."""
        rows = slice(self.top, self.top + self.height)
        columns = slice(self.left, self.left + self.width)
        return (..., rows, columns)

    def grown(self, around: int, height: int, width: int) -> Box:
        """The box with `around` pixels on every side, as far as a frame of this size has them."""
        top, left = max(0, self.top - around), max(0, self.left - around)
        below = min(height, self.top + self.height + around)
        right = min(width, self.left + self.width + around)
        return Box(top, left, below - top, right - left)

    def within(self, outer: Box) -> Box:
        """Where the box is in another one that holds it."""
        return Box(self.top - outer.top, self.left - outer.left, self.height, self.width)

    def common(self, other: Box) -> Box | None:
        """What the box shares with another one, if anything."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - top
        width = min(self.left + self.width, other.left + other.width) - left
        return Box(top, left, height, width) if min(height, width) > 0 else None


Cut = Callable[[Sequence[Box]], Tensor]  # boxes of a frame -> a batch of patches (boxes, C, h, w)


class Patches(NamedTuple):
    """How a frame is cut, and how much each patch counts where it overlaps others."""

    boxes: tuple[Box, ...]
    weight: Tensor  # (height, width) of one patch


def patch_starts(length: int, patch: int, overlap: int) -> list[int]:
    """Where patches begin along one axis, in pixels.

    They cover the axis, share at least `overlap` pixels, are spread evenly, and the last one ends
    at the border. One patch, at 0, where the axis is no longer than a patch.
    """
    if length <= patch:
        return [0]
    # Each patch after the first adds at most patch - overlap. Spread evenly, the last one is flush
    # with the border: MultiDiffusion's own views drop what remains there.
    count = math.ceil((length - overlap) / (patch - overlap))
    return [round(i * (length - patch) / (count - 1)) for i in range(count)]


def patch_boxes(size: tuple[int, int], patch: tuple[int, int], overlap: float) -> tuple[Box, ...]:
    """The boxes of a frame of (height, width) pixels, all of one size, row by row.

    `overlap` is the least share of the patch, per axis, that neighbours have in common. The paper
    gives its patch as height x width of a landscape frame and says nothing of portrait: for a
    portrait frame the patch is turned.
    """
    # (i): "overlapping patches"; by how much, the paper does not say.
    patch = oriented(patch, size)
    height, width = min(patch[0], size[0]), min(patch[1], size[1])
    rows = patch_starts(size[0], height, round(height * overlap))
    columns = patch_starts(size[1], width, round(width * overlap))
    return tuple(Box(top, left, height, width) for top in rows for left in columns)


def oriented(patch: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The patch with its longer side along the longer side of the frame."""
    short, long = sorted(patch)
    return (long, short) if size[0] > size[1] else (short, long)


def patchify(frames: Sequence[Tensor], boxes: Sequence[Box]) -> Tensor:
    """Crops of frames (C, H, W), stacked along the channels: one batch (boxes, all C, h, w)."""
    # (i): the upsampled coarse image and both frames are cut alike, and z with them.
    return torch.stack([torch.cat([frame[box.region] for frame in frames]) for box in boxes])


def uniform(boxes: Sequence[Box]) -> Patches:
    """MultiDiffusion's merge: every patch counts the same wherever it lies. The paper's mode."""
    return Patches(tuple(boxes), torch.ones(boxes[0].height, boxes[0].width))


def feathered(boxes: Sequence[Box], overlap: float) -> Patches:
    """Patches that count less towards their edges, where a network sees only half of its context.

    Not in the paper: a smooth ramp over the overlap on every side, so that no patch ends abruptly.
    """
    rows = _ramp(boxes[0].height, round(boxes[0].height * overlap))  # (h,)
    columns = _ramp(boxes[0].width, round(boxes[0].width * overlap))  # (w,)
    return Patches(tuple(boxes), rows[:, None] * columns[None, :])  # (h, w)


def _ramp(length: int, overlap: int) -> Tensor:
    """sin² from almost 0 at both ends to 1 in the middle."""
    distance = torch.arange(length).add(0.5)  # (length,), of pixels' middles from the edge
    nearest_edge = torch.minimum(distance, length - distance)
    # Two patches that overlap by just this much then weigh sin² + cos² = 1 together.
    inside = (nearest_edge / max(overlap, 1)).clamp(max=1)
    return torch.sin(inside * (math.pi / 2)).square()


def coverage(patches: Patches, size: tuple[int, int], device: torch.device | str) -> Tensor:
    """The summed weight of all patches at every pixel of a (height, width) frame."""
    total = torch.zeros(size, device=device)  # (H, W): Σ_i w_i
    for box in patches.boxes:
        total[box.region] += patches.weight.to(device)
    return total


def tiled(
    denoise: Callable[[Tensor, Tensor, Tensor], Tensor],
    patches: Patches,
    condition: Cut,
    batch: int = 1,
) -> Callable[[Tensor, Tensor], Tensor]:
    """One denoiser for a whole frame out of one that only ever sees patches (MultiDiffusion).

    `denoise(z, t, condition)` takes batches of patches, at most `batch` at a time; `condition` cuts
    what it is given beside z. A deterministic step is linear in v for a given z, so averaging the
    overlapping v is averaging the stepped z.
    """

    # MultiDiffusion (Bar-Tal et al. 2023): what is nearest to all patches' results, in least
    # squares, is Σ_i w_i v_i / Σ_i w_i at every pixel. One z for all, so that overlaps agree.
    def denoise_frame(z: Tensor, t: Tensor) -> Tensor:
        if len(patches.boxes) == 1:
            return denoise(z[None], t, condition(patches.boxes))[0]
        value = torch.zeros_like(z)
        for boxes in batches(patches.boxes, batch):
            v = denoise(patchify([z], boxes), t, condition(boxes))  # (ii): (boxes, 3, h, w)
            accumulate(value, v, boxes, patches.weight)  # (iii): (3, H, W)
        return value.div_(coverage(patches, (z.shape[-2], z.shape[-1]), z.device))

    return denoise_frame


def accumulate(frame: Tensor, patches: Tensor, boxes: Sequence[Box], weight: Tensor) -> None:
    """Add weighted patches (boxes, channels, h, w) to where they belong in `frame`, in place."""
    for patch, box in zip(patches, boxes, strict=True):
        # (iii): Σ_i w_i v_i, still to be divided by `coverage`
        frame[box.region].add_(patch.to(frame.dtype) * weight.to(frame.device))


def batches(boxes: Sequence[Box], batch: int) -> list[Sequence[Box]]:
    """The boxes in groups of `batch`, the last one shorter."""
    return [boxes[i : i + batch] for i in range(0, len(boxes), batch)]
