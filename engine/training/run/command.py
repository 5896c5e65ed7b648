"""`hifi-ofx train`: the flags of a training run, its signals and its progress bar."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import torch
from tqdm import tqdm

from hifi_ofx import parameters
from hifi_ofx.errors import InvalidSetting

from ...inference.networks import CONFIGS
from ..data.mixture import load_data
from ..settings import DryRun, TrainingSettings
from . import shards
from .origin import load_origin
from .ranks import Ranks, joined
from .recipe import print_dry_run
from .state import STATE
from .trainer import Report, Trainer, train


def run(arguments: argparse.Namespace) -> int:
    """Train as the flags say; 0 when the budget was used, 130 when it was stopped.

    Raises HifiError where a setting, a folder or what the run begins with is wrong.
    """
    settings = parameters.from_flags(TrainingSettings(), arguments)
    if arguments.dry_run:
        print_dry_run(settings, parameters.from_flags(DryRun(), arguments), arguments.json)
        return 0
    if arguments.output is None:
        raise InvalidSetting("There is no folder to train into.", "Name it: hifi-ofx train OUT …")
    if arguments.json:
        raise InvalidSetting("--json is for --dry-run.", "A run writes log.jsonl in its folder.")
    if arguments.join:
        shards.join(arguments.join, arguments.output)
        return 0
    refuse_other_run(arguments.output, arguments.resume)
    device = training_device(settings.device)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    with joined(settings.parallel, CONFIGS[settings.network], device) as ranks:
        return _train(arguments, settings, device, ranks)


def _train(
    arguments: argparse.Namespace,
    settings: TrainingSettings,
    device: torch.device,
    ranks: Ranks,
) -> int:
    config = CONFIGS[settings.network]
    origin = load_origin(arguments.from_weights, config) if arguments.from_weights else None
    data = load_data(arguments.textures, arguments.clips, settings.seed, device, settings)
    trainer = Trainer(settings, config, data, device, ranks)
    if arguments.resume:
        trainer.resume(arguments.resume)
    if origin:
        trainer.start_from(origin)
    with closing(trainer), interrupted() as signals, _bar(settings, ranks) as bar:

        def reported(report: Report) -> None:
            done = min(1.0, trainer.progress) * 100
            bar.update(done - bar.n)
            bar.set_postfix_str(f"step {report.step}, loss {report.loss:.4f}", refresh=False)

        scores = train(trainer, arguments.output, lambda: bool(signals), reported)
    for name, (made, blend) in scores.items():
        if ranks.first:
            tqdm.write(f"{name}: {made:.2f} dB, blend {blend:.2f} dB")
    return 130 if signals else 0


def training_device(name: str) -> torch.device:
    """The device of a setting; auto is a GPU where there is one, this process's own.

    Raises InvalidSetting.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and "LOCAL_RANK" in os.environ:
        name = f"cuda:{os.environ['LOCAL_RANK']}"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidSetting(f"Device {name!r} cannot be used: {reason}.") from error
    if device.type == "cuda" and device.index is not None:
        torch.cuda.set_device(device)
    return device


def refuse_other_run(folder: Path, resumed: Path | None) -> None:
    """Raises InvalidSetting where a folder holds another run's state."""
    if resumed or not any((folder / name).exists() for name in (STATE, STATE + shards.INDEX)):
        return
    raise InvalidSetting(
        f"{folder} holds a run already.",
        f"Go on with it by --resume {folder}, or name another folder.",
    )


@contextmanager
def interrupted() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM instead of dying of them: the step ends, the state is saved."""
    seen: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda number, _: seen.append(number)) for kind in kinds]
    try:
        yield seen
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _bar(settings: TrainingSettings, ranks: Ranks) -> tqdm[None]:
    """A bar of percents on a terminal, the first rank's; nothing elsewhere."""
    shape = "{l_bar}{bar}| {elapsed}<{remaining} {postfix}"
    hidden = None if ranks.first else True
    return tqdm(total=100, disable=hidden, bar_format=shape, desc=settings.network)
