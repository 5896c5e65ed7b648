"""How good the running average is on samples that the run never trains on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Generator, Tensor

from ...color import WHITE, model_to_display
from ...paper.unet import UNet
from ..data.mixture import Check
from .conditions import cascade

SHOWN_CROPS = 2  # of every rendered check
SHOWN_VIDEOS = 3
Scores = dict[str, tuple[float, float]]  # by name: PSNR in dB of ours and of the frame blend


@dataclass(frozen=True)
class Row:
    """One held-out sample to look at: display-referred images (3, H, W) on the CPU."""

    name: str
    first: Tensor
    truth: Tensor
    ours: Tensor
    blend: Tensor


@dataclass(frozen=True)
class Validation:
    """Mean PSNR by the name of the check, and some of the samples as pictures."""

    scores: Scores
    rows: list[Row] = field(default_factory=list)


def validate(network: UNet, checks: list[Check], seed: int, device: torch.device) -> Validation:
    """One-step predictions of all checks, always from the same noise.

    Video checks come together as "video".
    """
    gathered: dict[str, list[tuple[float, float]]] = {}
    rows: list[Row] = []
    for check in checks:
        samples = check.samples
        made = cascade(
            network,
            samples.first,
            samples.second,
            samples.fraction,
            check.stages,
            Generator(device).manual_seed(seed),
        )
        blend = torch.lerp(samples.first, samples.second, samples.fraction[:, None, None, None])
        scores = gathered.setdefault(_group(check), [])
        if len(scores) < SHOWN_VIDEOS:
            rows.extend(_rows(check, made, blend))
        scores.append((psnr(made, samples.middle), psnr(blend, samples.middle)))
    return Validation(
        {
            name: (_mean([made for made, _ in scores]), _mean([blend for _, blend in scores]))
            for name, scores in gathered.items()
        },
        rows,
    )


def checks_of_phase(checks: list[Check], phase: str) -> list[Check]:
    """What a phase is judged by: a base model never sees a coarse image, so it runs one stage."""
    if phase != "base":
        return checks
    return [
        replace(check, stages=1)
        for check in checks
        if check.stages == 1 or _group(check) == "video"
    ]


@torch.no_grad()
def psnr(made: Tensor, truth: Tensor) -> float:
    """Mean over the batch of the PSNR in dB, diffuse white being the peak."""
    error = (made - truth).square().mean(dim=(1, 2, 3)).clamp_(min=1e-12)
    return float((10 * torch.log10(WHITE**2 / error)).mean())


def _rows(check: Check, made: Tensor, blend: Tensor) -> list[Row]:
    samples = check.samples
    shown = slice(0, SHOWN_CROPS)
    images = (samples.first, samples.middle, made, blend)
    displayed = (model_to_display(image[shown].detach().float().cpu()) for image in images)
    return [Row(check.name, *row) for row in zip(*displayed, strict=True)]


def _group(check: Check) -> str:
    return "video" if check.name.startswith("video") else check.name


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
