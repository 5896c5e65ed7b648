"""Eight ways to look at a pair of pictures: as they are, turned, and mirrored.

The dense search for motion goes through a picture from its top left, and where it is unsure it
finds other motion in a picture that is turned. So the same search, looking at the pair in another
way, is another opinion of the same motion; the distinct samples of an aligned network go by them.

A look is one of the symmetries of a rectangle's grid: x and y swapped or not, then the columns
and the rows each in their order or in the opposite one. Pictures are (h, w, channels), motion is
(h, w, 2), x and y in pixels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Look(NamedTuple):
    """One way to look; `across` and `down` are 1, or -1 where columns or rows are reversed."""

    swapped: bool
    across: int
    down: int

    def turned(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The picture as this look sees it."""
        seen = picture.transpose(1, 0, 2) if self.swapped else picture
        return np.ascontiguousarray(seen[:: self.down, :: self.across])

    def turned_back(self, motion: NDArray[Any]) -> NDArray[Any]:
        """Motion that was found in turned pictures, as motion of the pictures themselves."""
        signs = np.array([self.across, self.down], motion.dtype)
        back = motion[:: self.down, :: self.across] * signs
        return np.ascontiguousarray(back.transpose(1, 0, 2)[..., ::-1] if self.swapped else back)


AS_IT_IS = Look(swapped=False, across=1, down=1)

LOOKS = (
    AS_IT_IS,
    Look(swapped=False, across=-1, down=-1),  # turned by 180°
    Look(swapped=True, across=1, down=1),  # transposed
    Look(swapped=True, across=-1, down=-1),  # transposed and turned by 180°
    Look(swapped=False, across=-1, down=1),  # mirrored left to right
    Look(swapped=False, across=1, down=-1),  # mirrored top to bottom
    Look(swapped=True, across=-1, down=1),  # turned by 90° clockwise
    Look(swapped=True, across=1, down=-1),  # turned by 90° counterclockwise
)


def looks_for(samples: int) -> int:
    """How many looks so many samples go by: sample n by look n; after the last, the first again."""
    return min(samples, len(LOOKS))
