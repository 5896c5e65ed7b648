"""An effect as it describes itself, and the same in one context, with the checks of a host."""

from .faults import PluginFault
from .parameters import ParamSet
from .properties import PropertySet

CONTEXT = "OfxImageEffectContext"
REQUIRED_CLIPS = {
    "Filter": {"Source", "Output"},
    "General": {"Output"},
    "Retimer": {"Source", "Output"},
}
SOURCE_TIME = "SourceTime"


class Descriptor:
    """What Describe fills in."""

    def __init__(self, host, path):
        self.properties = PropertySet(host.handles, "descriptor", "the effect", _values(host, path))
        self.handle = host.handles.new(self)

    def __str__(self):
        return "the effect's descriptor"

    def check(self):
        """Raise PluginFault for what Describe should have set."""
        told = self.properties.set_by_plugin
        wanted = (
            "OfxPropLabel",
            "OfxImageEffectPluginPropGrouping",
            "OfxImageEffectPropSupportedContexts",
            "OfxImageEffectPropSupportedPixelDepths",
            "OfxImageEffectPluginRenderThreadSafety",
        )
        absent = [f"Describe does not set {name}" for name in wanted if name not in told]
        if absent:
            raise PluginFault("\n".join(absent))

    @property
    def contexts(self):
        """The short names of the contexts it supports."""
        names = self.properties.values["OfxImageEffectPropSupportedContexts"]
        return [name.removeprefix(CONTEXT) for name in names]


class Context:
    """What DescribeInContext fills in, with what Describe said before."""

    def __init__(self, host, descriptor, name):
        self.name = name
        self.properties = PropertySet(
            host.handles, "descriptor", f"the effect as {name}", descriptor.properties.values
        )
        self.handle = host.handles.new(self)
        self.clips = {}
        self.params = ParamSet(host, "the effect's")

    def __str__(self):
        return f"the effect's {self.name} context"

    def flag(self, name):
        """A property of the effect that is 0 or 1."""
        return bool(self.properties.get(name, 0))

    @property
    def threads(self):
        """Unsafe, InstanceSafe or FullySafe."""
        name = self.properties["OfxImageEffectPluginRenderThreadSafety"]
        return name.removeprefix("OfxImageEffectRender")

    @property
    def tiled(self):
        """Whether the effect and all of its clips support tiles."""
        clips = (clip.properties for clip in self.clips.values())
        name = "OfxImageEffectPropSupportsTiles"
        return self.flag(name) and all(clip.get(name, 1) for clip in clips)

    def check(self):
        """Raise PluginFault for what a host would stumble over."""
        found = [*self._clip_faults(), *self._param_faults()]
        if found:
            raise PluginFault("\n".join(found))

    def _clip_faults(self):
        for name in sorted(REQUIRED_CLIPS[self.name] - set(self.clips)):
            yield f"{self.name} needs a clip {name}"
        for name, clip in self.clips.items():
            if not clip.properties.values["OfxImageEffectPropSupportedComponents"]:
                yield f"{clip} says no components"
            optional = clip.properties.get("OfxImageClipPropOptional")
            if self.name == "Filter" and name not in ("Source", "Output") and not optional:
                yield f"Filter allows further clips only if they are optional: {clip}"
            if self.name in ("Filter", "Retimer") and name == "Source" and optional:
                yield f"the {self.name} context's {clip} is optional"
        temporal = "OfxImageEffectPropTemporalClipAccess"
        inputs = [clip for name, clip in self.clips.items() if name != "Output"]
        if self.flag(temporal) and not any(clip.properties.get(temporal) for clip in inputs):
            yield "the effect wants other times, and none of its clips does"
        if not self.flag(temporal) and any(clip.properties.get(temporal) for clip in inputs):
            yield "a clip wants other times, and the effect does not"

    def _param_faults(self):
        params = self.params.params
        if self.name == "Retimer":
            yield from _source_time_faults(params.get(SOURCE_TIME))
        groups = {name for name, param in params.items() if param.kind == "OfxParamTypeGroup"}
        for name, param in params.items():
            if name == SOURCE_TIME:
                continue
            parent = param.properties.get("OfxParamPropParent")
            if parent and parent not in groups:
                yield f"{param} is in the group {parent!r}, which there is not"
            if "OfxPropLabel" not in param.properties.set_by_plugin:
                yield f"{param} has no label"
            yield from _range_faults(param)


def _source_time_faults(param):
    if param is None or param.kind != "OfxParamTypeDouble":
        yield "Retimer needs a parameter SourceTime, a Double"
    elif param.properties.set_by_plugin:
        yield f"SourceTime belongs to the host: {sorted(param.properties.set_by_plugin)} were set"


def _range_faults(param):
    values = {
        name: param.properties.get(f"OfxParamProp{name}")
        for name in ("Min", "DisplayMin", "Default", "DisplayMax", "Max")
    }
    if param.kind in ("OfxParamTypeDouble", "OfxParamTypeInteger"):
        absent = [name for name, value in values.items() if value is None]
        if absent:
            yield f"{param} has no {' and no '.join(absent)}, and Resolve needs them"
        elif not values["Min"] <= values["DisplayMin"] <= values["DisplayMax"] <= values["Max"]:
            yield f"{param}'s ranges do not contain each other: {values}"
        elif not values["Min"] <= values["Default"] <= values["Max"]:
            yield f"{param}'s default is outside of its range: {values}"
    if param.kind == "OfxParamTypeChoice":
        options = param.properties.values.get("OfxParamPropChoiceOption", [])
        if not 0 <= values["Default"] < len(options):
            yield f"{param} has {len(options)} options and the default {values['Default']}"


def _values(host, path):
    return {
        "OfxPropType": "OfxTypeImageEffect",
        "OfxPluginPropFilePath": str(path),
        "OfxPropLabel": "",
        "OfxPropVersion": [0],
        "OfxImageEffectPropSupportedContexts": [],
        "OfxImageEffectPropSupportedPixelDepths": [],
        "OfxImageEffectPluginRenderThreadSafety": "OfxImageEffectRenderInstanceSafe",
        "OfxImageEffectPluginPropHostFrameThreading": 1,
        "OfxImageEffectPropTemporalClipAccess": 0,
        "OfxImageEffectPropSupportsTiles": 1,
        "OfxImageEffectPropSupportsMultiResolution": 1,
    }
