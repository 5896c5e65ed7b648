"""Networks for tests: a few thousand parameters, untrained or random; those of a seed are equal."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.flow.fusion_head import FusionConfig
from engine.inference.checkpoint import Weights, save_weights
from engine.inference.networks import network_of
from engine.paper.unet import NetworkConfig, UNet

# Shaped as the paper's: x is the image, and of random parameters a picture like no other.
PLAIN = NetworkConfig(widths=(8, 16), blocks=(1, 1), time_width=16, head_width=8)
# Shaped as the shipped one: untrained it gives the blend of the warped frames.
WARPING = FusionConfig(
    widths=(8, 8, 8, 40),  # not 8: a group of one value has no variance at 1x1
    blocks=(1, 1, 1, 1),
    time_width=16,
    head_width=8,
)


def untrained(config: NetworkConfig = PLAIN, seed: int = 0) -> UNet:
    """A network as training begins with it: all residual branches and the output are zero."""
    torch.manual_seed(seed)
    return network_of(config).eval()


def random(config: NetworkConfig = PLAIN, seed: int = 0, std: float = 0.05) -> UNet:
    """A network that says something of all that it is given: nothing in it is zero any more."""
    network = untrained(config, seed)
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=std)
    return network


def saved(network: UNet, path: Path) -> Path:
    """The network as a weights file."""
    save_weights(path, Weights(network.config, network.state_dict(), {"steps": 0}, "Apache-2.0"))
    return path
