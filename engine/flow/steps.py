"""The motion from one frame of a clip to the next, both ways, and how sure it is.

Found by the dense search (search.py) at about half of the frame's size, on frames at one exposure.
A pair's step is also one of the pairs before and after it, so what is found is kept by content.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hifi_ofx.waiting import Check, attended, unasked

from ..memory.bounded_cache import BoundedCache
from .estimate import dense_search, pictures, reduced
from .exposure import evenly_exposed
from .prefetch import fingerprint

KEPT = 6  # three make an in-between: of both views of a stereo plate
BYTES = 6  # that a step takes for a pixel of the frame
Field = NDArray[np.float32]


class Step(NamedTuple):
    """Flows (h, w, 2), x and y in pixels of the frame, seen from the first and from the second;
    trust (h, w) in [0, 1].
    """

    there: Field
    back: Field
    trust_there: Field
    trust_back: Field


class Steps:
    """Steps between frames; the latest are kept."""

    def __init__(self) -> None:
        self._known: BoundedCache[bytes, Step] = BoundedCache(KEPT)

    def between(self, first: Tensor, second: Tensor, check: Check = unasked) -> Step:
        """The step from one image to the next, (3, H, W) in the model's range.

        Raises HifiError without OpenCV, and at once whatever `check` raises, which is called all
        the time.
        """
        full = first.shape[-2], first.shape[-1]
        small = reduced(first[None]), reduced(second[None])

        def found() -> Step:
            return attended(lambda: _found(small[0], small[1], full, check), check)

        return self._known.get_or_make(fingerprint(torch.tensor(full), *small), found)


def _found(first: Tensor, second: Tensor, full: tuple[int, int], check: Check) -> Step:
    """The step between frames (1, 3, h, w) that were reduced; `full` is their size before that."""
    size = first.shape[-2], first.shape[-1]
    one, other = (pictures(small)[0] for small in evenly_exposed(first, second, size))
    there, back, trust_there, trust_back = dense_search()(one, other, check)
    scale = np.array([full[1] / size[1], full[0] / size[0]], np.float32)
    return Step(there * scale, back * scale, trust_there, trust_back)
