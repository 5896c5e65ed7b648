"""The diffusion of the paper's §Architecture: v-parameterisation, schedule, deterministic sampler.

Everything here is a pure function of tensors. The sampler takes any callable `denoise(z, t) -> v`
and knows neither patches nor networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Denoise = Callable[[Tensor, Tensor], Tensor]


def alpha_sigma(t: Tensor) -> tuple[Tensor, Tensor]:
    """Variance-preserving schedule, alpha² + sigma² = 1, for diffusion times t in [0, 1].

    Cosine: our choice, the paper names none.
    """
    # §Architecture: α_t² + σ_t² = 1. t = 0 is the image alone, t = 1 noise alone.
    angle = t * (math.pi / 2)
    return torch.cos(angle), torch.sin(angle)


def diffuse(x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """z_t = alpha x + sigma noise."""
    # §Architecture: z_t = α_t x + σ_t ε, ε ~ N(0, I)
    alpha, sigma = alpha_sigma(t)
    return alpha * x + sigma * noise


def velocity(x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """v = alpha noise - sigma x, what the network predicts."""
    # §Architecture: v = α_t ε − σ_t x (Salimans and Ho 2022)
    alpha, sigma = alpha_sigma(t)
    return alpha * noise - sigma * x


def predicted_image(z: Tensor, v: Tensor, t: Tensor) -> Tensor:
    """x = alpha z - sigma v."""
    # §Architecture: x̂ = α_t z_t − σ_t v̂; with z and v put in, (α² + σ²) x = x
    alpha, sigma = alpha_sigma(t)
    return alpha * z - sigma * v


def predicted_noise(z: Tensor, v: Tensor, t: Tensor) -> Tensor:
    """noise = sigma z + alpha v."""
    # Not in the paper, follows likewise: σ_t z_t + α_t v = (σ² + α²) ε = ε
    alpha, sigma = alpha_sigma(t)
    return sigma * z + alpha * v


def step(z: Tensor, v: Tensor, t: Tensor, t_next: Tensor) -> Tensor:
    """One deterministic step from t to t_next, written into `z`.

    alpha' x + sigma' noise, with x and noise as predicted from z and v, is linear in z and v. The
    two factors are applied in place: at 8K each avoided temporary is 400 MB.
    """
    alpha, sigma = alpha_sigma(t)
    alpha_next, sigma_next = alpha_sigma(t_next)
    # DDIM (Song et al. 2021, eq. 12, its sigma 0): z' = α' x̂ + σ' ε̂
    #   = α' (α z − σ v) + σ' (σ z + α v) = (α' α + σ' σ) z + (σ' α − α' σ) v
    keep = alpha_next * alpha + sigma_next * sigma
    move = sigma_next * alpha - alpha_next * sigma
    # In training, autograd needs the v that it would overwrite.
    return z.mul_(keep).add_(v * move if v.requires_grad else v.mul_(move))


@torch.no_grad()
def sample(denoise: Denoise, z: Tensor, steps: int) -> Tensor:
    """Denoise from pure noise (t = 1) to an image (t = 0) in `steps` uniform steps.

    `z` is used up: the image is written over it. `denoise` hands over its result likewise.
    """
    # Which times is ours: the paper gives numbers of steps only (Table 5).
    times = torch.linspace(1, 0, steps + 1, dtype=z.dtype, device=z.device)
    for t, t_next in zip(times[:-1], times[1:], strict=True):
        z = step(z, denoise(z, t), t, t_next)
    return z
