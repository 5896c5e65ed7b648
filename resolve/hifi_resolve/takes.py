"""The takes of a clip: it shows one of them at a time, and take 1 is its own picture.

A clip without takes has none, not one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Optional

from .answers import asked, same
from .restore import attempt

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, TimelineItem

log = logging.getLogger(__name__)


def count(item: TimelineItem) -> int:
    """How many takes a clip has. Raises ResolveError when Resolve does not count them."""
    return int(asked(item.GetTakesCount, "count the clip's takes"))


def selected(item: TimelineItem) -> int:
    """The take that is shown; 0 without takes. Raises ResolveError."""
    return int(asked(item.GetSelectedTakeIndex, "say which take is selected"))


def select(item: TimelineItem, index: int) -> bool:
    """Show a take; whether it is shown."""
    if selected(item) != index:
        item.SelectTakeByIndex(index)
    return selected(item) == index


def media(item: TimelineItem, index: int) -> Optional[MediaPoolItem]:
    """What a take shows, one that there is. Raises ResolveError when Resolve does not say it."""
    take: dict[str, Any] = dict(asked(lambda: item.GetTakeByIndex(index), "show the clip's takes"))
    return take.get("mediaPoolItem")


def index_of(item: TimelineItem, shown: Optional[MediaPoolItem]) -> Optional[int]:
    """The take that shows a media item."""
    there = (index for index in range(1, count(item) + 1) if same(media(item, index), shown))
    return next(there, None)


def drop_last(item: TimelineItem, kept: int) -> bool:
    """Delete all takes behind the first `kept`; whether they are gone. A clip's own one stays."""
    for index in range(count(item), max(kept, 1), -1):
        item.DeleteTakeByIndex(index)
    return count(item) <= max(kept, 1)


def drop(item: TimelineItem, gone: MediaPoolItem) -> bool:
    """Delete the take that shows a media item; whether it is gone.

    What the clip shows stays, or is its own picture where it showed that take: nobody says whether
    a deleted take changes which one is selected.
    """
    mine, shown = index_of(item, gone), selected(item)
    if mine is None:
        return True
    kept = media(item, 1 if shown in (mine, 0) else shown)
    if not attempt(lambda: _dropped(item, gone)):
        return False
    if not attempt(lambda: _shows(item, kept)):
        log.warning("Select the take of %s by hand: Resolve did not.", item.GetName())
    return True


def _dropped(item: TimelineItem, gone: MediaPoolItem) -> bool:
    mine = index_of(item, gone)
    if mine is not None:
        item.DeleteTakeByIndex(mine)
    return index_of(item, gone) is None


def _shows(item: TimelineItem, kept: Optional[MediaPoolItem]) -> bool:
    index = index_of(item, kept)
    return index is None or select(item, index)  # without takes it shows its own picture
