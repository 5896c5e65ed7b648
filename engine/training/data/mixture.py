"""Where a run's samples come from: rendered scenes, clips, stills, and what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from ...color import WHITE
from ...inference.networks import CONFIGS
from ...paper.cascade import BASE
from ..procedural.painting import paint_fences, paint_masks, paint_textures
from ..procedural.palette import Palette
from ..procedural.samples import Samples, render_samples
from ..procedural.surfaces import to_linear
from ..settings import TrainingSettings
from .augmentation import clip_samples
from .clips import Still, load_clips
from .frame_cache import Clip, FrameCache
from .textures import HELD_OUT, load_textures, pictures

TEXTURE_SIZE = 256
PAINTED = 240  # textures, masks and fences that are painted rather than read
CHECKED = 24  # rendered samples of a validation
LARGEST_CHECK = 512  # pixels of a clip in a validation


@dataclass(frozen=True)
class Data:
    """Everything a run draws from. Palettes lie on the training device, clips on the CPU."""

    palette: Palette
    held_out_palette: Palette
    clips: Sequence[Clip] = ()
    held_out_clips: Sequence[Clip] = ()
    record: dict[str, Any] = field(default_factory=dict)
    stills: Sequence[Clip] = ()
    held_out_sources: Sequence[str] = ()  # of each clip that is held out


def load_data(
    textures: list[Path],
    clips: list[Path],
    seed: int,
    device: torch.device,
    settings: TrainingSettings | None = None,
    every: int = 0,
) -> Data:
    """Paint what is painted, read what is read. Raises InvalidSetting and FrameError.

    Of the settings it takes how much memory decoded frames may fill. `every` so manieth source
    of clips is held out; of none given, few of many.
    """
    cache_bytes = (settings or TrainingSettings()).clip_cache << 20
    photos = load_textures(textures, TEXTURE_SIZE)
    videos = load_clips(clips, cache_bytes, every)
    generator = Generator().manual_seed(seed)
    painted = paint_textures(PAINTED, TEXTURE_SIZE, generator)
    masks = paint_masks(PAINTED, TEXTURE_SIZE, generator)
    fences, periods = paint_fences(PAINTED // 4, TEXTURE_SIZE, generator)
    record = {
        "rendered scenes": f"{PAINTED} painted textures, {len(photos.training)} photographs",
        "texture licences": photos.licences,
        "clips": len(videos.training),
        "clip licences": videos.licences,
    }
    outlines = torch.cat([masks, fences]).to(device)
    repeats = torch.cat([torch.zeros(len(masks)), periods])
    training, kept = (
        Palette(torch.cat([some, _lit(pictures)]).to(device), outlines, repeats)
        for some, pictures in ((painted, photos.training), (painted[::8], photos.held_out))
    )
    return Data(
        training,
        kept,
        videos.training,
        videos.held_out,
        record,
        _stills(textures, cache_bytes),
        videos.held_out_sources,
    )


def _stills(folders: list[Path], cache_bytes: int) -> list[Clip]:
    """The photographs that are not held out, whole, to pan over."""
    cache = FrameCache(cache_bytes)
    return [
        Still(path, cache)
        for folder in folders
        for number, path in enumerate(pictures(folder))
        if number % HELD_OUT != HELD_OUT - 1
    ]


def _lit(photos: list[Tensor]) -> Tensor:
    """Photographs uint8 (3, T, T) as linear light, float16 (N, 3, T, T).

    In every third of them what is near white was clipped: it becomes up to eight times white.
    """
    if not photos:
        return torch.empty(0, 3, TEXTURE_SIZE, TEXTURE_SIZE).half()
    light = to_linear(torch.arange(256) / 255)
    bright = light * (1 + 7 * ((light - 0.6) / 0.4).clamp(min=0).square())
    curves = torch.stack([light, bright]).half()
    lit = torch.arange(len(photos)) % 3 == 2
    return torch.stack([curves[int(b)][p.int()] for p, b in zip(photos, lit, strict=True)])


def draw(data: Data, settings: TrainingSettings, step: int, generator: Generator) -> Samples:
    """One batch, in a random mix of rendered samples, video and pans over photographs."""
    size, device = settings.crop + 2 * settings.margin, data.palette.device
    filmed = _some(settings.batch, settings.video_share if data.clips else 0, generator)
    panned = _some(settings.batch - filmed, settings.whip_share if data.stills else 0, generator)
    middles = not CONFIGS[settings.network].fractions
    parts = []
    for clips, count, gap, whips in (
        (data.clips, filmed, settings.largest_gap, settings.whip_share),
        (data.stills, panned, settings.largest_gap, 1.0),
    ):
        if count:
            samples = clip_samples(clips, count, size, generator, gap, whips, middles)
            parts.append(samples.to(device))
    if rendered := settings.batch - filmed - panned:
        largest = largest_motion(settings, step)
        parts.append(render_samples(data.palette, rendered, size, largest, generator, middles))
    return joined(parts)


def _some(count: int, share: float, generator: Generator) -> int:
    return int((torch.rand(count, generator=generator) < share).sum()) if share else 0


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
    middles = not CONFIGS[settings.network].fractions
    small, large = (
        render_samples(data.held_out_palette, CHECKED, settings.crop, motion, generator, middles)
        for motion in (min(6.0, largest), largest)
    )
    checks = [
        Check("rendered, small motion, base", small, 1),
        Check("rendered, base", large, 1),
        Check("rendered, 2 stages", large, 2),
    ]
    for number, clip in enumerate(data.held_out_clips):
        for gap in sorted({1, min(len(clip) - 1, settings.largest_gap) // 2}):
            checks.append(_filmed_check(clip, number, gap, data.held_out_palette.device))
    return checks


def _filmed_check(clip: Clip, number: int, gap: int, device: torch.device) -> Check:
    """Frames 0, gap and 2 gap of a clip, whole up to a size."""
    frames = _center(clip[[0, gap, 2 * gap]]).float().mul(WHITE / 255)[:, None]
    sample = Samples(frames[0], frames[2], frames[1], torch.tensor([0.5])).to(device)
    stages = 1 + max(0, (max(frames.shape[-2:]) - 1).bit_length() - (BASE - 1).bit_length())
    return Check(f"video {number} gap {gap}", sample, max(stages, 2))


def _center(frames: Tensor) -> Tensor:
    height, width = frames.shape[-2:]
    tall, wide = min(height, LARGEST_CHECK), min(width, LARGEST_CHECK)
    top, left = (height - tall) // 2, (width - wide) // 2
    return frames[..., top : top + tall, left : left + wide]
