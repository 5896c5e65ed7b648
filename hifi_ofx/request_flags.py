"""A render request as flags: SOURCE, TARGET, timing, quality, output, footage, machine."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any

from . import parameters, user_presets
from .curve import Curve
from .curve_file import read_curve
from .errors import HifiError, InvalidSetting
from .folder import the_sequence
from .quality import PRESETS, Footage, Machine, Output
from .request import DEFAULT_WEIGHTS, OVERWRITE, RenderRequest
from .retime import Retime, parse_fps, parse_frames, parse_range, parse_speed
from .sequence import ImageSequence

_SIGNED = ("--range", "--frames", "--start", "--speed", "--fps", "--name", "--bundle", "--curve")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give a parser everything that `request_from` reads."""
    parser.add_argument("source", help="Image sequence or video to retime, or the folder of one.")
    parser.add_argument("target", help="Image sequence to write.")
    parser.add_argument(
        "--overwrite",
        default="own",
        choices=OVERWRITE,
        help="Files in the target's place that may be overwritten: own are those of a retime.",
    )
    parser.add_argument(
        "--clean",
        action="store_true",
        help="Remove what an older, longer retime left in the target.",
    )
    _add_timing(parser)
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The flags of a request that are neither files nor timing: preset, weights, and the knobs."""
    parser.add_argument(
        "--preset",
        default="standard",
        metavar="|".join([*PRESETS, "FILE"]),
        help="Where the knobs start: by name, one of yours too, or the file of one.",
    )
    parser.add_argument(
        "--weights", help=f"Shipped weights by name, or a file of yours ({DEFAULT_WEIGHTS})."
    )
    parameters.add_flags(parser, PRESETS["standard"], "quality (defaults of the preset standard)")
    parameters.add_flags(parser, Output, "output")
    parameters.add_flags(parser, Footage, "footage")
    parameters.add_flags(parser, Machine, "machine")


def request_from(arguments: argparse.Namespace) -> RenderRequest:
    """The request that the flags describe. Raises InvalidSetting in a setting's words."""
    return RenderRequest(
        source=the_sequence(arguments.source),
        target=arguments.target,
        retime=_timing(arguments),
        only=parse_frames(arguments.frames) if arguments.frames else None,
        overwrite=arguments.overwrite,
        clean=arguments.clean,
        **settings_from(arguments),
    )


def with_signs(words: Sequence[str]) -> list[str]:
    """The words of a command line with negative values tied to their flags: --range=-2-0.

    argparse takes a word such as -2-0 for a flag of its own.
    """
    joined: list[str] = []
    for word in words:
        before = joined[-1] if joined else ""
        if before in _SIGNED and re.match(r"[-−][0-9.]", word):
            joined[-1] = f"{before}={word}"
        else:
            joined.append(word)
    return joined


def settings_from(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of a request that `add_settings` is for. Raises InvalidSetting."""
    preset = user_presets.named(arguments.preset)
    return {
        "quality": parameters.from_flags(preset.quality, arguments),
        "output": parameters.from_flags(preset.output, arguments),
        "footage": parameters.from_flags(Footage(), arguments),
        "machine": parameters.from_flags(Machine(), arguments),
        "weights": arguments.weights or preset.weights,
    }


def _add_timing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("timing (one of speed, fps, curve)")
    timing = group.add_mutually_exclusive_group(required=True)
    timing.add_argument("--speed", help="1/4, 0.25 or 25%%: a quarter of the speed.")
    timing.add_argument("--fps", metavar="FROM:TO", help="Conform the rate: 24:60, 24000/1001:25.")
    timing.add_argument(
        "--curve",
        metavar="FILE",
        help="CSV or JSON: output frame, source frame; or an OTIO, EDL or Nuke script.",
    )
    group.add_argument("--clip", metavar="NAME", help="Which clip, event or node of such a file.")
    group.add_argument(
        "--interpolation", choices=("linear", "cubic"), help="Between the curve's keys."
    )
    group.add_argument("--range", metavar="FIRST-LAST", help="Use these source frames only.")
    group.add_argument("--reverse", action="store_true", help="Run from the last frame back.")
    group.add_argument(
        "--start", metavar="FRAME", help="Number of the first output frame (default: the source's)."
    )
    group.add_argument(
        "--frames",
        metavar="LIST",
        help="Make these output frames only: 1001-1009, 1001-1009x2, 1001,1005-1008.",
    )


def _timing(arguments: argparse.Namespace) -> Retime:
    if (arguments.interpolation or arguments.clip) and not arguments.curve:
        flag = "--interpolation" if arguments.interpolation else "--clip"
        raise InvalidSetting(f"{flag} is for curves.", "Give --curve FILE as well.")
    return Retime(
        speed=parse_speed(arguments.speed) if arguments.speed else None,
        curve=_curve(arguments) if arguments.curve else None,
        fps=parse_fps(arguments.fps) if arguments.fps else None,
        input_range=parse_range(arguments.range) if arguments.range else None,
        reverse=arguments.reverse,
        start=_frame_number(arguments.start) if arguments.start else None,
    )


def _curve(arguments: argparse.Namespace) -> Curve:
    """The curve of a file; what is not exactly as the file has it is told."""
    curve, note = read_curve(
        arguments.curve, arguments.interpolation, arguments.clip or "", _span(arguments)
    )
    if note:
        print(f"hifi-ofx: {note}", file=sys.stderr)
    return curve


def _span(arguments: argparse.Namespace) -> tuple[int, int]:
    """First and last source frame in use, as far as names on disk tell; else 1."""
    if arguments.range:
        return parse_range(arguments.range)
    try:
        frames = ImageSequence.around(arguments.source).frames()
    except HifiError:  # a video, or a plate that is not there: told where it is opened
        frames = ()
    return (frames[0], frames[-1]) if frames else (1, 1)


def _frame_number(text: str) -> int:
    if not re.fullmatch(r"\s*[-+]?[0-9]{1,9}\s*", text):
        raise InvalidSetting(f"Start {text!r} is not a frame number.", "Write it as 1001.")
    return int(text)
