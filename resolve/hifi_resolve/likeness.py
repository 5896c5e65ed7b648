"""What the slow-motion clip takes over from the clip it was made of, on the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hifi_ofx.placement import Placement

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


def take_over(clip: Clip, item: TimelineItem, wishes: Placement) -> list[str]:
    """Give a new item the clip's color, sizing, grade and link; notes on what did not work."""
    notes = []
    color = clip.item.GetClipColor()
    if color:
        item.SetClipColor(color)
    if wishes.sizing:
        notes += _sizing(clip.item, item)
    if wishes.grade and not clip.item.CopyGrades([item]):
        notes.append("Copy the clip's grade by hand: Resolve did not.")
    if wishes.link and not clip.timeline.SetClipsLinked([clip.item, item], True):
        notes.append("Link the two clips by hand: Resolve did not.")
    return notes


def _sizing(old: TimelineItem, new: TimelineItem) -> list[str]:
    left = []
    for key in SIZING:
        value = old.GetProperty(key)
        if value is None or new.GetProperty(key) == value:
            continue
        new.SetProperty(key, value)
        if new.GetProperty(key) != value:
            left.append(key)
    return (
        [f"Set {', '.join(left)} of the slow-motion clip by hand, in the Inspector."]
        if left
        else []
    )
