"""Where a run's samples come from: rendered scenes and video clips, and what is held out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from ..cascade import BASE
from .painting import paint_masks, paint_textures
from .procedural import Palette, Samples, render_samples
from .settings import TrainingSettings
from .textures import clip_samples, load_clips, load_textures

TEXTURE_SIZE = 256
PAINTED = 160  # textures and masks that are painted rather than read
CHECKED = 24  # rendered samples of a validation


@dataclass(frozen=True)
class Data:
    """Everything a run draws from. Palettes lie on the training device, clips on the CPU."""

    palette: Palette
    held_out_palette: Palette
    clips: list[Tensor] = field(default_factory=list)
    held_out_clips: list[Tensor] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)


def load_data(textures: list[Path], clips: list[Path], seed: int, device: torch.device) -> Data:
    """Paint what is painted, read what is read. Raises InvalidSetting and FrameError."""
    generator = Generator().manual_seed(seed)
    painted = paint_textures(PAINTED, TEXTURE_SIZE, generator)
    masks = paint_masks(2 * PAINTED, TEXTURE_SIZE, generator).to(device)
    photos = load_textures(textures, TEXTURE_SIZE)
    videos = load_clips(clips)
    record = {
        "rendered scenes": f"{PAINTED} painted textures, {len(photos.training)} photographs",
        "texture licences": photos.licences,
        "clips": len(videos.training),
        "clip licences": videos.licences,
    }
    return Data(
        Palette(torch.stack([*painted, *photos.training]).to(device), masks),
        Palette(torch.stack([*painted[::8], *photos.held_out]).to(device), masks),
        videos.training,
        videos.held_out,
        record,
    )


def draw(data: Data, settings: TrainingSettings, step: int, generator: Generator) -> Samples:
    """One batch, in a random mix of rendered and video samples."""
    filmed = 0
    if data.clips:
        chosen = torch.rand(settings.batch, generator=generator) < settings.video_share
        filmed = int(chosen.sum())
    largest = largest_motion(settings, step)
    device = data.palette.textures.device
    parts = []
    if filmed:
        parts.append(clip_samples(data.clips, filmed, settings.crop, generator).to(device))
    if rendered := settings.batch - filmed:
        parts.append(render_samples(data.palette, rendered, settings.crop, largest, generator))
    return joined(parts)


def largest_motion(settings: TrainingSettings, step: int) -> float:
    """Pixels: grows from 4 to its final value over the ramp, because small motion teaches first."""
    largest = settings.largest_motion * settings.crop
    grown = min(1.0, step / settings.motion_ramp) if settings.motion_ramp else 1.0
    return min(largest, 4 + (largest - 4) * grown)


def joined(parts: list[Samples]) -> Samples:
    """Several batches as one."""
    names = [entry.name for entry in fields(Samples)]
    return Samples(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Check:
    """Fixed samples of one kind that a run never trains on, and how many stages predict them."""

    name: str
    samples: Samples
    stages: int


def held_out(data: Data, settings: TrainingSettings) -> list[Check]:
    """Rendered crops at the base and with a cascade; whole frames of the clips held out."""
    generator = Generator().manual_seed(settings.seed + 1)
    largest = settings.largest_motion * settings.crop
    small, large = (
        render_samples(data.held_out_palette, CHECKED, settings.crop, motion, generator)
        for motion in (min(6.0, largest), largest)
    )
    checks = [
        Check("rendered, small motion, base", small, 1),
        Check("rendered, base", large, 1),
        Check("rendered, 2 stages", large, 2),
    ]
    device = data.held_out_palette.textures.device
    for number, clip in enumerate(data.held_out_clips):
        for gap in (1, (len(clip) - 1) // 2):
            frames = clip[[0, gap, 2 * gap]].float().mul(0.5 / 255)[:, None]
            sample = Samples(frames[0], frames[2], frames[1], torch.tensor([0.5])).to(device)
            stages = 1 + max(0, (max(clip.shape[-2:]) - 1).bit_length() - (BASE - 1).bit_length())
            checks.append(Check(f"video {number} gap {gap}", sample, max(stages, 2)))
    return checks
