"""The motion network: two pictures in, motion and a visibility mask at the in-between out.

A coarse-to-fine network for intermediate flow (Huang et al., "Real-Time Intermediate Flow
Estimation for Video Frame Interpolation", 2022; the architecture of its versions 4.25 and 4.26).
Five blocks see the pictures at 1/16, 1/8, 1/4, 1/2 and 1 of their size. The first says what
the motion is, each other one adds to it, and sees both pictures warped by the motion so far.
So blocks can be run in parts: coarse ones on a whole reduced frame, fine ones on patches that are
handed flow, mask and features.

Pictures are display-encoded, (B, 3, H, W) in [0, 1]. Flow is (B, 4, H, W) in pixels: 0-1 (x, y)
from a pixel of the in-between to where it lies in the first picture, 2-3 the same in the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTHS = (192, 128, 96, 64, 32)  # of the blocks
REDUCED = (16, 8, 4, 2, 1)  # of what each block sees, at scale 1
ENCODED, FEATURES = 4, 8  # channels of an encoded picture; that a block hands to the next
FOUND = (13, 13, 13, 13, 5)  # channels that each block finds: flow, mask, and features for the next
MULTIPLE = 64  # of the pixels that pictures are padded to, at scale 1
_SLOPE = 0.2  # of the leaky ReLU


class Motion(NamedTuple):
    """What the blocks found so far, or all of them."""

    flow: Tensor  # (B, 4, H, W), single precision
    mask: Tensor  # (B, 1, H, W): the logit of how much the first picture counts
    features: Tensor  # (B, FEATURES, H, W): what the next block is told


class MotionBlocks(Protocol):
    """What finds motion patch by patch (motion_stages.py): this network, or another runtime's."""

    @property
    def device(self) -> torch.device:
        """Where encoder and blocks take their tensors from, and put them."""

    @property
    def dtype(self) -> torch.dtype:
        """What they take and give."""

    @property
    def runs_on(self) -> str:
        """What does the arithmetic, for logs and for times that are kept."""

    @property
    def encode(self) -> Callable[[Tensor], Tensor]:
        """A picture (B, 3, H, W) as features (B, ENCODED, H, W)."""

    def block(self, number: int) -> Callable[[Tensor, Tensor | None], Tensor]:
        """One of the blocks, 0 the coarsest; see `_Block.forward`."""

    def to(self, dtype: torch.dtype, /) -> object:
        """Take over the arithmetic."""


class MotionNetwork(nn.Module):
    """The network; its tensors have the names that they were published under.

    What it does with sizes can be traced: a recording of it takes pictures of any size.
    """

    runs_on = "torch"

    def __init__(self) -> None:
        super().__init__()
        self.encode = _Encode()
        inputs = 2 * (3 + ENCODED) + 1
        self.block0 = _Block(inputs, WIDTHS[0], FOUND[0])
        for number in range(1, len(WIDTHS)):
            block = _Block(inputs + 1 + FEATURES + 4, WIDTHS[number], FOUND[number])
            setattr(self, f"block{number}", block)

    def block(self, number: int) -> _Block:
        """One of the blocks, 0 the coarsest."""
        found: _Block = getattr(self, f"block{number}")
        return found

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.encode.cnn0.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the weights."""
        return self.encode.cnn0.weight.dtype

    def forward(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Tensor,
        scale: float = 1.0,
        known: Motion | None = None,
        blocks: Iterable[int] = range(len(WIDTHS)),
    ) -> Motion:
        """Motion at `fraction` (B,) between two pictures (B, 3, H, W) in [0, 1].

        `scale` is how large the network sees them: at 1/2 each block works at half of its usual
        size. Block 0 needs no `known` motion, the others start from it; its size is (H, W).
        """
        size = first.shape[-2:]
        multiple = round(MULTIPLE / min(scale, 1.0))
        pair = [padded(picture, multiple) for picture in (first, second)]
        seen = [self._seen(picture) for picture in pair]
        time = fraction.type_as(seen[0])[:, None, None, None].expand_as(seen[0][:, :1])
        if known is not None:
            known = Motion(*(padded(part, multiple) for part in known))
        for number in blocks:
            known = self._refined(number, REDUCED[number] / scale, seen, time, known)
        if known is None:
            raise ValueError("no block is asked for, and no motion is known")
        return Motion(*(part[..., : size[0], : size[1]] for part in known))

    def _seen(self, picture: Tensor) -> Tensor:
        """A picture and what it is encoded as, (B, 3 + ENCODED, H, W)."""
        picture = picture.type_as(self.encode.cnn0.weight)
        return torch.cat([picture, self.encode(picture)], dim=1)

    def _refined(
        self,
        number: int,
        reduced: float,
        seen: Sequence[Tensor],
        time: Tensor,
        known: Motion | None,
    ) -> Motion:
        """What block `number` makes of the known motion."""
        if known is None:
            if number:
                raise ValueError(f"block {number} starts from the motion of coarser ones")
            inputs = torch.cat([*_in_order(seen), time], dim=1)
        else:
            ways = known.flow.chunk(2, dim=1)
            moved = [warped(*pair).type_as(time) for pair in zip(seen, ways, strict=True)]
            told = known.mask.type_as(time), known.features.type_as(time)
            inputs = torch.cat([*_in_order(moved), time, *told], dim=1)
        flow = None if known is None else resized(known.flow, 1 / reduced) / reduced
        found = resized(self.block(number)(resized(inputs, 1 / reduced), flow), reduced)
        added, mask, features = torch.split(found, [4, 1, found.shape[1] - 5], dim=1)
        added = added.float() * reduced
        return Motion(added if known is None else known.flow + added, mask, features)


def _in_order(seen: Sequence[Tensor]) -> list[Tensor]:
    """Both pictures, then what both are encoded as."""
    return [*(one[:, :3] for one in seen), *(one[:, 3:] for one in seen)]


class _Encode(nn.Module):
    """Four features of every pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.cnn0 = nn.Conv2d(3, 16, 3, 2, 1)
        self.cnn1 = nn.Conv2d(16, 16, 3, 1, 1)
        self.cnn2 = nn.Conv2d(16, 16, 3, 1, 1)
        self.cnn3 = nn.ConvTranspose2d(16, ENCODED, 4, 2, 1)

    def forward(self, picture: Tensor) -> Tensor:
        x = picture
        for layer in (self.cnn0, self.cnn1, self.cnn2):
            x = F.leaky_relu_(layer(x), _SLOPE)
        encoded: Tensor = self.cnn3(x)
        return encoded


class _Block(nn.Module):
    """One block, at reduced size. The first `found` channels of those it was trained with count."""

    def __init__(self, inputs: int, width: int, found: int) -> None:
        super().__init__()
        self._kept = 4 * found
        steps = pairwise((inputs, width // 2, width))
        self.conv0 = nn.Sequential(*(_strided(one, other) for one, other in steps))
        self.convblock = nn.Sequential(*(_Residual(width) for _ in range(8)))
        self.lastconv = nn.Sequential(
            nn.ConvTranspose2d(width, 4 * (4 + 1 + FEATURES), 4, 2, 1), nn.PixelShuffle(2)
        )

    def forward(self, inputs: Tensor, flow: Tensor | None) -> Tensor:
        """Flow to add in pixels of the inputs, mask, features: (B, FOUND, h, w), the inputs' size.

        Inputs are (B, C, h, w), the flow so far (B, 4, h, w); sides are multiples of 4.
        """
        x = inputs if flow is None else torch.cat([inputs, flow.type_as(inputs)], dim=1)
        x = self.convblock(self.conv0(x))
        weight = self.lastconv.get_parameter("0.weight")[:, : self._kept]
        bias = self.lastconv.get_parameter("0.bias")[: self._kept]
        return F.pixel_shuffle(F.conv_transpose2d(x, weight, bias, 2, 1), 2)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 1, 1)
        self.beta = nn.Parameter(torch.ones(1, width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        if tracing():  # addcmul becomes single precision in an ONNX file
            return F.leaky_relu(x + self.conv(x) * self.beta, _SLOPE)
        return F.leaky_relu_(torch.addcmul(x, self.conv(x), self.beta), _SLOPE)


def _strided(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, 1), nn.LeakyReLU(_SLOPE, inplace=True))


def warped(picture: Tensor, way: Tensor) -> Tensor:
    """Each pixel taken from where its displacement (B, 2, H, W; x, y) points to.

    Bilinear; the border goes on beyond itself. In single precision, however the picture is stored.
    """
    height, width = picture.shape[-2:]
    rows = torch.linspace(-1, 1, height).type_as(way)[:, None]
    columns = torch.linspace(-1, 1, width).type_as(way)
    x = columns + way[:, 0] * (2 / max(width - 1, 1))
    y = rows + way[:, 1] * (2 / max(height - 1, 1))
    grid = torch.stack([x, y], dim=1).permute(0, 2, 3, 1)
    return F.grid_sample(
        picture.float(), grid, "bilinear", padding_mode="border", align_corners=True
    )


def resized(image: Tensor, by: float) -> Tensor:
    """Bilinear, so many times as large, as the network was trained: not antialiased."""
    if by == 1:
        return image
    return F.interpolate(image, scale_factor=by, mode="bilinear", align_corners=False)


def tracing() -> bool:
    """Whether what is done now is recorded, for sizes that differ from these."""
    return bool(torch.jit.is_tracing())  # type: ignore[attr-defined, no-untyped-call]


def padded(image: Tensor, multiple: int) -> Tensor:
    """The image, its lower and right border repeated until both sides are multiples."""
    below, right = (-side % multiple for side in image.shape[-2:])
    if not tracing() and not (below or right):
        return image
    return F.pad(image, (0, right, 0, below), mode="replicate")
