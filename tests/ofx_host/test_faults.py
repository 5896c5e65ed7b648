"""Every rule of the host fires: a plug-in breaks them one at a time."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from .faults import PluginFault
from .host import Declined, Host
from .names import ACTIONS, PARAMETERS, PROPERTIES
from .profiles import REFERENCE

FAULTS = {
    "suite in setHost": "called fetchSuite in setHost|called fetchSuite in OfxSetHost",
    "unknown suite": "fetched a suite 'OfxWishfulSuite'",
    "value": "PluginRenderThreadSafety of the effect to 'Sometimes'",
    "unknown property": "'OfxPropWishful', which is not in OpenFX",
    "type": "set OfxPropLabel of the effect as int; it is string",
    "index": r"set OfxPropLabel\[3\] of the effect",
    "place": "set OfxImageEffectPropRenderScale of the effect",
    "null string": "OfxPropLabel of the effect to a NULL string",
    "count": "set 3 values of OfxImageEffectPropSupportsTiles on the effect, not 1",
    "unknown action": "OfxActionNobodyKnows answers 0",
    "temporal mismatch": "a clip wants other times, and the effect does not",
    "optional source": "the Filter context's clip Source is optional",
    "no source": "Filter needs a clip Source",
    "same name": "defined the parameter 'count' twice",
    "no range": "parameter speed has no DisplayMax",
    "parent": "parameter speed is in the group 'nothing'",
    "choice": "parameter mode has 2 options and the default 2",
    "kind of parameter": "set OfxParamPropIncrement of parameter mode",
    "unwritten": "1 pixels of the output are unwritten or not finite",
    "nan": "1 pixels of the output are unwritten or not finite",
    "outside": "4 bytes outside the render window were written",
    "padding": "4 bytes outside the render window were written",
    "input": "bytes of an input were written",
    "getValue in Render": "called paramGetValue in render",
    "setValue in Render": "called paramSetValue in render",
    "property of Render": "read OfxImageEffectPropFrameStep of in:render",
    "fetchSuite in Render": "called fetchSuite in render",
    "clipDefine in Render": "called clipDefine in render",
    "not a handle": "where the handle of Instance belongs",
    "unknown clip": "asked for the clip 'Wish'",
    "unknown parameter": "asked for the parameter 'wish'",
    "memory left": "10 bytes of memory were not freed",
    "memory overrun": "wrote behind 10 bytes of memory",
    "own thread": "called abort outside of any action",
    "message type": "a message of the type 'OfxMessageShout'",
    "progress not started": "updated a progress that it has not started",
    "progress not ended": "a progress was started and not ended",
    "mutex": "unlocked a mutex that it does not hold",
    "not needed": "fetched clip Source at 1006, which GetFramesNeeded did not name",
    "not released": "the image of clip Source at 1001 was not released",
    "released twice": "after its end",
    "dead handle": "after its end",
    "Render by default": "OfxImageEffectActionRender answers 14",
    "pairs": "which is not pairs",
    "fetch in IsIdentity": "called clipGetImage in identity",
    "identity of nothing": "IsIdentity names the clip 'Wish'",
    "endless change": "without end",
}
OF_RETIMERS = {
    "no SourceTime": "Retimer needs a parameter SourceTime",
    "labeled SourceTime": "SourceTime belongs to the host",
}


def drive(binary, plate, context="Filter", profile=REFERENCE):
    """Everything once: load, describe, an instance, a copy and an in-between, a button, unload."""
    with Host(profile) as host:
        [plugin] = host.open(binary)
        effect = plugin.effect(context)
        with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
            for time in (1001, 1002):
                instance.frame(time)
            instance.press("press")


def test_a_plug_in_without_fault_passes(binary, plate):
    for context in ("Filter", "General"):
        drive(binary, plate, context)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault, binary, plate, misbehave):
    misbehave(fault)
    with pytest.raises(PluginFault, match=FAULTS[fault]):
        drive(binary, plate)


@pytest.mark.parametrize("fault", OF_RETIMERS)
def test_a_fault_of_retimers_is_found(fault, binary, plate, misbehave):
    misbehave(fault)
    with pytest.raises(PluginFault, match=OF_RETIMERS[fault]):
        drive(binary, plate, "Retimer")


def test_other_times_are_refused_without_temporal_access(binary, plate):
    with pytest.raises(PluginFault, match="fetched clip Source at 1001"):
        drive(binary, plate, profile=replace(REFERENCE, temporal=False))


@pytest.mark.parametrize(
    ("fault", "action"),
    [("load fails", "load"), ("describe declines", "describe"), ("context declines", "context")],
)
def test_a_plug_in_may_decline(fault, action, binary, plate, misbehave):
    misbehave(fault)
    with pytest.raises(Declined) as declined:
        drive(binary, plate)
    assert declined.value.action == action


def test_every_fault_in_the_plug_in_is_tested():
    source = (Path(__file__).parent / "blend.c").read_text(encoding="utf-8")
    tested = {*FAULTS, *OF_RETIMERS, "load fails", "describe declines", "context declines", "tiles"}
    assert set(re.findall(r'\bwrong\("([^"]+)"\)', source)) - {"…"} == tested


def test_the_table_of_names_is_that_of_the_published_facts(data):
    """Each name is written out there; some as `OfxParamPropMin/Max` or `…MetalEnabled`."""
    facts = (data.parent / "facts" / "ofx.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", facts))
    known = {"OfxImageEffectPropColourManagementAvailableConfigs"}  # ofxColour.h of OpenFX 1.5
    for name in sorted({*PROPERTIES, *ACTIONS.values(), *PARAMETERS} - known):
        plain = name.removesuffix("*")
        tails = [plain.removeprefix(start) for start in ("OfxParamProp", "OfxParamType")]
        assert words & {plain, plain.removesuffix("_"), *tails}, name
