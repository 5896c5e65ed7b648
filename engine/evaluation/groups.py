"""Which groups a frame's figures count for: its tags, and two groups that gather several tags."""

from __future__ import annotations

from collections.abc import Sequence

LARGE = "large"
THIN = "thin or repeated"

_LARGE_TAGS = frozenset({"large-motion", "very-large-motion", "extreme-motion"})
_THIN_WORDS = frozenset(
    {
        "repetitive", "repeated", "repeating", "thin", "fence", "fences", "windows", "wire",
        "wires", "cables", "truss", "spokes", "grid", "lattice", "stripes", "facade", "mesh",
        "railing", "bars",
    }
)  # fmt: skip


def groups(tags: Sequence[str]) -> list[str]:
    """The groups of a frame with these tags: `large`, `thin or repeated`, then each tag itself.

    Words count whole: `data-window-…` speaks of no windows.
    """
    gathered = []
    if _LARGE_TAGS & set(tags):
        gathered.append(LARGE)
    if any(_THIN_WORDS & set(tag.split("-")) for tag in tags):
        gathered.append(THIN)
    return [*gathered, *(tag for tag in dict.fromkeys(tags) if tag not in gathered)]
