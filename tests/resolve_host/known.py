"""Which calls there are: fusionscript's stubs, and a written table of what they leave out.

The fake refuses every other call, every other number of arguments, and keys of dictionaries that
neither knows. (The stubs are Resolve 21.0.0's README of 8 May 2026.)
"""

import ast
import functools
import sys
from dataclasses import dataclass
from pathlib import Path

# Calls and arguments that are documented or were measured, but are not in the stubs (or are
# declared there without their defaults). (fewest, most) arguments.
FACTS = {
    # README of 24 July 2026: the timeline's selection.
    ("Timeline", "GetSelectedClips"): (0, 0),
    # The stubs require a second argument that only audio has a use for; README: AddTrack('video').
    ("Timeline", "AddTrack"): (1, 2),
    # README: "without parameters (or with a NoneType or a blank property key)".
    ("MediaPoolItem", "GetClipProperty"): (0, 1),
    ("Project", "GetSetting"): (0, 1),
    ("Timeline", "GetSetting"): (0, 1),
    ("TimelineItem", "GetProperty"): (0, 1),
    # README: the second argument is optional and False.
    ("Timeline", "DeleteClips"): (1, 2),
}

# When a call came. A call of a later version is not there: getattr gives None, dir() omits it.
SINCE = {
    ("Timeline", "GetSelectedClips"): (21, 0, 4),  # README of 24 July 2026, not in 21.0.0's stubs
    ("TimelineItem", "GetSourceStartTime"): (19, 1),  # measured on 19.1.3.7; "older still" lacks it
    ("TimelineItem", "GetSourceEndTime"): (19, 1),
}

# README "Looking up Render Settings", 24 July 2026, beyond the stubs' RenderSettings.
RENDER_SETTINGS = {"UseFullExtents", "AddFrameHandles", "DataBurnIn"}

# Keys of GetClipProperty that are in use (facts, section 2).
CLIP_PROPERTIES = {
    "File Path", "FPS", "Frames", "Start", "End", "Start TC", "End TC", "Duration", "Resolution",
    "Type", "Format", "Video Codec", "Data Level", "Input Color Space", "Input LUT", "In Point",
    "Out Point", "Clip Name", "Reel Name", "Super Scale",
}  # fmt: skip

# Keys of Project.GetSetting and Timeline.GetSetting that are in use (facts, sections 2 and 8).
SETTINGS = {
    "timelineFrameRate", "colorScienceMode", "colorSpaceTimeline", "colorSpaceOutput",
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

_TYPES = {"str": str, "int": int, "bool": bool, "float": (int, float)}


class UnknownCall(Exception):
    """The code under test called what Resolve is not known to have."""


@dataclass(frozen=True)
class Call:
    """How a method may be called: (fewest, most) arguments a form, and what it returns."""

    forms: tuple
    returns: str


@functools.cache
def _stubs():
    for entry in filter(None, sys.path):
        path = Path(entry) / "fusionscript-stubs" / "fusionscript.pyi"
        if path.is_file():
            return ast.parse(path.read_text(encoding="utf-8"))
    raise RuntimeError("fusionscript-stubs is not installed")


@functools.cache
def classes():
    """{class: {method: Call}} of the stubs."""
    found = {}
    for node in _stubs().body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = _methods(node)
    return found


@functools.cache
def keys(name):
    """The keys of one of the stubs' TypedDicts."""
    for node in _stubs().body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return {entry.target.id for entry in node.body if isinstance(entry, ast.AnnAssign)}
    raise KeyError(name)


def call(kind, method):
    """How `kind.method` may be called, or None where nobody knows it."""
    known = classes().get(kind, {}).get(method)
    count = FACTS.get((kind, method))
    if count is None:
        return known
    form = known.forms[0][2] if known else ()
    return Call(((*count, form),), known.returns if known else "List")


def check(kind, method, arguments, keywords):
    """Raise UnknownCall where the stubs and the table do not have this call in this form."""
    known = call(kind, method)
    if known is None:
        raise UnknownCall(f"{kind} has no {method}")
    if keywords:
        raise UnknownCall(f"{kind}.{method} takes no keywords: fusionscript passes positions")
    if not any(_fits(form, arguments) for form in known.forms):
        raise UnknownCall(f"{kind}.{method}{arguments!r} is not a form of the call")


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


def _methods(node):
    found = {}
    for entry in node.body:
        if isinstance(entry, ast.FunctionDef):
            words = entry.args.args[1:]
            most = len(words) if entry.args.vararg is None else 99
            kinds = tuple(ast.unparse(word.annotation) if word.annotation else "" for word in words)
            form = (len(words) - len(entry.args.defaults), most, kinds)
            returns = ast.unparse(entry.returns) if entry.returns else "bool"
            before = found.get(entry.name)
            found[entry.name] = Call(
                (*(before.forms if before else ()), form), before.returns if before else returns
            )
    return found
