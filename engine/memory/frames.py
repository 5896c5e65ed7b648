"""Memory of whole frames, apart from the heap: what they leave is the system's at once.

In the heap (heap.py) planes of frames would leave holes between what is worked on at a time, which
nothing fits into, until as much lies idle as is in use. There are few of them in an in-between, so
mapping each anew costs little; huge pages, where the system has them (Linux), make it a third.
"""

from __future__ import annotations

import contextlib
import math
import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

_SMALL = 1 << 20  # bytes that stay in the heap
_IS_LINUX = hasattr(mmap, "MADV_HUGEPAGE")


def empty(
    shape: Sequence[int], dtype: torch.dtype = torch.float32, device: torch.device | None = None
) -> Tensor:
    """A tensor as large as a frame, its values not set; on a GPU as torch makes it."""
    size = math.prod(shape) * dtype.itemsize
    if not _IS_LINUX or size < _SMALL or (device and device.type != "cpu"):
        return torch.empty(*shape, dtype=dtype, device=device)
    return torch.frombuffer(_mapped(size), dtype=dtype).view(*shape)


def empty_plane(shape: Sequence[int], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """An array as large as a channel of a frame, its values not set."""
    size = math.prod(shape) * dtype.itemsize
    if not _IS_LINUX or size < _SMALL:
        return np.empty(shape, dtype)
    return np.frombuffer(_mapped(size), dtype).reshape(shape)


def copied(image: Tensor) -> Tensor:
    """A copy as large as a frame."""
    return empty(image.shape, image.dtype, image.device).copy_(image)


def _mapped(size: int) -> mmap.mmap:
    """So many bytes of the system's, until nobody refers to them. Raises MemoryError."""
    try:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"{size} bytes for a frame: {error.strerror}") from error
    with contextlib.suppress(OSError):  # a kernel without huge pages
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory
