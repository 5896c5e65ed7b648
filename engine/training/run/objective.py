"""The loss of the paper: L1 on v (§Architecture)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ...paper.diffusion import alpha_sigma, diffuse, velocity
from ...paper.unet import UNet
from ..procedural.samples import Samples


def loss(
    network: UNet,
    samples: Samples,
    condition: Tensor,
    started: Tensor,
    t: Tensor,
    noise: Tensor,
    unit: float,
    squared: bool = False,
    unrolled: bool = False,
) -> Tensor:
    """Mean |v - predicted v| over a batch (§Architecture), or its square. t: (B,).

    `unrolled`: below t = 1 the network starts from its own one-step prediction instead of the
    truth, as it will when it samples (Saxena et al., DDVM, 2023, "step-unrolled"); v is then the
    one that leads back to the truth, and counts as much as its x does.
    """
    x = (samples.middle - started) / unit
    time = t[:, None, None, None]
    later = (t < 1).nonzero()[:, 0] if unrolled else t.new_empty(0, dtype=torch.long)
    begun, weight = x, torch.ones_like(time)
    if len(later):
        begun = x.clone()
        begun[later] = one_step(network, condition[later], samples.fraction[later], noise[later])
        _, weight[later] = alpha_sigma(time[later])
    z = diffuse(begun, noise, time)
    predicted = network(z, t, samples.fraction, condition).float()
    target = velocity(x, noise, time)
    if len(later):  # sigma v, for a v that leads from z to x: nothing is divided by sigma near 0
        target[later] = alpha_sigma(time[later])[0] * z[later] - x[later]
    distance = F.mse_loss if squared else F.l1_loss  # the square's best guess is the mean
    return distance(weight * predicted, target)


@torch.no_grad()
def one_step(network: UNet, condition: Tensor, fraction: Tensor, noise: Tensor) -> Tensor:
    """The network's x from noise alone, (B, 3, H, W) like `noise`: at t = 1, x = -v."""
    predicted: Tensor = network(noise, torch.ones_like(fraction), fraction, condition)
    return -predicted.float()
