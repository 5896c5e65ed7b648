"""What the slow-motion clip takes over from the clip it was made of, on the timeline."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hifi_ofx.placement import Placement

from . import calls
from .answers import if_any
from .clip import Clip

if TYPE_CHECKING:
    from fusionscript import TimelineItem

# ZoomGang first: while it is on, one zoom sets the other. The README lists these names.
SIZING = (
    "ZoomGang",
    *("ZoomX", "ZoomY", "Pan", "Tilt", "RotationAngle", "AnchorPointX", "AnchorPointY"),
    *("Pitch", "Yaw", "FlipX", "FlipY", "Distortion", "Scaling"),
    *("CropLeft", "CropRight", "CropTop", "CropBottom", "CropSoftness", "CropRetain"),
    *("CompositeMode", "Opacity"),
)
"""Clip properties that say where the picture is and how it is laid over others."""


def take_over(clip: Clip, item: TimelineItem, wishes: Placement, speed: Fraction) -> list[str]:
    """Give a new item the clip's looks and notes; sentences on what did not work.

    Color, flags, markers, sizing, grade and link. `speed` is the new clip's, of real time.
    """
    notes = _color(clip.item, item) + _flags(clip.item, item) + _markers(clip, item, speed)
    if wishes.sizing:
        notes += _sizing(clip.item, item)
    if wishes.grade and not clip.item.CopyGrades([item]):
        notes.append("Copy the clip's grade by hand: Resolve did not.")
    if wishes.link and not clip.timeline.SetClipsLinked([clip.item, item], True):
        notes.append("Link the two clips by hand: Resolve did not.")
    return notes


def _color(old: TimelineItem, new: TimelineItem) -> list[str]:
    color = if_any(old.GetClipColor, None)
    if color is None:
        return ["Set the clip's color by hand: Resolve does not say it."]
    if color:
        new.SetClipColor(color)
    there = if_any(new.GetClipColor, "")
    return [f"Set the clip's color by hand: {color}."] if color and there != color else []


def _flags(old: TimelineItem, new: TimelineItem) -> list[str]:
    wanted = if_any(old.GetFlagList, None)
    if wanted is None:
        return ["Set the clip's flags by hand: Resolve does not list them."]
    for color in wanted:
        if color not in if_any(new.GetFlagList, []):
            new.AddFlag(color)
    left = set(wanted).difference(if_any(new.GetFlagList, []))
    return [f"Set the clip's flags by hand: {', '.join(sorted(left))}."] if left else []


def _markers(clip: Clip, new: TimelineItem, speed: Fraction) -> list[str]:
    """A marker stays at its picture. Offsets count record frames from the item's start."""
    left, markers = 0, if_any(clip.item.GetMarkers, None)
    if markers is None:
        return ["Set the clip's markers by hand: Resolve does not list them."]
    for offset, marker in markers.items():
        frame = Fraction(offset) * clip.speed / speed
        place, length = round(frame), max(round(marker["duration"] * clip.speed / speed), 1)
        words = (marker["color"], marker["name"], marker["note"], length)
        new.AddMarker(place, *words, marker.get("customData") or "")
        left += place not in {int(there) for there in if_any(new.GetMarkers, {})}
    return [f"Set {left} of the clip's markers by hand: Resolve did not."] if left else []


def _sizing(old: TimelineItem, new: TimelineItem) -> list[str]:
    left = []
    wanted, now = calls.properties(old), calls.properties(new)
    if not wanted:
        return ["Set Pan, Zoom and the rest of the sizing by hand: Resolve does not say it."]
    for key in SIZING:
        value = wanted.get(key)
        if value is None or now.get(key) == value:
            continue
        calls.set_property(new, key, value)
        now = calls.properties(new)  # ZoomGang may have changed others
        if now.get(key) != value:
            left.append(key)
    return (
        [f"Set {', '.join(left)} of the slow-motion clip by hand, in the Inspector."]
        if left
        else []
    )
