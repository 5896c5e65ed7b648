"""Eight views of a pair of pictures: as they are, turned, and mirrored; a look is two of them.

The dense search for motion goes through a picture from its top left, and where it is unsure it
finds other motion in a picture that is turned. So the same search on another view of the pair is
another opinion of the same motion. An in-between goes by two opinions, which hedges where they
differ; the samples of an aligned network go by different ones.

A view is one of the symmetries of a rectangle's grid: x and y swapped or not, then the columns
and the rows each in their order or in the opposite one. Pictures are (h, w, channels), motion is
(h, w, 2), x and y in pixels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class View(NamedTuple):
    """One way to see a pair; `across` and `down` are -1 where columns or rows are reversed."""

    swapped: bool
    across: int
    down: int

    def turned(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The picture as it is in this view."""
        seen = picture.transpose(1, 0, 2) if self.swapped else picture
        return np.ascontiguousarray(seen[:: self.down, :: self.across])

    def turned_back(self, motion: NDArray[Any]) -> NDArray[Any]:
        """Motion that was found in turned pictures, as motion of the pictures themselves."""
        signs = np.array([self.across, self.down], motion.dtype)
        back = motion[:: self.down, :: self.across] * signs
        return np.ascontiguousarray(back.transpose(1, 0, 2)[..., ::-1] if self.swapped else back)


AS_IT_IS = View(swapped=False, across=1, down=1)

VIEWS = (
    AS_IT_IS,
    View(swapped=True, across=1, down=1),  # transposed
    View(swapped=False, across=-1, down=-1),  # turned by 180°
    View(swapped=True, across=-1, down=-1),  # transposed and turned by 180°
    View(swapped=False, across=-1, down=1),  # mirrored left to right
    View(swapped=True, across=-1, down=1),  # turned by 90° clockwise
    View(swapped=False, across=1, down=-1),  # mirrored top to bottom
    View(swapped=True, across=1, down=-1),  # turned by 90° counterclockwise
)
VIEWS_A_LOOK = 2  # one as it is or turned, one transposed: look n is views 2n and 2n + 1


def looks_for(samples: int) -> int:
    """How many looks so many samples go by: sample n by look n; after the last, the first again."""
    return min(samples, len(VIEWS) // VIEWS_A_LOOK)
