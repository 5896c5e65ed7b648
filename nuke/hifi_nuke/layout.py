"""The knobs of HiFIRetime as data: what is there, in which tab, with which hint. No Nuke in here.

The node, the picture in the guide, and the tests are all made from `tabs()`. Timing knobs have the
names and the meaning they have in Kronos; ours are generated from the declarations in
`hifi_ofx.quality`, so that a setting exists once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hifi_ofx.parameters import Parameter, declarations
from hifi_ofx.quality import PRESETS, Footage, Machine, Output, Quality
from hifi_ofx.request import DEFAULT_WEIGHTS

TIMINGS = ("Output Speed", "Input Speed", "Frame")
SHOWN = ("result", "preview", "source", "live")  # in this order: the Switch inside counts them
FARM_STEPS = ("all that is needed", "engine alone")
WHEN_OLD = ("error", "hold the old", "the source")
CUSTOM = "custom"
PRECISIONS = ("automatic", "16 bit half", "32 bit float")
SOURCES = ("automatic", "working space")
SETTINGS: tuple[tuple[str, Any], ...] = (
    ("Quality", Quality),
    ("Output", Output),
    ("Footage", Footage),
    ("Machine", Machine),
)


@dataclass(frozen=True)
class Entry:
    """One knob. `kind` is int, float, bool, choice, text, file, channels, button, note, rule.

    For a button, `default` is the name of the function in `buttons` that it calls.
    """

    name: str
    label: str
    kind: str
    default: Any = ""
    hint: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    same_line: bool = False
    animated: bool = False


@dataclass(frozen=True)
class Tab:
    """A page of the panel."""

    label: str
    entries: tuple[Entry, ...]


def tabs() -> tuple[Tab, ...]:
    """All pages, in order."""
    return (
        Tab("HiFIRetime", (*_timing(), *_work(), *_buttons())),
        *(
            Tab(label, tuple(_declared(one) for one in declarations(kind)))
            for label, kind in SETTINGS
        ),
        Tab("Cache", _cache()),
    )


def entries() -> dict[str, Entry]:
    """Every entry by its knob's name."""
    return {entry.name: entry for tab in tabs() for entry in tab.entries}


def _timing() -> tuple[Entry, ...]:
    return (
        Entry("input.first", "Input Range", "int", 1, "First source frame to use."),
        Entry("input.last", "to", "int", 1, "Last source frame to use.", same_line=True),
        Entry(
            "reset",
            "Reset",
            "button",
            "reset",
            "Read the range of the input again.",
            same_line=True,
        ),
        Entry(
            "retimedChannels",
            "Channels",
            "channels",
            "all",
            "The channels that the result has. Anything but all is written out first.",
        ),
        Entry(
            "timing2",
            "Timing",
            "choice",
            TIMINGS[0],
            "How the timing is given. Output Speed: keys lie at the frames after this node. "
            "Input Speed: keys lie at the source frames. Frame: the source frame for every frame.",
            TIMINGS,
        ),
        Entry(
            "timingOutputSpeed",
            "Output Speed",
            "float",
            0.5,
            "0.5 is half of the speed and twice the frames. Keyed, it is integrated as in Nuke.",
            minimum=0.05,
            maximum=2.0,
            animated=True,
        ),
        Entry(
            "timingInputSpeed",
            "Input Speed",
            "float",
            0.5,
            "The speed at which each source frame is passed; above 0.",
            minimum=0.05,
            maximum=2.0,
            animated=True,
        ),
        Entry(
            "timingFrame2",
            "Frame",
            "float",
            1.0,
            "The source frame, keyed at the frames after this node.",
            minimum=0.0,
            maximum=100.0,
            animated=True,
        ),
        Entry("timing_rule", "", "rule"),
    )


def _work() -> tuple[Entry, ...]:
    return (
        Entry(
            "preset",
            "Preset",
            "choice",
            "standard",
            "Sets all knobs of the tab Quality. custom: they were changed by hand.",
            (*PRESETS, CUSTOM),
        ),
        Entry(
            "weights",
            "Weights",
            "file",
            DEFAULT_WEIGHTS,
            "Weights that come with HiFI by name, or a .safetensors file of yours.",
        ),
        Entry("work_rule", "", "rule"),
    )


def _buttons() -> tuple[Entry, ...]:
    return (
        Entry(
            "show",
            "Show",
            "choice",
            SHOWN[0],
            "result: the rendered frames; an error where one is missing. preview: frames made with "
            "Preview; a checkerboard elsewhere. source: the input, not retimed. live: made for the "
            "Viewer as it asks, by the OpenFX plug-in, which has to be installed, too.",
            SHOWN,
        ),
        Entry(
            "whenOld",
            "When not up to date",
            "choice",
            WHEN_OLD[0],
            "What the node hands on when its frames are from before a change. error: renders stop. "
            "hold the old: what was rendered, as it is. the source: the input, not retimed. "
            "Either way, the node is marked.",
            WHEN_OLD,
        ),
        Entry(
            "renderRange",
            "Frames",
            "text",
            "",
            "The frames that Render makes, as in 1001-1020. Empty: all of them.",
        ),
        Entry(
            "render",
            "Render",
            "button",
            "render",
            "Make every frame that is missing or out of date.",
        ),
        Entry(
            "renderFrame",
            "Render frame",
            "button",
            "renderFrame",
            "Make the current frame alone, as it will be in the result.",
            same_line=True,
        ),
        Entry(
            "preview",
            "Preview frame",
            "button",
            "preview",
            "Make the current frame at draft quality, and show it. The result is not touched.",
            same_line=True,
        ),
        Entry(
            "cancel",
            "Cancel",
            "button",
            "cancel",
            "Stop. Finished frames are kept.",
            same_line=True,
        ),
        Entry("status", "Status", "note", "Not rendered yet: press Render."),
    )


def _cache() -> tuple[Entry, ...]:
    return (
        Entry(
            "cacheFolder",
            "Cache folder",
            "file",
            "",
            "Where frames go, a folder for each set of settings and input. Empty: hifi_cache "
            "beside the script.",
        ),
        Entry(
            "cacheLimit",
            "Cache limit, GB",
            "float",
            0.0,
            "After a render, the oldest frames that no script uses are deleted until the cache "
            "folder takes no more than this. 0: nothing is deleted.",
            minimum=0.0,
            maximum=2000.0,
        ),
        Entry(
            "clean",
            "Clean cache",
            "button",
            "clean",
            "Delete the frames that no script beside the cache folder uses. Asks first.",
            same_line=True,
        ),
        Entry(
            "color",
            "Color",
            "choice",
            SOURCES[0],
            "How source frames reach the engine. automatic: EXR files of a plain Read are read as "
            "they are when Nuke would not change a pixel, anything else is written out. "
            "working space: always written out, raw, in the script's working space.",
            SOURCES,
        ),
        Entry(
            "bakeType",
            "Written as",
            "choice",
            PRECISIONS[0],
            "Type of the EXRs that the input is written to. automatic: half for plain RGBA, float "
            "as soon as there are other layers (depth, position, IDs need it).",
            PRECISIONS,
        ),
        Entry("farm_rule", "", "rule"),
        Entry(
            "farmChunk",
            "Frames per task",
            "int",
            20,
            "Output frames that one task of the farm makes.",
            minimum=1,
            maximum=1000,
        ),
        Entry(
            "farmSteps",
            "Steps",
            "choice",
            FARM_STEPS[0],
            "What the farm does. all that is needed: write the input out where it has to be, "
            "retime it, and render the Writes below, each step after the one before; its Nukes "
            "need the plug-in for the input alone. engine alone: the input is written out here.",
            FARM_STEPS,
        ),
        Entry(
            "submit",
            "Write farm job",
            "button",
            "submit",
            "Write an Open Job Description bundle for this retime beside its frames, and the same "
            "for Deadline 10, OpenCue and Tractor.",
            same_line=True,
        ),
    )  # fmt: skip


def _declared(one: Parameter) -> Entry:
    """A setting of ours as a knob. Sizes and what has no range are text, as on the command line."""
    kind = "text" if one.kind == "size" else one.kind
    words = ", ".join(f"{number} is {word}" for word, number in one.words.items())
    unit = f" In {one.unit}." if one.unit else ""
    numbers = kind in ("int", "float")
    return Entry(
        one.name,
        one.label,
        kind,
        one.text(one.default) if kind == "text" else one.default,
        f"{one.hint} {one.allowed.capitalize()}{'; ' + words if words else ''}.{unit}"
        if numbers or one.kind == "size"
        else one.hint,
        one.choices,
        (min([one.minimum or 0, *one.words.values()])) if numbers else None,
        one.maximum if numbers else None,
    )
