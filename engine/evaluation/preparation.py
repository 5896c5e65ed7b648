"""From flags to an evaluation that can run: items, methods, figures; checked before any work."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hifi_ofx import parameters
from hifi_ofx.errors import InvalidSetting, OutputError
from hifi_ofx.quality import Machine, Quality, preset

from ..inference.denoiser import NetworkDenoiser, choose_device, device_name
from ..inference.diffusion_interpolator import DiffusionInterpolator
from ..inference.interpolator import Interpolator
from ..inference.model_cache import Loaded
from . import methods
from .benchmarks import BENCHMARKS, items
from .figures import available
from .methods import OURS, Method
from .pictures import Item
from .scoring import Scoring
from .sweep import Variant, variants
from .tiling import check_start, tiling
from .upsampler import with_upsampler


@dataclass(frozen=True)
class Evaluation:
    """What is measured, and how; `settings` says it in JSON, `left_out` what is missing here."""

    title: str
    items: list[Item]
    scoring: Scoring
    variants: list[Variant]
    settings: dict[str, Any]
    left_out: tuple[str, ...]


def prepared(arguments: argparse.Namespace) -> Evaluation:
    """The evaluation that the flags describe. Raises HifiError for whatever would stop it."""
    quality = parameters.from_flags(preset(arguments.preset), arguments)
    machine = parameters.from_flags(Machine(), arguments)
    names, without = methods.chosen(arguments.methods)
    _check_flags(arguments, names)
    benchmark = BENCHMARKS[arguments.benchmark]
    found = items(benchmark, arguments.root, _words(arguments.only), arguments.limit)
    ours = variants(quality, arguments.sweep) if OURS in names else []
    made, weights = _ours(arguments, ours, machine) if ours else ({}, {})
    figures = available(choose_device(machine.device), arguments.lpips)
    compared = {**made, **methods.baselines(names)}
    settings = {
        "benchmark": arguments.benchmark,
        "root": str(arguments.root),
        **weights,
        "quality": parameters.to_json(quality),
        "methods": list(compared),
        "figures": dict(figures.described),
    }
    scoring = Scoring(benchmark.fit, compared, figures.compute, pictures=bool(arguments.worst))
    left_out = (*without, *figures.left_out)
    return Evaluation(benchmark.title, found, scoring, ours, settings, left_out)


def _ours(
    arguments: argparse.Namespace, tried: Sequence[Variant], machine: Machine
) -> tuple[dict[str, Method], dict[str, Any]]:
    """A method for each variant, all of one network, and what the network is."""
    quality = tried[0].quality
    interpolator, sha256 = Loaded().load(arguments.weights, machine, quality)
    said: dict[str, Any] = {"weights": arguments.weights, "sha256": sha256}
    if arguments.upsampler:
        upsampler, sha256 = Loaded().load(arguments.upsampler, machine, quality)
        pair = _denoiser(interpolator, "--upsampler"), _denoiser(upsampler, "--upsampler")
        interpolator = DiffusionInterpolator(with_upsampler(*pair))
        said |= {"upsampler": arguments.upsampler, "upsampler_sha256": sha256}
    if arguments.tiling:
        said["tiling"] = arguments.tiling
    said["device"] = device_name(interpolator.device)
    start = arguments.tiling
    return {one.name: _method(interpolator, machine, one.quality, start) for one in tried}, said


def _method(
    interpolator: Interpolator, machine: Machine, quality: Quality, start: float | None
) -> Method:
    if start is not None:
        return tiling(_denoiser(interpolator, "--tiling"), quality, start)
    return methods.ours(interpolator, quality, machine)


def _denoiser(interpolator: Interpolator, flag: str) -> NetworkDenoiser:
    """Its denoiser. Raises InvalidSetting where the weights do not diffuse."""
    if isinstance(interpolator, DiffusionInterpolator):
        return interpolator.denoiser
    raise InvalidSetting(f"{flag} is for diffusion weights.", "Name others with --weights.")


def _check_flags(arguments: argparse.Namespace, names: Sequence[str]) -> None:
    """Raises InvalidSetting for flags that contradict each other, OutputError for bad targets."""
    ours = {"--sweep": arguments.sweep, "--upsampler": arguments.upsampler,
            "--tiling": arguments.tiling, "--worst": arguments.worst}  # fmt: skip
    given = [flag for flag, value in ours.items() if value]
    if given and OURS not in names:
        raise InvalidSetting(f"{given[0]} is about ours.", "Add ours to --methods.")
    if arguments.tiling is not None and not check_start(arguments.tiling):
        raise InvalidSetting(
            f"--tiling is {arguments.tiling:g}; it must be above 0 and at most 1.",
            "It is the diffusion time that refinement starts from.",
        )
    if arguments.tiling is not None and arguments.upsampler:
        raise InvalidSetting(
            "--tiling and --upsampler are two ways to refine.", "Give one of them."
        )
    _check_worst(arguments, names)
    for path in filter(None, (arguments.json, arguments.worst)):
        if not Path(path).absolute().parent.is_dir():
            raise OutputError(
                f"{path} cannot be written: its folder does not exist.", "Create it first."
            )


def _check_worst(arguments: argparse.Namespace, names: Sequence[str]) -> None:
    if not arguments.worst:
        return
    if arguments.sweep:
        raise InvalidSetting("--worst shows one setting, not a sweep.", "Leave out one of them.")
    if len(names) < 2:
        raise InvalidSetting(
            "--worst compares ours with other methods.", "Add blend or dis to --methods."
        )
    if arguments.worst.suffix.lower() != ".png":
        raise InvalidSetting(f"--worst {arguments.worst} is no PNG.", "End its name in .png.")


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
