"""The network: an efficient, conditional, pixel-space U-Net with named configurations.

HiFI takes "a generic efficient U-Net architecture from DDVM" with "self-attention layers at two
bottom levels" (§Architecture). What makes a U-Net efficient is Imagen's: residual blocks are moved
to the low resolutions, skips are scaled by 1/sqrt(2), and one downsamples before and upsamples
after the convolutions of a level. The widths are our choice (the paper only counts parameters).

Shapes: B batch, H and W pixels, C channels of one level.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..color import WHITE
from ..flow import correlation, fusion_head
from ..flow.intermediate import ALIGNED
from .diffusion import alpha_sigma

IMAGE_CHANNELS = 3
CONDITION_CHANNELS = 3 * IMAGE_CHANNELS  # first, second, coarse


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that decides a network's shape and what its output means."""

    widths: tuple[int, ...]  # channels of each level; the first is at 1/2 of the resolution
    blocks: tuple[int, ...]  # residual blocks of each level, down and up
    attention_levels: int = 2  # self-attention in this many of the bottom levels
    head_width: int = 64  # channels of one attention head
    time_width: int = 512  # channels of the embedding of t and fraction
    fractions: bool = True  # False: the middle only, as in the paper
    difference: float = 0.0  # 0: diffuse the image; else its difference from a guess, over this
    motion: bool = False  # part of the difference may be said as motion (correlation.py)
    direct: bool = False  # x is what it says at t = 1, at every step: more steps change nothing
    align: str = "none"  # flow: it also sees both frames aligned, and mixes them (fusion_head.py)
    trust: float = 1.0  # how far a direct network is followed from what an untrained one says

    @property
    def varied(self) -> bool:
        """Whether samples differ: by their noise, or by the motion that they go by (looks.py)."""
        return not self.direct or self.align != "none"

    @property
    def condition_channels(self) -> int:
        """Channels of the condition: first, second, coarse, and what alignment adds."""
        return CONDITION_CHANNELS + (ALIGNED if self.align == "flow" else 0)

    @property
    def input_channels(self) -> int:
        """Channels that the first layer sees at every pixel."""
        return fusion_head.SEEN if self.align == "flow" else IMAGE_CHANNELS + CONDITION_CHANNELS

    @property
    def said_channels(self) -> int:
        """Channels of what the network says other than in pixels, at half of the resolution."""
        if self.align == "flow":
            return 4 * fusion_head.CHANNELS
        return correlation.CHANNELS if self.motion else 0

    @property
    def multiple(self) -> int:
        """Height and width of the network's input are padded to multiples of this many pixels."""
        return int(2 ** len(self.widths))

    def to_json(self) -> dict[str, Any]:
        """The config as JSON values; `config_from_json` reads it back."""
        return asdict(self)


def config_from_json(data: dict[str, Any]) -> NetworkConfig:
    """The NetworkConfig that `to_json` described. Raises TypeError on an unknown entry."""
    known = {field.name for field in fields(NetworkConfig)}
    if unknown := set(data) - known:
        raise TypeError(f"unknown entries in the network config: {', '.join(sorted(unknown))}")
    lists = {key: tuple(value) for key, value in data.items() if isinstance(value, list | tuple)}
    return NetworkConfig(**{**data, **lists})


CONFIGS = MappingProxyType(
    {
        # The paper's 647 M-class network: dim 128, multipliers 1 2 4 8, image diffusion, midpoint.
        "paper": NetworkConfig(
            widths=(128, 256, 512, 1024), blocks=(2, 4, 8, 8), time_width=512, fractions=False
        ),
        "small": NetworkConfig(
            widths=(40, 64, 96, 128, 160),
            blocks=(1, 2, 2, 2, 2),
            time_width=256,
            head_width=32,
            difference=0.1,
        ),
        "tiny": NetworkConfig(
            widths=(32, 48, 64, 96, 96),
            blocks=(1, 2, 2, 2, 1),
            time_width=128,
            head_width=32,
            difference=0.1,
            motion=True,
        ),
        # The second family: both frames are given aligned, the network decides and repairs.
        "aligned": NetworkConfig(
            widths=(32, 48, 64, 96, 96),
            blocks=(1, 2, 2, 2, 1),
            time_width=128,
            head_width=32,
            difference=0.1,
            align="flow",
            direct=True,
        ),
    }
)


class UNet(nn.Module):
    """Predicts v from a noisy image, the condition, the diffusion time and the fraction.

    Height and width must be multiples of `config.multiple`.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        widths, levels = config.widths, len(config.widths)
        attends = [level >= levels - config.attention_levels for level in range(levels)]
        self.embed = Embedding(config)
        # Pixel-unshuffle is the first "downsample before the convolutions".
        self.stem = nn.Conv2d(4 * config.input_channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList(
            DownLevel(config, widths[max(level - 1, 0)], widths[level], level, attends[level])
            for level in range(levels)
        )
        self.matching = nn.ModuleList(
            correlation.Matching(level, widths[level])
            for level in correlation.LEVELS
            if config.motion or config.align == "flow"
        )
        self.middle = Block(config, widths[-1], widths[-1])
        self.middle_attention = Attention(widths[-1], config.head_width)
        self.up = nn.ModuleList(
            UpLevel(config, widths[level], widths[max(level - 1, 0)], level, attends[level])
            for level in reversed(range(levels))
        )
        self.out_norm = group_norm(widths[0])
        channels = 4 * IMAGE_CHANNELS + config.said_channels
        self.out = zeroed(nn.Conv2d(widths[0], channels, 3, padding=1))

    def forward(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """V, shaped as z: (B, 3, H, W). t and fraction: (B,).

        condition: (B, config.condition_channels, H, W): first, second, coarse, what is aligned.
        """
        if self.config.direct:
            return self._direct(z, t, fraction, condition)
        return self._v(z, t, fraction, condition)

    def _direct(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """The v that leads from z to what the network says from noise alone: at t = 1, x = -v.

        A network that is trained there only would take noise for detail later on.
        """
        x = -self._v(torch.zeros_like(z), torch.ones_like(t), fraction, condition)
        alpha, sigma = alpha_sigma(t[:, None, None, None])
        return (alpha * z - x) / sigma.clamp(min=1e-3)

    def _v(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        embedding = self.embed(t, fraction)  # (B, time_width)
        seen = self._seen(z, t, fraction, condition)
        h = self.stem(F.pixel_unshuffle(seen, 2))  # (B, C, H/2, W/2)
        matched = self._matched(condition, fraction)
        skips: list[Tensor] = []
        for number, level in enumerate(self.down):
            h, level_skips = level(h, embedding, matched.get(number, (None,))[0])
            skips.extend(level_skips)
        h = self.middle_attention(self.middle(h, embedding))
        for level in self.up:
            h = level(h, skips, embedding)
        out = self.config.trust * self.out(F.silu(self.out_norm(h)))
        v, said = F.pixel_shuffle(out[:, : 4 * IMAGE_CHANNELS], 2), out[:, 4 * IMAGE_CHANNELS :]
        if not self.config.said_channels:
            return v
        found = [displacement for _, displacement in matched.values()]
        if self.config.align == "flow":
            said = F.pixel_shuffle(said, 2)
            x = fusion_head.fused_difference(said, found, condition, fraction)
        else:
            x = correlation.moved_difference(said, found, condition, fraction)
        _, sigma = alpha_sigma(t[:, None, None, None])
        return v - sigma * x / self.config.difference  # v = alpha noise - sigma x

    def _seen(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """What the first layer sees, (B, config.input_channels, H, W)."""
        difference = self.config.difference
        if self.config.align == "flow":
            alpha, _ = alpha_sigma(t[:, None, None, None])
            return fusion_head.seen(z, alpha, fraction, condition, difference)
        if difference:
            return balanced(z, t, fraction, condition, difference)
        return torch.cat([z, condition], dim=1)

    def _matched(self, condition: Tensor, fraction: Tensor) -> dict[int, tuple[Tensor, Tensor]]:
        """What matching the two frames says, by level; nothing without `motion` or `align`."""
        if not len(self.matching):
            return {}
        first, second = condition[:, :3], condition[:, 3:6]
        if self.config.align == "flow":
            first, second = fusion_head.matchable(condition)
        levels = zip(correlation.LEVELS, self.matching, strict=False)
        return {level: matching(first, second, fraction) for level, matching in levels}


class DownLevel(nn.Module):
    """Downsample (except the first level, which the stem did), then residual blocks."""

    def __init__(
        self, config: NetworkConfig, width_in: int, width: int, level: int, attends: bool
    ) -> None:
        super().__init__()
        self.downsample = (
            nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * width_in, width, 1))
            if level
            else nn.Identity()
        )
        self.blocks = nn.ModuleList(
            Block(config, width, width) for _ in range(config.blocks[level])
        )
        self.attention = attention_layers(config, width, config.blocks[level], attends)

    def forward(
        self, h: Tensor, embedding: Tensor, seen_beside: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        h, skips = self.downsample(h), []
        if seen_beside is not None:
            h = h + seen_beside
        for block, attention in zip(self.blocks, self.attention, strict=True):
            h = attention(block(h, embedding))
            skips.append(h)
        return h, skips


class UpLevel(nn.Module):
    """Residual blocks that take the skips back in, then upsample (except the last)."""

    def __init__(
        self, config: NetworkConfig, width: int, width_out: int, level: int, attends: bool
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(config, 2 * width, width) for _ in range(config.blocks[level])
        )
        self.attention = attention_layers(config, width, config.blocks[level], attends)
        self.upsample = (
            nn.Sequential(nn.Conv2d(width, 4 * width_out, 1), nn.PixelShuffle(2))
            if level
            else nn.Identity()
        )

    def forward(self, h: Tensor, skips: list[Tensor], embedding: Tensor) -> Tensor:
        for block, attention in zip(self.blocks, self.attention, strict=True):
            h = torch.cat([h, skips.pop() * 2**-0.5], dim=1)
            h = attention(block(h, embedding))
        upsampled: Tensor = self.upsample(h)
        return upsampled


class Block(nn.Module):
    """Residual block: two convolutions, the second scaled and shifted by the embedding."""

    def __init__(self, config: NetworkConfig, width_in: int, width: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = group_norm(width_in), nn.Conv2d(width_in, width, 3, padding=1)
        self.modulate = nn.Linear(config.time_width, 2 * width)
        self.norm2, self.conv2 = group_norm(width), zeroed(nn.Conv2d(width, width, 3, padding=1))
        self.skip = nn.Conv2d(width_in, width, 1) if width_in != width else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.modulate(F.silu(embedding))[:, :, None, None].chunk(2, dim=1)
        h = self.conv2(F.silu(self.norm2(h) * (1 + scale) + shift))
        result: Tensor = self.skip(x) + h
        return result


class Attention(nn.Module):
    """Residual self-attention over all pixels of a level."""

    def __init__(self, width: int, head_width: int) -> None:
        super().__init__()
        self.heads = max(1, width // head_width)
        self.norm = group_norm(width)
        self.qkv = nn.Conv2d(width, 3 * width, 1)
        self.project = zeroed(nn.Conv2d(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(self.norm(x)).unflatten(1, (3, self.heads, -1)).flatten(4)
        # Contiguous, or no fused kernel takes them and the whole H W x H W matrix is kept.
        q, k, v = qkv.transpose(-1, -2).contiguous().unbind(1)  # (B, heads, H W, head_width)
        attended = F.scaled_dot_product_attention(q, k, v)
        result: Tensor = x + self.project(attended.transpose(-1, -2).reshape(x.shape))
        return result


class Embedding(nn.Module):
    """The diffusion time, and beside it the fraction where the network knows fractions."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        inputs = config.time_width * (2 if config.fractions else 1)
        self.config = config
        self.layers = nn.Sequential(
            nn.Linear(inputs, config.time_width),
            nn.SiLU(),
            nn.Linear(config.time_width, config.time_width),
        )

    def forward(self, t: Tensor, fraction: Tensor) -> Tensor:
        width = self.config.time_width
        waves = [sinusoids(t, width)]
        if self.config.fractions:
            waves.append(sinusoids(fraction, width))
        result: Tensor = self.layers(torch.cat(waves, dim=-1))
        return result


def balanced(
    z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor, difference: float
) -> Tensor:
    """The network's inputs, (B, 12, H, W), in the unit of the difference that it predicts.

    Beside noise of variance 1, what tells two frames apart is faint. So they are given as their
    blend, their difference and the coarse image's difference from the blend, all over the unit of
    x; and z by as much as there is of the image in it.
    """
    first, second, coarse = condition.chunk(3, dim=1)
    blend = torch.lerp(first, second, fraction[:, None, None, None])
    has_coarse = coarse.flatten(1).abs().amax(1).gt(0)[:, None, None, None]
    alpha, _ = alpha_sigma(t[:, None, None, None])
    faint = [second - first, (coarse - blend) * has_coarse]
    return torch.cat([alpha * z, (blend - WHITE / 2) / WHITE, *(x / difference for x in faint)], 1)


def sinusoids(value: Tensor, width: int) -> Tensor:
    """Values in [0, 1], shaped (B,), as `width` sines and cosines from 1/6 to 160 periods."""
    frequencies = torch.logspace(0, 3, width // 2, device=value.device)
    angles = value.float()[:, None] * frequencies
    return torch.cat([torch.sin(angles), torch.cos(angles)], dim=-1)


def padded(image: Tensor, multiple: int) -> Tensor:
    """(B, C, H, W) with its last row and column repeated up to multiples of `multiple`."""
    height, width = image.shape[-2:]
    down, right = -height % multiple, -width % multiple
    return F.pad(image, (0, right, 0, down), mode="replicate") if down or right else image


def attention_layers(config: NetworkConfig, width: int, count: int, attends: bool) -> nn.ModuleList:
    """One attention after each block of a level, or nothing in its place."""
    return nn.ModuleList(
        Attention(width, config.head_width) if attends else nn.Identity() for _ in range(count)
    )


def group_norm(width: int) -> nn.GroupNorm:
    """Group normalisation in as many groups, 32 at most, as divide the width."""
    return nn.GroupNorm(math.gcd(width, 32), width)


def zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer with weights and bias zero: a residual branch that starts as nothing."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def parameter_count(config: NetworkConfig) -> int:
    """How many parameters a network of this config has, without allocating it."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in UNet(config).parameters())
