"""Scenes that are larger than a crop: drawn, and their motion found, once for many crops.

The search for motion costs several times what training on a crop does. So a set of scenes is made
in the background while crops are cut from the set before. Which scene and which crop a batch gets
follows from (seed, pass, rank) alone: a resumed run goes on as if it had never stopped.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from hifi_ofx.errors import InvalidSetting

from ...paper.unet import NetworkConfig
from ..data.mixture import Data, draw, joined
from ..procedural.samples import Samples
from ..settings import TrainingSettings
from .conditions import found_flow
from .seeds import CPU, seeded

ROUNDS = 8  # a set has so many scenes for each crop of a batch


class Known(NamedTuple):
    """Samples, and the intermediate flow of each, (B, C, h / 2, w / 2), for networks that warp."""

    samples: Samples
    flow: Tensor | None


class Scenes:
    """The scenes of a run on one rank. Every one gives `crops_a_scene` crops, on average."""

    def __init__(
        self, data: Data, settings: TrainingSettings, config: NetworkConfig, rank: int
    ) -> None:
        _check(settings)
        self._data, self._settings, self._config, self._rank = data, settings, config, rank
        self._maker, self._closed = ThreadPoolExecutor(1, "scenes"), Event()
        self._sets: dict[int, Future[Known]] = {}

    def crops(self, number: int) -> Known:
        """The batch of pass `number` of the run: crops with their margin, (B, 3, H, W)."""
        settings = self._settings
        known = self._set(number // (ROUNDS * settings.crops_a_scene))
        choices = seeded(CPU, settings.seed, number, self._rank, 0, 0)
        return cut(known, settings.batch, settings.crop + 2 * settings.margin, choices)

    def close(self) -> None:
        """Make no more: what is being made ends with its round."""
        self._closed.set()
        self._maker.shutdown(wait=True, cancel_futures=True)

    def _set(self, number: int) -> Known:
        for known in set(self._sets) - {number, number + 1}:
            self._sets.pop(known).cancel()
        for wanted in (number, number + 1):
            if wanted not in self._sets:
                self._sets[wanted] = self._maker.submit(self._made, wanted)
        return self._sets[number].result()

    def _made(self, number: int) -> Known:
        rounds = []
        for part in range(ROUNDS):
            if self._closed.is_set():
                raise CancelledError("The run is over.")
            rounds.append(self._round(number, part))
        flows = [known.flow for known in rounds if known.flow is not None]
        flow = torch.cat(flows) if flows else None
        return Known(joined([known.samples for known in rounds]), flow)

    @torch.no_grad()
    def _round(self, number: int, part: int) -> Known:
        """A batch of scenes, and what moves in them."""
        border = self._settings.scene - self._settings.crop
        settings = replace(self._settings, margin=border // 2)
        step = number * ROUNDS * settings.crops_a_scene // settings.accumulate
        choices = seeded(CPU, settings.seed, number, part, self._rank, 1)
        samples = draw(self._data, settings, step, choices)
        pair = samples.first, samples.second
        return Known(samples, found_flow(self._config, *pair, samples.fraction))


def cut(known: Known, count: int, size: int, choices: Generator) -> Known:
    """So many crops of `size` pixels, each anywhere in any of the scenes."""
    scenes, side = len(known.samples.fraction), known.samples.first.shape[-1]
    numbers = torch.randint(scenes, (count,), generator=choices).tolist()
    corners = 2 * torch.randint((side - size) // 2 + 1, (count, 2), generator=choices)

    def pieces(images: Tensor, scale: int) -> Tensor:
        long = size // scale
        return torch.stack([
            images[number, :, top // scale :, left // scale :][:, :long, :long]
            for number, (top, left) in zip(numbers, corners.tolist(), strict=True)
        ])  # fmt: skip

    whole = known.samples
    first, second, middle = (
        pieces(image, 1) for image in (whole.first, whole.second, whole.middle)
    )
    flow = None if known.flow is None else pieces(known.flow, 2)
    return Known(Samples(first, second, middle, whole.fraction[numbers]), flow)


def _check(settings: TrainingSettings) -> None:
    least = settings.crop + 2 * settings.margin
    if settings.scene < least or settings.scene % 2 or least % 2:
        raise InvalidSetting(
            f"Scene is {settings.scene} pixels, crop and margin {least}.",
            "Give an even --scene that is at least as large, or crop to cut every crop alone.",
        )
