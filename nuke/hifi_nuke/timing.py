"""The timing knobs of a node as an exact retime, and the frames that it makes."""

from __future__ import annotations

from dataclasses import dataclass

import nuke

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.retime import Retime, RetimePlan
from hifi_ofx.timings import kronos

from . import layout

_RANGE = ("input.first", "input.last")


@dataclass(frozen=True)
class Timing:
    """What a node's knobs ask for: the retime, its plan, and the source frames it may use."""

    retime: Retime
    plan: RetimePlan
    span: tuple[int, int]

    @property
    def outputs(self) -> tuple[int, int]:
        """First and last output frame."""
        return self.plan.frames[0].output, self.plan.frames[-1].output


def timing(node: nuke.Node) -> Timing:
    """The timing of a node. Main thread. Raises InvalidSetting in the knobs' words."""
    span = used_range(node)
    mode = str(node["timing2"].value())
    retime = {
        layout.TIMINGS[0]: _output_speed,
        layout.TIMINGS[1]: _input_speed,
        layout.TIMINGS[2]: _frames,
    }[mode](node, span)
    return Timing(retime, retime.plan(*span), span)


def input_range(node: nuke.Node) -> tuple[int, int] | None:
    """First and last frame of what is connected, None without an input.

    Asked of the node itself: in Nuke Indie every node that Python touches counts against ten.
    """
    found = node.upstreamFrameRange(0)
    return None if found is None else (found.first(), found.last())


def reset_range(node: nuke.Node) -> bool:
    """Read the input range again, as Kronos' Reset does. False without an input."""
    found = input_range(node)
    if found is None:
        return False
    for name, frame in zip(_RANGE, found):
        if node[name].value() != frame:
            node[name].setValue(frame)
    return True


def has_range(node: nuke.Node) -> bool:
    """Whether the input range has been set since the node was made."""
    entries = layout.entries()
    return any(node[name].value() != entries[name].default for name in _RANGE)


def wanted_frames(node: nuke.Node) -> list[int] | None:
    """The output frames that Render is to make; None for all. Raises InvalidSetting."""
    text = str(node["renderRange"].value()).strip()
    if not text:
        return None
    try:
        return [int(frame) for frame in nuke.FrameRanges(text).toFrameList()]
    except (RuntimeError, ValueError, TypeError):
        raise InvalidSetting(
            f"Frames is {text!r}, which is no frame range.",
            "Write it as 1001-1020, or leave it empty for all.",
        ) from None


def used_range(node: nuke.Node) -> tuple[int, int]:
    """First and last source frame of the knobs. Raises InvalidSetting for a range that is none."""
    first, last = int(node["input.first"].value()), int(node["input.last"].value())
    if last < first:
        raise InvalidSetting(
            f"Input Range is {first} to {last}: it ends before it starts.",
            "Press Reset to read it from the input.",
        )
    return first, last


def _output_speed(node: nuke.Node, span: tuple[int, int]) -> Retime:
    knob = node["timingOutputSpeed"]
    if not _varies(knob):
        return kronos.constant("Output Speed", float(knob.value()), span)
    return kronos.output_speed(
        lambda frame: float(knob.getIntegral(span[0], frame)),
        lambda frame: float(knob.getValueAt(frame)),
        None if knob.hasExpression() else _last_key(knob),
        span,
    )


def _input_speed(node: nuke.Node, span: tuple[int, int]) -> Retime:
    knob = node["timingInputSpeed"]
    if not _varies(knob):
        return kronos.constant("Input Speed", float(knob.value()), span)
    return kronos.input_speed(lambda frame: float(knob.getValueAt(frame)), span)


def _frames(node: nuke.Node, span: tuple[int, int]) -> Retime:
    knob = node["timingFrame2"]
    outputs = (nuke.root().firstFrame(), nuke.root().lastFrame())
    keys = knob.getKeyList() if knob.isAnimated() else []
    if keys and not knob.hasExpression():
        outputs = (round(min(keys)), round(max(keys)))
    return kronos.frames(lambda frame: float(knob.getValueAt(frame)), outputs, span)


def _varies(knob: nuke.Knob) -> bool:
    return knob.isAnimated() or knob.hasExpression()


def _last_key(knob: nuke.Knob) -> float | None:
    keys = knob.getKeyList()
    return float(max(keys)) if keys else None
