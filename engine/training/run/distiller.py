"""One distillation: steps, the running average, saving and going on.

Everything random follows from the seed and the step, and time is counted by one clock from the
start, so a resumed run goes on as if it had never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hifi_ofx import parameters
from hifi_ofx.errors import HifiError, WeightsError

from ...flow.views import VIEWS
from ...inference.motion_weights import MotionWeights, motion_stored
from ..data.mixture import Data
from ..distill_settings import DistillSettings
from . import shards
from .distill_loss import loss
from .origin import WEIGHTS
from .pool import Pool, cut, fill
from .seeds import CPU, seeded
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
from .teacher import answered
from .trainer import HOPELESS, Report

_OURS = "Fine-tuned by the authors of hifi-ofx (Apache-2.0); the tensors that it started from:\n\n"


class State(NamedTuple):
    """A saved run: its tensors, its progress as JSON values, and its teacher."""

    groups: dict[str, dict[str, Tensor]]
    progress: dict[str, Any]
    teacher: MotionWeights


class Distiller:
    """A student that starts as its own teacher, on one device.

    `weights` is the teacher; `clock` counts seconds, as time.monotonic does, and said `began` when
    the run began: now, where it is left out.
    """

    def __init__(
        self,
        settings: DistillSettings,
        data: Data,
        weights: MotionWeights,
        device: torch.device,
        clock: Callable[[], float] = time.monotonic,
        began: float | None = None,
    ) -> None:
        self.settings, self.data, self.weights, self.device = settings, data, weights, device
        self.teacher = weights.network().to(device)
        self.averaged = deepcopy(self.teacher)
        self.network = deepcopy(self.teacher).requires_grad_(True)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), settings.learning_rate, weight_decay=0.0, fused=True
        )
        self.step, self.reserved = 0, 0.0
        self._clock, self._began = clock, clock() if began is None else began
        self._skipped = 0
        self._pool: tuple[int, Pool] | None = None

    @property
    def seconds(self) -> float:
        """Since the start of the run, those before it was resumed included."""
        return self._clock() - self._began

    @property
    def progress(self) -> float:
        """0 at the start, 1 where steps or minutes, but for what is reserved, are used up."""
        by_step = self.step / self.settings.steps if self.settings.steps else 0.0
        left = 60 * self.settings.minutes - self.reserved
        return max(by_step, self.seconds / left if left > 0 else 1.0)

    def pool(self, told: Callable[[int], None] = lambda count: None) -> Pool:
        """What this step is trained on; drawn and taught when the first step of it asks."""
        number = self.step // self.settings.pool_steps if self.settings.pool_steps else 0
        if self._pool is None or self._pool[0] != number:
            self._pool = None  # the old one's memory first
            self._pool = number, fill(self.data, self.settings, number, self.teacher, told)
        return self._pool[1]

    def train_step(self) -> Report:
        """One step down the gradient: new crops, seen in one view that is drawn for the step."""
        settings = self.settings
        choices = seeded(CPU, settings.seed, self.step)
        crops = cut(self.pool(), settings.batch, settings.crop, choices)
        view = VIEWS[int(torch.randint(len(VIEWS), (), generator=choices))]
        with arithmetic(self.settings, self.device):
            answer = answered(self.network, crops.first, crops.second, crops.fraction, view)
            value = loss(answer, crops, settings)
        torch.autograd.backward(value)
        rate = self._descend()
        follow(self.averaged.parameters(), self.network.parameters(), self.step, settings.averaging)
        self.step += 1
        speed = self.step * settings.batch / max(self.seconds, 1e-9)
        return Report(self.step, float(value.detach()), rate, speed)

    def save(self, folder: Path, more: Mapping[str, Any]) -> None:
        """The state to go on from, with `more` JSON values by name, and what is kept."""
        groups = {
            "network": network_tensors(self.network),
            "averaged": network_tensors(self.averaged),
            "optimizer": optimizer_tensors(self.network, self.optimizer),
            "teacher": self.weights.tensors,
        }
        progress = {
            "step": self.step,
            "seconds": self.seconds,
            "reserved": self.reserved,
            **more,
            "record": self.weights.record,
            "licence": self.weights.licence,
        }
        largest = self.settings.shard_mebibytes
        save_state(folder / STATE, groups, progress, largest)
        shards.write(folder / WEIGHTS, *motion_stored(self.result()), largest)

    def resume(self, state: State) -> None:
        """Go on from a saved run, by the same teacher."""
        restore_network(self.network, state.groups["network"])
        restore_network(self.averaged, state.groups["averaged"])
        progress = state.progress
        if progress["step"]:
            restore_optimizer(self.network, self.optimizer, state.groups["optimizer"])
        self.step, self.reserved = progress["step"], progress["reserved"]
        self._began -= progress["seconds"]

    def result(self) -> MotionWeights:
        """What is kept, in between teacher and average, and how it came about.

        Halfway, most of the gain is there and less of the harm (Wortsman et al., "Robust
        fine-tuning of zero-shot models", 2022).
        """
        record = {
            "distilled from": self.weights.record,
            "steps": self.step,
            "crops": self.step * self.settings.batch,
            "minutes": round(self.seconds / 60, 1),
            "device": self.device.type,
            "torch": torch.__version__,
            "settings": parameters.to_json(self.settings),
            "data": self.data.record,
        }
        student, teacher = network_tensors(self.averaged), network_tensors(self.teacher)
        tensors = {
            name: torch.lerp(teacher[name], value, self.settings.kept)
            for name, value in student.items()
        }
        return MotionWeights(tensors, record, _OURS + self.weights.licence)

    def _descend(self) -> float:
        """A step down, unless the gradient is not finite; the learning rate."""
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        finite = math.isfinite(float(norm))
        self._skipped = 0 if finite else self._skipped + 1
        if self._skipped == HOPELESS:
            raise HifiError(
                f"The last {HOPELESS} steps had no finite gradient; the run has diverged.",
                "Begin again with a lower --learning-rate.",
            )
        rate = self._rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if finite:
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return rate

    def _rate(self) -> float:
        """Up in the warm-up, then down along a cosine to the end of the run."""
        settings = self.settings
        warm = warmed_up(self.step, settings.warm_up)
        return settings.learning_rate * warm * along_cosine(self.progress)


def read_state(path: Path) -> State:
    """A saved run, out of a file, an index of shards, or the folder with either.

    Raises WeightsError.
    """
    groups, progress = load_state(path)
    if "teacher" not in groups:
        raise WeightsError(f"{path} is no distillation.", "Resume it by hifi-ofx train.")
    teacher = MotionWeights(groups["teacher"], progress["record"], progress["licence"])
    return State(groups, progress, teacher)
