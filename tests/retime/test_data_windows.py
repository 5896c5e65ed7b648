"""A data window is not the picture's border: the same pixels give the same, whatever window."""

import threading
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inference.interpolator import InBetween, Task
from engine.inference.model_cache import Loaded
from engine.plate.frame import Frame, Part, Window
from engine.retime import shots
from engine.retime.inbetweens import Clip, FrameCache, Inbetweens
from engine.retime.live import Live
from engine.retime.picture import GRID, MARGIN, pictures
from engine.retime.progress import Meter
from engine.retime.stops import whole_stops
from engine.retime.synthesis import main_colors, synthesize
from hifi_ofx.errors import InvalidSetting, MismatchedFrames
from hifi_ofx.live import Interpolate, Picture
from hifi_ofx.quality import Footage, Machine, Output, Quality
from hifi_ofx.retime import PlannedFrame

HALF = Fraction(1, 2)
DISPLAY = Window(0, 0, 160, 96)
LARGE = Window(-30, 20, 800, 600)  # larger than what is looked at around an element


def texture(height, width, seed=6):
    """Smooth waves in 0..1, (height, width, 3)."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = sum(
        np.cos(fy * y[..., None] + fx * x[..., None] + phase)
        for fy, fx, *phase in draw.uniform(-1, 1, (12, 5)) * (0.35, 0.35, 3, 3, 3)
    )
    return ((waves - waves.min()) / np.ptp(waves)).astype(np.float32)


def element(window, display=DISPLAY, image=None):
    """A canvas (H, W, 4) with an opaque textured element in it, black elsewhere."""
    canvas = np.zeros((*display.shape, 4), np.float32)
    if window is not None:
        rows, columns = window.within(display)
        canvas[rows, columns, :3] = texture(*window.shape) if image is None else image
        canvas[rows, columns, 3] = 1
    return canvas


def frame(canvas, data, display=DISPLAY):
    """A frame of halves that has of the canvas what lies in a data window."""
    rows, columns = data.within(display)
    planes = {n: canvas[rows, columns, i].astype("f2") for i, n in enumerate("RGBA")}
    types = dict.fromkeys("RGBA", np.dtype("f2"))
    return Frame((Part(tuple("RGBA"), types, data, display, planes=planes),), "openexr")


def pair(boxes, windows, display=DISPLAY):
    """Two frames of an element that is in one box, then in the other, in these data windows."""
    return [frame(element(box, display), w, display) for box, w in zip(boxes, windows, strict=True)]


def over(part, window, display=DISPLAY):
    """The part's channels over a window, (h, w, 4), where the data window is another."""
    canvas = np.zeros((*display.shape, 4), np.float32)
    rows, columns = part.data_window.within(display)
    canvas[rows, columns] = np.stack([part.planes[name] for name in "RGBA"], axis=-1)
    rows, columns = window.within(display)
    return canvas[rows, columns]


def seen_by_the_network(left, right):
    """The images that it is given, one after the other, and the frame that comes of them."""
    seen = []

    def predict(first, second, motion):
        seen.extend((first, second))
        middle = torch.lerp(first, second, 0.5)
        return InBetween(middle, middle.square(), vectors=torch.ones(5, *first.shape[1:]))

    made = synthesize(left, right, HALF, predict, Output(uncertainty=True, vectors=True))
    return seen, made.parts[0]


@st.composite
def boxes(draw, display=LARGE):
    """A box of 1x1 pixels or more inside the display window."""
    width, height = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    x = draw(st.integers(display.x, display.right - width))
    return Window(x, draw(st.integers(display.y, display.bottom - height)), width, height)


@settings(max_examples=25)
@given(st.one_of(boxes(), st.none()), boxes(), st.integers(0, 9))
def test_the_network_is_given_the_same_whatever_the_windows_are(one, other, margin):
    """So every method gives the same: moving, jumping, growing, one pixel, coming out of nothing.

    And the prefetch finds the motion of the very same images.
    """
    element_in = [one, other]
    hugging = [box or Window(0, 30, 1, 1) for box in element_in]
    loose = [box.grown(margin).intersection(LARGE) for box in hugging]
    full, full_part = seen_by_the_network(*pair(element_in, [LARGE, LARGE], LARGE))
    for windows in (hugging, loose, [LARGE, other]):
        left, right = pair(element_in, windows, LARGE)
        seen, part = seen_by_the_network(left, right)
        assert all(torch.equal(a, b) for a, b in zip(seen, full, strict=True))
        assert all(torch.equal(*both) for both in zip(main_colors(left, right), full))
        both = part.data_window
        assert both == windows[0].union(windows[1])
        for name, plane in part.planes.items():
            assert np.array_equal(plane, full_part.planes[name][both.within(LARGE)])


def test_work_is_done_only_where_something_is():
    display = Window(0, 0, 7680, 4320)
    there = Window(3000, 2000, 30, 20)
    planes = {n: np.full(there.shape, 0.5, "f2") for n in "RGB"}
    part = Part(
        ("R", "G", "B"), dict.fromkeys("RGB", np.dtype("f2")), there, display, planes=planes
    )
    moved = replace(part, data_window=replace(there, x=there.x + 10))
    (picture,) = pictures(Frame((part,), "openexr"), Frame((moved,), "openexr")).values()
    assert picture.union(there.grown(MARGIN)) == picture
    assert picture.width < 30 + 10 + 2 * (MARGIN + GRID)
    assert {picture.x % GRID, picture.y % GRID} == {0}


@pytest.mark.parametrize("data", [DISPLAY, DISPLAY.grown(7), replace(DISPLAY, x=-20)])
def test_a_plate_and_its_overscan_are_looked_at_as_they_are(data):
    """Where the window reaches over the display window, its edge is the picture's border."""
    planes = {n: np.full(data.shape, 0.5, "f2") for n in "RGB"}
    part = Part(("R", "G", "B"), dict.fromkeys("RGB", np.dtype("f2")), data, DISPLAY, planes=planes)
    plate = Frame((part,), "openexr")
    assert pictures(plate, plate) == {"": data.union(DISPLAY)}


def test_other_formats_are_looked_at_whole():
    canvas = element(Window(40, 40, 16, 12), Window(0, 0, 900, 600))
    planes = {n: (canvas[..., i] * 255).astype("u1") for i, n in enumerate("RGBA")}
    window = Window(0, 0, 900, 600)
    part = Part(tuple("RGBA"), dict.fromkeys("RGBA", np.dtype("u1")), window, window, planes=planes)
    assert pictures(*[Frame((part,), "png")] * 2) == {"": window}


def test_all_layers_of_a_view_are_made_from_one_window():
    """Alpha reaches further than color, and lies in a part of its own: the motion is one."""
    big, small = Window(10, 10, 90, 40), Window(30, 20, 16, 12)
    color = [frame(element(box), box).parts[0] for box in (small, replace(small, x=36))]
    matte = [frame(element(box), box).parts[0] for box in (big, replace(big, x=16))]
    frames = []
    for one, other in zip(color, matte, strict=True):
        named = replace(other, channels=("A",), name="matte", types={"A": other.types["A"]})
        rgb = replace(one, channels=("R", "G", "B"), name="rgb")
        frames.append(Frame((rgb, named), "openexr"))
    seen, given_motion = [], []

    def predict(first, second, motion):
        seen.append(first.shape)
        given_motion.append(motion)
        return InBetween(torch.lerp(first, second, 0.5), motion=motion or "found")

    synthesize(*frames, HALF, predict, Output())
    assert len(set(seen)) == 1
    assert given_motion == [None, "found"]


MOTIONS = [("motion", "learned"), ("motion", "both"), ("motion", "search"), ("aligned", "learned")]


@pytest.mark.parametrize(("weights", "motion"), MOTIONS)
def test_every_method_gives_the_same_to_the_bit(weights, motion):
    quality = Quality(samples=1, motion=motion)

    def made(windows):
        interpolator = Loaded().load(weights, Machine(device="cpu"), quality)[0]

        def predict(first, second, found):
            return interpolator.interpolate(first, second, HALF, Task(quality, "1"), found)

        return synthesize(*pair(boxes, windows), HALF, predict, Output()).parts[0]

    boxes = [Window(20, 30, 40, 30), Window(32, 34, 40, 30)]
    both, full = boxes[0].union(boxes[1]), made([DISPLAY, DISPLAY])
    found = over(made(boxes), both)
    assert np.array_equal(found, over(full, both))
    truth = element(Window(26, 32, 40, 30))[both.within(DISPLAY)]
    assert -10 * np.log10(((found - truth) ** 2).mean()) > 24  # and it is the element, halfway


# Cuts and holds


def signature(canvas, data):
    """As a render has it."""
    clip = Clip((1,), lambda number: number, lambda number: frame(canvas, data))
    return Inbetweens(clip, *[None] * 4, Meter(print, threading.Event()), FrameCache())._signature(
        1
    )


@settings(max_examples=40)
@given(boxes(DISPLAY))
def test_a_frame_is_told_by_its_pixels_whatever_its_window_is(box):
    canvas = element(box)
    whole, hugged = signature(canvas, DISPLAY), signature(canvas, box)
    direct = shots.signature(frame_display(canvas))
    for name in ("thumbnail", "moments", "histogram"):
        assert np.array_equal(getattr(whole, name), getattr(hugged, name))
        assert np.allclose(getattr(whole, name), getattr(direct, name), atol=1e-6)


def frame_display(canvas):
    """sRGB of linear light, by its definition."""
    light = canvas[..., :3].astype("f2").astype(float)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def resolved(windows_of, count=5, **footage):
    """What cuts and holds make of frames halfway between those of a moving element."""
    boxes = [Window(10 + 14 * n, 30, 40, 30) for n in range(count)]
    frames = {
        n + 1: frame(element(box, image=texture(30, 40)), windows_of(box))
        for n, box in enumerate(boxes)
    }
    clip = Clip(tuple(frames), lambda number: number, frames.__getitem__)
    asked = Inbetweens(clip, Knows(), Quality(), Output(), Footage(**footage), None, FrameCache())
    return [asked.resolve(PlannedFrame(n, n, n + 1, HALF)) for n in range(1, count)]


class Knows:
    """Weights that know every fraction."""

    knows_fractions = True


def test_what_moves_in_a_window_that_moves_with_it_is_no_hold():
    """Frame after frame the pixels of the file are the same; the picture is not."""
    for windows_of in (lambda box: box, lambda box: DISPLAY):
        decided = resolved(windows_of, holds="interpolate")
        assert [frame.fraction for frame in decided] == [HALF] * 4
        assert [(frame.left, frame.right) for frame in decided] == [(n, n + 1) for n in range(1, 5)]


def test_a_window_that_shrinks_to_one_pixel_is_no_cut():
    """As in the full window: an element that comes and goes is little of the picture."""
    big, empty = Window(20, 20, 40, 30), Window(0, 0, 1, 1)
    full = [signature(element(box), DISPLAY) for box in (big, None)]
    hugged = [signature(element(big), big), signature(element(None), empty)]
    assert shots.difference(*hugged) == shots.difference(*full)


# The level of exposure


def test_black_around_an_element_says_nothing_of_its_exposure():
    """A small element is brought to the level that it is brought to where it is all there is."""
    planes = [plane * np.float32(0.2) for plane in np.moveaxis(texture(40, 50), -1, 0)]
    around = [np.pad(plane, 300) for plane in planes]
    assert whole_stops(around, around) == whole_stops(planes, planes) != 0


# Live nodes


@pytest.fixture
def live_pair(tmp_path, weights):
    """A function that has a live node's frames of two canvases made, in these windows."""

    def make(boxes, windows, display):
        given = []
        for name, box, window in zip(("left", "right"), boxes, windows, strict=True):
            pixels = element(box)[window.within(DISPLAY)]
            path = tmp_path / f"{name} {window}.rgba"
            np.ascontiguousarray(pixels, np.float32).tofile(path)
            given.append(Picture(str(path), window.width, window.height, window.x, window.y))
        request = Interpolate(
            *given,
            result=str(tmp_path / "result.rgba"),
            fraction=HALF,
            output=2,
            frames=(1, 2),
            quality=Quality(steps=1, samples=1, patch=(32, 48), cascade_depth=2),
            footage=Footage(cuts="ignore"),
            machine=Machine(device="cpu"),
            weights=str(weights),
            display=display,
        )
        done = Live(Loaded()).interpolate(request, lambda progress: None, threading.Event())
        pixels = np.fromfile(request.result, np.float32).reshape(done.height, done.width, 4)
        return Window(done.x, done.y, done.width, done.height), pixels

    return make


@pytest.mark.parametrize(
    "other", [Window(32, 34, 40, 30), Window(100, 50, 1, 1), Window(90, 8, 60, 70)]
)
def test_a_live_node_gives_the_same_in_tight_windows(live_pair, other):
    box, project = Window(20, 30, 40, 30), (0, 0, DISPLAY.width, DISPLAY.height)
    window, found = live_pair([box, other], [box, other], project)
    whole, expected = live_pair([box, other], [DISPLAY, DISPLAY], project)
    assert (window, whole) == (box.union(other), DISPLAY)
    np.testing.assert_array_equal(found, expected[window.within(DISPLAY)])


def test_a_plate_smaller_than_the_project_keeps_its_border(live_pair):
    """Both frames have one window, at the project's corner: a plate, not an element."""
    boxes = [Window(20, 30, 40, 30), Window(26, 30, 40, 30)]
    _, expected = live_pair(boxes, [DISPLAY, DISPLAY], (0, 0, 0, 0))
    _, found = live_pair(boxes, [DISPLAY, DISPLAY], (0, 0, 4096, 2160))
    np.testing.assert_array_equal(found, expected)


# Windows that nothing can hold


def far_apart(distance):
    part = frame(element(Window(4, 4, 16, 12)), Window(0, 0, 64, 36)).parts[0]
    away = replace(part, data_window=Window(distance, distance // 2, 64, 36))
    return Frame((part,), "openexr"), Frame((away,), "openexr")


@pytest.mark.parametrize("distance", [200_000, 10**9, -(10**9)])
def test_windows_far_apart_get_a_sentence_before_anything_is_allocated(distance):
    left, right = far_apart(distance)
    began = time.monotonic()
    with pytest.raises(MismatchedFrames, match=f"{abs(distance) + 64:,}x") as refused:
        seen_by_the_network(left, right)
    assert "Crop" in refused.value.hint
    assert time.monotonic() - began < 0.5
    clip = Clip((1, 2), lambda number: number, {1: left, 2: right}.__getitem__)
    asked = Inbetweens(
        clip, Knows(), Quality(), Output(), Footage(cuts="ignore"), None, FrameCache()
    )
    assert asked.resolve(PlannedFrame(1, 1, 2, HALF)).fraction == HALF
    with pytest.raises(MismatchedFrames):
        asked.make(left, right, PlannedFrame(1, 1, 2, HALF))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("place", [{"x": 1e30}, {"y": -1e30}, {"width": 10**9}])
def test_a_live_picture_that_is_nowhere_is_refused(place):
    with pytest.raises(InvalidSetting, match="too large or too far away"):
        Picture.from_json({"path": "a", "width": 64, "height": 36, **place})
