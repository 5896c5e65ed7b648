"""The host does what hosts do: values, keys, images, threads, quirks."""

import ctypes
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from .clips import Plate
from .doing import Doing
from .host import Host
from .images import Layout
from .profiles import BARE, CATALYST, FUSION, NUKE, PROFILES, REFERENCE, RESOLVE
from .talking import formatted

MESSAGE = "OfxMessageMessage"


@pytest.fixture
def host():
    with Host() as host:
        yield host


@pytest.fixture
def effect(host, binary):
    [plugin] = host.open(binary)
    return plugin.effect("Filter")


def between(plate, left, share):
    first, second = plate.frames[left], plate.frames[left + 1]
    return np.float32(1 - share) * first + np.float32(share) * second


def test_a_constant_speed(effect, plate):
    with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
        frame = instance.frame(1002)
    assert frame.needed == {"Source": [(1001.0, 1002.0)]}
    assert frame.fetched == [("Source", 1001.0), ("Source", 1002.0)]
    np.testing.assert_array_equal(frame.picture, between(plate, 1001, 0.25))


def test_identity_copies_the_frame_that_is_named(effect, plate):
    with effect.instance({"speed": 0.5}, {"Source": plate}) as instance:
        frame = instance.frame(1003)
    assert frame.identity == ("Source", 1002.0)
    np.testing.assert_array_equal(frame.picture, plate.frames[1002])


def test_the_integral_of_a_ramp_is_exact(effect, plate):
    """Speed from 0 at 1001 to 1 at 1005: after two frames 1/4 + 1/4 frames have gone by."""
    ramp = {1001.0: 0.0, 1005.0: 1.0}
    with effect.instance({"speed": ramp}, {"Source": plate}) as instance:
        curve = instance["speed"].curves[0]
        assert curve.integral(1001, 1003) == 0.5
        assert curve.integral(1003, 1001) == -0.5
        assert curve.integral(1004, 1007) == (0.75 + 1) / 2 + 2
        frame = instance.frame(1003)
    np.testing.assert_array_equal(frame.picture, between(plate, 1001, 0.5))


def test_source_time_belongs_to_the_host(host, binary, plate):
    [plugin] = host.open(binary)
    effect = plugin.effect("Retimer")
    with effect.instance({"SourceTime": {0.0: 1001.0, 4.0: 1003.0}}, {"Source": plate}) as retimer:
        frame = retimer.frame(3)
    np.testing.assert_array_equal(frame.picture, between(plate, 1002, 0.5))


def test_values_of_every_type_go_both_ways(effect, plate):
    with effect.instance({"speed": 0.75}, {"Source": plate}, time=1002.0) as instance:
        instance.press("press")
        assert instance.messages == [(MESSAGE, "3 0 1 first 0.75 0.25 0.5 at 1002")]
        saved = instance.save()
    assert saved["speed"] == [{10.0: 0.5}]
    assert saved["count"] == [4] and saved["mode"] == [1] and saved["note"] == ["second"]
    assert saved["offset"] == [1.25, 1.5]
    with effect.instance(saved) as copy:
        assert copy.save() == saved


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("margin", [(0, 0, 0, 0), (3, 2, 1, 4), (-1, 0, 0, -2)])
def test_layouts_change_nothing(effect, plate, negative, margin):
    plate = replace(plate, layout=Layout(margin, 16, negative))
    with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
        instance.layout = Layout(tuple(max(side, 0) for side in margin), 0, not negative)
        frame = instance.frame(1002)
    inside = (slice(2, None), slice(1, None)) if margin[0] < 0 else (slice(None), slice(None))
    np.testing.assert_array_equal(frame.picture[inside], between(plate, 1001, 0.25)[inside])
    if margin[0] < 0:
        assert not frame.picture[:2].any() and not frame.picture[:, 0].any()


def test_a_window_within_the_frame(effect, plate):
    with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
        frame = instance.render(1002, window=(1, 2, 6, 5))
    np.testing.assert_array_equal(frame.picture, between(plate, 1001, 0.25)[0:3, 1:6])


def test_half_the_size(effect, plate):
    with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
        frame = instance.frame(1002, scale=(0.5, 0.5))
    assert frame.window == (0, 0, 4, 3)
    expected = between(plate, 1001, 0.25)[::-1][::2, ::2][::-1]
    np.testing.assert_array_equal(frame.picture, expected)


def test_a_frame_that_is_missing_is_black(effect, plate):
    del plate.frames[1002]
    with effect.instance({"speed": 0.5}, {"Source": plate}) as instance:
        frame = instance.frame(1002)
    np.testing.assert_array_equal(frame.picture, plate.frames[1001] / 2)


def test_tiles_only_for_those_that_take_them(host, binary, plate, misbehave):
    """Cutting shows in the number of images that are fetched: two for each window."""
    for fault, fetches in (("", 2), ("tiles", 6)):
        misbehave(fault)
        with Host() as fresh:
            [plugin] = fresh.open(binary)
            instance = plugin.effect("Filter").instance({"speed": 0.25}, {"Source": plate})
            frame = instance.frame(1002, tiles=3)
        assert len(frame.fetched) == fetches
        np.testing.assert_array_equal(frame.picture, between(plate, 1001, 0.25))


def test_an_abort_shows_in_the_answer(effect, plate):
    with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
        instance.stop = lambda _: True
        frame = instance.frame(1002)
    assert frame.picture is None and frame.seconds_after_abort >= 0


def test_instances_render_at_the_same_time(effect, plate):
    """Two at once meet at a barrier inside their renders; one instance never renders twice."""
    barrier = threading.Barrier(2, timeout=10)

    def meet(_):
        barrier.wait()
        return False

    instances = [effect.instance({"speed": 0.25}, {"Source": plate}) for _ in range(2)]
    for instance in instances:
        instance.stop = meet
    with ThreadPoolExecutor(8) as pool:
        frames = [
            pool.submit(instance.frame, time) for time in (1002, 1003) for instance in instances
        ]
        pictures = [frame.result().picture for frame in frames]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    np.testing.assert_array_equal(pictures[2], between(plate, 1001, 0.5))


def test_clips_that_are_connected_late(effect, plate):
    with effect.instance({"speed": 0.25}, {"Source": plate}, connect_late=True) as instance:
        frame = instance.frame(1002)
    np.testing.assert_array_equal(frame.picture, between(plate, 1001, 0.25))


@pytest.mark.parametrize("name", PROFILES)
def test_every_host_runs_the_plug_in(name, binary, plate):
    with Host(PROFILES[name]) as host:
        [plugin] = host.open(binary)
        effect = plugin.effect("Filter")
        with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
            frame = instance.frame(1002, interactive=True)
    np.testing.assert_array_equal(frame.picture, between(plate, 1001, 0.25))


def test_suites_and_functions_can_be_absent():
    assert set(Host(BARE)._tables) < set(Host(REFERENCE)._tables)
    message = Host(RESOLVE)._tables["OfxMessageSuite", 2]
    assert message[0] and not message[1] and not message[2]


def test_quirks():
    assert FUSION.image_scale((1 / 3, 1 / 3), True) == (3, 3)
    assert FUSION.image_scale((1 / 3, 1 / 3), False) == (1 / 3, 1 / 3)
    assert "OfxPropAPIVersion" not in Host(FUSION).properties.values
    assert Host(NUKE).profile.identifier == "f" * 32


def test_nuke_renders_no_more_while_an_error_stays(binary, plate):
    with Host(NUKE) as host:
        [plugin] = host.open(binary)
        with plugin.effect("Filter").instance({"speed": 0.25}, {"Source": plate}) as instance:
            instance.persistent = ("OfxMessageError", "broken")
            assert instance.frame(1002) is None
            instance.persistent = ("OfxMessageWarning", "odd")
            assert instance.frame(1002).picture is not None


def test_nuke_never_shows_a_secret_again(binary):
    with Host(NUKE) as host:
        [plugin] = host.open(binary)
        with plugin.effect("Filter").instance() as instance:
            properties = instance["count"].properties
            assert not host.ignores(properties, "OfxParamPropSecret", 1)
            properties.put("OfxParamPropSecret", 1)
            assert host.ignores(properties, "OfxParamPropSecret", 0)
            assert host.ignores(properties, "OfxPropLabel", "other")


def test_catalyst_s_regions_are_pixels(binary, plate):
    """And it does not ask effects for theirs."""
    asked = []
    with Host(CATALYST) as host:
        [plugin] = host.open(binary)
        with plugin.effect("Filter").instance({}, {"Source": plate}) as instance:
            instance._act = lambda *arguments, **_: asked.append(arguments)
            assert instance.region(1001, (0.5, 0.5)) == plate.region
            del instance._act
    assert not asked


def test_resolve_says_that_everything_is_connected(binary):
    for profile, connected in ((RESOLVE, 1), (REFERENCE, 0), (FUSION, 0)):
        with Host(profile) as host:
            [plugin] = host.open(binary)
            with plugin.effect("Filter").instance() as instance:
                source = instance.clips["Source"].properties
                assert source["OfxImageClipPropConnected"] == connected
                none = source["OfxImageEffectPropPixelDepth"] == "OfxBitDepthNone"
                assert none == (profile is FUSION)


def test_messages_are_formatted_as_printf_does():
    word = ctypes.create_string_buffer(b"50 %")
    assert formatted("%s of %d: %.1f %%", [ctypes.addressof(word), 7], [2.5]) == "50 % of 7: 2.5 %"


def test_resolve_clamps_what_has_no_ranges(binary, plate, misbehave):
    misbehave("no range")
    with Host(RESOLVE) as host:
        [plugin] = host.open(binary)
        with pytest.raises(AssertionError, match="no DisplayMax"):
            plugin.effect("Filter")


def test_a_string_is_lent_until_the_next_call():
    host = Host()
    address = host.lent("label")
    assert ctypes.string_at(address) == b"label"
    with host.inside(Doing("render")):
        host._called("propGetInt", lambda: None, ())
    assert ctypes.string_at(address) == b"#####"


def test_a_plate_knows_where_it_is():
    plate = Plate({1: np.zeros((4, 6, 4), np.float32)}, origin=(-2, 3), aspect=2.0)
    assert plate.region == (-4.0, 3, 8.0, 7)
    image, box = plate.image(1, (1.0, 1.0))
    assert box == (-2, 3, 4, 7) and image.bounds == box
