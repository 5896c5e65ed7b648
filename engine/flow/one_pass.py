"""The motion network in one pass over whole pictures, for programs that are not this engine.

No patches, views or octaves: two pictures and the fraction in, the picture between them out. This
is what `hifi-ofx export` writes. Memory grows with the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .motion_network import MotionNetwork, warped

PLANES = 7  # of the one tensor: first RGB, second RGB, fraction
OUTPUTS = ("image", "flow", "visibility")


class OnePass(nn.Module):
    """The in-between of two pictures, the motion that it goes by, and which picture is seen."""

    def __init__(self, network: MotionNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, first: Tensor, second: Tensor, fraction: Tensor) -> tuple[Tensor, ...]:
        """Picture (B, 3, H, W), flow (B, 4, H, W) and visibility of the first (B, 1, H, W).

        Pictures are (B, 3, H, W), display-encoded in [0, 1], of any size; fraction (B,). Flow is in
        pixels, x and y to the first picture, then to the second; y grows downwards. Positions and
        flow are in single precision, whatever the network's is.
        """
        like = first[..., :1, :1]  # a recording goes on with `first` as `warped` converts it
        motion = self.network(first, second, fraction)
        visibility = torch.sigmoid(motion.mask.float())
        sides = [
            warped(picture, way)
            for picture, way in zip((first, second), motion.flow.chunk(2, dim=1), strict=True)
        ]
        image = visibility * sides[0] + (1 - visibility) * sides[1]
        return tuple(part.type_as(like) for part in (image, motion.flow, visibility))


class OneTensor(nn.Module):
    """One tensor in, one out, which is all that Nuke's Inference node hands a network."""

    def __init__(self, network: MotionNetwork) -> None:
        super().__init__()
        self.one_pass = OnePass(network)

    def forward(self, planes: Tensor) -> Tensor:
        """(B, PLANES, H, W) to (B, 8, H, W), in the order of Nuke's rgba, forward and backward.

        These are picture, visibility of the first, (x, y) to the second and (x, y) to the first.
        The fraction is the top left value of its plane.
        """
        first, second, fraction = torch.split(planes, [3, 3, 1], dim=1)
        image, flow, visibility = self.one_pass(first, second, fraction[:, 0, 0, 0])
        backward, forward = flow.chunk(2, dim=1)
        return torch.cat([image, visibility, forward, backward], dim=1)
