"""Which calls there are in which version: the generated table, and what was measured beside it.

The stand-in refuses every call that its version lacks or deprecates, every other number of
arguments, and keys of dictionaries that nobody documents. (`table.py` makes the table.)
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from tests.resolve_host.versions import numbers

# The fewest arguments, where the stubs require one that the README calls optional.
FEWEST = {
    ("Timeline", "AddTrack"): 1,  # README: AddTrack('video'); only audio has a use for the other
    # README: "without parameters (or with a NoneType or a blank property key)".
    ("MediaPoolItem", "GetClipProperty"): 0,
    ("Project", "GetSetting"): 0,
    ("Timeline", "GetSetting"): 0,
    ("TimelineItem", "GetProperty"): 0,
    ("Timeline", "DeleteClips"): 1,  # README: the second argument is optional and False
}

# Calls that came between two versions of the stubs.
SINCE = {
    ("Timeline", "GetSelectedClips"): (21, 0, 4),  # README of 24 July 2026
}

# README "Looking up Render Settings", 24 July 2026, beyond the stubs' RenderSettings.
RENDER_SETTINGS = {"UseFullExtents", "AddFrameHandles", "DataBurnIn"}

# Keys of GetClipProperty that are in use.
CLIP_PROPERTIES = {
    "File Path", "FPS", "Frames", "Start", "End", "Start TC", "End TC", "Duration", "Resolution",
    "Type", "Format", "Video Codec", "Data Level", "Input Color Space", "Input Gamma", "IDT",
    "Input LUT", "In Point", "Out Point", "Clip Name", "Reel Name", "Super Scale", "Audio Ch",
}  # fmt: skip

# Keys of the settings of projects and timelines that are in use.
SETTINGS = {
    "timelineFrameRate", "colorScienceMode", "colorSpaceTimeline", "colorSpaceOutput",
    "colorSpaceTimelineGamma", "colorSpaceOutputGamma", "separateColorSpaceAndGamma",
    "isAutoColorManage", "rcmPresetMode", "outputDRT", "colorAcesODT",
    "useCustomSettings", "timelineResolutionWidth", "timelineResolutionHeight",
}  # fmt: skip

# README "Looking up Timeline item properties".
ITEM_PROPERTIES = {
    "Pan", "Tilt", "ZoomX", "ZoomY", "ZoomGang", "RotationAngle", "AnchorPointX", "AnchorPointY",
    "Pitch", "Yaw", "FlipX", "FlipY", "CropLeft", "CropRight", "CropTop", "CropBottom",
    "CropSoftness", "CropRetain", "DynamicZoomEase", "CompositeMode", "Opacity", "Distortion",
    "RetimeProcess", "MotionEstimation", "Scaling", "ResizeFilter",
}  # fmt: skip

# The edit page's palette: SetClipColor takes these 16 and refuses the markers' names.
CLIP_COLORS = {
    "Orange", "Apricot", "Yellow", "Lime", "Olive", "Green", "Teal", "Navy", "Blue", "Purple",
    "Violet", "Pink", "Tan", "Beige", "Brown", "Chocolate",
}  # fmt: skip

MARKER_COLORS = {
    "Blue", "Cyan", "Green", "Yellow", "Red", "Pink", "Purple", "Fuchsia", "Rose", "Lavender",
    "Sky", "Mint", "Lemon", "Sand", "Cocoa", "Cream",
}  # fmt: skip

_TYPES = {"str": str, "int": int, "bool": bool, "float": (int, float), "dict": dict, "list": list}


class UnknownCall(Exception):
    """The code under test called what Resolve is not known to have."""


@dataclass(frozen=True)
class Call:
    """How a method may be called: (fewest, most, types) a form, and what it returns."""

    forms: tuple
    returns: str


@functools.cache
def _table():
    return json.loads(Path(__file__).with_name("calls.json").read_text(encoding="utf-8"))


@functools.cache
def _entry(table, name, version):
    """What the table says of a version: that of the last change up to it, or its first."""
    changes = _table()[table].get(name, {})
    first = numbers(next(iter(_table()["versions"])))
    found = [c for v, c in changes.items() if numbers(v) <= max(version, first)]
    return found[-1] if found else "not yet"


def keys(name, version):
    """The keys of one of the stubs' dictionaries."""
    found = _entry("keys", name, tuple(version))
    if found == "not yet":
        raise UnknownCall(f"{name} is no dictionary of Resolve {version}")
    return set(found)


def ever(kind, method):
    """Whether any version has a call."""
    return f"{kind}.{method}" in _table()["calls"]


def there(kind, method, version):
    """Whether a version answers a call, deprecated or not."""
    since = SINCE.get((kind, method))
    if since is not None:
        return tuple(version) >= since
    return _entry("calls", f"{kind}.{method}", tuple(version)) != "not yet"


def call(kind, method, version):
    """How a version's `kind.method` is to be called; None where it has none, or deprecates it."""
    if (kind, method) in SINCE:
        found = {"forms": [[0, 0, []]], "returns": "List"} if there(kind, method, version) else None
    else:
        found = _entry("calls", f"{kind}.{method}", tuple(version))
    if found in (None, "not yet"):
        return None
    fewest = FEWEST.get((kind, method))
    forms = tuple(
        (low if fewest is None else min(low, fewest), most, tuple(kinds))
        for low, most, kinds in found["forms"]
    )
    return Call(forms, found["returns"])


def check(kind, method, arguments, keywords, version):
    """Raise UnknownCall where a version does not have this call in this form."""
    known = call(kind, method, version)
    if known is None:
        raise UnknownCall(f"Resolve {version} has no {kind}.{method}, or deprecates it")
    if keywords:
        raise UnknownCall(f"{kind}.{method} takes no keywords: fusionscript passes positions")
    if not any(_fits(form, arguments) for form in known.forms):
        raise UnknownCall(f"{kind}.{method}{arguments!r} is not a form of Resolve {version}'s call")


def check_keys(given, known, what):
    """Raise UnknownCall for a key of a dictionary that nobody documents."""
    unknown = set(given) - set(known)
    if unknown:
        raise UnknownCall(f"{what} has no {sorted(unknown)}")


def _fits(form, arguments):
    fewest, most, kinds = form
    if not fewest <= len(arguments) <= most:
        return False
    return all(
        isinstance(value, _TYPES[kind]) and not (kind == "int" and isinstance(value, bool))
        for value, kind in zip(arguments, kinds, strict=False)
        if kind in _TYPES
    )
