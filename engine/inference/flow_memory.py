"""Host memory that in-betweens of the motion network take, before they are made.

Whole frames are kept: the pair, what the network sees of it while its motion is looked for, what
all views found, and what is made. What is worked on at a time, a patch of the finest block or a
tile of the blend, is no larger in a larger frame. The peak is in one of the two: while the last
view is asked, or while the last tile is blended.

Bytes of whole frames are counted; what is worked on is fitted to peaks of whole renders at single
precision, from 1024x540 to 4096x2160 (docs/benchmarks.md).
"""

from __future__ import annotations

import math

from hifi_ofx.quality import Quality

from ..flow import steps
from ..flow.candidate_blend import largest_tile
from ..flow.ensemble import members_for
from ..flow.motion_network import ENCODED, MULTIPLE
from ..flow.motion_stages import largest_patch
from ..paper.cascade import Size

_IMAGE = 3 * 4  # bytes a pixel of an image at single precision
_PAIR = 2 * _IMAGE  # in the model's range; as a display shows it, and its light, take as much
_SEEN = 2 * (3 + ENCODED)  # values a pixel that the network sees of both frames
_COARSER = 18  # a pixel: what the coarser blocks found
_VIEW = 5 * 4  # a pixel: flow and mask
_MADE = 2 * _IMAGE + 5 * 4  # a pixel: image, light and vectors
_SEARCH, _SEARCHING = 110, 60_000_000  # a pixel that is searched; what is worked on at a time
_LARGEST = 9_200_000  # pixels of a frame that is searched at half its size; larger ones at less
_CELL = 950  # a pixel of the finest block's patch, with what is around it
_TILE, _OF_A_VIEW = 240, 200  # a pixel of a tile with what is around it, and of it for each view
_LIBRARIES = 45_000_000
_BEND = 2 * 12 + steps.KEPT * steps.BYTES  # a pixel: the frames around, steps from frame to frame
_SEARCHED, _MEMBER = 430, 32  # a pixel of the frame without the network, for each member


def peak(size: Size, quality: Quality, itemsize: int, network_is_here: bool) -> int:
    """Bytes for an in-between of (height, width), its frames among them.

    `itemsize` is of the network's arithmetic, whose activations count where it runs on the CPU. Of
    views that stop early it is what all of them take.
    """
    pixels, views = math.prod(size), quality.samples
    curve = pixels * _BEND * quality.beyond
    if quality.motion == "search":
        return curve + pixels * (_SEARCHED + _MEMBER * members_for(views)) + _LIBRARIES
    kept = pixels * (_PAIR + _VIEW * views)
    if quality.motion == "both":
        kept += min(pixels, _LARGEST) * _SEARCH + _SEARCHING
    motion = pixels * _while_asked(quality, itemsize)
    blend = pixels * (_PAIR + _MADE)
    if network_is_here:
        padded = _padded(size[0]), _padded(size[1])
        motion += largest_patch(padded, quality.patch) * _CELL * itemsize // 4
        blend += largest_tile(size) * (_TILE + _OF_A_VIEW * views)
    return curve + kept + max(motion, blend) + _LIBRARIES


def _while_asked(quality: Quality, itemsize: int) -> int:
    """Bytes a pixel, beside what is kept, while the network looks for motion.

    Further views, and a network of another precision, need the pictures beside what is seen of
    them. Where one view's octave is looked for, what the octave before found is kept as well.
    """
    pictures = _PAIR if itemsize != 4 or quality.samples > 1 else 0
    before = _VIEW if quality.samples == 1 and not quality.cascade_depth else 0
    return _SEEN * itemsize + _COARSER + pictures + before


def _padded(side: int) -> int:
    return math.ceil(side / MULTIPLE) * MULTIPLE
