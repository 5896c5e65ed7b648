"""When each frame of a video is shown, and where decoding can start.

The packets say it, as a rule. What they say is compared with the first pictures that are decoded:
AVI has no times of its own, transport streams have a packet a field, old recordings have none. Then
the pictures are counted by decoding them once.
"""

from __future__ import annotations

import bisect
import itertools
import logging
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hifi_ofx.errors import FrameError
from hifi_ofx.waiting import Check

log = logging.getLogger(__name__)

_COMPARED = 20  # pictures: more than decoders hold back, and than a usual run of B-frames


class Opened(NamedTuple):
    """A file under way: PyAV's container, its picture's stream, and what decodes that."""

    container: Any
    stream: Any
    decoder: Any


@dataclass(frozen=True)
class Index:
    """The frames of a video in the order they are shown.

    times: when each is shown, in the stream's time base, or its place where `ordered`. keys: where
    decoding can start, as (when it is shown, when it is decoded), ascending. ordered: the file has
    no times that can be trusted; frames are counted from its start.
    """

    times: list[int]
    keys: list[tuple[int, int]]
    ordered: bool = False

    @property
    def steady(self) -> bool:
        """Whether frames follow each other at one rate, up to a tenth and rounding."""
        steps = np.diff(self.times)
        return not len(steps) or steps.max() <= steps.min() + math.ceil(0.1 * steps.mean())

    def key_before(self, index: int) -> int:
        """The place, in `keys`, of the last one that is shown no later than a frame."""
        return max(bisect.bisect_right(self.keys, (self.times[index], 1 << 62)) - 1, 0)

    def seek_time(self, key: int) -> int:
        """What to seek for, backwards, so that decoding starts no later than at a key frame."""
        return min(self.keys[key]) if self.keys else self.times[0]

    def decoded(self, opened: Opened) -> Iterator[tuple[int, Any]]:
        """(time, picture) of every picture from where the container stands."""
        places = itertools.count()
        for picture in _pictures(opened):
            if self.ordered:
                yield next(places), picture
            elif picture.pts is not None:
                yield picture.pts, picture


def index_of(opened: Opened, reopen: Callable[[], Opened], path: Path, check: Check) -> Index:
    """The frames of a stream; `reopen` starts at its first packet again.

    Raises FrameError when there are none, or fewer than a damaged file announces, and whatever
    `check` raises, which is called packet by packet.
    """
    demuxed = _checked(opened.container.demux(opened.stream), check)
    packets = [packet for packet in demuxed if packet.size and not packet.is_discard]
    if not packets:
        raise FrameError(f"{path} has no frames.", "Record or copy it again.")
    duration = opened.stream.duration or 0  # gone when the file is opened again
    times = [packet.pts for packet in packets]
    keys = sorted(
        (p.pts, p.pts if p.dts is None else p.dts)
        for p in packets
        if p.is_keyframe and p.pts is not None
    )
    if None not in times and len(set(times)) == len(times):
        ascending = sorted(times)
        if _as_decoded(ascending, reopen()):
            found = Index(ascending, keys)
            _warn_of_less(found, duration, path)
            return found
    log.info("%s does not say when its frames are shown; they are counted by decoding.", path)
    return _counted(reopen(), keys, path, check)


def _as_decoded(times: list[int], opened: Opened) -> bool:
    """Whether the first pictures that are decoded are those that the packets announce."""
    intra = opened.stream.codec_context.codec.intra_only
    if opened.container.format.name == "avi" and not intra:
        return False
    few = 1 if intra else _COMPARED
    shown = [picture.pts for picture in itertools.islice(_pictures(opened), few)]
    return shown == times[: len(shown)] and len(shown) == min(few, len(times))


def _counted(opened: Opened, keys: list[tuple[int, int]], path: Path, check: Check) -> Index:
    times = [picture.pts for picture in _checked(_pictures(opened), check)]
    stream = opened.stream
    length = (stream.duration or 0) * stream.time_base * (stream.guessed_rate or 0)
    if not times or len(times) < 0.9 * length - 1:
        raise FrameError(
            f"{path} has {len(times)} frames that can be decoded, of {round(length)}.",
            "Copy it again.",
        )
    if opened.container.format.name != "avi" and None not in times and _ascends(times) and keys:
        return Index(times, keys)
    return Index(list(range(len(times))), [], ordered=True)


def _warn_of_less(index: Index, duration: int, path: Path) -> None:
    """A copy that was cut short has fewer frames than its header announces."""
    count = len(index.times)
    if count < 2 or not index.steady:
        return
    announced = duration * (count - 1) / (index.times[-1] - index.times[0])
    if count < 0.9 * announced - 1:
        log.warning("%s has %d frames of the %.0f it announces.", path, count, announced)


def _ascends(times: list[int]) -> bool:
    return all(before < after for before, after in zip(times, times[1:]))


def _checked(items: Iterable[Any], check: Check) -> Iterator[Any]:
    for item in items:
        check()
        yield item


def _pictures(opened: Opened) -> Iterator[Any]:
    for packet in opened.container.demux(opened.stream):
        yield from opened.decoder.decode(packet if packet.size else None)
