"""Geometric self-ensemble: the eight symmetries of a rectangle's grid, applied to a pair.

The dense search goes through a picture from its top left, and where it is unsure it finds other
motion in a picture that is turned. So the same search on another symmetry of the pair is another
estimate of the same motion (the x8 ensemble of Lim et al., "Enhanced Deep Residual Networks",
2017). An in-between goes by a member, two of these estimates, which hedges where they differ; the
samples of a network that sees warped frames go by different members.

A symmetry swaps x and y or not, then keeps or reverses columns and rows. Pictures are
(h, w, channels), motion is (h, w, 2), x and y in pixels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Symmetry(NamedTuple):
    """One of eight; `across` and `down` are -1 where columns or rows are reversed."""

    transposed: bool
    across: int
    down: int

    def of(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The picture, transposed and mirrored."""
        turned = picture.transpose(1, 0, 2) if self.transposed else picture
        return np.ascontiguousarray(turned[:: self.down, :: self.across])

    def undone(self, motion: NDArray[Any]) -> NDArray[Any]:
        """Motion that was found in such pictures, as motion of the pictures themselves."""
        signs = np.array([self.across, self.down], motion.dtype)
        back = motion[:: self.down, :: self.across] * signs
        return np.ascontiguousarray(back.transpose(1, 0, 2)[..., ::-1] if self.transposed else back)


IDENTITY = Symmetry(transposed=False, across=1, down=1)

SYMMETRIES = (
    IDENTITY,
    Symmetry(transposed=True, across=1, down=1),
    Symmetry(transposed=False, across=-1, down=-1),  # turned by 180°
    Symmetry(transposed=True, across=-1, down=-1),
    Symmetry(transposed=False, across=-1, down=1),  # mirrored left to right
    Symmetry(transposed=True, across=-1, down=1),  # turned by 90° clockwise
    Symmetry(transposed=False, across=1, down=-1),  # mirrored top to bottom
    Symmetry(transposed=True, across=1, down=-1),  # turned by 90° counterclockwise
)
PER_MEMBER = 2  # one that is transposed and one that is not: member n has symmetries 2n and 2n + 1


def members_for(samples: int) -> int:
    """How many members so many samples go by: sample n by member n; then the first again."""
    return min(samples, len(SYMMETRIES) // PER_MEMBER)
