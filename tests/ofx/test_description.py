"""What the plug-in says of itself, in every host and context."""

from dataclasses import replace

import pytest

from hifi_ofx.ofx.settings import Interactive, Timing
from hifi_ofx.parameters import declarations
from hifi_ofx.quality import PRESETS, Footage, Machine, Quality
from tests.ofx_host.abi import Status
from tests.ofx_host.host import Declined
from tests.ofx_host.profiles import BARE, FUSION, NUKE, PROFILES, REFERENCE, RESOLVE

KINDS = {"int": "Integer", "float": "Double", "bool": "Boolean", "choice": "Choice"}
NUMBERS = ("OfxParamTypeInteger", "OfxParamTypeDouble")


@pytest.fixture(scope="package")
def params(effect):
    return effect.description.params.params


def test_it_has_a_name_for_ever(plugin):
    assert plugin.identifier == "org.hifi.Interpolate"
    assert plugin.struct.pluginVersionMajor == 1


def test_it_renders_whole_frames_of_floats_at_any_time(effect):
    description = effect.description
    values = description.properties.values
    assert values["OfxImageEffectPropSupportedPixelDepths"] == ["OfxBitDepthFloat"]
    assert description.flag("OfxImageEffectPropTemporalClipAccess")
    assert not description.tiled
    assert not description.flag("OfxImageEffectPluginPropHostFrameThreading")
    source = description.clips["Source"].properties
    assert source["OfxImageEffectPropTemporalClipAccess"] == 1
    for clip in description.clips.values():
        assert clip.properties.values["OfxImageEffectPropSupportedComponents"] == [
            "OfxImageComponentRGBA"
        ]


@pytest.mark.parametrize("name", PROFILES)
def test_every_host_gets_all_contexts_that_both_have(load, probe, name):
    profile = PROFILES[name]
    plugin = load(profile)
    wanted = [one for one in profile.contexts if one in ("Filter", "General", "Retimer")]
    assert plugin.contexts == wanted
    for context in wanted:
        assert {"Source", "Output"} <= set(plugin.effect(context).description.clips)


def test_a_host_without_other_times_is_declined(load, probe):
    with pytest.raises(Declined) as declined:
        load(replace(BARE, temporal=False))
    assert declined.value.status == Status.MISSING_HOST_FEATURE


@pytest.mark.parametrize("settings", [Timing, Quality, Footage, Interactive, Machine])
def test_parameters_say_what_the_settings_declare(params, settings):
    """Size settings are two numbers; what belongs to sequences on disk alone is absent."""
    found = 0
    for declared in declarations(settings):
        if declared.kind == "size" or declared.name not in params:
            continue
        found += 1
        param = params[declared.name]
        properties = param.properties
        assert param.kind == f"OfxParamType{KINDS.get(declared.kind, 'String')}"
        assert properties["OfxPropLabel"] == declared.label
        assert properties["OfxParamPropHint"].startswith(declared.hint)
        assert properties["OfxParamPropParent"] in params
        if declared.kind == "choice":
            options = properties.values["OfxParamPropChoiceOption"]
            assert tuple(options) == declared.choices
            assert options[properties["OfxParamPropDefault"]] == declared.default
        else:
            assert properties["OfxParamPropDefault"] == declared.default
        if param.kind in NUMBERS:
            assert properties["OfxParamPropMax"] == declared.maximum
            words = [declared.minimum, *declared.words.values()]
            assert properties["OfxParamPropMin"] == min(words)
    assert found >= 1


def test_the_patch_s_sides_are_two_parameters(params):
    declared = {one.name: one for one in declarations(Quality)}["patch"]
    for name, default in zip(("patch_height", "patch_width"), declared.default):
        assert params[name].properties["OfxParamPropDefault"] == default
        assert params[name].properties["OfxParamPropMin"] == declared.minimum


def test_only_timing_animates(params):
    """What changes over time must be exact at every frame; a quality that changes is none."""
    animated = {
        name
        for name, param in params.items()
        if param.properties.get("OfxParamPropAnimates") and param.kind in NUMBERS
    }
    assert {"speed", "source_frame"} <= animated
    assert not animated & {declared.name for declared in declarations(Quality)}
    booleans = [one for one in params.values() if one.kind == "OfxParamTypeBoolean"]
    assert booleans and not any(one.properties["OfxParamPropAnimates"] for one in booleans)


def test_a_change_of_speed_changes_all_later_frames(params):
    kind = params["speed"].properties.get("OfxParamPropCacheInvalidation")
    assert kind == "OfxParamInvalidateValueChangeToEnd"


def test_a_preset_sets_the_others(effect, plate):
    options = effect.description.params.params["preset"].properties.values[
        "OfxParamPropChoiceOption"
    ]
    with effect.instance({}, {"Source": plate}) as instance:
        for name, quality in PRESETS.items():
            instance.edit("preset", options.index(name))
            saved = instance.save()
            assert saved["steps"] == [quality.steps]
            assert saved["samples"] == [quality.samples]
            assert saved["cascade_depth"] == [quality.cascade_depth]
            assert (*saved["patch_height"], *saved["patch_width"]) == quality.patch
            merges = effect.description.params.params["merge"].properties.values
            assert merges["OfxParamPropChoiceOption"][saved["merge"][0]] == quality.merge


@pytest.mark.parametrize("profile", [NUKE, RESOLVE, FUSION], ids=lambda one: one.label)
def test_presets_work_where_hosts_tell_of_changes_late_or_at_once(load, probe, plate, profile):
    for at_once in (True, False):
        effect = load(replace(profile, changes_at_once=at_once)).effect("Filter")
        with effect.instance({}, {"Source": plate}) as instance:
            instance.edit("preset", 0)
            assert instance.save()["patch_height"] == [256]


def test_the_status_line_is_read_only_and_not_saved(effect, params, plate):
    properties = params["status"].properties
    assert properties["OfxParamPropEnabled"] == 0
    assert properties.get("OfxParamPropPersistant") == 0
    with effect.instance({}, {"Source": plate}) as instance:
        assert "status" not in instance.save()


def test_a_button_opens_the_panel(params):
    assert params["open_panel"].kind == "OfxParamTypePushButton"


def test_values_survive_a_project_file(effect, plate):
    values = {"speed": {1001.0: 0.5, 1005.0: 0.25}, "samples": 3, "weights": "other", "reverse": 1}
    with effect.instance(values, {"Source": plate}) as instance:
        instance.sync()
        saved = instance.save()
    with effect.instance(saved, {"Source": plate}, connect_late=True) as instance:
        assert instance.save() == saved
        assert instance["samples"].value() == [3]
        assert instance["speed"].at(1003.0) == [0.375]


CONTINUOUS = {"OfxImageClipPropContinuousSamples": [1]}


def test_any_time_has_a_frame_of_its_own_and_all_else_is_the_host_s(plugin, plate):
    for context in ("Filter", "General"):
        with plugin.effect(context).instance({}, {"Source": plate}) as instance:
            assert instance.preferences() == CONTINUOUS
    with plugin.effect("Retimer").instance({}, {"Source": plate}) as instance:
        assert not instance.preferences()  # the standard leaves a retimer none


@pytest.mark.parametrize("style", ["Basic", "Core", "Full", "OCIO"])
def test_a_host_that_manages_colors_is_asked_for_scene_linear(load, probe, plate, style):
    """By the strings of OpenFX 1.5; and the output's colors are those that came in."""
    told = {"OfxImageEffectPropColourManagementStyle": f"OfxImageEffectColourManagement{style}"}
    effect = load(replace(REFERENCE, api=(1, 5), properties=told)).effect("Filter")
    values = effect.description.properties.values
    assert values["OfxImageEffectPropColourManagementStyle"] == [
        "OfxImageEffectColourManagementBasic"
    ]
    assert values["OfxImageEffectPropColourManagementAvailableConfigs"] == [
        "ofx-native-v1.5_aces-v1.3_ocio-v2.3"
    ]
    with effect.instance({}, {"Source": plate}) as instance:
        preferred = {"OfxImageClipPropPreferredColourspaces_Source": ["ofx_scene_linear"]}
        assert instance.preferences() == {**CONTINUOUS, **preferred}
        assert instance.output_colors() == ["OfxColourspace_Source"]


@pytest.mark.parametrize("style", [None, "OfxImageEffectColourManagementNone"])
def test_of_one_that_does_not_nothing_is_said(load, probe, plate, style):
    told = {"OfxImageEffectPropColourManagementStyle": style} if style else {}
    effect = load(replace(REFERENCE, properties=told)).effect("Filter")
    assert "Colour" not in str(effect.description.properties.values)
    with effect.instance({}, {"Source": plate}) as instance:
        assert instance.preferences() == CONTINUOUS


def test_the_region_is_the_source_s(effect, plate):
    placed = replace(plate, origin=(-3, 5))
    with effect.instance({}, {"Source": placed}) as instance:
        assert instance.region(1002) == placed.region


def test_a_frame_needs_the_whole_source(effect, plate):
    with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
        regions = instance.regions_of_interest(1002, (1.0, 1.0), (3, 4, 10, 12))
    assert regions == {"Source": plate.region}


def test_nothing_is_asked_of_a_host_before_load(load, probe):
    """The suites are fetched in Load: the host says so; they are those that the plug-in needs."""
    host = load(REFERENCE).host
    required = {("OfxPropertySuite", 1), ("OfxImageEffectSuite", 1), ("OfxParameterSuite", 1)}
    assert required <= set(host.suites_fetched)
