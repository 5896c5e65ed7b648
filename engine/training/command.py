"""`hifi-ofx train`: the flags of a training run, its signals and its progress bar."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from tqdm import tqdm

from hifi_ofx import parameters
from hifi_ofx.errors import InvalidSetting

from ..model import CONFIGS
from .data import load_data
from .settings import TrainingSettings
from .trainer import Report, Trainer, train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the flags of a training run."""
    parser.add_argument("output", type=Path, help="Folder for weights, state and log.")
    parser.add_argument(
        "--textures", type=Path, nargs="+", default=[], metavar="DIR",
        help="Folders of pictures for the rendered layers; without them they are painted.",
    )  # fmt: skip
    parser.add_argument(
        "--clips", type=Path, nargs="+", default=[], metavar="DIR",
        help="Folders of video clips, each a folder of frames at a constant rate.",
    )  # fmt: skip
    parser.add_argument("--resume", type=Path, metavar="FILE", help="A state.safetensors.")
    parameters.add_flags(parser, TrainingSettings, "training")


def run(arguments: argparse.Namespace) -> int:
    """Train as the flags say; 0 when the budget was used, 130 when it was stopped.

    Raises HifiError where a setting, a folder or the state to resume from is wrong.
    """
    settings = parameters.from_flags(TrainingSettings(), arguments)
    device = training_device(settings.device)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    data = load_data(arguments.textures, arguments.clips, settings.seed, device)
    trainer = Trainer(settings, CONFIGS[settings.network], data, device)
    if arguments.resume:
        trainer.resume(arguments.resume)
    with _interrupted() as signals, _bar(settings) as bar:

        def reported(report: Report) -> None:
            done = min(1.0, trainer.progress) * 100
            bar.update(done - bar.n)
            bar.set_postfix_str(f"step {report.step}, loss {report.loss:.4f}", refresh=False)

        scores = train(trainer, arguments.output, lambda: bool(signals), reported)
    for name, (made, blend) in scores.items():
        tqdm.write(f"{name}: {made:.2f} dB, blend {blend:.2f} dB")
    return 130 if signals else 0


def training_device(name: str) -> torch.device:
    """The device of a setting; auto is a GPU where there is one. Raises InvalidSetting."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidSetting(f"Device {name!r} cannot be used: {reason}.") from error
    return device


@contextmanager
def _interrupted() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM instead of dying of them: the step ends, the state is saved."""
    seen: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda number, _: seen.append(number)) for kind in kinds]
    try:
        yield seen
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _bar(settings: TrainingSettings) -> tqdm[None]:
    """A bar of percents on a terminal, nothing elsewhere."""
    shape = "{l_bar}{bar}| {elapsed}<{remaining} {postfix}"
    return tqdm(total=100, disable=None, bar_format=shape, desc=settings.network)
