"""The node classes that the fake knows: their knobs, inputs, and whether they change pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.nuke_host import choice_knobs, colors, number_knobs, text_knobs
from tests.nuke_host.graph import Core
from tests.nuke_host.knob_makers import (
    Bool,
    Box,
    Button,
    Double,
    File,
    FormatKnob,
    Int,
    Maker,
    Python,
    String,
    choice,
    color,
    layer,
    number,
    plain,
    whole,
)

FILE_TYPES = [" ", "cin", "dpx", "exr", "hdr", "jpeg", "mov", "png", "tiff"]
COMPRESSIONS = [
    "none",
    "Zip (1 scanline)",
    "Zip (16 scanlines)",
    "PIZ Wavelet (32 scanlines)",
    "RLE",
    "B44",
    "B44A",
    "DWAA",
    "DWAB",
]
METADATA = [
    "no metadata",
    "default metadata",
    "default metadata and exr/*",
    "all metadata except input/*",
    "all metadata",
]
EDGES = ["hold", "loop", "bounce", "black"]

COMMON: dict[str, Maker] = {
    "name": String,
    "label": String,
    "xpos": Int,
    "ypos": Int,
    "selected": Bool,
    "hide_input": Bool,
    "tile_color": plain(number_knobs.ColorChip_Knob),
    "note_font": String,
    "help": String,
    "gl_color": plain(number_knobs.ColorChip_Knob),
    "postage_stamp": Bool,
    "cached": Bool,
    "dope_sheet": Bool,
    "bookmark": Bool,
    "icon": String,
    "lifetimeStart": Int,
    "lifetimeEnd": Int,
    "useLifetime": Bool,
    "knobChanged": Python,
    "onCreate": Python,
    "onDestroy": Python,
    "updateUI": Python,
    "autolabel": Python,
    "panel": Bool,
    "disable": plain(number_knobs.Disable_Knob),
}
NO_DISABLE = ("Input", "Output", "Root", "BackdropNode", "StickyNote", "Dot", "Viewer")
# Knobs that say how a node looks or is told about, not what it computes.
NOT_PIXELS = {*COMMON} - {"disable"} | {
    "beforeRender",
    "beforeFrameRender",
    "afterFrameRender",
    "afterRender",
    "renderProgress",
    "origfirst",
    "origlast",
    "origset",
    "on_error",
    "localizationPolicy",
    "reload",
    "Render",
}

_READ: dict[str, Maker] = {
    "file_type": choice(FILE_TYPES),
    "file": File,
    "proxy": File,
    "format": FormatKnob,
    "first": whole(1),
    "before": choice(EDGES),
    "last": whole(1),
    "after": choice(EDGES),
    "frame_mode": choice(["expression", "start at", "offset"]),
    "frame": String,
    "origfirst": whole(1),
    "origlast": whole(1),
    "origset": Bool,
    "on_error": choice(["error", "black", "checkerboard", "nearest frame"]),
    "reload": Button,
    "auto_alpha": Bool,
    "premultiplied": Bool,
    "raw": Bool,
    "colorspace": plain(number_knobs.Colorspace_Knob),
    "localizationPolicy": choice(["fromAutoLocalizePath", "on", "onDemand", "off"]),
}
_WRITE: dict[str, Maker] = {
    "channels": layer("rgb"),
    "file": File,
    "proxy": File,
    "views": plain(choice_knobs.MultiView_Knob),
    "file_type": choice(FILE_TYPES),
    "frame_mode": choice(["expression", "start at", "offset"]),
    "frame": String,
    "colorspace": plain(number_knobs.Colorspace_Knob),
    "premultiplied": Bool,
    "raw": Bool,
    "create_directories": Bool,
    "render_order": number(1),
    "Render": Button,
    "use_limit": Bool,
    "first": whole(1),
    "last": whole(1),
    "checkHashOnRead": Bool,
    "beforeRender": Python,
    "beforeFrameRender": Python,
    "afterFrameRender": Python,
    "afterRender": Python,
    "renderProgress": Python,
}
# What a Write has only after its file_type was set.
WRITE_FORMATS: dict[str, dict[str, Maker]] = {
    "exr": {
        "datatype": choice(["16 bit half", "32 bit float"]),
        "compression": choice(COMPRESSIONS, "Zip (1 scanline)"),
        "dw_compression_level": number(45),
        "metadata": choice(METADATA, "default metadata"),
        "noprefix": Bool,
        "autocrop": Bool,
        "first_part": String,
        "interleave": choice(["channels, layers and views", "channels and layers", "channels"]),
        "standard_layer_name_format": Bool,
        "write_full_layer_names": Bool,
        "truncate_channel_names": Bool,
        "heroview": String,
    },
    "png": {"datatype": choice(["8 bit", "16 bit"])},
    "tiff": {
        "datatype": choice(["8 bit", "16 bit", "32 bit float"]),
        "compression": choice(["none", "LZW"]),
    },
    "dpx": {"datatype": choice(["8 bit", "10 bit", "12 bit", "16 bit"])},
}
_ROOT: dict[str, Maker] = {
    "name": File,
    "label": String,
    "frame": whole(1),
    "first_frame": whole(1),
    "last_frame": whole(100),
    "lock_range": Bool,
    "fps": number(24),
    "format": FormatKnob,
    "proxy": Bool,
    "proxy_type": choice(["format", "scale"]),
    "proxy_format": FormatKnob,
    "proxy_scale": number(0.5),
    "views": plain(choice_knobs.MultiView_Knob),
    "project_directory": File,
    "colorManagement": choice(["Nuke", "OCIO"]),
    "OCIO_config": choice(
        ["nuke-default", "aces_1.2", "fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "custom"]
    ),
    "customOCIOConfigPath": File,
    "workingSpaceLUT": plain(number_knobs.WorkingSpace_Knob),
    "monitorLut": choice(["sRGB", "rec709"]),
    "int8Lut": choice(["sRGB", "linear"]),
    "int16Lut": choice(["sRGB", "linear"]),
    "logLut": choice(["Cineon", "linear"]),
    "floatLut": choice(["linear", "sRGB"]),
    "onScriptLoad": Python,
    "onScriptSave": Python,
    "onScriptClose": Python,
    "knobChanged": Python,
    "onCreate": Python,
    "onDestroy": Python,
    "updateUI": Python,
    "autolabel": Python,
    "beforeRender": Python,
    "beforeFrameRender": Python,
    "afterFrameRender": Python,
    "afterRender": Python,
    "renderProgress": Python,
}


OPENFX = "OFXorg.hifi.Interpolate_v1"
# facts/nuke.md §12.
_KRONOS: dict[str, Maker] = {
    "input.first": whole(1),
    "input.last": whole(1),
    "retimedChannels": layer("all"),
    "interpolation": choice(["Frame", "Blend", "Motion"], "Motion"),
    "timing2": choice(["Output Speed", "Input Speed", "Frame"]),
    "timingOutputSpeed": number(0.5),
    "timingInputSpeed": number(0.5),
    "timingFrame2": number(1),
}


@dataclass(frozen=True)
class NodeClass:
    """A kind of node: its own knobs, and how many inputs it takes."""

    knobs: dict[str, Maker] = field(default_factory=dict)
    inputs: int = 1


CLASSES: dict[str, NodeClass] = {
    "Read": NodeClass(_READ, 0),
    "Write": NodeClass(_WRITE),
    "Root": NodeClass(_ROOT, 0),
    "Group": NodeClass({}, 100),
    "Input": NodeClass({"number": Int}, 0),
    "Output": NodeClass(),
    "Viewer": NodeClass({"input_number": Int, "fps": number(24), "frame_range": String}, 10),
    "Constant": NodeClass(
        {
            "channels": layer("rgb"),
            "color": color(0),
            "format": FormatKnob,
            "first": whole(1),
            "last": whole(1),
        },
        0,
    ),
    "CheckerBoard2": NodeClass(
        {"format": FormatKnob, "boxsize": number(64), "first": whole(1), "last": whole(1)}, 0
    ),
    "Dot": NodeClass(),
    "NoOp": NodeClass(),
    "StickyNote": NodeClass({}, 0),
    "BackdropNode": NodeClass({"bdwidth": Int, "bdheight": Int}, 0),
    "Grade": NodeClass(
        {
            "channels": layer("rgb"),
            "whitepoint": color(1),
            "blackpoint": color(0),
            "white": color(1),
            "black": color(0),
            "multiply": color(1),
            "add": color(0),
            "gamma": color(1),
            "black_clamp": plain(number_knobs.Boolean_Knob, 1),
            "white_clamp": Bool,
            "mix": number(1),
        }
    ),
    "Multiply": NodeClass({"channels": layer("rgb"), "value": color(1), "mix": number(1)}),
    "Saturation": NodeClass({"channels": layer("rgb"), "saturation": number(1)}),
    "Reformat": NodeClass(
        {
            "type": choice(["to format", "to box", "scale"]),
            "format": FormatKnob,
            "resize": choice(["none", "width", "height", "fit", "fill", "distort"], "width"),
            "center": plain(number_knobs.Boolean_Knob, 1),
            "black_outside": Bool,
            "pbb": Bool,
            "box_width": whole(200),
            "box_height": whole(200),
            "box_pixel_aspect": number(1),
            "scale": number(1),
        }
    ),
    "Crop": NodeClass({"box": Box, "reformat": Bool, "crop": plain(number_knobs.Boolean_Knob, 1)}),
    "AdjBBox": NodeClass({"numpixels": number(0)}),
    "Transform": NodeClass(
        {"translate": plain(number_knobs.XY_Knob), "rotate": Double, "scale": number(1)}
    ),
    "Colorspace": NodeClass(
        {"colorspace_in": choice(list(colors.NUKE)), "colorspace_out": choice(list(colors.NUKE))}
    ),
    "TimeOffset": NodeClass({"time_offset": Double}),
    "FrameHold": NodeClass({"firstFrame": number(1), "increment": Double}),
    "FrameRange": NodeClass({"first_frame": whole(1), "last_frame": whole(100), "time": String}),
    "TimeWarp": NodeClass({"lookup": Double}),
    "Retime": NodeClass(
        {
            "input.first": whole(1),
            "input.last": whole(1),
            "output.first": whole(1),
            "output.last": whole(1),
            "speed": number(1),
            "reverse": Bool,
            "before": choice(EDGES),
            "after": choice(EDGES),
            "filter": choice(["nearest", "box", "none"], "box"),
        }
    ),
    "Kronos": NodeClass({**_KRONOS, "flickerCompensation": Bool}, 2),
    "OFlow2": NodeClass(_KRONOS, 2),
    "OFXuk.co.thefoundry.time.oflow_v100": NodeClass(
        {
            "timing": choice(["Speed", "Source Frame"]),
            "timingSpeed": number(0.5),
            "timingFrame": number(1),
        }
    ),
    OPENFX: NodeClass(
        {
            "timing": choice(["speed", "source frame", "frame rate"]),
            "counted_from": choice(["clip start", "host frames"]),
            "speed": number(0.5),
            "source_frame": Double,
            "seed": Int,
            "weights": String,
            "device": String,
        }
    ),
    "Switch": NodeClass({"which": Double}, 100),
    "Merge2": NodeClass(
        {"operation": choice(["over", "plus", "multiply", "copy"], "over"), "mix": number(1)}, 3
    ),
    "Copy": NodeClass({"from0": layer("rgba.alpha"), "to0": layer("rgba.alpha")}, 2),
    "Remove": NodeClass({"operation": choice(["remove", "keep"]), "channels": layer("all")}),
    "Premult": NodeClass(),
    "Unpremult": NodeClass(),
    "AddTimeCode": NodeClass(
        {"startcode": plain(text_knobs.String_Knob, "00:00:00:00"), "fps": number(24)}
    ),
    "ModifyMetaData": NodeClass({"metadata": String}),
    "JoinViews": NodeClass({}, 10),
    "OneView": NodeClass({"view": plain(number_knobs.OneView_Knob)}),
    "PostageStamp": NodeClass(),
}


def dress(core: Core) -> None:
    """Give a new node the knobs of its class."""
    own = CLASSES[core.klass].knobs if core.klass in CLASSES else {}
    common = {} if core.klass == "Root" else COMMON
    for name, maker in {**common, **own}.items():
        if name != "disable" or core.klass not in NO_DISABLE:
            core.add_knob(maker(core.host, name))


def apply_file_type(core: Core) -> None:
    """Give a Write the knobs of its file type, and take those of another type away."""
    kind = core.text("file_type")
    wanted = WRITE_FORMATS.get(kind, {})
    for name in {name for knobs in WRITE_FORMATS.values() for name in knobs} - set(wanted):
        core.knobs.pop(name, None)
    for name, maker in wanted.items():
        core.add_knob(maker(core.host, name))
