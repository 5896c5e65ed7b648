"""What a preview shows besides a render's own picture: drafts, the cascade, and disagreement."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import torch
from torch import Tensor
from torch.nn import functional as F

from hifi_ofx.preview import Stage
from hifi_ofx.quality import Output, Quality

from ..inference.interpolator import InBetween, Work
from ..plate.frame import Frame, Part, Plane, Window, plane_in
from ..retime.synthesis import synthesize

DRAFT = 384  # pixels along the longer side of a draft, so that one patch holds it
DRAFT_PATCH = (256, 384)


def stages(work: Work) -> list[Stage]:
    """The stages of an in-between: every one's size and where its patches begin."""
    found = []
    for (height, width), boxes, steps in work.stages:
        tops, lefts = {box.top for box in boxes}, {box.left for box in boxes}
        sides = tuple(sorted(tops)), tuple(sorted(lefts))
        found.append(Stage(height, width, steps, boxes[0].height, boxes[0].width, *sides))
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


def blended(left: Frame, right: Frame, fraction: Fraction) -> Frame:
    """The mean of two frames, by their distance, as the layer policy `blend` makes it."""

    def nothing(first: Tensor, second: Tensor, motion: object | None) -> InBetween:
        raise AssertionError("a blend asks no network")

    return synthesize(left, right, fraction, nothing, Output(layers="*=blend"))


def corners(window: Window) -> tuple[int, int, int, int]:
    """A window as a preview has it: x, y, width, height."""
    return window.x, window.y, window.width, window.height


def pixel_aspect(frame: Frame) -> float:
    """The width of a pixel over its height; 1 where the frame says nothing sensible."""
    told = frame.parts[0].metadata.get("PixelAspectRatio")
    aspect = float(told.value) if told is not None else 1.0
    return aspect if 0.1 < aspect < 10 else 1.0


def smaller(frame: Frame) -> Frame:
    """A frame of one part with its light averaged to at most DRAFT pixels.

    What is black around it stays, so its windows are made smaller as it is.
    """
    part = frame.parts[0]
    height, width = part.data_window.shape
    scale = min(1.0, DRAFT / max(height, width))
    if scale == 1.0:
        return frame
    size = max(1, round(height * scale)), max(1, round(width * scale))
    display, data = part.display_window, part.data_window
    x, y = round((data.x - display.x) * scale), round((data.y - display.y) * scale)
    window = Window(x, y, size[1], size[0])
    whole = Window(0, 0, *(max(1, round(side * scale)) for side in display.size))
    if data == display:
        whole = window
    small, *matte = (_averaged(one, data, window, whole) for one in (part, *frame.matte))
    return dataclasses.replace(frame, parts=(small,), matte=tuple(matte))


def _averaged(part: Part, window: Window, small: Window, display: Window) -> Part:
    """A part's pixels in a window, averaged to a smaller one."""
    planes = {name: _shrunk(plane_in(part, name, window), small.shape) for name in part.channels}
    return dataclasses.replace(part, planes=planes, data_window=small, display_window=display)


def _shrunk(plane: Plane, size: tuple[int, int]) -> Plane:
    image = torch.from_numpy(plane.astype("float32"))[None, None]
    averaged = F.interpolate(image, size, mode="area")[0, 0].numpy()
    shrunk: Plane = averaged.astype(plane.dtype)
    return shrunk
