"""What a render refuses or warns of before it makes a frame."""

from __future__ import annotations

import logging

from hifi_ofx import parameters
from hifi_ofx.errors import InvalidSetting, OutputError
from hifi_ofx.quality import Output, Quality

from ..inference.interpolator import Interpolator

log = logging.getLogger(__name__)


def check_vectors(output: Output, interpolator: Interpolator) -> None:
    """Raises InvalidSetting where motion is asked of weights that go by none of their own."""
    if output.vectors and "motion" not in interpolator.acts:
        raise InvalidSetting(
            "Vectors are asked for, and these weights find no motion that could be written.",
            "Leave Vectors off, or take the weights named motion.",
        )


def warn_of_idle_knobs(quality: Quality, interpolator: Interpolator) -> None:
    """Name the settings that were asked for and change nothing with these weights."""
    idle = [
        knob.label
        for knob in parameters.declarations(quality)
        if knob.name not in interpolator.acts and getattr(quality, knob.name) != knob.default
    ]
    if idle:
        log.warning("with these weights these settings change nothing: %s", ", ".join(idle))


def kept_files(target: str, frames: list[int], policy: str) -> OutputError:
    """Why files are not overwritten, and how they would be."""
    some = ", ".join(map(str, frames[:3])) + (" …" if len(frames) > 3 else "")
    whose = "and none may be overwritten" if policy == "never" else "not written by a retime"
    return OutputError(
        f"{target} has {len(frames)} of these frames already, {whose}: {some}.",
        "Write under another name, or let them be overwritten: --overwrite all.",
    )
