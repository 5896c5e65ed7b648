"""What front end and engine say to each other survives the wire."""

import json
from fractions import Fraction

import pytest

from hifi_ofx import errors
from hifi_ofx.codec import decode_answer, encode
from hifi_ofx.errors import HifiError, InvalidSetting
from hifi_ofx.frame_list import chosen
from hifi_ofx.quality import Footage, Machine, Output, preset
from hifi_ofx.request import (
    Cost,
    EngineInfo,
    Finished,
    Log,
    Message,
    Plan,
    Progress,
    RenderRequest,
)
from hifi_ofx.retime import Curve, Retime

RETIMES = [
    Retime(speed=Fraction(1, 4)),
    Retime(fps=(Fraction(24000, 1001), Fraction(25)), reverse=True),
    Retime(
        curve=Curve(((Fraction(1), Fraction(1)), (Fraction(9), Fraction(3)))), input_range=(1, 3)
    ),
]


def over_the_wire(value):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("retime", RETIMES)
def test_a_request_survives_the_wire(retime):
    request = RenderRequest(
        "plate.####.exr",
        "slow.####.exr",
        retime,
        quality=preset("paper"),
        output=Output(layers="depth=blend", uncertainty=True),
        footage=Footage(missing="hold"),
        machine=Machine(device="cpu", batch=3),
        only=(3, 9),
    )
    assert RenderRequest.from_json(over_the_wire(request.to_json())) == request


def test_a_request_with_a_bad_value_is_refused_in_its_words():
    data = RenderRequest("a.#.exr", "b.#.exr", RETIMES[0]).to_json()
    data["quality"]["steps"] = 1000
    with pytest.raises(InvalidSetting, match="Steps is 1000"):
        RenderRequest.from_json(data)


@pytest.mark.parametrize(
    "said",
    [
        EngineInfo("0.1.0", "cpu", "cpu", 10, ("aligned",)),
        Progress(1001, 1, 9, 4, 40, 1.5, None),
        Finished(6, 3, 0, 12.5, 11.0, 40),
        Log("warning", "frame 3: a cut"),
        Plan(((1, 1, 1, "0"), (2, 1, 2, "1/4")), Cost(2, 1, 9, 1, ("a", "b"), "cpu", 5, 6, None)),
    ],
)
def test_answers_survive_the_wire_and_ignore_later_additions(said):
    message = Message("answer", "7", encode(said))
    received = Message.from_json(over_the_wire({**message.to_json(), "added_later": 1}))
    assert received.id == "7"
    assert decode_answer(type(said), received.data) == said


@pytest.mark.parametrize("line", [[], {}, {"type": 3}, "text", None])
def test_what_is_no_message_is_refused(line):
    with pytest.raises(ValueError, match="message"):
        Message.from_json(line)


def every_error():
    kinds = [HifiError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return kinds


@pytest.mark.parametrize("kind", every_error())
def test_errors_keep_kind_sentence_and_hint(kind):
    error = kind("9 frames are missing.", "Render them first.")
    received = errors.from_json(over_the_wire(error.to_json()))
    assert type(received) is kind
    assert str(received) == "9 frames are missing. Render them first."


def test_an_error_of_a_later_version_is_still_shown():
    received = errors.from_json({"kind": "NewError", "message": "What.", "hint": "Do."})
    assert type(received) is HifiError
    assert str(received) == "What. Do."


@pytest.mark.parametrize("only", [(3,), (1, 2, 3), (0, 10**12, 5, 6)])
def test_a_selection_that_is_none_or_never_ends_is_refused(only):
    with pytest.raises(InvalidSetting):
        chosen(only)


@pytest.mark.parametrize("only", ["0", "12", {"1": 2}, 5])
def test_a_selection_in_json_is_a_list(only):
    data = {"source": "a.#.exr", "target": "b.#.exr", "retime": {"speed": "1/2"}, "only": only}
    with pytest.raises((TypeError, ValueError)):
        RenderRequest.from_json(data)


def test_names_are_what_a_system_can_have():
    data = {"source": "a.#.exr", "target": "b.#.exr", "retime": {"speed": "1/2"}}
    assert RenderRequest.from_json({**data, "source": "\udcff.#.exr"}).source == "\udcff.#.exr"
    for name in ("a\0b", "\ud800"):
        with pytest.raises(ValueError, match="no name of a file"):
            RenderRequest.from_json({**data, "source": name})
