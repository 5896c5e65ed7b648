"""What a preview shows besides a render's own picture: drafts, the cascade, and disagreement."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from hifi_ofx.preview import Stage
from hifi_ofx.quality import Quality

from .. import color
from ..flow.blend_weights import WARPS
from ..flow.intermediate import intermediate_flow
from ..flow.warped import WarpedFrames, warp_frames
from ..paper.cascade import depth, resize, stage_patches, stage_sizes, stage_steps
from ..plate.frame import Frame, Part, Window, plane_in

DRAFT = 384  # pixels along the longer side of a draft, so that one patch holds it
DRAFT_PATCH = (256, 384)
MAP = 768  # pixels along the longer side of a map of disagreement


def disagreement(first: Tensor, second: Tensor, fraction: float, flows: Tensor) -> Tensor:
    """By how much two frames (3, H, W), each moved to the in-between, differ: (h, w), in white.

    At most MAP pixels long.
    """
    height, width = first.shape[-2:]
    scale = min(1.0, MAP / max(height, width))
    size = max(2, round(height * scale)), max(2, round(width * scale))
    one, other = (resize(image, size)[None] for image in (first, second))
    ratio = torch.tensor([size[1] / width, size[0] / height]).repeat(flows.shape[1] // 2)
    half = max(1, size[0] // 2), max(1, size[1] // 2)
    here = F.interpolate(flows.float().cpu(), half, mode="area") * ratio[:, None, None]
    share = torch.tensor([fraction])
    flow = intermediate_flow(one, other, share, here)
    warped = WarpedFrames.of(warp_frames(one, other, flow, share))
    pictures = warped.pictures.chunk(WARPS, dim=1)
    apart = torch.stack(pictures[0::2]).mean(0) - torch.stack(pictures[1::2]).mean(0)
    return apart.abs().mean(1)[0] / color.WHITE


def stages(quality: Quality, shape: tuple[int, int]) -> list[Stage]:
    """The cascade of a frame of (height, width): every stage's size and where patches begin."""
    found = []
    for number, size in enumerate(stage_sizes(shape, depth(quality, shape))):
        boxes = stage_patches(quality, size).boxes
        tops, lefts = {box.top for box in boxes}, {box.left for box in boxes}
        found.append(
            Stage(
                *size,
                stage_steps(quality, number),
                boxes[0].height,
                boxes[0].width,
                tuple(sorted(tops)),
                tuple(sorted(lefts)),
            )
        )
    return found


def draft_quality(quality: Quality) -> Quality:
    """What a first look gets: one step, one sample, patches of a draft."""
    return dataclasses.replace(
        quality, steps=1, base_steps=0, samples=1, patch=DRAFT_PATCH, merge="stage", cascade_depth=0
    )


def over(frame: Frame, window: Window) -> Frame:
    """A frame of one part with its pixels over another window."""
    part = frame.parts[0]
    planes = {name: plane_in(part, name, window) for name in part.channels}
    moved = dataclasses.replace(part, planes=planes, data_window=window)
    return dataclasses.replace(frame, parts=(moved,))


def smaller(frame: Frame) -> Frame:
    """A frame of one part with its light averaged to at most DRAFT pixels."""
    part = frame.parts[0]
    height, width = part.data_window.shape
    scale = min(1.0, DRAFT / max(height, width))
    if scale == 1.0:
        return frame
    size = max(1, round(height * scale)), max(1, round(width * scale))
    planes = {name: _averaged(part, name, size) for name in part.channels}
    window = Window(0, 0, size[1], size[0])
    small = dataclasses.replace(part, planes=planes, data_window=window, display_window=window)
    return dataclasses.replace(frame, parts=(small,))


def _averaged(part: Part, name: str, size: tuple[int, int]) -> Any:
    plane = part.planes[name]
    image = torch.from_numpy(plane.astype("float32"))[None, None]
    averaged = F.interpolate(image, size, mode="area")[0, 0].numpy()
    return averaged.astype(plane.dtype)
