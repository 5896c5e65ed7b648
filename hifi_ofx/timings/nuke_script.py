"""The timing of one retime in a script of Nuke: Kronos, OFlow, TimeWarp or Retime.

A script is a list of lines, each a command of Tcl: the class of a node, and its knobs in braces.
https://learn.foundry.com/nuke/content/reference_guide/time_nodes/
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Union

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.exact import exact
from hifi_ofx.frame_list import check_count
from hifi_ofx.retime import Retime

from . import kronos, nuke_curve
from .found import Found, Key, Span, one_of, simplified
from .nuke_curve import NukeCurve

_OLD_OFLOW = "OFXuk.co.thefoundry.time.oflow_v100"
_BAKE = "Bake it to a curve without expressions in Nuke, and save again."

Value = Union[Fraction, NukeCurve]


@dataclass(frozen=True)
class Node:
    """One node: its class and what its knobs say, as they stand in the script."""

    kind: str
    knobs: Mapping[str, str]
    script: str

    @property
    def name(self) -> str:
        """The node's own name."""
        return self.knobs.get("name", self.kind)

    def value(self, knob: str, default: str) -> Value:
        """A number or a curve. Raises InvalidSetting for an expression."""
        text = self.knobs.get(knob, default)
        title = f"{self.script}: {self.name}.{knob}"
        while len(inner := list(words(text))) == 1 and inner[0] != text:
            text = inner[0]
        if text.split()[:1] == ["curve"]:
            return nuke_curve.parse(text, title)
        return exact(text, f"{title} is {text[:60]!r}, which only Nuke can evaluate.", _BAKE)

    def number(self, knob: str, default: int) -> int:
        """A whole number. Raises InvalidSetting for what varies."""
        value = self.value(knob, str(default))
        if isinstance(value, NukeCurve):
            raise InvalidSetting(f"{self.script}: {self.name}.{knob} varies.", _BAKE)
        return round(value)

    def is_on(self, knob: str) -> bool:
        """Whether a checkbox is set."""
        return self.knobs.get(knob, "false") in ("true", "1")


def read(text: str, name: str, wanted: str, span: Span) -> Found:
    """The keys of the node that is wanted, or of the only one. Raises InvalidSetting."""
    bare = text.strip()
    if bare.startswith(("{", "curve")):
        return _of_frames(Node("TimeWarp", {"lookup": bare}, name), "lookup")
    nodes = [node for node in _nodes(text, name) if not node.is_on("disable")]
    node = nodes[one_of("retime", [node.name for node in nodes], wanted, name)]
    return _KINDS[node.kind](node, span)


def words(text: str) -> Iterator[str]:
    """The words of a Tcl list; a group in braces or quotes is one, without them."""
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        end, word = _word(text, place)
        yield word
        place = end


def _word(text: str, start: int) -> tuple[int, str]:
    """Where a word ends, and what it is."""
    if text[start] not in '{"':
        end = start
        while end < len(text) and not text[end].isspace():
            end += 2 if text[end] == "\\" else 1
        return end, text[start:end]
    opening, depth, place = text[start], 0, start
    while place < len(text):
        letter = text[place]
        if letter == "\\":
            place += 1
        elif opening == "{":
            depth += (letter == "{") - (letter == "}")
        elif letter == '"' and place > start:
            depth = 0
        if place > start and depth == 0 and letter in '}"' and (letter == '"') == (opening == '"'):
            return place + 1, text[start + 1 : place]
        place += 1
    return len(text), text[start + 1 :]


def _nodes(text: str, script: str) -> Iterator[Node]:
    """The retimes of a script, those in groups too."""
    kind = ""
    for word in words(text):
        if kind in _KINDS:
            knobs = list(words(word))
            yield Node(kind, dict(zip(knobs[::2], knobs[1::2])), script)
        kind = word


def _from_kronos(node: Node, span: Span) -> Found:
    timing = node.knobs.get("timing2", "Output Speed")
    if timing == "Frame":
        return _of_frames(node, "timingFrame2")
    used = node.number("input.first", span[0]), node.number("input.last", span[1])
    if timing == "Output Speed":
        return _of_speed(node, "timingOutputSpeed", "0.5", used)
    speed = node.value("timingInputSpeed", "0.5")
    if isinstance(speed, NukeCurve):
        return _of_retime(kronos.input_speed(speed.at, used), used, _note(node, speed))
    return _of_retime(kronos.constant("Input Speed", float(speed), used), used)


def _from_old_oflow(node: Node, span: Span) -> Found:
    if node.knobs.get("timing", "Speed") != "Speed":
        return _of_frames(node, "timingFrame")
    return _of_speed(node, "timingSpeed", "0.5", span)


def _from_timewarp(node: Node, span: Span) -> Found:
    return _of_frames(node, "lookup")


def _from_retime(node: Node, span: Span) -> Found:
    """It shows input.first at output.first, and goes on at its speed, or backwards."""
    first, last = node.number("input.first", span[0]), node.number("input.last", span[1])
    start, speed = node.number("output.first", first), node.value("speed", "1")
    varies = isinstance(speed, NukeCurve)
    if varies and "output.last" not in node.knobs:
        raise InvalidSetting(f"{node.script}: {node.name} does not say its output range.", _BAKE)
    if not varies and float(speed) <= 0:  # type: ignore[arg-type]
        raise InvalidSetting(f"{node.script}: {node.name} has a speed of 0 or below.", _BAKE)
    end = node.number("output.last", start + int((last - first) / (1 if varies else speed)))  # type: ignore[operator]
    check_count(end - start + 1)
    begin, sign = (last, -1) if node.is_on("reverse") else (first, 1)
    keys = (
        (Fraction(output), begin + sign * _gone(speed, start, output))
        for output in range(start, end + 1)
    )
    return Found(simplified(keys), _note(node, speed))


def _gone(speed: Value, start: int, end: int) -> Fraction:
    if isinstance(speed, NukeCurve):
        return kronos.evaluated(speed.integral(start, end))
    return speed * (end - start)


def _of_speed(node: Node, knob: str, default: str, used: Span) -> Found:
    speed = node.value(knob, default)
    if not isinstance(speed, NukeCurve):
        return _of_retime(kronos.constant("Output Speed", float(speed), used), used)
    return _of_retime(
        kronos.output_speed(
            lambda frame: speed.integral(used[0], frame), speed.at, speed.keys[-1].x, used
        ),
        used,
        _note(node, speed),
    )


def _of_retime(retime: Retime, used: Span, note: str = "") -> Found:
    keys = ((Fraction(one.output), one.time) for one in retime.plan(*used).frames)
    return Found(_two(simplified(keys)), note)


def _of_frames(node: Node, knob: str) -> Found:
    """A source frame for every whole output frame from the first to the last key."""
    curve = node.value(knob, "0")
    if not isinstance(curve, NukeCurve) or len(curve.keys) < 2:
        raise InvalidSetting(
            f"{node.script}: {node.name}.{knob} stands still: how long is not told.",
            "Key its first and its last frame, and save again.",
        )
    outputs = range(math.ceil(curve.keys[0].x), math.floor(curve.keys[-1].x) + 1)
    check_count(len(outputs))
    keys = ((Fraction(frame), kronos.evaluated(curve.at(frame))) for frame in outputs)
    return Found(_two(simplified(keys)), _note(node, curve))


def _two(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """A curve needs two keys: a single frame is followed by its repeat."""
    return keys if len(keys) != 1 else (keys[0], (keys[0][0] + 1, keys[0][1]))


def _note(node: Node, value: Value) -> str:
    if not isinstance(value, NukeCurve) or not value.guesses:
        return ""
    return (
        f"{node.script}: the curve of {node.name} is smooth at its first or last key, where Nuke's "
        "documents do not say its slope: that to the next key is taken. Baked to a key a frame, "
        "or with Linear there, it is read exactly."
    )


_KINDS: dict[str, Callable[[Node, Span], Found]] = {
    "Kronos": _from_kronos,
    "OFlow2": _from_kronos,
    _OLD_OFLOW: _from_old_oflow,
    "TimeWarp": _from_timewarp,
    "Retime": _from_retime,
}
