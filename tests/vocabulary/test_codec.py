"""Dataclasses through JSON: as they were, less what a later version added, or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction

import pytest

from hifi_ofx.codec import decode_answer, decode_request, encode, wire_name
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.live import Interpolate, Picture
from hifi_ofx.preview import Motion, Preview, Stage
from hifi_ofx.preview import Picture as Shown
from hifi_ofx.quality import Quality


@dataclass(frozen=True)
class Box:
    """Something inside something."""

    corner: tuple[int, int]
    name: str = ""


@dataclass(frozen=True)
class Drawer:
    """One of everything."""

    share: Fraction
    boxes: tuple[Box, ...]
    count: int = field(default=1, metadata=wire_name("number"))
    quality: Quality = Quality()
    left: Box | None = None
    seconds: float | None = None
    places: tuple[tuple[int, str], ...] = ()


DRAWER = Drawer(
    Fraction(1001, 24000), (Box((1, 2)), Box((3, 4), "b")), 7, Quality(steps=4), Box((5, 6)), 0.5,
    ((1, "1/4"),),
)  # fmt: skip


def over_the_wire(value):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("drawer", [DRAWER, Drawer(Fraction(1, 3), ())])
@pytest.mark.parametrize("decode", [decode_answer, decode_request])
def test_what_goes_over_the_wire_comes_back(drawer, decode):
    assert decode(Drawer, over_the_wire(encode(drawer))) == drawer


def test_the_wire_has_words_texts_lists_and_names_of_its_own():
    said = over_the_wire(encode(DRAWER))
    assert said["share"] == "1001/24000"
    assert said["boxes"] == [{"corner": [1, 2], "name": ""}, {"corner": [3, 4], "name": "b"}]
    assert said["number"] == 7
    assert "count" not in said
    assert said["quality"]["patch"] == "512x768"


def test_what_a_later_version_added_is_dropped_in_answers_and_refused_in_requests():
    said = over_the_wire(encode(DRAWER))
    said["boxes"][0]["depth"] = said["added_later"] = 1
    assert decode_answer(Drawer, said) == DRAWER
    with pytest.raises(InvalidSetting, match="added_later"):
        decode_request(Drawer, said)


@pytest.mark.parametrize(
    "wrong",
    [
        {"boxes": [{"corner": [1, 2, 3]}]},
        {"boxes": 3},
        {"share": "a half"},
        {"share": "1/0"},
        {"number": None},
        {"number": "many"},
        {"left": 5},
        {"quality": {"steps": 1000}},
        {"quality": {"unheard_of": 1}},
    ],
)
def test_what_is_no_value_of_its_type_is_refused(wrong):
    with pytest.raises((InvalidSetting, TypeError, ValueError, AttributeError)):
        decode_answer(Drawer, {**over_the_wire(encode(DRAWER)), **wrong})


@pytest.mark.parametrize("name", ["share", "boxes"])
def test_what_has_no_default_must_be_there(name):
    said = over_the_wire(encode(DRAWER))
    del said[name]
    with pytest.raises(TypeError, match=name):
        decode_answer(Drawer, said)


def test_a_preview_survives_the_wire():
    preview = Preview(
        "final", (2, 1, 2, "1/4"), (1, 9), "24", False, (0, 0, 4, 3), (0, 0, 4, 3),
        (Shown("left", "a.codes", ((4, 3, 0), (2, 2, 96))),), (Stage(3, 4, 1, 3, 4, (0,), (0,)),),
        (0.0, 0.5), 0.1, 10, "cpu", motion=Motion(1.0, 2.0, 3.0, 0.5),
    )  # fmt: skip
    assert decode_answer(Preview, over_the_wire(encode(preview))) == preview


NODE = {  # as the OpenFX plug-in writes it: hifi_ofx/ofx/source/render.cpp
    "left": {"path": "a", "width": 4, "height": 3, "x": -1, "y": 2},
    "right": {"path": "b", "width": 4, "height": 3, "x": 0, "y": 0},
    "fraction": "1/4",
    "frame": 1002,
    "frames": [1001, 1002],
    "quality": {"steps": 2, "patch": "32x48"},
    "output": {"uncertainty": False},
    "weights": "aligned",
    "result": "c",
}


def test_a_live_node_s_request_is_read_as_it_is_written():
    request = Interpolate.from_json(over_the_wire(NODE))
    assert request.left == Picture("a", 4, 3, -1, 2)
    assert (request.output, request.frames, request.fraction) == (
        1002,
        (1001, 1002),
        Fraction(1, 4),
    )
    assert request.quality == Quality(steps=2, patch=(32, 48))
    assert set(NODE) < set(request.to_json())


@pytest.mark.parametrize(
    "wrong", [{"left": {**NODE["left"], "width": 0}}, {"left": {**NODE["left"], "z": 1}}, {"to": 1}]
)
def test_a_live_node_s_request_without_pixels_or_with_more_than_is_known_is_refused(wrong):
    with pytest.raises(InvalidSetting):
        Interpolate.from_json(over_the_wire({**NODE, **wrong}))


def test_infinity_is_no_whole_number():
    with pytest.raises(ValueError, match="inf is no int"):
        Interpolate.from_json({**over_the_wire(NODE), "display": [0, 0, float("inf"), 1]})
