"""The chosen clip, in numbers, or a sentence why it cannot be slowed.

Three ways of counting meet here. Record frames are the timeline's, from its start timecode on.
Source frames are the media's own and count from the file's first frame as 0, in the media's rate,
whatever the timeline's rate is. Numbers are those in file names: source frame 0 of a plate that
starts at 1001 has number 1001.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Optional

from . import calls
from .answers import ResolveError, asked, has, if_any, listed, media_of, same, text, whole
from .rates import Rate, parse_rate

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Timeline, TimelineItem


@dataclass(frozen=True)
class Clip:
    """A clip on a timeline, and the media behind it."""

    item: TimelineItem
    media: MediaPoolItem
    timeline: Timeline
    name: str
    track: int
    start: int  # record frame
    duration: int  # record frames
    offset: int  # source frame that the clip starts with
    frames: int  # source frames of the media
    number: int  # of the media's first frame
    rate: Rate
    timeline_rate: Rate
    start_timecode: str  # of the media's first frame
    path: str
    speed: Fraction = Fraction(1)  # that it runs at; 1 is 100 %

    @property
    def stem(self) -> str:
        """The name without its suffix and range: plate for plate.[1001-1100].exr."""
        return re.sub(r"([._]?\[[0-9-]+\])?\.\w{2,4}$", "", self.name) or self.name

    @property
    def ratio(self) -> Fraction:
        """Source frames that pass in one record frame at 100 %."""
        return self.rate.fps / self.timeline_rate.fps

    @property
    def end(self) -> Fraction:
        """The source frame at which the clip ends, itself not shown; it need not be whole."""
        return self.offset + self.duration * self.ratio * self.speed

    @property
    def last(self) -> int:
        """The last source frame that the clip shows some of."""
        end = self.end
        return min(-(-end.numerator // end.denominator) - 1, self.frames - 1)

    def frames_at(self, speed: Fraction) -> int:
        """Record frames that the clip takes at a speed of real time."""
        return -(-self.duration * self.speed // speed)

    @property
    def timecode(self) -> str:
        """The source timecode of the clip's first frame."""
        rate = Rate(self.rate.fps, ";" in self.start_timecode)
        return rate.timecode(rate.frame(self.start_timecode) + self.offset)


def chosen(timeline: Timeline) -> TimelineItem:
    """The selected clip where this version can tell, else the one under the playhead."""
    if has(timeline, "GetSelectedClips"):
        # README of 24 July 2026; the stubs are older.
        selected: list[TimelineItem] = if_any(timeline.GetSelectedClips, [])  # type: ignore[attr-defined]
        clips = [item for item in selected if _track(timeline, item)]
        if len(clips) > 1:
            raise ResolveError(f"{len(clips)} clips are selected.", "Select one, and run it again.")
        if clips:
            found: TimelineItem = clips[0]
            return found
    return asked(
        timeline.GetCurrentVideoItem,
        "find a clip under the playhead",
        "Move the playhead over the clip, or select it, and run the script again.",
    )


def describe(
    timeline: Timeline,
    item: TimelineItem,
    project_rate: str,
    media: Optional[MediaPoolItem] = None,
    offset: Optional[int] = None,
) -> Clip:
    """The clip in numbers. Raises ResolveError for clips without frames of their own.

    `media` and `offset` are given where the item shows something else: a take of ours.
    """
    name = item.GetName() or "The clip"
    media = _with_frames(media_of(item) if media is None else media, name)
    timeline_rate = parse_rate(calls.frame_rate(timeline) or project_rate)
    rate = parse_rate(text(media, "FPS"))
    start_timecode = text(media, "Start TC") or "00:00:00:00"
    return Clip(
        item=item,
        media=media,
        timeline=timeline,
        name=name,
        track=_track(timeline, item),
        start=calls.start(item),
        duration=calls.duration(item),
        offset=_offset(item, rate, start_timecode) if offset is None else offset,
        frames=whole(media, "Frames"),
        number=whole(media, "Start"),
        rate=rate,
        timeline_rate=timeline_rate,
        start_timecode=start_timecode,
        path=text(media, "File Path"),
    )


def check(clip: Clip) -> None:
    """Raise ResolveError for a single frame, and where Resolve contradicts itself."""
    if clip.offset + 1 >= clip.frames:
        raise ResolveError(
            f"{clip.name} shows one frame alone: there is no motion to slow.",
            "Choose a clip of two frames or more.",
        )
    left = calls.left_offset(clip.item) * clip.speed
    away = min(abs(clip.offset - left), abs(clip.offset - left * clip.ratio))
    if away > 1 + clip.ratio:
        raise ResolveError(
            f"Resolve says that {clip.name} starts with frame {clip.offset} of its media, and with "
            f"frame {float(left):.0f}.",
            "Put the clip on a timeline of its own frame rate, and run the script there.",
        )


def tracks_of(timeline: Timeline, kind: str = "video") -> list[list[TimelineItem]]:
    """The items of every track of a kind, from the bottom up."""
    return [_listed(timeline, kind, track) for track in numbers_of_tracks(timeline, kind)]


def numbers_of_tracks(timeline: Timeline, kind: str) -> range:
    """1 to the number of tracks of a kind. Raises ResolveError when Resolve does not count them."""
    count = asked(lambda: timeline.GetTrackCount(kind), f"count the {kind} tracks")  # type: ignore[arg-type]  # video or audio
    return range(1, int(count) + 1)


def items(timeline: Timeline, kind: str = "video") -> Iterator[tuple[int, TimelineItem]]:
    """(track, item) of all tracks of a kind, from the bottom up."""
    for track, found in enumerate(tracks_of(timeline, kind), 1):
        for item in found:
            yield track, item


def _listed(timeline: Timeline, kind: str, track: int) -> list[TimelineItem]:
    found = listed(
        lambda: timeline.GetItemListInTrack(kind, track),  # type: ignore[arg-type]  # video or audio
        f"list what is on {kind} track {track}",
    )
    return [item for item in found if not calls.is_transition(item)]


def _offset(item: TimelineItem, rate: Rate, start_timecode: str) -> int:
    """The source frame that an item starts with.

    The time in the source says it in seconds, whatever the rates and the speed are. Without it, at
    100 % and equal rates, the extent to the left is the same; 21.1 counts that in record frames.
    """
    if not (has(item, "GetSourceStartTime") and has(item, "GetSourceEndTime")):
        return calls.left_offset(item)
    where = "say where in its media the clip lies"
    begin = asked(item.GetSourceStartTime, where)
    if begin == asked(
        item.GetSourceEndTime, where
    ):  # timelines from FCP 7 XML know nothing of their source
        return calls.left_offset(item)
    first = Rate(rate.fps, ";" in start_timecode).frame(start_timecode)
    return max(round(Fraction(begin) * rate.fps) - first, 0)


def _track(timeline: Timeline, item: TimelineItem) -> int:
    """The video track that an item is on; 0 when it is on none."""
    return next((track for track, other in items(timeline) if same(item, other)), 0)


def _with_frames(media: Optional[MediaPoolItem], name: str) -> MediaPoolItem:
    if media is None:
        raise ResolveError(
            f"{name} is a title, a generator or an effect: there is no media behind it.",
            "Select a clip. To slow this one, right-click it, choose Render in Place, and run the "
            "script on the result.",
        )
    if not text(media, "File Path"):
        kind = text(media, "Type") or "compound clip, a subclip or a nested timeline"
        raise ResolveError(
            f"{name} has no file of its own ({kind}).",
            "A compound clip: right-click it, choose Decompose in Place, and slow its clips one by "
            "one; or choose Render in Place, and run the script on the result. A subclip: use the "
            "clip it was made from.",
        )
    return media
