"""Host memory that in-betweens of the motion network take, before they are made.

Whole frames are kept: the pair, what a display shows of it, its features, what all views found.
What is worked on at a time, a patch of the finest block or a tile of the blend, is no larger in a
larger frame, so one of twice the size takes less than four times the memory.

The figures are bytes, fitted to peaks of whole renders at single precision with 1 to 4 views, from
640x360 to 4096x2160 (docs/benchmarks.md); equal renders differ by 6 %.
"""

from __future__ import annotations

import math

from hifi_ofx.quality import Quality

from ..flow import steps
from ..flow.ensemble import members_for
from ..flow.motion_network import MULTIPLE
from ..flow.motion_stages import largest_patch
from ..memory import heap
from ..paper.cascade import Size

_FRAME, _VIEW, _SEARCH = 177, 46, 90  # a pixel of the frame, for each view, for the search
_AT_WORK, _MOST = 400, 1_360_000  # a pixel that is worked on at a time, and how many are at most
_ACTIVATION = 300  # a pixel of the finest block's patch, with what is around it
_LIBRARIES = 40_000_000
_HOLE, _WITHOUT = 83, 2_200_000  # a pixel of frames larger than that; see `_holes`
_BEND = 2 * 12 + steps.KEPT * steps.BYTES  # a pixel: the frames around, steps from frame to frame
_SEARCHED, _MEMBER = 430, 32  # a pixel of the frame without the network, for each member


def peak(size: Size, quality: Quality, itemsize: int, network_is_here: bool) -> int:
    """Bytes for an in-between of (height, width), its frames among them.

    `itemsize` is of the network's arithmetic, whose activations count where it runs on the CPU.
    """
    pixels, views, patch = math.prod(size), quality.samples, quality.patch
    curve = pixels * _BEND * quality.beyond
    if quality.motion == "search":
        return curve + pixels * (_SEARCHED + _MEMBER * members_for(views)) + _LIBRARIES
    searches = quality.motion == "both"
    cells = largest_patch((_padded(size[0]), _padded(size[1])), patch)
    network = cells * _ACTIVATION * itemsize // 4 if network_is_here else 0
    frame = pixels * (_FRAME + _VIEW * (views - 1) + _SEARCH * searches)
    at_work = min(pixels, _MOST) * _AT_WORK + network
    return curve + frame + at_work + _holes(pixels) + _LIBRARIES


def _holes(pixels: int) -> int:
    """Free memory between the planes of a frame that the heap keeps, until planes are too large."""
    return _HOLE * max(0, min(pixels, heap.KEPT // 4) - _WITHOUT)


def _padded(side: int) -> int:
    return math.ceil(side / MULTIPLE) * MULTIPLE
