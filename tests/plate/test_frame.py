from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plate.frame import Attribute, Frame, Part, Window, empty_inbetween, pairs, plane_in
from hifi_ofx.errors import MismatchedFrames

windows = st.builds(
    Window,
    st.integers(-50, 50),
    st.integers(-50, 50),
    st.integers(1, 40),
    st.integers(1, 40),
)


def part(window: Window, channels: str = "RGB", **fields: object) -> Part:
    types = {name: np.dtype("f4") for name in channels}
    count = window.width * window.height
    planes = {
        name: np.arange(1, count + 1, dtype="f4").reshape(window.shape) + 1000 * index
        for index, name in enumerate(channels)
    }
    display = Window(0, 0, 30, 20)
    return Part(tuple(channels), types, window, display, planes=planes, **fields)  # type: ignore[arg-type]


def frame(*parts: Part, format: str = "openexr") -> Frame:
    return Frame(parts, format)


@given(windows, windows)
def test_a_union_holds_both_and_an_intersection_lies_in_both(one: Window, other: Window) -> None:
    union, common = one.union(other), one.intersection(other)
    for window in (one, other):
        assert union.union(window) == union
        if common.width and common.height:
            assert window.union(common) == window
    inside = {(x, y) for x in range(one.x, one.right) for y in range(one.y, one.bottom)}
    shared = {
        (x, y) for x, y in inside if other.x <= x < other.right and other.y <= y < other.bottom
    }
    assert common.width * common.height == len(shared)


@given(windows, windows)
def test_a_plane_over_another_window_keeps_every_pixel_in_its_place(
    data: Window, window: Window
) -> None:
    source = part(data, "Z")
    found = plane_in(source, "Z", window)
    assert found.shape == window.shape
    for y in range(window.y, window.bottom):
        for x in range(window.x, window.right):
            inside = data.x <= x < data.right and data.y <= y < data.bottom
            expected = source.planes["Z"][y - data.y, x - data.x] if inside else 0
            assert found[y - window.y, x - window.x] == expected


def test_a_plane_over_its_own_window_is_not_copied() -> None:
    source = part(Window(3, 4, 5, 6))
    assert plane_in(source, "G", Window(3, 4, 5, 6)) is source.planes["G"]


def test_an_in_between_takes_structure_from_the_left_and_room_for_both() -> None:
    left = frame(part(Window(0, 0, 4, 4), name="rgb", compression="piz", tile=(16, 16)))
    right = frame(part(Window(2, -1, 9, 3), name="rgb", compression="zip"))
    made = empty_inbetween(left, right).parts[0]
    assert made.data_window == Window(0, -1, 11, 5)
    assert (made.compression, made.tile, made.name) == ("piz", (16, 16), "rgb")
    assert made.planes == {} and left.parts[0].planes


def test_parts_are_paired_by_name_when_their_order_differs() -> None:
    beauty, depth = (
        part(Window(0, 0, 2, 2), name="rgb"),
        part(Window(0, 0, 2, 2), "Z", name="depth"),
    )
    assert pairs(frame(beauty, depth), frame(depth, beauty)) == [(beauty, beauty), (depth, depth)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"display_window": Window(0, 0, 31, 20)}, ("30x20", "31x20")),
        ({"channels": ("R", "G"), "types": {n: np.dtype("f4") for n in "RG"}}, ("lacks", "B")),
        (
            {"channels": (*"RGBZ",), "types": {n: np.dtype("f4") for n in "RGBZ"}},
            ("lacks", "Z"),
        ),
        ({"name": "depth"}, ("'rgb'", "'depth'")),
    ],
)
def test_frames_that_do_not_fit_together_say_why(
    change: dict[str, object], words: tuple[str, ...]
) -> None:
    one = part(Window(0, 0, 4, 4), name="rgb")
    other = dataclasses.replace(one, **change)  # type: ignore[arg-type]
    with pytest.raises(MismatchedFrames) as error:
        empty_inbetween(frame(one), frame(other))
    assert all(word in str(error.value) for word in words)


def test_another_number_of_parts_is_a_mismatch() -> None:
    one = part(Window(0, 0, 4, 4))
    with pytest.raises(MismatchedFrames, match=r"1 part.*2"):
        empty_inbetween(frame(one), frame(one, one))


def test_integers_outside_exr_are_for_a_display() -> None:
    whole = dataclasses.replace(part(Window(0, 0, 2, 2)), types={n: np.dtype("u1") for n in "RGB"})
    assert frame(whole, format="png").display_referred
    assert not frame(whole, format="openexr").display_referred
    assert not frame(part(Window(0, 0, 2, 2)), format="tiff").display_referred


def test_metadata_is_replaced_and_removed_without_touching_the_original() -> None:
    before = part(Window(0, 0, 2, 2), metadata={"a": Attribute.of(1), "b": Attribute.of("x")})
    after = before.with_metadata({"a": Attribute.of(2.5), "b": None, "c": Attribute.of("new")})
    assert after.metadata == {"a": Attribute("float", 2.5), "c": Attribute("string", "new")}
    assert before.metadata["a"] == Attribute("int", 1)


@pytest.mark.parametrize(
    ("more", "words"),
    [("RGBAZ", r"lacks 2 channels.*: A, Z\."), ("RGBA", r"lacks 1 channel of.*: A\.")],
)
def test_what_a_frame_lacks_is_named_whichever_of_the_two_it_is(more: str, words: str) -> None:
    window = Window(0, 0, 4, 4)
    one, other = frame(part(window, more)), frame(part(window))
    for left, right in ((one, other), (other, one)):
        with pytest.raises(MismatchedFrames, match=words):
            pairs(left, right)
