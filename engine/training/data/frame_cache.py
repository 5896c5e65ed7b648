"""What a clip is, and the decoded frames that are kept."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from hifi_ofx.errors import FrameError


class Clip(Protocol):
    """Frames at a constant rate."""

    def __len__(self) -> int: ...

    def __getitem__(self, numbers: list[int], /) -> Tensor: ...


class FrameCache:
    """Decoded frames by path and number, the last used ones, in at most so many bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.held = limit, 0
        self._frames: OrderedDict[tuple[Path, int], Tensor] = OrderedDict()

    def get(self, key: tuple[Path, int]) -> Tensor | None:
        """The frame, if it is still here."""
        if key in self._frames:
            self._frames.move_to_end(key)
        return self._frames.get(key)

    def put(self, key: tuple[Path, int], frame: Tensor) -> None:
        """Keep a frame, and let the longest unused ones go for it."""
        if key in self._frames or frame.nbytes > self.limit:
            return
        self._frames[key] = frame
        self.held += frame.nbytes
        while self.held > self.limit:
            _, old = self._frames.popitem(last=False)
            self.held -= old.nbytes


def same_size(frames: list[Tensor], where: Path) -> Tensor:
    """Frames as one tensor. Raises FrameError where their sizes differ."""
    sizes = sorted({f"{frame.shape[2]}x{frame.shape[1]}" for frame in frames})
    if len(sizes) > 1:
        raise FrameError(
            f"Frames of {where} differ in size: {', '.join(sizes)}.", "One size a clip."
        )
    return torch.stack(frames)
