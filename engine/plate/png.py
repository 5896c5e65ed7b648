"""Pictures for people as files: display-referred images as PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from .exr import write_frame
from .frame import Frame, Part, Window


def write_png(image: npt.NDArray[np.float32], path: Path) -> None:
    """An image (H, W, 3), 0 to 1, as PNG with 8 bits. Raises OutputError; never half a file."""
    window, byte = Window(0, 0, image.shape[1], image.shape[0]), np.dtype(np.uint8)
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(byte)
    part = Part(
        channels=("R", "G", "B"),
        types=dict.fromkeys("RGB", byte),
        data_window=window,
        display_window=window,
        planes={name: pixels[..., index] for index, name in enumerate("RGB")},
    )
    write_frame(Frame((part,), "png"), path)
