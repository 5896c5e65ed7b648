"""What came of a render: what it did in words, or why it could not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from hifi_ofx.errors import HifiError
from hifi_ofx.request import Finished
from hifi_ofx.terminal import duration

RENDERED = "Rendered."


@dataclass(frozen=True)
class Done:
    """What a render did, and what the engine warned of."""

    baked: int
    finished: Finished | None
    warnings: tuple[str, ...] = ()
    words: str = "Every frame was there already."
    is_render: bool = True
    is_preview: bool = False

    def __str__(self) -> str:
        if self.finished is None:
            return self.words
        one = self.finished
        return (
            f"{'Preview.' if self.is_preview else RENDERED} {one.made} in-betweens made, "
            f"{one.copied} frames copied, {one.skipped} were there already; "
            f"{duration(one.seconds)}."
        )


Outcome = Union[Done, HifiError]
