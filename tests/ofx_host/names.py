"""The names an OpenFX plug-in may use, and where: a table, and everything else is a fault.

Written from the OpenFX 1.4/1.5 documents for what an image effect on the CPU needs. A place is an
object that has properties: `host`, `descriptor`, `instance`, `clip descriptor`, `clip`, `image`,
`param descriptor`, `param`, and the arguments of an action, `in:render` or `out:frames`.
`times` stands for the inArgs of all actions that have a time. A count of `*` is any number;
a name that ends in `*` is a prefix to which a clip's name is added.
"""

from dataclasses import dataclass

ACTIONS = {
    "load": "OfxActionLoad",
    "unload": "OfxActionUnload",
    "describe": "OfxActionDescribe",
    "context": "OfxImageEffectActionDescribeInContext",
    "create": "OfxActionCreateInstance",
    "destroy": "OfxActionDestroyInstance",
    "begin change": "OfxActionBeginInstanceChanged",
    "change": "OfxActionInstanceChanged",
    "end change": "OfxActionEndInstanceChanged",
    "begin edit": "OfxActionBeginInstanceEdit",
    "end edit": "OfxActionEndInstanceEdit",
    "purge": "OfxActionPurgeCaches",
    "sync": "OfxActionSyncPrivateData",
    "rod": "OfxImageEffectActionGetRegionOfDefinition",
    "roi": "OfxImageEffectActionGetRegionsOfInterest",
    "frames": "OfxImageEffectActionGetFramesNeeded",
    "identity": "OfxImageEffectActionIsIdentity",
    "begin": "OfxImageEffectActionBeginSequenceRender",
    "render": "OfxImageEffectActionRender",
    "end": "OfxImageEffectActionEndSequenceRender",
    "preferences": "OfxImageEffectActionGetClipPreferences",
    "colors": "OfxImageEffectActionGetOutputColourspace",
    "domain": "OfxImageEffectActionGetTimeDomain",
}

_TIMES = ("in:change", "in:rod", "in:roi", "in:frames", "in:identity", "in:render")
_SCALED = ("in:change", "in:rod", "in:roi", "in:identity", "in:begin", "in:render", "in:end")
_STATUS = ("in:begin", "in:render", "in:end")
_LABELED = ("descriptor", "clip descriptor", "param descriptor", "param")
_GROUPS = {
    "times": _TIMES,
    "scaled": _SCALED,
    "status": _STATUS,
    "labeled": _LABELED,
    "params": ("param descriptor", "param"),
    "clips": ("clip descriptor", "clip"),
    "effects": ("descriptor", "instance"),
}

_TABLE = """
# name | type | count | where a plug-in sets it | where it reads it
OfxPropType | string | 1 | - | host, effects, clips, image, params, in:change
OfxPropName | string | 1 | out:identity | host, clips, params, in:change
OfxPropLabel | string | 1 | labeled | host, labeled, instance, clip
OfxPropShortLabel | string | 1 | labeled | labeled, instance
OfxPropLongLabel | string | 1 | labeled | labeled, instance
OfxPropVersion | int | * | descriptor | host, effects
OfxPropVersionLabel | string | 1 | descriptor | host, descriptor
OfxPropPluginDescription | string | 1 | descriptor | descriptor
OfxPropAPIVersion | int | * | - | host
OfxPropIcon | string | 2 | descriptor, params | descriptor, params
OfxPropTime | double | 1 | out:identity | times
OfxPropIsInteractive | int | 1 | - | in:begin, in:end, instance
OfxPluginPropFilePath | string | 1 | - | effects
OfxPropInstanceData | pointer | 1 | instance | instance
OfxPropChangeReason | string | 1 | - | in:change, in:begin change, in:end change
OfxPropHostOSHandle | pointer | 1 | - | host
OfxImageEffectPropContext | string | 1 | - | in:context, instance
OfxImageEffectPropSupportedContexts | string | * | descriptor | host, descriptor
OfxImageEffectPropSupportedPixelDepths | string | * | descriptor | host, descriptor
OfxImageEffectPropSupportedComponents | string | * | clip descriptor | host, clips
OfxImageEffectPropPixelDepth | string | 1 | - | clip, image
OfxImageEffectPropComponents | string | 1 | - | clip, image
OfxImageEffectPropSupportsMultiResolution | int | 1 | descriptor | host, effects
OfxImageEffectPropSupportsTiles | int | 1 | descriptor, clip descriptor | host, effects, clips
OfxImageEffectPropTemporalClipAccess | int | 1 | descriptor, clip descriptor | host, effects, clips
OfxImageEffectPropMultipleClipDepths | int | 1 | descriptor | host, descriptor
OfxImageEffectPropSupportsMultipleClipPARs | int | 1 | descriptor | host, descriptor
OfxImageEffectPropSetableFrameRate | int | 1 | - | host
OfxImageEffectPropFrameRate | double | 1 | out:preferences | clip, instance
OfxImageEffectPropUnmappedFrameRate | double | 1 | - | clip
OfxImageEffectPropFrameRange | double | 2 | out:domain | clip, in:begin, in:end
OfxImageEffectPropUnmappedFrameRange | double | 2 | - | clip
OfxImageEffectPropFrameStep | double | 1 | - | in:begin, in:end
OfxImageEffectPropRenderScale | double | 2 | - | scaled, image
OfxImageEffectPropRenderWindow | int | 4 | - | in:render, in:identity
OfxImageEffectPropFieldToRender | string | 1 | - | in:render, in:identity
OfxImageEffectPropRegionOfDefinition | double | 4 | out:rod | -
OfxImageEffectPropRegionOfInterest | double | 4 | - | in:roi
OfxImageEffectPropSequentialRenderStatus | int | 1 | - | status
OfxImageEffectPropInteractiveRenderStatus | int | 1 | - | status
OfxImageEffectPropRenderQualityDraft | int | 1 | - | host, in:render
OfxImageEffectPropThumbnailRender | string | 1 | - | in:render
OfxImageEffectPluginPropGrouping | string | 1 | descriptor | descriptor
OfxImageEffectPluginRenderThreadSafety | string | 1 | descriptor | descriptor
OfxImageEffectPluginPropHostFrameThreading | int | 1 | descriptor | descriptor
OfxImageEffectPluginPropFieldRenderTwiceAlways | int | 1 | descriptor | descriptor
OfxImageEffectPluginPropSingleInstance | int | 1 | descriptor | descriptor
OfxImageEffectInstancePropSequentialRender | int | 1 | descriptor | host, effects
OfxImageEffectPropClipPreferencesSlaveParam | string | * | descriptor | descriptor
OfxImageEffectInstancePropEffectDuration | double | 1 | - | instance
OfxImageEffectPropProjectSize | double | 2 | - | instance
OfxImageEffectPropProjectOffset | double | 2 | - | instance
OfxImageEffectPropProjectExtent | double | 2 | - | instance
OfxImageEffectPropPixelAspectRatio | double | 1 | - | instance
OfxImageEffectHostPropIsBackground | int | 1 | - | host
OfxImageEffectHostPropNativeOrigin | string | 1 | - | host
OfxImageEffectPropPluginHandle | pointer | 1 | - | effects
OfxImageEffectPropOpenGLRenderSupported | string | 1 | descriptor | host
OfxImageEffectPropCudaRenderSupported | string | 1 | descriptor | host
OfxImageEffectPropPreMultiplication | string | 1 | out:preferences | clip, image
OfxImageEffectFrameVarying | int | 1 | out:preferences | -
OfxImageClipPropContinuousSamples | int | 1 | out:preferences | clip
OfxImageClipPropFieldOrder | string | 1 | out:preferences | clip
OfxImageClipPropConnected | int | 1 | - | clip
OfxImageClipPropOptional | int | 1 | clip descriptor | clips
OfxImageClipPropIsMask | int | 1 | clip descriptor | clips
OfxImageClipPropFieldExtraction | string | 1 | clip descriptor | clips
OfxImageClipPropUnmappedPixelDepth | string | 1 | - | clip
OfxImageClipPropUnmappedComponents | string | 1 | - | clip
OfxImageClipPropColourspace | string | 1 | out:colors | clip, image
OfxImageClipPropPreferredColourspaces | string | * | - | clip, in:colors
kOfxImageClipPropThumbnail | int | 1 | - | clip
OfxImagePropData | pointer | 1 | - | image
OfxImagePropBounds | int | 4 | - | image
OfxImagePropRegionOfDefinition | int | 4 | - | image
OfxImagePropRowBytes | int | 1 | - | image
OfxImagePropPixelAspectRatio | double | 1 | - | image, clip
OfxImagePropField | string | 1 | - | image
OfxImagePropUniqueIdentifier | string | 1 | - | image
OfxParamPropDefault | by type | by type | param descriptor | params
OfxParamPropMin | by type | by type | params | params
OfxParamPropMax | by type | by type | params | params
OfxParamPropDisplayMin | by type | by type | params | params
OfxParamPropDisplayMax | by type | by type | params | params
OfxParamPropIncrement | double | by type | params | params
OfxParamPropDigits | int | 1 | params | params
OfxParamPropAnimates | int | 1 | param descriptor | params
OfxParamPropSecret | int | 1 | params | params
OfxParamPropEnabled | int | 1 | params | params
OfxParamPropPersistant | int | 1 | param descriptor | params
OfxParamPropEvaluateOnChange | int | 1 | params | params
OfxParamPropCacheInvalidation | string | 1 | param descriptor | params
OfxParamPropParent | string | 1 | param descriptor | params
OfxParamPropHint | string | 1 | params | params
OfxParamPropScriptName | string | 1 | param descriptor | params
OfxParamPropDoubleType | string | 1 | param descriptor | params
OfxParamPropChoiceOption | string | * | params | params
OfxParamPropChoiceOrder | int | * | params | params
OfxParamPropChoiceEnum | string | * | param descriptor | params
OfxParamPropStringMode | string | 1 | param descriptor | params
OfxImageEffectPropResolvePage | string | 1 | - | in:create
OfxImageEffectPropSrcFilePath | string | 1 | - | instance
OfxImageEffectPropSrcFrame | double or int | 1 | - | in:render
OfxImageEffectPropEyeToRender | int | 1 | - | in:render, instance
OfxImageEffectPropNoSpatialAwareness | string | 1 | descriptor | -
OfxImageEffectPropColourManagementStyle | string | 1 | descriptor | host, instance
OfxImageEffectPropColourManagementAvailableConfigs | string | * | descriptor | host, descriptor
OfxImageClipPropRoI_* | double | 4 | out:roi | -
OfxImageClipPropFrameRange_* | double | * | out:frames | -
OfxImageClipPropComponents_* | string | 1 | out:preferences | -
OfxImageClipPropDepth_* | string | 1 | out:preferences | -
OfxImageClipPropPAR_* | double | 1 | out:preferences | -
OfxImageClipPropPreferredColourspaces_* | string | * | out:preferences | -
"""

DEPTHS = {f"OfxBitDepth{name}" for name in ("None", "Byte", "Short", "Half", "Float")}
COMPONENTS = {f"OfxImageComponent{name}" for name in ("RGBA", "RGB", "Alpha")}
PREMULTIPLICATIONS = {
    "OfxImageOpaque",
    "OfxImageAlphaPremultiplied",
    "OfxImageAlphaUnPremultiplied",
}
VALUES = {
    "OfxImageEffectPropSupportedContexts": {
        f"OfxImageEffectContext{name}"
        for name in ("Filter", "General", "Retimer", "Transition", "Generator", "Paint")
    },
    "OfxImageEffectPropSupportedPixelDepths": DEPTHS,
    "OfxImageEffectPropSupportedComponents": COMPONENTS,
    "OfxImageEffectPluginRenderThreadSafety": {
        f"OfxImageEffectRender{name}" for name in ("Unsafe", "InstanceSafe", "FullySafe")
    },
    "OfxParamPropCacheInvalidation": {
        f"OfxParamInvalidate{name}" for name in ("ValueChange", "ValueChangeToEnd", "All")
    },
    "OfxImageEffectPropPreMultiplication": PREMULTIPLICATIONS,
}
"""What some strings must be one of."""

MESSAGES = {
    f"OfxMessage{name}" for name in ("Fatal", "Error", "Warning", "Message", "Log", "Question")
}


@dataclass(frozen=True)
class Property:
    """One line of the table. `types` and `count` are None where a parameter's type decides."""

    name: str
    types: tuple[str, ...] | None
    count: int | None
    by_type: bool
    set_in: frozenset[str]
    read_in: frozenset[str]


def _places(text):
    words = [word.strip() for word in text.split(",")]
    return frozenset(place for word in words if word != "-" for place in _GROUPS.get(word, (word,)))


def _parsed(line):
    name, kind, count, set_in, read_in = (cell.strip() for cell in line.split("|"))
    types = None if kind == "by type" else tuple(kind.split(" or "))
    number = int(count) if count.isdigit() else None
    return Property(
        name, types, number, count == "by type", _places(set_in), _places(set_in) | _places(read_in)
    )


PROPERTIES = {
    entry.name: entry
    for entry in (_parsed(line) for line in _TABLE.strip().splitlines() if line[0] != "#")
}


def known(name):
    """The table's entry for a property's name, by itself or by its prefix; None without one."""
    prefix, underscore, clip = name.partition("_")
    if underscore and clip:
        return PROPERTIES.get(f"{prefix}_*")
    return PROPERTIES.get(name) if not name.endswith("*") else None


# Parameters: the type of their values, how many, and which properties only some types have.
PARAMETERS = {
    "OfxParamTypeInteger": ("int", 1),
    "OfxParamTypeDouble": ("double", 1),
    "OfxParamTypeBoolean": ("int", 1),
    "OfxParamTypeChoice": ("int", 1),
    "OfxParamTypeStrChoice": ("string", 1),
    "OfxParamTypeRGB": ("double", 3),
    "OfxParamTypeRGBA": ("double", 4),
    "OfxParamTypeDouble2D": ("double", 2),
    "OfxParamTypeInteger2D": ("int", 2),
    "OfxParamTypeDouble3D": ("double", 3),
    "OfxParamTypeInteger3D": ("int", 3),
    "OfxParamTypeString": ("string", 1),
    "OfxParamTypeCustom": ("string", 1),
    "OfxParamTypeGroup": (None, 0),
    "OfxParamTypePage": (None, 0),
    "OfxParamTypePushButton": (None, 0),
}
_NUMBERS = {name for name, (kind, _) in PARAMETERS.items() if kind in ("int", "double")} - {
    "OfxParamTypeBoolean",
    "OfxParamTypeChoice",
}
_DOUBLES = {name for name, (kind, _) in PARAMETERS.items() if kind == "double"}
_CHOICES = {"OfxParamTypeChoice", "OfxParamTypeStrChoice"}
_HOLDING = {name for name, (kind, _) in PARAMETERS.items() if kind}
ONLY_FOR = {
    **dict.fromkeys(("OfxParamPropMin", "OfxParamPropMax"), _NUMBERS),
    **dict.fromkeys(("OfxParamPropDisplayMin", "OfxParamPropDisplayMax"), _NUMBERS),
    **dict.fromkeys(("OfxParamPropIncrement", "OfxParamPropDigits"), _DOUBLES),
    "OfxParamPropDoubleType": _DOUBLES,
    **dict.fromkeys(("OfxParamPropChoiceOption", "OfxParamPropChoiceOrder"), _CHOICES),
    "OfxParamPropChoiceEnum": {"OfxParamTypeStrChoice"},
    "OfxParamPropStringMode": {"OfxParamTypeString"},
    "OfxParamPropDefault": _HOLDING,
    "OfxParamPropAnimates": _HOLDING,
    "OfxParamPropPersistant": _HOLDING,
    "OfxParamPropCacheInvalidation": _HOLDING,
}
