"""Two networks in one cascade: one predicts the base, another the finer stages (Table 3).

The paper's "standard two-stage cascade" has a dedicated upsampler; its own cascade uses one network
for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from torch import Tensor

from hifi_ofx.errors import WeightsError

from ..inference.denoiser import NetworkDenoiser
from ..inference.networks import warps
from ..paper.unet import NetworkConfig

_COARSE = slice(6, 9)  # of the condition's channels: first, second, coarse; see cascade.Condition


@dataclass
class WithUpsampler(NetworkDenoiser):
    """The base network, which hands the stages above the base to `upsampler`.

    A stage is known by its condition: zeros stand for the coarse prediction at the base alone.
    """

    upsampler: NetworkDenoiser | None = None

    def __call__(self, z: Tensor, t: Tensor, condition: Tensor, fraction: float) -> Tensor:
        """V as `NetworkDenoiser` gives it, from the network of the stage."""
        if self.upsampler is not None and bool(condition[:, _COARSE].any()):
            return self.upsampler(z, t, condition, fraction)
        return super().__call__(z, t, condition, fraction)


# What two networks must share to stand in one cascade.
_MEANING: Mapping[str, Callable[[NetworkConfig], object]] = MappingProxyType(
    {
        "warped frames": warps,
        "fractions": lambda config: config.fractions,
        "difference": lambda config: getattr(config, "difference", 0.0),
    }
)


def with_upsampler(base: NetworkDenoiser, upsampler: NetworkDenoiser) -> WithUpsampler:
    """Both networks as one denoiser.

    Raises WeightsError where what they predict does not mean the same.
    """
    for name, of in _MEANING.items():
        one, other = (of(net.network.config) for net in (base, upsampler))
        if one != other:
            raise WeightsError(
                f"The upsampler's network has {name} {other}, the base's {one}; "
                "they cannot share a cascade.",
                "Train both with one network config.",
            )
    own = {field.name: getattr(base, field.name) for field in fields(base)}
    return WithUpsampler(**own, upsampler=upsampler)
