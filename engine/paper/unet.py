"""The network: an efficient, conditional, pixel-space U-Net (§Architecture).

HiFI takes "a generic efficient U-Net architecture from DDVM" with "self-attention layers at two
bottom levels". What makes a U-Net efficient is Imagen's: residual blocks are moved to the low
resolutions, skips are scaled by 1/sqrt(2), and one downsamples before and upsamples after the
convolutions of a level. The widths are our choice (the paper only counts parameters).

Shapes: B batch, H and W pixels, C channels of one level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

IMAGE_CHANNELS = 3
CONDITION_CHANNELS = 3 * IMAGE_CHANNELS  # first, second, coarse
NOTHING: Mapping[int, Tensor] = MappingProxyType({})


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that decides a network's shape."""

    widths: tuple[int, ...]  # channels of each level; the first is at 1/2 of the resolution
    blocks: tuple[int, ...]  # residual blocks of each level, down and up
    attention_levels: int = 2  # self-attention in this many of the bottom levels
    head_width: int = 64  # channels of one attention head
    time_width: int = 512  # channels of the embedding of t and fraction
    fractions: bool = True  # False: the middle only, as in the paper

    @property
    def input_channels(self) -> int:
        """Channels that the first layer sees at every pixel: z, first, second, coarse."""
        return IMAGE_CHANNELS + CONDITION_CHANNELS

    @property
    def condition_channels(self) -> int:
        """Channels of the condition: first, second, coarse."""
        return CONDITION_CHANNELS

    @property
    def output_channels(self) -> int:
        """Channels of what the last layer says at every pixel: v."""
        return IMAGE_CHANNELS

    @property
    def multiple(self) -> int:
        """Height and width of the network's input are padded to multiples of this many pixels."""
        return int(2 ** len(self.widths))

    def to_json(self) -> dict[str, Any]:
        """The config as JSON values."""
        return asdict(self)


# The paper's 647 M-class network: dim 128, multipliers 1 2 4 8, image diffusion, midpoint.
PAPER = NetworkConfig(
    widths=(128, 256, 512, 1024), blocks=(2, 4, 8, 8), time_width=512, fractions=False
)


class UNet(nn.Module):
    """Predicts v from a noisy image, the condition, the diffusion time and the fraction.

    Height and width must be multiples of `config.multiple`.
    """

    runs_on = "torch"

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
        self.middle = Block(config, widths[-1], widths[-1])
        self.middle_attention = Attention(widths[-1], config.head_width)
        self.up = nn.ModuleList(
            UpLevel(config, widths[level], widths[max(level - 1, 0)], level, attends[level])
            for level in reversed(range(levels))
        )
        self.out_norm = group_norm(widths[0])
        self.out = zeroed(nn.Conv2d(widths[0], 4 * config.output_channels, 3, padding=1))

    def forward(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """V, shaped as z: (B, 3, H, W). t and fraction: (B,).

        condition: (B, 9, H, W): first, second, coarse.
        """
        return self.said(torch.cat([z, condition], dim=1), t, fraction)

    def said(
        self, seen: Tensor, t: Tensor, fraction: Tensor, beside: Mapping[int, Tensor] = NOTHING
    ) -> Tensor:
        """What the last layer says of what the first one sees: (B, C, H, W) both.

        `beside` is added to the features of these levels before their first block.
        """
        embedding = self.embed(t, fraction)  # (B, time_width)
        h = self.stem(F.pixel_unshuffle(seen, 2))  # (B, C, H/2, W/2)
        skips: list[Tensor] = []
        for number, level in enumerate(self.down):
            h, level_skips = level(h, embedding, beside.get(number))
            skips.extend(level_skips)
        h = self.middle_attention(self.middle(h, embedding))
        for level in self.up:
            h = level(h, skips, embedding)
        return F.pixel_shuffle(self.out(F.silu(self.out_norm(h))), 2)


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
        self, h: Tensor, embedding: Tensor, beside: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        h, skips = self.downsample(h), []
        if beside is not None:
            h = h + beside
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
