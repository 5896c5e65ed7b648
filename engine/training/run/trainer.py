"""The training run: steps, running average, validation, saving and resuming."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hifi_ofx import parameters
from hifi_ofx.errors import HifiError, InvalidSetting, WeightsError

from ...inference.checkpoint import Weights, stored
from ...inference.networks import config_from_json, network_of
from ...paper.unet import NetworkConfig
from ..data.mixture import Check, Data, held_out
from ..settings import TrainingSettings
from . import shards
from .batches import Batch, Place, layout, make_batch
from .conditions import x_unit
from .journal import EVERY, Journal
from .objective import loss
from .origin import WEIGHTS, Origin
from .ranks import Ranks, check_agreement, own, shard, spread, unsynchronized, whole
from .scenes import Scenes
from .state import (
    STATE,
    load_state,
    network_tensors,
    optimizer_tensors,
    restore_network,
    restore_optimizer,
    save_state,
)
from .stepping import along_cosine, arithmetic, follow, warmed_up
from .validation import Scores, Validation, checks_of_phase, validate

LICENCE = "Apache-2.0"
HOPELESS = 100  # steps in a row without a finite gradient


@dataclass(frozen=True)
class Report:
    """What a step tells: its number, the loss, the learning rate, crops per second so far."""

    step: int
    loss: float
    learning_rate: float
    crops_per_second: float


class Trainer:
    """One run, on this rank. Everything random follows from the seed; see `batches`."""

    def __init__(
        self,
        settings: TrainingSettings,
        config: NetworkConfig,
        data: Data,
        device: torch.device,
        ranks: Ranks | None = None,
    ) -> None:
        _check(settings, config)
        self.settings, self.config, self.data, self.device = settings, config, data, device
        self.ranks = ranks or Ranks()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.network = network_of(config)
        self.network.to(device)
        if not self.ranks.sharded:  # slices must be contiguous
            self.network.to(memory_format=layout(device))  # type: ignore[call-overload]
        self.averaged = deepcopy(self.network).eval().requires_grad_(False)
        if self.ranks.sharded:
            shard(self.averaged)
        self._run = spread(self.network, self.ranks, settings.compile)
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), settings.learning_rate, fused=True
        )
        self.step, self.crops, self.seconds = 0, 0, 0.0
        self.origin: dict[str, Any] | None = None
        self._skipped = 0
        self._scenes = Scenes(data, settings, config, self.ranks.rank) if settings.scene else None

    @property
    def progress(self) -> float:
        """0 at the start of the run, 1 where its steps or its minutes are used up."""
        by_time = self.seconds / (60 * self.settings.minutes)
        by_step = self.step / self.settings.steps if self.settings.steps else 0.0
        return max(by_time, by_step)

    def train_step(self) -> Report:
        """One optimizer step on new batches. All ranks take it together."""
        began = time.monotonic()
        passes = self.settings.accumulate
        losses = [
            self.backward(self._batch(part), passes, last=part == passes - 1)
            for part in range(passes)
        ]
        self._descend()
        follow(
            own(self.averaged.parameters()),
            own(self.network.parameters()),
            self.step,
            self.settings.averaging,
        )
        self.step += 1
        self.crops += self.settings.batch * passes * self.ranks.count
        value = self._agree(time.monotonic() - began, float(torch.stack(losses).mean()))
        rate = self.crops / max(self.seconds, 1e-9)
        return Report(self.step, value, self._rate(), rate)

    def backward(self, batch: Batch, passes: int = 1, last: bool = True) -> Tensor:
        """Add a batch's share of the gradient of a step of so many passes. Returns its loss."""
        with unsynchronized(self._run, self.ranks, last):
            with arithmetic(self.settings, self.device):
                value = loss(
                    self._run,  # type: ignore[arg-type]
                    batch.samples,
                    batch.condition,
                    batch.started,
                    batch.t,
                    batch.noise,
                    x_unit(self.config),
                    self.settings.unrolled,
                )
            torch.autograd.backward(value / passes)
        return value.detach()

    def validate(self, checks: list[Check]) -> Validation:
        """PSNR of one-step predictions and of the frame blend. Slices: all ranks together."""
        with arithmetic(self.settings, self.device):
            return validate(self.averaged, checks, self.settings.seed, self.device)

    def record(self) -> dict[str, Any]:
        """How the weights came about, for their metadata."""
        record = {
            "steps": self.step,
            "crops": self.crops,
            "minutes": round(self.seconds / 60, 1),
            "device": _device_name(self.device),
            "processes": self.ranks.count,
            "torch": torch.__version__,
            "settings": parameters.to_json(self.settings),
            "data": self.data.record,
        }
        return {**record, "origin": self.origin} if self.origin else record

    def save(self, folder: Path) -> None:
        """The full state and, as a separate file, the averaged weights in half precision.

        All ranks call it; the first writes. Raises EngineError where ranks have come apart.
        """
        check_agreement(self.network, self.ranks)
        if not (self.ranks.first or self.ranks.sharded):
            return
        groups = {
            "network": network_tensors(self.network),
            "averaged": network_tensors(self.averaged),
            "optimizer": optimizer_tensors(self.network, self.optimizer),
        }
        if self.ranks.first:
            self._write(folder, groups)

    def resume(self, path: Path) -> None:
        """Go on from a saved state: a file, an index, or the folder with either.

        Raises WeightsError where it is of another network.
        """
        groups, progress = load_state(path)
        if not _describes(progress["config"], self.config):
            raise WeightsError(
                f"{path} is of another network than {self.settings.network!r}.",
                "Give the --network that the run was started with.",
            )
        restore_network(self.network, groups["network"])
        restore_network(self.averaged, groups["averaged"])
        if progress["step"]:
            restore_optimizer(self.network, self.optimizer, groups["optimizer"])
        self.step, self.seconds = progress["step"], progress["seconds"]
        self.crops = progress.get("crops", self.step * self.settings.batch)
        self.origin = progress.get("origin")

    def start_from(self, origin: Origin) -> None:
        """Begin with these weights: step 0, a fresh warm-up, nothing known of earlier gradients."""
        restore_network(self.network, origin.tensors)
        restore_network(self.averaged, origin.tensors)
        self.origin = origin.record

    def close(self) -> None:
        """End what runs in the background."""
        if self._scenes:
            self._scenes.close()

    @contextmanager
    def clocked(self) -> Iterator[None]:
        """Count what happens inside as time of the run. All ranks go through it together."""
        began = time.monotonic()
        yield
        self._agree(time.monotonic() - began)

    def _batch(self, part: int) -> Batch:
        place = Place(self.step, part, self.ranks)
        low = arithmetic(self.settings, self.device)
        return make_batch(
            self.data, self.settings, self.averaged, self.device, place, low, self._scenes
        )

    def _agree(self, seconds: float, value: float = 0.0) -> float:
        """Count time by the slowest rank's clock, as it decides rates and the end; mean value."""
        rows = self.ranks.gathered(self.seconds + seconds, value)
        self.seconds = float(rows[:, 0].max())
        return float(rows[:, 1].mean())

    def _descend(self) -> None:
        """A step down the gradient, unless it is not finite: that batch is left out."""
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        finite = math.isfinite(float(whole(norm)))
        self._skipped = 0 if finite else self._skipped + 1
        if self._skipped == HOPELESS:
            raise HifiError(
                f"The last {HOPELESS} steps had no finite gradient; training has diverged.",
                "Resume from the last saved state with a lower --learning-rate.",
            )
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        if finite:
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def _rate(self) -> float:
        settings = self.settings
        left = 1.0 if settings.schedule == "constant" else along_cosine(self.progress)
        return settings.learning_rate * warmed_up(self.step, settings.warm_up) * left

    def _write(self, folder: Path, groups: dict[str, dict[str, Tensor]]) -> None:
        progress = {
            "step": self.step,
            "crops": self.crops,
            "seconds": self.seconds,
            "config": self.config.to_json(),
            "settings": parameters.to_json(self.settings),
            "origin": self.origin,
        }
        largest = self.settings.shard_mebibytes
        save_state(folder / STATE, groups, progress, largest)
        weights = Weights(self.config, groups["averaged"], self.record(), LICENCE)
        shards.write(folder / WEIGHTS, *stored(weights), largest)


def train(
    trainer: Trainer,
    folder: Path,
    stopped: Callable[[], bool] = lambda: False,
    reported: Callable[[Report], None] = lambda report: None,
) -> Scores:
    """Run to the end of the budget or until any rank is `stopped`; save.

    Returns the last validation, on the ranks that make it.
    """
    settings, ranks = trainer.settings, trainer.ranks
    checks = checks_of_phase(held_out(trainer.data, settings), settings.phase)
    journal = Journal(folder, trainer.step) if ranks.first else None
    saved = checked = trainer.seconds
    report = None
    while trainer.progress < 1 and not ranks.gathered(float(stopped())).any():
        report = trainer.train_step()
        reported(report)
        if journal and (trainer.step % EVERY == 0 or trainer.step == 1):
            journal.loss(vars(report))
        if trainer.seconds - checked >= 60 * settings.check_minutes:
            _validated(trainer, checks, journal)
            checked = trainer.seconds
        if trainer.seconds - saved >= 60 * settings.save_minutes:
            with trainer.clocked():
                trainer.save(folder)
            saved = trainer.seconds
    trainer.save(folder)
    if journal and report and trainer.step % EVERY:
        journal.loss(vars(report))
    scores = _validated(trainer, checks, journal)
    if journal:
        journal.close()
    return scores


def _validated(trainer: Trainer, checks: list[Check], journal: Journal | None) -> Scores:
    """Validate where it is needed: on the first rank and, where networks are sliced, on all."""
    with trainer.clocked():
        if not (journal or trainer.ranks.sharded):
            return {}
        found = trainer.validate(checks)
        if journal:
            journal.validation(trainer.step, trainer.seconds / 60, found)
        return found.scores


def _describes(data: dict[str, Any], config: NetworkConfig) -> bool:
    """Whether a state's config is this one, also as earlier versions wrote it."""
    try:
        return config_from_json(data) == config
    except TypeError:  # it has entries that no network of this version has
        return False


def _check(settings: TrainingSettings, config: NetworkConfig) -> None:
    if settings.crop % config.multiple:
        raise InvalidSetting(
            f"Crop is {settings.crop}; this network takes multiples of {config.multiple}."
        )


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
