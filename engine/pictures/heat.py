"""Error maps as colors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Black over violet and orange to white, as bright as the error is large.
_HEAT = ((0.0, 0.0, 0.0), (0.33, 0.06, 0.43), (0.80, 0.22, 0.33), (0.98, 0.60, 0.22), (1, 1, 0.9))


def heat(error: npt.NDArray[Any], largest: float) -> npt.NDArray[np.float32]:
    """An error map (H, W) as colors (H, W, 3): black for 0, nearly white from `largest` on."""
    stops = np.linspace(0, largest, len(_HEAT))
    channels = [np.interp(error, stops, [color[i] for color in _HEAT]) for i in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)
