"""Hosts, as far as they differ for an effect on the CPU: what they call themselves, have, and do.

Described from published property dumps of those hosts and from reports of their quirks.
"""

from dataclasses import dataclass, field, replace

from .abi import SUITES

OPTIONAL_SUITES = {"OfxMultiThreadSuite", "OfxMessageSuite", "OfxProgressSuite", "OfxTimeLineSuite"}


@dataclass(frozen=True)
class Profile:
    """One host. The defaults are those of a host that does everything by the book."""

    name: str = "org.hifi.TestHost"
    label: str = "Test host"
    api: tuple[int, int] = (1, 4)
    contexts: tuple[str, ...] = ("Filter", "General", "Retimer", "Transition", "Generator")
    depths: tuple[str, ...] = ("Float", "Short", "Byte")
    tiles: bool = True
    multi_resolution: bool = True
    temporal: bool = True
    setable_frame_rate: bool = False
    suites: frozenset[tuple[str, int]] = frozenset(SUITES)
    null_functions: frozenset[tuple[str, int, str]] = frozenset()
    absent_properties: frozenset[str] = frozenset()
    calls_set_host: bool = True
    has_integral: bool = True
    copies_parameters: bool = True
    clamps_without_ranges: bool = False
    always_connected: bool = False
    marks_thumbnail_clips: bool = False
    private_arguments: bool = False
    identifier: str = ""
    depth_none: bool = False
    inverts_image_scale: bool = False
    region_in_pixels: bool = False
    asks_for_regions: bool = True
    errors_stop_rendering: bool = False
    secrets_stay: bool = False
    labels_stay: bool = False
    changes_at_once: bool = True
    serial_threads: bool = False
    properties: dict = field(default_factory=dict)

    def image_scale(self, scale, interactive):
        """The render scale that images name."""
        if self.inverts_image_scale and interactive:
            return (1 / scale[0], 1 / scale[1])
        return scale

    def without(self, *suites):
        """The same host less some suites."""
        rest = frozenset(entry for entry in self.suites if entry[0] not in suites)
        return replace(self, suites=rest)


_PROGRESS_2 = frozenset({("OfxProgressSuite", 2)})

REFERENCE = Profile()
BARE = Profile(
    name="org.hifi.BareHost", label="Bare host", api=(1, 0), contexts=("Filter",)
).without(*OPTIONAL_SUITES)
NUKE = Profile(
    name="uk.co.thefoundry.nuke",
    label="nuke",
    api=(1, 2),
    contexts=("Filter", "General"),
    depths=("Float",),
    identifier="f" * 32,
    secrets_stay=True,
    labels_stay=True,
    errors_stop_rendering=True,
    absent_properties=frozenset(
        {"OfxImageEffectPropPluginHandle", "OfxImageEffectInstancePropSequentialRender"}
    ),
    suites=frozenset(SUITES) - _PROGRESS_2,
)
RESOLVE = Profile(
    name="DaVinciResolve",
    label="DaVinci Resolve",
    contexts=("Filter", "General", "Transition", "Generator"),
    tiles=False,
    multi_resolution=False,
    null_functions=frozenset(
        ("OfxMessageSuite", 2, name) for name in ("setPersistentMessage", "clearPersistentMessage")
    ),
    clamps_without_ranges=True,
    copies_parameters=False,
    always_connected=True,
    marks_thumbnail_clips=True,
    private_arguments=True,
    serial_threads=True,
)
FUSION = Profile(
    name="com.blackmagicdesign.Fusion",
    label="Fusion",
    api=(1, 0),
    contexts=("General", "Retimer", "Transition", "Filter", "Generator"),
    tiles=False,
    calls_set_host=False,
    absent_properties=frozenset(
        {
            "OfxPropAPIVersion",
            "OfxPropVersionLabel",
            "OfxImageEffectInstancePropSequentialRender",
        }
    ),
    depth_none=True,
    inverts_image_scale=True,
)
NATRON = Profile(
    name="fr.inria.Natron",
    label="Natron",
    contexts=("General", "Filter", "Generator", "Transition"),
    setable_frame_rate=True,
)
CATALYST = Profile(
    name="com.sony.Catalyst.Edit",
    label="Catalyst Edit",
    api=(1, 3),
    depths=("Byte", "Short", "Half", "Float"),
    tiles=False,
    multi_resolution=False,
    copies_parameters=False,
    region_in_pixels=True,
    asks_for_regions=False,
    calls_set_host=False,
    null_functions=frozenset(
        ("OfxMultiThreadSuite", 1, f"mutex{name}")
        for name in ("Create", "Destroy", "Lock", "UnLock", "TryLock")
    ),
)
PROFILES = {
    "reference": REFERENCE,
    "bare": BARE,
    "nuke": NUKE,
    "resolve": RESOLVE,
    "fusion": FUSION,
    "natron": NATRON,
    "catalyst": CATALYST,
}


def host_properties(profile):
    """The host's own property set."""
    values = {
        "OfxPropType": "OfxTypeImageEffectHost",
        "OfxPropName": profile.name,
        "OfxPropLabel": profile.label,
        "OfxPropVersion": [1, 0, 0],
        "OfxPropVersionLabel": "1.0",
        "OfxPropAPIVersion": list(profile.api),
        "OfxImageEffectPropSupportedContexts": [
            f"OfxImageEffectContext{name}" for name in profile.contexts
        ],
        "OfxImageEffectPropSupportedPixelDepths": [f"OfxBitDepth{name}" for name in profile.depths],
        "OfxImageEffectPropSupportedComponents": [
            "OfxImageComponentRGBA",
            "OfxImageComponentAlpha",
        ],
        "OfxImageEffectPropSupportsTiles": int(profile.tiles),
        "OfxImageEffectPropSupportsMultiResolution": int(profile.multi_resolution),
        "OfxImageEffectPropTemporalClipAccess": int(profile.temporal),
        "OfxImageEffectPropSetableFrameRate": int(profile.setable_frame_rate),
        "OfxImageEffectPropMultipleClipDepths": 0,
        "OfxImageEffectPropSupportsMultipleClipPARs": 0,
        "OfxImageEffectHostPropIsBackground": 0,
        "OfxImageEffectInstancePropSequentialRender": 0,
        **profile.properties,
    }
    return {name: value for name, value in values.items() if name not in profile.absent_properties}
