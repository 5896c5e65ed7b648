"""The kinds of network there are: their configs by name, and what each one's x stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from ..flow.estimate import FlowEnsemble
from ..flow.fusion_head import ALIGNED, FusionConfig, FusionUNet
from ..flow.targets import Warped
from ..paper.target import Image, Target
from ..paper.unet import PAPER, NetworkConfig, UNet
from . import names

CONFIGS: Mapping[str, NetworkConfig] = MappingProxyType(
    dict(zip(names.CONFIGS, (PAPER, ALIGNED), strict=True))
)

_WIDEST, _MOST_LEVELS, _MOST_BLOCKS = 1 << 16, 12, 512  # the paper's: 1024, 4, 22

# Entries that configs of earlier versions have, with the only values that are still known.
_EARLIER = MappingProxyType(
    {"align": "none", "motion": False, "difference": 0.0, "direct": False, "trust": 1.0}
)


def network_of(config: NetworkConfig) -> UNet:
    """An untrained network of this config."""
    return FusionUNet(config) if isinstance(config, FusionConfig) else UNet(config)


def warps(config: NetworkConfig) -> bool:
    """Whether networks of this config see both frames warped along the motion between them."""
    return isinstance(config, FusionConfig)


def acts(config: NetworkConfig) -> frozenset[str]:
    """Settings of `Quality` that change the picture."""
    return names.acts(config.to_json())


def target_of(
    config: NetworkConfig,
    first: Tensor,
    second: Tensor,
    fraction: float,
    flows: FlowEnsemble | None,
) -> Target:
    """What x stands for between two frames (3, H, W), which a network that warps needs flows of."""
    if isinstance(config, FusionConfig):
        assert flows is not None
        return Warped(first, second, fraction, flows, config.difference)
    return Image()


def config_from_json(data: dict[str, Any]) -> NetworkConfig:
    """The config that `to_json` described.

    Raises TypeError on an entry that is not known, ValueError on a size that no network has.
    """
    kind = FusionConfig if data.get("align") == "flow" else NetworkConfig
    known = {field.name for field in fields(kind)}
    expected = {**_EARLIER, "align": "flow"} if kind is FusionConfig else _EARLIER
    other = sorted(data.keys() - known)
    if unknown := [name for name in other if name not in expected or data[name] != expected[name]]:
        raise TypeError(f"unknown entries in the network config: {', '.join(unknown)}")
    own = {name: value for name, value in data.items() if name in known}
    lists = {name: tuple(value) for name, value in own.items() if isinstance(value, list | tuple)}
    config = kind(**{**own, **lists})
    _check_sizes(config)
    return config


def _check_sizes(config: NetworkConfig) -> None:
    """Refuse what would take forever to build before its tensors are seen not to fit."""
    levels, rest = (*config.widths, *config.blocks), (config.attention_levels, config.time_width)
    if not all(type(size) is int and 0 <= size <= _WIDEST for size in (*levels, *rest)):
        raise ValueError(f"sizes of a network are whole numbers up to {_WIDEST}")
    if not 1 <= len(config.widths) == len(config.blocks) <= _MOST_LEVELS:
        raise ValueError(f"a network has 1 to {_MOST_LEVELS} levels, each a width and its blocks")
    if sum(config.blocks) > _MOST_BLOCKS:
        raise ValueError(f"a network has up to {_MOST_BLOCKS} blocks")


def parameter_count(config: NetworkConfig) -> int:
    """How many parameters a network of this config has, without allocating it."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in network_of(config).parameters())
