"""Calls that differ between versions, each in the way that the version at hand has.

Nothing else calls these: where 21.1 deprecates a form, the new one is used there, and where a call
is missing, what is done instead stands here or at `abilities`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .answers import asked, has, if_any


def start(item: Any) -> int:
    """The record frame that an item starts at."""
    return int(asked(lambda: item.GetStart(*_whole_frames(item)), "say where a clip starts"))


def duration(item: Any) -> int:
    """How many record frames an item takes."""
    return int(asked(lambda: item.GetDuration(*_whole_frames(item)), "say how long a clip is"))


def left_offset(item: Any) -> int:
    """How far an item can be extended to the left: in which frames, depends on the version."""
    return int(asked(lambda: item.GetLeftOffset(*_whole_frames(item)), "say how a clip is trimmed"))


def _whole_frames(item: Any) -> tuple[bool, ...]:
    # 18.6 takes no argument; 19.0, which brought the source frames, wants to know the precision.
    return (False,) if has(item, "GetSourceStartFrame") else ()


def setting(thing: Any, key: str) -> Any:
    """A setting of a project or a timeline; None when there is none."""
    if has(thing, "GetSettings"):
        return if_any(thing.GetSettings, {}).get(key)
    return if_any(lambda: thing.GetSetting(key), None)


def frame_rate(thing: Any) -> str:
    """The frame rate of a project or a timeline: "25", or "29.97 DF" where labels are dropped."""
    rate = setting(thing, "timelineFrameRate")
    if isinstance(rate, float) and str(setting(thing, "timelineDropFrameTimecode")) == "1":
        return f"{rate} DF"  # from 21.1 on a number, and the labels are a setting of their own
    return str(rate or "")


def set_settings(thing: Any, values: Mapping[str, str]) -> None:
    """Set settings of a timeline, one by one: one that is refused must not take others along."""
    for key, value in values.items():
        if has(thing, "SetSettings"):
            thing.SetSettings({key: value})
        else:
            thing.SetSetting(key, value)


def properties(item: Any) -> dict[str, Any]:
    """All properties of an item on a timeline."""
    ask = item.GetProperties if has(item, "GetProperties") else item.GetProperty
    return dict(if_any(ask, {}))


def set_property(item: Any, key: str, value: Any) -> None:
    """Set a property of an item on a timeline."""
    if has(item, "SetProperties"):
        item.SetProperties({key: value})
    else:
        item.SetProperty(key, value)


def is_transition(item: Any) -> bool:
    """Whether an entry of a track is a transition: from 21.1 on, they are listed, too."""
    return has(item, "GetType") and if_any(item.GetType, "") == "transition"


def import_file(pool: Any, path: str) -> None:
    """Import one file into the folder that is open; 21.1 deprecates plain paths."""
    pool.ImportMedia([{"FilePath": path}] if has(pool, "CreateMulticamClip") else [path])


def add_video_track(timeline: Any, index: int) -> None:
    """Add a video track at an index where the version can (19.0 on), else on top of all."""
    if has(timeline, "GetTrackSubType"):
        timeline.AddTrack("video", {"index": index})
    else:
        timeline.AddTrack("video")
