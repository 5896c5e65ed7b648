"""What comes out of Render: equal to the command line's frames, in any memory and order."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.ofx_host.abi import Status
from tests.ofx_host.clips import Plate
from tests.ofx_host.doing import Doing
from tests.ofx_host.images import Layout
from tests.ofx_host.profiles import BARE, CATALYST, FUSION, NATRON, NUKE, REFERENCE, RESOLVE

from .conftest import read_exr, settings, write_exr
from .material import HEIGHT, WIDTH, known, picture

QUALITY = ["--steps", "1", "--samples", "1", "--patch", "32x48", "--cascade-depth", "2"]
COMMAND = [*QUALITY, "--device", "cpu"]


@pytest.fixture(scope="module")
def command_line(noisy, probe, tmp_path_factory):
    """{output frame: picture} of `hifi-ofx retime` at a quarter of the speed."""
    folder = tmp_path_factory.mktemp("command line")
    for index in range(10):
        write_exr(folder / f"plate.{1001 + index}.exr", picture(index))
    words = ["retime", folder / "plate.####.exr", folder / "slow.####.exr", "--speed", "1/4"]
    command = [sys.executable, "-m", "hifi_ofx.cli", *words, "--weights", noisy, *COMMAND]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {int(path.suffixes[0][1:]): read_exr(path) for path in sorted(folder.glob("slow.*.exr"))}


def test_ten_frames_at_a_quarter_are_the_command_line_s(effect, small, plate, command_line):
    assert sorted(command_line) == list(range(1001, 1038))
    with effect.instance(small, {"Source": plate}) as instance:
        for time, expected in command_line.items():
            frame = instance.frame(time)
            assert (frame.identity is not None) == ((time - 1001) % 4 == 0)
            np.testing.assert_allclose(frame.picture, expected, rtol=1e-6, atol=1e-6)
    shown = command_line[1003]
    assert not np.allclose(shown, (picture(0) + picture(1)) / 2, atol=1e-3), "it is no blend"


@pytest.fixture(scope="module")
def expected(effect, small):
    """Output frame 1002 as it should be, in the simplest memory."""
    plate = Plate({1001 + index: picture(index) for index in range(10)})
    with effect.instance(small, {"Source": plate}) as instance:
        instance.purge()
        return instance.frame(1002).picture


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize(
    ("margin", "padding"), [((0, 0, 0, 0), 0), ((3, 1, 2, 5), 80), ((0, 0, 1, 0), 4)]
)
def test_memory_does_not_matter(effect, small, plate, expected, negative, margin, padding):
    source = replace(plate, layout=Layout(margin, padding, negative))
    with effect.instance(small, {"Source": source}) as instance:
        instance.layout = Layout(margin[::-1], 32, not negative)
        frame = instance.frame(1002)
    np.testing.assert_allclose(frame.picture, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("window", [(0, 0, 1, 1), (7, 5, 8, 47), (13, 11, 64, 12), (1, 1, 63, 47)])
def test_only_the_window_is_written(effect, small, plate, expected, window):
    x1, y1, x2, y2 = window
    with effect.instance(small, {"Source": plate}) as instance:
        frame = instance.render(1002, window=window)
    inside = expected[HEIGHT - y2 : HEIGHT - y1, x1:x2]
    np.testing.assert_allclose(frame.picture, inside, rtol=1e-6, atol=1e-6)


def test_a_region_anywhere(effect, small, plate, expected):
    placed = replace(plate, origin=(-31, 17))
    with effect.instance(small, {"Source": placed}) as instance:
        frame = instance.frame(1002)
    assert frame.window == (-31, 17, -31 + WIDTH, 17 + HEIGHT)
    np.testing.assert_allclose(frame.picture, expected, rtol=1e-6, atol=1e-6)


def test_bounds_inside_of_the_region(effect, small, plate):
    """A host may give less than the whole frame; what it does not give is black."""
    left, bottom, right, top = 4, 3, 5, 2
    cropped = replace(plate, layout=Layout((-left, -bottom, -right, -top)))
    with effect.instance(small, {"Source": cropped}) as instance:
        pictures = [instance.frame(1002).picture, instance.render(1001).picture]
    for shown in pictures:
        inside = shown[top:-bottom, left:-right].copy()
        shown[top:-bottom, left:-right] = 0
        assert not shown.any() and inside.any()
    np.testing.assert_array_equal(inside, plate.frames[1001][top:-bottom, left:-right])


def test_a_region_smaller_than_the_window(load, small, plate, stand_in, monkeypatch):
    """Regions may come in a scale of their own: what a host asks for is written all the same."""
    output = Doing.output

    def halved(self, clip, time):
        image, (x1, y1, x2, y2) = output(self, clip, time)
        return image, (x1, y1, (x1 + x2) // 2, y2)

    monkeypatch.setattr(Doing, "output", halved)
    effect = load(REFERENCE, stand_in("blends")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        frame = instance.frame(1003)
    middle = (plate.frames[1001] + plate.frames[1002]) / 2
    np.testing.assert_allclose(frame.picture, middle, rtol=1e-6, atol=1e-6)


def test_half_the_scale(effect, small, plate):
    """Half the frame is what a plate of half the size gives."""
    halved = {time: one[::-1][::2, ::2][::-1] for time, one in plate.frames.items()}
    with effect.instance(small, {"Source": Plate(halved)}) as instance:
        small_frame = instance.frame(1002).picture
    with effect.instance(small, {"Source": plate}) as instance:
        frame = instance.frame(1002, scale=(0.5, 0.5))
    assert frame.picture.shape == (HEIGHT // 2, WIDTH // 2, 4)
    np.testing.assert_allclose(frame.picture, small_frame, rtol=1e-6, atol=1e-6)


def test_pixels_that_are_not_square(effect, small, plate, expected):
    with effect.instance(small, {"Source": replace(plate, aspect=2.0)}) as instance:
        frame = instance.frame(1002)
    np.testing.assert_allclose(frame.picture, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", ["OfxImageOpaque", "OfxImageAlphaUnPremultiplied"])
def test_premultiplication_is_passed_on(effect, small, plate, kind):
    with effect.instance(small, {"Source": replace(plate, premultiplication=kind)}) as instance:
        assert instance.preferences().get("OfxImageEffectPropPreMultiplication", [kind]) == [kind]
        assert np.isfinite(instance.frame(1002).picture).all()


def test_tiles_are_never_cut(effect, small, plate, expected):
    with effect.instance(small, {"Source": plate}) as instance:
        frame = instance.frame(1002, tiles=4)
    assert frame.window == (0, 0, WIDTH, HEIGHT)
    np.testing.assert_allclose(frame.picture, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("context", ["General", "Retimer"])
def test_other_contexts_give_the_same(plugin, small, plate, expected, context):
    effect = plugin.effect(context)
    values = known(effect, {**small, "SourceTime": 1001.25})
    with effect.instance(values, {"Source": plate}) as instance:
        frame = instance.frame(1002)
    np.testing.assert_allclose(frame.picture, expected, rtol=1e-6, atol=1e-6)


HOSTS = [BARE, NUKE, RESOLVE, FUSION, NATRON, CATALYST]


@pytest.mark.parametrize("profile", HOSTS, ids=lambda one: one.label)
def test_other_hosts_get_their_frames(load, small, plate, stand_in, profile):
    """With an engine that blends, at once: what differs is between host and plug-in."""
    effect = load(profile, stand_in("blends")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        frame = instance.frame(1002)
        scrubbed = instance.frame(1003, scale=(0.5, 0.5), interactive=True)
    blend = 0.75 * plate.frames[1001] + 0.25 * plate.frames[1002]
    np.testing.assert_allclose(frame.picture, blend, rtol=1e-6, atol=1e-6)
    assert scrubbed.picture.shape == (HEIGHT // 2, WIDTH // 2, 4)
    assert instance.persistent is None and not instance.messages


@pytest.mark.slow
@pytest.mark.parametrize("profile", HOSTS, ids=lambda one: one.label)
def test_other_hosts_give_the_same(load, small, plate, expected, probe, profile):
    effect = load(profile).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        frame = instance.frame(1002)
    np.testing.assert_allclose(frame.picture, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("missing", [(1001,), (1002,), (1001, 1002)])
def test_missing_frames(effect, small, plate, missing):
    """In front of a person what neighbor there is stands in, or a clear frame; else it fails."""
    frames = {time: one for time, one in plate.frames.items() if time not in missing}
    holed = replace(plate, frames=frames, span=plate.range)
    left = next((frames[time] for time in (1001, 1002) if time in frames), np.zeros((48, 64, 4)))
    with effect.instance(small, {"Source": holed}) as instance:
        frame = instance.frame(1002, interactive=True)
        assert instance.frame(1002).status == Status.FAILED
    assert frame.status == Status.OK
    np.testing.assert_array_equal(frame.picture, left)


def test_nothing_is_connected(effect, small):
    with effect.instance(small) as instance:
        frame = instance.frame(1002)
    assert frame is None or frame.picture is None or not frame.picture.any()


def test_a_project_that_connects_its_clips_late(effect, small, plate, expected):
    with effect.instance(small, {"Source": plate}, connect_late=True) as instance:
        frame = instance.frame(1002)
    np.testing.assert_allclose(frame.picture, expected, rtol=1e-6, atol=1e-6)


def test_scrubbing_back_is_free(effect, small, plate, probe):
    with effect.instance(small, {"Source": plate}) as instance:
        instance.purge()
        first = instance.frame(1002)
        calls = len(probe.calls())
        again = instance.frame(1002)
        assert len(probe.calls()) == calls
        np.testing.assert_array_equal(first.picture, again.picture)
        instance.edit("seed", 5)
        other = instance.frame(1002)
        assert len(probe.calls()) > calls
    assert not np.array_equal(other.picture, first.picture)


def test_a_copy_of_the_instance_finds_its_frames(effect, small, plate, probe):
    """Hosts render on a hidden copy: what one has made, the other has."""
    with effect.instance(small, {"Source": plate}) as instance:
        first = instance.frame(1003).picture
        calls = len(probe.calls())
        with effect.instance(instance.save(), {"Source": plate}) as copy:
            np.testing.assert_array_equal(copy.frame(1003).picture, first)
    assert len(probe.calls()) == calls


def test_other_pixels_under_the_same_name(load, small, plate, stand_in):
    """Nuke calls every image ffff…: what counts is what is in it."""
    effect = load(NUKE, stand_in("blends")).effect("Filter")
    brighter = replace(plate, frames={time: one * 2 for time, one in plate.frames.items()})
    with effect.instance(small, {"Source": plate}) as instance:
        dark = instance.frame(1002).picture
        instance.connect("Source", brighter)
        bright = instance.frame(1002).picture
    np.testing.assert_allclose(bright, 2 * dark, rtol=1e-6)


def test_purging_makes_no_difference(effect, small, plate, expected):
    with effect.instance(small, {"Source": plate}) as instance:
        instance.frame(1002)
        instance.purge()
        np.testing.assert_allclose(instance.frame(1002).picture, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("profile", [RESOLVE, NATRON], ids=lambda one: one.label)
def test_thumbnails_pass_through(load, small, plate, probe, profile):
    effect = load(profile).effect("Filter")
    calls = len(probe.calls())
    with effect.instance(small, {"Source": plate}) as instance:
        instance.clips["Source"].connect(plate, thumbnail=True)
        frame = instance.render(1002, thumbnail=True)
    assert len(probe.calls()) == calls
    assert any(np.array_equal(frame.picture, plate.frames[time]) for time in (1001, 1002))


def test_only_interactive_renders_may_be_drafts(effect, noisy, plate, probe):
    """With `While working` on draft; by default and in final renders the quality is as set."""
    values = settings(noisy, speed=0.25, samples=3)
    with effect.instance(values, {"Source": plate}) as instance:
        final = calls_of(probe, lambda: instance.frame(1002))
        assert calls_of(probe, lambda: instance.frame(1002, interactive=True, draft=True)) == 0
        instance.edit("while_working", 1)
        assert 0 < calls_of(probe, lambda: instance.frame(1003, interactive=True)) < final
        assert calls_of(probe, lambda: instance.frame(1003)) == final
        assert 0 < calls_of(probe, lambda: instance.frame(1004, draft=True)) < final


def calls_of(probe, work):
    before = len(probe.calls())
    work()
    return len(probe.calls()) - before


def test_two_instances_on_eight_threads(effect, noisy, small, plate, expected):
    other = settings(noisy, speed=float(Fraction(1, 3)), seed=3)
    with (
        effect.instance({**small, "seed": 4}, {"Source": plate}) as first,
        effect.instance(other, {"Source": plate}) as second,
        ThreadPoolExecutor(8) as pool,
    ):
        times = [1002, 1003, 1006, 1008]
        work = [pool.submit(one.frame, time) for time in times for one in (first, second)]
        together = [one.result().picture for one in work]
        first.purge()
        alone = [one.frame(time).picture for time in times for one in (first, second)]
    np.testing.assert_allclose(together, alone, rtol=1e-6, atol=1e-6)
    assert not np.array_equal(together[0], expected), "another seed"


def test_the_uncertainty_instead_of_the_picture(effect, noisy, plate):
    values = settings(noisy, speed=0.25, samples=2, uncertainty=1, steps=2)
    with effect.instance(values, {"Source": plate}) as instance:
        shown = instance.frame(1002).picture
    assert (shown[..., :3] >= 0).all() and shown[..., :3].any()
