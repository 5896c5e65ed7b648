"""The training run: steps, running average, validation, saving and resuming."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from hifi_ofx import parameters
from hifi_ofx.errors import InvalidSetting, WeightsError

from ..checkpoint import Weights, save_weights
from ..color import WHITE
from ..model import NetworkConfig, UNet
from .data import Check, Data, draw, held_out
from .objective import cascade, conditions, loss
from .procedural import Samples
from .settings import TrainingSettings
from .state import load_state, optimizer_tensors, restore_optimizer, save_state

log = logging.getLogger(__name__)

LICENCE = "Apache-2.0"
STATE, WEIGHTS, LOG = "state.safetensors", "weights.safetensors", "log.jsonl"


@dataclass(frozen=True)
class Report:
    """What a step tells: its number, the loss, the learning rate, crops per second so far."""

    step: int
    loss: float
    learning_rate: float
    crops_per_second: float


class Trainer:
    """One run. Everything random comes from two generators, so that a run can be repeated.

    `choices` is on the CPU and decides the data; `noise` is on the training device.
    """

    def __init__(
        self, settings: TrainingSettings, config: NetworkConfig, data: Data, device: torch.device
    ) -> None:
        _check(settings, config)
        self.settings, self.config, self.data, self.device = settings, config, data, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.network = UNet(config)
        self.network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), settings.learning_rate, fused=True
        )
        self.choices = Generator().manual_seed(settings.seed)
        self.noise = Generator(device).manual_seed(settings.seed)
        self.step, self.seconds = 0, 0.0
        self._run: Any = torch.compile(self.network) if settings.compile else self.network

    @property
    def progress(self) -> float:
        """0 at the start of the run, 1 where its steps or its minutes are used up."""
        by_time = self.seconds / (60 * self.settings.minutes)
        by_step = self.step / self.settings.steps if self.settings.steps else 0.0
        return max(by_time, by_step)

    def train_step(self) -> Report:
        """One optimizer step on a new batch."""
        began = time.monotonic()
        samples = draw(self.data, self.settings, self.step, self.choices)
        value = self._descend(samples)
        self._average()
        self.step += 1
        self.seconds += time.monotonic() - began
        rate = self.settings.batch * self.step / max(self.seconds, 1e-9)
        return Report(self.step, value, self._rate(), rate)

    def validate(self, checks: list[Check]) -> dict[str, tuple[float, float]]:
        """PSNR in dB of one-step predictions and of the frame blend, by the name of the check.

        Always from the same noise; video checks come together as "video".
        """
        gathered: dict[str, list[tuple[float, float]]] = {}
        for check in checks:
            noise = Generator(self.device).manual_seed(self.settings.seed)
            samples = check.samples
            with self._autocast():
                made = cascade(
                    self.averaged,
                    samples.first,
                    samples.second,
                    samples.fraction,
                    check.stages,
                    noise,
                )
            blend = torch.lerp(samples.first, samples.second, samples.fraction[:, None, None, None])
            scores = psnr(made, samples.middle), psnr(blend, samples.middle)
            name = "video" if check.name.startswith("video") else check.name
            gathered.setdefault(name, []).append(scores)
        return {
            name: (_mean([made for made, _ in scores]), _mean([blend for _, blend in scores]))
            for name, scores in gathered.items()
        }

    def record(self) -> dict[str, Any]:
        """How the weights came about, for their metadata."""
        return {
            "steps": self.step,
            "crops": self.step * self.settings.batch,
            "minutes": round(self.seconds / 60, 1),
            "device": _device_name(self.device),
            "torch": torch.__version__,
            "settings": parameters.to_json(self.settings),
            "data": self.data.record,
        }

    def save(self, folder: Path) -> None:
        """The full state and, as a separate file, the averaged weights in half precision."""
        progress = {
            "step": self.step,
            "seconds": self.seconds,
            "config": self.config.to_json(),
            "settings": parameters.to_json(self.settings),
        }
        save_state(
            folder / STATE,
            {
                "network": dict(self.network.state_dict()),
                "averaged": dict(self.averaged.state_dict()),
                "optimizer": optimizer_tensors(self.network, self.optimizer),
                "generators": {
                    "choices": self.choices.get_state(),
                    "noise": self.noise.get_state(),
                },
            },
            progress,
        )
        tensors = dict(self.averaged.state_dict())
        save_weights(folder / WEIGHTS, Weights(self.config, tensors, self.record(), LICENCE))

    def resume(self, path: Path) -> None:
        """Go on from a saved state. Raises WeightsError where it is of another network."""
        groups, progress = load_state(path)
        if progress["config"] != json.loads(json.dumps(self.config.to_json())):
            raise WeightsError(
                f"{path} is of another network than {self.settings.network!r}.",
                "Give the --network that the run was started with.",
            )
        self.network.load_state_dict(groups["network"])
        self.averaged.load_state_dict(groups["averaged"])
        if progress["step"]:
            restore_optimizer(self.network, self.optimizer, groups["optimizer"])
        self.choices.set_state(groups["generators"]["choices"])
        self.noise.set_state(groups["generators"]["noise"])
        self.step, self.seconds = progress["step"], progress["seconds"]

    def _descend(self, samples: Samples) -> float:
        settings, count = self.settings, len(samples.fraction)
        kept = torch.rand(count, generator=self.choices) >= settings.coarse_dropout
        below = 1 + int(torch.randint(2, (), generator=self.choices))
        t = self._times(count)
        indices = kept.nonzero()[:, 0].to(self.device)
        with self._autocast():
            condition, started = conditions(self.averaged, samples, indices, below, self.noise)
            noise = torch.randn(samples.middle.shape, generator=self.noise, device=self.device)
            squared = settings.loss == "l2"
            value = loss(self._run, samples, condition, started, t, noise, self.config, squared)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        self.optimizer.step()
        return float(value.detach())

    def _times(self, count: int) -> Tensor:
        """Diffusion times: uniform, and a share of them exactly 1."""
        t = torch.rand(count, generator=self.choices)
        first = torch.rand(count, generator=self.choices) < self.settings.first_step_share
        return torch.where(first, 1.0, t).to(self.device)

    def _rate(self) -> float:
        settings = self.settings
        warm = min(1.0, (self.step + 1) / settings.warm_up) if settings.warm_up else 1.0
        if settings.schedule == "constant":
            return settings.learning_rate * warm
        fall = 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.progress))
        return settings.learning_rate * warm * max(fall, 0.01)

    @torch.no_grad()
    def _average(self) -> None:
        """The decay ramps up, so that the first steps do not weigh on the average."""
        decay = min(self.settings.averaging, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(
            list(self.averaged.parameters()), list(self.network.parameters()), 1 - decay
        )

    def _autocast(self) -> torch.autocast:
        wanted = self.settings.precision
        low = wanted == "bfloat16" or (wanted == "auto" and self.device.type == "cuda")
        return torch.autocast(self.device.type, torch.bfloat16, enabled=low)


def train(
    trainer: Trainer,
    folder: Path,
    stopped: Callable[[], bool] = lambda: False,
    reported: Callable[[Report], None] = lambda report: None,
) -> dict[str, tuple[float, float]]:
    """Run to the end of the budget or until `stopped`; save, and return the last validation."""
    settings = trainer.settings
    checks = held_out(trainer.data, settings)
    saved = checked = trainer.seconds
    while trainer.progress < 1 and not stopped():
        report = trainer.train_step()
        reported(report)
        if trainer.step % 50 == 0:
            _log(folder, vars(report))
        if trainer.seconds - checked >= 60 * settings.check_minutes:
            checked = _validated(trainer, checks, folder)
        if trainer.seconds - saved >= 60 * settings.save_minutes:
            trainer.save(folder)
            saved = trainer.seconds
    trainer.save(folder)
    scores = trainer.validate(checks)
    _log_scores(trainer, scores, folder)
    return scores


@torch.no_grad()
def psnr(made: Tensor, truth: Tensor) -> float:
    """Mean over the batch of the PSNR in dB, diffuse white being the peak."""
    error = (made - truth).square().mean(dim=(1, 2, 3)).clamp_(min=1e-12)
    return float((10 * torch.log10(WHITE**2 / error)).mean())


def _validated(trainer: Trainer, checks: list[Check], folder: Path) -> float:
    began = time.monotonic()
    _log_scores(trainer, trainer.validate(checks), folder)
    trainer.seconds += time.monotonic() - began
    return trainer.seconds


def _log_scores(trainer: Trainer, scores: dict[str, tuple[float, float]], folder: Path) -> None:
    entries = {
        name: {"psnr": round(made, 3), "blend": round(blend, 3), "gain": round(made - blend, 3)}
        for name, (made, blend) in scores.items()
    }
    minutes = round(trainer.seconds / 60, 2)
    _log(folder, {"step": trainer.step, "minutes": minutes, "validation": entries})


def _log(folder: Path, entry: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    log.info("%s", entry)


def _check(settings: TrainingSettings, config: NetworkConfig) -> None:
    if settings.crop % config.multiple:
        raise InvalidSetting(
            f"Crop is {settings.crop}; this network takes multiples of {config.multiple}."
        )


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
