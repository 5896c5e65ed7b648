"""A render request as flags: SOURCE, TARGET, timing, quality, output, footage, machine."""

from __future__ import annotations

import argparse

from . import parameters
from .errors import InvalidSetting
from .quality import PRESETS, Footage, Machine, Output, preset
from .request import DEFAULT_WEIGHTS, RenderRequest
from .retime import Retime, load_curve, parse_fps, parse_range, parse_speed


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give a parser everything that `request_from` reads."""
    parser.add_argument("source", help="Image sequence or video to retime.")
    parser.add_argument("target", help="Image sequence to write.")
    _add_timing(parser)
    parser.add_argument(
        "--preset", default="standard", metavar="|".join(PRESETS), help="Where the knobs start."
    )
    parser.add_argument(
        "--weights", default=DEFAULT_WEIGHTS, help="Shipped weights by name, or a file of yours."
    )
    parameters.add_flags(parser, PRESETS["standard"], "quality (defaults of the preset standard)")
    parameters.add_flags(parser, Output, "output")
    parameters.add_flags(parser, Footage, "footage")
    parameters.add_flags(parser, Machine, "machine")


def request_from(arguments: argparse.Namespace) -> RenderRequest:
    """The request that the flags describe. Raises InvalidSetting in a setting's words."""
    return RenderRequest(
        source=arguments.source,
        target=arguments.target,
        retime=_timing(arguments),
        quality=parameters.from_flags(preset(arguments.preset), arguments),
        output=parameters.from_flags(Output(), arguments),
        footage=parameters.from_flags(Footage(), arguments),
        machine=parameters.from_flags(Machine(), arguments),
        weights=arguments.weights,
        only=parse_range(arguments.frames) if arguments.frames else None,
    )


def _add_timing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("timing (one of speed, fps, curve)")
    timing = group.add_mutually_exclusive_group(required=True)
    timing.add_argument("--speed", help="1/4, 0.25 or 25%%: a quarter of the speed.")
    timing.add_argument("--fps", metavar="FROM:TO", help="Conform the rate: 24:60, 24000/1001:25.")
    timing.add_argument("--curve", metavar="FILE", help="CSV or JSON: output frame, source frame.")
    group.add_argument(
        "--interpolation", choices=("linear", "cubic"), help="Between the curve's keys."
    )
    group.add_argument("--range", metavar="FIRST-LAST", help="Use these source frames only.")
    group.add_argument("--reverse", action="store_true", help="Run from the last frame back.")
    group.add_argument(
        "--frames", metavar="FIRST-LAST", help="Make these output frames only (a farm's chunk)."
    )


def _timing(arguments: argparse.Namespace) -> Retime:
    if arguments.interpolation and not arguments.curve:
        raise InvalidSetting("--interpolation is for curves.", "Give --curve FILE as well.")
    return Retime(
        speed=parse_speed(arguments.speed) if arguments.speed else None,
        curve=load_curve(arguments.curve, arguments.interpolation) if arguments.curve else None,
        fps=parse_fps(arguments.fps) if arguments.fps else None,
        input_range=parse_range(arguments.range) if arguments.range else None,
        reverse=arguments.reverse,
    )
