"""`hifi-ofx distill`: one command that fine-tunes the motion network within a wall-clock limit."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor
from tqdm import tqdm

from hifi_ofx import parameters
from hifi_ofx.errors import Cancelled, InvalidSetting, WeightsError

from ...flow.motion_network import MULTIPLE
from ...inference.motion_weights import MotionWeights
from ...inference.weights_file import weights_path
from ...inference.zoo import load
from ..data.mixture import Data, load_data
from ..distill_settings import DistillSettings
from .command import interrupted, refuse_other_run, training_device
from .distill_checks import figure_of
from .distillation import Told, distill, table
from .distiller import Distiller, read_state


def run(arguments: argparse.Namespace) -> int:
    """Measure, distill, measure again; 0 when that is done.

    Raises Cancelled where it is stopped, and HifiError where a setting, a folder or what the run
    begins with is wrong.
    """
    began = time.monotonic()
    settings = parameters.from_flags(DistillSettings(), arguments)
    _check(settings)
    refuse_other_run(arguments.output, arguments.resume)
    device = training_device(settings.device)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    state = read_state(arguments.resume) if arguments.resume else None
    weights = state.teacher if state else _teacher(arguments.weights)
    data = _on_device(
        load_data(
            arguments.textures, arguments.clips, settings.seed, device, every=settings.held_out
        ),
        device,
    )
    distiller = Distiller(settings, data, weights, device, began=began)
    if state:
        distiller.resume(state)
    before = [figure_of(entry) for entry in state.progress["before"]] if state else []
    with interrupted() as signals, _bars(signals) as told:
        found = distill(distiller, arguments.output, before, told)
    print(table(found))
    return 0


def _teacher(name: str) -> MotionWeights:
    weights = load(weights_path(name))
    if not isinstance(weights, MotionWeights):
        raise WeightsError(f"{name} is no motion network.", "Distill motion, or what came of it.")
    return weights


def _on_device(data: Data, device: torch.device) -> Data:
    """Decoded clips where the crops of them are made."""
    clips = [clip.to(device) if isinstance(clip, Tensor) else clip for clip in data.clips]
    return replace(data, clips=clips)


def _check(settings: DistillSettings) -> None:
    """Raises InvalidSetting where sides do not fit the network or each other."""
    for name, side in (("Scene", settings.scene), ("Crop", settings.crop)):
        if side % MULTIPLE:
            raise InvalidSetting(f"{name} is {side}; the network takes multiples of {MULTIPLE}.")
    if settings.crop > settings.scene:
        raise InvalidSetting(
            f"Crop is {settings.crop} and scene {settings.scene} pixels.",
            "Crops are cut of scenes: give a --scene that is at least as large.",
        )


@contextmanager
def _bars(signals: Sequence[int]) -> Iterator[Told]:
    """Counts what is done, on a terminal and nowhere else; ends it once there are signals."""
    with tqdm(disable=None, bar_format="{desc}: {n_fmt}, {rate_fmt}, {elapsed}") as bar:
        doing = ""

        def told(what: str, more: int) -> None:
            nonlocal doing
            if what != doing:
                doing = what
                bar.reset()
                bar.set_description_str(what)
            bar.update(more)
            if signals:
                raise Cancelled(
                    "The distillation was stopped.", "Steps that were saved go on by --resume."
                )

        yield told
