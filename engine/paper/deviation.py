"""How far samples differ from each other, over small cells of the picture."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

CELL = 8  # pixels, down and across


def deviation(variance: Tensor, cell: int = CELL) -> Tensor:
    """The samples' standard deviation around every cell, (h, w), from variances (C, H, W).

    A cell is so many pixels down and across, and those beside it count as much as itself.
    """
    cells = F.avg_pool2d(variance.mean(0)[None, None], cell, ceil_mode=True)
    around = F.avg_pool2d(cells, 3, 1, 1, count_include_pad=False)
    return around[0, 0].sqrt()
